"""Core ML models (``.mlmodel``): inputs, outputs, class labels, layers and what their makers say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Opaque
from untag.readers import BinaryReader
from untag.readers._protobuf import doc, entries, gaps, labels, named, stray
from untag.surface import Role
from untag.syntax.pages import bytes_of
from untag.syntax.wire import Message, Schema, decode, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["CoremlReader"]

_MOST = 1_000_000
_CLASSIFIER = {
    1: ("layer", "Layer"), 2: ("preprocessing", "bytes"), 3: ("update", "bytes"),
    100: ("labels", "Words"), 101: ("numbers", "bytes"), 200: ("label", "text"),
}  # fmt: skip
#: Fields of ``Model.proto`` and its like (github.com/apple/coremltools, ``mlmodel/format``).
_SCHEMA: Schema = {
    "Model": {
        1: ("version", "int"), 2: ("description", "Description"), 10: ("updatable", "int"),
        200: ("pipeline", "Pipeline"),
        201: ("pipeline", "Pipeline"), 202: ("pipeline", "Pipeline"), 300: ("other", "Classifier"),
        303: ("network", "Network"), 400: ("classifier", "Classifier"), 401: ("classifier", "Classifier"),
        402: ("classifier", "Classifier"), 403: ("network", "Network"), 404: ("classifier", "Classifier"),
        500: ("network", "Network"), 502: ("program", "Program"), 556: ("other", "Classifier"),
        555: ("other", "Classifier"), 600: ("other", "Classifier"), 601: ("other", "Classifier"),
        2000: ("apple", "Apple"), 2001: ("apple", "Apple"), 2002: ("apple", "Apple"),
    },
    "Pipeline": {1: ("inner", "Pipeline"), 2: ("name", "text"), 100: ("model", "Model")},
    "Description": {
        1: ("input", "Feature"), 10: ("output", "Feature"), 11: ("predicted", "text"), 12: ("probabilities", "text"),
        20: ("function", "Function"), 21: ("default", "text"), 50: ("training", "Feature"),
        100: ("metadata", "Metadata"),
    },
    "Function": {1: ("name", "text"), 2: ("input", "Feature"), 3: ("output", "Feature"), 6: ("state", "Feature")},
    "Feature": {1: ("name", "text"), 2: ("doc", "text"), 3: ("type", "bytes")},
    "Metadata": {1: ("shortDescription", "text"), 2: ("versionString", "text"), 3: ("author", "text"),
                 4: ("license", "text"), 100: ("user", "Entry")},
    "Entry": {1: ("key", "text"), 2: ("value", "text")},
    "Network": _CLASSIFIER,
    "Classifier": {100: ("labels", "Words"), 101: ("numbers", "bytes")},
    "Apple": {},
    "Program": {1: ("version", "int"), 2: ("function", "Block"), 3: ("doc", "text"), 4: ("attribute", "Block")},
    "Block": {1: ("key", "text")},
    "Layer": {1: ("name", "text"), 2: ("input", "text"), 3: ("output", "text"), 10: ("tensor", "bytes"),
              140: ("inner", "Inner"), 100: ("weights", "bytes")},
    "Inner": {1: ("inputs", "int"), 2: ("outputs", "int"), 10: ("bias", "int"), 20: ("data", "bytes"),
        21: ("data", "bytes")},
    "Words": {1: ("word", "text")},
}  # fmt: skip


class CoremlReader(BinaryReader):
    """Reads Core ML models."""

    name = "coreml"
    rank = 62
    models = True
    covers = ("onnx",)
    limits = ("weights are counted, not looked into; programs (mlProgram) show their texts without structure",)

    def knows(self, artifact: Artifact) -> bool:
        """A version, then a description that begins with an input or an output."""
        head = artifact.head
        if head[:1] != b"\x08" or head[2:3] != b"\x12":
            return False
        row = next(walk(head[2:], 0, artifact.size, []), None)
        if row is None:
            return False
        _, _, _, start, stop = row
        inner = head[2 + start : 2 + stop]
        rows = list(walk(inner, 0, stop - start, []))
        if not rows or any(n not in _SCHEMA["Description"] or k not in (0, 2) for n, k, *_ in rows[:3]):
            return False
        after = head[2 + stop : 2 + stop + 8]
        following = next(walk(after, 0, 1 << 40, []), None) if after else None
        return artifact.suffix == ".mlmodel" or (following is not None and following[0] >= 200)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Description, labels, layers."""
        with bytes_of(artifact) as data:
            model, damage, full = decode(data, _SCHEMA, "Model", min(limits.nodes, _MOST))
        walked = _Walk(artifact.place.whole())
        yield from walked.model(model, "", "")
        if walked.weights:
            yield Opaque("weights", min(walked.weights, artifact.size))
        yield from gaps(artifact, damage, full=full, what="coreml")


