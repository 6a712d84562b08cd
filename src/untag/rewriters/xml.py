"""XML: elements with their lines and attributes; property lists, resources, forms, schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.readers import _element, specs, tree
from untag.rewriters import _tree
from untag.syntax import xml

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Plan, Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["XmlRewriter"]


def _parse(text: str) -> Document:
    document = xml.parse(text, 1_500_000)
    document.lost.clear()  # document types and processing instructions: nothing is cut out of them
    return document


def _plist(text: str) -> Document:
    document = _parse(text)
    _element.plist(document)
    return document


def elements(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of elements, texts and attributes."""
    out = []
    for number in gone:
        child = parent.children[number]
        if child.tag == xml.ATTRIBUTE:
            start = child.key_start
            while start and page.text[start - 1] in " \t\r\n":
                start -= 1
            out.append((start, max(child.end, child.key_end)))
        elif child.tag == xml.TEXT:
            out.append((child.start, child.end))
        else:
            out.append(page.lines((child.start, child.end), notes))
    return out


def values(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """Keys of a property list with their values."""
    out = []
    for number in gone:
        child = parent.children[number]
        start = child.start if child.key is None else page.text.rfind("<key", 0, child.key_start + 5)
        start = min(start, child.start) if start >= 0 else child.start
        out.append(page.lines((start, child.end), notes))
    return out


class XmlRewriter(Rewriter):
    """Takes elements out of XML."""

    name = "xml"
    reads = ("tree", "specs", "templates")
    limits = (
        "markup that is not well-formed (most HTML, templates with code in them) is left as it is",
        "declarations of entities and document types are left as they are",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is XML."""
        if not artifact.held or not artifact.data:
            return False
        form = specs.form(artifact) or tree.form(artifact)
        return form in ("xml", "plist") or (not form and artifact.text.lstrip("\ufeff \t\r\n").startswith("<"))

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Elements with their comments, attributes alone where elements stand in theirs."""
        if tree.form(artifact) == "plist":
            return _tree.planned(artifact, targets, _plist, values)
        return _tree.planned(artifact, targets, _parse, elements, markup=True)
