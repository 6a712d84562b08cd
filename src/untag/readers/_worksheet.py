"""A sheet as a table, whatever it was written in: its header, vocabularies, or the codebook that it is; never a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.codes import Codes
from untag.readers._columns import Vocabulary, columns, glosses, members, personal
from untag.readers._lines import has_word, stem
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Limits
    from untag.place import Place
    from untag.readers._grid import Sheet

__all__ = ["worksheet"]

#: Rows that a header may stand below.
_ABOVE = 10


def worksheet(sheet: Sheet, name: str, place: Place, limits: Limits) -> Iterator[Surface]:
    """What a sheet shows.

    Args:
        sheet: Its name and the texts of its cells.
        name: Of the workbook's file.
        place: The workbook.
        limits: Bounds: columns that are shown.
    """
    owner = f"{stem(name)}.{sheet.name}" if sheet.name else stem(name)
    first, names = _header(sheet)
    spot = place.at(pointer=f"/{sheet.name}"[:400])
    yield Surface(Role.TYPE, sheet.name[:400], spot, owner, Kind.DATASET)
    yield from columns(((n, "") for n in names if n), spot, owner, limits.surfaces)
    books = [Codes(t, [n or "-" for n in names]) for t in (sheet.name, stem(name))]
    seen = {i: Vocabulary() for i, n in enumerate(names) if not personal(n)}
    for row in sheet.rows[first:]:
        for book in books:
            book.add(row)
        for at, one in seen.items():
            if at < len(row) and row[at]:
                one.add(row[at])
    made = next((b.rows() for b in books if b.rows()), [])
    yield from glosses(made, sheet.name, spot, owner)
    for at, one in seen.items():
        yield from members(one.values(named=bool(names[at])), names[at] or f"column {at + 1}", spot, owner)


def _header(sheet: Sheet) -> tuple[int, list[str]]:
    """Where the rows begin, and the names of the columns: the first row of words among the first ones."""
    width = max((len(r) for r in sheet.rows[:200]), default=0)
    for number, row in enumerate(sheet.rows[:_ABOVE]):
        words = [c for c in row if c]
        if len(words) * 2 > width and all(has_word(c) and len(c) <= 200 for c in words):
            below = sheet.rows[number + 1 : number + 200]
            again = sum(1 for i, c in enumerate(row) if c and any(i < len(r) and r[i] == c for r in below))
            if not again:
                return number + 1, row + [""] * (width - len(row))
            break
    return 0, [""] * width
