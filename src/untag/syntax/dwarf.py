"""Debug information in DWARF 2 to 5: the things that a program declares, with their names, types and values.

Source: DWARF Debugging Information Format, versions 2 to 5. Entries are walked once, from front to back; references are
followed a few steps at most and only inside of a unit, so that circles end.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from untag.syntax.pages import Bytes

__all__ = ["Debug", "Thing"]

#: Bytes of a unit that is read, entries of all units, and how deep they may nest.
_UNIT, _ENTRIES, _DEPTH = 256 << 20, 6_000_000, 200
#: Characters of a name, and steps from a type to its name.
_LONG, _STEPS = 1000, 8
#: Suffixes of a name that one may point to, since linkers let names share their ends.
_SHARED = 64

_CLASS, _ENUM, _STRUCT, _UNION, _TYPEDEF, _ENUMERATOR = 0x02, 0x04, 0x13, 0x17, 0x16, 0x28
_MEMBER, _PARAMETER, _SUBPROGRAM, _VARIABLE, _NAMESPACE, _INTERFACE = 0x0D, 0x05, 0x2E, 0x34, 0x39, 0x38
_MODULE = 0x1E
_TYPES = frozenset({_CLASS, _STRUCT, _UNION, _INTERFACE})
_SCOPES = _TYPES | {_ENUM, _NAMESPACE, _SUBPROGRAM, _MODULE}
_WORDS = {
    _CLASS: "class", _STRUCT: "struct", _UNION: "struct", _INTERFACE: "class", _ENUM: "enum", _ENUMERATOR: "member",
    _MEMBER: "field", _PARAMETER: "parameter", _SUBPROGRAM: "function", _VARIABLE: "variable",
}  # fmt: skip
_TYPED = frozenset({_MEMBER, _PARAMETER, _VARIABLE})
_NAME, _VALUE, _TYPE, _ORIGIN, _SPECIFICATION, _BASE = 0x03, 0x1C, 0x49, 0x31, 0x47, 0x72
_WANTED = frozenset({_NAME, _VALUE, _TYPE, _ORIGIN, _SPECIFICATION, _BASE})
_IMPLICIT, _INDIRECT = 0x21, 0x16

#: Bytes of forms that have always the same; others are told by a word.
_FIXED = {
    0x05: 2, 0x06: 4, 0x07: 8, 0x0B: 1, 0x0C: 1, 0x11: 1, 0x12: 2, 0x13: 4, 0x14: 8, 0x19: 0, 0x1E: 16, 0x20: 8,
    0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4, 0x29: 1, 0x2A: 2, 0x2B: 3, 0x2C: 4, 0x1C: 4, 0x24: 8, _IMPLICIT: 0,
}  # fmt: skip
_WORDY = {
    0x01: "address", 0x03: "block2", 0x04: "block4", 0x08: "text", 0x09: "block", 0x0A: "block1", 0x0D: "leb",
    0x0E: "offset", 0x0F: "leb", 0x10: "ref", 0x15: "leb", _INDIRECT: "indirect", 0x17: "offset", 0x18: "block",
    0x1A: "leb", 0x1B: "leb", 0x1D: "offset", 0x1F: "offset", 0x22: "leb", 0x23: "leb",
    0x1F01: "leb", 0x1F02: "leb", 0x1F20: "offset", 0x1F21: "offset",
}  # fmt: skip
_INDEXED = frozenset({0x1A, 0x25, 0x26, 0x27, 0x28, 0x1F02})
_REFERS = frozenset({0x11, 0x12, 0x13, 0x14, 0x15})


class Thing(Struct, frozen=True):
    """What an entry declares.

    Attributes:
        what: ``class``, ``struct``, ``enum``, ``member``, ``field``, ``parameter``, ``function`` or ``variable``.
        path: Names of what it lies in, outermost first.
        within: What the innermost of these is, in the same words; nothing for a namespace or the file.
        name: Its own.
        type: The name of its type, where one is told.
        value: A member's number.
        at: The entry's place in the artifact.
    """

    what: str
    path: tuple[str, ...]
    within: str
    name: str
    type: str
    value: str
    at: int


class _Cut(Exception):  # noqa: N818 - never leaves this module
    pass


class _Attribute(NamedTuple):
    name: int
    form: int
    value: int


class _Abbreviation(NamedTuple):
    tag: int
    children: bool
    rows: tuple[tuple[int, int, int], ...]
    #: Bytes of all attributes where that is always the same and none is wanted, else -1.
    size: int


class _Unit(NamedTuple):
    start: int
    entries: int
    end: int
    version: int
    wide: bool
    address: int
    abbreviations: int
    #: Which byte of a number comes first, as Python calls it.
    order: Literal["little", "big"]


class _Entry:
    """What is kept of an entry until its unit is read."""

    __slots__ = ("at", "name", "parent", "tag", "type", "value")

    def __init__(self, at: int, tag: int, parent: int, name: str, type_: int, value: str) -> None:
        self.at, self.tag, self.parent, self.name, self.type, self.value = at, tag, parent, name, type_, value


class Debug:
    """The debug information of one program.

    Args:
        sections: By name (``info``, ``types``, ``abbrev``, ``str``, ``line_str``, ``str_offsets``), where each lies in
            the artifact: first byte and size.
        data: The artifact.
        order: ``<`` or ``>``.

    Attributes:
        damage: How many units could not be read to their end.
        full: Whether there were more entries than are read.
    """

    def __init__(self, sections: dict[str, tuple[int, int]], data: Bytes, order: str) -> None:
        self._where = sections
        self._data = data
        self._order = order
        self._byte: Literal["little", "big"] = "little" if order == "<" else "big"
        self._tables: dict[int, dict[int, _Abbreviation]] = {}
        self._left = _ENTRIES
        self._abbrev = self._bytes("abbrev")
        self._texts = {0x0E: self._bytes("str"), 0x1F: self._bytes("line_str")}
        self._offsets = self._bytes("str_offsets")
        self.damage = 0
        self.full = False

    def _bytes(self, name: str) -> bytes:
        start, size = self._where.get(name, (0, 0))
        return self._data[start : start + size]

    def things(self, spots: Sequence[tuple[int, int]] | None) -> Iterator[Thing]:
        """What is declared.

        Args:
            spots: Where something of interest stands in the artifact: units that name nothing there are passed over.
                None reads all.
        """
        for section in ("info", "types"):
            start, size = self._where.get(section, (0, 0))
            refers = None if spots is None else self._refers(spots)
            inside = [] if spots is None else [a for a, b in spots if a < start + size and b > start]
            for unit in self._units(section, start, size):
                if unit.end - unit.start > _UNIT:
                    self.damage += 1
                    continue
                raw = self._data[unit.start : unit.end]
                if refers is not None and not _within(inside, unit.start, unit.end) and not refers(unit, raw):
                    continue
                if self._left <= 0:
                    self.full = True
                    return
                yield from self._unit(unit, raw)

    # --- which units ------------------------------------------------------------------------------------------------

    def _refers(self, spots: Sequence[tuple[int, int]]) -> Callable[[_Unit, bytes], bool]:
        """What tells whether a unit points to a name of interest: some four bytes of it are the name's offset."""
        wanted: set[int] = set()
        for form, name in ((0x0E, "str"), (0x1F, "line_str")):
            start, size = self._where.get(name, (0, 0))
            texts = self._texts[form]
            for a, _ in spots:
                if start <= a < start + size:
                    at = a - start
                    first = texts.rfind(b"\0", max(0, at - _LONG), at) + 1
                    wanted.update((first, *range(max(first, at - _SHARED), at + 1)))
        native = {int.from_bytes(n.to_bytes(4, self._byte), "little") for n in wanted if n < 1 << 32}
        listed = self._positions(native)

        def refers(unit: _Unit, raw: bytes) -> bool:
            if not native:
                return False
            if any(
                not native.isdisjoint(struct.unpack_from(f"<{(len(raw) - k) // 4}I", raw, k))
                for k in range(min(4, len(raw)))
            ):
                return True
            if not listed or unit.version < 5:
                return False
            base = self._base(unit, raw)
            size = int.from_bytes(self._offsets[base - 8 : base - 4], self._byte) if base >= 8 else 0
            near = bisect_left(listed, base)
            return near < len(listed) and listed[near] < base + max(size, 4)

        return refers

    def _positions(self, native: set[int]) -> list[int]:
        """Where a table of offsets, into which newer units point, holds one of them."""
        raw = self._offsets
        values = struct.unpack_from(f"<{len(raw) // 4}I", raw) if native else ()
        return [i * 4 for i, value in enumerate(values) if value in native]

    def _base(self, unit: _Unit, raw: bytes) -> int:
        """Where the part of the table that is a unit's own begins."""
        try:
            code, at = _leb(raw, unit.entries - unit.start)
            row = self._table(unit).get(code)
            return self._entry(unit, raw, at, row, 0, -1, 0)[2] or 8 if row is not None else 8
        except (_Cut, IndexError, struct.error):
            return 8

    def _units(self, section: str, start: int, size: int) -> Iterator[_Unit]:
        """Headers of units."""
        at, end, order = start, start + size, self._order
        while at + 11 < end:
            head = self._data[at : at + 40]
            length, begin = *struct.unpack_from(order + "I", head), at + 4
            wide = length == 0xFFFFFFFF
            if wide:
                length, begin = *struct.unpack_from(order + "Q", head, 4), at + 12
            stop = begin + length
            if length < 7 or stop > end:
                self.damage += 1
                return
            version = struct.unpack_from(order + "H", head, begin - at)[0]
            offset = order + ("Q" if wide else "I")
            more = 8 if wide else 4
            if version >= 5 and len(head) >= begin - at + 4 + more:
                kind, address = head[begin - at + 2], head[begin - at + 3]
                table = struct.unpack_from(offset, head, begin - at + 4)[0]
                entries = begin + 4 + more + (8 if kind in {4, 5} else 8 + more if kind in {2, 6} else 0)
            elif 2 <= version < 5:
                table = struct.unpack_from(offset, head, begin - at + 2)[0]
                address, entries = head[begin - at + 2 + more], begin + 3 + more
                if section == "types":
                    entries += 8 + more
            else:
                self.damage += 1
                at = stop
                continue
            yield _Unit(at, entries, stop, version, wide, address, table, self._byte)
            at = stop

    # --- one unit ---------------------------------------------------------------------------------------------------

    def _table(self, unit: _Unit) -> dict[int, _Abbreviation]:
        """The abbreviations of a unit.

        Raises:
            _Cut: They break off.
        """
        if unit.abbreviations not in self._tables:
            if len(self._tables) > 64:
                self._tables.clear()
            self._tables[unit.abbreviations] = self._make(unit)
        return self._tables[unit.abbreviations]

    def _make(self, unit: _Unit) -> dict[int, _Abbreviation]:
        raw, at = self._abbrev, unit.abbreviations
        out: dict[int, _Abbreviation] = {}
        while True:
            code, at = _leb(raw, at)
            if not code:
                return out
            tag, at = _leb(raw, at)
            children = bool(raw[at : at + 1] != b"\0")
            at += 1
            rows: list[tuple[int, int, int]] = []
            while True:
                name, at = _leb(raw, at)
                form, at = _leb(raw, at)
                value = 0
                if form == _IMPLICIT:
                    value, at = _sleb(raw, at)
                if not name and not form:
                    break
                rows.append((name, form, value))
                if len(rows) > 1000:
                    raise _Cut
            known = all(form in _FIXED for _, form, _ in rows)
            wanted = tag in _WORDS or tag in _SCOPES or tag == _TYPEDEF
            wanted = wanted or any(name in {_TYPE, _BASE} for name, _, _ in rows)
            size = sum(_FIXED[form] for _, form, _ in rows) if known and not wanted else -1
            out[code] = _Abbreviation(tag, children, tuple(rows), size)
            if len(out) > 200_000:
                raise _Cut

    def _unit(self, unit: _Unit, raw: bytes) -> Iterator[Thing]:
        """All things of a unit; what was read before it breaks off is told."""
        entries: dict[int, _Entry] = {}
        try:
            self._walk(unit, raw, entries)
        except (_Cut, IndexError, struct.error):
            self.damage += 1
        aliases: dict[int, str] = {}
        for entry in entries.values():
            if entry.tag == _TYPEDEF and entry.name and entry.type in entries and not entries[entry.type].name:
                aliases.setdefault(entry.type, entry.name)
        paths: dict[int, tuple[tuple[str, ...], str]] = {}
        for entry in entries.values():
            what = _WORDS.get(entry.tag)
            name = entry.name or aliases.get(entry.at, "")
            path, within = _path(entry, entries, paths)
            if entry.tag == _ENUMERATOR and not within and name:
                # An enumeration without a name is called after its first member.
                path, within = paths[entry.parent] = (*path, f"enum {name}"), "enum"
            if entry.tag in _SCOPES:
                if name:
                    paths[entry.at] = (*path, name), what or ""
                elif entry.tag == _SUBPROGRAM and entry.type in paths:
                    paths[entry.at] = paths[entry.type]  # defined here, declared there
                else:
                    paths[entry.at] = path, "" if entry.tag == _ENUM else within
            if what is None or not name:
                continue
            told = _type(entry, entries, aliases) if entry.tag in _TYPED else ""
            yield Thing(what, path, within, name, told, entry.value, unit.start + entry.at)

    def _walk(self, unit: _Unit, raw: bytes, entries: dict[int, _Entry]) -> None:
        """Read the entries of a unit.

        Raises:
            _Cut: They break off.
        """
        table, at, end = self._table(unit), unit.entries - unit.start, len(raw)
        stack = [-1]
        base = 0
        while at < end:
            self._left -= 1
            if self._left <= 0:
                return
            here = at
            code = raw[at]
            at += 1
            if code >= 0x80:
                code, at = _leb(raw, here)
            if not code:
                stack.pop()
                if not stack or len(stack) == 1:
                    return
                continue
            row = table.get(code)
            if row is None:
                raise _Cut
            if row.size >= 0:
                at += row.size
                kept = stack[-1]
            else:
                entry, at, base = self._entry(unit, raw, at, row, here, stack[-1], base)
                entries[here] = entry
                kept = here
            if row.children:
                if len(stack) > _DEPTH:
                    raise _Cut
                stack.append(kept)
            elif len(stack) == 1:
                return

    def _entry(
        self, unit: _Unit, raw: bytes, at: int, row: _Abbreviation, here: int, parent: int, base: int
    ) -> tuple[_Entry, int, int]:
        """One entry, where the next begins, and where the unit's table of offsets does."""
        entry = _Entry(here, row.tag, parent, "", -1, "")
        later = -1
        for name, form, implicit in row.rows:
            while form == _INDIRECT:
                form, at = _leb(raw, at)
            size = _FIXED.get(form, -1)
            start = at
            at = at + size if size >= 0 else _skip(raw, at, _WORDY.get(form, ""), unit)
            if at > len(raw):
                raise _Cut
            if name not in _WANTED:
                continue
            if name == _NAME:
                if form in _INDEXED:
                    later = _number(raw, start, at, form, self._byte)
                else:
                    entry.name = self._text(raw, start, at, form)
            elif name == _VALUE:
                entry.value = _literal(raw, start, at, form, implicit, self._byte)
            elif name == _BASE:
                base = int.from_bytes(raw[start:at], self._byte)
            elif form in _REFERS and (name == _TYPE) != (row.tag == _SUBPROGRAM):
                entry.type = _number(raw, start, at, form, self._byte)
        if later >= 0:
            entry.name = self._listed(later, base or 8, unit)
        return entry, at, base

    def _text(self, raw: bytes, start: int, end: int, form: int) -> str:
        if form == 0x08:
            return raw[start : min(end - 1, start + _LONG)].decode("utf-8", "replace")
        texts = self._texts.get(form)
        if texts is None:
            return ""
        return _cut(texts, int.from_bytes(raw[start:end], self._byte))

    def _listed(self, index: int, base: int, unit: _Unit) -> str:
        width = 8 if unit.wide else 4
        at = base + index * width
        raw = self._offsets[at : at + width]
        if len(raw) < width:
            return ""
        return _cut(self._texts[0x0E], int.from_bytes(raw, self._byte))


