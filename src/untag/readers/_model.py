"""Model files in JSON: graph models and layer models of TensorFlow.js and Keras, and what they put out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._plan import Plan, Said
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING

if TYPE_CHECKING:
    from untag.syntax.tree import Node

__all__ = ["looks", "plan"]

#: Letters of a shape.
_SHAPE = 200
#: Where the shape of a constant of a graph stands; of an output the last two.
_TENSOR = ("attr", "value", "tensor", "tensorShape", "dim")


def looks(text: str) -> bool:
    """Whether a text may be a model file: then no array of it is folded away."""
    head = text[:4000]
    return (
        '"modelTopology"' in head
        or '"weightsManifest"' in head
        or '"graph-model"' in head
        or ('"class_name"' in head and '"config"' in head)
        or ('"node"' in head and '"op"' in head)
        or ('"weights"' in head and '"shape"' in head and '"dtype"' in head)
    )


def plan(root: Node, plans: Plan, text: str) -> bool:
    """Fill a plan for a model file.

    Args:
        root: Its outermost value.
        plans: What is known of its nodes.
        text: What it was parsed from.

    Returns:
        Whether it is one.
    """
    if root.kind == ARRAY and root.children:
        # A manifest by itself: groups of weights, each with its files.
        first = root.children[0]
        if first.get("weights") is None or first.get("paths") is None:
            return False
    elif root.kind != OBJECT:
        return False
    model = root.get("modelTopology") is not None or root.get("weightsManifest") is not None
    layers = root.get("class_name") is not None and root.get("config") is not None
    graph = root.get("node")
    nodes = (
        graph is not None and graph.kind == ARRAY and bool(graph.children) and graph.children[0].get("op") is not None
    )
    if root.kind == OBJECT and not (model or layers or nodes):
        return False
    plans.scopes[id(root)] = ("", Kind.MODEL)
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack:
        node, owner = stack.pop()
        plans.plain.add(id(node))
        for child in reversed(node.children):
            path = f"{owner}.{child.key}".lstrip(".")[:400] if child.key is not None else owner
            if child.key in ("outputs", "signature", "userDefinedMetadata", "output_layers") and child.kind in (
                OBJECT,
                ARRAY,
            ):
                _outputs(child, path, plans, text)
            elif child.key in ("name", "layer_name") and child.kind == STRING:
                plans.keys[id(child)] = []
                plans.values[id(child)] = [Said(Role.OUTPUT, None, owner, Kind.MODEL, type=_type(node, text))]
            elif child.key in ("input", "inbound_nodes", "input_layers") and child.kind == ARRAY:
                _uses(child, owner, plans)
            elif child.children:
                # All nodes of a graph have one owner: its name is what a finding is about, not the index of the node.
                plans.scopes[id(child)] = (path, Kind.MODEL)
                stack.append((child, path))
    return True


def _type(node: Node, text: str) -> str:
    """The shape of weights or outputs, or how many values a layer puts out, as a type."""
    sizes, units = node.get("shape"), node.get("units")
    if sizes is not None and sizes.kind == ARRAY and sizes.end - sizes.start <= _SHAPE:
        return f"{node.text('dtype')}{' '.join(text[sizes.start : sizes.end].split())}"
    if units is not None and units.kind == NUMBER:
        return f"[{units.value}]"
    held: Node | None = node
    for key in _TENSOR if node.get("tensorShape") is None else _TENSOR[-2:]:
        held = held.get(key) if held is not None else None
    if held is None or held.kind != ARRAY or len(held.children) > 8:
        return ""
    return f"[{', '.join(dim.text('size') or '?' for dim in held.children)}]"


def _outputs(node: Node, owner: str, plans: Plan, text: str) -> None:
    """What a model puts out: the names in its signature."""
    plans.scopes[id(node)] = (owner, Kind.MODEL)
    stack = [(node, owner, (node.key or "").startswith("output"))]
    while stack:
        top, path, out = stack.pop()
        plans.plain.add(id(top))
        for child in top.children:
            inner = f"{path}.{child.key}"[:400] if child.key is not None else path
            if child.key is not None and out and child.kind == OBJECT:
                plans.keys[id(child)] = [Said(Role.OUTPUT, None, path, Kind.MODEL, type=_type(child, text))]
            if child.kind == STRING and (child.key == "name" or (child.key is None and out)):
                plans.keys[id(child)] = []
                plans.values[id(child)] = [Said(Role.OUTPUT, None, path, Kind.MODEL)]
            if child.children:
                plans.scopes[id(child)] = (inner, Kind.MODEL)
                stack.append((child, inner, out or child.key == "outputs"))


def _uses(node: Node, owner: str, plans: Plan) -> None:
    """The names of other nodes that a node takes in."""
    for part in node.walk():
        plans.plain.add(id(part))
        if part.kind == STRING:
            plans.values[id(part)] = [Said(Role.USE, None, owner, Kind.MODEL)]
