"""Stores of data that nothing here reads: named, so that a gap can say it, and swept for nothing but words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["StoresReader"]

#: Where a signature stands, what it is, the format, and what would help.
_KNOWN = (
    (4, b"Standard Jet DB", "an Access database", "export its tables"),
    (4, b"Standard ACE DB", "an Access database", "export its tables"),
    (0, b"\xfe\xfe\x07\x01\x12\x00", "a MySQL log", "scan a dump of the schema"),
)


class StoresReader(BinaryReader):
    """Says what a store is; its rows may be persons, so nothing of them is shown."""

    name = "stores"
    rank = 55
    rows = True
    limits = (
        "nothing of these formats is read; the bytes are swept for the lexicon's words, and nothing else is shown",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature of a store."""
        return _what(artifact) is not None

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Gap]:
        """One gap of all bytes."""
        del limits
        found = _what(artifact)
        if found is not None:
            said = f"{found[0]}: no reader knows it; {found[1]}"
            yield Gap(artifact.place.whole(), Reason.UNKNOWN, said, artifact.size)


def _what(artifact: Artifact) -> tuple[str, str] | None:
    head = artifact.head
    for at, sign, name, advice in _KNOWN:
        if head.startswith(sign, at):
            return name, advice
    return None