def _path(
    entry: _Entry, entries: dict[int, _Entry], paths: dict[int, tuple[tuple[str, ...], str]]
) -> tuple[tuple[str, ...], str]:
    """Names of what an entry lies in, and what the innermost is; it was read before."""
    at = entry.parent
    for _ in range(_DEPTH):
        if at in paths:
            return paths[at]
        if at not in entries:
            break
        at = entries[at].parent
    return (), ""


def _type(entry: _Entry, entries: dict[int, _Entry], aliases: dict[int, str]) -> str:
    """The name of an entry's type: of what a pointer points to, of what an array is made of."""
    at = entry.type
    for _ in range(_STEPS):
        other = entries.get(at)
        if other is None:
            return ""
        name = other.name or aliases.get(at, "")
        if name:
            return name
        at = other.type
    return ""


def _within(starts: list[int], low: int, high: int) -> bool:
    return any(low <= a < high for a in starts)


def _leb(raw: bytes, at: int) -> tuple[int, int]:
    # ``leb128.unsigned`` says more and takes twice as long; debug information is little else than these.
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 70:
            raise _Cut


def _sleb(raw: bytes, at: int) -> tuple[int, int]:
    start = at
    value, at = _leb(raw, at)
    bits = 7 * (at - start)
    return (value - (1 << bits) if raw[at - 1] & 0x40 else value), at


