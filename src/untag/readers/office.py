"""Text and slides of office documents, as they lie in their archives: Office Open XML and OpenDocument."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from untag import charset
from untag.readers import Reader
from untag.readers._lines import Line, dense, has_word
from untag.readers._markup import parse
from untag.readers._outline import Cell, Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.readers._markup import Document, Node
    from untag.surface import Surface

__all__ = ["OfficeReader"]

_LOOK = 8000
#: Root elements of text, notes, comments and slides, whatever their prefix (ECMA-376 part 1, OpenDocument 1.3 part 3).
_ROOT = re.compile(
    rb"<(?:\w+:)?(?:(?P<word>document|comments|footnotes|endnotes|hdr|ftr)|(?P<slide>sld|notes|sldLayout|sldMaster)"
    rb"|(?P<open>document-content|document-styles))\s[^<>]*?(?:wordprocessingml|presentationml|opendocument:xmlns:office)"
)
#: A sheet of a workbook: rows of it may be persons.
_SHEET = re.compile(rb"<office:spreadsheet\b")
_LEVEL = re.compile(
    r"(?:heading|title|überschrift|titre|título|titolo|заголовок|标题|見出し|제목)\s*([1-9])?", re.IGNORECASE
)
_BLOCKS = frozenset({"p", "h"})
_TABLES = frozenset({"tbl", "table"})
_ROWS = frozenset({"tr", "table-row"})
_CELLS = frozenset({"tc", "table-cell"})
#: Elements that stand for a space.
_SPACES = frozenset({"tab", "br", "cr", "line-break", "s"})


class OfficeReader(Reader):
    """Reads the parts of an office document that hold its text, by paragraph, however it is cut into runs."""

    name = "office"
    rank = 27
    limits = (
        "drawings, charts and pictures are not looked at, but for the text in shapes",
        "sheets of workbooks are not read here",
        "fields and macros are shown as the text that was last made of them",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the root element."""
        head = artifact.data[:_LOOK]
        return _ROOT.search(head) is not None and charset.is_text(artifact.data) and not _SHEET.search(artifact.data)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
        """Headings, paragraphs, lists, tables and comments, in order."""
        document = parse(artifact.text, xml=True, most=limits.nodes)
        yield from _Story(document, artifact).run()
        yield from document.gaps(artifact.place.whole())


class _Story:
    def __init__(self, document: Document, artifact: Artifact) -> None:
        self.document, self.nodes = document, document.nodes
        self.out = Outline(artifact.place.whole())
        self.at = 0
        #: Tables that hold another one: the outer one of two lays out a page.
        self.layouts: set[int] = set()
        opened: list[int] = []
        for index, node in enumerate(self.nodes):
            if node.sort == "element" and node.tag in _TABLES:
                while opened and self.nodes[opened[-1]].end <= index:
                    opened.pop()
                if opened:
                    self.layouts.add(opened[-1])
                opened.append(index)

    def run(self) -> Iterator[Surface]:
        while self.at < len(self.nodes):
            node = self.nodes[self.at]
            if node.sort == "element" and node.tag in _TABLES and self.at not in self.layouts:
                yield from self._table(node)
                self.at = max(node.end, self.at + 1)
            elif node.sort == "element" and node.tag in _BLOCKS:
                yield from self._block(node)
                self.at = max(node.end, self.at + 1)
            else:
                self.at += 1
        yield from self.out.flush()

    def _said(self, start: int, end: int, *, gone: bool = False) -> tuple[Line, str]:
        """The text of the nodes in a range, and the line it begins on; ``gone`` takes what was struck out."""
        words: list[str] = []
        first = None
        for node in self.nodes[start:end]:
            if node.sort == "element" and node.tag in _SPACES | _BLOCKS:
                words.append(" ")
            elif node.sort in {"text", "data"}:
                parent = self.nodes[node.parent].tag if node.parent >= 0 else ""
                if (parent == "deltext") != gone or parent in {"instrtext", "pstyle"}:
                    continue
                if first is None and node.text.strip():
                    first = node
                words.append(unescape(node.text))
        number, column = self.document.spot(first.inner if first is not None else self.nodes[start - 1].start)
        text = dense("".join(words))
        return Line(number, text, column - 1), text

    def _block(self, node: Node) -> Iterator[Surface]:
        line, text = self._said(self.at + 1, node.end)
        struck, gone = self._said(self.at + 1, node.end, gone=True)
        if gone:
            yield from self.out.comment(struck, 0, gone)
        if not has_word(text):
            return
        around = [self.nodes[i] for i in self.document.parents(self.at)]
        inside = [n for n in self.nodes[self.at + 1 : node.end] if n.sort == "element"]
        if any(n.tag in {"comment", "annotation"} for n in around):
            yield from self.out.comment(line, 0, text)
        elif level := self._level(node, inside, around):
            yield from self.out.heading(level, line, 0, text)
        elif any(n.tag in {"numpr", "buchar", "buautonum"} for n in inside) or any(
            n.tag == "list-item" for n in around
        ):
            yield from self.out.item(line, 0, level=0)
        else:
            yield from self.out.prose(line)

    def _level(self, node: Node, inside: list[Node], around: list[Node]) -> int:
        """Of a heading how deep it is; 0 where it is none."""
        if node.tag == "h":
            given = node.get("text:outline-level")
            return int(given) if given.isdecimal() and len(given) < 3 else 1
        for one in inside:
            if one.tag == "pstyle" and (found := _LEVEL.match(one.get("w:val"))):
                return int(found[1] or 1)
        shape = next((n for n in around if n.tag == "sp"), None)
        if shape is not None:
            start = next(i for i in self.document.parents(self.at) if self.nodes[i] is shape)
            kinds = {n.get("type") for n in self.nodes[start : shape.end] if n.sort == "element" and n.tag == "ph"}
            return 1 if kinds & {"title", "ctrTitle"} else 0
        return 0

    def _table(self, node: Node) -> Iterator[Surface]:
        rows: list[list[Cell]] = []
        for index in range(self.at + 1, node.end):
            inner = self.nodes[index]
            if inner.sort == "element" and inner.tag in _ROWS:
                rows.append([])
            elif inner.sort == "element" and inner.tag in _CELLS and rows:
                line, text = self._said(index + 1, inner.end)
                if has_word(text):
                    rows[-1].append(Cell(line, 0, text))
        head = rows.pop(0) if len(rows) > 1 else []
        yield from self.out.table(head, iter(rows))
