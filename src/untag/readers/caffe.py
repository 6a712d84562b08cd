"""Caffe's trained networks (``.caffemodel``): layers, what they put out, and how many values; weights are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Opaque
from untag.readers import BinaryReader
from untag.readers._protobuf import gaps, named, stray
from untag.surface import Role
from untag.syntax.pages import bytes_of
from untag.syntax.wire import Message, Schema, decode, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits
    from untag.surface import Surface

__all__ = ["CaffeReader"]

_MOST = 1_000_000
#: Fields of ``caffe.proto`` (github.com/BVLC/caffe).
_SCHEMA: Schema = {
    "Net": {1: ("name", "text"), 2: ("old", "Old"), 3: ("input", "text"), 4: ("dim", "int"), 5: ("force", "int"),
            6: ("state", "bytes"), 7: ("debug", "int"), 8: ("shape", "Shape"), 100: ("layer", "Layer")},
    "Layer": {
        1: ("name", "text"), 2: ("type", "text"), 3: ("bottom", "text"), 4: ("top", "text"), 5: ("weight", "bytes"),
        6: ("param", "bytes"), 7: ("blob", "Blob"), 8: ("include", "bytes"), 10: ("phase", "int"),
        106: ("sized", "Sized"), 117: ("sized", "Sized"), 107: ("data", "Data"), 110: ("data", "Data"),
        115: ("data", "Data"), 129: ("data", "Data"), 130: ("python", "Python"),
    },
    "Old": {2: ("bottom", "text"), 3: ("top", "text"), 4: ("name", "text"), 5: ("kind", "int"), 6: ("blob", "Blob"),
            10: ("sized", "Sized"), 17: ("sized", "Sized"), 1001: ("share", "text")},
    "Sized": {1: ("outputs", "int")},
    "Data": {1: ("source", "text"), 12: ("folder", "text")},
    "Python": {1: ("module", "text"), 2: ("layer", "text"), 3: ("text", "text")},
    "Blob": {1: ("n", "int"), 2: ("c", "int"), 3: ("h", "int"), 4: ("w", "int"), 5: ("data", "bytes"),
        6: ("data", "bytes"),
             7: ("shape", "Shape"), 8: ("data", "bytes"), 9: ("data", "bytes")},
    "Shape": {1: ("dim", "int")},
}  # fmt: skip


class CaffeReader(BinaryReader):
    """Reads trained Caffe networks."""

    name = "caffe"
    rank = 56
    models = True
    starts = (b"\x0a",)
    limits = (
        "a network that is not named .caffemodel or .binaryproto is known only by layers of the newer kind",
        "weights are counted, not looked into",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A name, then layers; or the name of the format."""
        head = artifact.head
        if head[:1] not in (b"\x0a", b"\x12", b"\x1a", b"\xa2"):
            return False
        named_so = artifact.name.lower().endswith((".caffemodel", ".binaryproto"))
        damage: list[int] = []
        for count, (number, kind, _, start, stop) in enumerate(walk(head[:4096], 0, artifact.size, damage)):
            if number not in _SCHEMA["Net"] or (number == 1 and not head[start:stop].isascii()):
                return False
            if (number == 100 or (named_so and number == 2)) and kind == 2:
                inner = head[start : min(stop, len(head))]
                first = next(walk(inner, 0, stop - start, []), None)
                return first is not None and first[0] in (1, 2, 3, 4) and first[1] == 2
            if count > 16:
                return False
        return named_so and not damage

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Layers in order."""
        with bytes_of(artifact) as data:
            net, damage, full = decode(data, _SCHEMA, "Net", min(limits.nodes, _MOST))
        place = artifact.place.whole()
        if name := net.text("name"):
            yield named(Role.TYPE, name, place, "/name")
        for text in net.texts("input"):
            yield named(Role.PARAMETER, text, place, "/input", "inputs")
        weights = 0
        for number, layer in enumerate([*net.all("old"), *net.all("layer")]):
            at = f"/layer/{number}"
            name = layer.text("name")
            yield named(Role.OUTPUT, name, place, at, "layer", "", "", f"{layer.text('type')}{_width(layer)}")
            for text in layer.texts("top"):
                if text != name:
                    yield named(Role.OUTPUT, text, place, f"{at}/top", "layer", "", "", _width(layer))
            for text in layer.texts("bottom"):
                yield named(Role.USE, text, place, f"{at}/bottom", "layer")
            for part in (*layer.all("data"), *layer.all("python")):
                for field in ("source", "folder", "module", "layer", "text"):
                    if text := part.text(field):
                        yield named(Role.VALUE, text, place, f"{at}/{field}", f"layer.{name}", field)
            weights += sum(s.size for b in layer.all("blob") for s in b.spans("data"))
            yield from stray(layer, place, at, f"layer.{name}")
        yield from stray(net, place, "")
        if weights:
            yield Opaque("weights", min(weights, artifact.size))
        yield from gaps(artifact, damage, full=full, what="caffe")


def _width(layer: Message) -> str:
    """How many values the layer puts out."""
    number = next((n for s in layer.all("sized") if (n := s.number("outputs")) is not None), None)
    return f"[{number}]" if number is not None else ""
