"""Protocol buffers by their wire format, with a schema that says what is wanted; texts beyond it are shown too.

Written for files that are large or damaged: weights are stepped over, never copied, and what stands before a break is
kept (a parser made from a ``.proto`` file loads all of it or nothing). Wire format: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from untag.syntax.leb128 import unsigned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from untag.syntax.pages import Bytes

__all__ = ["Message", "Schema", "Span", "decode", "fits"]

#: Message name to field number to (name, type): ``text``, ``int``, ``bytes`` (opaque), or the name of a message.
Schema = dict[str, dict[int, tuple[str, str]]]

#: Characters of a text that are kept, bytes of an unknown field that are looked into, and how deep messages nest.
_TEXT, _LOOK, _DEPTH = 200_000, 1 << 16, 40


class Span(Struct, frozen=True):
    """Opaque bytes."""

    at: int
    size: int


class Message(Struct):
    """One message: its fields by name, each a list in the order of the file.

    Attributes:
        at: Where its bytes begin.
        fields: Values: ``str``, ``int``, ``Span`` or ``Message``.
        stray: Texts under numbers that the schema does not know: (number, text).
    """

    at: int
    fields: dict[str, list[Any]] = field(default_factory=dict)
    stray: list[tuple[int, str]] = field(default_factory=list)

    def text(self, name: str) -> str:
        """The first text of that name, or nothing."""
        return next((v for v in self.fields.get(name, ()) if isinstance(v, str)), "")

    def texts(self, name: str) -> list[str]:
        """All texts of that name."""
        return [v for v in self.fields.get(name, ()) if isinstance(v, str)]

    def number(self, name: str) -> int | None:
        """The first number of that name."""
        return next((v for v in self.fields.get(name, ()) if isinstance(v, int)), None)

    def numbers(self, name: str) -> list[int]:
        """All numbers of that name."""
        return [v for v in self.fields.get(name, ()) if isinstance(v, int)]

    def all(self, name: str) -> list[Message]:
        """All messages of that name."""
        return [v for v in self.fields.get(name, ()) if isinstance(v, Message)]

    def spans(self, name: str) -> list[Span]:
        """All opaque bytes of that name."""
        return [v for v in self.fields.get(name, ()) if isinstance(v, Span)]

    def first(self, name: str) -> Message | None:
        """The first message of that name."""
        return next(iter(self.all(name)), None)


class _Work(Struct):
    """What is left to do, and what went wrong."""

    left: int
    damage: list[int]
    full: bool = False


def decode(data: Bytes, schema: Schema, name: str, bound: int) -> tuple[Message, list[int], bool]:
    """Read a file as a message.

    Args:
        data: The file.
        schema: What is wanted.
        name: The message the file holds.
        bound: Values that are kept at most.

    Returns:
        The message, the places where it could not be followed, and whether the bound was reached.
    """
    work = _Work(bound, [])
    message = _decode(data, 0, len(data), schema, name, work, 0)
    return message, work.damage, work.full


def _decode(data: Bytes, at: int, end: int, schema: Schema, name: str, work: _Work, depth: int) -> Message:
    message = Message(at)
    table: Mapping[int, tuple[str, str]] = schema.get(name, {})
    for number, kind, value, start, stop in walk(data, at, end, work.damage):
        if work.left <= 0:
            work.full = True
            break
        work.left -= 1
        label, wanted = table.get(number, ("", ""))
        if not label:
            if kind == 2:
                message.stray += _stray(data, number, start, stop, depth)
        elif kind == 0:
            if wanted == "int":
                message.fields.setdefault(label, []).append(value)
        elif kind == 2:
            message.fields.setdefault(label, []).extend(_value(data, start, stop, schema, wanted, work, depth))
        elif wanted == "bytes":
            message.fields.setdefault(label, []).append(Span(start, stop - start))
    return message


def _value(data: Bytes, start: int, stop: int, schema: Schema, wanted: str, work: _Work, depth: int) -> list[Any]:
    if wanted == "text":
        return [data[start : min(stop, start + _TEXT)].decode("utf-8", "replace")]
    if wanted == "bytes":
        return [Span(start, stop - start)]
    if wanted == "int":
        # Packed numbers; only sizes and indices are asked for, which are few.
        numbers: list[Any] = []
        while start < stop and len(numbers) < 4096:
            number, start = _varint(data, start, stop)
            if start < 0:
                break
            numbers.append(number)
        return numbers
    if depth >= _DEPTH:
        work.damage.append(start)
        return []
    return [_decode(data, start, stop, schema, wanted, work, depth + 1)]


def walk(data: Bytes, at: int, end: int, damage: list[int]) -> Iterator[tuple[int, int, int, int, int]]:
    """The fields of a message: number, wire type, number for varints, and where the value begins and ends.

    A value that is cut off is given as far as it goes; a place that makes no sense ends the message and goes to
    ``damage``.
    """
    while at < end:
        tag, after = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if after < 0 or not 0 < number < 1 << 29:
            damage.append(at)
            return
        value, stop = 0, after
        if kind == 0:
            value, stop = _varint(data, after, end)
            if stop < 0:
                damage.append(at)
                return
        elif kind == 1:
            stop = after + 8
        elif kind == 5:
            stop = after + 4
        elif kind == 2:
            size, after = _varint(data, after, end)
            if after < 0:
                damage.append(at)
                return
            stop = after + size
        elif kind not in (3, 4):
            damage.append(at)
            return
        if stop > end:
            damage.append(after)
            stop = end
        yield number, kind, value, after, stop
        at = stop


def _varint(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """A number of 64 bits and where it ends; -1 where it does not."""
    try:
        value, after = unsigned(data, at, end)
    except IndexError:
        return 0, -1
    return value & 0xFFFFFFFFFFFFFFFF, after


def _stray(data: Bytes, number: int, start: int, stop: int, depth: int) -> list[tuple[int, str]]:
    """Texts in a field that the schema does not know, at any depth of it."""
    if stop - start > _LOOK or stop - start < 2:
        return []
    raw = data[start:stop]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if all(c.isprintable() or c in "\n\r\t" for c in text):
        return [(number, text)]
    if depth > _DEPTH // 2:
        return []
    damage: list[int] = []
    inner = [(k, s, e) for _, k, _, s, e in walk(raw, 0, len(raw), damage)]
    if damage or not inner:
        return []
    return [row for k, s, e in inner if k == 2 for row in _stray(raw, number, s, e, depth + 4)]


def fits(head: bytes, table: Mapping[int, tuple[str, str]], size: int, least: int = 3, *, cut: bool = False) -> bool:
    """Whether bytes begin like a message of a schema.

    Args:
        head: The first bytes.
        table: The message's fields.
        size: Bytes of the whole.
        least: Fields that must fit, or all that the head holds.
        cut: Whether the last field may reach beyond the end.
    """
    at = count = 0
    while at < len(head) and count < least:
        tag, after = _varint(head, at, len(head))
        label, wanted = table.get(tag >> 3, ("", ""))
        if after < 0 or not label:
            return False
        kind, stop = tag & 7, -1
        if kind == 0 and wanted == "int":
            _, stop = _varint(head, after, len(head))
        elif kind == 2:
            length, start = _varint(head, after, len(head))
            stop = start + length if start >= 0 else -1
        elif kind in (1, 5) and wanted == "bytes":
            stop = after + (8 if kind == 1 else 4)
        if stop < 0 or (stop > size and not cut):
            return False
        at, count = stop, count + 1
    return count >= least or (count > 0 and at >= len(head))
