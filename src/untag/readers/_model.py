"""Model files that are trees: TensorFlow.js, Keras, indices of shards, OpenVINO; what they put out and name beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.readers._parts import Parts
from untag.readers._plan import Plan, Said
from untag.surface import Kind, Role
from untag.syntax.tree import ARRAY, NUMBER, OBJECT, STRING
from untag.syntax.xml import local

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap, Part
    from untag.place import Place
    from untag.syntax.tree import Document, Node, Source

__all__ = ["beside", "looks", "net", "plan"]

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
        or '"weight_map"' in head
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
    index = root.get("weight_map")
    if root.kind == OBJECT and not (model or layers or nodes or index is not None):
        return False
    plans.scopes[id(root)] = ("", Kind.MODEL)
    for child in index.children if index is not None else ():
        plans.keys[id(child)] = [Said(Role.OUTPUT, None, "weight_map", Kind.MODEL)]
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


#: Bytes of a number in the files of TensorFlow.js.
_WIDTHS = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
#: Numbers of one shape that are multiplied, and letters of one.
_DIMS, _DIGITS = 8, 12


def beside(document: Document, source: Source, place: Place) -> Iterator[Part | Gap]:
    """The files that a model in a tree names as parts of it.

    Args:
        document: The tree.
        source: Where its nodes stand.
        place: The artifact's.
    """
    if not document.roots:
        return
    root, parts = document.roots[0], Parts(place.whole())
    index = root.get("weight_map")
    for child in index.children if index is not None else ():
        if child.kind == STRING and child.value:
            parts.add(child.value, place.at(line=source.line(child.start)), raw=False)
    manifest = root if root.kind == ARRAY else root.get("weightsManifest")
    for group in manifest.children if manifest is not None and manifest.kind == ARRAY else ():
        paths, weights = group.get("paths"), group.get("weights")
        rows = paths.children if paths is not None and paths.kind == ARRAY and weights is not None else []
        for child in rows:
            if child.kind == STRING and child.value:
                # Of several shards none says how long it is.
                end = _numbers(weights) if len(rows) == 1 else 0
                parts.add(child.value, place.at(line=source.line(child.start)), end)
    layers = root.get("layers") if local(root.key or "") == "net" else None
    ends = [end for layer in (layers.children if layers is not None else ()) if (end := _extent(layer))]
    if ends:
        parts.add(place.chain[-1].rpartition("/")[2].removesuffix(".xml") + ".bin", None, max(ends))
    yield from parts.told()


def _numbers(weights: Node | None) -> int:
    """Bytes of a group of weights; 0 where that cannot be told."""
    total = 0
    for row in weights.children if weights is not None else ():
        quantized, sizes = row.get("quantization"), row.get("shape")
        width = _WIDTHS.get((quantized.text("dtype") if quantized is not None else "") or row.text("dtype"), 0)
        if not width or sizes is None:
            return 0
        total += width * _product(sizes)
    return total


def _product(sizes: Node) -> int:
    """How many numbers a shape holds."""
    out = 1
    for size in sizes.children[:_DIMS]:
        out *= int(size.value) if size.value.isdecimal() and len(size.value) < _DIGITS else 0
    return out


def _extent(layer: Node) -> int:
    """Where the numbers of a layer of OpenVINO end in the file beside it; 0 where it has none."""
    data = layer.get("data") if layer.text("type") == "Const" else None
    if data is None:
        return 0
    offset, size = data.text("offset"), data.text("size")
    return int(offset) + int(size) if all(t.isdecimal() and len(t) < _DIGITS + 6 for t in (offset, size)) else 0


def net(document: Document, plans: Plan) -> bool:
    """Fill a plan for a net of OpenVINO.

    Returns:
        Whether the tree is one.
    """
    root = document.roots[0] if document.roots else None
    layers = root.get("layers") if root is not None and local(root.key or "") == "net" else None
    if root is None or layers is None:
        return False
    for layer in layers.children:
        name, kind = layer.get("name"), layer.text("type")
        if name is None:
            continue
        type_ = _shaped(layer)
        owner = "outputs" if kind in ("Result", "SoftMax") else "layer"
        plans.keys[id(name)] = []
        plans.values[id(name)] = [Said(Role.OUTPUT, None, owner, Kind.MODEL, type=f"{kind}{type_}")]
        for port in layer.walk():
            for said in port.children:
                if said.key == "names" and said.kind == STRING:
                    plans.keys[id(said)] = []
                    plans.values[id(said)] = [Said(Role.OUTPUT, None, owner, Kind.MODEL, type=type_)]
    return True


def _shaped(layer: Node) -> str:
    """The shape of what a layer puts out, or of a result takes in."""
    held = layer.get("output") or layer.get("input")
    port = held.get("port") if held is not None else None
    rows = [c.children for c in (port.children if port is not None else ()) if c.key == "dim"]
    dims = [row[0].value for row in rows if row]
    return f"[{', '.join(dims[:_DIMS])}]" if dims else ""
