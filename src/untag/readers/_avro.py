"""Avro schemas and protocols in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said, join
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from untag.syntax.tree import Node

__all__ = ["is_avro", "plan"]

_PLAIN = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))
_NAMED = ("record", "error", "enum", "fixed")


def is_avro(root: Node) -> bool:
    """Whether a document is an Avro schema or protocol."""
    node = root.children[0] if root.kind == ARRAY and root.children else root
    if node.kind != OBJECT:
        return False
    if node.text("type") in ("record", "error") and node.get("fields") is not None:
        return True
    if node.text("type") == "enum" and node.get("symbols") is not None:
        return True
    return node.get("protocol") is not None and (node.get("types") is not None or node.get("messages") is not None)


def plan(root: Node, plans: Plan) -> None:
    """Fill a plan for an Avro document."""
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, owner = stack.pop()
        plans.plain.add(id(node))
        plans.scopes.setdefault(id(node), (owner, Kind.SCHEMA))
        if node.kind == ARRAY:
            stack.extend((child, owner) for child in node.children)
        elif node.text("type") in _NAMED and node.text("name"):
            _named(node, owner, plans, stack)
        elif node.get("protocol") is not None:
            _protocol(node, plans, stack)
        else:
            stack.extend((child, owner) for child in node.children if child.children)


def _doc(node: Node, owner: str, kind: Kind, about: str, plans: Plan) -> None:
    for child in node.children:
        if child.key == "doc" and child.kind == STRING:
            plans.keys[id(child)] = []
            plans.values[id(child)] = [Said(Role.COMMENT, None, owner, kind, about)]


def _named(node: Node, owner: str, plans: Plan, stack: list[tuple[Node, str]]) -> None:
    """A record or enum."""
    name = node.text("name")
    path = join(owner, name)
    closed = node.text("type") == "enum"
    kind = Kind.ENUM if closed else Kind.SCHEMA
    plans.scopes[id(node)] = (path, kind)
    _doc(node, path, kind, name, plans)
    for child in node.children:
        mark = id(child)
        if child.key == "name":
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.ENUM if closed else Role.TYPE, None, path, kind)]
        elif child.key == "symbols" and child.kind == ARRAY:
            plans.keys[mark] = []
            for part in child.children:
                plans.values[id(part)] = [Said(Role.MEMBER, None, path, Kind.ENUM)]
        elif child.key == "fields" and child.kind == ARRAY:
            plans.plain.add(mark)
            plans.keys[mark] = []
            for field in child.children:
                _field(field, path, plans, stack, Role.FIELD)


def _field(node: Node, owner: str, plans: Plan, stack: list[tuple[Node, str]], role: Role) -> None:
    kind = Kind.OPERATION if role is Role.PARAMETER else Kind.SCHEMA
    name = node.text("name")
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (owner, kind)
    _doc(node, owner, kind, name, plans)
    for child in node.children:
        mark = id(child)
        if child.key == "name" and child.kind == STRING:
            plans.keys[mark] = []
            plans.values[mark] = [Said(role, None, owner, kind, type=_type(node.get("type")))]
        elif child.key == "type":
            plans.keys[mark] = []
            plans.plain.add(mark)
            plans.scopes[mark] = (join(owner, name), Kind.SCHEMA)
            for part in child.children or [child]:
                if (part.kind == STRING and part.key is None) or part is child:
                    plans.values[id(part)] = [] if part.value in _PLAIN else [Said(Role.USE, None, owner, kind, name)]
            if child.children:
                stack.append((child, join(owner, name)))
        elif child.key == "aliases" and child.kind == ARRAY:
            for part in child.children:
                plans.values[id(part)] = [Said(Role.FIELD, None, owner, Kind.SCHEMA, type="alias")]


def _type(node: Node | None) -> str:
    if node is None:
        return ""
    if node.scalar:
        return node.value
    if node.kind == ARRAY:
        return "|".join(part.value if part.scalar else part.text("name") or part.text("type") for part in node.children)
    return node.text("name") or node.text("type")


def _protocol(node: Node, plans: Plan, stack: list[tuple[Node, str]]) -> None:
    name = node.text("protocol")
    plans.scopes[id(node)] = (name, Kind.SCHEMA)
    _doc(node, name, Kind.SCHEMA, name, plans)
    for child in node.children:
        mark = id(child)
        plans.plain.add(mark)
        if child.key == "protocol":
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.TYPE, None, name, Kind.SCHEMA)]
        elif child.key == "types":
            stack.append((child, name))
        elif child.key == "messages" and child.kind == OBJECT:
            for message in child.children:
                path = join(name, message.key or "")
                plans.keys[id(message)] = [Said(Role.OPERATION, None, path, Kind.OPERATION)]
                plans.scopes[id(message)] = (path, Kind.OPERATION)
                plans.plain.add(id(message))
                _doc(message, path, Kind.OPERATION, message.key or "", plans)
                request = message.get("request")
                if request is not None and request.kind == ARRAY:
                    plans.plain.add(id(request))
                    plans.scopes[id(request)] = (path, Kind.OPERATION)
                    for field in request.children:
                        _field(field, path, plans, stack, Role.PARAMETER)
