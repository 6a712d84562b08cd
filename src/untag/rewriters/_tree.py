"""Data trees: from marks to the members and elements that go, whatever syntax the tree is written in.

What goes is said here; how it is cut out of its text is said by the syntax (``Cutter``), one for each format.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from untag.edit import Plan, merged
from untag.finding import Purpose
from untag.rewriters._about import items, spared
from untag.rewriters._page import Nested, Notes, Page, bracketed
from untag.surface import Kind, Role
from untag.syntax import json
from untag.syntax.tree import ARRAY, OBJECT, STRING
from untag.syntax.xml import local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from untag.artifact import Artifact
    from untag.edit import Edit, Target
    from untag.finding import Mark
    from untag.rewriters._page import Span
    from untag.syntax.tree import Comment, Document, Node

    #: Of a container and the numbers of the children that go: the spans that are cut.
    Cutter = Callable[[Page, Node, list[int], Notes], list[Span]]

__all__ = ["SHIFT", "Grove", "annotated", "named_set", "planned", "speaking"]

#: Roles of a value that names the thing it stands in: with the name goes the thing.
_NAMES = frozenset({
    Role.COLUMN, Role.CONSTANT, Role.ENUM, Role.FIELD, Role.FUNCTION, Role.MEMBER, Role.OPERATION, Role.OUTPUT,
    Role.PARAMETER, Role.TYPE,
})  # fmt: skip
#: Keys whose value is the name of the object they stand in.
_IDENTITY = frozenset({
    "name", "id", "key", "code", "field", "fieldname", "field_name", "attribute", "attr", "param", "parameter",
    "column", "property", "prop", "label", "title", "@name", "@id", "@key",
})  # fmt: skip
#: Keys whose value says when a rule holds: without it the rule would hold for everybody.
_GUARDS = frozenset({
    "cond", "condition", "conditions", "criteria", "expr", "expression", "filter", "filters", "if", "match", "matches",
    "must", "query", "rule", "selector", "when", "where",
})  # fmt: skip
#: Keys of lists whose elements are names and not places: to take one out moves nothing that is counted.
_SETS = frozenset({
    "allof", "anyof", "attributes", "dependencies", "enum", "examples", "exclude", "features", "fields", "filters",
    "in", "include", "keywords", "oneof", "parameters", "params", "properties", "required", "returnattributes",
    "scopes", "select", "tags", "topics", "values",
})  # fmt: skip
_SET = ("actions", "attributes", "features", "fields", "filters", "keywords", "params", "tags", "topics")
#: Attributes that name what their element describes.
_NAMING = frozenset({"name", "key", "id", "property", "field", "column", "code", "attr", "ref", "value"})
#: Elements that are one thing with what stands in them: a message and its translation.
_UNITS = frozenset({"message", "trans-unit", "unit", "data", "tu", "segment"})
#: Characters of a name that are shown; of one that is looked for elsewhere; names that are told one by one.
_SHOWN, _LONG, _MANY = 60, 200, 5
#: Levels at which a condition that is no targeting is told by the key around it.
_NEAR = 2
#: Elements of an annotation (Pascal VOC) that are one thing with the name in them.
_ANNOTATED = frozenset({"attribute", "object"})
T = TypeVar("T")
_WITH = "the model still has what it speaks of unless the other steps are taken too"
MARKED = "what is marked as it in pictures goes with it, place and all"
SHIFT = "what stands behind it in the list moves up; where places are a model's outputs, they then mean other things"


@dataclass(slots=True)
class _Doomed:
    """A node that goes, for whom, and why that is not safe."""

    node: Node
    keys: tuple[str, ...]
    why: str = ""


@dataclass
class Grove:
    """A document with the way from places to nodes, and from nodes to what they stand in.

    Attributes:
        page: Its text.
        document: As parsed.
        cut: How its syntax gives up children of a container.
        markup: Whether nodes are elements and attributes.
    """

    page: Page
    document: Document
    cut: Cutter
    markup: bool = False
    parents: dict[int, Node] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    doomed: dict[int, _Doomed] = field(default_factory=dict)
    remarks: dict[int, tuple[Comment, tuple[str, ...]]] = field(default_factory=dict)
    inner: dict[int, Grove] = field(default_factory=dict)
    parts: list[tuple[Span, tuple[str, ...], str, str]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys: list[tuple[int, int, Node]] = []
        for root in self.document.roots:
            for node in root.walk():
                for number, child in enumerate(node.children):
                    self.parents[id(child)] = node
                    self.numbers[id(child)] = number
                if node.key is not None and node.key_start >= 0:
                    keys.append((node.key_start, max(node.key_end, node.key_start + 1), node))
        self._keys = _Ranges((low, high, node) for low, high, node in keys)
        self._values = _Ranges(
            (node.start, max(node.end, node.start + 1), node)
            for root in self.document.roots
            for node in root.walk()
            if node.scalar
        )
        self._notes = _Ranges((c.start, c.end, c) for c in self.document.comments)
        self.notes = Notes((c.start, c.end) for c in self.document.comments)

    # -- what goes ---------------------------------------------------------------------------------------------------

    def doom(self, target: Target, mark: Mark) -> str:
        """Find what goes with a mark.

        Returns:
            Why nothing does, or nothing.
        """
        place = mark.place
        if mark.surface.kind is Kind.DATASET and "/*/" in (place.pointer or ""):
            return self._column(target, place.pointer or "")
        at = self.page.at(place)
        return "its place is no place in the text" if at is None else self.spot(target, mark, at)

    def spot(self, target: Target, mark: Mark, at: int) -> str:
        """Find what goes with a mark at a character; why nothing does, or nothing."""
        node = self._keys.at(at)
        if node is not None:
            self._add(self._rule(node, target), target)
            return ""
        node = self._values.at(at)
        if node is not None:
            inner = self._nested(node, at)
            if inner is not None:
                return inner[0].spot(target, mark, inner[1])
            return self._value(node, mark, target, at)
        note = self._notes.at(at)
        if note is not None:
            kept = self.remarks.get(note.start, (note, ()))
            self.remarks[note.start] = (note, tuple(dict.fromkeys((*kept[1], target.key))))
            return ""
        return "it stands outside of the tree, in text that the format does not explain"

    def _nested(self, node: Node, at: int) -> tuple[Grove, int] | None:
        """The document in a string that holds JSON, and where in it a place of this one lies."""
        text = self.page.text
        if self.markup or node.kind != STRING or node.lines is not None or at <= node.body:
            return None
        if node.value.lstrip()[:1] not in ("{", "[") or text[node.body - 1 : node.body] != '"':
            return None
        if id(node) not in self.inner:
            inside, where = json.offsets(text[node.body : node.end - 1], node.body)
            document = json.parse(inside, limit=200_000)
            if not document.roots or not document.roots[0].children or document.errors:
                return None
            self.inner[id(node)] = Grove(Nested(self.page, inside, where), document, bracketed)
        grove = self.inner[id(node)]
        where = grove.page.where  # type: ignore[attr-defined]
        return grove, bisect_left(where, at)

    def _add(self, node: Node, target: Target, why: str = "") -> None:
        found = self.doomed.get(id(node))
        if found is None:
            self.doomed[id(node)] = _Doomed(node, (target.key,), why)
        else:
            found.keys = tuple(dict.fromkeys((*found.keys, target.key)))

    def _value(self, node: Node, mark: Mark, target: Target, at: int) -> str:
        """What goes with a value: a part of a list, the element, the member, or what it names; why nothing does."""
        parent = self.parents.get(id(node))
        if mark.role in (Role.MEMBER, Role.PARAMETER) and node.lines is None and self._part(node, mark, target, at):
            return ""
        if mark.role is Role.OPERATION and self._query(node, mark, target):
            return ""
        if mark.role is Role.COMMENT and node.lines is None and self._listed(mark, target, at):
            return ""
        if self.markup and parent is not None:
            whole = self._element(node, parent)
            self._add(whole, target, MARKED if whole.key == "object" and self._annotates() else "")
            return ""
        if node.key is None:
            self._add(node, target, self._shift(node, parent))
            return ""
        holder = self.parents.get(id(parent)) if parent is not None else None
        names = node.key.lower() in _IDENTITY and parent is not None and parent.kind == OBJECT
        if names and parent is not None and holder is not None and (mark.role in _NAMES or holder.kind == ARRAY):
            self._add(parent, target)
            return ""
        self._add(self._rule(node, target), target)
        return ""

    def _rule(self, node: Node, target: Target) -> Node:
        """What goes with a condition: the rule that would hold without it."""
        at: Node | None = node
        steps = 0
        while at is not None and (steps < _NEAR or target.finding.purpose is Purpose.TARGETING):
            parent = self.parents.get(id(at))
            if parent is None:
                break
            if (at.key or "").lower() in _GUARDS and parent.kind == OBJECT and id(parent) in self.parents:
                return parent
            at, steps = parent, steps + 1
        return node

    def _element(self, node: Node, parent: Node) -> Node:
        """What goes with a text or an attribute: the element, unless others stand in it that it does not name."""
        holds = any(child.kind == OBJECT for child in parent.children)
        names = node.tag == "@" and local(node.key).lower() in _NAMING
        whole = parent if (names or not holds) and id(parent) in self.parents else node
        above = self.parents.get(id(whole))
        if above is None or id(above) not in self.parents:
            return whole
        named = parent.key == "name" and above.key in _ANNOTATED and self._annotates()
        return above if named or local(above.key) in _UNITS else whole

    def _annotates(self) -> bool:
        """Whether the document says what is where in a picture, as Pascal VOC does."""
        root = self.document.roots[0] if self.document.roots else None
        return root is not None and root.key == "annotation" and any(c.key == "object" for c in root.children)

    def _part(self, node: Node, mark: Mark, target: Target, at: int) -> bool:
        """Whether the mark is one name of a list in a string, which goes with its separator."""
        text, start, end = self.page.text, at, at + len(mark.text)
        low, high = node.body, node.body + len(node.value)
        if not low <= start or end > high or (start, end) == (low, high) or text[start:end] != mark.text:
            return False
        after = re.compile(r"\s*[,;|]\s*").match(text, end, high)
        if after:
            end = after.end()
        else:
            before = re.search(r"\s*[,;|]\s*\Z", text[low:start])
            if before is None:
                return False
            start = low + before.start()
        self.parts.append(((start, end), (target.key,), f'"{mark.text}" in a list of names', ""))
        return True

    def _listed(self, mark: Mark, target: Target, at: int) -> bool:
        """Whether a description only lists the tag among other names: then that goes, with its comma."""
        spans = items(mark) if self.page.text.startswith(mark.text, at) else []
        self.parts += [((at + low, at + high), (target.key,), "a name in a list of names", "") for low, high in spans]
        return bool(spans)

    def _query(self, node: Node, mark: Mark, target: Target) -> bool:
        """Whether the words of a mark are names in lists of an address's query, which go with their commas."""
        words = {mark.text[h.start : h.end] for h in mark.hits if h.kind != "context"}
        cuts: list[Span] = []
        for word in words:
            name = re.escape(word)
            row = re.compile(rf"(?<=[=,]){name},|,{name}(?=&|#|\"|\Z)")
            found = list(row.finditer(self.page.text, node.body, node.body + len(node.value)))
            if not found or "?" not in self.page.text[node.body : found[0].start()]:
                return False
            cuts += [match.span() for match in found]
        self.parts += [(span, (target.key,), "a name in the query of an address", "") for span in cuts]
        return bool(cuts)

    def _shift(self, node: Node, parent: Node | None) -> str:
        """Why it is not safe to take an element out of a list of names."""
        if parent is None or parent.kind != ARRAY or not node.scalar:
            return ""
        holder: Node | None = parent
        while holder is not None and holder.key is None:
            holder = self.parents.get(id(holder))
        key = (holder.key or "") if holder is not None else ""
        return "" if named_set(key) else SHIFT

    def _column(self, target: Target, pointer: str) -> str:
        """A key of rows goes out of every row."""
        head, _, tail = pointer.partition("/*/")
        holder = self._find(head)
        path = [part.replace("~1", "/").replace("~0", "~") for part in tail.split("/")]
        if holder is None:
            return "the rows that hold it cannot be found again"
        waiting = [(child, 0) for child in holder.children]
        while waiting:
            node, depth = waiting.pop()
            if node.kind == ARRAY:
                waiting += [(child, depth) for child in node.children]
                continue
            for child in node.children:
                if child.key == path[depth]:
                    if depth + 1 == len(path):
                        self._add(child, target)
                    else:
                        waiting.append((child, depth + 1))
        return ""

    def _find(self, pointer: str) -> Node | None:
        node = self.document.roots[0] if self.document.roots else None
        for part in pointer.split("/")[1:]:
            if node is None:
                return None
            name = part.replace("~1", "/").replace("~0", "~")
            if node.kind == ARRAY:
                node = node.children[int(name)] if name.isdigit() and int(name) < len(node.children) else None
            else:
                node = node.get(name)
        return node

    # -- what goes with it -------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Everything that has no sense without what goes: requirements, references, containers that are left empty."""
        while True:
            before = len(self.doomed)
            for row in list(self.doomed.values()):
                self._required(row)
                self._typed(row)
            self._references()
            self._types()
            self._marked()
            self._emptied()
            if len(self.doomed) == before:
                return

    def _mean(self, node: Node, row: _Doomed) -> None:
        if id(node) not in self.doomed:
            self.doomed[id(node)] = _Doomed(node, row.keys, row.why)

    def _required(self, row: _Doomed) -> None:
        """A property that goes is no longer required, and no example shows it."""
        holder = self.parents.get(id(row.node))
        if holder is None or holder.key != "properties" or row.node.key is None:
            return
        schema = self.parents.get(id(holder))
        for child in schema.children if schema is not None else ():
            if child.key in ("required", "propertyOrdering", "x-order") and child.kind == ARRAY:
                for item in child.children:
                    if item.kind == STRING and item.value == row.node.key:
                        self._mean(item, row)
            elif child.key in ("example", "default", "examples", "dependentRequired", "dependentSchemas"):
                for shown in [child, *child.children]:
                    if shown.kind == OBJECT and (found := shown.get(row.node.key)) is not None:
                        self._mean(found, row)

    def _typed(self, row: _Doomed) -> None:
        """What is nothing but its type goes with that: a field of an Avro record, a schema of a parameter."""
        holder = self.parents.get(id(row.node))
        if row.node.key in ("type", "schema", "name") and holder is not None and holder.kind == OBJECT:
            above = self.parents.get(id(holder))
            if above is not None and (row.node.key == "name" or row.node.kind == OBJECT) and holder.get("name"):
                self._mean(holder, row)

    def _references(self) -> None:
        """What points to a schema that goes, in the same document."""
        gone = {self._pointer(row.node): row for row in self.doomed.values() if row.node.key is not None}
        for root in self.document.roots:
            for node in root.walk():
                if node.key != "$ref" or not node.value.startswith("#/"):
                    continue
                row = gone.get(node.value[1:])
                holder = self.parents.get(id(node))
                if row is not None and holder is not None and id(holder) in self.parents:
                    above = self.parents[id(holder)]
                    items = holder.key == "items" and above.kind == OBJECT and id(above) in self.parents
                    self._mean(above if items else holder, row)

    def _types(self) -> None:
        """In a schema of XML: elements whose type goes."""
        if not self.markup or not self.document.roots or local(self.document.roots[0].key) != "schema":
            return
        gone = {row.node.text("name"): row for row in self.doomed.values() if row.node.kind == OBJECT}
        gone.pop("", None)
        for root in self.document.roots if gone else ():
            for node in root.walk():
                if node.tag == "@" and node.key in ("type", "ref", "base") and local(node.value) in gone:
                    holder = self.parents.get(id(node))
                    if holder is not None and id(holder) in self.parents:
                        self._mean(holder, gone[local(node.value)])

    def tells(self) -> bool:
        """Whether it tells of persons in pictures: no line of it is shown."""
        root = self.document.roots[0] if self.document.roots else None
        return root is not None and (self._annotates() if self.markup else annotated(root) is not None)

    def _pointer(self, node: Node) -> str:
        parts: list[str] = []
        at: Node | None = node
        while at is not None and (parent := self.parents.get(id(at))) is not None:
            part = at.key if at.key is not None else str(self.numbers[id(at)])
            parts.append(part.replace("~", "~0").replace("/", "~1"))
            at = parent
        return "".join("/" + part for part in reversed(parts))

    def _marked(self) -> None:
        """Of a data set of pictures (COCO): what is marked as one of a category goes with it."""
        root = self.document.roots[0] if self.document.roots and not self.markup else None
        held = annotated(root) if root is not None else None
        if held is None:
            return
        mine = [row for row in self.doomed.values() if self.parents.get(id(row.node)) is held[0]]
        gone = {told.value: row for row in mine if (told := row.node.get("id")) is not None}
        for kind in held[0].children if gone else ():
            # Of two with the same number nothing tells which of them is marked.
            if id(kind) not in self.doomed and (told := kind.get("id")) is not None:
                gone.pop(told.value, None)
        for note in held[1].children if gone else ():
            parts = note.get("segments_info")
            for one in (note, *(parts.children if parts is not None else ())):
                told = one.get("category_id")
                row = gone.get(told.value) if told is not None else None
                if row is not None:
                    row.why = row.why or MARKED
                    self._mean(one, row)

    def _emptied(self) -> None:
        """A container that everything is taken out of goes, too."""
        seen: set[int] = set()
        root = self.document.roots[0] if self.document.roots and not self.markup else None
        # What reads a data set looks for its lists, also where nothing is in them.
        seen |= {id(one) for one in annotated(root) or ()} if root is not None else set()
        for row in list(self.doomed.values()):
            holder = self.parents.get(id(row.node))
            if holder is None or id(holder) in seen or id(holder) not in self.parents:
                continue
            seen.add(id(holder))
            if all(id(child) in self.doomed or child.tag == "@" for child in holder.children):
                # Nothing is left in it that could come to mean something else.
                self._mean(holder, _Doomed(holder, row.keys))

    # -- how it goes ---------------------------------------------------------------------------------------------------

    def edits(self) -> list[Edit]:
        """What is cut out of the text."""
        out: list[Edit] = []
        groups: dict[int, tuple[Node | None, list[_Doomed]]] = {}
        for row in self.doomed.values():
            parent = self.parents.get(id(row.node))
            groups.setdefault(id(parent) if parent is not None else 0, (parent, []))[1].append(row)
        for parent, rows in groups.values():
            if parent is None:
                out += [self._root(row) for row in rows]
            else:
                out += self._children(parent, rows)
        for note, keys in self.remarks.values():
            out.append(self.page.edit(self.page.rows(note.start, note.end), "a comment", keys))
        for span, keys, what, why in self.parts:
            out.append(self.page.edit(span, what, keys, why=why))
        for inner in self.inner.values():
            inner.follow()
            out += inner.edits()
        return out

    def _root(self, row: _Doomed) -> Edit:
        why = row.why or "nothing is left of the document"
        return self.page.edit(self.page.rows(row.node.start, row.node.end), "the whole document", row.keys, why=why)

    def _children(self, parent: Node, rows: list[_Doomed]) -> list[Edit]:
        """What goes of one container goes together: safe only where all of it is."""
        by = {self.numbers[id(row.node)]: row for row in rows}
        left = [number for number in range(len(parent.children)) if number not in by]
        chosen = sorted(by)
        # What nothing stands behind moves nothing up.
        moved = bool(left) and chosen[0] < left[-1]
        why = next((by[n].why for n in chosen if by[n].why and (moved or by[n].why != SHIFT)), "")
        keys = [key for n in chosen for key in by[n].keys]
        nodes = [by[n].node for n in chosen]
        names = dict.fromkeys(node.key if node.key is not None else node.value for node in nodes)
        declared = [name for name in names if name.isidentifier() and len(name) < _LONG]
        entry = any(by[n].why == SHIFT for n in chosen)
        return [
            replace(self.page.edit(span, told(nodes), keys, why=why, names=declared), entry=entry)
            for span in self.cut(self.page, parent, chosen, self.notes)
        ]


