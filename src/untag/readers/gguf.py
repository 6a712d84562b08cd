"""GGUF models: metadata (architecture, labels, vocabulary) and names and shapes of tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._hidden import told
from untag.readers._protobuf import labels, named, shape
from untag.surface import Role
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["GgufReader"]

#: Bytes of a value by its type (github.com/ggml-org/ggml, ``docs/gguf.md``); 8 is a text, 9 an array.
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_SIGNED = frozenset({1, 3, 5, 11})
_TEXT, _ARRAY = 8, 9
#: Keys that hold a tokenizer's vocabulary: words for their own sake.
_VOCABULARY = ("tokenizer.ggml.tokens", "tokenizer.ggml.merges", "tokenizer.huggingface.json")
#: Values of a block of a tensor's type, and bytes of it (``ggml.h``, ``ggml-common.h``); others are not checked.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 30: (1, 2),
}  # fmt: skip
#: Texts of one array that are shown; more are a vocabulary.
_MOST = 5000


class _Cut(Exception):  # noqa: N818 - a state of the input
    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class GgufReader(BinaryReader):
    """Reads the header of GGUF files, versions 2 and 3, either byte order."""

    name = "gguf"
    rank = 60
    models = True
    starts = (b"GGUF",)
    limits = ("weights are counted, not looked into; a tokenizer's vocabulary is passed over",)

    def knows(self, artifact: Artifact) -> bool:
        """The magic."""
        return artifact.head.startswith(b"GGUF")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Metadata, then tensors."""
        with bytes_of(artifact) as data:
            cursor = _Cursor(data, min(limits.nodes, 8_000_000))
            try:
                yield from cursor.show(artifact)
            except _Cut as cut:
                said = "gguf: the header breaks off or makes no sense"
                yield Gap(artifact.place.at(offset=cut.at), Reason.DAMAGED, said, max(1, artifact.size - cut.at))
                return
            yield Opaque("weights", max(0, artifact.size - cursor.at))
            if cursor.end > artifact.size:
                said = "gguf: the file ends before its tensors do"
                yield Gap(artifact.place.at(offset=artifact.size), Reason.DAMAGED, said, 1)


class _Cursor:
    """A place in the header that moves on."""

    def __init__(self, data: Bytes, bound: int) -> None:
        self.data = data
        self.left = bound
        self.at = 4
        self.end = 0
        # A file of the other byte order has its version in the upper half.
        self.order = "little" if int.from_bytes(data[4:8], "little") < 1 << 16 else "big"

    def number(self, width: int, *, signed: bool = False) -> int:
        at = self.at
        self.left -= 1
        if at + width > len(self.data) or self.left < 0:
            raise _Cut(at)
        self.at += width
        return int.from_bytes(self.data[at : at + width], self.order, signed=signed)  # type: ignore[arg-type]

    def text(self) -> str:
        size, at = self.number(8), self.at
        if at + size > len(self.data):
            raise _Cut(at)
        self.at += size
        return self.data[at : at + min(size, 200_000)].decode("utf-8", "replace")

    def value(self, kind: int, *, keep: bool) -> Any:
        """A text, a number as text, or a list of texts."""
        if kind == _TEXT:
            return self.text()
        if kind in _WIDTHS:
            return str(self.number(_WIDTHS[kind], signed=kind in _SIGNED))
        if kind != _ARRAY:
            raise _Cut(self.at)
        inner, count = self.number(4), self.number(8)
        if inner in _WIDTHS:
            if self.at + count * _WIDTHS[inner] > len(self.data):
                raise _Cut(self.at)
            self.at += count * _WIDTHS[inner]
            return []
        if inner != _TEXT:
            raise _Cut(self.at)
        rows: list[str] = []
        for _ in range(count):
            text = self.text()
            if keep and len(rows) <= _MOST:
                rows.append(text)
        return rows if len(rows) <= _MOST else []

    def show(self, artifact: Artifact) -> Iterator[Surface]:
        """Surfaces of the header.

        Raises:
            _Cut: It breaks off.
        """
        place = artifact.place.whole()
        self.number(4)
        tensors, entries = self.number(8), self.number(8)
        for _ in range(entries):
            key = self.text()
            kind = self.number(4)
            value = self.value(kind, keep=key not in _VOCABULARY)
            spot = place.at(pointer=f"/metadata/{key}"[:400])
            if isinstance(value, list):
                yield named(Role.KEY, key, place, f"/metadata/{key}", "metadata")
                rows = [(str(i), t) for i, t in enumerate(value)]
                yield from labels(rows, place, f"/metadata/{key}", f"metadata.{key}")
            elif kind == _TEXT and key not in _VOCABULARY:
                yield from told(value, key, spot, "metadata")
            else:
                yield named(Role.KEY, key, place, f"/metadata/{key}", "metadata", "", value if kind != _TEXT else "")
        ends = [0]
        for _ in range(tensors):
            name = self.text()
            rank = self.number(4)
            if rank > 16:
                raise _Cut(self.at)
            sizes = [self.number(8) for _ in range(rank)]
            values, width = _BLOCKS.get(self.number(4), (1, 0))
            ends.append(self.number(8) + math.prod(sizes) // values * width)
            yield named(Role.OUTPUT, name, place, f"/tensors/{name}", "tensors", "", "", shape("", sizes))
        # Tensors begin at a multiple of the alignment, which is 32 where no entry says otherwise.
        self.end = self.at + max(ends)
