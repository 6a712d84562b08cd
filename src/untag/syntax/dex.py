"""Dex files of Android: classes with their fields, methods, annotations and texts, and what arrays of texts hold.

Source: source.android.com, "Dalvik executable format".
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.syntax.dalvik import Walk
from untag.syntax.javaclass import decoded, plain
from untag.syntax.leb128 import unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["MAGIC", "Broken", "Dex", "DexClass", "dexes"]

MAGIC = b"dex\n"
_HEADER, _CONTAINER = 112, 120
_ENUM = 0x4000
#: Bytes of a text that are kept, values of one annotation, and how deep these nest.
_LONG, _VALUES, _DEPTH = 20_000, 5000, 8
#: Texts of one file, types of it (their numbers have 16 bits), and units of one method.
_TEXTS, _TYPES, _METHOD = 1 << 21, 1 << 16, 1 << 18
#: Steps for each byte of a file: what several things share is gone through by each of them, up to so often.
_OFTEN = 6
#: Annotations that the compiler makes of what stands elsewhere too.
_MADE = frozenset(
    f"dalvik.annotation.{n}"
    for n in (
        "EnclosingClass", "EnclosingMethod", "InnerClass", "MemberClasses", "MethodParameters", "Signature",
        "SourceDebugExtension", "Throws",
    )
)  # fmt: skip


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


class _Spent(Exception):  # noqa: N818 - a bound, no error
    """More steps than a file of this size takes."""


class DexClass(Struct):
    """What a class declares.

    Attributes:
        name: With dots.
        enum: Whether it is an enumeration.
        fields: Name, type, whether it is a member of the enumeration, and the texts that it is made with.
        methods: Name, and names of parameters.
        notes: What is annotated (nothing: the class), the annotation, the name of the value, and its text.
        arrays: The field and the texts of each array that the code fills with texts.
        texts: Other texts that the code uses.
    """

    name: str
    enum: bool = False
    fields: list[tuple[str, str, bool, list[str]]] = field(default_factory=list)
    methods: list[tuple[str, list[str]]] = field(default_factory=list)
    notes: list[tuple[str, str, str, str]] = field(default_factory=list)
    arrays: list[tuple[str, list[str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class _Body(Struct):
    """What a class holds, by number: fields with flags, methods with the place of their code, and annotations."""

    fields: list[tuple[int, int]] = field(default_factory=list)
    methods: list[tuple[int, int]] = field(default_factory=list)
    #: Texts of what is annotated (-1: the class), the type of the annotation, and texts of its key and value.
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    #: Texts that static fields begin with.
    static: list[int] = field(default_factory=list)


def dexes(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the dex files of an artifact begin and end: one, or in a container (version 41) several."""
    at = 0
    while data.startswith(MAGIC, at) and at + _HEADER <= len(data):
        size = struct.unpack_from("<I", data, at + 32)[0]
        end = min(len(data), at + max(size, _HEADER))
        yield at, end
        at = end


