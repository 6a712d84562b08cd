"""HTML that is a document: headings, prose, lists, tables and code."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from untag.readers._lines import Line, has_word, joined, spread
from untag.readers._markup import parse
from untag.readers._outline import Cell, Outline
from untag.readers._runs import INLINE, rows, whole
from untag.readers._snippet import snippet
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap
    from untag.place import Place
    from untag.readers._markup import Document, Node
    from untag.surface import Surface

__all__ = ["blocks_of", "page"]


def blocks_of(document: Document) -> list[int]:
    """For each node the nearest element around it (or itself) that is not inline; -1 at the top."""
    out: list[int] = []
    for index, node in enumerate(document.nodes):
        if node.sort == "element" and node.name.lower() not in INLINE:
            out.append(index)
        else:
            out.append(out[node.parent] if node.parent >= 0 else -1)
    return out


def page(text: str, place: Place, most: int) -> Iterator[Surface | Gap]:
    """Surfaces of an HTML page that is a document.

    Args:
        text: The page.
        place: Place of the artifact.
        most: Most nodes to look at.
    """
    document = parse(text, most=most)
    yield from _Page(document, place).run()
    yield from document.gaps(place)


#: A table that holds one of these lays out a page.
_LAYOUT = frozenset(("table", "pre", "h1", "h2", "h3", "h4", "ul", "p", "script", "style"))


class _Page:
    def __init__(self, document: Document, place: Place) -> None:
        self.document = document
        self.place = place
        self.out = Outline(place)
        self.blocks = blocks_of(document)
        self.at = 0

    def run(self) -> Iterator[Surface]:
        nodes = self.document.nodes
        while self.at < len(nodes):
            node = nodes[self.at]
            if node.sort == "element":
                yield from self.element(node)
            elif node.sort == "text":
                yield from self.text(node)
            else:
                yield from self.other(node)
            self.at += 1
        yield from self.out.flush()

    def element(self, node: Node) -> Iterator[Surface]:
        for attribute in node.attributes:
            if has_word(attribute.value) and attribute.name.lower() not in (
                "class",
                "style",
                "d",
                "rel",
                "type",
                "lang",
                "charset",
            ):
                number, column = self.document.spot(attribute.inner)
                role = (
                    Role.LABEL
                    if attribute.name.lower() in ("title", "alt", "content", "summary", "aria-label")
                    else Role.STRING
                )
                line = Line(number, attribute.value.replace("\n", " "), column - 1)
                yield from spread(role, line, self.place, self.out.owner, self.out.kind)
        tag = node.tag
        if tag == "table":
            yield from self.table(node)
        elif tag == "pre":
            yield from self.pre(node)

    def pre(self, node: Node) -> Iterator[Surface]:
        """A block of code, with the tags that colour it taken away."""
        nodes, language = self.document.nodes, node.get("lang", "data-lang")
        body: list[Line] = []
        for index in range(self.at + 1, node.end):
            inner = nodes[index]
            if inner.sort == "element" and not language:
                language = next(
                    (c.partition("-")[2] for c in inner.get("class").split() if c.startswith(("language-", "lang-"))),
                    "",
                )
            if inner.sort != "text":
                continue
            made = [Line(r.number, unescape(r.text), r.indent) for r in rows(self.document, inner)]
            if body and made and made[0].number == body[-1].number:
                body[-1] = Line(body[-1].number, body[-1].text + made[0].text, body[-1].indent)
                made = made[1:]
            body += made
        self.at = node.end - 1
        yield from self.out.code(body, language)

    def table(self, node: Node) -> Iterator[Surface]:
        """A table without tables in it; one that lays out a page is read as prose."""
        nodes = self.document.nodes
        if any(nodes[i].sort == "element" and nodes[i].tag in _LAYOUT for i in range(self.at + 1, node.end)):
            return
        inside = nodes[self.at + 1 : node.end]
        head: list[Cell] = []
        body: list[list[Cell]] = []
        row: list[Cell] = []
        heads, after = False, 0
        for index in range(self.at + 1, node.end):
            inner = nodes[index]
            if inner.sort == "element" and inner.tag == "tr":
                row = []
                body.append(row)
            elif inner.sort == "element" and inner.tag in ("td", "th") and index >= after:
                after = inner.end
                heads = inner.tag == "th" and len(body) <= 1
                row.append(self.cell(index, inner))
        if body and heads | any(n.sort == "element" and n.tag == "th" for n in inside[: len(inside) // 2]):
            head = body.pop(0)
        yield from self.out.table([c for c in head if c.text], iter([[c for c in cs if c.text] for cs in body]))
        for inner in inside:
            if inner.sort == "element" and inner.tag == "a" and (href := inner.get("href")):
                number, column = self.document.spot(inner.start)
                yield from spread(
                    Role.STRING, Line(number, href, column - 1), self.place, self.out.owner, self.out.kind
                )
        self.at = node.end - 1

    def cell(self, index: int, node: Node) -> Cell:
        texts = [n for n in self.document.nodes[index + 1 : node.end] if n.sort == "text"]
        if not texts:
            return Cell(Line(1, ""), 0, "")
        first = rows(self.document, texts[0])
        start = next((r for r in first if r.text.strip()), first[0])
        lead = len(start.text) - len(start.text.lstrip())
        text = joined(unescape("".join(t.text for t in texts)))
        return Cell(Line(start.number, text, start.indent + lead), 0, text)

    def text(self, node: Node) -> Iterator[Surface]:
        block = self.blocks[self.at]
        tag = self.document.nodes[block].tag if block >= 0 else ""
        made = rows(self.document, node)
        if (tag[:1] == "h" and tag[1:].isdigit()) or tag == "title":
            level = 1 if tag == "title" else int(tag[1:])
            first = next((r for r in made if r.text.strip()), None)
            if first and self.opens(block):
                yield from self.out.heading(level, first, 0, unescape(first.text))
                made = [r for r in made if r.number > first.number]
        if tag in ("li", "dd") and self.opens(block) and len([r for r in made if r.text.strip()]) == 1:
            line = next(r for r in made if r.text.strip())
            plain = self.document.nodes[block].end <= self.at + 1
            text = unescape(line.text)
            if plain:
                yield from self.out.item(
                    Line(line.number, text.strip(), line.indent + len(text) - len(text.lstrip())),
                    0,
                    level=0,
                )
            else:
                yield from self.out.prose(line, 0, text)
            return
        for line in made:
            if has_word(line.text):
                yield from self.out.prose(line, 0, unescape(line.text))
        if not self.opens(block):
            return
        label, row = whole(self.document, self.at, self.blocks)
        if label and row:
            yield from spread(Role.PROSE, row, self.place, self.out.owner, self.out.kind, text=label)

    def opens(self, block: int) -> bool:
        """Whether no text of the block stands before the node that is read."""
        at = self.at - 1
        while at > block and self.blocks[at] == block:
            if self.document.nodes[at].sort == "text":
                return False
            at -= 1
        return True

    def other(self, node: Node) -> Iterator[Surface]:
        if node.sort == "instruction" and node.text[:7].lower() in ("doctype", "xml ver") and "[" not in node.text:
            return
        made = rows(self.document, node)
        if node.sort == "comment":
            for line in made:
                yield from self.out.comment(line, 0, line.text)
        elif node.sort == "raw" and node.name == "script":
            yield from snippet(made, "javascript", self.place, "script")
        else:
            for line in made:
                yield from spread(
                    Role.STRING, line, self.place, self.out.owner, Kind.SECTION if self.out.owner else Kind.FILE
                )