def _skip(raw: bytes, at: int, how: str, unit: _Unit) -> int:
    """Behind a value of changing size.

    Raises:
        _Cut: Its form is not known.
    """
    if how == "leb":
        while raw[at] >= 0x80:
            at += 1
        return at + 1
    if how == "offset":
        return at + (8 if unit.wide else 4)
    if how == "text":
        end = raw.find(b"\0", at)
        if end < 0:
            raise _Cut
        return end + 1
    if how == "address":
        return at + unit.address
    if how == "ref":
        return at + (unit.address if unit.version == 2 else 8 if unit.wide else 4)
    if how == "block":
        size, at = _leb(raw, at)
        return at + size
    if how == "block1":
        return at + 1 + raw[at]
    if how in {"block2", "block4"}:
        width = int(how[-1])
        return at + width + int.from_bytes(raw[at : at + width], unit.order)
    raise _Cut


def _number(raw: bytes, start: int, end: int, form: int, order: Literal["little", "big"]) -> int:
    if form in {0x15, 0x1A, 0x1F02}:
        return _leb(raw, start)[0]
    return int.from_bytes(raw[start:end], order)


def _literal(raw: bytes, start: int, end: int, form: int, implicit: int, order: Literal["little", "big"]) -> str:
    if form == _IMPLICIT:
        return str(implicit)
    if form == 0x0D:
        return str(_sleb(raw, start)[0])
    if form == 0x0F:
        return str(_leb(raw, start)[0])
    if form in {0x0B, 0x05, 0x06, 0x07}:
        return str(int.from_bytes(raw[start:end], order))
    return ""


def _cut(texts: bytes, at: int) -> str:
    end = texts.find(b"\0", at, at + _LONG)
    return texts[at : end if end >= 0 else at + _LONG].decode("utf-8", "replace") if at < len(texts) else ""
