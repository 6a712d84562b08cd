"""Postman collections: requests, their queries and bodies, and the JSON inside their strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said, join
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, OBJECT, STRING

if TYPE_CHECKING:
    from untag.syntax.tree import Node

__all__ = ["is_collection", "plan"]

_PAIRS = (
    "query",
    "urlencoded",
    "formdata",
    "variable",
    "header",
    "pathVariableData",
    "queryParams",
    "headerData",
    "data",
)


def is_collection(root: Node) -> bool:
    """Whether a document is a collection."""
    info = root.get("info")
    if info is not None and ("postman" in info.text("schema") or info.get("_postman_id") is not None):
        return root.get("item") is not None
    requests = root.get("requests")
    return requests is not None and requests.kind == ARRAY and root.get("order") is not None


def plan(root: Node, plans: Plan) -> None:
    """Fill a plan for a collection."""
    plans.plain.add(id(root))
    stack: list[tuple[Node, str]] = []
    for key in ("item", "requests"):
        items = root.get(key)
        if items is not None:
            _items(items, "", stack, plans)
    while stack:
        node, owner = stack.pop()
        _item(node, owner, plans, stack)


def _items(node: Node, owner: str, stack: list[tuple[Node, str]], plans: Plan) -> None:
    plans.plain.add(id(node))
    seen: dict[str, int] = {}
    for child in node.children:
        if child.kind != OBJECT:
            continue
        name = child.text("name") or "request"
        seen[name] = seen.get(name, 0) + 1
        stack.append((child, join(owner, name if seen[name] == 1 else f"{name} ({seen[name]})")))


def _item(node: Node, owner: str, plans: Plan, stack: list[tuple[Node, str]]) -> None:
    """A folder or a request."""
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (owner, Kind.OPERATION)
    name = node.text("name")
    for child in node.children:
        key, mark = child.key, id(child)
        if key == "name" and child.kind == STRING:
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.OPERATION, None, owner, Kind.OPERATION)]
        elif key == "description" and child.kind == STRING:
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.COMMENT, None, owner, Kind.OPERATION, name)]
        elif key == "item":
            _items(child, owner, stack, plans)
        elif key == "request":
            _request(child, owner, plans, name)
        elif key in ("response", "responses") and child.kind == ARRAY:
            plans.plain.add(mark)
            for part in child.children:
                _response(part, owner, plans, name)
        elif key == "event":
            _scripts(child, owner, plans)
    if node.get("url") is not None:
        _request(node, owner, plans, name)


def _request(node: Node, owner: str, plans: Plan, name: str) -> None:
    """What is sent: method and address, query, headers, body."""
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (owner, Kind.OPERATION)
    if node.kind == STRING:
        _url(node, owner, "", plans)
        return
    method = node.text("method")
    for child in node.children:
        key, mark = child.key or "", id(child)
        if key == "url":
            _url(child, owner, method, plans)
        elif key in _PAIRS:
            _pairs(child, owner, plans)
        elif key == "rawModeData":
            plans.nested[mark] = owner
        elif key == "body" and child.kind == OBJECT:
            plans.scopes[mark] = (owner, Kind.OPERATION)
            plans.plain.add(mark)
            for part in child.children:
                if part.key in _PAIRS:
                    _pairs(part, owner, plans)
                elif part.kind == STRING and part.key == "raw":
                    plans.nested[id(part)] = owner
        elif key == "description" and child.kind == STRING:
            plans.keys[mark] = []
            plans.values[mark] = [Said(Role.COMMENT, None, owner, Kind.OPERATION, name)]


def _url(node: Node, owner: str, method: str, plans: Plan) -> None:
    """An address: the operation, its parameters and the lists among their values."""
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (owner, Kind.OPERATION)
    raw = node if node.kind == STRING else node.get("raw")
    if raw is not None and raw.kind == STRING:
        if raw is not node:
            plans.keys[id(raw)] = []
        shown = f"{method} {raw.value}" if method else None
        plans.values[id(raw)] = [Said(Role.OPERATION, shown, owner, Kind.OPERATION)]
        plans.lists[id(raw)] = owner
    for child in node.children:
        if child.key in _PAIRS:
            _pairs(child, owner, plans)
        elif child.key in ("path", "host") and child.kind == ARRAY:
            plans.keys[id(child)] = []
            for part in child.children:
                plans.values[id(part)] = [Said(Role.USE, None, owner, Kind.OPERATION)]


def _pairs(node: Node, owner: str, plans: Plan) -> None:
    """Parameters given as a list of key and value."""
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (owner, Kind.OPERATION)
    for pair in node.children:
        plans.plain.add(id(pair))
        plans.scopes[id(pair)] = (owner, Kind.OPERATION)
        name = pair.text("key")
        for child in pair.children:
            mark = id(child)
            if child.kind != STRING:
                continue
            if child.key == "key":
                plans.keys[mark] = []
                plans.values[mark] = [Said(Role.PARAMETER, None, owner, Kind.OPERATION)]
            elif child.key == "value":
                plans.keys[mark] = []
                plans.lists[mark] = join(owner, name)
                plans.nested[mark] = owner
                plans.values[mark] = [Said(Role.VALUE, None, owner, Kind.OPERATION, name)]
            elif child.key == "description":
                plans.keys[mark] = []
                plans.values[mark] = [Said(Role.COMMENT, None, owner, Kind.OPERATION, name)]


def _response(node: Node, owner: str, plans: Plan, name: str) -> None:
    """A saved answer."""
    inner = join(owner, "example")
    plans.plain.add(id(node))
    plans.scopes[id(node)] = (inner, Kind.OPERATION)
    for child in node.children:
        if child.key == "originalRequest" and child.kind == OBJECT:
            _request(child, owner, plans, name)
        elif child.key in ("body", "text") and child.kind == STRING:
            plans.nested[id(child)] = inner
        elif child.key in _PAIRS:
            _pairs(child, inner, plans)


def _scripts(node: Node, owner: str, plans: Plan) -> None:
    """Scripts: their lines are text, not members of a list."""
    for part in node.walk():
        plans.plain.add(id(part))
        if part.key == "exec":
            for line in part.children:
                plans.values[id(line)] = [Said(Role.STRING, None, owner, Kind.OPERATION)]
