"""JSON, with comments or without: members, elements, and what in a specification stands or falls with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.rewriters import _tree
from untag.syntax import json

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Plan, Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["JsonRewriter", "brackets"]


def brackets(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of children of a container in brackets, which commas part."""
    text = page.text
    spans = []
    for child in parent.children:
        start = child.start
        if child.key is not None and child.key_start >= 0:
            start = child.key_start - (text[child.key_start - 1 : child.key_start] in ('"', "'"))
        spans.append((start, child.end))
    return page.items(spans, gone, notes, end=parent.end - 1)


def _parse(text: str) -> Document:
    return json.parse(text, limit=1_500_000)


class JsonRewriter(Rewriter):
    """Takes members and elements out of JSON."""

    name = "json"
    reads = ("tree", "specs")
    limits = (
        "JSON in a string of JSON is left as it is",
        "a document with damage is left as it is",
        "of a list of labels that keeps others the elements go only with --unsafe, since the places behind them shift",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is one JSON document."""
        return artifact.held and _form(artifact) == "json"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Members and elements with their commas and comments."""
        return _tree.planned(artifact, targets, _parse, brackets)


def _form(artifact: Artifact) -> str:
    from untag.readers import specs, tree

    return specs.form(artifact) or tree.form(artifact)
