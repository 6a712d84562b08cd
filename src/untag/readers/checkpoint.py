"""Checkpoints of TensorFlow: the index of variables (``variables.index``) and the older kind, one file with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._protobuf import TENSORFLOW, gaps, named, shape, sizes
from untag.surface import Role
from untag.syntax import sstable
from untag.syntax.pages import bytes_of
from untag.syntax.wire import Schema, decode

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes
    from untag.syntax.wire import Message

__all__ = ["CheckpointReader"]

#: ``tensor_bundle.proto``, ``saved_tensor_slice.proto``, ``tensor_shape.proto``.
_SCHEMA: Schema = {
    "Header": {1: ("shards", "int"), 2: ("endianness", "int"), 3: ("version", "bytes")},
    "Entry": {
        1: ("type", "int"), 2: ("shape", "Shape"), 3: ("shard", "int"), 4: ("offset", "int"), 5: ("size", "int"),
        6: ("crc", "bytes"), 7: ("slices", "bytes"),
    },
    "Slices": {1: ("meta", "Meta"), 2: ("data", "bytes")},
    "Meta": {1: ("tensor", "Saved"), 2: ("versions", "bytes")},
    "Saved": {1: ("name", "text"), 2: ("shape", "Shape"), 3: ("type", "int"), 4: ("slice", "bytes")},
    "Shape": {2: ("dim", "Dim"), 3: ("unknown", "int")},
    "Dim": {1: ("size", "int"), 2: ("name", "text")},
}  # fmt: skip
#: Bytes of a value that is looked into: an entry has some dozens, the list of the older kind one row a tensor.
_ENTRY, _LIST = 1 << 16, 64 << 20
#: What keys end in that TensorFlow 2 makes of the attributes of objects, and what stands for itself alone.
_ENDS = ("/.ATTRIBUTES/VARIABLE_VALUE", "/.ATTRIBUTES/OBJECT_CONFIG_JSON")
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


#: What an index is called, and what its first value begins with: a number of shards.
_INDEX, _SHARDS = ".index", b"\x08"


class CheckpointReader(BinaryReader):
    """Reads the names and shapes of variables."""

    name = "checkpoint"
    rank = 57
    models = True
    # The first entry of the first block: its key is empty and shares nothing.
    starts = (b"\0\0",)
    limits = (
        "values of variables are counted, not looked into",
        "blocks that are packed are gaps: TensorFlow packs none",
        "names that Keras gives layers lie beside the numbers, in the shards, which are swept",
    )

    def knows(self, artifact: Artifact) -> bool:
        """First an entry without a key, as both kinds have it; then a table's end, or a name where that is cut off."""
        head = artifact.head
        if not head.startswith(self.starts):
            return False
        return sstable.signed(artifact.tail) or (artifact.name.endswith(_INDEX) and head[3:4] == _SHARDS)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Every variable in the order of the table."""
        with bytes_of(artifact) as data:
            one = _Walk(artifact, data, limits.nodes)
            try:
                yield from one.walk()
            except sstable.Broken as broken:
                yield one.broken(broken)
                yield from one.left()
        if one.weights:
            yield Opaque("weights", min(one.weights, artifact.size))


class _Walk:
    """One walk over a table; ``weights`` counts the bytes that are only numbers."""

    def __init__(self, artifact: Artifact, data: Bytes, most: int) -> None:
        self._artifact, self._data, self._left = artifact, data, most
        self._place = artifact.place.whole()
        self._old = False
        self.weights = 0

    def broken(self, broken: sstable.Broken) -> Gap:
        """What could not be followed."""
        at = min(broken.at, self._artifact.size)
        return Gap(self._artifact.place.at(offset=at), Reason.DAMAGED, f"checkpoint: {broken.detail}, at byte {at}", 1)

    def walk(self) -> Iterator[Surface | Gap]:
        """Every entry.

        Raises:
            Broken: The table has no index.
        """
        for block in sstable.blocks(self._data):
            if isinstance(block, sstable.Broken):
                yield self.broken(block)
                continue
            if block.packed:
                spot = self._artifact.place.at(offset=block.at)
                yield Gap(spot, Reason.UNKNOWN, "checkpoint: a packed block", block.size)
                continue
            for row in sstable.rows(self._data, block):
                if self._left <= 0:
                    yield Gap(self._place, Reason.LIMIT, "checkpoint: more variables than are looked at", 0)
                    return
                self._left -= 1
                if isinstance(row, sstable.Broken):
                    yield self.broken(row)
                else:
                    yield from self._row(row)

    def left(self) -> Iterator[Surface | Gap]:
        """The first entries of a table that has no end; blocks are large, so that they are often all."""
        for row in sstable.run(self._data, 0, len(self._data)):
            if isinstance(row, sstable.Broken) or self._left <= 0:
                return
            self._left -= 1
            yield from self._row(row)

    def _row(self, row: sstable.Row) -> Iterator[Surface | Gap]:
        if not row.key:
            yield from self._head(row)
        elif row.key[:1] == b"\0":
            # A part of a variable under its name and extent; the older kind keeps the numbers with it.
            self.weights += row.size if self._old else 0
        else:
            key = row.key.decode("utf-8", "replace")
            message = yield from self._decoded(row, "Entry", _ENTRY)
            if message is not None and key != _GRAPH:
                name = next((key.removesuffix(end) for end in _ENDS if key.endswith(end)), key)
                yield named(Role.OUTPUT, name, self._place, f"/{key}", "variables", "", "", _type(message))

    def _head(self, row: sstable.Row) -> Iterator[Surface | Gap]:
        """The entry without a key: the older kind lists all variables in it."""
        self._old = self._data[row.at : row.at + 1] == b"\x0a"
        if not self._old:
            return
        message = yield from self._decoded(row, "Slices", _LIST)
        meta = message.first("meta") if message is not None else None
        for saved in meta.all("tensor") if meta is not None else ():
            name = saved.text("name")
            yield named(Role.OUTPUT, name, self._place, f"/{name}", "variables", "", "", _type(saved))

    def _decoded(self, row: sstable.Row, what: str, most: int) -> Generator[Gap, None, Message | None]:
        """A value as a message; None for one that is too large."""
        if row.size > most:
            spot = self._artifact.place.at(offset=row.at)
            yield Gap(spot, Reason.LIMIT, "checkpoint: an entry larger than is looked into", row.size)
            return None
        message, damage, full = decode(self._data[row.at : row.at + row.size], _SCHEMA, what, self._left)
        yield from gaps(self._artifact, [row.at + at for at in damage], full=full, what="checkpoint")
        return message


def _type(message: Message) -> str:
    """Type and extent of a variable."""
    return shape(TENSORFLOW.get(message.number("type") or 0, ""), sizes(message.first("shape")))
