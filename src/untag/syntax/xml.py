"""XML with spans: a tolerant scanner that reads no DTD but the document's own and opens nothing.

An element is an object whose key is its tag; its attributes, texts and elements are its children. An attribute is a
string with the tag mark ``@``, a text one with the mark ``#``. Numeric and predefined references are resolved, and
entities that the document itself declares as far as ``entity`` goes; any other stays as it is written.
"""

from __future__ import annotations

import re

from untag.syntax.entity import Entities, bounds, resolved
from untag.syntax.tree import OBJECT, STRING, Comment, Document, Node

__all__ = ["ATTRIBUTE", "ENTITY", "TEXT", "local", "parse"]

ATTRIBUTE = "@"
TEXT = "#"
#: The declaration of an entity in a document type, with what it stands for.
ENTITY = "!"

_NAME = r"[^\s<>/=\"'?!]++"
_OPEN = re.compile(rf"<({_NAME})")
_CLOSE = re.compile(rf"</\s*+({_NAME})[^<>]*+>?")
_ATTRIBUTE = re.compile(
    rf"\s*+/?+\s*+({_NAME})(?:\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)'|\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++)))?+"
)
_END = re.compile(r"\s*+(/?)\s*+>")


def local(name: str | None) -> str:
    """A name without its namespace prefix."""
    return (name or "").rpartition(":")[2]


