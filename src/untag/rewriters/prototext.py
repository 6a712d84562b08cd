"""Label maps in protocol buffers' text form: classes go as whole items; the others keep their numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.edit import Plan, Rewriter
from untag.readers.prototext import PrototextReader
from untag.rewriters import _tree
from untag.syntax import prototext
from untag.syntax.tree import OBJECT

if TYPE_CHECKING:
    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.rewriters._page import Notes, Page, Span
    from untag.syntax.tree import Document, Node

__all__ = ["PrototextRewriter"]

_ITEM = "item"
_PARTED = re.compile(r"[ \t]*[,;]")


def _parse(text: str) -> Document:
    return prototext.parse(text, 1_500_000)


def fields(page: Page, parent: Node, gone: list[int], notes: Notes) -> list[Span]:
    """Fields with their names, what parts them, and their comments."""
    out = []
    for number in gone:
        child = parent.children[number]
        start = child.key_start if child.key is not None and child.key_start >= 0 else child.start
        end = child.end
        if (found := _PARTED.match(page.text, end)) is not None:
            end = found.end()
        out.append(page.lines((start, end), notes))
    return out


class _Items(_tree.Grove):
    """A label map: whatever of an item is marked, the item goes."""

    def _add(self, node: Node, target: Target, why: str = "") -> None:
        while (above := self.parents.get(id(node))) is not None and id(above) in self.parents:
            node = above
        super()._add(node, target, why)


class PrototextRewriter(Rewriter):
    """Takes classes out of label maps (``item { id: 2 name: "…" }``); all other items keep their numbers."""

    name = "prototext"
    reads = ("prototext",)
    limits = ("nets and configurations in text form stay: their layers and weights belong together",)

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is a label map: nothing but items stands in it."""
        if not artifact.held or not PrototextReader().knows(artifact):
            return False
        rows = _parse(artifact.text).roots[0].children
        return bool(rows) and all(row.key == _ITEM and row.kind == OBJECT for row in rows)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Items with their comments."""
        return _tree.planned(artifact, targets, _parse, fields, kind=_Items)
