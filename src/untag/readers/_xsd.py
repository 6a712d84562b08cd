"""XML Schema and WSDL: types, their fields and closed sets, messages and operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said, join
from untag.surface import Kind, Role
from untag.syntax.tree import OBJECT
from untag.syntax.xml import ATTRIBUTE, TEXT, local

if TYPE_CHECKING:
    from untag.syntax.tree import Document, Node

__all__ = ["is_schema", "plan"]

_TYPES = {"complexType", "simpleType", "group", "attributeGroup"}
_FIELDS = {"element", "attribute"}


def is_schema(document: Document) -> bool:
    """Whether the root is a schema or a service description."""
    for root in document.roots:
        if local(root.key) in ("schema", "definitions", "description") and root.tag == "":
            spaces = " ".join(child.value for child in root.children if child.tag == ATTRIBUTE)
            if "XMLSchema" in spaces or "wsdl" in spaces:
                return True
    return False


def _attribute(node: Node, name: str) -> Node | None:
    return next((c for c in node.children if c.tag == ATTRIBUTE and local(c.key) == name), None)


def _closed(node: Node) -> bool:
    """Whether a type, or the type in an element, is a closed set."""
    below = [node]
    for _ in range(3):
        below = [child for top in below for child in top.children if child.kind == OBJECT]
        if any(local(child.key) == "enumeration" for child in below):
            return True
        below = [child for child in below if local(child.key) in ("simpleType", "restriction", "union")]
    return False


def plan(document: Document, plans: Plan) -> None:
    """Fill a plan for a schema or service description."""
    # node, path of the innermost declared thing, its name, who holds that, its kind
    stack: list[tuple[Node, str, str, str, Kind]] = [
        (root, "", "", "", Kind.SCHEMA) for root in reversed(document.roots)
    ]
    while stack:
        node, path, about, owner, kind = stack.pop()
        tag = local(node.key)
        plans.plain.add(id(node))
        naming = _attribute(node, "name")
        name = naming.value if naming is not None else ""
        said: list[Said] = []
        if name and tag in _TYPES:
            owner = path = join(path, name)
            about, kind = name, Kind.SCHEMA
            closed = tag == "simpleType" and _closed(node)
            said = [Said(Role.ENUM if closed else Role.TYPE, None, path, Kind.ENUM if closed else Kind.SCHEMA)]
        elif name and tag in _FIELDS:
            said, path, about, owner, kind = _field(node, name, path, owner)
        elif name and tag == "operation":
            owner = path = join(path, name)
            about, kind = name, Kind.OPERATION
            said = [Said(Role.OPERATION, None, path, Kind.OPERATION)]
        elif name and tag == "message":
            owner = path = join(path, name)
            about, kind = name, Kind.STRUCT
            said = [Said(Role.TYPE, None, path, Kind.STRUCT)]
        elif name and tag == "part":
            type_ = _attribute(node, "element") or _attribute(node, "type")
            said = [Said(Role.PARAMETER, None, path, Kind.STRUCT, type=type_.value if type_ else "")]
            about, owner, kind = name, path, Kind.STRUCT
        elif name and tag in ("portType", "interface", "service", "binding"):
            path = join(path, name)
            said = [Said(Role.TYPE, None, path, Kind.CLASS)]
            about, owner, kind = name, path, Kind.CLASS
        _own(node, naming, said, plans, path)
        first = said[0] if said else Said(Role.COMMENT, None, owner, kind)
        plans.names[id(node)] = first._replace(about=about)
        for child in reversed(node.children):
            if child.kind == OBJECT:
                stack.append((child, path, about, owner, kind))
            elif child.tag == TEXT:
                role = Role.COMMENT if tag in ("documentation", "appinfo") else Role.VALUE
                plans.values[id(child)] = [Said(role, None, owner, kind, about)]
        if tag == "enumeration":
            _member(node, plans, path, stack)


def _field(node: Node, name: str, path: str, owner: str) -> tuple[list[Said], str, str, str, Kind]:
    """An element or attribute: a field where something holds it, a type of its own at the top."""
    type_ = _attribute(node, "type") or _attribute(node, "ref")
    declared = type_.value if type_ is not None else ""
    inner = join(path, name)
    if not owner:
        return [Said(Role.TYPE, None, inner, Kind.SCHEMA, type=declared)], inner, name, inner, Kind.SCHEMA
    said = [Said(Role.FIELD, None, path, Kind.SCHEMA, type=declared)]
    if _closed(node):
        said.append(Said(Role.ENUM, name, inner, Kind.ENUM))
    return said, inner, name, path, Kind.SCHEMA


def _own(node: Node, naming: Node | None, said: list[Said], plans: Plan, path: str) -> None:
    """The tag and attributes of an element."""
    plans.scopes[id(node)] = (path, Kind.SCHEMA)
    plans.keys[id(node)] = []
    for child in node.children:
        if child.tag != ATTRIBUTE:
            continue
        plans.keys[id(child)] = []
        if child is naming and said:
            plans.values[id(child)] = said
        else:
            plans.values[id(child)] = [Said(Role.USE, None, path, Kind.SCHEMA)]


def _member(node: Node, plans: Plan, path: str, stack: list[tuple[Node, str, str, str, Kind]]) -> None:
    """One value of a closed set; its documentation is about it."""
    value = _attribute(node, "value")
    if value is None:
        return
    plans.values[id(value)] = [Said(Role.MEMBER, None, path, Kind.ENUM)]
    count = sum(1 for child in node.children if child.kind == OBJECT)
    for index in range(len(stack) - count, len(stack)):
        child = stack[index][0]
        stack[index] = (child, path, value.value, path, Kind.ENUM)
