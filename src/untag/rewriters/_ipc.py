"""Messages of Arrow, one after another, read so that they can be written again with fewer columns.

Format: arrow.apache.org, "Arrow Columnar Format" (IPC), ``Message.fbs`` and ``File.fbs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from untag.gap import Damaged
from untag.readers import _arrow
from untag.rewriters import _fields
from untag.syntax.flatbuffer import Buffer, Table, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from untag.rewriters._fields import Spot

__all__ = ["FILE", "Batch", "Footer", "Keep", "Message", "Walk", "layout"]

FILE = b"ARROW1\0\0"
_MARK = b"\xff\xff\xff\xff"
_CHUNK = 1 << 20
#: Bytes of the metadata of a message, and of a footer.
_META, _FOOTER = 16 << 20, 64 << 20
#: Bytes of a place in a footer: offset, size of the metadata, four that fill up, size of the body.
_BLOCK = 24
#: Buffers, nodes of one batch.
_MOST = 1_000_000


@dataclass(slots=True)
class Keep:
    """Numbers of what stays of a batch: nodes, buffers, counts of the buffers of views."""

    nodes: list[int] = field(default_factory=list)
    buffers: list[int] = field(default_factory=list)
    views: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """A batch of rows, or what a dictionary holds.

    Attributes:
        data: The flat buffer of its message.
        message: Its table.
        table: That of the batch.
        rows: How many rows it has.
        nodes: For each field its rows and how many of them are null.
        buffers: Place in the body and size of each.
        views: How many buffers of data each field of views has.
    """

    data: bytes
    message: Table
    table: Table
    rows: int
    nodes: list[tuple[int, int]]
    buffers: list[tuple[int, int]]
    views: list[int]

    def whole(self) -> Keep:
        """All of it."""
        return Keep(list(range(len(self.nodes))), list(range(len(self.buffers))), list(range(len(self.views))))

    def trimmed(self, keep: Keep, places: Sequence[tuple[int, int]], body: int) -> bytes:
        """The flat buffer with what stays alone, and the places where it lies now."""
        out = bytearray(self.data)
        rows = ((1, 16, len(self.nodes), keep.nodes), (2, 16, len(self.buffers), keep.buffers),
                (4, 8, len(self.views), keep.views))  # fmt: skip
        for slot, width, total, stay in rows:
            _fields.shrink(self.table, slot, width, set(range(total)) - set(stay), out, inline=True)
        start, _ = self.table.vector(2)
        for number, (at, size) in enumerate(places):
            _fields.write(out, start + number * 16, at, 8)
            _fields.write(out, start + number * 16 + 8, size, 8)
        spot = self.message.field(3)
        if spot:
            _fields.write(out, spot, body, 8)
        elif body:
            raise Damaged("a message that says nothing of its body")
        return bytes(out)


@dataclass(slots=True)
class Message:
    """A message.

    Attributes:
        at: Where it begins in the file.
        prefix: The bytes before its metadata.
        data: Its metadata, a flat buffer.
        body: Bytes that follow it.
        kind: What it holds.
        code: Number of the dictionary that it holds.
    """

    at: int
    prefix: bytes
    data: bytes
    body: int
    kind: int
    code: int | None = None

    @property
    def head(self) -> int:
        """Bytes before its metadata."""
        return len(self.prefix)

    @property
    def size(self) -> int:
        """Bytes of its metadata."""
        return len(self.data)

    @property
    def schema(self) -> bool:
        """Whether it holds a schema."""
        return self.kind == _arrow.SCHEMA

    def batch(self) -> Batch | None:
        """The batch in it, or in the dictionary in it; None where there is none.

        Raises:
            Damaged: It cannot be followed.
        """
        if self.kind not in (_arrow.BATCH, _arrow.DICTIONARY):
            return None
        try:
            made = _arrow.message(self.data)
            held = made.table(2)
            if held is not None and self.kind == _arrow.DICTIONARY:
                held = held.table(1)
            if held is None:
                raise Damaged("a batch that holds nothing")
            views = held.vector(4)
            counts = [held.buffer.number(views[0] + 8 * n, 8) for n in range(min(views[1], _MOST))]
            nodes, buffers = _pairs(held, 1), _pairs(held, 2)
        except Wrong:
            raise Damaged("a batch that cannot be followed") from None
        if any(at + size > self.body for at, size in buffers):
            raise Damaged("a buffer that leaves its message")
        return Batch(self.data, made, held, held.number(0, 8), nodes, buffers, counts)


def _pairs(table: Table, slot: int) -> list[tuple[int, int]]:
    start, total = table.vector(slot)
    if total > _MOST:
        raise Damaged("a batch of too many fields")
    number = table.buffer.number
    return [(number(at, 8), number(at + 8, 8)) for at in range(start, start + total * 16, 16)]


@dataclass(slots=True)
class Footer:
    """The footer of a file: a flat buffer."""

    data: bytes

    def _root(self) -> Table:
        return Buffer(self.data, 0, 4_000_000).root()

    def schema(self) -> Table:
        """The schema in it.

        Raises:
            Damaged: There is none.
        """
        try:
            held = self._root().table(1)
        except Wrong:
            held = None
        if held is None:
            raise Damaged("a footer without a schema")
        return held

    def blocks(self) -> list[tuple[int, int, int]]:
        """Where messages are: place, size with what stands before the metadata, size of the body.

        Raises:
            Damaged: It cannot be followed.
        """
        try:
            root = self._root()
            return [row for slot in (2, 3) for row in _blocks(root, slot)]
        except Wrong:
            raise Damaged("a footer that cannot be followed") from None

    def place(self, out: bytearray, moved: Mapping[int, tuple[int, int]]) -> None:
        """Say in place where messages are now; those that are not there any more go.

        Args:
            out: The bytes of the footer, which are changed.
            moved: By the old place the new one, and the size of the body.

        Raises:
            Damaged: It cannot be followed.
        """
        try:
            root = self._root()
            for slot in (2, 3):
                rows = _blocks(root, slot)
                gone = [n for n, row in enumerate(rows) if row[0] not in moved]
                if gone and slot == 3:
                    raise Damaged("a footer that names other places than those of its messages")
                _fields.shrink(root, slot, _BLOCK, gone, out, inline=True)
                start, _ = root.vector(slot)
                for number, row in enumerate(r for r in rows if r[0] in moved):
                    at, body = moved[row[0]]
                    _fields.write(out, start + number * _BLOCK, at, 8)
                    _fields.write(out, start + number * _BLOCK + 16, body, 8)
        except Wrong:
            raise Damaged("a footer that cannot be followed") from None


def _blocks(root: Table, slot: int) -> list[tuple[int, int, int]]:
    start, total = root.vector(slot)
    number = root.buffer.number
    places = range(start, start + total * _BLOCK, _BLOCK)
    return [(number(at, 8), number(at + 8, 4), number(at + 16, 8)) for at in places]


class Walk:
    """A file or stream, message by message.

    Args:
        file: The bytes.
        size: How many they are.

    Attributes:
        start: What stands before the first message.
        footed: Whether it is a file, with a footer.
        end: The mark of the end behind the last message, once all were met.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        file.seek(0)
        self.footed = file.read(8) == FILE
        self.start = FILE if self.footed else b""
        self.end = b""
        self._footer: Footer | None = None
        self._stop = size
        if self.footed:
            self._footer, self._stop = self._tail()

    def _tail(self) -> tuple[Footer, int]:
        self.file.seek(self.size - 10)
        tail = self.file.read(10)
        size = int.from_bytes(tail[:4], "little")
        if tail[4:] != FILE[:6] or not 0 < size <= min(_FOOTER, self.size - 18):
            raise Damaged("its footer is cut off")
        self.file.seek(self.size - 10 - size)
        return Footer(self.file.read(size)), self.size - 10 - size

    def footer(self) -> Footer | None:
        """The footer of a file; None of a stream."""
        return self._footer

    def schema(self) -> tuple[list[Spot], dict[str, bytes]]:
        """The fields, and what is written beside the schema, by key.

        Raises:
            Damaged: There is no schema, or it cannot be followed.
        """
        for message in self.messages():
            if not message.schema:
                break
            held, version = _fields.schema(message.data)
            try:
                beside = {key: text.encode("utf-8", "surrogatepass") for key, text in _fields.pairs(held, 2)}
            except UnicodeEncodeError:
                raise Damaged("a text of its metadata that is none") from None
            return _fields.spots(held, version), beside
        raise Damaged("no schema")

    def messages(self) -> Iterator[Message]:
        """All messages, in order.

        Raises:
            Damaged: One cannot be followed, or leaves the file.
        """
        at = len(self.start)
        self.end = b""
        while at < self._stop:
            self.file.seek(at)
            prefix = self.file.read(8)
            if prefix[:4] != _MARK:
                prefix = prefix[:4]
            size = int.from_bytes(prefix[-4:], "little", signed=True)
            if size == 0 or len(prefix) < 4:
                self.end = prefix
                return
            if not 0 < size <= _META or at + len(prefix) + size > self._stop:
                raise Damaged("a message that leaves the file")
            self.file.seek(at + len(prefix))
            data = self.file.read(size)
            message = _message(at, prefix, data)
            end = at + len(prefix) + size + message.body
            if end > self._stop:
                raise Damaged("a message that leaves the file")
            yield message
            at = end

    def pieces(self, at: int, size: int) -> Iterator[bytes]:
        """Bytes of the file, a bounded number at a time."""
        left = size
        while left:
            self.file.seek(at)
            piece = self.file.read(min(left, _CHUNK))
            if not piece:
                raise Damaged("a message that leaves the file")
            yield piece
            at += len(piece)
            left -= len(piece)


