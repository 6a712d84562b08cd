"""ncnn's nets (``.param``, pnnx too): layers, what they take in and put out, and how many values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Part, Reason
from untag.readers import Reader
from untag.surface import Kind, Role, Surface, upto
from untag.syntax.tree import unix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.place import Place

__all__ = ["NcnnReader"]

#: The first line (github.com/Tencent/ncnn, "param and model file structure").
_MAGIC = "7767517"
_WORD = re.compile(r"\S+")
_NUMBERS = re.compile(r"[-+\d.,eE]*")
#: Layers whose first parameter is how many values they put out.
_SIZED = frozenset({
    "Convolution", "Convolution1D", "ConvolutionDepthWise", "Deconvolution", "Embed", "InnerProduct",
})  # fmt: skip
_LONG = 400


class NcnnReader(Reader):
    """Reads nets of ncnn in their text form."""

    name = "ncnn"
    rank = 30
    limits = (
        "nets in binary form (.param.bin) are swept",
        "weights are those of the file that is called like the net, with .bin",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The number that the format begins with, on a line of its own."""
        return artifact.data[:200].lstrip(b"\xef\xbb\xbf").split(None, 1)[:1] == [_MAGIC.encode()]

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Part]:
        """Layer by layer.

        Raises:
            Damaged: It has no layer.
        """
        place = artifact.place.whole()
        layers = shown = 0
        for number, line in enumerate(unix(artifact.text).split("\n"), 1):
            words = [(m[0], m.start() + 1) for m in _WORD.finditer(line)]
            if not words:
                continue
            layers += number > 2
            for surface in _layer(words, place, number) if number > 2 else _counts(words, place, number):
                yield surface
                shown += 1
            if shown > limits.surfaces:
                yield Gap(place, Reason.LIMIT, f"more than {limits.surfaces} pieces of text")
                break
        if not layers:
            raise Damaged("a net without a layer")
        name = artifact.name
        if name.endswith(".param"):
            yield Part(place, name.removesuffix(".param") + ".bin", raw=True)


def _counts(words: list[tuple[str, int]], place: Place, line: int) -> Iterator[Surface]:
    """The first two lines, which hold numbers, and whatever else stands in them."""
    for text, column in words:
        if not _NUMBERS.fullmatch(text):
            yield Surface(Role.STRING, upto(text, _LONG), place.at(line=line, column=column), "layer", Kind.MODEL)


def _layer(words: list[tuple[str, int]], place: Place, line: int) -> Iterator[Surface]:
    """One layer: ``Type name inputs outputs in… out… key=value…``."""
    texts = [text for text, _ in words]
    counted = len(texts) > 3 and texts[2].isdecimal() and texts[3].isdecimal() and max(map(len, texts[2:4])) < 6
    taken, given = (int(texts[2]), int(texts[3])) if counted else (0, 0)
    first = 4 if counted else 2
    pairs = dict(text.split("=", 1) for text in texts[first + taken + given :] if "=" in text)
    width = f"[{pairs['0']}]" if texts[0] in _SIZED and pairs.get("0", "").isdecimal() else ""
    name = texts[1] if len(texts) > 1 else ""
    for at, (text, column) in enumerate(words):
        role, about, type_ = Role.STRING, "", ""
        if at == 0:
            role, about = Role.VALUE, "type"
        elif at == 1:
            role, type_ = Role.OUTPUT, texts[0] + width
        elif at < first or (at >= first + taken and text == name):
            continue  # counts, and what is put out under the layer's own name
        elif at < first + taken:
            role = Role.USE
        elif at < first + taken + given:
            role, type_ = Role.OUTPUT, width
        else:
            about, _, value = text.rpartition("=")
            if _NUMBERS.fullmatch(value):
                continue
            role, text, column = Role.VALUE, value, column + len(about) + bool(about)
        spot = place.at(line=line, column=column)
        yield Surface(role, upto(text, _LONG), spot, "layer", Kind.MODEL, about[:200], "", type_[:200])
