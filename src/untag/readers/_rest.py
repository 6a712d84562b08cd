"""reStructuredText by line: titles by their underlines, directives, fields, lists and the three kinds of tables."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from untag.readers._lines import Line, has_word
from untag.readers._markdown import cells
from untag.readers._outline import Cell, Outline
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.place import Place

__all__ = ["rest"]

_UNDER = re.compile(r"([=\-~^\"'`#*+.:_<>])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"(\s*)\.\.\s+(?:\|[^|]{1,80}\|\s+)?([\w:\-+]{1,60}?)::(?:\s+(.*))?$")
_FIELD = re.compile(r"\s*:([^:\s][^:]{0,80}):(?:\s+|$)")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)]|#\.|\(\d{1,9}\))\s+(?=\S)")
_SIMPLE = re.compile(r"\s*=+(?:\s+=+)+\s*$")
_GRID = re.compile(r"\s*\+[-=+]+\+\s*$")
_CODE = frozenset(
    ("code-block", "code", "sourcecode", "parsed-literal", "highlight", "ipython", "testcode", "doctest", "prompt")
)
_LOOK = 4000
_BLOCK = 20_000


def rest(rows: Sequence[Line], place: Place, base: str = "") -> Iterator[Surface]:
    """Surfaces of reStructuredText.

    Args:
        rows: Its lines.
        place: Place of the artifact.
        base: Owner of what stands before the first title.
    """
    yield from _Rest(rows, place, base).run()


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


class _Rest:
    def __init__(self, rows: Sequence[Line], place: Place, base: str) -> None:
        self.rows = rows
        self.at = 0
        self.place = place
        self.out = Outline(place, base)
        #: Styles of titles in the order they were met: a style's place is its level.
        self.styles: list[str] = []

    def run(self) -> Iterator[Surface]:
        while self.at < len(self.rows):
            row = self.rows[self.at]
            if not row.text or row.text.isspace():
                self.at += 1
            elif len(row.text) > _LOOK:
                self.at += 1
                yield from self.out.prose(row)
            else:
                yield from self.block(row)
        yield from self.out.flush()

    def after(self, step: int = 1) -> str:
        """Start of a line further down."""
        return self.rows[self.at + step].text[:_LOOK] if self.at + step < len(self.rows) else ""

    def block(self, row: Line) -> Iterator[Surface]:
        text = row.text
        if _SIMPLE.match(text):
            yield from self.simple(row)
        elif _GRID.match(text):
            yield from self.grid()
        elif directive := _DIRECTIVE.match(text):
            self.at += 1
            yield from self.directive(row, directive)
        elif text.lstrip().startswith(".. ") or text.strip() == "..":
            yield from self.remark(row)
        elif (
            _UNDER.match(text)
            and has_word(self.after())
            and (under := _UNDER.match(self.after(2)))
            and under[1] == text[0]
        ):
            title = self.rows[self.at + 1]
            self.at += 3
            yield from self.title("over" + text[0], title)
        elif (
            has_word(text)
            and (under := _UNDER.match(self.after()))
            and len(self.after().strip()) + 1 >= len(text.strip()) / 2
        ):
            self.at += 2
            yield from self.title(under[1], row)
        else:
            self.at += 1
            yield from self.line(row)

    def title(self, style: str, row: Line) -> Iterator[Surface]:
        if style not in self.styles:
            self.styles.append(style)
        yield from self.out.heading(self.styles.index(style) + 1, row, 0, row.text)

    def line(self, row: Line) -> Iterator[Surface]:
        text = row.text
        if not has_word(text):
            yield from self.out.flush()
        elif text.lstrip().startswith(">>> "):
            self.at -= 1
            yield from self.session()
            return
        elif field := _FIELD.match(text):
            key = field[1].strip()
            yield from self.out.flush()
            spot = self.place.at(line=row.number, column=row.indent + field.start(1) + 1)
            yield Surface(Role.KEY, key, spot, self.out.owner, self.out.kind)
            yield from self.out.prose(row, field.end(), about=key.split()[-1])
        elif item := _ITEM.match(text):
            yield from self.out.item(row, item.end())
        elif self.definition(row):
            yield from self.out.flush()
            key = text.strip().strip("`*")
            spot = self.place.at(line=row.number, column=row.indent + text.find(key) + 1)
            yield Surface(Role.KEY, key, spot, self.out.owner, self.out.kind)
        else:
            yield from self.out.prose(row, _indent(text))
        if text.rstrip().endswith("::"):
            yield from self.literal(_indent(text), "")

    def definition(self, row: Line) -> bool:
        """A short line above an indented one, and below a blank one: a term and its definition."""
        bare = row.text.strip()
        deeper = self.rows[self.at].text[:_LOOK] if self.at < len(self.rows) else ""
        above = self.rows[self.at - 2].text[:80].strip() if self.at > 1 else ""
        return (
            not above
            and len(bare) <= 60
            and len(bare.split()) <= 3
            and bool(deeper.strip())
            and _indent(deeper) > _indent(row.text)
        )

    def session(self) -> Iterator[Surface]:
        """A doctest, up to the next blank line."""
        body: list[Line] = []
        while self.at < len(self.rows) and self.rows[self.at].text.strip():
            body.append(self.rows[self.at])
            self.at += 1
        yield from self.out.code(body, "python")

    def directive(self, row: Line, found: re.Match[str]) -> Iterator[Surface]:
        name, rest_of = found[2], found[3] or ""
        if name in _CODE:
            yield from self.literal(len(found[1]), rest_of.strip())
        elif name in ("csv-table", "list-table"):
            yield from self.out.prose(row, found.start(3)) if rest_of else self.out.flush()
            yield from self.listed(len(found[1]), rows_of=name)
        elif name == "math":
            yield from self.literal(len(found[1]), "math")
        elif rest_of:
            yield from self.out.prose(row, found.start(3))

    def taken(self, indent: int) -> list[Line]:
        """The indented block that follows, without its options, which stay with it where they say something."""
        body: list[Line] = []
        while self.at < len(self.rows) and len(body) < _BLOCK:
            row = self.rows[self.at]
            if row.text.strip() and _indent(row.text[:_LOOK]) <= indent:
                break
            body.append(row)
            self.at += 1
        return body

    def literal(self, indent: int, language: str) -> Iterator[Surface]:
        body = self.taken(indent)
        while body and (not body[0].text.strip() or _FIELD.match(body[0].text[:_LOOK])):
            row = body.pop(0)
            if has_word(row.text):
                yield from self.out.inside(Role.STRING, row, 0, row.text)
        cut = min((_indent(r.text[:_LOOK]) for r in body if r.text.strip()), default=0)
        yield from self.out.code(
            [Line(r.number, r.text[cut:], r.indent + min(cut, len(r.text))) for r in body], language
        )

    def listed(self, indent: int, rows_of: str) -> Iterator[Surface]:
        """A table written as comma-separated lines or as a list of lists."""
        body = self.taken(indent)
        rows: list[list[Cell]] = []
        head: list[Cell] = []
        for row in body:
            text = row.text[:_LOOK]
            field = _FIELD.match(text)
            if field and not rows:
                if field[1] == "header":
                    head = _comma(row, field.end())
                elif field[1] == "header-rows":
                    head = [Cell(row, 0, "")]
                continue
            if not text.strip():
                continue
            if rows_of == "csv-table":
                rows.append(_comma(row, _indent(text)))
                continue
            bare = text.lstrip()
            if bare.startswith("* -"):
                rows.append([])
            lead = len(bare) - len(bare.lstrip("*- "))
            if rows:
                start = _indent(text) + lead
                rows[-1].append(Cell(row, start, row.text[start:]))
        if head and not head[0].text and rows:
            head = rows.pop(0)
        yield from self.out.table(head, iter(rows))

    def remark(self, row: Line) -> Iterator[Surface]:
        """A comment, a target or a footnote, with the indented block below it."""
        text = row.text
        start = text.find("..") + 2
        bare = text[start:].lstrip()
        self.at += 1
        if bare.startswith("["):
            yield from self.out.prose(row, start)
            return
        if bare.startswith(("_", "|")):
            yield from self.out.inside(Role.STRING, row, start, text[start:])
            return
        yield from self.out.comment(row, start, text[start:])
        for inner in self.taken(_indent(text)):
            yield from self.out.comment(inner, 0, inner.text)

    def simple(self, rule: Line) -> Iterator[Surface]:
        """A table between rules of equals signs; the columns are where the rule has gaps."""
        spans = [(m.start(), m.end()) for m in re.finditer(r"=+", rule.text)]
        self.at += 1
        body: list[list[Cell]] = []
        head: list[Cell] = []
        while self.at < len(self.rows) and len(body) < _BLOCK:
            row = self.rows[self.at]
            self.at += 1
            if _SIMPLE.match(row.text[:_LOOK]):
                following = self.rows[self.at].text.strip() if self.at < len(self.rows) else ""
                if head or not body or not following:
                    break
                head, body = [c for cs in body for c in cs], []
                continue
            if not row.text.strip():
                continue
            if row.text[:1].strip() and spans[0][0] > 0:
                break
            ends = [*[s for s, _ in spans[1:]], len(row.text)]
            body.append([Cell(row, s, row.text[s:e]) for (s, _), e in zip(spans, ends, strict=True)])
        yield from self.out.table(head, iter(body))

    def grid(self) -> Iterator[Surface]:
        """A table drawn with plus signs and bars."""
        head: list[Cell] = []
        body: list[list[Cell]] = []
        while self.at < len(self.rows) and len(body) < _BLOCK:
            row = self.rows[self.at]
            bare = row.text[:_LOOK].strip()
            if not bare.startswith(("+", "|")):
                break
            self.at += 1
            if _GRID.match(bare):
                if "=" in bare and not head:
                    head, body = [c for cs in body for c in cs], []
                continue
            body.append(cells(row))
        yield from self.out.table(head, iter(body))


def _comma(row: Line, start: int) -> list[Cell]:
    """Cells of a comma-separated line, each looked for where the one before it ended."""
    text = row.text[start:]
    try:
        values = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        values = text.split(",")
    out, at = [], start
    for value in values:
        found = row.text.find(value, at) if value else at
        at = found if found >= 0 else at
        out.append(Cell(row, at, value))
        at += len(value)
    return out
