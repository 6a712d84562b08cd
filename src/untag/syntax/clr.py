"""Metadata of .NET assemblies: types with their fields, methods and properties, members of enumerations, texts of code.

Source: ECMA-335, partition II, chapters 22 to 24. Tables are read as wide as the header says; what points nowhere is
left out.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Broken", "Declared", "Metadata"]

#: Columns of the tables up to the last that is needed: bytes, a heap (``S``, ``G``, ``B``), a table, or a choice.
_TYPE, _FIELD, _METHOD, _PARAM, _CONSTANT, _MAP, _PROPERTY = 0x02, 0x04, 0x06, 0x08, 0x0B, 0x15, 0x17
_CHOICES: dict[str, tuple[int, tuple[int, ...]]] = {
    "scope": (2, (0x00, 0x1A, 0x23, 0x01)), "type": (2, (0x02, 0x01, 0x1B)),
    "parent": (3, (0x02, 0x01, 0x1A, 0x06, 0x1B)), "constant": (2, (0x04, 0x08, 0x17)),
    "attribute": (5, (0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14, 0x11, 0x1A, 0x1B, 0x20, 0x23,
                      0x26, 0x27, 0x28, 0x2A, 0x2C, 0x2B)),
    "maker": (3, (0x06, 0x0A)), "marshal": (1, (0x04, 0x08)), "security": (2, (0x02, 0x06, 0x20)),
}  # fmt: skip
_TABLES: dict[int, tuple[int | str, ...]] = {
    0x00: (2, "S", "G", "G", "G"), 0x01: ("scope", "S", "S"), 0x02: (4, "S", "S", "type", "#4", "#6"),
    0x03: ("#4",), 0x04: (2, "S", "B"), 0x05: ("#6",), 0x06: (4, 2, 2, "S", "B", "#8"), 0x07: ("#8",),
    0x08: (2, 2, "S"), 0x09: ("#2", "type"), 0x0A: ("parent", "S", "B"), 0x0B: (2, "constant", "B"),
    0x0C: ("attribute", "maker", "B"), 0x0D: ("marshal", "B"), 0x0E: (2, "security", "B"), 0x0F: (2, 4, "#2"),
    0x10: (4, "#4"), 0x11: ("B",), 0x12: ("#2", "#20"), 0x13: ("#20",), 0x14: (2, "S", "type"), 0x15: ("#2", "#23"),
    0x16: ("#23",), 0x17: (2, "S", "B"),
}  # fmt: skip
#: Rows of one table, and characters of a text.
_ROWS, _LONG = 1 << 20, 4000
_LITERAL = 0x40


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


class Declared(Struct, frozen=True):
    """Something that an assembly declares.

    Attributes:
        what: ``type``, ``enum``, ``field``, ``member``, ``method``, ``parameter`` or ``property``.
        owner: The type with its namespace, and of a parameter the method.
        name: Its own.
        value: A member's number.
    """

    what: str
    owner: str
    name: str
    value: str = ""


class Metadata:
    """The metadata of one assembly.

    Args:
        data: From its signature on.

    Raises:
        Broken: It is damaged.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._open(data)
        except (struct.error, IndexError) as error:
            raise Broken("the metadata break off") from error

    def _open(self, data: bytes) -> None:
        if data[:4] != b"BSJB":
            raise Broken("no signature of metadata")
        at = 16 + struct.unpack_from("<I", data, 12)[0]
        streams: dict[str, bytes] = {}
        count = struct.unpack_from("<H", data, at + 2)[0]
        at += 4
        for _ in range(min(count, 32)):
            start, size = struct.unpack_from("<II", data, at)
            end = data.index(b"\0", at + 8) if b"\0" in data[at + 8 : at + 40] else at + 40
            streams.setdefault(data[at + 8 : end].decode("ascii", "replace"), data[start : start + size])
            at = at + 8 + (end - at - 8) // 4 * 4 + 4
        self._strings, self._blobs = streams.get("#Strings", b""), streams.get("#Blob", b"")
        self._texts = streams.get("#US", b"")
        tables = streams.get("#~", streams.get("#-", b""))
        heaps, (valid,) = tables[6], struct.unpack_from("<Q", tables, 8)
        numbers = [n for n in range(64) if valid >> n & 1]
        counts = struct.unpack_from(f"<{len(numbers)}I", tables, 24)
        self._counts = dict(zip(numbers, counts, strict=True))
        self._heap = {"S": 4 if heaps & 1 else 2, "G": 4 if heaps & 2 else 2, "B": 4 if heaps & 4 else 2}
        at = 24 + 4 * len(numbers) + (4 if heaps & 0x40 else 0)
        self._rows: dict[int, list[tuple[int, ...]]] = {}
        for number in numbers:
            if number not in _TABLES:
                break
            form = struct.Struct("<" + "".join("H" if self._width(c) == 2 else "I" for c in _TABLES[number]))
            size = min(self._counts[number], _ROWS) * form.size
            if at + size > len(tables):
                raise Broken("a table reaches beyond the end")
            if number in {1, _TYPE, _FIELD, _METHOD, _PARAM, _CONSTANT, _MAP, _PROPERTY}:
                self._rows[number] = list(form.iter_unpack(tables[at : at + size]))
            at += self._counts[number] * form.size

    def _width(self, column: int | str) -> int:
        """Bytes of a column."""
        if isinstance(column, int):
            return column
        if column in self._heap:
            return self._heap[column]
        if column[0] == "#":
            return 2 if self._counts.get(int(column[1:]), 0) < 1 << 16 else 4
        bits, tables = _CHOICES[column]
        return 2 if max(self._counts.get(t, 0) for t in tables) < 1 << 16 - bits else 4

    def _name(self, at: int) -> str:
        end = self._strings.find(b"\0", at, at + 1024)
        return self._strings[at : end if end >= 0 else at].decode("utf-8", "replace")

    def _table(self, number: int) -> Sequence[tuple[int, ...]]:
        return self._rows.get(number, ())

    def declared(self) -> Iterator[Declared]:
        """All types with what they hold, one after another."""
        types, fields, methods = self._table(_TYPE), self._table(_FIELD), self._table(_METHOD)
        values = {row[1] >> 2: row for row in self._table(_CONSTANT) if row[1] & 3 == 0}
        properties = self._properties(len(types))
        ends = (0, 0, 0, 0, len(fields) + 1, len(methods) + 1)
        for number, (row, after) in enumerate(pairwise((*types, ends)), 1):
            name, space = self._name(row[1]), self._name(row[2])
            own = f"{space}.{name}" if space else name
            if name in {"", "<Module>", "<PrivateImplementationDetails>"}:
                continue
            enum = self._base(row[3]) == "Enum"
            yield Declared("enum" if enum else "type", own, name)
            for index in range(max(row[4], 1), min(after[4], len(fields) + 1)):
                flags, label, _ = fields[index - 1]
                text = self._name(label)
                if text and not (enum and not flags & _LITERAL) and not text.endswith(">k__BackingField"):
                    value = self._value(values.get(index))
                    yield Declared("member" if enum else "field", own, text, value)
            for first, last in properties.get(number, ()):
                for index in range(first, min(last, len(self._table(_PROPERTY)) + 1)):
                    yield Declared("property", own, self._name(self._table(_PROPERTY)[index - 1][1]))
            yield from self._methods(row[5], after[5], own)

    def _methods(self, first: int, last: int, own: str) -> Iterator[Declared]:
        """Methods and their parameters, but for those that the compiler made."""
        methods, parameters = self._table(_METHOD), self._table(_PARAM)
        for index in range(max(first, 1), min(last, len(methods) + 1)):
            row = methods[index - 1]
            name = self._name(row[3])
            if not name or name[0] in ".<" or name.startswith(("get_", "set_", "add_", "remove_")):
                continue
            yield Declared("method", own, name)
            stop = methods[index][5] if index < len(methods) else len(parameters) + 1
            for number in range(max(row[5], 1), min(stop, len(parameters) + 1)):
                if text := self._name(parameters[number - 1][2]):
                    yield Declared("parameter", f"{own}.{name}", text)

    def _properties(self, types: int) -> dict[int, list[tuple[int, int]]]:
        """By number of the type, the first property and the one behind the last."""
        out: dict[int, list[tuple[int, int]]] = {}
        rows = [*self._table(_MAP), (0, len(self._table(_PROPERTY)) + 1)]
        for (owner, first), (_, last) in pairwise(rows):
            if 0 < owner <= types and first > 0:
                out.setdefault(owner, []).append((first, last))
        return out

    def _base(self, coded: int) -> str:
        """The name of the type that one is derived from, where it is one of another assembly."""
        rows = self._table(1)
        number = coded >> 2
        return self._name(rows[number - 1][1]) if coded & 3 == 1 and 0 < number <= len(rows) else ""

    def _value(self, row: tuple[int, ...] | None) -> str:
        """A constant as text: numbers and texts."""
        if row is None:
            return ""
        raw = self._blob(row[2])
        kind = row[0] & 0xFF
        if kind == 0x0E:
            return raw.decode("utf-16-le", "replace")[:200]
        if kind in {4, 6, 8, 10}:
            return str(int.from_bytes(raw, "little", signed=True))
        return str(int.from_bytes(raw, "little")) if kind in {5, 7, 9, 11} else ""

    def _blob(self, at: int) -> bytes:
        size, at = _length(self._blobs, at)
        return self._blobs[at : at + min(size, _LONG)]

    def texts(self) -> Iterator[str]:
        """Texts that the code uses, in the order in which the compiler met them."""
        at = 1
        while at < len(self._texts):
            size, at = _length(self._texts, at)
            if size > 1:
                yield self._texts[at : at + min(size - 1, 2 * _LONG)].decode("utf-16-le", "replace")
            at += size


def _length(raw: bytes, at: int) -> tuple[int, int]:
    """A length of one, two or four bytes, and where what follows begins."""
    first = raw[at] if at < len(raw) else 0
    if first < 0x80:
        return first, at + 1
    if first < 0xC0:
        return int.from_bytes(raw[at : at + 2], "big") & 0x3FFF, at + 2
    return int.from_bytes(raw[at : at + 4], "big") & 0x1FFFFFFF, at + 4