class _Parser:
    """One run over a text."""

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.end = len(text)
        self.at = 0
        self.limit = limit
        self.count = 0
        self.document = Document()
        self.stack: list[Node] = []
        self.open: dict[str, int] = {}
        self.names: dict[str, str] = {}
        #: What the document type declares.
        self.entities: Entities | None = None
        #: Closing marks that occur no more, so that nobody looks for them again.
        self.gone: set[str] = set()

    def run(self) -> Document:
        text = self.text
        while self.at < self.end:
            if self.count > self.limit:
                self.document.stop = self.at
                break
            stop = text.find("<", self.at)
            stop = self.end if stop < 0 else stop
            if stop > self.at:
                self.words(self.at, stop)
                self.at = stop
            if self.at < self.end:
                self.markup()
        if self.stack:
            self.document.errors.append((self.end, f"{len(self.stack)} elements are not closed"))
        for node in self.stack:
            node.end = self.at
        if self.entities is not None:
            self.document.unresolved += self.entities.gaps()
        return self.document

    def said(self, raw: str, at: int) -> str:
        """Text that stands somewhere, with its references resolved."""
        return resolved(raw) if self.entities is None else self.entities.resolve(raw, at)

    def markup(self) -> None:
        """One thing in angle brackets."""
        text, at = self.text, self.at
        if text.startswith("<!--", at):
            stop = self.until("-->", at + 4)
            if stop is not None:
                self.document.comments.append(Comment(at, stop))
                self.at = stop
                return
        elif text.startswith("<![CDATA[", at):
            stop = self.until("]]>", at + 9)
            if stop is not None:
                self.words(at + 9, stop - 3, plain=True)
                self.at = stop
                return
        elif text.startswith("<?", at):
            stop = self.until("?>", at + 2)
            if stop is not None:
                if text[at + 2 : at + 5].lower() != "xml" or text[at + 5 : at + 6] not in " \t\r\n":
                    self.document.lost.append((at + 2, stop - 2))
                self.at = stop
                return
        elif text.startswith("<!", at):
            self.declaration()
            return
        elif text.startswith("</", at):
            found = _CLOSE.match(text, at)
            if found is not None:
                self.finish(found[1], at, found.end())
                return
        else:
            found = _OPEN.match(text, at)
            if found is not None:
                self.begin(found)
                return
        self.document.errors.append((at, "a bracket that opens nothing"))
        self.at = at + 1

    def until(self, mark: str, at: int) -> int | None:
        """The end of the next ``mark``, or None."""
        if mark in self.gone:
            return None
        stop = self.text.find(mark, at)
        if stop < 0:
            self.gone.add(mark)
            self.document.errors.append((self.at, f"{mark} is missing"))
            return None
        return stop + len(mark)

    def words(self, start: int, stop: int, *, plain: bool = False) -> None:
        """The text between two marks."""
        raw = self.text[start:stop]
        bare = raw.strip()
        if not bare:
            return
        if not self.stack:
            self.document.lost.append((start, stop))
            return
        first = start + len(raw) - len(raw.lstrip())
        value = bare if plain else self.said(bare, first)
        node = Node(STRING, first, first + len(bare), value)
        node.tag = TEXT
        if "\n" in bare:
            rows = []
            at = first
            for row in bare.split("\n"):
                inner = row.strip()
                if inner:
                    rows.append((inner if plain else self.said(inner, at), at + len(row) - len(row.lstrip())))
                at += len(row) + 1
            node.lines = rows
        self.count += 1
        self.stack[-1].children.append(node)

    def begin(self, found: re.Match[str]) -> None:
        text, at = self.text, self.at
        name = self.names.setdefault(found[1], found[1])
        low, high = found.span(1)
        node = Node(OBJECT, at, self.end, key=name, key_start=low, key_end=high)
        self.count += 1
        (self.stack[-1].children if self.stack else self.document.roots).append(node)
        at = high
        while True:
            end = _END.match(text, at)
            if end is not None:
                break
            part = _ATTRIBUTE.match(text, at)
            if part is None:
                # Damage inside a tag: it ends here, what follows is text.
                self.document.errors.append((at, "a tag is not closed"))
                self.stack.append(node)
                self.open[name] = self.open.get(name, 0) + 1
                self.at = max(at, high)
                if self.at < self.end and self.text[self.at] != "<":
                    stop = re.compile(r"[^<>]*+>?").match(text, self.at)
                    last = stop.end() if stop else self.at + 1
                    self.words(self.at, last)
                    self.at = last
                return
            self.attribute(node, part)
            at = part.end()
        self.at = end.end()
        if end[1]:
            node.end = self.at
        else:
            self.stack.append(node)
            self.open[name] = self.open.get(name, 0) + 1

    def attribute(self, node: Node, part: re.Match[str]) -> None:
        name = self.names.setdefault(part[1], part[1])
        low, high = part.span(1)
        which = part.lastindex or 1
        if which == 1:
            made = Node(STRING, high, high, "", name, low, high)
        else:
            first, last = part.span(which)
            raw = part[which]
            wide = 0 if which == 6 else 1
            made = Node(STRING, first - wide, last + wide, self.said(raw, first), name, low, high, first)
            if "\n" in raw:
                made.lines = []
                at = first
                for row in raw.split("\n"):
                    inner = row.strip()
                    if inner:
                        made.lines.append((self.said(inner, at), at + len(row) - len(row.lstrip())))
                    at += len(row) + 1
        made.tag = ATTRIBUTE
        self.count += 1
        node.children.append(made)

    def finish(self, name: str, at: int, stop: int) -> None:
        self.at = stop
        if not self.open.get(name):
            self.document.errors.append((at, "an end tag closes what was not opened"))
            self.document.lost.append((at, stop))
            return
        while self.stack:
            node = self.stack.pop()
            self.open[node.key or ""] -= 1
            if node.key == name:
                node.end = stop
                return
            node.end = at
            self.document.errors.append((at, "an end tag is missing"))

    def declaration(self) -> None:
        """A document type: its entities are shown, the rest of it is text."""
        text, at = self.text, self.at
        stop = bounds(text, at)
        if stop is None:
            stop = text.find(">", at)
            stop = self.end if stop < 0 else stop + 1
            self.document.errors.append((at, "a declaration is not closed"))
        holder = Node(OBJECT, at, stop, key="!DOCTYPE", key_start=at + 1, key_end=min(at + 9, self.end))
        last = at
        entities = Entities(text, at, stop)
        if entities and self.entities is None:
            self.entities = entities
        for one in entities.all:
            self.document.lost.append((last, one.start))
            first, end = one.valued
            raw = text[first:end]
            value = entities.text(one, raw)
            made = Node(STRING, first - 1, one.end, value, one.name, *one.named, body=first)
            if "\n" in raw and value == resolved(raw):
                made.lines = []
                offset = first
                for row in raw.split("\n"):
                    if row.strip():
                        made.lines.append((resolved(row.strip()), offset + len(row) - len(row.lstrip())))
                    offset += len(row) + 1
            made.tag = ENTITY
            self.count += 1
            holder.children.append(made)
            last = one.end
        self.document.lost.append((last, stop))
        if holder.children:
            self.document.roots.append(holder)
        self.at = stop


def parse(text: str, limit: int = 20_000_000) -> Document:
    """Read XML, or what is left of it.

    Args:
        text: Any text.
        limit: How many nodes may be made.

    Returns:
        The document; a missing or stray end tag is an error and the elements around it are still read.
    """
    return _Parser(text, limit).run()
