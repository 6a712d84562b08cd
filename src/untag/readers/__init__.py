"""Readers: from bytes to what they show. A reader knows a format and nothing of what is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from untag.registry import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["Reader", "pick", "readers"]


class Reader(Protocol):
    """What every file in this room holds as ``<Name>Reader``.

    Attributes:
        name: The file's name.
        rank: Among readers that know the same bytes the highest reads them; a specific format stands above the general
            one it is written in (a specification above plain JSON, and that above raw text).
        limits: What it does not read, one sentence each; printed by ``untag explain`` and the docs.
        tests: Nothing else to declare: its specimens lie in ``tests/specimens/readers/<name>/``.
    """

    name: str
    rank: int
    limits: tuple[str, ...]

    def knows(self, artifact: Artifact) -> bool:
        """Whether the bytes are of this format: by content first, by name last, cheaply and without an exception."""
        ...

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """What the artifact shows, its child artifacts, and what could not be read, in one stream.

        Raises:
            Damaged: The bytes do not keep to the format at all. What was yielded before stays; the next lower reader
                that knows the bytes then reads them too, so that no text is lost.
        """
        ...


def readers() -> dict[str, Reader]:
    """All readers by name."""
    return leaves(__name__, "Reader")


def pick(artifact: Artifact) -> list[Reader]:
    """The readers that know an artifact, highest rank first; the last is always one that reads any text."""
    known = [r for r in readers().values() if r.knows(artifact)]
    return sorted(known, key=lambda r: (-r.rank, r.name))
