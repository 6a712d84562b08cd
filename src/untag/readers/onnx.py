"""ONNX models: what they put out and take in, names of nodes and weights, labels, metadata and docs; nothing is run."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from untag.gap import Opaque
from untag.readers import BinaryReader
from untag.readers._buffer import bytes_of
from untag.readers._protobuf import doc, entries, gaps, labels, named, shape, stray
from untag.surface import Role
from untag.syntax.wire import Message, Schema, decode, fits, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["OnnxReader"]

_MOST = 3_000_000
_GRAPH = 7
#: Fields of ``onnx.proto`` (github.com/onnx/onnx) that hold names, shapes, texts or weights.
_SCHEMA: Schema = {
    "Model": {
        1: ("ir", "int"), 2: ("producer", "text"), 3: ("producer_version", "text"), 4: ("domain", "text"),
        5: ("version", "int"), 6: ("doc", "text"), 7: ("graph", "Graph"), 8: ("opset", "Opset"),
        14: ("metadata", "Entry"), 20: ("training", "Training"), 25: ("function", "Function"),
        26: ("configuration", "bytes"),
    },
    "Opset": {1: ("domain", "text"), 2: ("version", "int")},
    "Entry": {1: ("key", "text"), 2: ("value", "text")},
    "Training": {1: ("graph", "Graph"), 2: ("graph", "Graph"), 3: ("entry", "Entry"), 4: ("entry", "Entry")},
    "Graph": {
        1: ("node", "Node"), 2: ("name", "text"), 5: ("weights", "Tensor"), 10: ("doc", "text"), 11: ("input", "Value"),
        12: ("output", "Value"), 13: ("value", "Value"), 14: ("quantized", "Quantized"), 15: ("sparse", "Sparse"),
        16: ("metadata", "Entry"),
    },
    "Quantized": {1: ("name", "text"), 2: ("entry", "Entry")},
    "Sparse": {1: ("weights", "Tensor"), 2: ("indices", "Tensor"), 3: ("dims", "int")},
    "Node": {
        1: ("input", "text"), 2: ("output", "text"), 3: ("name", "text"), 4: ("op", "text"),
        5: ("attribute", "Attribute"),
        6: ("doc", "text"), 7: ("domain", "text"), 8: ("overload", "text"), 9: ("metadata", "Entry"),
        10: ("configuration", "bytes"),
    },
    "Attribute": {
        1: ("name", "text"), 2: ("f", "bytes"), 3: ("i", "int"), 4: ("s", "text"), 5: ("tensor", "Tensor"),
        6: ("graph", "Graph"), 7: ("floats", "bytes"), 8: ("ints", "int"), 9: ("strings", "text"),
        10: ("tensor", "Tensor"), 11: ("graph", "Graph"), 13: ("doc", "text"), 14: ("type", "bytes"),
        15: ("type", "bytes"), 20: ("kind", "int"), 21: ("refers", "text"), 22: ("sparse", "Sparse"),
        23: ("sparse", "Sparse"),
    },
    "Tensor": {
        1: ("dims", "int"), 2: ("type", "int"), 3: ("segment", "bytes"), 4: ("data", "bytes"), 5: ("data", "bytes"),
        6: ("strings", "text"), 7: ("data", "bytes"), 8: ("name", "text"), 9: ("data", "bytes"), 10: ("data", "bytes"),
        11: ("data", "bytes"), 12: ("doc", "text"), 13: ("external", "Entry"), 14: ("where", "int"),
        16: ("metadata", "Entry"),
    },
    "Value": {1: ("name", "text"), 2: ("type", "Type"), 3: ("doc", "text"), 4: ("metadata", "Entry")},
    "Type": {1: ("tensor", "Dense"), 4: ("sequence", "Holder"), 5: ("map", "Map"), 6: ("denotation", "text"),
             8: ("tensor", "Dense"), 9: ("optional", "Holder")},
    "Dense": {1: ("type", "int"), 2: ("shape", "Shape")},
    "Holder": {1: ("type", "Type")},
    "Map": {1: ("key", "int"), 2: ("type", "Type")},
    "Shape": {1: ("dim", "Dim")},
    "Dim": {1: ("size", "int"), 2: ("name", "text"), 3: ("denotation", "text")},
    "Function": {
        1: ("name", "text"), 4: ("input", "text"), 5: ("output", "text"), 6: ("attribute", "text"), 7: ("node", "Node"),
        8: ("doc", "text"), 9: ("opset", "Opset"), 10: ("domain", "text"), 11: ("default", "Attribute"),
        12: ("value", "Value"), 13: ("overload", "text"), 14: ("metadata", "Entry"),
    },
}  # fmt: skip
#: ``TensorProto.DataType``.
_TYPES = (
    "", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64",
    "uint32", "uint64", "complex64", "complex128", "bfloat16",
)  # fmt: skip


class OnnxReader(BinaryReader):
    """Reads ONNX models without loading their weights."""

    name = "onnx"
    rank = 60
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
        if not fits(head, _SCHEMA["Model"], artifact.size, 2, cut=True):
            return False
        if artifact.name.lower().endswith(".onnx"):
            return True
        rows = walk(head[: len(head) // 2], 0, artifact.size, [])
        return any(number == _GRAPH for number, *_ in itertools.islice(rows, 40))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Metadata, then the graph and its functions."""
        with bytes_of(artifact) as data:
            model, damage, full = decode(data, _SCHEMA, "Model", min(limits.nodes, _MOST))
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
        yield from gaps(artifact, damage, full=full, what="onnx")


class _Walk:
    """One walk over the graphs of a model; ``weights`` counts the bytes that are only numbers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.weights = 0

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
        type_ = shape(_TYPES[kind] if kind < len(_TYPES) else "", tensor.numbers("dims"))
        self.weights += sum(s.size for s in tensor.spans("data"))
        if name:
            yield named(Role.OUTPUT, name, self.place, f"{pointer}/{name}", owner, "", "", type_)
        yield from doc(tensor.text("doc"), self.place, f"{pointer}/{name}", owner, name)
        yield from entries(tensor.all("metadata"), self.place, f"{pointer}/{name}", f"{owner}.{name}")
        for row in tensor.all("external"):
            if row.text("key") == "location":
                yield named(Role.VALUE, row.text("value"), self.place, f"{pointer}/{name}", owner, "external_data")
        texts = tensor.texts("strings")
        if 0 < len(texts) <= 5000 and len(set(texts)) == len(texts):
            rows = [(str(i), t) for i, t in enumerate(texts)]
            yield from labels(rows, self.place, f"{pointer}/{name}", f"{owner}.{name}".rstrip("."))


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
            return shape(_TYPES[kind] if kind < len(_TYPES) else "", sizes)
        held = next((h.first("type") for f in ("sequence", "optional", "map") for h in held.all(f)), None)
    return ""


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name
