"""XML 1.0: elements and attributes; a document type with declarations inside does not pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from untag.guard.body import Unsound
from untag.guard.body._scan import said
from untag.guard.tree import Box, Shown, Tree
from untag.surface import Kind, Role
from untag.syntax import xml
from untag.syntax.tree import OBJECT

if TYPE_CHECKING:
    from untag.guard.body import Reading
    from untag.syntax.tree import Node

__all__ = ["XmlBody"]

_DECLARED = re.compile(r"<\?xml[^>]*?encoding\s*=\s*[\"'](?P<name>[\w.:-]+)")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*\[", re.IGNORECASE)


def _sound(text: str) -> None:
    """See to it that a text is XML and declares no entity.

    Raises:
        Unsound: It does not.
    """
    found = _DECLARED.match(text.lstrip("\ufeff"))
    if found and found["name"].lower() not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise Unsound(f"it says that it is {found['name'][:20]}, and is read as UTF-8", ambiguous=True)
    if _DOCTYPE.search(text):
        raise Unsound("its document type declares things")
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    try:
        parser.Parse(text.lstrip("\ufeff").encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - the end
    except expat.ExpatError:
        raise Unsound("it is no XML") from None


class XmlBody:
    """Documents of XML."""

    name = "xml"
    types = ("application/xml", "text/xml", "application/*+xml", "image/svg+xml")

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it is sound and surely says nothing of the lexicon.

        Raises:
            Unsound: It is no XML.
        """
        if "&" in text or "<![" in text or "<!--" in text or "\\" in text or not reading.nothing(text):
            return False
        _sound(text)
        return True

    def read(self, text: str, reading: Reading) -> Tree:
        """What it shows.

        Raises:
            Unsound: It is no XML, too deep, or ambiguous.
        """
        _sound(text)
        document = xml.parse(text)
        tree = Tree()
        # (element, the box it goes with, its number there, path, depth)
        roots = [r for r in document.roots if r.key is not None and not r.key.startswith("!")]
        stack: list[tuple[Node, tuple[Box, int] | None, str, int]] = [(root, None, "", 0) for root in roots]
        while stack:
            node, spot, owner, depth = stack.pop()
            if depth > reading.depth:
                raise Unsound("it is nested too deep", limit=True)
            stack.extend(reversed(self._element(tree, reading, text, node, spot, owner, depth)))
        return tree

    def _element(
        self, tree: Tree, reading: Reading, text: str, node: Node, spot: tuple[Box, int] | None, owner: str, depth: int
    ) -> list[tuple[Node, tuple[Box, int] | None, str, int]]:
        """Show what one element holds; the elements in it."""
        name = xml.local(node.key)
        path = f"{owner}.{name}" if owner else name
        outer = spot or (None, 0)
        attributes = tree.box(*outer, glued=False)
        elements = tree.box(*outer, glued=False, listed=True)
        if spot is None:
            attributes.path = elements.path = (name,)
        out: list[tuple[Node, tuple[Box, int] | None, str, int]] = []
        words: list[Node] = []
        for child in node.children:
            reading.spend(1)
            key = xml.local(child.key)
            if child.kind == OBJECT:
                here = elements.add(child.start, child.end, key)
                tree.show(Shown(Role.KEY, key, path, Kind.TREE), elements, here)
                out.append((child, (elements, here), path, depth + 1))
            elif child.tag == xml.ATTRIBUTE:
                begin = child.key_start
                while text[begin - 1].isspace():
                    begin -= 1
                here = attributes.add(begin, child.end, "@" + key)
                tree.show(Shown(Role.KEY, key, path, Kind.TREE), attributes, here)
                said(tree, reading, child.value, "", _nowhere, (attributes, here), path, key)
            else:
                words.append(child)
        if words:
            self._words(tree, reading, text, words, spot, owner, name)
        return out

    @staticmethod
    def _words(
        tree: Tree, reading: Reading, text: str, words: list[Node], spot: tuple[Box, int] | None, owner: str, name: str
    ) -> None:
        """The text of an element, whole even where comments or other elements part it."""
        value = "".join(w.value for w in words)
        if len(words) == 1 and text[words[0].start : words[0].end] == value:
            start = words[0].start
            said(tree, reading, value, value, lambda at: at + start, spot, owner, name)
        else:
            said(tree, reading, value, "", _nowhere, spot, owner, name)

    def done(self, text: str) -> None:
        """See to it that what is left is sound.

        Raises:
            Unsound: It is not.
        """
        _sound(text)


def _nowhere(at: int) -> int:
    """A text with references has no place for each of its characters."""
    return at
