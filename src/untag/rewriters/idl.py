"""Interface languages: Protocol Buffers, GraphQL, Thrift. Fields, enum values, arguments, types, selections.

Numbers of fields and enum values of Protocol Buffers are reserved, so that nothing else is ever read as what went; a
name is not (https://protobuf.dev/programming-guides/proto3/#deleting): it would still say what it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from untag.case import DECLARED
from untag.edit import Plan, Proof, Rewriter, merged
from untag.gap import Limits
from untag.readers import specs
from untag.readers._node import loaded
from untag.rewriters._about import DESCRIBED, REMARKS, items, keep, referred, spared
from untag.rewriters._coded import Coded
from untag.rewriters._page import Notes, Page
from untag.rewriters._tree import SHIFT
from untag.rewriters._unit import faults, leaf
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from untag.artifact import Artifact
    from untag.edit import Edit, Target
    from untag.finding import Mark
    from untag.rewriters._page import Span

__all__ = ["IdlRewriter"]

#: What can go without the rest, by language: what people call it, and what parts it from the next.
_UNITS: dict[str, dict[str, tuple[str, str]]] = {
    "proto": {
        "field": ("field", ""), "oneof_field": ("field", ""), "map_field": ("field", ""), "enum_field": ("member", ""),
        "message": ("message", ""), "enum": ("enum", ""), "service": ("service", ""), "rpc": ("operation", ""),
        "oneof": ("oneof", ""), "extend": ("extension", ""), "option": ("option", ""), "import": ("import", ""),
        "reserved_identifier": ("reserved name", ","),
    },
    "graphql": {
        "field_definition": ("field", ","), "enum_value_definition": ("member", ","),
        "input_value_definition": ("argument", ","), "argument": ("argument", ","),
        "variable_definition": ("variable", ","), "selection": ("selection", ","), "object_field": ("field", ","),
        "directive": ("directive", ""), "object_type_definition": ("type", ""), "enum_type_definition": ("enum", ""),
        "input_object_type_definition": ("input", ""), "interface_type_definition": ("interface", ""),
        "union_type_definition": ("union", ""), "scalar_type_definition": ("scalar", ""),
        "directive_definition": ("directive", ""), "type_extension": ("extension", ""),
        "operation_definition": ("operation", ""), "fragment_definition": ("fragment", ""),
    },
    "thrift": {
        "field": ("field", ""), "parameter": ("parameter", ""), "function_definition": ("operation", ""),
        "enum_definition": ("enum", ""), "struct_definition": ("struct", ""), "exception_definition": ("exception", ""),
        "union_definition": ("union", ""), "service_definition": ("service", ""), "const_definition": ("constant", ""),
        "typedef_definition": ("type", ""), "include_statement": ("import", ""),
    },
}  # fmt: skip
#: What holds the elements of a list, which commas part.
_LISTS = frozenset({"list_value", "list_literal", "set_literal"})
#: The types of a union of GraphQL, which nest to the left; bars part them.
_UNION = "union_member_types"
#: What cannot stand empty, and so goes with its last part.
_HOLDERS = frozenset({
    "fields_definition", "input_fields_definition", "enum_values_definition", "arguments_definition", "arguments",
    "variable_definitions", "selection_set", "union_member_types", "enum_body", "oneof", "enum_definition",
    "reserved_field_names",
})  # fmt: skip
#: Those of them that go alone: brackets behind a name.
_BRACKETS = frozenset({"arguments_definition", "arguments", "variable_definitions"})
#: Definitions, which others may use by their names.
_TYPES = frozenset({
    "constant", "directive", "enum", "exception", "fragment", "input", "interface", "message", "scalar", "service",
    "struct", "type", "union",
})  # fmt: skip
#: What has a number that is given back with it.
_NUMBERED = frozenset({"field", "oneof", "oneof_field", "map_field", "enum_field"})
_NUMBER = re.compile(r"=\s*(-?\s*(?:0[xX][0-9a-fA-F]+|\d+))")
_WORD = re.compile(r"[^\W\d]\w*")
_OLD = re.compile(r"^[ \t]*syntax\s*=\s*[\"']proto2", re.MULTILINE)
#: Nodes that are climbed from a word to what can go.
_STEPS = 40
NOTHING = "no part of it can go without the rest of the file"
TORN = "the syntax around it is not understood"
USED = "a type that stays is made with it"
FIRST = "the first value of an enum stands for what is not set, and must be zero"
OPTION = "what is made from the file may be called otherwise"
NEEDED = "the field is required: what was built with it refuses messages without it"
CALLED = "clients call it"


@dataclass(slots=True)
class _Unit:
    """Something that goes.

    Attributes:
        node: It, or the first node of it.
        last: The last node of it.
        word: What people call it.
        separator: What parts it from the next of its kind.
        keys: For whom.
        why: Why that is not safe.
    """

    node: Node
    last: Node
    word: str
    separator: str
    keys: tuple[str, ...] = ()
    why: str = ""

    @property
    def key(self) -> tuple[int, int]:
        """Its bytes."""
        return self.node.start_byte, self.last.end_byte


class _File:
    """One file: its tree, and what goes of it."""

    def __init__(self, artifact: Artifact, language: str) -> None:
        from tree_sitter import Parser

        self.page = Page(artifact)
        self.language = language
        self.data = self.page.text.encode("utf-8", "replace")
        self.coded = Coded(self.page.source, self.data)
        self.root = Parser(loaded(language)).parse(self.data).root_node
        self.units: dict[tuple[int, int], _Unit] = {}
        self.remarks: dict[Span, tuple[str, ...]] = {}
        comments = [self.span(n.start_byte, n.end_byte) for n in _walk(self.root) if n.type == "comment"]
        self.notes = Notes(comments)

    def span(self, start: int, end: int) -> Span:
        """A span of bytes in characters, without blanks at its end."""
        return self.coded.span(start, end)

    def text(self, node: Node) -> str:
        """What a node says."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    # -- from marks to units -----------------------------------------------------------------------------------------

    def doom(self, target: Target, mark: Mark) -> str:
        """Find what goes with a mark; why nothing does, or nothing."""
        at = self.page.at(mark.place)
        if at is None or at >= len(self.page.text):
            return "its place is no place in the text"
        if mark.role in DECLARED and not mark.hits and mark.role not in DESCRIBED:
            return ""
        if mark.role in REMARKS and self._listed_in(target, mark, at):
            return ""
        if (note := self.notes.around(at)) is not None:
            return self._say(target, self.page.remark(note, at, 2))
        byte = self.coded.byte(at)
        node = leaf(self.root, byte)
        if node is None:
            return "it stands in no part of the syntax"
        if (around := self._around(node)) is not None:
            return self._join(around, target)
        if mark.role in REMARKS and (said := _up(node, "description")) is not None:
            span = self.span(said.start_byte, said.end_byte)
            lone = "\n" not in self.page.text[span[0] : span[1]]
            return self._say(target, self.page.rows(*span) if lone else self.page.remark(span, at, 1))
        unit = self.unit(node)
        if isinstance(unit, str):
            return unit
        if unit.word in _TYPES and not self._names(unit, node):
            return USED
        unit.why = self._why(unit)
        return self._join(self.units.setdefault(unit.key, unit), target)

    def _around(self, node: Node) -> _Unit | None:
        """What goes already and holds a node."""
        at: Node | None = node
        for _ in range(_STEPS):
            if at is None:
                return None
            for last in (at, at.next_sibling):
                if last is not None and (found := self.units.get((at.start_byte, last.end_byte))) is not None:
                    return found
            at = at.parent
        return None

    def _join(self, unit: _Unit, target: Target) -> str:
        """One more finding that a unit serves."""
        unit.keys = tuple(dict.fromkeys((*unit.keys, target.key)))
        return ""

    def unit(self, node: Node) -> _Unit | str:
        """The smallest thing around a node that can go, or why none can."""
        at: Node | None = node
        table = _UNITS[self.language]
        for _ in range(_STEPS):
            if at is None or at.parent is None:
                return NOTHING
            if at.is_error:
                return TORN
            holder = at.parent
            if holder.type == _UNION and at.type == "named_type":
                return _Unit(at, at, "member", "|")
            if holder.type in _LISTS and at.is_named:
                return _Unit(at, at, "element", ",")
            if holder.type == "enum_definition" and at.type in ("identifier", "number") and self._member(at):
                return self._counted(at)
            if at.type in table:
                after = at.next_sibling if at.type == "oneof_field" else None  # it ends before its semicolon
                ends = after is not None and after.type in (";", "empty_statement")
                return _Unit(at, after if ends and after is not None else at, *table[at.type])
            at = holder
        return NOTHING

    def _member(self, node: Node) -> bool:
        """Whether a part of an enum of Thrift stands in its braces."""
        before = node.prev_sibling
        while before is not None and before.type != "{":
            before = before.prev_sibling
        return before is not None

    def _counted(self, node: Node) -> _Unit:
        """A member of an enum of Thrift, whose parts have no node of their own: with its number and what parts it."""
        first = last = node
        while first.type != "identifier" and first.prev_sibling is not None:
            first = first.prev_sibling
        while (after := last.next_sibling) is not None and after.type in ("=", "number", "annotation_definition"):
            last = after
        if after is not None and after.type in (",", ";"):
            last = after
        return _Unit(first, last, "member", "")

    def _names(self, unit: _Unit, node: Node) -> bool:
        """Whether a word is what a definition is called, or describes it."""
        inner = unit.node
        for kind in ("object_type_extension", "enum_type_extension", "input_object_type_extension"):
            inner = next((c for c in inner.named_children if c.type == kind), inner)
        for child in inner.named_children:
            if child.type == "description":
                continue
            if child.type.endswith("_name") or child.type in ("name", "identifier", "typedef_identifier"):
                return child.start_byte <= node.start_byte and node.end_byte <= child.end_byte
        return False

    def _why(self, unit: _Unit) -> str:
        """Why it is not safe that a unit goes, as far as that shows without the rest of the file."""
        if unit.node.type in ("option", "import", "include_statement"):
            return OPTION
        if unit.word in ("operation", "service"):
            return CALLED
        if unit.word == "element" and self.language == "thrift":
            return SHIFT
        if unit.word == "field" and any(self.text(c) == "required" for c in unit.node.children):
            return NEEDED
        return ""

    def _listed_in(self, target: Target, mark: Mark, at: int) -> bool:
        """Whether a remark only lists the tag among other names: then that goes, with its comma."""
        spans = items(mark) if self.page.text.startswith(mark.text, at) else []
        for low, high in spans:
            self._say(target, (at + low, at + high))
        return bool(spans)

    def _say(self, target: Target, span: Span) -> str:
        """A part of a comment or description goes."""
        self.remarks[span] = tuple(dict.fromkeys((*self.remarks.get(span, ()), target.key)))
        return ""

    # -- what goes with it -------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """What cannot stand empty goes with the last of its parts."""
        while True:
            before = len(self.units)
            rows: dict[int, tuple[Node, list[_Unit]]] = {}
            for unit in list(self.units.values()):
                holder = unit.node.parent
                extended = holder is not None and holder.parent is not None and holder.parent.type == "extend"
                if holder is not None and (holder.type in _HOLDERS or extended):
                    rows.setdefault(holder.id, (holder, []))[1].append(unit)
            for holder, units in rows.values():
                if len({u.key for u in units}) >= len(self.parts(holder)):
                    self._emptied(holder, units)
            if len(self.units) == before:
                return

    def parts(self, holder: Node) -> list[_Unit]:
        """All things of a holder that could go, in order; nested heads of a union count as one list."""
        out: dict[tuple[int, int], _Unit] = {}
        stack = [holder]
        while stack:
            for child in stack.pop().named_children:
                if child.type == _UNION:
                    stack.append(child)
                    continue
                found = self.unit(child) if child.type not in ("comment", "comma", "option", "reserved") else ""
                if isinstance(found, _Unit) and found.node.start_byte >= holder.start_byte and found.node != holder:
                    out[found.key] = found
        return [out[key] for key in sorted(out)]

    def _emptied(self, holder: Node, units: list[_Unit]) -> None:
        keys = tuple(dict.fromkeys(key for unit in units for key in unit.keys))
        why = next((unit.why for unit in units if unit.why), "")
        if holder.type in _BRACKETS:
            made: _Unit | str = _Unit(holder, holder, "arguments", "")
        elif holder.type == "reserved_field_names" and holder.parent is not None:
            made = _Unit(holder.parent, holder.parent, "reserved names", "")
        else:
            made = self.unit(_head(holder))
        if isinstance(made, str) or made.key in self.units:
            return
        made.keys, made.why = keys, why or self._why(made)
        self.units[made.key] = made

    # -- from units to edits -----------------------------------------------------------------------------------------

    def edits(self) -> list[Edit]:
        """All of them, in no order."""
        out = [self.page.edit(span, "a comment", keys) for span, keys in self.remarks.items()]
        spans = sorted(self.units)
        outer: list[tuple[int, int]] = []
        for key in sorted(spans, key=lambda k: (k[0], -k[1])):
            if not outer or key[1] > outer[-1][1]:
                outer.append(key)
        groups: dict[int, tuple[Node, list[_Unit]]] = {}
        for key in outer:
            unit = self.units[key]
            if unit.separator and unit.node.parent is not None:
                holder = _head(unit.node.parent)
                groups.setdefault(holder.id, (holder, []))[1].append(unit)
            else:
                out += self._alone(unit)
        for holder, units in groups.values():
            out += self._listed(holder, units)
        kept = set(outer)
        # What lies in something that goes serves others, whose keys the edit of the outer takes over.
        for key in spans:
            if key not in kept:
                unit = self.units[key]
                out.append(self.page.edit(self.span(*key), self._said(unit), unit.keys, why=unit.why))
        return out

    def _said(self, unit: _Unit) -> str:
        name = self._name(unit)
        told = f' "{name}"' if name else ""
        inside = unit.node.parent is not None and unit.node.parent.type == "input_fields_definition"
        return f"the {'field' if inside else unit.word}{told} on line {unit.node.start_point[0] + 1}"

    def _name(self, unit: _Unit) -> str:
        """What a unit is called."""
        if unit.node.type in ("identifier", "name"):
            return self.text(unit.node)
        stack = [c for c in unit.node.named_children if c.type not in ("description", "type", "field_id")]
        for node in stack[:4]:
            if node.type.endswith("_name") or node.type in ("name", "identifier", "typedef_identifier", "enum_value"):
                return self.text(node)[:60]
            if node.type in ("field", "variable"):
                inner = next((c for c in node.named_children if c.type == "name"), None)
                return self.text(inner)[:60] if inner is not None else ""
        return ""

    def _alone(self, unit: _Unit) -> Iterator[Edit]:
        """A statement with its comments; of Protocol Buffers its number stays reserved."""
        span = self.span(*unit.key)
        whole = self.page.lines(span, self.notes)
        name = self._name(unit)
        names = (name,) if unit.word in _TYPES and _WORD.fullmatch(name) else ()
        new, beside = "", None
        number = self._number(unit)
        if number:
            if (oneof := _up(unit.node, "oneof")) is not None and oneof != unit.node:
                beside = oneof
            elif _up(unit.node, "extend") is None:
                new = f"reserved {number};"
        text = self.page.text
        lone = whole != span and (whole[0] == 0 or text[whole[0] - 1] == "\n") and text[whole[1] - 1] == "\n"
        if new and lone:
            indent = text[text.rfind("\n", 0, span[0]) + 1 : span[0]]
            new = f"{indent if not indent.strip() else ''}{new}\n"
        elif not new and not lone:
            while (
                whole[0] and text[whole[0] - 1] in " \t" and text[whole[1] : whole[1] + 1] in ("", "\n", "}", ")", " ")
            ):
                whole = whole[0] - 1, whole[1]
        yield self.page.edit(whole, self._said(unit), unit.keys, new=new, why=unit.why, names=names)
        if beside is not None:
            at = self.span(beside.start_byte, beside.end_byte)[0]
            indent = text[text.rfind("\n", 0, at) + 1 : at]
            put = f"reserved {number};" + (f"\n{indent}" if not indent.strip() else " ")
            said = f"the number {number}, which stays reserved"
            yield self.page.edit((at, at), said, unit.keys, new=put, why=unit.why)

    def _number(self, unit: _Unit) -> str:
        """The numbers that a field, value or oneof of Protocol Buffers gives back."""
        if self.language != "proto" or unit.node.type not in _NUMBERED:
            return ""
        fields = unit.node.named_children if unit.node.type == "oneof" else [unit.node]
        numbers = [_NUMBER.search(self.text(f)) for f in fields if f.type not in ("comment", "option")]
        return ", ".join(n[1].replace(" ", "") for n in numbers if n is not None)

    def _listed(self, holder: Node, units: list[_Unit]) -> Iterator[Edit]:
        """Parts of a list, with what parts them."""
        rows = self.parts(holder)
        spans = [self.span(*row.key) for row in rows]
        gone = [n for n, row in enumerate(rows) if row.key in self.units]
        keys = tuple(dict.fromkeys(key for unit in units for key in unit.keys))
        why = next((unit.why for unit in units if unit.why), "")
        end = self.coded.char(holder.end_byte) - (holder.type != _UNION)
        cuts = self.page.items(spans, gone, self.notes, separator=units[0].separator, end=end)
        text = self.page.text
        for low, high in cuts:
            # A bar that goes alone takes the blanks before it along.
            while text[low:high] == "|" and text[low - 1] in " \t":
                low -= 1
            mine = [u for u in units if low <= self.coded.char(u.node.start_byte) < high]
            own = tuple(dict.fromkeys(key for u in mine for key in u.keys)) or keys
            yield self.page.edit((low, high), ", ".join(map(self._said, mine)) or "what parted it", own, why=why)

    def first(self) -> dict[tuple[int, int], str]:
        """Values of enums that must stay: the first of those that do not go as a whole."""
        out: dict[tuple[int, int], str] = {}
        if _OLD.search(self.page.text[:4000]) is not None:
            return out
        for key, unit in self.units.items():
            if unit.node.type != "enum_field" or unit.node.parent is None:
                continue
            rows = [c for c in unit.node.parent.named_children if c.type == "enum_field"]
            left = [c for c in rows if (c.start_byte, c.end_byte) not in self.units]
            zero = self._number(unit) == "0"
            outer = self._around(unit.node.parent) is not None
            if zero and left and not outer and self._number(_Unit(left[0], left[0], "", "")) != "0":
                out[key] = FIRST
        return out