def annotated(root: Node) -> tuple[Node, Node] | None:
    """The categories and the annotations of a data set of pictures (COCO); None of another document."""
    kinds, notes = root.get("categories"), root.get("annotations")
    if kinds is None or notes is None or kinds.kind != ARRAY or notes.kind != ARRAY:
        return None
    return (kinds, notes) if any(c.get("id") is not None for c in kinds.children) else None


def named_set(key: str) -> bool:
    """Whether a list of this name holds names whose places do not count."""
    bare = key.lower().replace("_", "").replace("-", "")
    return bare in _SETS or bare.endswith(_SET)


def told(nodes: list[Node]) -> str:
    """What goes, for people: by key, never by value."""
    named = [f'"{node.key[:_SHOWN]}"' for node in nodes if node.key]
    more = len(nodes) - len(named)
    first = ", ".join(named[:_MANY]) + (f" and {len(named) - _MANY} more" if len(named) > _MANY else "")
    rest = f"{more} element{'s' if more > 1 else ''} of a list" if more else ""
    return " and ".join(part for part in (first, rest) if part)


def planned(
    artifact: Artifact,
    targets: tuple[Target, ...],
    parse: Callable[[str], Document],
    cut: Cutter,
    *,
    markup: bool = False,
    strict: bool = True,
    kind: type[Grove] | None = None,
) -> Plan:
    """The plan for a document.

    Args:
        artifact: Its bytes.
        targets: What is to go.
        parse: Makes the document of a text.
        cut: How its syntax gives up children.
        markup: Whether nodes are elements and attributes.
        strict: Whether nothing is cut out of a text with lines that are none of the format.
        kind: What finds what goes.

    Raises:
        Damaged: It cannot be cut.
    """
    page = Page(artifact)
    document = parse(page.text)
    plan = Plan()
    if (strict and (document.errors or document.lost)) or document.stop is not None:
        return plan.keep(targets, "the text does not keep to its format, so that nothing can be cut out of it safely")
    grove = (kind or Grove)(page, document, cut, markup)
    for target in targets:
        stay = spared(target)
        for number, mark in enumerate(target.marks):
            plan.secret |= mark.surface.kind is Kind.DATASET
            if number in stay:
                continue
            why = grove.doom(target, mark) if mark.role is not Role.PATH else "a name of a file is not changed"
            if why:
                plan.kept.setdefault(target.key, why)
    grove.follow()
    plan.kept |= grove.failed
    plan.edits = merged(grove.edits())
    plan.secret |= grove.tells()
    marks = (m for t in targets for m in t.marks if m.surface.kind is Kind.DATASET)
    plan.data = frozenset(m.place.pointer for m in marks if "/*/" in (m.place.pointer or ""))
    return plan


