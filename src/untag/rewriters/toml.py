"""TOML: pairs with their lines, tables with their headers wherever they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.readers import tree
from untag.rewriters import _tree
from untag.rewriters._lists import in_tree
from untag.rewriters._page import bracketed
from untag.rewriters._pair import followed
from untag.syntax import toml
from untag.syntax.tree import ARRAY, OBJECT

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Listing, Plan, Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["TomlRewriter"]


def _parse(text: str) -> Document:
    return toml.parse(text, 1_500_000)


def _inline(text: str, node: Node) -> bool:
    """Whether a container stands in brackets as a value, and not under headers."""
    if node.kind == ARRAY:
        return text.startswith("[", node.start)
    return node.kind == OBJECT and text.startswith("{", node.start)


def _lines(page: Page, node: Node) -> list[Span]:
    """The lines of a pair, or of a table with its headers and all below it."""
    out: list[Span] = []
    stack = [node]
    while stack:
        one = stack.pop()
        at = one.key_start if one.key is not None else one.start
        low = page.text.rfind("\n", 0, at) + 1
        low += len(page.text[low:at]) - len(page.text[low:at].lstrip(" \t\ufeff"))
        header = page.text.startswith("[", low)
        if one.scalar or _inline(page.text, one):
            out.append((low, one.end))
            continue
        if header:
            stop = page.text.find("\n", low)
            out.append((low, (len(page.text) if stop < 0 else stop)))
        stack += one.children
    return sorted(set(out))


def cut(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of children of a table or a value in brackets."""
    if _inline(page.text, parent):
        return bracketed(page, parent, gone, notes)
    spans = sorted({span for number in gone for span in _lines(page, parent.children[number])})
    return [page.lines(span, notes) for span in spans]


class TomlRewriter(Rewriter):
    """Takes pairs and tables out of TOML."""

    name = "toml"
    reads = ("tree",)
    limits = ("a document with damage is left as it is",)

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is TOML."""
        return artifact.held and tree.form(artifact) == "toml"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Pairs and tables with their comments."""
        return _tree.planned(artifact, targets, _parse, cut)

    def listings(self, artifact: Artifact) -> list[Listing]:
        """Lists and maps of classes in it."""
        return in_tree(artifact, _parse, cut)

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the lists that name them."""
        return followed(artifact, orders, self)
