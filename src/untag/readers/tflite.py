"""TensorFlow Lite models: tensors, signatures, metadata with its descriptions, and names of packed label files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._hidden import told
from untag.readers._protobuf import doc, named, shape
from untag.surface import Role
from untag.syntax.flatbuffer import Buffer, Table, Wrong
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.place import Place
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["TfliteReader"]

#: ``TensorType`` of ``tensorflow/lite/schema/schema.fbs``.
_TYPES = ("float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8", "float64")
_MAGIC = b"TFL3"
#: Versions that members of a zip need (APPNOTE 4.4.3): stored, deflated, of four gigabytes.
_ZIPPED = (b"\x0a\0", b"\x14\0", b"\x2d\0")


class TfliteReader(BinaryReader):
    """Reads TensorFlow Lite models; fields by their index in ``schema.fbs`` and ``metadata_schema.fbs``."""

    name = "tflite"
    rank = 60
    models = True
    limits = ("weights are counted, not looked into; options of custom operators are not read",)

    def knows(self, artifact: Artifact) -> bool:
        """The file identifier."""
        return artifact.head[4:8] == _MAGIC

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The model, then its metadata."""
        with bytes_of(artifact) as data:
            walk = _Walk(data, artifact.place.whole(), min(limits.nodes, 4_000_000))
            try:
                yield from walk.model()
            except Wrong as wrong:
                spot = artifact.place.at(offset=wrong.at)
                yield Gap(spot, Reason.DAMAGED, f"tflite: {wrong}", max(1, artifact.size - walk.weights))
            if _broken(data, artifact):
                spot = artifact.place.at(offset=artifact.size)
                yield Gap(spot, Reason.DAMAGED, "tflite: the files packed behind it break off", 1)
            if walk.weights:
                yield Opaque("weights", min(walk.weights, artifact.size))


def _broken(data: Bytes, artifact: Artifact) -> bool:
    """Whether files are packed behind the model and the list at their end is not there."""
    at = data.find(b"PK\3\4")
    while at >= 0 and data[at + 4 : at + 6] not in _ZIPPED:
        at = data.find(b"PK\3\4", at + 1)
    return at >= 0 and b"PK\5\6" not in artifact.tail


class _Walk:
    """One walk over a model; ``weights`` counts the bytes of its buffers."""

    def __init__(self, data: Bytes, place: Place, bound: int) -> None:
        self.data = data
        self.place = place
        self.bound = bound
        self.weights = 0

    def model(self) -> Iterator[Surface]:
        """Graphs, signatures and metadata.

        Raises:
            Wrong: An offset leads out of the file.
        """
        root = Buffer(self.data, 0, self.bound).root()
        yield from doc(root.text(3), self.place, "/description")
        for code in root.tables(1):
            if name := code.text(1):
                yield named(Role.USE, name, self.place, "/operator_codes", "operator_codes")
        for number, graph in enumerate(root.tables(2)):
            yield from self.graph(graph, f"/subgraphs/{number}", f"subgraph{number}" if number else "")
        for signature in root.tables(7):
            key = signature.text(2)
            yield named(Role.FUNCTION, key, self.place, f"/signature_defs/{key}", key)
            for index, role, field in ((0, Role.PARAMETER, "inputs"), (1, Role.OUTPUT, "outputs")):
                for tensor in signature.tables(index):
                    name = tensor.text(0)
                    yield named(role, name, self.place, f"/signature_defs/{key}/{field}/{name}", f"{key}.{field}")
        buffers = [b.vector(0) for b in root.tables(4)]
        self.weights = sum(count for _, count in buffers)
        for entry in root.tables(6):
            at, size = buffers[entry.number(1, 4)] if entry.number(1, 4) < len(buffers) else (0, 0)
            yield from self.metadata(entry.text(0), at, size)

    def graph(self, graph: Table, pointer: str, owner: str) -> Iterator[Surface]:
        """The tensors of a graph: which it takes in and puts out, and those between."""
        ins, outs = set(graph.numbers(1)), set(graph.numbers(2))
        if name := graph.text(4):
            yield named(Role.TYPE, name, self.place, f"{pointer}/name", owner)
        for number, tensor in enumerate(graph.tables(0)):
            name = tensor.text(3)
            kind = tensor.number(1, 1)
            type_ = shape(_TYPES[kind] if kind < len(_TYPES) else "", tensor.numbers(0))
            role, field = (
                (Role.PARAMETER, "inputs")
                if number in ins
                else (Role.OUTPUT, "outputs" if number in outs else "tensors")
            )
            holder = f"{owner}.{field}".lstrip(".")
            if name:
                yield named(role, name, self.place, f"{pointer}/tensors/{number}", holder, "", "", type_)

    def metadata(self, name: str, at: int, size: int) -> Iterator[Surface]:
        """One entry of the metadata: what the metadata library wrote, or a text."""
        if name == "TFLITE_METADATA" and size >= 8:
            yield from self.described(Buffer(self.data[at : at + size], 0, self.bound).root())
            return
        raw = self.data[at : at + min(size, 1 << 20)]
        try:
            text = raw.rstrip(b"\0").decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        self.weights -= size if text.isprintable() or "\n" in text else 0
        yield from told(text if "\0" not in text else "", name, self.place.at(pointer=f"/metadata/{name}"), "metadata")

    def described(self, root: Table) -> Iterator[Surface]:
        """``ModelMetadata``: names, descriptions and label files of the model and its tensors."""
        pointer = "/metadata/TFLITE_METADATA"
        yield from doc(root.text(0), self.place, f"{pointer}/name")
        for index, field in ((1, "description"), (2, "version"), (4, "author"), (5, "license")):
            yield from doc(root.text(index), self.place, f"{pointer}/{field}", "", field)
        yield from self.files(root, 6, pointer, "")
        for graph in root.tables(3):
            yield from doc(graph.text(1), self.place, f"{pointer}/subgraph", "", graph.text(0) or "subgraph")
            for index, role, field in ((2, Role.PARAMETER, "inputs"), (3, Role.OUTPUT, "outputs")):
                for tensor in graph.tables(index):
                    name = tensor.text(0)
                    at = f"{pointer}/{field}/{name}"
                    yield named(role, name, self.place, at, field)
                    yield from doc(tensor.text(1), self.place, at, field, name)
                    for text in tensor.texts(2):
                        yield named(Role.LABEL, text, self.place, at, field, name)
                    yield from self.files(tensor, 6, at, name)
            yield from self.files(graph, 4, pointer, "")

    def files(self, table: Table, index: int, pointer: str, about: str) -> Iterator[Surface]:
        """Names and descriptions of the files that are packed behind the model."""
        for file in table.tables(index):
            name = file.text(0)
            yield named(Role.VALUE, name, self.place, f"{pointer}/files/{name}", "associated_files", about)
            yield from doc(file.text(1), self.place, f"{pointer}/files/{name}", "associated_files", name)