def _walk(root: Node) -> Iterator[Node]:
    """All nodes, in order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.children)


def _head(holder: Node) -> Node:
    """Of a union, whose types nest, the node that holds all of them; any other holder itself."""
    while holder.type == _UNION and holder.parent is not None and holder.parent.type == _UNION:
        holder = holder.parent
    return holder


def _up(node: Node, kind: str) -> Node | None:
    """A node of a kind that a node is, or lies in."""
    at: Node | None = node
    for _ in range(_STEPS):
        if at is None or at.type == kind:
            return at
        at = at.parent
    return None


class IdlRewriter(Rewriter):
    """Takes fields, values, arguments and types out of interface files; numbers of Protocol Buffers stay reserved."""

    name = "idl"
    reads = ("specs",)
    limits = (
        "interfaces of Avro IDL stay, as do groups of proto2 and what stands where the syntax is not understood",
        "names of what went are not reserved in Protocol Buffers, since they would still say it; numbers are",
        "what still uses a type that went is listed; the first value of a proto3 enum stays if others do",
    )

    def knows(self, artifact: Artifact) -> bool:
        """Whether it is a file in one of the languages, and small enough to be parsed."""
        return artifact.held and artifact.size <= Limits().parse and specs.form(artifact) in _UNITS

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """Units with their comments and descriptions."""
        file = _File(artifact, specs.form(artifact))
        plan = Plan()
        failed: list[tuple[str, int | None, str]] = []
        stay = {target.key: spared(target) for target in targets}
        rows = [(t, mark) for t in targets for number, mark in enumerate(t.marks) if number not in stay[t.key]]
        # What is declared goes first, and comments last, which mostly go with it.
        for target, mark in sorted(rows, key=lambda r: (r[1].role not in DECLARED, r[1].role in REMARKS)):
            why = "a name of a file is not changed" if mark.role is Role.PATH else file.doom(target, mark)
            if why:
                failed.append((target.key, file.page.at(mark.place), why))
        file.follow()
        for key, why in file.first().items():
            unit = file.units.pop(key)
            failed += [(one, None, why) for one in unit.keys]
        plan.edits = _referred(file, merged(file.edits()))
        keep(plan, file.page, failed)
        return plan

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - the syntax alone counts
        """That it still parses: no error more than before."""
        language = specs.form(before)
        if specs.form(after) != language:
            return Proof(f"what is left would no longer be read as {language}")
        old, new = _errors(before, language), _errors(after, language)
        if new > old:
            return Proof("the specification would no longer parse")
        return Proof("", (f"it parses as {language}, with {new or 'no'} error{'' if new == 1 else 's'} as before",))


def _errors(artifact: Artifact, language: str) -> int:
    """Nodes of a tree that are errors or missing."""
    return faults(_File(artifact, language).root)


def _referred(file: _File, edits: list[Edit]) -> list[Edit]:
    """Edits, those not safe whose names the file still uses elsewhere."""
    names = {name for edit in edits for name in edit.names}
    places: dict[str, list[int]] = {name: [] for name in names}
    for node in _walk(file.root) if names else ():
        if not node.child_count and node.is_named and node.type != "comment" and (text := file.text(node)) in names:
            places[text].append(file.page.source.byte(file.coded.char(node.start_byte)))
    return referred(edits, places)
