"""XML trees in the terms of the walk: who owns an element, and what a text or attribute is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._records import ROWS
from untag.readers._walk import Plan, Said, join
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING, WORD, Document, Node
from untag.syntax.xml import ATTRIBUTE, ENTITY, TEXT, local

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["plan", "plist"]

#: Attributes that name what their element describes.
_NAMING = ("name", "key", "id", "property", "field", "column", "code", "attr", "ref")
#: Tags whose like siblings are rows about people rather than entries of a program.
_ROWS = {"row", "record", "person", "people", "user", "face", "subject", "student", "employee", "customer", "patient", "annotation",
         "object", "image", "sample", "member", "voter", "citizen", "worker", "visitor", "resident"}


def plan(document: Document, plans: Plan) -> None:
    """Fill a plan for a document of elements."""
    for root in document.roots:
        plans.plain.add(id(root))
        stack: list[tuple[Node, str, str]] = [(root, "", "")]
        while stack:
            node, owner, _ = stack.pop()
            _one(node, owner, plans, stack)


def _one(node: Node, owner: str, plans: Plan, stack: list[tuple[Node, str, str]]) -> None:
    tag = local(node.key)
    named = next((c.value for name in _NAMING for c in node.children if c.tag == ATTRIBUTE and local(c.key) == name and c.value), "")
    about = named or tag
    path = join(owner, tag if not named else f"{tag}[{named[:60]}]")
    plans.plain.add(id(node))
    plans.keys[id(node)] = [Said(Role.KEY, None, owner, Kind.TREE)]
    plans.scopes[id(node)] = (path, Kind.TREE)
    elements: list[Node] = []
    for child in node.children:
        if child.tag == ATTRIBUTE:
            key = child.key or ""
            if key in ("value", "label", "title", "text", "default", "description", "defaultValue", "comment", "remark"):
                plans.values[id(child)] = [Said(Role.VALUE, None, path, Kind.TREE, about)]
            elif key.startswith("xmlns"):
                plans.keys[id(child)] = []
        elif child.tag == TEXT:
            plans.values[id(child)] = [Said(Role.VALUE, None, path, Kind.TREE, about)]
        elif child.tag != ENTITY:
            elements.append(child)
    if not elements:
        return
    counts: dict[str, int] = {}
    for child in elements:
        counts[child.key or ""] = counts.get(child.key or "", 0) + 1
    seen: dict[str, int] = {}
    for child in elements:
        key = child.key or ""
        seen[key] = seen.get(key, 0) + 1
        if counts[key] >= ROWS and local(key).lower() in _ROWS:
            _row(child, path, plans, first=seen[key] == 1)
        elif counts[key] > 1 and (text := _leaf(child)) is not None:
            plans.keys[id(child)] = [Said(Role.KEY, None, path, Kind.TREE)] if seen[key] == 1 else []
            plans.values[id(text)] = [Said(Role.MEMBER, None, join(path, local(key)), Kind.LIST)]
            plans.plain.add(id(child))
            plans.scopes[id(child)] = (path, Kind.TREE)
        else:
            stack.append((child, path if counts[key] == 1 else join(path, f"[{seen[key]}]"), key))


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
            plans.keys[id(part)] = [Said(Role.KEY, None, owner if part is node else holder, Kind.DATASET)] if first else []
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
