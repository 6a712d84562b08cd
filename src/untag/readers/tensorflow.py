"""TensorFlow's protocol buffers: SavedModel, frozen graphs, meta graphs of checkpoints, metadata of Keras layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Opaque, Part
from untag.readers import BinaryReader
from untag.readers._hidden import told
from untag.readers._protobuf import TENSORFLOW, doc, gaps, labels, named, shape, sizes, stray
from untag.surface import Role
from untag.syntax.pages import bytes_of
from untag.syntax.wire import Message, Schema, decode, fits, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["TensorflowReader"]

_MOST = 3_000_000
#: Fields of ``tensorflow/core/protobuf`` and ``core/framework`` that hold names, shapes, texts or weights.
_SCHEMA: Schema = {
    "SavedModel": {1: ("version", "int"), 2: ("meta", "Meta")},
    "Meta": {
        1: ("info", "Info"), 2: ("graph", "Graph"), 3: ("saver", "bytes"), 4: ("collection", "Collection"),
        5: ("signature", "Signatures"), 6: ("asset", "Asset"), 7: ("objects", "Objects"),
    },
    "Info": {1: ("version", "text"), 2: ("ops", "bytes"), 3: ("any", "bytes"), 4: ("tag", "text"),
             5: ("tensorflow", "text"), 6: ("git", "text"), 7: ("stripped", "int"), 8: ("alias", "bytes")},
    "Collection": {1: ("key", "text"), 2: ("value", "Held")},
    "Held": {1: ("nodes", "Words"), 2: ("bytes", "bytes")},
    "Words": {1: ("value", "text")},
    "Signatures": {1: ("key", "text"), 2: ("value", "Signature")},
    "Signature": {1: ("input", "Put"), 2: ("output", "Put"), 3: ("method", "text")},
    "Put": {1: ("key", "text"), 2: ("value", "Info2")},
    "Info2": {1: ("name", "text"), 2: ("type", "int"), 3: ("shape", "Shape")},
    "Asset": {1: ("tensor", "Info2"), 2: ("file", "text")},
    "Objects": {1: ("node", "Object"), 2: ("function", "Concrete")},
    "Object": {1: ("child", "Child"), 4: ("user", "User"), 7: ("variable", "Variable")},
    "Child": {1: ("id", "int"), 2: ("name", "text")},
    "User": {1: ("identifier", "text"), 3: ("metadata", "text")},
    "Variable": {6: ("name", "text")},
    "Concrete": {1: ("key", "text"), 2: ("value", "bytes")},
    "Graph": {1: ("node", "Node"), 2: ("library", "Library"), 3: ("version", "int"), 4: ("versions", "bytes"),
              5: ("debug", "bytes")},
    "Library": {1: ("function", "Function"), 2: ("gradient", "bytes")},
    "Function": {1: ("signature", "Op"), 3: ("node", "Node"), 4: ("ret", "Ret"), 5: ("attr", "Attr"),
        6: ("control", "bytes"),
                 7: ("arg", "bytes"), 8: ("resource", "bytes")},
    "Op": {1: ("name", "text"), 2: ("input", "Arg"), 3: ("output", "Arg"), 4: ("attr", "bytes"), 5: ("summary", "text"),
           6: ("description", "text")},
    "Arg": {1: ("name", "text"), 2: ("description", "text")},
    "Ret": {1: ("key", "text"), 2: ("value", "text")},
    "Node": {
        1: ("name", "text"), 2: ("op", "text"), 3: ("input", "text"), 4: ("device", "text"), 5: ("attr", "Attr"),
        6: ("debug", "bytes"), 7: ("type", "bytes"),
    },
    "Attr": {1: ("key", "text"), 2: ("value", "Value")},
    "Value": {1: ("list", "List"), 2: ("text", "text"), 3: ("i", "int"), 4: ("f", "bytes"), 5: ("b", "int"),
              6: ("type", "int"), 7: ("shape", "Shape"), 8: ("tensor", "Tensor"), 9: ("placeholder", "text"),
              10: ("function", "bytes")},
    "List": {2: ("text", "text"), 3: ("i", "int"), 4: ("f", "bytes"), 5: ("b", "int"), 6: ("type", "int"),
             7: ("shape", "Shape"), 8: ("tensor", "Tensor"), 9: ("function", "bytes")},
    "Shape": {2: ("dim", "Dim"), 3: ("unknown", "int")},
    "Dim": {1: ("size", "int"), 2: ("name", "text")},
    "Tensor": {1: ("type", "int"), 2: ("shape", "Shape"), 3: ("version", "int"), 4: ("data", "bytes"),
        5: ("data", "bytes"),
               6: ("data", "bytes"), 7: ("data", "bytes"), 8: ("strings", "text"), 9: ("data", "bytes"),
               10: ("data", "bytes"), 11: ("data", "bytes"), 12: ("data", "bytes"), 13: ("data", "bytes")},
    "Fingerprint": {1: ("model", "int"), 2: ("graph", "int"), 3: ("signatures", "int"), 4: ("objects", "int"),
                    5: ("index", "int"), 6: ("versions", "bytes"), 7: ("uuid", "text")},
    "Layers": {1: ("node", "Layer")},
    "Layer": {2: ("id", "int"), 3: ("path", "text"), 4: ("identifier", "text"), 5: ("metadata", "text"),
        6: ("version", "bytes")},
}  # fmt: skip
#: What holds the values of a graph's variables: an index, beside which the numbers lie.
_INDEX = {"SavedModel": "variables/variables.index", "Meta": "{}.index"}
_VARIABLES = frozenset({"VarHandleOp", "Variable", "VariableV2"})
_NAMES = (".pb", ".meta", ".graphdef", ".pb.bak")


class TensorflowReader(BinaryReader):
    """Reads graphs and signatures without loading weights."""

    name = "tensorflow"
    rank = 58
    models = True
    limits = ("weights are counted, not looked into, but for constants of texts",)

    def knows(self, artifact: Artifact) -> bool:
        """A message of one of its kinds, by its first fields; where these are few, by its name too."""
        return bool(_what(artifact))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque | Part]:
        """Signatures first, then nodes, functions and layers."""
        what = _what(artifact)
        with bytes_of(artifact) as data:
            message, damage, full = decode(data, _SCHEMA, what, min(limits.nodes, _MOST))
        one = _Walk(artifact.place.whole())
        if what == "Layers":
            yield from one.layers(message)
        elif what == "Graph":
            yield from one.graph(message, "")
        elif what != "Fingerprint":
            for number, meta in enumerate(message.all("meta") if what == "SavedModel" else [message]):
                yield from one.meta(meta, f"/meta_graphs/{number}")
        yield from stray(message, one.place, "")
        if one.weights:
            yield Opaque("weights", min(one.weights, artifact.size))
        if one.variables and what in _INDEX:
            name = artifact.name.removesuffix(".meta")
            yield Part(one.place, _INDEX[what].format(name))
        yield from gaps(artifact, damage, full=full, what="tensorflow")


def _what(artifact: Artifact) -> str:
    """Which message the bytes are; empty if none."""
    head, size = artifact.head, artifact.size
    name = artifact.name.lower()
    if name == "keras_metadata.pb":
        return "Layers"
    if name == "fingerprint.pb" and fits(head, _SCHEMA["Fingerprint"], size, 2, cut=True):
        return "Fingerprint"  # digests of what lies beside it, and nothing else
    if head[:3] == b"\x08\x01\x12" and fits(head, _SCHEMA["SavedModel"], size, 2, cut=True):
        return "SavedModel" if name.endswith(_NAMES) or _inside(head, 2, "Meta") else ""
    if head[:1] == b"\x0a":
        if _inside(head, 1, "Node") and fits(head, _SCHEMA["Graph"], size, 2, cut=True):
            return "Graph"
        if name.endswith(".meta") and fits(head, _SCHEMA["Meta"], size, 1, cut=True):
            return "Meta"
    return ""


def _inside(head: bytes, wanted: int, name: str) -> bool:
    """Whether the first message under a number is of a kind: its first fields fit; a node has name and operator."""
    for number, kind, _, start, stop in walk(head, 0, 1 << 40, []):
        if number == wanted and kind == 2:
            inner = head[start:stop]
            table = _SCHEMA[name]
            if name == "Node":
                rows = [(n, inner[s:e]) for n, k, _, s, e in walk(inner, 0, len(inner), []) if k == 2]
                first = [n for n, _ in rows[:2]]
                return first == [1, 2] and all(r.isascii() and r for _, r in rows[:2])
            return fits(inner, table, max(stop - start, 1), 2, cut=True)
        if number > wanted:
            return False
    return False


class _Walk:
    """One walk over meta graphs; ``weights`` counts the bytes that are only numbers, ``variables``: held elsewhere."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.weights = 0
        self.variables = False

    def meta(self, meta: Message, pointer: str) -> Iterator[Surface]:
        """A meta graph: signatures, assets, collections, objects and the graph."""
        for row in meta.all("signature"):
            key = row.text("key")
            yield named(Role.FUNCTION, key, self.place, f"{pointer}/signature_def/{key}", key)
            signature = row.first("value")
            for field, role in (("input", Role.PARAMETER), ("output", Role.OUTPUT)):
                for put in signature.all(field) if signature is not None else ():
                    yield from self.put(put, role, f"{pointer}/signature_def/{key}/{field}s", f"{key}.{field}s")
        for asset in meta.all("asset"):
            yield named(Role.VALUE, asset.text("file"), self.place, f"{pointer}/asset_file_def", "", "asset")
        for row in meta.all("collection"):
            held = row.first("value")
            words = held.first("nodes") if held is not None else None
            yield named(Role.KEY, row.text("key"), self.place, f"{pointer}/collection_def", "collection_def")
            for text in words.texts("value") if words is not None else ():
                yield named(Role.OUTPUT, text, self.place, f"{pointer}/collection_def", row.text("key"))
        for objects in meta.all("objects"):
            yield from self.objects(objects, f"{pointer}/object_graph_def")
        for graph in meta.all("graph"):
            yield from self.graph(graph, f"{pointer}/graph_def")

    def put(self, put: Message, role: Role, pointer: str, owner: str) -> Iterator[Surface]:
        """An input or output of a signature: its key, and the tensor behind it."""
        key, value = put.text("key"), put.first("value")
        tensor = value.text("name") if value is not None else ""
        type_ = (
            shape(TENSORFLOW.get(value.number("type") or 0, ""), sizes(value.first("shape")))
            if value is not None
            else ""
        )
        yield named(role, key, self.place, f"{pointer}/{key}", owner, "", tensor, type_)
        if tensor and tensor.partition(":")[0] != key:
            yield named(role, tensor, self.place, f"{pointer}/{key}/name", owner, "", "", type_)

    def objects(self, objects: Message, pointer: str) -> Iterator[Surface]:
        """The attributes of saved objects, by the names that Python gave them."""
        seen: set[str] = set()
        for node in objects.all("node"):
            names = [c.text("name") for c in node.all("child")]
            held = node.all("variable")
            self.variables = self.variables or bool(held)
            names += [v.text("name") for v in held]
            for name in names:
                if name and name not in seen:
                    seen.add(name)
                    yield named(Role.OUTPUT, name, self.place, f"{pointer}/nodes/{name}", "object_graph")
            for user in node.all("user"):
                if text := user.text("metadata"):
                    yield from told(text, "metadata", self.place.at(pointer=f"{pointer}/user_object"), "object_graph")

    def graph(self, graph: Message, pointer: str) -> Iterator[Surface]:
        """Nodes and functions."""
        yield from self.nodes(graph.all("node"), pointer, "node")
        for library in graph.all("library"):
            for function in library.all("function"):
                yield from self.function(function, f"{pointer}/library")

    def function(self, function: Message, pointer: str) -> Iterator[Surface]:
        """A function with what it takes and gives."""
        op = function.first("signature")
        name = op.text("name") if op is not None else ""
        yield named(Role.FUNCTION, name, self.place, f"{pointer}/{name}", name)
        if op is not None:
            for field, role in (("input", Role.PARAMETER), ("output", Role.OUTPUT)):
                for arg in op.all(field):
                    yield named(role, arg.text("name"), self.place, f"{pointer}/{name}/{field}", name)
            yield from doc(op.text("description") or op.text("summary"), self.place, f"{pointer}/{name}", name, name)
        for ret in function.all("ret"):
            yield named(Role.OUTPUT, ret.text("key"), self.place, f"{pointer}/{name}/ret", name, "", ret.text("value"))
        yield from self.nodes(function.all("node"), f"{pointer}/{name}", f"{name}.node")

    def nodes(self, nodes: list[Message], pointer: str, owner: str) -> Iterator[Surface]:
        """Nodes by name and operator, what they take in, and texts among their attributes."""
        for number, node in enumerate(nodes):
            at = f"{pointer}/node/{number}"
            name, op = node.text("name"), node.text("op")
            self.variables = self.variables or op in _VARIABLES
            yield named(Role.OUTPUT, name, self.place, at, owner, "", "", f"{op}{_held(node)}")
            for text in node.texts("input"):
                yield named(Role.USE, text, self.place, f"{at}/input", owner)
            for attr in node.all("attr"):
                yield from self.attr(attr, at, f"{owner}.{name}")

    def attr(self, attr: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """An attribute: texts are values, or labels where there are several."""
        key, value = attr.text("key"), attr.first("value")
        if value is None:
            return
        for text in value.texts("text"):
            if text.isprintable() and key not in ("_class", "data_format", "padding", "dtype", "T"):
                yield from doc(text, self.place, f"{pointer}/{key}", owner, key)
        tensors = value.all("tensor")
        for held in value.all("list"):
            tensors += held.all("tensor")
            rows = [(str(i), t) for i, t in enumerate(held.texts("text")) if t.isprintable()]
            if key != "_output_shapes":
                yield from labels(rows, self.place, f"{pointer}/{key}", f"{owner}.{key}")
        for tensor in tensors:
            self.weights += sum(s.size for s in tensor.spans("data"))
            texts = [t for t in tensor.texts("strings") if t.isprintable()]
            if 0 < len(texts) <= 5000 and len(set(texts)) == len(texts):
                yield from labels([(str(i), t) for i, t in enumerate(texts)], self.place, f"{pointer}/{key}", owner)

    def layers(self, message: Message) -> Iterator[Surface]:
        """What Keras says of each layer: its path and its configuration in JSON, the names in which are shown."""
        import json

        for number, layer in enumerate(message.all("node")):
            at = f"/nodes/{number}"
            yield named(Role.OUTPUT, layer.text("path"), self.place, at, "layers", "", "", layer.text("identifier"))
            try:
                config = json.loads(layer.text("metadata") or "{}")
            except (ValueError, RecursionError):
                yield from doc(layer.text("metadata"), self.place, at, "layers")
                continue
            name = config.get("name") if isinstance(config, dict) else None
            if isinstance(name, str):
                yield named(Role.OUTPUT, name, self.place, f"{at}/name", "layers", "", "", _width(config))


def _held(node: Message) -> str:
    """The shape of the numbers that a node holds or stands for."""
    for attr in node.all("attr"):
        key, value = attr.text("key"), attr.first("value")
        if value is None or key not in ("value", "shape"):
            continue
        tensor = value.first("tensor")
        dims = sizes(tensor.first("shape") if tensor is not None else value.first("shape"))
        if dims:
            return shape("", dims)
    return ""


def _width(config: dict[str, object]) -> str:
    """How many values a layer puts out, as a type."""
    inner = config.get("config")
    units = inner.get("units") if isinstance(inner, dict) else None
    return f"[{units}]" if isinstance(units, int) else ""
