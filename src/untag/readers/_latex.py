"""LaTeX by line: sectioning, comments, listings, lists, tabular rows and prose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._lines import Line, has_word
from untag.readers._outline import Cell, Outline
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.surface import Surface

__all__ = ["latex"]

_LEVELS = {
    "part": 1,
    "chapter": 1,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
_SECTION = re.compile(
    r"\s*\\(part|chapter|(?:sub){0,2}section|(?:sub)?paragraph|title|caption)\*?(?:\[[^\]]{0,200}\])?\{"
)
_BEGIN = re.compile(r"\s*\\begin\{(\w+)\*?\}(?:\[([^\]]{0,300})\])?(?:\{([\w+#\-]{1,30})\})?")
_CODE = frozenset(("verbatim", "lstlisting", "minted", "Verbatim", "alltt", "code"))
_TABLES = frozenset(("tabular", "tabularx", "longtable", "tabulary", "tblr", "array"))
_LANGUAGE = re.compile(r"language\s*=\s*\{?([\w+#\-]{1,30})")
_COMMENT = re.compile(r"(?<!\\)%")
_CELL = re.compile(r"(?<!\\)&|\\\\")
_COMMAND = re.compile(
    r"\\(?:(?:top|mid|bottom|h|c)?(?:rule|line)\b(?:\{[^{}]{0,20}\})?|\w+\*?(?:\[[^\]\n]{0,80}\])?\{|[a-zA-Z]+\s?)|[{}]"
)
#: Lines that say how the document is made.
_SET = re.compile(r"\s*\\(?:begin|end|documentclass|usepackage|input|include|bibliography|newcommand|def)\b")
_LOOK = 20_000
_MANY = 20_000


def latex(rows: Sequence[Line], place: Place, base: str = "") -> Iterator[Surface]:
    """Surfaces of LaTeX text.

    Args:
        rows: Its lines.
        place: Place of the artifact.
        base: Owner of what stands before the first section.
    """
    yield from _Latex(rows, place, base).run()


def _plain(text: str) -> str:
    """Text without commands and braces, as long as what was there, so that columns stay."""
    return _COMMAND.sub(lambda m: " " * len(m[0]), text.replace("~", " ")) if "\\" in text or "{" in text else text


class _Latex:
    def __init__(self, rows: Sequence[Line], place: Place, base: str) -> None:
        self.rows = rows
        self.at = 0
        self.out = Outline(place, base)

    def run(self) -> Iterator[Surface]:
        while self.at < len(self.rows):
            row = self.rows[self.at]
            self.at += 1
            if row.text.strip():
                yield from self.line(row)
        yield from self.out.flush()

    def line(self, row: Line) -> Iterator[Surface]:
        text = row.text
        if len(text) > _LOOK:
            yield from self.out.prose(row)
            return
        remark = _COMMENT.search(text)
        if remark:
            yield from self.out.comment(row, remark.start(), text[remark.start() :])
            text = text[: remark.start()]
        section, begin = _SECTION.match(text), _BEGIN.match(text)
        if section and section[1] in _LEVELS:
            yield from self.out.heading(
                _LEVELS[section[1]], row, section.end(), text[section.end() :].rstrip().rstrip("}")
            )
        elif begin and begin[1] in _CODE:
            told = _LANGUAGE.search(begin[2] or "")
            yield from self.listing(begin[1], told[1] if told else begin[3] or "")
        elif begin and begin[1] in _TABLES:
            yield from self.tabular(begin[1])
        elif begin and begin[1] == "thebibliography":
            yield from self.out.heading(2, Line(row.number, "Bibliography", row.indent), 0, "Bibliography")
        elif "\\item" in text:
            start = text.find("\\item") + 5
            yield from self.out.item(
                Line(row.number, _plain(text), row.indent), start + len(text[start:]) - len(text[start:].lstrip())
            )
        elif _SET.match(text):
            yield from self.out.flush()
            yield from self.out.inside(Role.STRING, row, 0, text)
        elif has_word(text):
            yield from self.out.prose(row, 0, _plain(text))

    def listing(self, name: str, language: str) -> Iterator[Surface]:
        body: list[Line] = []
        while self.at < len(self.rows) and len(body) < _MANY:
            row = self.rows[self.at]
            self.at += 1
            if f"\\end{{{name}" in row.text:
                break
            body.append(row)
        yield from self.out.code(body, language)

    def tabular(self, name: str) -> Iterator[Surface]:
        groups: list[list[Cell]] = [[]]
        count = 0
        while self.at < len(self.rows) and count < _MANY:
            row = self.rows[self.at]
            self.at += 1
            if f"\\end{{{name}" in row.text:
                break
            start = 0
            text = row.text
            for found in _CELL.finditer(text):
                groups[-1].append(Cell(row, start, _plain(text[start : found.start()])))
                if found[0] == "\\\\":
                    groups.append([])
                start = found.end()
            if has_word(_plain(text[start:])):
                groups[-1].append(Cell(row, start, _plain(text[start:])))
            count += 1
        rows = [g for g in groups if g]
        yield from self.out.table(rows[0] if rows else [], iter(rows[1:]))
