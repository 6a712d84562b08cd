"""Windows programs (PE) and object files (COFF): sections, exported and imported names, symbols and resources.

Source: Microsoft, PE Format. What reaches beyond the end is left out and told in ``damage``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.syntax.image import Image, Section, Symbol, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.image import Pick
    from untag.syntax.pages import Bytes

__all__ = ["Layout", "Resource", "layout", "resources", "symbols"]

_SECTIONS, _NAMES, _SYMBOLS, _RESOURCES, _TEXTS = 4096, 1_000_000, 4_000_000, 100_000, 256 << 20
_CODE, _DISCARDABLE = 0x20, 0x02000000
#: Machines of object files (AMD64, I386, ARM, ARMNT, ARM64).
MACHINES = frozenset({0x8664, 0x14C, 0x1C0, 0x1C4, 0xAA64})
_EXPORT, _IMPORT, _RESOURCE, _CLR = 0, 1, 2, 14


class Layout(Struct):
    """Where things lie in a program.

    Attributes:
        image: Its sections.
        ranges: Virtual address, size and place in the file of each section.
        directories: Address and size of what the header points to, by number.
        table: Where COFF symbols begin, and how many there are.
        wide: Whether addresses have eight bytes.
    """

    image: Image
    ranges: list[tuple[int, int, int]]
    directories: list[tuple[int, int]]
    table: tuple[int, int]
    wide: bool

    @property
    def managed(self) -> bool:
        """Whether it is an assembly of .NET."""
        return len(self.directories) > _CLR and self.directories[_CLR][0] > 0

    def place(self, address: int) -> int:
        """Where an address lies in the file; -1 where it does in no section."""
        for start, size, at in self.ranges:
            if start <= address < start + size:
                return at + address - start
        return -1


class Resource(Struct, frozen=True):
    """A resource of Windows.

    Attributes:
        path: Type, name and language, as numbers or names.
        at: Where it begins in the file.
        size: Its bytes.
    """

    path: tuple[str, str, str]
    at: int
    size: int


def layout(data: Bytes) -> Layout | None:
    """How a program or object file is laid out; None where it is neither."""
    head = data[:64]
    if head[:2] == b"MZ" and len(head) == 64:
        start = struct.unpack_from("<I", head, 60)[0]
        if data[start : start + 4] != b"PE\0\0":
            return None
        start += 4
    elif len(head) >= 20 and struct.unpack_from("<H", head)[0] in MACHINES:
        start = 0
    else:
        return None
    row = data[start : start + 20]
    if len(row) < 20:
        return None
    _, count, _, table, many, extra, _ = struct.unpack("<HHIIIHH", row)
    optional = data[start + 20 : start + 20 + extra]
    wide = optional[:2] == b"\x0b\x02"
    directories: list[tuple[int, int]] = []
    first = 112 if wide else 96
    if len(optional) >= first:
        number = min(struct.unpack_from("<I", optional, first - 4)[0], 16, (len(optional) - first) // 8)
        directories = [struct.unpack_from("<II", optional, first + 8 * i) for i in range(number)]
    image = Image()
    made = Layout(image, [], directories, (table, min(many, _SYMBOLS)), wide)
    _sections(data, start + 20 + extra, min(count, _SECTIONS), made)
    if count > _SECTIONS:
        image.damage.append("more sections than are read")
    return made


def _sections(data: Bytes, at: int, count: int, made: Layout) -> None:
    """Fill in sections and ranges."""
    raw = data[at : at + 40 * count]
    if len(raw) < 40 * count:
        made.image.damage.append("the table of sections breaks off")
    texts = made.table[0] + 18 * made.table[1] if made.table[0] else 0
    lost = 0
    for i in range(len(raw) // 40):
        label, size, address, there, start, *_, flags = struct.unpack_from("<8sIIIIIIHHI", raw, i * 40)
        name = label.rstrip(b"\0").decode("utf-8", "replace")
        if name[:1] == "/" and name[1:].isdigit() and texts:
            name = text(data[texts + int(name[1:]) : texts + int(name[1:]) + 256], 0)
        held = max(0, min(there, len(data) - start)) if not flags & 0x80 else 0
        lost += bool(there > held and not flags & 0x80)
        read = name.startswith((".debug", ".rsrc", ".reloc", ".pdata", ".xdata"))
        made.image.sections.append(Section(name, start, held, bool(flags & _CODE), names=read))
        made.ranges.append((address, min(max(size, there), held or 0) if there else 0, start))
    if lost:
        made.image.damage.append(f"{lost} sections reach beyond the end")


def symbols(data: Bytes, made: Layout, pick: Pick) -> Iterator[Symbol]:
    """Exported and imported names, and those in the table of symbols."""
    yield from _exports(data, made)
    yield from _imports(data, made)
    start, count = made.table
    texts = data[start + 18 * count : start + 18 * count + _TEXTS] if start else b""
    size = min(struct.unpack_from("<I", texts)[0], len(texts)) if len(texts) >= 4 else 0
    wanted = pick(texts[:size], start + 18 * count)
    raw = data[start : start + 18 * count] if start else b""
    skip = 0
    for i in range(len(raw) // 18):
        if skip:
            skip -= 1
            continue
        label, _, home, kind, storage, skip = struct.unpack_from("<8sIhHBB", raw, i * 18)
        if storage not in {2, 3, 105} or (storage == 3 and home > 0 and skip):
            continue
        if label[:4] == b"\0\0\0\0":
            at = struct.unpack_from("<I", label, 4)[0]
            if not 4 <= at < size or not wanted(at):
                continue
            name = text(texts, at)
        else:
            name = label.rstrip(b"\0").decode("utf-8", "replace")
        if name and not name.startswith((".", "??_C@", "@")):
            what = "import" if home == 0 else "function" if kind & 0x20 else "other"
            yield Symbol(name, start + i * 18, what, "symbols")


def _name(data: Bytes, at: int) -> str:
    return text(data[at : at + 4096], 0) if 0 <= at < len(data) else ""


def _exports(data: Bytes, made: Layout) -> Iterator[Symbol]:
    at = made.place(made.directories[_EXPORT][0]) if len(made.directories) > _EXPORT else -1
    row = data[at : at + 40] if at > 0 else b""
    if len(row) < 40:
        return
    count, names = struct.unpack_from("<I", row, 24)[0], made.place(struct.unpack_from("<I", row, 32)[0])
    raw = data[names : names + 4 * min(count, _NAMES)] if names > 0 else b""
    for (address,) in struct.iter_unpack("<I", raw[: len(raw) // 4 * 4]):
        where = made.place(address)
        if name := _name(data, where):
            yield Symbol(name, where, "function", "exports")


def _imports(data: Bytes, made: Layout) -> Iterator[Symbol]:
    at = made.place(made.directories[_IMPORT][0]) if len(made.directories) > _IMPORT else -1
    width, left = 8 if made.wide else 4, _NAMES
    for number in range(4096 if at > 0 else 0):
        row = data[at + 20 * number : at + 20 * number + 20]
        if len(row) < 20 or not any(row):
            return
        listed, _, _, library, other = struct.unpack("<5I", row)
        name = _name(data, made.place(library))
        entries = made.place(listed or other)
        if entries <= 0:
            continue
        while left > 0:
            left -= 1
            value = int.from_bytes(data[entries : entries + width], "little")
            entries += width
            if not value:
                break
            if value >> (width * 8 - 1):
                continue
            where = made.place(value & 0x7FFFFFFF)
            if found := _name(data, where + 2 if where > 0 else -1):
                yield Symbol(found, where + 2, "import", f"imports/{name}")


def resources(data: Bytes, made: Layout) -> Iterator[Resource]:
    """All resources: a tree of three levels, in which nothing is visited twice."""
    if len(made.directories) <= _RESOURCE:
        return
    base = made.place(made.directories[_RESOURCE][0])
    if base <= 0:
        return
    seen: set[int] = set()
    left = _RESOURCES
    stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    while stack and left > 0:
        offset, path = stack.pop()
        if offset in seen or len(path) > 2:
            continue
        seen.add(offset)
        row = data[base + offset : base + offset + 16]
        if len(row) < 16:
            continue
        named, numbered = struct.unpack_from("<HH", row, 12)
        raw = data[base + offset + 16 : base + offset + 16 + 8 * (named + numbered)]
        below: list[tuple[int, tuple[str, ...]]] = []
        for key, value in struct.iter_unpack("<II", raw[: len(raw) // 8 * 8]):
            left -= 1
            inner = (*path, _key(data, base, key))
            if value >> 31:
                below.append((value & 0x7FFFFFFF, inner))
            elif len(inner) == 3 and len(leaf := data[base + value : base + value + 16]) == 16:
                address, size = struct.unpack_from("<II", leaf)
                at = made.place(address)
                if at > 0:
                    yield Resource(inner, at, max(0, min(size, len(data) - at)))
        stack += reversed(below)


def _key(data: Bytes, base: int, key: int) -> str:
    if not key >> 31:
        return str(key)
    at = base + (key & 0x7FFFFFFF)
    size = int.from_bytes(data[at : at + 2], "little")
    return data[at + 2 : at + 2 + 2 * min(size, 256)].decode("utf-16-le", "replace")