class Dex:
    """One dex file.

    Attributes:
        code: Bytes of instructions.
        damage: Things that could not be followed.
        full: Whether there was more to follow than is followed.
    """

    def __init__(self, data: bytes, start: int, spots: Sequence[tuple[int, int]] | None) -> None:
        """Read the header.

        Args:
            data: The artifact.
            start: Where the header begins.
            spots: Where something of interest stands in the artifact, sorted; None where that is not known. Only what
                has to do with a text there is told.

        Raises:
            Broken: There is none.
        """
        if not data.startswith(MAGIC, start) or start + _HEADER > len(data):
            raise Broken("the header breaks off")
        if data[start + 40 : start + 44] != b"\x78\x56\x34\x12":
            raise Broken("the low byte of a number stands last")
        base = start
        if data[start + 4 : start + 7] >= b"041" and start + _CONTAINER <= len(data):
            base -= struct.unpack_from("<I", data, start + 116)[0]
        self._data, self._base = data, max(base, 0)
        self.code = self.damage = 0
        self.full = False
        self._left = _OFTEN * len(data) + (1 << 16)
        self._texts: dict[int, str] = {}
        self._told: set[int] = set()
        rows = struct.unpack_from("<12I", data, start + 56)
        self._strings = _numbers(data, *self._table(rows[0], rows[1], 4, _TEXTS))
        self._kinds = _numbers(data, *self._table(rows[2], rows[3], 4, _TYPES))
        self._protos = self._table(rows[4], rows[5], 12, _TYPES)
        self._fields, self._methods, self._classes = (
            self._table(rows[2 * n], rows[2 * n + 1], width, _TEXTS) for n, width in ((3, 8), (4, 8), (5, 32))
        )
        self._wanted: set[int] | None = None
        self._uses = array("I")
        if spots is not None:
            try:
                self._wanted = self._near(spots)
                self._uses = self._loads(self._wanted)
            except _Spent:
                self.full = True

    def _table(self, count: int, at: int, width: int, most: int) -> tuple[int, int]:
        """Where a table begins, and its rows that are there."""
        at += self._base
        there = max(0, (len(self._data) - at) // width)
        self.damage += count > there
        self.full |= min(count, there) > most
        return at, min(count, there, most)

    def _step(self, size: int = 1) -> None:
        self._left -= size
        if self._left < 0:
            raise _Spent

    def text(self, number: int) -> str:
        """A text by its number; nothing where there is none."""
        text = self._texts.get(number)
        if text is None:
            if not 0 <= number < len(self._strings):
                return ""
            at = self._base + self._strings[number]
            try:
                _, at = unsigned(self._data, at, most=5)
            except IndexError:
                return ""
            end = self._data.find(b"\0", at, at + _LONG)
            raw = self._data[at : end if end >= 0 else at + _LONG]
            self._step(8 + len(raw))
            text = self._texts[number] = decoded(raw)
        return text

    def _type(self, number: int) -> str:
        """The descriptor of a type."""
        return self.text(self._kinds[number]) if 0 <= number < len(self._kinds) else ""

    def _field(self, number: int) -> tuple[int, int, int]:
        """Of a field the number of its class, that of its type, and that of its name."""
        start, count = self._fields
        if not 0 <= number < count:
            return -1, -1, -1
        owner, type_, name = struct.unpack_from("<HHI", self._data, start + 8 * number)
        return owner, type_, name

    def _method(self, number: int) -> tuple[int, int]:
        """Of a method the number of its class and that of its name."""
        start, count = self._methods
        if not 0 <= number < count:
            return -1, -1
        owner, _, name = struct.unpack_from("<HHI", self._data, start + 8 * number)
        return owner, name

    def classes(self) -> Iterator[DexClass]:
        """All classes, or those that name, or whose code uses, a text of interest."""
        start, count = self._classes
        try:
            for number in range(count):
                row = struct.unpack_from("<8I", self._data, start + 32 * number)
                body = _Body()
                for part, offset in ((self._members, row[6]), (self._static, row[7]), (self._noted, row[5])):
                    self._safely(part, body, offset)
                self.code += sum(self._size(at) for _, at in body.methods)
                if self._wanted is None or self._touched(row, body, self._wanted):
                    yield self._made(row, body)
        except _Spent:
            self.full = True

    def _safely(self, part: Callable[[_Body, int], None], body: _Body, offset: int) -> None:
        """Read a part of a class; of one that is damaged what stands before the damage is kept."""
        if offset:
            try:
                part(body, self._base + offset)
            except (IndexError, struct.error):
                self.damage += 1

    def _near(self, spots: Sequence[tuple[int, int]]) -> set[int]:
        """Numbers of the texts in which something of interest stands."""
        places = self._strings
        order: Sequence[int] = range(len(places))
        if any(a > b for a, b in pairwise(places)):
            order = sorted(order, key=places.__getitem__)
        out: set[int] = set()
        for low, high in spots:
            first = bisect_left(order, low - self._base, key=places.__getitem__)
            last = bisect_left(order, high - self._base, key=places.__getitem__)
            self._step(1 + last - first)
            out.update(order[n] for n in range(max(0, first - 1), last))
        return out

    def _loads(self, wanted: set[int]) -> array[int]:
        """Places that look like an operation that loads one of some texts."""
        units, out = array("H"), array("I")
        units.frombytes(self._data[: len(self._data) & ~1])
        if sys.byteorder == "big":
            units.byteswap()
        last = len(units) - 2
        for at, unit in enumerate(units):
            if unit & 0xFE == 0x1A and at < last:
                number = units[at + 1] | (units[at + 2] << 16 if unit & 1 else 0)
                if number in wanted:
                    out.append(2 * at)
        return out

    def _touched(self, row: Sequence[int], body: _Body, wanted: set[int]) -> bool:
        """Whether a class has to do with one of some texts."""
        if row[0] < len(self._kinds) and self._kinds[row[0]] in wanted:
            return True
        for number, _ in body.fields:
            _, type_, name = self._field(number)
            if name in wanted or (0 <= type_ < len(self._kinds) and self._kinds[type_] in wanted):
                return True
        if not wanted.isdisjoint(body.static) or any(not wanted.isdisjoint(note) for note in body.notes):
            return True
        for number, at in body.methods:
            if self._method(number)[1] in wanted:
                return True
            near = bisect_left(self._uses, at) if at else len(self._uses)
            if near < len(self._uses) and self._uses[near] < at + 16 + self._size(at):
                return True
        return False

    def _size(self, at: int) -> int:
        """Bytes of the instructions of a method."""
        if not at or at + 16 > len(self._data):
            return 0
        return int(min(2 * struct.unpack_from("<I", self._data, at + 12)[0], len(self._data) - at - 16))

    def _members(self, body: _Body, at: int) -> None:
        """Fields and methods of a class."""
        data = self._data
        counts = []
        for _ in range(4):
            count, at = unsigned(data, at, most=5)
            counts.append(count)
        for count in counts[:2]:
            number = 0
            for _ in range(count):
                self._step(4)
                step, at = unsigned(data, at, most=5)
                flags, at = unsigned(data, at, most=5)
                number += step
                body.fields.append((number, flags))
        for count in counts[2:]:
            number = 0
            for _ in range(count):
                self._step(6)
                step, at = unsigned(data, at, most=5)
                _, at = unsigned(data, at, most=5)
                place, at = unsigned(data, at, most=5)
                number += step
                body.methods.append((number, self._base + place if place else 0))

    def _said(self, number: int) -> str:
        """A text that is told as something."""
        self._told.add(number)
        return self.text(number)

    def _made(self, row: Sequence[int], body: _Body) -> DexClass:
        enum = bool(row[1] & _ENUM)
        made = DexClass(plain(self._type(row[0])), enum)
        self._told.add(row[4])  # the name of its source
        members: dict[int, list[int]] = {}
        for place, (number, _) in enumerate(body.fields):
            first = body.static[place] if place < len(body.static) else -1
            members[number] = [first] if first >= 0 else []
        for number, at in body.methods:
            name = self._said(self._method(number)[1])
            parameters: list[str] = []
            try:
                if at:
                    parameters = self._parameters(at)
                    self._follow(at, made, members if enum and name == "<clinit>" else {})
            except (IndexError, struct.error):
                self.damage += 1
            made.methods.append((name, parameters))
        for number, flags in body.fields:
            _, type_, label = self._field(number)
            texts = [self._said(n) for n in members[number] if n != label]
            made.fields.append((self._said(label), self._type(type_), bool(flags & _ENUM), texts))
        listed = {t for _, rows in made.arrays for t in rows} | {t for _, _, _, texts in made.fields for t in texts}
        listed |= {name for name, _, member, _ in made.fields if member}
        made.texts = [t for t in dict.fromkeys(made.texts) if t and t not in listed]
        for about, sort, key, text in body.notes:
            made.notes.append((self.text(about), plain(self._type(sort)), self._said(key), self._said(text)))
        return made

    def _parameters(self, at: int) -> list[str]:
        """Names of the parameters of a method, where they were kept."""
        data = self._data
        place = struct.unpack_from("<I", data, at + 8)[0]
        if not place:
            return []
        _, place = unsigned(data, self._base + place, most=5)
        count, place = unsigned(data, place, most=5)
        out = []
        for _ in range(min(count, 255)):
            number, place = unsigned(data, place, most=5)
            if number:
                out.append(self._said(number - 1))
        return out

    def _follow(self, at: int, made: DexClass, members: dict[int, list[int]]) -> None:
        """Go through the instructions of a method for its texts."""
        size = self._size(at) // 2
        if size > _METHOD:
            self.full = True
            return
        self._step(2 * size)
        walk = Walk(struct.unpack_from(f"<{size}H", self._data, at + 16))
        walk.run(members)
        made.texts += [self._said(n) for n in walk.texts]
        for one in walk.arrays:
            if len(one.texts) > 1:
                made.arrays.append((self.text(self._field(one.field)[2]), [self._said(n) for n in one.texts]))

    def _static(self, body: _Body, at: int) -> None:
        """Numbers of the texts that static fields begin with; -1 where it is no text."""
        data = self._data
        count, at = unsigned(data, at, most=5)
        for _ in range(min(count, len(body.fields))):
            self._step(2)
            kind, size = data[at] & 0x1F, (data[at] >> 5) + 1
            if kind in {0x1C, 0x1D}:
                return  # no constant of a field is an array
            size = 0 if kind in {0x1E, 0x1F} else size
            body.static.append(int.from_bytes(data[at + 1 : at + 1 + size], "little") if kind == 0x17 else -1)
            at += 1 + size

    def _noted(self, body: _Body, at: int) -> None:
        """Annotations of a class and of what it holds."""
        own, fields, methods, _ = struct.unpack_from("<4I", self._data, at)
        if own:
            self._set(body, self._base + own, -1)
        at += 16
        for index in range(fields + methods):
            self._step(8)
            number, place = struct.unpack_from("<2I", self._data, at + 8 * index)
            name = self._field(number)[2] if index < fields else self._method(number)[1]
            self._set(body, self._base + place, name)

    def _set(self, body: _Body, at: int, about: int) -> None:
        """The annotations of one thing."""
        count = struct.unpack_from("<I", self._data, at)[0]
        for index in range(count):
            self._step(4)
            place = self._base + struct.unpack_from("<I", self._data, at + 4 + 4 * index)[0]
            out: list[tuple[int, int]] = []
            type_, place = unsigned(self._data, place + 1, most=5)
            sort = plain(self._type(type_))
            if sort in _MADE:
                continue
            self._annotation(place, out, 0)
            if sort == "kotlin.Metadata":
                out = [(key, text) for key, text in out if self.text(key) == "d2"]  # d1 is no text
            body.notes += [(about, type_, key, text) for key, text in out]

    def _annotation(self, at: int, out: list[tuple[int, int]], depth: int) -> int:
        """The texts of an annotation, from the number of its values on; returns where it ends."""
        count, at = unsigned(self._data, at, most=5)
        for _ in range(count):
            name, at = unsigned(self._data, at, most=5)
            at = self._value(at, name, out, depth + 1)
        return at

    def _value(self, at: int, key: int, out: list[tuple[int, int]], depth: int) -> int:
        data = self._data
        self._step(2)
        if depth > _DEPTH or len(out) > _VALUES:
            raise IndexError("values nest too deep")
        kind, size = data[at] & 0x1F, (data[at] >> 5) + 1
        at += 1
        if kind == 0x1C:
            count, at = unsigned(data, at, most=5)
            for _ in range(count):
                at = self._value(at, key, out, depth + 1)
            return at
        if kind == 0x1D:
            _, at = unsigned(data, at, most=5)
            return self._annotation(at, out, depth)
        if kind in {0x1E, 0x1F}:
            return at
        number = int.from_bytes(data[at : at + size], "little")
        if kind == 0x17:
            out.append((key, number))
        elif kind == 0x1B:
            out.append((key, self._field(number)[2]))
        return at + size

    def imports(self) -> Iterator[tuple[str, str, bool]]:
        """Fields and methods of classes that this file does not hold: the class, the name, whether it is a method."""
        start, count = self._classes
        own = {struct.unpack_from("<I", self._data, start + 32 * n)[0] for n in range(count)}
        rows = [(self._field(n)[0], self._field(n)[2], False) for n in range(self._fields[1])]
        rows += [(*self._method(n), True) for n in range(self._methods[1])]
        try:
            for owner, name, called in rows:
                if owner not in own and (self._wanted is None or name in self._wanted):
                    yield plain(self._type(owner)), self._said(name), called
        except _Spent:
            self.full = True

    def rest(self) -> Iterator[str]:
        """Texts that no class told: of code that was not understood, or that makes its classes at run time."""
        start, count = self._protos
        known = self._told.union(self._kinds)
        known.update(struct.unpack_from("<I", self._data, start + 12 * n)[0] for n in range(count))
        try:
            for number in sorted(self._wanted) if self._wanted is not None else range(len(self._strings)):
                if number not in known:
                    yield self.text(number)
        except _Spent:
            self.full = True


def _numbers(data: bytes, start: int, count: int) -> array[int]:
    """Numbers of four bytes, the low one first."""
    out = array("I")
    out.frombytes(data[start : start + 4 * count])
    if sys.byteorder == "big":
        out.byteswap()
    return out
