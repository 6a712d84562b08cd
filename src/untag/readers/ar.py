"""Archives of ar: Debian packages and static libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.readers._ar import MAGIC, Heads
from untag.spool import extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["ArReader"]


class ArReader(BinaryReader):
    """Takes the members out one after another."""

    name = "ar"
    rank = 50
    starts = (MAGIC,)
    shows = "ar p {file} {member}"
    limits = (
        "Thin archives name files that lie elsewhere: a gap.",
        "The symbol table of a static library is not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the first line."""
        return artifact.head.startswith((MAGIC, b"!<thin>\n"))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Members in their order."""
        place = artifact.place.whole()
        if not artifact.head.startswith(MAGIC):
            yield Gap(place, Reason.ABSENT, "a thin archive: its members lie in other files", artifact.size)
            return
        heads = Heads(artifact)
        for head in heads:
            yield from extent(artifact, head.name, head.at, head.size, limits)
        if heads.damaged is not None:
            said = "a header is damaged; what follows was not read"
            yield Gap(place, Reason.DAMAGED, said, artifact.size - heads.damaged)
