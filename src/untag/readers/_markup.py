"""Markup as people write it: tags, text, comments and server blocks of HTML, XML and template languages, with places.

A tolerant scanner: every byte of the input lies in exactly one piece, unclosed things reach to the end, and time is
linear. Elements are kept in document order with their parents; nothing is recursive.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html import unescape
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.gap import Gap, Reason
from untag.syntax.entity import Entities, declares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place

__all__ = ["Attribute", "Document", "Node", "parse"]

_NAME = re.compile(r"[.:]?[A-Za-z_][\w:.\-]*")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=/>\"'<]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*+\}|[^\s>\"'<]+))?")
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "basefont", "frame", "keygen",
})  # fmt: skip
#: What an opening tag closes when it stands open at the top, in HTML.
_CLOSES = {
    "li": {"li"}, "option": {"option"}, "optgroup": {"option", "optgroup"}, "tr": {"tr", "td", "th"},
    "td": {"td", "th"}, "th": {"td", "th"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "p": {"p"},
    "tbody": {"thead", "tbody", "tr", "td", "th"}, "thead": {"tr", "td", "th"},
}  # fmt: skip
_RAW = frozenset(("script", "style", "textarea", "xmp"))
#: Openings of blocks that a server or a framework reads, and what closes them; the longer ones first.
_BLOCKS = (
    ("<%--", "--%>", "comment"), ("<%!--", "--%>", "comment"),
    ("<#--", "-->", "comment"), ("{{!--", "--}}", "comment"), ("{#", "#}", "comment"),
    ("@*", "*@", "comment"), ("<%", "%>", "server"), ("<?php", "?>", "server"), ("<?=", "?>", "server"),
    ("{!!", "!!}", "expression"),
    ("{{{", "}}}", "expression"), ("{{", "}}", "expression"), ("{%", "%}", "directive"), ("${", "}", "expression"),
    ("#{", "}", "expression"), ("@{", "}", "expression"),
)  # fmt: skip
_SPECIAL = re.compile(r"<|\{\{|\{%|\{#|[$#@]\{|@\*|@Html\.|\{")
_BRACKET = re.compile(r"[()]")
#: Longest expression or directive that stands in text.
_INLINE = 4000


class Attribute(Struct):
    """An attribute: its name, its value with entities resolved, and where both begin."""

    name: str
    value: str
    start: int
    inner: int


class Node(Struct):
    """A piece of a document.

    Attributes:
        sort: ``element``, ``text``, ``raw`` (of a script or style), ``comment``, ``server``, ``expression``,
            ``directive``, ``instruction`` (doctype, processing instruction) or ``data`` (CDATA).
        name: Name of an element as written; of a server block what opened it.
        text: Text of anything but an element, as written.
        start: Offset of the piece.
        inner: Offset of its text.
        parent: Index of the element that holds it, or -1.
        attributes: Of an element.
        end: Of an element: index behind its last descendant.
    """

    sort: str
    name: str
    text: str
    start: int
    inner: int
    parent: int
    attributes: list[Attribute] = field(default_factory=list)
    end: int = 0

    def get(self, *names: str) -> str:
        """Value of the first of these attributes that is there and not empty."""
        for name in names:
            for attribute in self.attributes:
                if attribute.name == name and attribute.value:
                    return attribute.value
        return ""

    @property
    def tag(self) -> str:
        """Name in lower case without its prefix."""
        return self.name.rpartition(":")[2].lower()


class Document:
    """Nodes in document order, and lines by offset."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes: list[Node] = []
        self.cut = False
        #: What the document type declares.
        self.entities = Entities(text) if declares(text) else None
        self._starts = [0]
        at = text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = text.find("\n", at + 1)

    def spot(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def gaps(self, place: Place) -> Iterator[Gap]:
        """What was not looked at: pieces beyond the bound, entities that were not expanded."""
        if self.cut:
            yield Gap(place, Reason.LIMIT, "more pieces of markup than are looked at")
        for at, reason, said in self.entities.gaps() if self.entities is not None else ():
            yield Gap(place.at(line=self.spot(at)[0]), reason, said)

    def parents(self, index: int) -> list[int]:
        """Indices of the elements around a node, innermost first, at most sixteen."""
        out: list[int] = []
        at = self.nodes[index].parent
        while at >= 0 and len(out) < 16:
            out.append(at)
            at = self.nodes[at].parent
        return out


def parse(text: str, *, xml: bool = False, single: bool = False, most: int = 20_000_000) -> Document:
    """Cut markup into nodes.

    Args:
        text: HTML, XML or a template.
        xml: Whether names keep to XML: no void elements, no implied ends, no expressions in text.
        single: Whether single braces in text hold expressions (Svelte).
        most: Most nodes; what comes after is one text node and the document says that it is cut.

    Returns:
        The document.
    """
    scanner = _Scanner(text, xml=xml, single=single, most=most)
    scanner.run()
    return scanner.document


class _Scanner:
    def __init__(self, text: str, *, xml: bool, single: bool, most: int) -> None:
        self.document = Document(text)
        self.entities = self.document.entities
        self.nodes = self.document.nodes
        self.text = text
        self.xml = xml
        self.single = single
        self.most = most
        self.open: list[int] = []
        #: How many elements of each name are open, so that a stray end tag costs nothing.
        self.names: dict[str, int] = {}
        #: Where each closing mark occurs next, and from where on that holds, so that none is looked for twice.
        self.next: dict[str, tuple[int, int]] = {}

    def run(self) -> None:
        at, start = 0, 0
        text, size = self.text, len(self.text)
        while at < size:
            found = _SPECIAL.search(text, at)
            if not found:
                break
            here = found.start()
            after = self.special(here, start)
            if after < 0:
                at = here + 1
                continue
            at = start = after
            if len(self.nodes) > self.most:
                self.document.cut = True
                break
        self.flush(start, size)
        while self.open:
            self.close()

    def flush(self, start: int, end: int) -> None:
        """The text between two pieces."""
        if start < end:
            body = self.text[start:end]
            if not body.isspace():
                self.add("text", "", self.said(body, start), start, start)

    def said(self, raw: str, at: int) -> str:
        """Text with the document's own entities resolved, on as many lines as it is written on."""
        if self.entities is None or "&" not in raw:
            return raw
        return "\n".join(self.entities.resolve(row, at).replace("\n", " ") for row in raw.split("\n"))

    def add(self, sort: str, name: str, text: str, start: int, inner: int) -> Node:
        node = Node(sort, name, text, start, inner, self.open[-1] if self.open else -1)
        self.nodes.append(node)
        node.end = len(self.nodes)
        return node

    def find(self, mark: str, start: int, most: int = -1) -> int:
        """Offset of a closing mark, or -1 where there is none (or none near enough)."""
        low, at = self.next.get(mark, (0, -2))
        if not (low <= start and (at == -1 or start <= at)):
            at = self.text.find(mark, start)
            self.next[mark] = (start, at)
        return at if most < 0 or at - start <= most else -1

    def special(self, here: int, start: int) -> int:
        """What begins at an offset; where it ends, or -1 if nothing does."""
        text = self.text
        sign = text[here]
        if sign == "<":
            following = text[here + 1 : here + 2]
            if following.isalpha() or following == "_" or (following in {".", ":"} and self.dotted(here)):
                self.flush(start, here)
                return self.element(here)
            if following == "/":
                self.flush(start, here)
                return self.closing(here)
            if following == "!":
                self.flush(start, here)
                return self.declaration(here)
        for opening, closing, sort in () if self.xml and sign != "<" else _BLOCKS:
            if text.startswith(opening, here):
                inner = here + len(opening)
                end = self.find(closing, inner, -1 if sort in ("comment", "server") else _INLINE)
                if end < 0:
                    if sort not in ("comment", "server") or sign != "<":
                        continue
                    end = len(text)
                self.flush(start, here)
                self.add(sort, opening, text[inner:end], here, inner)
                return min(len(text), end + len(closing))
        if sign == "<" and text.startswith("<?", here):
            end = self.find(">", here)
            end = len(text) if end < 0 else end
            self.flush(start, here)
            self.add("instruction", "?", text[here + 2 : end], here, here + 2)
            return min(len(text), end + 1)
        if sign == "<" and text.startswith(("<#", "<@"), here):
            end = self.find(">", here, _INLINE)
            if end > 0:
                self.flush(start, here)
                self.add("directive", "<#", text[here + 2 : end], here, here + 2)
                return end + 1
        return self.asked(here, start)

    def dotted(self, here: int) -> bool:
        """Whether a component of Phoenix or one of its slots begins at an offset: ``<.input>``, ``<:col>``."""
        return not self.xml and self.text[here + 2 : here + 3].isalpha()

    def asked(self, here: int, start: int) -> int:
        """A call of Razor or an expression in single braces that begins at an offset; where it ends, or -1."""
        text, inner = self.text, here + 1
        end = after = -1
        if not self.xml and text.startswith("@Html.", here):
            end = after = self.called(here)
        elif self.single and text[here] == "{":
            end = self.find("}", here, _INLINE)
            after = end + 1
        if end <= 0:
            return -1
        self.flush(start, here)
        self.add("expression", text[here], text[inner:end], here, inner)
        return after

    def called(self, here: int) -> int:
        """Where a call of Razor ends, ``@Html.LabelFor(m => m.Age)``; -1 where none does near enough."""
        depth = 0
        for found in _BRACKET.finditer(self.text, here, here + _INLINE):
            depth += 1 if found[0] == "(" else -1
            if depth <= 0:
                return found.end() if depth == 0 else -1
        return -1

    def declaration(self, here: int) -> int:
        text = self.text
        if text.startswith("<!--", here):
            end = self.find("-->", here + 4)
            end = len(text) if end < 0 else end
            self.add("comment", "<!--", text[here + 4 : end], here, here + 4)
            return min(len(text), end + 3)
        if text.startswith("<![CDATA[", here):
            end = self.find("]]>", here + 9)
            end = len(text) if end < 0 else end
            self.add("data", "", text[here + 9 : end], here, here + 9)
            return min(len(text), end + 3)
        end = self.find(">", here)
        end = len(text) if end < 0 else end
        self.add("instruction", "!", text[here + 2 : end], here, here + 2)
        return min(len(text), end + 1)

    def closing(self, here: int) -> int:
        end = self.find(">", here)
        end = len(self.text) if end < 0 else end
        found = _NAME.match(self.text, here + 2, end)
        if found:
            name = found[0] if self.xml else found[0].lower()
            if self.names.get(name):
                while self.open and self.close() != name:
                    pass
        return min(len(self.text), end + 1)

    def close(self) -> str:
        node = self.nodes[self.open.pop()]
        node.end = len(self.nodes)
        name = node.name if self.xml else node.name.lower()
        self.names[name] -= 1
        return name

    def element(self, here: int) -> int:
        text = self.text
        found = _NAME.match(text, here + 1)
        if not found:
            return here + 1
        name = found[0] if self.xml else found[0].lower()
        # A component may be called Col or Link; only the plain or shouted name is the element of HTML.
        plain = "" if self.xml or (found[0] != name and not found[0].isupper()) else name
        if plain:
            closes = _CLOSES.get(name, ())
            while self.open and self.nodes[self.open[-1]].name.lower() in closes:
                self.close()
        node = self.add("element", found[0], "", here, here)
        at, ended, empty = self.attributes(node, found.end())
        if empty or plain in _VOID or not ended:
            return at
        self.open.append(len(self.nodes) - 1)
        self.names[name] = self.names.get(name, 0) + 1
        if plain in _RAW:
            return self.raw(name, at)
        return at

    def attributes(self, node: Node, at: int) -> tuple[int, bool, bool]:
        """Read attributes from an offset: where the tag ends, whether it does, and whether it closes itself."""
        text, size = self.text, len(self.text)
        while at < size:
            sign = text[at]
            if sign == ">":
                return at + 1, True, text[at - 1] == "/"
            if sign == "<":
                after = self.inside(node, at)
                if after < 0:
                    return at, True, False
                at = after
                continue
            if sign.isspace() or sign == "/":
                at += 1
                continue
            found = _ATTRIBUTE.match(text, at)
            if not found:
                at += 1
                continue
            value, inner = found[2] or "", found.start(2) if found[2] else found.end()
            if value[:1] in ("'", '"'):
                value, inner = value[1:-1], inner + 1
            value = unescape(self.said(value, inner)) if "&" in value else value
            node.attributes.append(Attribute(found[1], value, found.start(1), inner))
            at = found.end()
        return size, False, False

    def inside(self, node: Node, at: int) -> int:
        """A server block inside a tag: it becomes an attribute without a name; anything else ends the tag."""
        if not self.text.startswith(("<%", "<?"), at):
            return -1
        mark = "%>" if self.text[at + 1] == "%" else "?>"
        end = self.find(mark, at)
        if end < 0:
            return -1
        node.attributes.append(Attribute("", self.text[at + 2 : end], at, at + 2))
        return end + 2

    def raw(self, name: str, at: int) -> int:
        """The text of a script or style, up to its end tag."""
        found = re.compile(rf"</{name}\b", re.IGNORECASE).search(self.text, at)
        end = found.start() if found else len(self.text)
        if self.text[at:end].strip():
            self.add("raw", name, self.text[at:end], at, at)
        return end
