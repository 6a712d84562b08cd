"""Visible text of markup: pieces by line, and whole words that tags or entities cut in two."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

from untag.readers._lines import Line, dense, has_word, joined, lines, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.readers._markup import Document, Node
    from untag.surface import Kind, Role, Surface

__all__ = ["INLINE", "rows", "show", "whole"]

#: Elements that stand inside a line of text.
INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "ins", "kbd", "mark", "nobr", "q", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr", "text",
})  # fmt: skip
#: Longest word or label that is put together again.
_WHOLE = 40
#: How much of a text is looked at for a word that is cut, and how much of it on either side of the cut is shown.
_LOOK, _TOKEN = 4000, 20


def rows(document: Document, node: Node) -> list[Line]:
    """The physical lines of a piece of text, each with its column."""
    first, column = document.spot(node.inner)
    return [
        Line(first + line.number - 1, line.text, column - 1 if line.number == 1 else 0) for line in lines(node.text)
    ]


def show(
    role: Role, document: Document, node: Node, place: Place, owner: str, kind: Kind, about: str
) -> Iterator[Surface]:
    """The lines of a piece of text with entities resolved."""
    for line in rows(document, node):
        text = line.text
        lead = len(text) - len(text.lstrip(" \t"))
        text = unescape(text[lead:]) if "&" in text else text[lead:]
        yield from spread(role, line, place, owner, kind, about, lead, text)


def whole(document: Document, index: int, blocks: list[int]) -> tuple[str, Line | None]:
    """The label or word that a run of text holds in pieces, where markup, entities or wide spaces cut it.

    Args:
        document: The document.
        index: A text node that no text of the same line of text stands before.
        blocks: For each node, the nearest element around it that is not inline.

    Returns:
        The label in one piece (of a long text the word that is cut), and the line it begins on; nothing where no word
        is cut.
    """
    nodes = document.nodes
    parts = [(unescape(nodes[index].text), index)]
    at, size, cut = index + 1, len(parts[0][0]), -1
    while at < len(nodes) and size <= _LOOK:
        node = nodes[at]
        if node.sort == "text" and blocks[at] == blocks[index]:
            text = unescape(node.text)
            if cut < 0 and parts[-1][0][-1:].isalnum() and text[:1].isalnum():
                cut = len(parts)
            parts.append((text, at))
            size += len(text)
        elif node.sort != "element" or node.name.lower() not in INLINE or blocks[at] != blocks[index]:
            break
        at += 1
    text = "".join(part for part, _ in parts)
    made = joined(text) if size <= _LOOK else ""
    if 2 <= len(made) <= _WHOLE:
        first = next((r for r in rows(document, nodes[index]) if has_word(r.text)), None)
        return (made, first) if cut >= 0 or made != dense(text) else ("", None)
    if cut < 0:
        return "", None
    before, after = parts[cut - 1], parts[cut]
    tail = before[0][-_TOKEN:].split()[-1:]
    head = after[0][:_TOKEN].split()[:1]
    last = next((r for r in reversed(rows(document, nodes[before[1]])) if has_word(r.text)), None)
    return joined("".join(tail + head)), last
