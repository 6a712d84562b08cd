"""Lists of classes in files of text: what each names in which order, and how some go and the others are counted on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.edit import Listing
from untag.rewriters._page import Notes, Page
from untag.rewriters._tree import annotated
from untag.syntax.tree import ARRAY, NUMBER, NUMBERS, OBJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from untag.artifact import Artifact
    from untag.rewriters._page import Span
    from untag.rewriters._tree import Cutter
    from untag.syntax.tree import Document, Node

__all__ = ["in_lines", "in_tree"]

#: Entries of a list, characters of a label, and of a whole file that is looked at.
_MOST, _LONG, _TEXT = 100_000, 200, 4 << 20
#: Characters of a number before a label, and of what parts them.
_NUMBERED = 40
_LINE = re.compile(
    r"[ \t\ufeff]*(?:[\"']?(?P<number>\d{1,6})[\"']?(?:[ \t]*[:=,.)][ \t]*|[ \t]+))?(?P<label>\S.*?)[ \t,;]*\r?$"
)
_REMARK = re.compile(r"[ \t]*(?:#|//|;)")
#: Of a specification, lists of values and names that are no classes of a model.
_SCHEMA = frozenset({"allof", "anyof", "enum", "examples", "oneof", "parameters", "properties", "required", "tags"})
#: How the number and the name of a class are called where each is an object.
_NUMBERS = ("id", "index", "idx", "class_id", "classid", "label_id", "category_id")
_NAMES = ("name", "label", "class", "class_name", "display_name", "title")


def in_lines(artifact: Artifact, *, numbered: bool = False) -> list[Listing]:
    """The list of a text that has one class a line, with its number or without.

    Args:
        artifact: The text.
        numbered: Whether it is one only where each line has a number.

    Raises:
        Damaged: Its bytes cannot be cut.
    """
    if artifact.size > _TEXT:
        return []
    page = Page(artifact)
    rows: list[tuple[Span, re.Match[str]]] = []
    at = 0
    for line in page.text.splitlines(keepends=True):
        if line.strip() and not _REMARK.match(line):
            # A line is measured before it is matched, which takes the square of its length at worst.
            found = _LINE.match(line) if len(line.strip()) <= _LONG + _NUMBERED else None
            if found is None or len(found["label"]) > _LONG:
                return []
            rows.append(((at, at + len(line)), found))
        at += len(line)
    numbers = [int(m["number"]) if m["number"] is not None else -1 for _, m in rows]
    first = min(numbers, default=-1)
    counted = first in (0, 1) and numbers == list(range(first, first + len(rows)))
    if not 1 < len(rows) <= _MOST or (numbered and not counted):
        return []
    labels = tuple(m["label"].strip("\"'") if counted or m["number"] is None else m[0].strip() for _, m in rows)

    def without(places: Collection[int]) -> list[tuple[Span, str]]:
        out: list[tuple[Span, str]] = []
        gone = 0
        lost = frozenset(places)
        for number, (span, found) in enumerate(rows):
            if number in lost:
                gone += 1
                out.append((span, ""))
            elif gone and counted:
                low, high = found.span("number")
                out.append(((span[0] + low, span[0] + high), str(numbers[number] - gone)))
        return out

    return [Listing(labels, tuple(span for span, _ in rows), without)]


def in_tree(artifact: Artifact, parse: Callable[[str], Document], cut: Cutter) -> list[Listing]:
    """The lists of a document: of texts, of things with a number and a name, and maps from one to the other.

    Args:
        artifact: The document.
        parse: Makes it of a text.
        cut: How its syntax gives up children of a container.

    Raises:
        Damaged: Its bytes cannot be cut.
    """
    if artifact.size > _TEXT:
        return []
    page = Page(artifact)
    document = parse(page.text)
    if document.errors or document.lost or document.stop is not None:
        return []
    notes = Notes((c.start, c.end) for c in document.comments)
    if len(document.roots) == 1 and annotated(document.roots[0]) is not None:
        return []  # its categories have the numbers that its annotations say
    out: list[Listing] = []
    stack = [*reversed(document.roots)]
    while stack:
        node = stack.pop()
        rows = _rows(node) if (node.key or "").lower() not in _SCHEMA else None
        if rows is None:
            stack += reversed(node.children)
        else:
            # What stands in an entry of a list is no list of its own.
            out.append(_listing(page, node, rows, cut, notes))
    return out


@dataclass(frozen=True, slots=True)
class _Row:
    """One class of a container: which child, what it is called, and where its number stands, if it has one."""

    child: int
    label: str
    number: int = -1
    span: Span | None = None


def _rows(node: Node) -> list[_Row] | None:
    """The classes of a container in the order of their numbers; None where it lists none."""
    if not 1 < len(node.children) <= _MOST:
        return None
    rows: list[_Row] = []
    for at, child in enumerate(node.children):
        row = _element(at, child) if node.kind == ARRAY else _member(at, child)
        if row is None or len(row.label) > _LONG:
            return None
        rows.append(row)
    if all(row.number < 0 for row in rows):
        return rows if node.kind == ARRAY else None
    rows.sort(key=lambda row: row.number)
    first = rows[0].number
    return rows if first in (0, 1) and [r.number for r in rows] == list(range(first, first + len(rows))) else None


def _text(node: Node) -> bool:
    return node.scalar and node.lines is None and node.kind not in (NUMBER, NUMBERS) and bool(node.value)


def _element(at: int, child: Node) -> _Row | None:
    if _text(child):
        return _Row(at, child.value)
    if child.kind != OBJECT:
        return None
    number = next((c for c in child.children if (c.key or "").lower() in _NUMBERS and _counts(c.value)), None)
    name = next((c for c in child.children if (c.key or "").lower() in _NAMES and _text(c)), None)
    if number is None or name is None:
        return None
    return _Row(at, name.value, int(number.value), (number.body, number.body + len(number.value)))


def _member(at: int, child: Node) -> _Row | None:
    key = child.key or ""
    if _counts(key):
        # Of ImageNet's kind (``"0": ["n01440764", "tench"]``) the last text is the name.
        held = child.children[-1] if child.kind == ARRAY and child.children else child
        return _Row(at, held.value, int(key), (child.key_start, child.key_end)) if _text(held) else None
    if child.scalar and _counts(child.value) and key:
        return _Row(at, key, int(child.value), (child.body, child.body + len(child.value)))
    return None


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 7


def _listing(page: Page, node: Node, rows: list[_Row], cut: Cutter, notes: Notes) -> Listing:
    children = node.children

    def without(places: Collection[int]) -> list[tuple[Span, str]]:
        out: list[tuple[Span, str]] = [
            (span, "") for span in cut(page, node, sorted(rows[p].child for p in places), notes)
        ]
        lost, less = frozenset(places), 0
        for place, row in enumerate(rows):
            less += place in lost
            if place not in lost and row.span is not None and less:
                out.append((row.span, str(row.number - less)))
        return out

    spans = tuple(
        (c.key_start if c.key is not None and c.key_start >= 0 else c.start, max(c.end, c.key_end))
        for c in (children[row.child] for row in rows)
    )
    return Listing(tuple(row.label for row in rows), spans, without)
