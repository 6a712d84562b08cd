"""AsciiDoc by line: titles, attributes, delimited blocks, lists and tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.readers._lines import Line, has_word
from untag.readers._markdown import cells
from untag.readers._outline import Cell, Outline
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place

__all__ = ["asciidoc"]

_TITLE = re.compile(r"(={1,6}|\#{1,6})\s+(\S.*)$")
_ATTRIBUTE = re.compile(r":(!?[\w\-]{1,60}!?):(?:\s+|$)")
_BLOCK = re.compile(r"(-{4,}|\.{4,}|`{3,}|\+{4,}|/{4,})\s*(\w*)\s*$")
_STYLE = re.compile(r"\[(?:(?:source|listing)\s*,\s*)?([\w+#\-]*)")
_ITEM = re.compile(r"\s*(?:\*{1,5}|-|\.{1,5}|\d{1,9}\.)\s+(?:\[[ x*]\]\s+)?(?=\S)")
_TERM = re.compile(r"(\S[^:]{0,80}?):{2,4}(?:\s+|$)")
_LOOK = 4000
_MANY = 20_000


def asciidoc(rows: Sequence[Line], place: Place, base: str = "") -> Iterator[Surface]:
    """Surfaces of AsciiDoc text.

    Args:
        rows: Its lines.
        place: Place of the artifact.
        base: Owner of what stands before the first title.
    """
    yield from _Asciidoc(rows, place, base).run()


class _Asciidoc:
    def __init__(self, rows: Sequence[Line], place: Place, base: str) -> None:
        self.rows = rows
        self.at = 0
        self.place = place
        self.out = Outline(place, base)
        self.language = ""

    def run(self) -> Iterator[Surface]:
        while self.at < len(self.rows):
            row = self.rows[self.at]
            self.at += 1
            if len(row.text) > _LOOK:
                yield from self.out.prose(row)
            elif row.text.strip():
                yield from self.line(row)
        yield from self.out.flush()

    def line(self, row: Line) -> Iterator[Surface]:
        text = row.text
        if block := _BLOCK.match(text):
            yield from self.block(block)
        elif text.startswith(("|===", ",===", ":===")):
            yield from self.table(text[0])
        elif text.startswith("//"):
            yield from self.out.comment(row, 0, text)
        elif title := _TITLE.match(text):
            yield from self.out.heading(len(title[1]), row, title.start(2), title[2])
        elif text.startswith("[") and text.rstrip().endswith("]"):
            style = _STYLE.match(text)
            self.language = style[1] if style and "source" in text else ""
            yield from self.out.inside(Role.STRING, row, 0, text)
        elif attribute := _ATTRIBUTE.match(text):
            yield from self.keyed(row, attribute, Role.VALUE)
        elif item := _ITEM.match(text):
            yield from self.out.item(row, item.end())
        elif (term := _TERM.match(text)) and not text.startswith(
            ("http", "image:", "include:", "link:", "ifdef:", "ifndef:")
        ):
            yield from self.keyed(row, term, Role.PROSE)
        else:
            yield from self.out.prose(row)

    def keyed(self, row: Line, found: re.Match[str], role: Role) -> Iterator[Surface]:
        yield from self.out.flush()
        key = found[1].strip("`*_ ")
        spot = self.place.at(line=row.number, column=row.indent + found.start(1) + 1)
        yield Surface(Role.KEY, key, spot, self.out.owner, self.out.kind)
        yield from self.out.inside(role, row, found.end(), row.text[found.end() :], key)

    def block(self, opened: re.Match[str]) -> Iterator[Surface]:
        mark, language = opened[1], self.language or opened[2]
        self.language = ""
        body: list[Line] = []
        while self.at < len(self.rows) and len(body) < _MANY:
            row = self.rows[self.at]
            self.at += 1
            if row.text[:_LOOK].rstrip() == mark:
                break
            body.append(row)
        if mark[0] == "/":
            for row in body:
                yield from self.out.comment(row, 0, row.text)
        else:
            yield from self.out.code(body, language)

    def table(self, mark: str) -> Iterator[Surface]:
        """A table: the width is that of its first line; cells may also stand one a line."""
        found: list[Cell] = []
        width = 0
        while self.at < len(self.rows) and len(found) < _MANY:
            row = self.rows[self.at]
            self.at += 1
            if row.text.startswith(mark + "==="):
                break
            if not row.text.strip():
                width = width or len(found)
                continue
            made = [c for c in cells(row, mark if mark != ":" else "|") if has_word(c.text) or c.text.strip()]
            width = width or (len(made) if len(made) > 1 else 0)
            found += made
        width = max(width, 1)
        groups = [found[i : i + width] for i in range(0, len(found), width)]
        yield from self.out.table(groups[0] if groups else [], iter(groups[1:]))
