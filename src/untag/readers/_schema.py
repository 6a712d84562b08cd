"""JSON Schema inside any document: fields with their types, closed sets, descriptions, examples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from untag.readers._plan import Plan, Said, join
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from untag.syntax.tree import Node

__all__ = ["Schemas", "Spot", "range_of", "texts", "type_of"]

_MEMBERS = ("properties", "patternProperties")
_TYPES = ("definitions", "$defs")
_SAME = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "additionalItems",
    "schema",
)
_EACH = ("allOf", "oneOf", "anyOf", "prefixItems", "items")
_TEXTS = ("description", "summary", "$comment", "x-description", "markdownDescription")
_EXAMPLES = ("example", "examples", "default", "x-example", "x-examples")
_NAMES = ("x-enum-varnames", "x-enumNames", "x-enum-names")
_NOTES = ("x-enum-descriptions", "x-enumDescriptions", "enumDescriptions", "x-enum-comments")


class Spot(NamedTuple):
    """The thing a schema describes: its path, its name, and who holds it."""

    path: str
    name: str
    owner: str
    kind: Kind = Kind.SCHEMA


def type_of(node: Node) -> str:
    """The declared type of a schema: the name in its reference, or its type."""
    for _ in range(4):
        reference = node.text("$ref")
        if reference:
            return reference.rpartition("/")[2]
        kind = node.get("type")
        declared = ""
        if kind is not None:
            declared = kind.value if kind.scalar else "|".join(part.value for part in kind.children)
        inner = node.get("items") or (node.get("schema") if not declared else None)
        if declared == "array" and inner is not None:
            reference = inner.text("$ref").rpartition("/")[2] or inner.text("type")
            return f"array<{reference}>" if reference else "array"
        if declared or inner is None:
            return declared
        node = inner
    return ""


def texts(node: Node, plan: Plan, owner: str, kind: Kind, about: str, keys: tuple[str, ...] = _TEXTS) -> None:
    """The descriptions directly in a node are comments about it."""
    for child in node.children:
        if child.key in keys and child.kind == STRING:
            plan.keys[id(child)] = []
            plan.values[id(child)] = [Said(Role.COMMENT, None, owner, kind, about)]


class Schemas:
    """Fills a plan with what schemas say; the stack of schemas still to be read is explicit."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.stack: list[tuple[Node, Spot]] = []
        self.done: set[int] = set()

    def types(self, node: Node, owner: str) -> None:
        """An object of named schemas."""
        self.plan.scopes[id(node)] = (owner, Kind.SCHEMA)
        self.plan.plain.add(id(node))
        for child in node.children:
            if child.key is None:
                continue
            path = join(owner, child.key)
            self.plan.keys[id(child)] = [Said(Role.TYPE, None, path, Kind.SCHEMA, type=type_of(child))]
            self.schema(child, Spot(path, child.key, path))

    def schema(self, node: Node, spot: Spot) -> None:
        """One schema and all below it."""
        self.stack.append((node, spot))
        while self.stack:
            self.one(*self.stack.pop())

    def one(self, node: Node, spot: Spot) -> None:
        """One schema; those inside it go onto the stack."""
        if id(node) in self.done:
            return
        self.done.add(id(node))
        plan = self.plan
        plan.plain.add(id(node))
        plan.scopes[id(node)] = (spot.path, Kind.SCHEMA)
        if node.kind == ARRAY:
            for child in node.children:
                self.stack.append((child, spot))
            return
        texts(node, plan, spot.owner, spot.kind, spot.name)
        for child in node.children:
            self.part(node, child, spot)

    def part(self, node: Node, child: Node, spot: Spot) -> None:
        """One keyword of a schema."""
        key, plan, mark = child.key or "", self.plan, id(child)
        if key in _MEMBERS and child.kind == OBJECT:
            self.fields(child, spot)
        elif key in _TYPES and child.kind == OBJECT:
            self.types(child, join(spot.path, key) if spot.path else key)
        elif (key in _EACH or key in _SAME) and child.children:
            plan.keys[mark] = []
            self.stack.append((child, spot))
        elif key == "enum" and child.kind == ARRAY:
            self.closed(node, child, spot)
        elif key == "const" and child.scalar:
            plan.keys[mark] = []
            plan.values[mark] = [Said(Role.MEMBER, None, spot.path, Kind.ENUM)]
            texts(node, plan, spot.path, Kind.ENUM, child.value, ("description", "title", "summary"))
        elif key == "title" and child.kind == STRING and mark not in plan.values:
            plan.keys[mark] = []
            plan.values[mark] = [Said(Role.LABEL, None, spot.owner, spot.kind, spot.name)]
        elif key == "$ref" and child.kind == STRING:
            plan.keys[mark] = []
            plan.values[mark] = [Said(Role.USE, None, spot.path, Kind.SCHEMA, spot.name)]
        elif key == "type":
            self.type(child, spot)
        elif key == "required" and child.kind == ARRAY:
            plan.keys[mark] = []
            for part in child.children:
                plan.values[id(part)] = [Said(Role.USE, None, spot.path, Kind.SCHEMA)]
        elif key in _EXAMPLES:
            self.example(child, spot)

    def type(self, child: Node, spot: Spot) -> None:
        """The type keyword: it stands in the type of the field already."""
        self.plan.keys[id(child)] = []
        for part in child.children or [child]:
            self.plan.values[id(part)] = []
            if part.value not in ("string", "integer", "number", "object", "array", "boolean", "null", "file"):
                self.plan.values[id(part)] = [Said(Role.USE, None, spot.path, Kind.SCHEMA, spot.name)]

    def fields(self, node: Node, spot: Spot) -> None:
        """The properties of an object."""
        plan = self.plan
        plan.keys[id(node)] = []
        plan.plain.add(id(node))
        plan.scopes[id(node)] = (spot.path, Kind.SCHEMA)
        for child in node.children:
            if child.key is None:
                continue
            path = join(spot.path, child.key)
            plan.keys[id(child)] = [
                Said(Role.FIELD, None, spot.path, Kind.SCHEMA, value=range_of(child), type=type_of(child))
            ]
            inner = child.get("items") or child
            if child.get("enum") is not None or inner.get("enum") is not None:
                plan.keys[id(child)].append(Said(Role.ENUM, child.key, path, Kind.ENUM))
            if child.kind == OBJECT:
                self.stack.append((child, Spot(path, child.key, spot.path)))

    def closed(self, node: Node, child: Node, spot: Spot) -> None:
        """The values of a closed set, their names and their notes."""
        plan = self.plan
        plan.keys[id(child)] = []
        plan.plain.add(id(child))
        values = [part.value for part in child.children]
        for part in child.children:
            plan.values[id(part)] = [Said(Role.MEMBER, None, spot.path, Kind.ENUM)]
        for other in node.children:
            named, noted = other.key in _NAMES, other.key in _NOTES
            if not (named or noted) or other.kind not in (ARRAY, OBJECT):
                continue
            plan.keys[id(other)] = []
            plan.plain.add(id(other))
            for index, part in enumerate(other.children):
                value = part.key or (values[index] if index < len(values) else "")
                if part.key is not None:
                    plan.keys[id(part)] = []
                role = Role.MEMBER if named else Role.COMMENT
                plan.values[id(part)] = [
                    Said(role, None, spot.path, Kind.ENUM, about="" if named else value, value=value if named else "")
                ]

    def example(self, child: Node, spot: Spot) -> None:
        """An example or default: a list of names in one string is a list, anything else is shown as it is."""
        plan = self.plan
        plan.keys[id(child)] = []
        if child.scalar:
            plan.lists[id(child)] = spot.path
            plan.values[id(child)] = [Said(Role.VALUE, None, spot.owner, spot.kind, spot.name)]
            return
        plan.scopes[id(child)] = (join(spot.path, "example"), Kind.SCHEMA)
        if child.kind == ARRAY:
            for part in child.children:
                if part.scalar:
                    plan.lists[id(part)] = spot.path


def range_of(node: Node) -> str:
    """The bounds of a number, as ``1..56``; empty where one of them is not given."""
    bounds = [bound.value for name in ("minimum", "maximum") if (bound := node.get(name)) is not None]
    return "..".join(bounds) if len(bounds) == 2 and all(re.fullmatch(r"-?\d{1,9}", b) for b in bounds) else ""
