"""Markdown by line: what a line is follows from itself, the line after it and the block it stands in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._lines import Line, has_word
from untag.readers._outline import Cell, Outline
from untag.readers._snippet import settings, tree
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place
    from untag.surface import Surface

__all__ = ["cells", "markdown"]

_FENCE = re.compile(r"((?:\s|>)*)(`{3,}|~{3,})\s*([^`]*)$")
_ATX = re.compile(r"\s{0,3}(#{1,6})(?:\s+|(?=[^\s#]))(.*?)\s*#*\s*$")
_SETEXT = re.compile(r"\s{0,3}(=+|-{2,})\s*$")
_QUOTE = re.compile(r"(?:\s{0,3}>\s?)+")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)")
_RULE = re.compile(r"\s{0,3}(?:[-*_]\s*){3,}$")
_DELIMITER = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_INFO = re.compile(r"\{?\s*\.?([\w+#\-]+)")
#: Lines of a fence are kept together up to here, so that an unclosed fence keeps memory and parsers bounded.
_BLOCK = 20_000
_LOOK = 4000


def markdown(rows: Sequence[Line], place: Place, base: str = "") -> Iterator[Surface]:
    """Surfaces of Markdown text.

    Args:
        rows: Its lines.
        place: Place of the artifact.
        base: Owner of what stands before the first heading.
    """
    reader = _Markdown(rows, place, base)
    yield from reader.run()


def cells(line: Line, mark: str = "|") -> list[Cell]:
    """The cells of a line of a table, cut at unescaped marks outside of code."""
    text = line.text
    out: list[Cell] = []
    start, at, ticks = 0, 0, False
    end = len(text.rstrip())
    lead = len(text) - len(text.lstrip())
    if text[lead : lead + 1] == mark:
        start = at = lead + 1
    while at < end:
        sign = text[at]
        if sign == "\\":
            at += 1
        elif sign == "`":
            ticks = not ticks and text.find("`", at + 1, at + 400) > 0
        elif sign == mark and not ticks:
            out.append(Cell(line, start, text[start:at]))
            start = at + 1
        at += 1
    if start < end:
        out.append(Cell(line, start, text[start:end]))
    return out


class _Markdown:
    def __init__(self, rows: Sequence[Line], place: Place, base: str) -> None:
        self.rows = rows
        self.at = 0
        self.place = place
        self.out = Outline(place, base)
        self.blank = True
        self.listed = False

    def run(self) -> Iterator[Surface]:
        yield from self.front()
        while self.at < len(self.rows):
            row = self.rows[self.at]
            if not row.text or row.text.isspace():
                self.blank = True
                self.at += 1
                continue
            yield from self.block(row)
            self.blank = False
        yield from self.out.flush()

    def front(self) -> Iterator[Surface]:
        """Front matter: settings between two rules at the very top."""
        if not self.rows or self.rows[0].text.rstrip() not in ("---", "+++", ";;;"):
            return
        mark = self.rows[0].text.rstrip()
        for end in range(1, min(len(self.rows), 2000)):
            if self.rows[end].text.rstrip() == mark:
                body = self.rows[1:end]
                yield from (
                    tree(body, self.place, "front matter")
                    if mark == ";;;"
                    else settings(body, self.place, "front matter")
                )
                self.at = end + 1
                return

    def block(self, row: Line) -> Iterator[Surface]:
        text = row.text
        short = len(text) <= _LOOK
        if short and (fence := _FENCE.match(text)):
            yield from self.fence(row, fence)
        elif "<!--" in text:
            yield from self.remark(row)
        elif short and self.blank and not self.listed and text.startswith(("    ", "\t")):
            yield from self.indented()
        else:
            quote = _QUOTE.match(text) if short else None
            yield from self.line(row, quote.end() if quote else 0, short=short)

    def line(self, row: Line, offset: int, *, short: bool) -> Iterator[Surface]:
        """A line of text: heading, item, table or prose."""
        text = row.text[offset:]
        after = self.rows[self.at + 1].text[:_LOOK] if self.at + 1 < len(self.rows) else ""
        self.at += 1
        if not short:
            yield from self.out.prose(row, offset)
            return
        if found := _ATX.match(text):
            self.listed = False
            yield from self.out.heading(len(found[1]), row, offset + found.start(2), found[2])
        elif _RULE.match(text) or not has_word(text):
            yield from self.out.flush()
        elif item := _ITEM.match(text):
            self.listed = True
            yield from self.out.item(row, offset + item.end())
        elif "|" in text and "-" in after and _DELIMITER.match(_QUOTE.sub("", after, count=1)):
            yield from self.out.table(cells(Line(row.number, text, row.indent + offset)), self.table(offset))
        elif offset == 0 and (under := _SETEXT.match(after)) and has_word(text):
            self.listed = False
            self.at += 1
            yield from self.out.heading(1 if under[1][0] == "=" else 2, row, 0, text)
        else:
            if self.blank and not text.startswith((" ", "\t")):
                self.listed = False
            lead = len(text) - len(text.lstrip())
            if self.blank:
                yield from self.out.flush()
                yield from self.out.term(row, offset + lead)
            else:
                yield from self.out.prose(row, offset + lead)

    def table(self, offset: int) -> Iterator[Sequence[Cell]]:
        """The rows below a header, up to the first line without a bar."""
        self.at += 1
        while self.at < len(self.rows) and "|" in (text := self.rows[self.at].text) and not _FENCE.match(text[:_LOOK]):
            row = self.rows[self.at]
            self.at += 1
            yield cells(Line(row.number, text[offset:], row.indent + offset))

    def fence(self, row: Line, found: re.Match[str]) -> Iterator[Surface]:
        mark, quoted = found[2], ">" in found[1]
        info = _INFO.match(found[3].strip())
        lead = len(found[1]) if not quoted else 0
        body: list[Line] = []
        self.at += 1
        while self.at < len(self.rows) and len(body) < _BLOCK:
            inner = self.rows[self.at]
            self.at += 1
            cut = 0
            if quoted and (quote := _QUOTE.match(inner.text[:_LOOK])):
                cut = quote.end()
            text = inner.text[cut:]
            bare = text[:200].strip()
            if bare.startswith(mark) and not bare.strip(mark[0]):
                break
            space = min(lead, len(text) - len(text.lstrip(" \t")))
            body.append(Line(inner.number, text[space:], inner.indent + cut + space))
        yield from self.out.code(body, info[1] if info else "")
        if info and found[3].strip() != info[0].strip():
            start = found.start(3) + info.end()
            yield from self.out.inside(Role.STRING, row, start, row.text[start:])

    def remark(self, row: Line) -> Iterator[Surface]:
        """A line with an HTML comment in it, and the lines that the comment goes on over."""
        at, text = 0, row.text
        while True:
            start = text.find("<!--", at)
            if start < 0:
                yield from self.out.prose(row, at)
                break
            if start > at and has_word(text[at:start]):
                yield from self.out.prose(row, at, text[at:start])
            end = text.find("-->", start)
            while end < 0:
                yield from self.out.comment(row, start, text[start:])
                self.at += 1
                if self.at >= len(self.rows):
                    return
                row = self.rows[self.at]
                text, start = row.text, 0
                end = text.find("-->")
            yield from self.out.comment(row, start, text[start : end + 3])
            at = end + 3
        self.at += 1

    def indented(self) -> Iterator[Surface]:
        """A block of code by its indentation."""
        body: list[Line] = []
        while self.at < len(self.rows) and len(body) < _BLOCK:
            row = self.rows[self.at]
            if row.text.startswith("    "):
                body.append(Line(row.number, row.text[4:], row.indent + 4))
            elif row.text.startswith("\t"):
                body.append(Line(row.number, row.text[1:], row.indent + 1))
            elif not row.text.strip():
                body.append(Line(row.number, "", row.indent))
            else:
                break
            self.at += 1
        yield from self.out.code(body, "")
