"""Workbooks of Excel up to 2003 (xls): headers, closed vocabularies, codebooks and names; never a row.

Format: [MS-XLS], read with xlrd, which is plain Python.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._compound import workbook
from untag.readers._grid import Sheet
from untag.readers._library import FAILS
from untag.readers._worksheet import worksheet
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["XlsReader"]

#: Sheets, rows and columns of one, characters of a cell, and cells of the whole workbook that are looked at.
_SHEETS, _ROWS, _COLUMNS, _LONG, _CELLS = 500, 50_000, 256, 400, 400_000
_NAMES = 5000
#: Sorts of cells of xlrd: text, number.
_TEXT, _NUMBER = 1, 2


class XlsReader(BinaryReader):
    """Reads old workbooks as any other table."""

    name = "xls"
    rank = 60
    rows = True
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "values are counted in the first 50,000 rows of a sheet, and in 400,000 cells of a workbook",
        "remarks on cells, lists of allowed values and charts are swept",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A compound file whose directory names a workbook."""
        return workbook(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Sheets as tables, then names of ranges."""
        place = artifact.place.whole()
        if not artifact.held:
            said = "a workbook larger than 64 MB: save it as xlsx to have it read"
            yield Gap(place, Reason.LIMIT, said, artifact.size)
            return
        try:
            import xlrd
        except ImportError:
            said = "an old workbook of Excel: pip install 'untag[datasets]' reads it"
            yield Gap(place, Reason.NEEDS, said, artifact.size)
            return
        fails = (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, *FAILS)
        try:
            book = xlrd.open_workbook(
                file_contents=artifact.data, logfile=io.StringIO(), on_demand=True, ragged_rows=True
            )
            names = list(book.sheet_names())
        except fails as error:
            secret = "encrypted" in str(error).lower()
            said = "an encrypted workbook" if secret else f"xls: cannot be followed ({type(error).__name__})"
            yield Gap(place, Reason.ENCRYPTED if secret else Reason.DAMAGED, said, artifact.size)
            return
        left = _CELLS
        for number, name in enumerate(names[:_SHEETS]):
            try:
                sheet = Sheet(str(name)[:200], _rows(book.sheet_by_index(number), left))
                book.unload_sheet(number)
            except fails as error:
                said = f"xls: a sheet cannot be followed ({type(error).__name__})"
                yield Gap(place.at(pointer=f"/{number + 1}"), Reason.DAMAGED, said, 1)
                continue
            left -= sum(map(len, sheet.rows))
            yield from worksheet(sheet, artifact.name, place, limits)
            if left <= 0:
                yield Gap(place, Reason.LIMIT, "xls: more cells than are looked at", 1)
                break
        if len(names) > _SHEETS:
            yield Gap(place, Reason.LIMIT, f"xls: sheets after {_SHEETS} were not looked at", 1)
        for one in list(book.name_obj_list)[:_NAMES]:
            text = str(one.name)
            if len(text) > 1 and text.isprintable():
                yield Surface(Role.KEY, text[:400], place.at(pointer="/names"), "names", Kind.DATASET)
        yield Opaque("rows", artifact.size)


def _rows(sheet: Any, left: int) -> list[list[str]]:
    """Texts and numbers of a sheet; other cells are empty."""
    out: list[list[str]] = []
    for number in range(min(sheet.nrows, _ROWS)):
        row = []
        for cell in sheet.row(number)[:_COLUMNS]:
            text = str(cell.value) if cell.ctype == _TEXT else ""
            if cell.ctype == _NUMBER:
                text = str(int(cell.value)) if float(cell.value).is_integer() else str(cell.value)
            row.append(text.strip()[:_LONG])
        left -= len(row)
        if left < 0:
            break
        if any(row):
            out.append(row)
    return out