def _message(at: int, prefix: bytes, data: bytes) -> Message:
    try:
        made = _arrow.message(data)
        kind, body = made.number(1, 1), made.number(3, 8, signed=True)
        held = made.table(2)
        code = held.number(0, 8, signed=True) if held is not None and kind == _arrow.DICTIONARY else None
    except Wrong:
        raise Damaged("a message that cannot be followed") from None
    if body < 0:
        raise Damaged("a message that leaves the file")
    return Message(at, prefix, data, body, kind, code)


def layout(fields: Sequence[Spot], gone: set[tuple[object, ...]], batch: Batch) -> Keep:
    """What stays of a batch of rows.

    Args:
        fields: Of the schema.
        gone: Those that go.
        batch: The batch.

    Raises:
        Damaged: The batch has other fields or buffers than the schema says.
    """
    keep = Keep()
    node = at = view = 0
    stack = [(one, True) for one in reversed(fields)]
    while stack:
        one, stays = stack.pop()
        stays = stays and one.id not in gone
        many = one.buffers
        if one.code is None and one.kind in _arrow.VIEWS:
            if view >= len(batch.views):
                raise Damaged("a batch with too few buffers")
            many += batch.views[view]
            if stays:
                keep.views.append(view)
            view += 1
        if stays:
            keep.nodes.append(node)
            keep.buffers += range(at, min(at + many, len(batch.buffers)))
        node, at = node + 1, at + many
        if one.code is None:
            stack += [(inner, stays) for inner in reversed(one.inner)]
    if node != len(batch.nodes) or at != len(batch.buffers) or view != len(batch.views):
        raise Damaged("a batch with other buffers than its schema says")
    return keep
