"""What rewriters of columnar files share: from marks to columns, and documents in metadata that speak of a column."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.artifact import Artifact
from untag.edit import Edit, Plan, applied, merged, splice
from untag.gap import Damaged
from untag.place import Place
from untag.rewriters._page import Notes, Page, bracketed
from untag.surface import Role
from untag.syntax import json
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from untag.edit import Target
    from untag.finding import Mark
    from untag.surface import Surface
    from untag.syntax.tree import Document, Node

__all__ = ["MIXED", "Book", "Column", "Entry", "columns", "entries", "gone", "planned", "pointer", "without"]

MIXED = "only some values of the column are tags: what else it says goes with it"
TYPED = "programs read from it what other columns hold"
#: Characters of a pointer, as readers of columns write it.
_LONG = 400
#: Keys under which a document names the column that an object is about.
_NAMING = ("name", "field_name", "column", "column_name", "field")
#: Parts of keys of lists that hold names of columns.
_LISTS = ("column", "field", "index")
#: Parts of keys of lists and objects that say something of columns, one by one.
_HOLDERS = (*_LISTS, "feature", "propert", "schema", "attribute", "variable", "dtype", "child")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that goes.

    Attributes:
        id: What it is in its file.
        shown: Its names as readers show them, with dots: in the schema of the file, and in that of Arrow beside it.
        path: Its name in parts, without those that a format puts between a list and what it holds.
    """

    id: tuple[object, ...]
    shown: tuple[str, ...]
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written beside a schema or a column, that goes whole: name of the column (or nothing), and key."""

    column: str
    key: str


@dataclass(slots=True)
class Book:
    """What a file holds that can go.

    Attributes:
        columns: By the pointer that readers show.
        entries: What is written beside the schema, by key.
        remarks: What is written beside columns, by column and key.
    """

    columns: dict[str, list[Column]] = field(default_factory=dict)
    entries: dict[str, bytes] = field(default_factory=dict)
    remarks: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def member(self, name: str) -> Entry | None:
        """The entry that is shown as a member."""
        bare = name.removesuffix(".json")
        if bare in self.entries:
            return Entry("", bare)
        return next((Entry(*row) for row in self.remarks if "@".join(row) == bare), None)

    def entry(self, spot: str) -> Entry | None:
        """The entry at a pointer."""
        for key in self.entries:
            if spot == f"/metadata/{key}"[:_LONG]:
                return Entry("", key)
        return next((Entry(*row) for row in self.remarks if spot == f"/{row[0]}@{row[1]}"[:_LONG]), None)

    def spoken(self, mark: Mark) -> list[Column]:
        """Columns that a mark in a document may be about: it stands under the name of one, or says it."""
        said = {mark.text, *(mark.place.pointer or "").split("/")}
        found = (c for held in self.columns.values() for c in held if c.path[-1] in said)
        return list(dict.fromkeys(found))

    def text(self, entry: Entry) -> bytes:
        """What an entry says."""
        return self.remarks[entry.column, entry.key] if entry.column else self.entries[entry.key]


@dataclass(slots=True)
class _Row:
    """A step in the making."""

    keys: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    safe: bool = False


def pointer(name: str) -> str:
    """Where readers of columns show one of that name."""
    return ("/" + name.replace("~", "~0").replace("/", "~1"))[:_LONG]


def planned(artifact: Artifact, targets: Iterable[Target], book: Book) -> Plan:
    """One step a column, one for each entry of the metadata that goes whole.

    Args:
        artifact: The file.
        targets: Marks in it, and in the documents that readers show as its members.
        book: What it holds.
    """
    plan = Plan(secret=True)
    rows: dict[Column, _Row] = {}
    beside: list[tuple[str, Mark, Entry]] = []
    for target in targets:
        for mark in target.marks:
            made = _meant(artifact, mark, book)
            if isinstance(made, str):
                plan.kept.setdefault(target.key, made)
            elif isinstance(made, Entry):
                beside.append((target.key, mark, made))
            else:
                for column in made:
                    row = rows.setdefault(column, _Row())
                    row.keys.add(target.key)
                    row.safe |= mark.role is Role.COLUMN
    for _, mark, entry in beside:
        # What a document says under the name of a column is said of it.
        for column in book.spoken(mark):
            if _cut(book.text(entry), mark, column):
                rows.setdefault(column, _Row()).safe |= mark.text == column.path[-1]
    whole: dict[Entry, _Row] = {}
    for key, mark, entry in beside:
        speak = [c for c in rows if entry.column in c.shown or _cut(book.text(entry), mark, c)]
        for column in speak:
            rows[column].keys.add(key)
        if not speak:
            whole.setdefault(entry, _Row()).keys.add(key)
    for column, row in sorted(rows.items(), key=lambda item: item[0].shown):
        name = column.shown[0]
        why = "" if row.safe else MIXED
        keys = tuple(sorted(row.keys))
        plan.edits.append(Edit(-1, -1, b"", not why, f"the column {name!r}", why, keys, (name,), column))
    for entry, row in sorted(whole.items(), key=lambda item: (item[0].column, item[0].key)):
        what = f"the metadata {entry.key!r}" + (f" of the column {entry.column!r}" if entry.column else "")
        why = TYPED if not entry.column and book.text(entry)[:1] in (b"{", b"[") else ""
        plan.edits.append(Edit(-1, -1, b"", not why, what, why, tuple(sorted(row.keys)), (), entry))
    return plan


def _meant(artifact: Artifact, mark: Mark, book: Book) -> list[Column] | Entry | str:
    """What goes with a mark, or why nothing does."""
    chain = mark.place.chain
    if len(chain) > len(artifact.place.chain) + 1:
        return "it lies in a document of its metadata that is read further"
    if len(chain) > len(artifact.place.chain):
        return book.member(chain[-1]) or "the document of its metadata cannot be told"
    spot = mark.place.pointer or ""
    if found := book.columns.get(spot):
        return found
    return book.entry(spot) or "it names the file itself"


def _cut(raw: bytes, mark: Mark, column: Column) -> bool:
    """Whether a mark goes from a document with what this says of a column."""
    found = _edits(raw, [column.path])
    if not found or mark.place.line is None:
        return False
    page, edits = found
    at = page.at(mark.place)
    return at is not None and applied(edits, page.source.span(at, at)[0]) is None


def columns(plan: Plan) -> list[Column]:
    """Columns that go."""
    return [e.data for e in plan.edits if isinstance(e.data, Column)]


def entries(plan: Plan) -> list[Entry]:
    """Entries of the metadata that go whole."""
    return [e.data for e in plan.edits if isinstance(e.data, Entry)]


def gone(surface: Surface, plan: Plan) -> bool:
    """Whether a surface of the file itself goes with the edits of a plan."""
    spot = surface.place.pointer or ""
    for column in columns(plan):
        for name in column.shown:
            # Names beside remarks are written as they are, those of columns with what a pointer escapes.
            for start in (pointer(name), f"/{name}"[:_LONG]):
                if spot == start or (spot.startswith(start) and spot[len(start)] in ".@"):
                    return True
    return any(spot == (f"/{e.column}@{e.key}" if e.column else f"/metadata/{e.key}")[:_LONG] for e in entries(plan))


def without(raw: bytes, paths: Collection[tuple[str, ...]]) -> bytes:
    """A document in JSON without what it says of columns; the rest is the same, byte for byte.

    Args:
        raw: The document; what is none stays as it is.
        paths: Names of columns in parts, from the outside in.
    """
    found = _edits(raw, paths)
    if not found:
        return raw
    page, edits = found
    out = io.BytesIO()
    splice(page.artifact, edits, out)
    return out.getvalue()


def _edits(raw: bytes, paths: Collection[tuple[str, ...]]) -> tuple[Page, list[Edit]] | None:
    if raw[:1] not in (b"{", b"["):
        return None
    try:
        page = Page(Artifact(Place(("metadata.json",)), raw))
    except Damaged:
        return None
    document = json.parse(page.text, limit=1_500_000)
    if document.errors or document.lost or document.stop is not None:
        return None
    notes = Notes(())
    spans = [s for node, numbers in _doomed(document, paths) for s in bracketed(page, node, numbers, notes)]
    return page, merged(page.edit(span, "", ()) for span in spans)


def _doomed(document: Document, paths: Collection[tuple[str, ...]]) -> list[tuple[Node, list[int]]]:
    """Containers, and the numbers of their children that speak of columns.

    Columns are named where a document begins, in what is called a list of them, and in a column that holds others;
    never in what is said of another column, whose keys may have the same names.
    """
    out: list[tuple[Node, list[int]]] = []
    roots = {id(root) for root in document.roots}
    stack = [(root, frozenset(paths), True) for root in document.roots]
    while stack:
        node, wanted, level = stack.pop()
        numbers: list[int] = []
        # Beside a column there are others, and in them nothing is looked for.
        heads = {path[0] for path in wanted}
        root = id(node) in roots
        listed = not root or any(c.key in heads for c in node.children)
        keyed = not root and level and node.kind == OBJECT and _holds(node) and "schema" not in (node.key or "").lower()
        for number, child in enumerate(node.children):
            name = _name(node, child) if level else None
            deeper = frozenset(path[1:] for path in wanted if path[0] == name and len(path) > 1)
            if name is not None and (name,) in wanted:
                numbers.append(number)
            elif not child.children:
                continue
            elif deeper:
                # Where columns are keys, those in a column may be as well.
                stack.append((child, deeper, node.kind == OBJECT))
            elif node.kind == ARRAY:
                own = child.kind == OBJECT and any(c.key in _NAMING for c in child.children)
                if not (level and own and name is not None):
                    stack.append((child, wanted, level and not own))
            elif _holds(child) and not keyed:
                stack.append((child, wanted, True))
            elif not (listed and level):
                stack.append((child, wanted, False))
        if numbers:
            out.append((node, numbers))
    return out


def _holds(node: Node) -> bool:
    """Whether something is called a list of columns."""
    return any(word in (node.key or "").lower() for word in _HOLDERS)


def _name(node: Node, child: Node) -> str | None:
    """The column that a child of a container may speak of."""
    if node.kind == OBJECT:
        return child.key
    if child.kind == OBJECT:
        return next((text for key in _NAMING if (text := child.text(key))), None)
    listed = node.kind == ARRAY and any(word in (node.key or "").lower() for word in _LISTS)
    return child.value if child.kind == STRING and listed else None
