"""Where words of the surroundings stand in an artifact, and which of them are near enough to what was marked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["FAR", "NEAR", "Around"]

#: Lines on either side of a mark in which a neighbour counts as near.
NEAR = 6
#: Lines on either side of a mark in which a neighbour in the same owner counts as one: a list of everybody who keeps a
#: part of a kernel is one owner of twenty thousand lines, and a camera in it says nothing of what stands elsewhere.
FAR = 400


class Around:
    """Words of the surroundings by line and owner, as they come."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, str, int]] = []
        self._lines: list[int] = []
        self._families: list[str] = []
        self._owned: dict[int, tuple[list[int], list[str]]] = {}

    def add(self, line: int, family: str, owner: int) -> None:
        """Take in a word.

        Args:
            line: Where it stands; 0 where there are no lines.
            family: What it is about.
            owner: A number of its owner's.
        """
        self._rows.append((line, family, owner))

    def close(self) -> None:
        """Put them in order; nothing is added any more."""
        self._rows.sort(key=lambda row: row[0])
        self._lines = [row[0] for row in self._rows]
        self._families = [row[1] for row in self._rows]
        for line, family, owner in self._rows:
            lines, families = self._owned.setdefault(owner, ([], []))
            lines.append(line)
            families.append(family)

    def near(self, marks: Iterable[int]) -> Counter[str]:
        """How many of each family stand within ``NEAR`` lines of some, whoever owns them."""
        return _within(self._lines, self._families, sorted(set(marks)), NEAR)

    def far(self, owner: int, marks: Sequence[int]) -> Counter[str]:
        """How many of each family an owner has that are too far from all its marks to say anything of them."""
        lines, families = self._owned.get(owner, ((), ()))
        if not lines or not marks or lines[-1] - lines[0] <= FAR:
            return Counter()
        return Counter(families) - _within(lines, families, sorted(set(marks)), FAR)


def _within(lines: Sequence[int], families: Sequence[str], marks: Sequence[int], reach: int) -> Counter[str]:
    """How many of each family stand within so many lines of some, each once."""
    out: Counter[str] = Counter()
    seen = 0
    for line in marks:
        low = max(bisect_left(lines, line - reach), seen)
        seen = max(seen, bisect_right(lines, line + reach))
        out.update(families[low:seen])
    return out
