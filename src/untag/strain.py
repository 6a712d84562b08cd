"""Surfaces on their way from a reader to the gatherer, many at a time; of a program's, those that are looked at."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.judge import Gatherer
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.lexicon import Lexicon
    from untag.place import Place

__all__ = ["Bundle", "Remains", "Strain", "Words"]

#: Characters that are looked at together; a batch ends with the owner that it ends in.
BATCH = 1 << 20
#: Surfaces that are passed on together where all are.
TOGETHER = 500
#: Surfaces of one owner that end a batch all the same.
MOST = 200_000


class Bundle:
    """Passes surfaces on, some hundreds together.

    Args:
        extend: Takes what is passed on.
    """

    def __init__(self, extend: Callable[[list[Surface]], None]) -> None:
        self._extend = extend
        self._rows: list[Surface] = []

    def add(self, surface: Surface) -> None:
        """Take a surface."""
        self._rows.append(surface)
        if len(self._rows) >= TOGETHER:
            self.end()

    def end(self) -> None:
        """Pass on what was taken since the last time."""
        rows, self._rows = self._rows, []
        self._extend(rows)


class Strain:
    """Passes on the surfaces of owners in which something stands that is looked at.

    Args:
        touched: Finds spans of what is looked at in some bytes.
        add: Takes what is passed on.
    """

    def __init__(self, touched: Callable[[bytes], tuple[tuple[int, int], ...]], add: Callable[[Surface], None]) -> None:
        self._touched = touched
        self._add = add
        self._rows: list[Surface] = []
        self._size = 0
        self._last: tuple[str, Kind] | None = None

    def add(self, surface: Surface) -> None:
        """Take a surface; those of one owner come one after another."""
        key = (surface.owner, surface.kind)
        if (self._size > BATCH and (key != self._last or not surface.owner)) or len(self._rows) > MOST:
            self.end()
        self._last = key
        self._rows.append(surface)
        self._size += len(surface.text) + len(surface.type) + 2

    def end(self) -> None:
        """Look at what was taken since the last time."""
        rows, self._rows, self._size = self._rows, [], 0
        if not rows:
            return
        lines = [f"{row.text}\n{row.type}\n".encode("utf-8", "replace") for row in rows]
        starts = list(accumulate(map(len, lines), initial=0))
        hit: set[int] = set()
        for start, end in self._touched(b"".join(lines)):
            hit.update(range(bisect_right(starts, start) - 1, bisect_right(starts, end - 1)))
        owners = {(rows[n].owner, rows[n].kind) for n in hit if rows[n].owner}
        for number, row in enumerate(rows):
            if number in hit or (row.owner, row.kind) in owners:
                self._add(row)


class Words(Gatherer):
    """Passes the lexicon's words in rows of data on to a gatherer, and nothing of what stands beside them."""

    def __init__(self, gatherer: Gatherer, lexicon: Lexicon) -> None:
        self.inner = gatherer
        self._words = lexicon
        gatherer.records = self.records = True

    def add(self, surface: Surface) -> None:
        """Pass on what the lexicon knows of a text."""
        for hit in self._words.match(surface.text):
            word = surface.text[hit.start : hit.end]
            self.inner.add(replace(surface, text=word, kind=Kind.DATASET, about="", value="", type=""))

    def extend(self, surfaces: list[Surface]) -> None:
        """The same of several texts."""
        for surface in surfaces:
            self.add(surface)


class Remains:
    """The words for peoples in what a store gave up, each once, and nothing of what stood beside them.

    Args:
        lexicon: For the words; a weak one says nothing without its neighbours.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._words = lexicon
        self._found: dict[str, Surface] = {}

    def see(self, shown: Iterable[object], place: Place) -> None:
        """Look at what deleted bytes show.

        Args:
            shown: Surfaces, of which the texts alone are looked at.
            place: Where the bytes lie, no nearer than a page.
        """
        for item in shown:
            for hit in self._words.match(item.text) if isinstance(item, Surface) else ():
                word = item.text[hit.start : hit.end]  # type: ignore[attr-defined]
                if hit.strength != "weak" and hit.kind in {"attribute", "group", "proxy"} and word not in self._found:
                    role = Role.COLUMN if hit.kind == "attribute" else Role.MEMBER
                    self._found[word] = Surface(role, word, place, "free pages", Kind.DATASET, type="deleted")

    def tell(self, gatherer: Gatherer) -> None:
        """Pass the words on."""
        if self._found:
            gatherer.records = True
        for _, surface in sorted(self._found.items()):
            gatherer.add(surface)
