"""Tables in text (RFC 4180): a column that is a tag is left out of each row, a cell that is one becomes empty."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.tree import Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.guard.body import Reading
    from untag.guard.tree import Box

__all__ = ["CsvBody"]

_NUMBER = re.compile(r"\s*[-+]?[\d.,]+%?\s*")


class CsvBody:
    """Rows of cells."""

    name = "csv"
    types = ("text/csv", "application/csv", "text/tab-separated-values", "text/x-csv")

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it surely says nothing of the lexicon."""
        return reading.nothing(text)

    def read(self, text: str, reading: Reading) -> Tree:
        """What its columns and cells are.

        Raises:
            Unsound: A quote is not closed, or the rows are of different lengths.
        """
        tree = Tree()
        start = 1 if text.startswith("\ufeff") else 0
        head: list[str] = []
        mark = _divider(text, start)
        for number, row in enumerate(_rows(text, start, mark)):
            reading.spend(len(row))
            box = tree.box()
            box.path = (str(number),)
            cells = [value for _, _, value in row]
            if number == 0:
                head = cells if not any(_NUMBER.fullmatch(c) for c in cells) else [""] * len(cells)
            elif len(row) != len(head) and cells != [""]:
                raise Unsound("its rows are of different lengths", ambiguous=True)
            for at, (first, last, value) in enumerate(row[: len(head)]):
                here = box.add(first, last, head[at] or str(at))
                if number == 0 and head[at]:
                    tree.show(Shown(Role.COLUMN, value, "", Kind.TABLE), box, here)
                elif head[at]:
                    # The whole column goes with its name.
                    tree.show(Shown(Role.COLUMN, head[at], "", Kind.TABLE), box, here)
                    self._cell(tree, reading, value, (first, last), (box, here), head[at])
                else:
                    self._cell(tree, reading, value, (first, last), (box, here), "")
        return tree

    @staticmethod
    def _cell(
        tree: Tree, reading: Reading, value: str, span: tuple[int, int], spot: tuple[Box, int], column: str
    ) -> None:
        """A cell by itself: what is left of it is an empty one."""
        if reading.look(value):
            cell = tree.box(*spot)
            cell.add(*span)
            role = Role.VALUE if column else Role.MEMBER
            tree.show(Shown(role, value, "", Kind.TABLE, column), cell, 0)

    def done(self, text: str) -> None:
        """Rows of equal length stay so."""


def _divider(text: str, start: int) -> str:
    """What stands between cells: the sign that the first line has most of."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    return max(",;\t|", key=lambda c: (line.count(c), c == ","))


def _rows(text: str, at: int, mark: str) -> Iterator[list[tuple[int, int, str]]]:
    """Rows, each a list of cells: where it begins and ends, and its text."""
    size = len(text)
    row: list[tuple[int, int, str]] = []
    while at < size:
        if text[at] == '"':
            end = at + 1
            while True:
                end = text.find('"', end)
                if end < 0:
                    raise Unsound("a quote in it is not closed")
                if text[end + 1 : end + 2] != '"':
                    break
                end += 2
            row.append((at, end + 1, text[at + 1 : end].replace('""', '"')))
            at = end + 1
            if at < size and text[at] not in mark + "\r\n":
                raise Unsound("something stands behind a quoted cell", ambiguous=True)
        else:
            end = at
            while end < size and text[end] not in mark + "\r\n":
                end += 1
            row.append((at, end, text[at:end]))
            at = end
        if at < size and text[at] == mark:
            at += 1
            if at == size or text[at] in "\r\n":
                row.append((at, at, ""))
            else:
                continue
        if at < size and text[at] in "\r\n":
            at += 2 if text.startswith("\r\n", at) else 1
        yield row
        row = []
