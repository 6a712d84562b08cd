"""YAML, in blocks and in brackets: keys with all that is indented below them, items with their dashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.edit import Rewriter
from untag.readers import specs, tree
from untag.rewriters import _tree
from untag.rewriters._lists import in_tree
from untag.rewriters._page import bracketed
from untag.rewriters._pair import followed
from untag.syntax import yaml
from untag.syntax.tree import ALIAS, ARRAY, OBJECT

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Listing, Plan, Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["YamlRewriter"]

_DASH = re.compile(r"-(?=[ \t\r\n]|\Z)")
_ANCHOR = re.compile(r"(?<!\S)&[^\s,\[\]{}]")


def _parse(text: str) -> Document:
    return yaml.parse(text, 1_500_000)


def _flow(text: str, node: Node) -> bool:
    """Whether a container stands in brackets."""
    opens = {OBJECT: "{", ARRAY: "["}.get(node.kind, "")
    return bool(opens) and text.startswith(opens, node.start) and node.end - node.start > 1


def _end(text: str, node: Node) -> int:
    """Where a node ends: one in a block ends with the last that stands in it."""
    while not node.scalar and not _flow(text, node) and node.children:
        node = node.children[-1]
    return node.end


def _start(page: Page, parent: Node, number: int, notes: Notes) -> int:
    """Where a member or item of a block starts: its key or its dash."""
    child, text = parent.children[number], page.text
    if parent.kind == OBJECT:
        quoted = child.key_start > 0 and text[child.key_start - 1] in "\"'"
        at = child.key_start - quoted
        low = text.rfind("\n", 0, at) + 1
        return low + text[low:at].index("?") if text[low:at].strip() == "?" else at
    at = _end(text, parent.children[number - 1]) if number else parent.start
    while (found := _DASH.search(text, at)) is not None and found.start() < max(child.start, at + 1):
        inside = notes.around(found.start())
        if inside is None:
            return found.start()
        at = inside[1]
    return child.start


def cut(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """The spans of children of a mapping or sequence."""
    if _flow(page.text, parent):
        return bracketed(page, parent, gone, notes)
    spans = [
        (_start(page, parent, number, notes), _end(page.text, child)) for number, child in enumerate(parent.children)
    ]
    return page.items(spans, gone, notes, separator="")


class YamlRewriter(Rewriter):
    """Takes keys and items out of YAML."""

    name = "yaml"
    reads = ("tree", "specs")
    limits = (
        "what holds an anchor that is used elsewhere is left as it is",
        "a document with damage, and one with a template's marks in it, is left as it is",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is YAML."""
        return artifact.held and (specs.form(artifact) or tree.form(artifact)) == "yaml"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Keys and items with their lines and comments."""
        plan = _tree.planned(artifact, targets, _parse, cut)
        text = artifact.text
        if _ANCHOR.search(text):
            used = {node.value for root in _parse(text).roots for node in root.walk() if node.kind == ALIAS}
            marks = [f"&{name}".encode() for name in used]
            held = [e for e in plan.edits if any(mark in artifact.data[e.start : e.end] for mark in marks)]
            for edit in held:
                plan.edits.remove(edit)
                for key in edit.keys:
                    plan.kept.setdefault(key, "it holds an anchor that is used elsewhere")
        return plan

    def listings(self, artifact: Artifact) -> list[Listing]:
        """Lists and maps of classes in it."""
        return in_tree(artifact, _parse, cut)

    def follow(self, artifact: Artifact, orders: tuple[object, ...]) -> Plan:
        """Take classes that a model loses out of the lists that name them."""
        return followed(artifact, orders, self)