class _Walk:
    """One walk over a model and those in its pipeline."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.weights = 0

    def model(self, model: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """A model and those in it."""
        for one in model.all("description"):
            yield from self.described(one, f"{pointer}/description", owner)
        for kind in ("network", "classifier", "other"):
            for one in model.all(kind):
                for words in one.all("labels"):
                    rows = [(str(i), t) for i, t in enumerate(words.texts("word"))]
                    yield from labels(rows, self.place, f"{pointer}/classLabels", _join(owner, "classLabels"))
                yield from self.layers(one, f"{pointer}/layers", _join(owner, "layers"))
                yield from stray(one, self.place, f"{pointer}/{kind}", owner)
        for one in (*model.all("program"), *model.all("apple")):
            yield from stray(one, self.place, f"{pointer}/program", _join(owner, "program"))
            for block in (*one.all("function"), *one.all("attribute")):
                yield named(Role.FUNCTION, block.text("key"), self.place, f"{pointer}/program", _join(owner, "program"))
                yield from stray(block, self.place, f"{pointer}/program", _join(owner, "program"))
        for pipeline in model.all("pipeline"):
            for inner in (pipeline, *pipeline.all("inner")):
                for text in inner.texts("name"):
                    yield named(Role.TYPE, text, self.place, f"{pointer}/pipeline", owner)
                for number, part in enumerate(inner.all("model")):
                    yield from self.model(part, f"{pointer}/pipeline/{number}", _join(owner, f"pipeline[{number}]"))
        yield from stray(model, self.place, pointer, owner)

    def described(self, one: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """What a model takes and gives, and what is said of it."""
        for function in (one, *one.all("function")):
            for field, role in (("input", Role.PARAMETER), ("training", Role.PARAMETER), ("output", Role.OUTPUT)):
                for feature in function.all(field):
                    name = feature.text("name")
                    holder = _join(owner, f"{field}s")
                    yield named(role, name, self.place, f"{pointer}/{field}/{name}", holder)
                    yield from doc(feature.text("doc"), self.place, f"{pointer}/{field}/{name}", holder, name)
        for field in ("predicted", "probabilities"):
            if text := one.text(field):
                yield named(Role.OUTPUT, text, self.place, f"{pointer}/{field}", _join(owner, "outputs"))
        for metadata in one.all("metadata"):
            for field in ("shortDescription", "versionString", "author", "license"):
                yield from doc(metadata.text(field), self.place, f"{pointer}/metadata/{field}", owner, field)
            yield from entries(metadata.all("user"), self.place, f"{pointer}/metadata", _join(owner, "metadata"))

    def layers(self, network: Message, pointer: str, owner: str) -> Iterator[Surface]:
        """The layers of a network."""
        for number, layer in enumerate(network.all("layer")):
            at = f"{pointer}/{number}"
            name = layer.text("name")
            inner = layer.first("inner")
            width = inner.number("outputs") if inner is not None else None
            type_ = f"[{width}]" if width is not None else ""
            yield named(Role.OUTPUT, name, self.place, at, owner, "", "", type_)
            for text in layer.texts("output"):
                if text != name:
                    yield named(Role.OUTPUT, text, self.place, f"{at}/output", owner, "", "", type_)
            for text in layer.texts("input"):
                yield named(Role.USE, text, self.place, f"{at}/input", owner)
            if inner is not None:
                self.weights += sum(s.size for s in inner.spans("data"))
            self.weights += sum(s.size for s in layer.spans("weights"))
        if label := network.text("label"):
            yield named(Role.OUTPUT, label, self.place, f"{pointer}/label", owner)


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name
