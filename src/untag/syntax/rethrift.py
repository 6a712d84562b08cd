"""Thrift's compact protocol, read so that it can be written again: what is not looked into stays as its bytes.

Field numbers are told as steps from the one before, inside of a struct alone, so that the bytes of a value mean the
same wherever they stand. Format: the Apache Thrift specification, "Thrift Compact protocol encoding".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from untag.gap import Damaged
from untag.syntax import thrift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.thrift import Plan

__all__ = ["BINARY", "I32", "I64", "LIST", "STRUCT", "Field", "Many", "Raw", "Struct", "read", "write"]

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
_WHOLE = (4, 5, 6)


@dataclass(slots=True)
class Raw:
    """The bytes of a value that is not looked into."""

    data: bytes


@dataclass(slots=True)
class Many:
    """A list: the type of its elements, and these."""

    kind: int
    items: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class Field:
    """A field of a struct: its number, its type, and what it holds."""

    number: int
    kind: int
    value: Value


@dataclass(slots=True)
class Struct:
    """A struct: its fields in the order of the file."""

    fields: list[Field] = field(default_factory=list)

    def of(self, number: int) -> Value | None:
        """What a field holds; None where it is not there."""
        return next((f.value for f in self.fields if f.number == number), None)

    def whole(self, number: int, default: int = 0) -> int:
        """A number."""
        value = self.of(number)
        return value if isinstance(value, int) else default

    def data(self, number: int) -> bytes:
        """Bytes."""
        value = self.of(number)
        return value if isinstance(value, bytes) else b""

    def items(self, number: int) -> list[Value]:
        """The elements of a list."""
        value = self.of(number)
        return value.items if isinstance(value, Many) else []

    def structs(self, number: int) -> list[Struct]:
        """The elements of a list of structs."""
        return [item for item in self.items(number) if isinstance(item, Struct)]

    def put(self, number: int, value: Value) -> None:
        """Change what a field holds that is there."""
        for one in self.fields:
            if one.number == number:
                one.value = value

    def drop(self, number: int) -> None:
        """Take a field out."""
        self.fields = [f for f in self.fields if f.number != number]


Value: TypeAlias = "int | bytes | Raw | Many | Struct"


def read(data: bytes, plan: Plan, at: int = 0, bound: int = 4_000_000) -> tuple[Struct, int]:
    """Read a struct.

    Args:
        data: Bytes that hold it.
        plan: What is looked into: numbers and bytes by an empty plan, lists and structs by the plan of what lies in
            them; the rest stays as it is.
        at: Where it begins.
        bound: Values that are read at most.

    Returns:
        The struct, and where it ends.

    Raises:
        Damaged: The bytes do not keep to the protocol, or hold more than is read.
    """
    reader = thrift.Walker(data, at, bound)
    try:
        made = _struct(reader, plan, 0)
    except thrift.Broken:
        raise Damaged("a struct of Thrift that breaks off") from None
    return made, reader.at


def _struct(reader: thrift.Walker, plan: Plan, depth: int) -> Struct:
    out = Struct()
    number = 0
    while True:
        head = reader.byte()
        kind = head & 15
        if not kind:
            return out
        number = number + (head >> 4) if head >> 4 else reader.zigzag()
        out.fields.append(Field(number, kind, _value(reader, kind, plan.get(number), depth)))


def _value(reader: thrift.Walker, kind: int, plan: Plan | None, depth: int) -> Value:
    if plan is not None:
        if kind in _WHOLE:
            return int(reader.value(kind, plan, None, depth))
        if kind == BINARY:
            return bytes(reader.value(kind, plan, None, depth))
        if kind == STRUCT:
            reader.value(1, None, None, depth)  # counted, and its depth looked at
            return _struct(reader, plan, depth + 1)
        if kind == LIST:
            return _many(reader, plan, depth)
    start = reader.at
    if kind in (1, 2):
        return kind == 1
    reader.value(kind, None, None, depth)
    return Raw(reader.data[start : reader.at])


def _many(reader: thrift.Walker, plan: Plan, depth: int) -> Many:
    head = reader.byte()
    count, kind = head >> 4, head & 15
    if count == 15:
        count = reader.varint()
    if count > len(reader.data) - reader.at:
        raise thrift.Broken
    if kind in (1, 2):
        return Many(kind, [Raw(bytes([reader.byte()])) for _ in range(count)])
    return Many(kind, [_value(reader, kind, plan, depth + 1) for _ in range(count)])


def write(struct: Struct) -> bytes:
    """The bytes of a struct."""
    return b"".join(_written(struct))


def _written(struct: Struct) -> Iterator[bytes]:
    before = 0
    for one in struct.fields:
        kind = one.kind
        step = one.number - before
        before = one.number
        yield bytes([step << 4 | kind]) if 0 < step < 16 else bytes([kind]) + _varint(_zigzag(one.number))
        if kind not in (1, 2):
            yield from _said(one.value)
    yield b"\0"


def _said(value: Value) -> Iterator[bytes]:
    if isinstance(value, Raw):
        yield value.data
    elif isinstance(value, int):
        yield _varint(_zigzag(value))
    elif isinstance(value, bytes):
        yield _varint(len(value))
        yield value
    elif isinstance(value, Struct):
        yield from _written(value)
    else:
        count = len(value.items)
        yield bytes([count << 4 | value.kind]) if count < 15 else bytes([0xF0 | value.kind]) + _varint(count)
        for item in value.items:
            yield from _said(item)


def _zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
