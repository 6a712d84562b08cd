"""XML trees in the terms of the walk: who owns an element, and what a text or attribute is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said, join
from untag.readers._records import ROWS
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING, WORD, Document, Node
from untag.syntax.xml import ATTRIBUTE, ENTITY, TEXT, local

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["plan", "plist"]

#: Attributes that name what their element describes.
_NAMING = ("name", "key", "id", "property", "field", "column", "code", "attr", "ref")
#: Attributes whose value is what the element says of the thing it names.
_HOLDING = {"value", "label", "title", "text", "default", "description", "defaultValue", "comment", "remark"}
#: Tags whose like siblings are rows about people rather than entries of a program.
_ROWS = {
    "row",
    "record",
    "person",
    "people",
    "user",
    "face",
    "subject",
    "student",
    "employee",
    "customer",
    "patient",
    "annotation",
    "object",
    "image",
    "sample",
    "member",
    "voter",
    "citizen",
    "worker",
    "visitor",
    "resident",
}


def plan(document: Document, plans: Plan) -> None:
    """Fill a plan for a document of elements."""
    for root in document.roots:
        stack: list[tuple[Node, str, str]] = [(root, "", local(root.key))]
        while stack:
            node, owner, step = stack.pop()
            _one(node, owner, step, plans, stack)


def _naming(node: Node) -> Node | None:
    """The attribute that names what an element describes."""
    attributes = {
        local(child.key): child for child in reversed(node.children) if child.tag == ATTRIBUTE and child.value
    }
    return next((attributes[name] for name in _NAMING if name in attributes), None)


def _one(node: Node, owner: str, step: str, plans: Plan, stack: list[tuple[Node, str, str]]) -> None:
    naming = _naming(node)
    about = naming.value if naming is not None else local(node.key)
    path = join(owner, step)
    mark = id(node)
    plans.plain.add(mark)
    plans.keys[mark] = [Said(Role.KEY, None, owner, Kind.TREE)]
    plans.scopes[mark] = (path, Kind.TREE)
    plans.names[mark] = Said(Role.COMMENT, None, owner, Kind.TREE, about)
    elements = [child for child in node.children if child.tag not in (ATTRIBUTE, TEXT, ENTITY)]
    # An element that holds no other is an entry of the one around it: its siblings belong to the same case.
    holder = path if elements or naming is None else owner
    for child in node.children:
        if child.tag == ATTRIBUTE:
            key = local(child.key)
            if child is naming:
                said = (
                    Said(Role.KEY, None, holder, Kind.TREE)
                    if not elements
                    else Said(Role.VALUE, None, path, Kind.TREE, key)
                )
                plans.values[id(child)] = [said]
            elif key in _HOLDING:
                plans.values[id(child)] = [Said(Role.VALUE, None, holder, Kind.TREE, about)]
        elif child.tag == TEXT:
            plans.values[id(child)] = [Said(Role.VALUE, None, holder, Kind.TREE, about)]
    if elements:
        _elements(elements, path, plans, stack)


def _elements(elements: list[Node], path: str, plans: Plan, stack: list[tuple[Node, str, str]]) -> None:
    """The elements in an element: rows, members of a list, or elements with an owner of their own."""
    counts: dict[str, int] = {}
    for child in elements:
        counts[child.key or ""] = counts.get(child.key or "", 0) + 1
    seen: dict[str, int] = {}
    for child in elements:
        key, tag = child.key or "", local(child.key)
        seen[key] = seen.get(key, 0) + 1
        if counts[key] >= ROWS and tag.lower() in _ROWS:
            _row(child, path, plans, first=seen[key] == 1)
        elif counts[key] > 1 and (text := _leaf(child)) is not None:
            plans.keys[id(child)] = [Said(Role.KEY, None, path, Kind.TREE)] if seen[key] == 1 else []
            plans.values[id(text)] = [Said(Role.MEMBER, None, join(path, tag), Kind.LIST)]
            plans.plain.add(id(child))
            plans.scopes[id(child)] = (path, Kind.TREE)
            plans.names[id(child)] = Said(Role.COMMENT, None, join(path, tag), Kind.LIST, text.value)
        else:
            naming = _naming(child)
            step = (
                f"{tag}[{naming.value[:60]}]"
                if naming is not None
                else tag
                if counts[key] == 1
                else f"{tag}[{seen[key]}]"
            )
            stack.append((child, path, step))


def _leaf(node: Node) -> Node | None:
    """The text of an element that holds nothing else."""
    if len(node.children) == 1 and node.children[0].tag == TEXT:
        return node.children[0]
    return None


def _row(node: Node, owner: str, plans: Plan, *, first: bool) -> None:
    """One of many rows: keys of the first only, and no values."""
    holder = join(owner, local(node.key))
    for part in node.walk():
        plans.plain.add(id(part))
        if part.key is not None:
            plans.keys[id(part)] = (
                [Said(Role.KEY, None, owner if part is node else holder, Kind.DATASET)] if first else []
            )
        if part.scalar:
            plans.values[id(part)] = []


def plist(document: Document) -> None:
    """Turn the elements of a property list into the tree they stand for."""
    for index, root in enumerate(document.roots):
        if root.key == "plist":
            inner: Sequence[Node] = [c for c in root.children if c.tag not in (ATTRIBUTE, TEXT)]
            top = inner[0] if inner else root
            stack = [top]
            while stack:
                node = stack.pop()
                stack.extend(_turned(node))
            top.key = None
            document.roots[index] = top


def _turned(node: Node) -> list[Node]:
    """One element of a property list made a value in place; its children that are still elements."""
    tag = node.key or ""
    parts = [c for c in node.children if c.tag != ATTRIBUTE]
    if tag == "dict":
        made: list[Node] = []
        key: Node | None = None
        for part in parts:
            if part.key == "key":
                key = _leaf(part)
                continue
            if part.tag == TEXT or key is None:
                if part.tag != TEXT:
                    part.tag = "bare"
                    made.append(part)
                continue
            # The tag is still needed when the part itself is turned: it waits in ``tag``.
            part.tag = part.key or ""
            part.key, part.key_start, part.key_end = key.value, key.start, key.end
            made.append(part)
            key = None
        node.children = made
        return made
    kind = node.tag if node.tag not in ("", "bare") else tag
    if kind == "dict":
        node.key, kept = "dict", (node.key, node.key_start, node.key_end)
        node.tag = ""
        rest = _turned(node)
        node.key, node.key_start, node.key_end = kept
        return rest
    if kind == "array":
        node.kind = ARRAY
        made = [part for part in parts if part.tag != TEXT]
        node.children = made
        for part in made:
            part.tag = part.key or ""
            part.key, part.key_start = None, -1
        return made
    text = next((part for part in parts if part.tag == TEXT), None)
    node.kind = NUMBER if kind in ("integer", "real") else STRING if kind in ("string", "data", "date", "") else WORD
    if kind == "data":
        node.kind = WORD
    node.children = []
    if text is not None:
        node.value, node.lines, node.body = text.value, text.lines, text.start
    elif kind in ("true", "false"):
        node.value = kind
    if node.kind == STRING and kind == "" and node.tag == "":
        node.kind = OBJECT if parts else STRING
    return []