def speaking(
    artifact: Artifact,
    targets: tuple[Target, ...],
    told: tuple[Mapping[str, list[Mark]], Mapping[str, str]],
    plan: Plan,
    parse: Callable[[str], Document],
    cut: Cutter,
    *,
    safe: bool,
) -> Plan:
    """A plan with what goes of marks that only speak of a model, which goes when the model's own part does.

    Args:
        artifact: The document.
        targets: What is to go.
        told: By key of their target those marks; and why targets keep their place in the model.
        plan: What goes of the model itself; the rest is put into it.
        parse: As for ``planned``.
        cut: As there.
        safe: Whether the model's own part goes without being asked for.
    """
    marks, lost = told
    for key, why in lost.items():
        plan.kept.setdefault(key, why)
    left = [replace(t, marks=tuple(marks[t.key])) for t in targets if marks.get(t.key)]
    if lost:
        return plan.keep(left, f"it goes when what it speaks of does, and {next(iter(lost.values()))}")
    inner = planned(artifact, tuple(left), parse, cut)
    edits = inner.edits if safe else [replace(e, safe=False, why=e.why or _WITH) for e in inner.edits]
    plan.edits = merged([*plan.edits, *edits])
    for key, why in inner.kept.items():
        plan.kept.setdefault(key, why)
    plan.data, plan.secret = inner.data, inner.secret
    return plan


class _Ranges(Generic[T]):
    """Things that lie at spans of a text, none over another."""

    def __init__(self, rows: Iterable[tuple[int, int, T]]) -> None:
        self._rows = sorted(rows, key=lambda r: (r[0], r[1]))
        self._starts = [row[0] for row in self._rows]

    def at(self, place: int) -> T | None:
        """The thing at a place, or None."""
        number = bisect_right(self._starts, place) - 1
        return self._rows[number][2] if number >= 0 and place < self._rows[number][1] else None
