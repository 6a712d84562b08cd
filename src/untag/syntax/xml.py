"""XML with spans: a tolerant scanner that expands no entity, reads no DTD and opens nothing.

An element is an object whose key is its tag; its attributes, texts and elements are its children. An attribute is a
string with the tag mark ``@``, a text one with the mark ``#``. Numeric and predefined references are resolved, any
other entity stays as it is written, so there is nothing to blow up.
"""

from __future__ import annotations

import html
import re

from untag.syntax.tree import OBJECT, STRING, Comment, Document, Node

__all__ = ["ATTRIBUTE", "ENTITY", "TEXT", "local", "parse"]

ATTRIBUTE = "@"
TEXT = "#"
#: The declaration of an entity in a document type: its value is shown, never used.
ENTITY = "!"

_NAME = r"[^\s<>/=\"'?!]++"
_OPEN = re.compile(rf"<({_NAME})")
_CLOSE = re.compile(rf"</\s*+({_NAME})[^<>]*+>?")
_ATTRIBUTE = re.compile(
    rf"\s*+/?+\s*+({_NAME})(?:\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)'|\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++)))?+"
)
_END = re.compile(r"\s*+(/?)\s*+>")
_ENTITY = re.compile(r"<!ENTITY\s++(?:%\s++)?([^\s<>\"']++)[^<>\"']*+(?:\"([^\"]*+)\"|'([^']*+)')")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_QUOTED = re.compile(r"[\"'\[\]<>]")


def _resolve(found: re.Match[str]) -> str:
    return html.unescape(found[0])


def text_of(raw: str) -> str:
    """Text with its references resolved: one pass, so that nothing resolved is resolved again."""
    return _REFERENCE.sub(_resolve, raw) if "&" in raw else raw


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
        return self.document

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
        value = bare if plain else text_of(bare)
        node = Node(STRING, first, first + len(bare), value)
        node.tag = TEXT
        if "\n" in bare:
            rows = []
            at = first
            for row in bare.split("\n"):
                inner = row.strip()
                if inner:
                    rows.append((inner if plain else text_of(inner), at + len(row) - len(row.lstrip())))
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
            made = Node(STRING, first - wide, last + wide, text_of(raw), name, low, high, first)
            if "\n" in raw:
                made.lines = []
                at = first
                for row in raw.split("\n"):
                    inner = row.strip()
                    if inner:
                        made.lines.append((text_of(inner), at + len(row) - len(row.lstrip())))
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
        depth = 0
        holder = Node(OBJECT, at, self.end, key="!DOCTYPE", key_start=at + 1, key_end=min(at + 9, self.end))
        position = at + 2
        stop = self.end
        quote = ""
        for mark in _QUOTED.finditer(text, position):
            ch = mark[0]
            if quote:
                if ch == quote:
                    quote = ""
            elif ch in "\"'":
                # An apostrophe in running text opens no string: only one after a space or an equals sign does.
                if text[mark.start() - 1] in " \t\r\n=":
                    quote = ch
            elif ch in "[<":
                depth += 1
            elif ch == "]":
                depth -= 1
            elif depth <= 0:
                stop = mark.end()
                break
            else:
                depth -= 1
        else:
            stop = text.find(">", at)
            stop = self.end if stop < 0 else stop + 1
            self.document.errors.append((at, "a declaration is not closed"))
        holder.end = stop
        last = at
        for found in _ENTITY.finditer(text, at, stop):
            self.document.lost.append((last, found.start()))
            which = found.lastindex or 2
            first = found.start(which)
            made = Node(STRING, first - 1, found.end(), found[which], found[1], *found.span(1), body=first)
            if "\n" in made.value:
                made.lines = []
                offset = first
                for row in made.value.split("\n"):
                    if row.strip():
                        made.lines.append((row.strip(), offset + len(row) - len(row.lstrip())))
                    offset += len(row) + 1
            made.tag = ENTITY
            self.count += 1
            holder.children.append(made)
            last = found.end()
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
