"""A source file with its tree: characters and bytes, comments, and what goes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.readers._row import What
from untag.rewriters._coded import Coded
from untag.rewriters._page import Notes
from untag.rewriters._shape import SHAPES, parts
from untag.rewriters._unit import items

if TYPE_CHECKING:
    from tree_sitter import Node

    from untag.readers._node import Nodes
    from untag.rewriters._page import Page, Span
    from untag.rewriters._unit import Unit

__all__ = ["Doomed", "File"]


@dataclass(slots=True)
class Doomed:
    """A unit that goes, for whom, and why that is not safe."""

    unit: Unit
    keys: tuple[str, ...]
    why: str = ""
    names: tuple[str, ...] = ()
    what: str = ""


@dataclass
class File:
    """One source file, its tree, and what goes of it.

    Attributes:
        page: Its text.
        nodes: What its nodes are.
        root: The tree.
        language: Its language.
        doomed: Units that go, by their bytes.
        remarks: Lines of comments, with the findings that they serve.
        words: Words of lists in sentences, with the same.
        entries: Words of lists that are one literal, with the same.
    """

    page: Page
    nodes: Nodes
    root: Node
    language: str
    doomed: dict[tuple[int, int], Doomed] = field(default_factory=dict)
    remarks: dict[Span, tuple[str, ...]] = field(default_factory=dict)
    words: dict[Span, tuple[str, ...]] = field(default_factory=dict)
    entries: dict[Span, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.coded = Coded(self.page.source, self.nodes.source)
        self.comments: list[tuple[int, int]] = []
        stack = [self.root]
        while stack:
            node = stack.pop()
            if self.nodes.what(node) is What.COMMENT:
                self.comments.append(self.span(node.start_byte, node.end_byte))
            else:
                stack += node.children
        self.notes = Notes(self.comments)

    def char(self, byte: int) -> int:
        """The character at a byte of the UTF-8 form."""
        return self.coded.char(byte)

    def byte(self, char: int) -> int:
        """The byte of a character."""
        return self.coded.byte(char)

    def span(self, start: int, end: int) -> Span:
        """A span of bytes in characters, without the blanks at its end."""
        return self.coded.span(start, end)

    def elements(self, holder: Node) -> list[tuple[Node, Node]]:
        """First and last node of each element of a list; none of a node that is no list."""
        if self.language in SHAPES:
            return [(row.first, row.last) for row in parts(self.language, holder)]
        return items(holder) or []

    def number(self, row: Doomed) -> int | None:
        """Which element of its list a unit is."""
        node = row.unit.node
        for number, (first, last) in enumerate(self.elements(row.unit.holder)):
            if first.start_byte <= node.start_byte and node.end_byte <= last.end_byte:
                return number
        return None

    def plain(self, node: Node) -> bool:
        """Whether a node is a text, or a leaf."""
        while self.language in SHAPES and self.nodes.scalar(node) != "s" and node.child_count == 1:
            node = node.children[0]
        return self.nodes.scalar(node) == "s" or node.child_count == 0
