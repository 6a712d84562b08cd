"""Nodes of a data tree with their spans, and the map from spans to lines, columns and bytes.

The parsers of this room share these shapes. None of them recurses on the depth of its input, none expands an alias, an
anchor or an entity, none opens anything, and all of them take any text: what they cannot place stands in
``Document.lost`` and in ``Document.errors``, and the rest is still read.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Reason

__all__ = [
    "ALIAS", "ARRAY", "NUMBER", "NUMBERS", "OBJECT", "STRING", "WORD", "Comment", "Document", "Node", "Source", "unix",
]  # fmt: skip

OBJECT = "object"
ARRAY = "array"
STRING = "string"
NUMBER = "number"
#: A run of numbers in an array: one node, its ``value`` is how many there are. Matrices would fill the memory.
NUMBERS = "numbers"
#: true, false, null, dates: bare words that are no text. Also a value that is absent.
WORD = "word"
#: A reference to an anchor, by name; never followed.
ALIAS = "alias"


class Node(Struct, eq=False):
    """One value of a tree, with the key it stands under.

    Attributes:
        kind: ``object``, ``array`` or one of the scalars ``string``, ``number``, ``numbers``, ``word``, ``alias``.
        key: The key it stands under, escapes resolved; None for elements and roots.
        key_start: Where the text of the key starts (inside its quotes), in characters.
        key_end: Where the text of the key ends.
        value: A scalar's text, escapes resolved; empty for objects and arrays.
        start: Where the value starts, quotes included.
        end: Where the value ends, quotes included (exclusive).
        body: Where the text of a scalar starts (inside its quotes).
        lines: For a scalar that spans lines or whose parts stand apart: each part with its position. None: ``value``
            stands at ``body``.
        children: Members of an object (each with its ``key``; duplicates are kept, in order) or elements of an array.
        tag: What else the format says of the node (an XML attribute's or text's mark, a YAML tag).
        extra: Whatever a caller that folds elements away keeps in their place.
    """

    kind: str
    start: int
    end: int
    value: str = ""
    key: str | None = None
    key_start: int = -1
    key_end: int = -1
    body: int = -1
    children: list[Node] = field(default_factory=list)
    lines: list[tuple[str, int]] | None = None
    tag: str = ""
    extra: object = None

    def __post_init__(self) -> None:
        """The text of a scalar starts where its value does, if nothing else is said."""
        if self.body < 0:
            self.body = self.start

    @property
    def scalar(self) -> bool:
        """Whether it holds no other nodes."""
        return self.kind not in (OBJECT, ARRAY)

    def get(self, key: str) -> Node | None:
        """The first member of that key, or None."""
        if self.kind == OBJECT:
            for child in self.children:
                if child.key == key:
                    return child
        return None

    def text(self, key: str) -> str:
        """The text of the scalar member of that key, or an empty string."""
        child = self.get(key)
        return child.value if child is not None and child.scalar else ""

    def pieces(self) -> list[tuple[str, int]]:
        """A scalar's text with the position of each part that stands on its own line."""
        return self.lines if self.lines is not None else [(self.value, self.body)]

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in order of the document."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            if node.children:
                stack.extend(reversed(node.children))

    def __repr__(self) -> str:
        what = repr(self.value) if self.scalar else f"{len(self.children)} nodes"
        return f"Node({self.kind}, {self.key!r}, {what}, {self.start}:{self.end})"


class Comment(Struct):
    """A comment: its span with its markers."""

    start: int
    end: int


class Document(Struct):
    """What a parser made of a text.

    Attributes:
        roots: One node for each document in the text, mostly one.
        comments: All comments, in order.
        errors: Position and reason, where the text does not keep to the format.
        lost: Spans of text that are in no node and no comment.
        stop: Where the parser gave up because of its bound on nodes; None where it came to the end.
        unresolved: Position, reason and a sentence for references whose meaning was not looked at.
    """

    roots: list[Node] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    lost: list[tuple[int, int]] = field(default_factory=list)
    stop: int | None = None
    unresolved: list[tuple[int, Reason, str]] = field(default_factory=list)


def unix(text: str) -> str:
    """Text with lone carriage returns as line feeds, of the same length, where it has no line feeds at all."""
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


class Source:
    """A decoded text and the way back from its characters to lines, columns and bytes.

    Args:
        text: The text that a parser's spans count in.
        encoding: The encoding its bytes have.
        mark: Length of the byte-order mark before it.
    """

    def __init__(self, text: str, encoding: str = "utf-8", mark: int = 0) -> None:
        self.text = text
        self.encoding = encoding
        self.mark = mark
        starts = [0]
        find = text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        self.starts = starts
        self._bytes: list[int] | None = None
        self._last = 0, mark

    @classmethod
    def of(cls, artifact: Artifact) -> Source:
        """The source of an artifact's text."""
        name, data = artifact.decoded.encoding, artifact.data
        if name == "utf-8-sig":
            return cls(artifact.text, "utf-8", 3)
        if name in ("utf-16", "utf-32"):
            wide = 2 if name == "utf-16" else 4
            return cls(artifact.text, name + ("-le" if data[:1] == b"\xff" else "-be"), wide)
        return cls(artifact.text, name)

    def unix(self) -> Source:
        """The same, with lines as ``unix`` has them."""
        text = unix(self.text)
        return self if text is self.text else Source(text, self.encoding, self.mark)

    def line(self, position: int) -> int:
        """The physical line of a character, from 1."""
        return bisect_right(self.starts, position)

    def spot(self, position: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = self.line(position)
        return line, position - self.starts[line - 1] + 1

    def byte(self, position: int) -> int:
        """The byte offset of a character (exact where the decoding lost nothing)."""
        if self._bytes is None:
            table, total = [], self.mark
            for number, start in enumerate(self.starts):
                table.append(total)
                end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
                total += len(
                    self.text[start:end].encode(self.encoding, "surrogatepass" if "utf" in self.encoding else "replace")
                )
            self._bytes = [*table, total]
        line = self.line(position) - 1
        start, base = self.starts[line], self._bytes[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        if self._bytes[line + 1] - base == end - start and position <= end:
            return base + position - start  # each of its characters is one byte
        if self.encoding == "utf-8":
            # Of a document in one line what was asked last is gone on from: else all of it is written anew each time.
            last, before = self._last
            if start <= last <= position:
                start, base = last, before
        part = self.text[start:position]
        made = base + len(part.encode(self.encoding, "surrogatepass" if "utf" in self.encoding else "replace"))
        self._last = position, made
        return made

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The byte span of a character span."""
        return self.byte(start), self.byte(end)

    def rows(self, start: int, end: int) -> Iterator[tuple[str, int]]:
        """The lines of a span that hold text: each stripped, with the position of its first character."""
        text = self.text
        at = start
        while at < end:
            stop = text.find("\n", at, end)
            stop = end if stop < 0 else stop
            row = text[at:stop]
            bare = row.strip()
            if bare:
                yield bare, at + len(row) - len(row.lstrip())
            at = stop + 1
