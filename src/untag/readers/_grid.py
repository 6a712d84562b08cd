"""Cells of spreadsheets out of their XML, as it comes; nothing is expanded that the document declares."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from msgspec import Struct, field

__all__ = ["Grid", "Sheet"]

#: Rows and columns of a sheet that are kept, sheets, characters of a cell, and how often a filled cell is repeated.
_ROWS, _COLUMNS, _SHEETS, _LONG, _TIMES = 50_000, 512, 500, 400, 1000
#: Remarks, names and lists of allowed values that are kept.
_BESIDE = 5000
_REF = re.compile(r"([A-Z]{1,3})\d+")
_LISTED = re.compile(r"cell-content-is-in-list\((.*)\)", re.DOTALL)


class Sheet(Struct):
    """A sheet: its name, and texts of cells row by row (numbers as they stand there)."""

    name: str
    rows: list[list[str]] = field(default_factory=list)


class Grid:
    """What parts of one workbook show, in the order in which they are given.

    Attributes:
        sheets: All sheets so far.
        lists: Lists of the values that a cell may have.
        remarks: Remarks on cells of OpenDocument; those of Office Open XML are a part of their own.
        names: Names of ranges.
        full: Whether there is more than is kept.
    """

    def __init__(self, texts: int) -> None:
        """Start without a sheet.

        Args:
            texts: Cells with text that are kept of all sheets.
        """
        self.sheets: list[Sheet] = []
        self.lists: list[list[str]] = []
        self.remarks: list[str] = []
        self.names: list[str] = []
        self.full = False
        self._left = texts
        self._shared: list[str] = []
        self._titles: list[str] = []
        self._sheet: Sheet | None = None
        self._row: list[str] = []
        self._text: list[str] | None = None
        self._at = self._times = 0
        self._type = self._condition = ""
        self._remark = self._office = False
        self._value: str | None = None

    def begin(self, part: str) -> None:
        """Start the sheet of a part; its name is that of the workbook, in order of the parts' numbers."""
        number = re.search(r"(\d+)\.xml\Z", part)
        at = int(number[1]) - 1 if number else len(self.sheets)
        self._open(self._titles[at] if 0 <= at < len(self._titles) else "")

    def end(self) -> None:
        """No more of the sheet comes."""
        self._sheet = None

    def parser(self) -> Any:
        """A parser of one part that fills this grid."""
        made = expat.ParserCreate(namespace_separator=" ")
        made.buffer_text = True
        made.StartElementHandler = self._start
        made.EndElementHandler = self._stop
        made.CharacterDataHandler = self._said
        made.EntityDeclHandler = _declared
        return made

    def _open(self, name: str) -> None:
        self._sheet = Sheet(name[:200])
        if len(self.sheets) < _SHEETS:
            self.sheets.append(self._sheet)

    def _said(self, text: str) -> None:
        if self._text is not None and len(self._text) < 1000:
            self._text.append(text)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        plain = {k.rpartition(" ")[2]: v for k, v in attributes.items()}
        if name in _TEXTS:
            self._text = self._text if self._text is not None and name == "p" else []
        elif name in ("row", "table-row"):
            self._row, self._at = [], 0
        elif name == "c":
            ref = _REF.match(plain.get("r", ""))
            self._at = _number(ref[1]) if ref else self._at
            self._type, self._times, self._office = plain.get("t", ""), 1, True
        elif name == "table-cell":
            times = plain.get("number-columns-repeated", "1")
            self._times = min(int(times) if times.isdigit() else 1, 1 << 20)
            self._text, self._office = [], False
            self._value = plain.get("value", "") if plain.get("value-type", "string") != "string" else None
        elif name == "covered-table-cell":
            times = plain.get("number-columns-repeated", "1")
            self._at += min(int(times) if times.isdigit() else 1, 1 << 20)
        elif name == "sheet" and "name" in plain:
            self._titles.append(plain["name"])
        elif name == "table" and "name" in plain and "id" not in plain:
            self._open(plain["name"])
        elif name in ("definedName", "named-range"):
            self._named(plain.get("name", ""))
        elif name == "dataValidation" and plain.get("type") == "list":
            self._condition = "list"
        elif name == "content-validation":
            found = _LISTED.search(plain.get("condition", ""))
            self._allowed(found[1].split(";") if found else [])
        elif name == "annotation":
            self._remark = True

    def _stop(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        text = "".join(self._text or ())
        if name == "si":
            self._shared.append(text[:_LONG])
            self._text, self.full = None, self.full or len(self._shared) > 4_000_000
        elif name in ("v", "is"):
            self._cell(self._shared[int(text)] if self._type == "s" and _within(text, self._shared) else text)
            self._text = None
        elif name == "table-cell":
            self._cell(text if self._value is None else self._value)
            self._text = None
        elif name in ("row", "table-row"):
            self._close()
        elif name == "c":
            self._at += 1
        elif name == "formula1" and self._condition:
            self._condition, self._text = "", None
            if text.startswith('"'):
                self._allowed(text.strip('"').split(","))
        elif name == "annotation":
            self._remark = False
            if text and len(self.remarks) < _BESIDE:
                self.remarks.append(text)
            self._text = []

    def _cell(self, text: str) -> None:
        if text and self._sheet is not None and self._at < _COLUMNS and self._left > 0:
            for _ in range(min(self._times, _TIMES, _COLUMNS - self._at)):
                self._row += [""] * (self._at - len(self._row))
                self._row.append(text.strip()[:_LONG])
                self._left -= 1
                self._at += not self._office
        elif not self._office:
            self._at += self._times

    def _close(self) -> None:
        if self._row and self._sheet is not None and len(self._sheet.rows) < _ROWS:
            self._sheet.rows.append(self._row)
        self._row = []

    def _allowed(self, values: list[str]) -> None:
        made = [v.strip().strip('"') for v in values]
        if len(self.lists) < _BESIDE and any(made):
            self.lists.append([v for v in made if v])

    def _named(self, name: str) -> None:
        if name and not name.startswith("_xlnm") and len(self.names) < _BESIDE:
            self.names.append(name)


#: Elements whose text is kept: of shared strings, cells, values, paragraphs.
_TEXTS = frozenset(("si", "v", "is", "formula1", "p"))


def _declared(*_: object) -> None:
    """No sound workbook declares an entity."""
    raise ValueError("an entity is declared")


def _number(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value - 1


def _within(text: str, rows: list[str]) -> bool:
    return text.isdigit() and len(text) < 9 and int(text) < len(rows)
