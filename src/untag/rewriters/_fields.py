"""Schemas of Arrow with fields taken out in place: nothing moves, vectors become shorter, and what went is blanked.

A flat buffer is full of offsets; one that keeps its length keeps all of them that stay, and the places of the messages
around it. Format: ``Schema.fbs`` of Apache Arrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.readers import _arrow
from untag.rewriters._columnar import without
from untag.syntax.flatbuffer import Buffer, Table, Wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from untag.rewriters._columnar import Entry

__all__ = ["Spot", "between", "blank", "buffer", "lifted", "pairs", "schema", "shrink", "spots", "trim", "write"]

_DEPTH, _MOST = 32, 100_000
#: Slots of the tables Field, Schema and KeyValue.
_NAME, _TYPE, _KIND, _CODED, _CHILDREN, _PAIRS = 0, 2, 3, 4, 5, 6
_FIELDS, _BESIDE = 1, 2
#: Names that stand between a list or map and what it holds, in Arrow and in Parquet.
_BETWEEN = frozenset((
    "list", "element", "item", "array", "bag", "array_element", "key_value", "key", "value", "entries", "array_item",
))  # fmt: skip


@dataclass(slots=True)
class Spot:
    """A field of a schema, and where it stands.

    Attributes:
        id: Its number in the field that holds it, after the numbers of those around it.
        names: Its name after those around it.
        kind: Its type.
        code: Number of its dictionary, or None.
        buffers: How many it has of its own in a batch, without those of views.
        table: Its table in the flat buffer.
        inner: Fields in it.
    """

    id: tuple[int, ...]
    names: tuple[str, ...]
    kind: str
    code: int | None
    buffers: int
    table: Table
    inner: list[Spot] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """Its name as readers show it."""
        return ".".join(n for n in self.names if n)

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """What is written beside it."""
        return pairs(self.table, _PAIRS)

    def walk(self) -> Iterator[Spot]:
        """The field and all in it, each before what lies in it."""
        stack = [self]
        while stack:
            one = stack.pop()
            yield one
            stack += reversed(one.inner)


def between(names: tuple[str, ...]) -> tuple[str, ...]:
    """A name in parts without what stands between a list and what it holds."""
    return (*names[:1], *(n for n in names[1:] if n not in _BETWEEN))


def schema(data: bytes) -> tuple[Table, int]:
    """The schema that a message holds, and the version of the metadata.

    Raises:
        Damaged: It holds none.
    """
    try:
        made = _arrow.message(data)
        held = made.table(2)
        if made.number(1, 1) == _arrow.SCHEMA and held is not None:
            return held, made.number(0, 2)
    except Wrong:
        pass
    raise Damaged("a message of Arrow that holds no schema")


def spots(held: Table, version: int) -> list[Spot]:
    """The fields of a schema.

    Args:
        held: The table of the schema.
        version: Of the metadata, by which unions differ.

    Raises:
        Damaged: It cannot be followed to its end.
    """
    left = [_MOST]
    try:
        return [_spot(t, (n,), (), version, left) for n, t in enumerate(held.tables(_FIELDS))]
    except Wrong:
        raise Damaged("a schema of Arrow that cannot be followed") from None


def _spot(table: Table, number: tuple[int, ...], names: tuple[str, ...], version: int, left: list[int]) -> Spot:
    left[0] -= 1
    if len(number) > _DEPTH or left[0] < 0:
        raise Wrong(table.at)
    kind = table.number(_TYPE, 1)
    name = _arrow.TYPES[kind] if kind < len(_arrow.TYPES) else ""
    coded = table.table(_CODED)
    buffers = _arrow.BUFFERS.get(name, 2)
    if not name:
        raise Damaged(f"a field of a type that is not known (number {kind})")
    if coded is not None:
        buffers = 2
    elif name in ("union", "run_end"):
        # From version 5 on, whose number is 4, these have no validity.
        held = table.table(_KIND)
        kinds = 1 + (held is not None and held.number(0, 2) == 1) if name == "union" else 0
        buffers = kinds + (version < 4)
    here = (*names, table.text(_NAME))
    made = Spot(number, here, name, coded.number(0, 8, signed=True) if coded is not None else None, buffers, table)
    inner = table.tables(_CHILDREN)
    made.inner = [_spot(part, (*number, n), here, version, left) for n, part in enumerate(inner)]
    return made


def lifted(fields: list[Spot], wanted: tuple[int, ...]) -> Spot:
    """The field that has to go so that one goes: a list cannot be without what it holds, nor a struct without any.

    Raises:
        Damaged: It lies in what a dictionary holds, or in a union.
    """
    line = [fields[wanted[0]]]
    for number in wanted[1:]:
        line.append(line[-1].inner[number])
    if any(one.code is not None for one in line[:-1]):
        raise Damaged("a field inside of a dictionary cannot be taken out by itself")
    at = len(line) - 1
    while at:
        above = line[at - 1]
        if above.kind == "union":
            raise Damaged("a field inside of a union cannot be taken out by itself")
        entries = at > 1 and line[at - 2].kind == "map"
        if above.kind == "struct" and len(above.inner) > 1 and not entries:
            break
        at -= 1
    return line[at]


def trim(
    data: bytes, out: bytearray, held: Table, fields: list[Spot], gone: Collection[Spot], entries: Collection[Entry],
    paths: Collection[tuple[str, ...]],
) -> None:  # fmt: skip
    """Take fields and what is written beside them out of a schema, in place.

    Args:
        data: The flat buffer as it is.
        out: The same, which is changed.
        held: The table of the schema in ``data``.
        fields: Its fields.
        gone: Those that go.
        entries: What goes whole beside the schema or a field.
        paths: Names in parts of columns that documents beside the schema are not to speak of.

    Raises:
        Damaged: The buffer cannot be followed.
    """
    try:
        _Trim(data, out, {one.id for one in gone}, {(e.column, e.key) for e in entries}).run(held, fields, paths)
    except Wrong:
        raise Damaged("a schema of Arrow that cannot be followed") from None


class _Trim:
    def __init__(self, data: bytes, out: bytearray, gone: set[tuple[int, ...]], entries: set[tuple[str, str]]) -> None:
        self.data, self.out, self.gone, self.entries = data, out, gone, entries
        self.kept: set[int] = set()
        self.blanked: set[int] = set()

    def run(self, held: Table, fields: list[Spot], paths: Collection[tuple[str, ...]]) -> None:
        self.children(held, _FIELDS, fields)
        self.pairs(held, _BESIDE, "", lambda raw: without(raw, paths))
        for at in self.blanked - self.kept:
            blank(self.data, self.out, at)

    def children(self, table: Table, slot: int, inner: list[Spot]) -> None:
        """Fields of a field or of the schema."""
        numbers = [n for n, one in enumerate(inner) if one.id in self.gone]
        if numbers:
            shrink(table, slot, 4, numbers, self.out)
        for one in inner:
            if one.id in self.gone:
                for part in one.walk():
                    self.note(part.table, _NAME, self.blanked)
                    for row in part.table.tables(_PAIRS):
                        self.note(row, 0, self.blanked)
                        self.note(row, 1, self.blanked)
                continue
            self.note(one.table, _NAME, self.kept)
            self.pairs(one.table, _PAIRS, one.shown, lambda raw: raw)
            self.children(one.table, _CHILDREN, one.inner)

    def pairs(self, table: Table, slot: int, about: str, change: Callable[[bytes], bytes]) -> None:
        """What is written beside a field or the schema."""
        numbers: list[int] = []
        for number, row in enumerate(table.tables(slot)):
            if (about, row.text(0)) in self.entries:
                numbers.append(number)
                self.note(row, 0, self.blanked)
                self.note(row, 1, self.blanked)
                continue
            self.note(row, 0, self.kept)
            self.note(row, 1, self.kept)
            at = _string(row, 1)
            if at:
                size = int.from_bytes(self.data[at : at + 4], "little")
                raw = self.data[at + 4 : at + 4 + size]
                made = change(raw)
                if made != raw:
                    self.out[at : at + 4 + size] = len(made).to_bytes(4, "little") + made.ljust(size, b"\0")
        if numbers:
            shrink(table, slot, 4, numbers, self.out)

    def note(self, table: Table, slot: int, into: set[int]) -> None:
        """Where a text stands."""
        if at := _string(table, slot):
            into.add(at)


def _string(table: Table, slot: int) -> int:
    at = table.field(slot)
    return at + table.buffer.number(at, 4) if at else 0


def pairs(table: Table, slot: int) -> list[tuple[str, str]]:
    """Keys and texts in a field of a table.

    Raises:
        Damaged: It cannot be followed.
    """
    try:
        return [(row.text(0), row.text(1)) for row in table.tables(slot)]
    except Wrong:
        raise Damaged("a schema of Arrow that cannot be followed") from None


def blank(data: bytes, out: bytearray, at: int) -> None:
    """Blank a text."""
    size = int.from_bytes(data[at : at + 4], "little")
    stop = min(len(data), at + 4 + size)
    out[at + 4 : stop] = bytes(stop - at - 4)


def shrink(table: Table, slot: int, width: int, gone: Collection[int], out: bytearray, *, inline: bool = False) -> None:
    """Take elements out of a vector, in place.

    Args:
        table: That holds the vector.
        slot: Its field.
        width: Bytes of an element.
        gone: Numbers of elements.
        out: The bytes of the buffer, which are changed.
        inline: Whether elements are structs or numbers, which may be moved as they are, and not offsets.
    """
    start, count = table.vector(slot)
    if not start:
        return
    data = table.buffer.data
    doomed = set(gone)
    to = start
    for number in range(count):
        if number in doomed:
            continue
        at = start + number * width
        piece = data[at : at + width]
        if not inline:
            piece = (int.from_bytes(piece, "little") + at - to).to_bytes(4, "little")
        out[to : to + width] = piece
        to += width
    end = start + count * width
    out[to:end] = bytes(end - to)
    write(out, start - 4, (to - start) // width, 4)


def write(out: bytearray, at: int, value: int, width: int) -> None:
    """Write a number."""
    out[at : at + width] = value.to_bytes(width, "little")


def buffer(data: bytes) -> Table:
    """The first table of a flat buffer.

    Raises:
        Damaged: It is none.
    """
    try:
        return Buffer(data, 0, 2_000_000).root()
    except Wrong:
        raise Damaged("a flat buffer that cannot be followed") from None
