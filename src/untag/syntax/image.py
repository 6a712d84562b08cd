"""What programs of all systems have in common: sections, symbols, and where their bytes lie."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    #: From a table of names and where it begins, whether the name that begins at an offset in it is wanted.
    Pick: TypeAlias = Callable[[bytes, int], Callable[[int], bool]]

__all__ = ["Image", "Section", "Symbol", "picked", "text"]

#: Characters of a name.
_LONG = 4096


class Section(Struct, frozen=True):
    """A stretch of a program.

    Attributes:
        name: As the format calls it.
        start: Its first byte in the artifact.
        size: Bytes it has in the artifact, not beyond its end.
        code: Whether it holds instructions.
        names: Whether it is read as something else than a row of texts (symbols, their names, debug information).
        packed: How it is compressed: ``gnu``, ``zlib``, ``zstd``, ``xz``, or nothing.
        link: Of a table of symbols, the number of the section with their names.
        kind: The number the format gives to its type.
    """

    name: str
    start: int
    size: int
    code: bool = False
    names: bool = False
    packed: str = ""
    link: int = 0
    kind: int = 0

    @property
    def end(self) -> int:
        """Behind its last byte."""
        return self.start + self.size


class Symbol(Struct, frozen=True):
    """A name in a table of symbols.

    Attributes:
        name: As it stands there, mangled.
        at: Where the name stands in the artifact.
        what: ``function``, ``object``, ``import`` or ``other``.
        table: The table's name, for a pointer.
    """

    name: str
    at: int
    what: str
    table: str


class Image(Struct):
    """A program or library.

    Attributes:
        sections: In the order of the format.
        order: ``<`` or ``>``: where the low byte of a number stands.
        damage: Sentences on what could not be followed.
    """

    sections: list[Section] = field(default_factory=list)
    order: str = "<"
    damage: list[str] = field(default_factory=list)

    def section(self, *names: str) -> Section | None:
        """The first section of one of these names that is not compressed and not empty."""
        for section in self.sections:
            if section.name in names and section.size and not section.packed:
                return section
        return None


def text(texts: bytes, at: int) -> str:
    """The name that begins at an offset and ends with a NUL."""
    end = texts.find(b"\0", at, at + _LONG)
    return texts[at : end if end >= 0 else at + _LONG].decode("utf-8", "replace")


def picked(spots: Sequence[tuple[int, int]] | None, more: Callable[[bytes], Sequence[tuple[int, int]]]) -> Pick:
    """What decides which names are wanted.

    Args:
        spots: Where something of interest stands in the artifact, sorted; None where that is not known.
        more: Finds more of them in a table of names, by offset in it.

    Returns:
        A name is wanted if something of interest stands behind its first character and before its NUL.
    """

    def pick(texts: bytes, start: int) -> Callable[[int], bool]:
        if spots is None:
            return lambda _: True
        low = bisect_right(spots, (start, 0))
        inside: list[tuple[int, int]] = []
        for a, b in spots[low:]:
            if a >= start + len(texts):
                break
            inside.append((a - start, min(b - start, len(texts))))
        starts: list[int] = []
        ends: list[int] = []
        for a, b in sorted([*inside, *more(texts)]):
            first = texts.rfind(b"\0", max(0, a - _LONG), a) + 1 or max(0, a - _LONG)
            if ends and first <= ends[-1]:
                ends[-1] = max(ends[-1], b)
            else:
                starts.append(first)
                ends.append(b)

        def wanted(at: int) -> bool:
            near = bisect_right(starts, at) - 1
            return near >= 0 and at < ends[near]

        return wanted

    return pick
