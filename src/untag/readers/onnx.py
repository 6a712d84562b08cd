"""ONNX models: what they put out and take in, names of nodes and weights, labels, metadata and docs; nothing is run."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from untag.gap import Opaque
from untag.readers import BinaryReader
from untag.readers._parts import Parts
from untag.readers._protobuf import doc, entries, gaps, labels, named, shape, stray
from untag.surface import Role
from untag.syntax.onnx import SCHEMA, TYPES, WIDTHS
from untag.syntax.pages import bytes_of
from untag.syntax.wire import Message, decode, fits, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Part
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["OnnxReader"]

_MOST = 3_000_000
#: Sizes of one tensor that are multiplied.
_DIMS = 16
_GRAPH = 7


class OnnxReader(BinaryReader):
    """Reads ONNX models without loading their weights."""

    name = "onnx"
    rank = 60
    models = True
    starts = (b"\x08",)
    limits = (
        "weights are counted, not looked into, but for tensors of texts",
        "models in ONNX's text form are read as plain text",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A model message whose first field is its version, with a graph, a producer or an operator set behind it."""
        head = artifact.head
        if head[:1] != b"\x08" or len(head) < 8 or not 0 < head[1] < 64:
            return False
        if not fits(head, SCHEMA["Model"], artifact.size, 2, cut=True):
            return False
        if artifact.name.lower().endswith(".onnx"):
            return True
        rows = walk(head[: len(head) // 2], 0, artifact.size, [])
        return any(number == _GRAPH for number, *_ in itertools.islice(rows, 40))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque | Part]:
        """Metadata, then the graph and its functions."""
        with bytes_of(artifact) as data:
            model, damage, full = decode(data, SCHEMA, "Model", min(limits.nodes, _MOST))
        walk = _Walk(artifact.place.whole())
        for field in ("producer", "producer_version", "domain"):
            if text := model.text(field):
                yield named(Role.VALUE, text, walk.place, f"/{field}", "", field)
        yield from doc(model.text("doc"), walk.place, "/doc_string")
        yield from entries(model.all("metadata"), walk.place, "/metadata_props", "metadata_props")
        yield from stray(model, walk.place, "")
        for graph in model.all("graph"):
            yield from walk.graph(graph, "/graph", "")
        for one in model.all("function"):
            name = one.text("name")
            yield named(Role.FUNCTION, name, walk.place, f"/functions/{name}", name)
            yield from doc(one.text("doc"), walk.place, f"/functions/{name}", name, name)
            yield from walk.body(one, f"/functions/{name}", name)
        for training in model.all("training"):
            for graph in training.all("graph"):
                yield from walk.graph(graph, "/training_info", "training_info")
        if walk.weights:
            yield Opaque("weights", min(walk.weights, artifact.size))
        yield from walk.parts.told()
        yield from gaps(artifact, damage, full=full, what="onnx")


class _Walk:
    """One walk over the graphs of a model; ``weights`` counts the bytes that are only numbers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.weights = 0
        self.parts = Parts(place)

    def graph(self, graph: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """A graph, its name and what it holds."""
        name = graph.text("name")
        if name:
            yield named(Role.TYPE, name, self.place, f"{pointer}/name", owner)
        yield from doc(graph.text("doc"), self.place, f"{pointer}/doc_string", owner, name)
        yield from entries(
            graph.all("metadata"), self.place, f"{pointer}/metadata_props", _join(owner, "metadata_props")
        )
        for role, field in ((Role.PARAMETER, "input"), (Role.OUTPUT, "output"), (Role.OUTPUT, "value")):
            holder = _join(owner, "outputs" if field == "output" else "inputs" if field == "input" else "values")
            for value in graph.all(field):
                yield from self.value(value, role, f"{pointer}/{field}", holder)
        yield from self.body(graph, pointer, owner)
        for field in ("weights", "sparse"):
            for tensor in graph.all(field):
                inner = tensor if field == "weights" else tensor.first("weights")
                if inner is not None:
                    yield from self.tensor(inner, f"{pointer}/initializer", _join(owner, "initializer"))
        for row in graph.all("quantized"):
            yield from entries(row.all("entry"), self.place, f"{pointer}/quantization", _join(owner, "quantization"))

    def value(self, value: Message, role: Role, pointer: str, owner: str) -> Iterator[Surface]:
        """An input or output with its shape."""
        name = value.text("name")
        yield named(role, name, self.place, f"{pointer}/{name}", owner, "", "", _shape(value))
        yield from doc(value.text("doc"), self.place, f"{pointer}/{name}", owner, name)
        yield from entries(value.all("metadata"), self.place, f"{pointer}/{name}", f"{owner}.{name}")

    def body(self, graph: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """The nodes of a graph or function."""
        for field, role in (("input", Role.PARAMETER), ("output", Role.OUTPUT), ("attribute", Role.PARAMETER)):
            for text in graph.texts(field):
                yield named(role, text, self.place, f"{pointer}/{field}/{text}", _join(owner, f"{field}s"))
        nodes = _join(owner, "nodes")
        for number, node in enumerate(graph.all("node")):
            at = f"{pointer}/node/{number}"
            name = node.text("name") or node.text("op")
            yield named(Role.OUTPUT, name, self.place, at, nodes, "", "", node.text("op"))
            for text in node.texts("output"):
                if text != name:
                    yield named(Role.OUTPUT, text, self.place, f"{at}/output", nodes, "", "", node.text("op"))
            for text in node.texts("input"):
                yield named(Role.USE, text, self.place, f"{at}/input", nodes)
            yield from doc(node.text("doc"), self.place, at, nodes, name)
            yield from entries(node.all("metadata"), self.place, at, f"{nodes}.{name}")
            for attribute in node.all("attribute"):
                yield from self.attribute(attribute, f"{at}/{attribute.text('name')}", f"{nodes}.{name}")

    def attribute(self, attribute: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """An attribute of a node: texts are values or, several of them, labels; graphs and tensors hold more."""
        name = attribute.text("name")
        texts = attribute.texts("strings")
        if len(texts) > 1:
            yield from labels([(str(i), t) for i, t in enumerate(texts)], self.place, pointer, f"{owner}.{name}")
        for text in [*attribute.texts("s"), *(texts if len(texts) == 1 else ())]:
            yield from doc(text, self.place, pointer, owner, name)
        yield from doc(attribute.text("doc"), self.place, pointer, owner, name)
        for tensor in attribute.all("tensor"):
            yield from self.tensor(tensor, pointer, owner)
        for graph in attribute.all("graph"):
            yield from self.graph(graph, pointer, owner)
        self.weights += sum(s.size for s in attribute.spans("floats"))

    def tensor(self, tensor: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """Weights by name and shape; a tensor of texts by its texts, where they are labels."""
        name = tensor.text("name")
        kind = tensor.number("type") or 0
        type_ = shape(TYPES[kind] if kind < len(TYPES) else "", tensor.numbers("dims"))
        self.weights += sum(s.size for s in tensor.spans("data"))
        if name:
            yield named(Role.OUTPUT, name, self.place, f"{pointer}/{name}", owner, "", "", type_)
        yield from doc(tensor.text("doc"), self.place, f"{pointer}/{name}", owner, name)
        yield from entries(tensor.all("metadata"), self.place, f"{pointer}/{name}", f"{owner}.{name}")
        held = {row.text("key"): row.text("value") for row in tensor.all("external")}
        if location := held.get("location"):
            yield named(Role.VALUE, location, self.place, f"{pointer}/{name}", owner, "external_data")
            spot = self.place.at(pointer=f"{pointer}/{name}"[:400])
            self.parts.add(location, spot, _end(held, tensor))
        texts = tensor.texts("strings")
        if 0 < len(texts) <= 5000 and len(set(texts)) == len(texts):
            rows = [(str(i), t) for i, t in enumerate(texts)]
            yield from labels(rows, self.place, f"{pointer}/{name}", f"{owner}.{name}".rstrip("."))


def _end(held: dict[str, str], tensor: Message) -> int:
    """Where a tensor ends in a file of its own; 0 where that cannot be told."""
    offset, length = (held.get(k, "0")[:20] for k in ("offset", "length"))
    if not (offset.isdecimal() and length.isdecimal()):
        return 0
    dims = tensor.numbers("dims")
    width = WIDTHS.get(tensor.number("type") or 0, 0) if len(dims) <= _DIMS else 0
    size = int(length) or width * math.prod(dims[:_DIMS])
    return int(offset) + size if size > 0 else 0


def _shape(value: Message) -> str:
    """The type of an input or output, of a sequence or map that of what it holds."""
    held = value.first("type")
    for _ in range(8):
        if held is None:
            return ""
        dense = held.first("tensor")
        if dense is not None:
            kind = dense.number("type") or 0
            dims = dense.first("shape")
            sizes: list[int | str] = []
            for dim in dims.all("dim") if dims is not None else ():
                size = dim.number("size")
                sizes.append(size if size is not None else dim.text("name") or "?")
            return shape(TYPES[kind] if kind < len(TYPES) else "", sizes)
        held = next((h.first("type") for f in ("sequence", "optional", "map") for h in held.all(f)), None)
    return ""


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name
