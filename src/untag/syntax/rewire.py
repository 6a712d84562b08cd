"""Protocol buffers that are changed: only what is touched is written anew, all other bytes are copied as they stand.

A parser made from a ``.proto`` file would load all weights and write fields in an order and form of its own. Here a
message is a list of pieces, each with its place in the file; a piece that goes takes its bytes with it, and the lengths
of what holds it are counted anew. Wire format: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.syntax.leb128 import unsigned
from untag.syntax.wire import walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from untag.syntax.pages import Bytes
    from untag.syntax.wire import Schema

__all__ = ["Draft", "Piece", "draft", "varint"]

_DEPTH = 40
_CHUNK = 1 << 20


class Piece:
    """One field of a message, as often as it occurs.

    Attributes:
        number: Its number.
        kind: Its wire type.
        start: Where its value begins.
        stop: Where it ends.
        value: The number, where it is one.
        inner: The message, where it is one.
        new: What stands there instead (of a message or bytes its content, of a number its varint).
    """

    __slots__ = ("at", "inner", "kind", "new", "number", "start", "stop", "value")

    def __init__(self, number: int, kind: int, value: int, at: int, start: int, stop: int) -> None:
        self.number = number
        self.kind = kind
        self.value = value
        self.at = at
        self.start = start
        self.stop = stop
        self.inner: Draft | None = None
        self.new: bytes | None = None


class Draft:
    """A message that may be changed.

    Attributes:
        name: Which message of the schema it is.
        pieces: Its fields in the order of the file.
    """

    __slots__ = ("changed", "data", "labels", "name", "pieces", "size", "start", "stop")

    def __init__(self, data: Bytes, name: str, start: int, stop: int, labels: dict[str, tuple[int, ...]]) -> None:
        self.data = data
        self.name = name
        self.start = start
        self.stop = stop
        self.labels = labels
        self.pieces: list[Piece] = []
        self.changed = False
        self.size = stop - start

    def of(self, label: str) -> list[Piece]:
        """The pieces of a field by its name in the schema."""
        numbers = self.labels.get(label, ())
        return [p for p in self.pieces if p.number in numbers]

    def drafts(self, label: str) -> list[Draft]:
        """The messages of a field."""
        return [p.inner for p in self.of(label) if p.inner is not None]

    def first(self, label: str) -> Draft | None:
        """The first message of a field."""
        return next(iter(self.drafts(label)), None)

    def raw(self, piece: Piece) -> bytes:
        """The bytes of a piece."""
        return piece.new if piece.new is not None else self.data[piece.start : piece.stop]

    def texts(self, label: str) -> list[str]:
        """The texts of a field."""
        return [self.raw(p).decode("utf-8", "replace") for p in self.of(label) if p.kind == 2]

    def text(self, label: str) -> str:
        """The text of a field that occurs once: the last one counts."""
        found = self.texts(label)
        return found[-1] if found else ""

    def numbers(self, label: str) -> list[int]:
        """The numbers of a field, packed or not; negative ones are."""
        out: list[int] = []
        for piece in self.of(label):
            if piece.kind == 0 and piece.new is None:
                out.append(_signed(piece.value))
            elif piece.kind in (0, 2):
                raw = self.raw(piece)
                at = 0
                while at < len(raw):
                    try:
                        value, at = unsigned(raw, at)
                    except IndexError:
                        raise Damaged("packed numbers break off") from None
                    out.append(_signed(value & 0xFFFFFFFFFFFFFFFF))
        return out

    def number(self, label: str, default: int = 0) -> int:
        """The number of a field that occurs once."""
        found = self.numbers(label)
        return found[-1] if found else default

    def drop(self, gone: list[Piece]) -> None:
        """Take pieces out."""
        if not gone:
            return
        ids = {id(p) for p in gone}
        self.pieces = [p for p in self.pieces if id(p) not in ids]
        self.changed = True

    def drop_drafts(self, gone: list[Draft]) -> None:
        """Take messages out."""
        ids = {id(d) for d in gone}
        self.drop([p for p in self.pieces if p.inner is not None and id(p.inner) in ids])

    def put(self, number: int, content: bytes, kind: int = 2) -> None:
        """Set a field that occurs once, where it stood or at the end."""
        old = [p for p in self.pieces if p.number == number]
        piece = old[0] if old else Piece(number, kind, 0, 0, 0, 0)
        self.drop(old[1:])
        piece.kind, piece.new, piece.inner = kind, content, None
        if not old:
            self.pieces.append(piece)
        self.changed = True

    def keep(self, label: str, places: list[int]) -> None:
        """Of a field that occurs several times keep those at some places."""
        found = self.of(label)
        wanted = set(places)
        self.drop([p for i, p in enumerate(found) if i not in wanted])

    def measure(self) -> int:
        """Count sizes anew; bytes that will be written."""
        size = 0
        for piece in self.pieces:
            if piece.inner is not None:
                piece.inner.measure()
                self.changed |= piece.inner.changed
            size += _head(piece) + _body(piece)
        self.size = size if self.changed else self.stop - self.start
        return self.size

    def write(self, out: BinaryIO) -> None:
        """Write the message; ``measure`` comes first."""
        for span in self.spans():
            if isinstance(span, bytes):
                out.write(span)
                continue
            at, stop = span
            while at < stop:
                piece = self.data[at : min(stop, at + _CHUNK)]
                if not piece:
                    raise Damaged("the file became shorter while it was read")
                out.write(piece)
                at += len(piece)

    def spans(self) -> Iterator[bytes | tuple[int, int]]:
        """What is written: new bytes, and spans of the file."""
        stack: list[Draft | Piece] = [self]
        while stack:
            top = stack.pop()
            if isinstance(top, Draft):
                if top.changed:
                    stack += reversed(top.pieces)
                else:
                    yield top.start, top.stop
                continue
            if top.inner is not None and top.inner.changed:
                yield varint(top.number << 3 | 2) + varint(top.inner.size)
                stack.append(top.inner)
            elif top.new is not None:
                yield varint(top.number << 3 | top.kind)
                yield varint(len(top.new)) + top.new if top.kind == 2 else top.new
            else:
                yield top.at, top.stop


def _head(piece: Piece) -> int:
    """Bytes before a value: the tag, and the length where there is one."""
    if piece.inner is not None and piece.inner.changed:
        return len(varint(piece.number << 3)) + len(varint(piece.inner.size))
    if piece.new is not None:
        return len(varint(piece.number << 3)) + (len(varint(len(piece.new))) if piece.kind == 2 else 0)
    return piece.start - piece.at


def _body(piece: Piece) -> int:
    if piece.inner is not None and piece.inner.changed:
        return piece.inner.size
    return len(piece.new) if piece.new is not None else piece.stop - piece.start


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def varint(value: int) -> bytes:
    """A number of 64 bits as it is written."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def draft(data: Bytes, schema: Schema, name: str, bound: int) -> Draft:
    """Read a file as a message that may be changed.

    Args:
        data: The file.
        schema: Which fields hold messages; what it does not know is kept as it is.
        name: The message the file holds.
        bound: Fields that are held at most.

    Raises:
        Damaged: It cannot be followed to its end, or holds more.
    """
    tables = {key: _labels(table) for key, table in schema.items()}
    root = Draft(data, name, 0, len(data), tables.get(name, {}))
    stack: list[tuple[Draft, int]] = [(root, 0)]
    damage: list[int] = []
    while stack:
        top, depth = stack.pop()
        table = schema.get(top.name, {})
        at = top.start
        for number, kind, value, start, stop in walk(data, top.start, top.stop, damage):
            bound -= 1
            if bound < 0 or depth > _DEPTH:
                raise Damaged("more fields, or deeper, than are held")
            piece = Piece(number, kind, value, at, start, stop)
            top.pieces.append(piece)
            at = stop
            wanted = table.get(number, ("", ""))[1]
            if kind == 2 and wanted in schema:
                piece.inner = Draft(data, wanted, start, stop, tables[wanted])
                stack.append((piece.inner, depth + 1))
        if damage:
            raise Damaged(f"broken at byte {damage[0]}")
    return root


def _labels(table: dict[int, tuple[str, str]]) -> dict[str, tuple[int, ...]]:
    out: dict[str, tuple[int, ...]] = {}
    for number, (label, _) in table.items():
        out[label] = (*out.get(label, ()), number)
    return out
