"""WebAssembly: sections, imports and exports, names, symbols of object files, and segments of data.

Source: WebAssembly Core Specification 2.0, chapter 5 and appendix "Custom Sections"; the object file format of the
repository WebAssembly/tool-conventions (``Linking.md``). Instructions are not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.syntax.image import Image, Section, Symbol
from untag.syntax.leb128 import unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.syntax.pages import Bytes

__all__ = ["COMPONENT", "MAGIC", "MODULE", "parts", "sections", "symbols"]

MAGIC = b"\0asm"
MODULE, COMPONENT = b"\1\0\0\0", b"\x0d\0\1\0"
_HEADER = 8
#: Numbers of sections.
_CUSTOM, _IMPORT, _EXPORT, _CODE, _DATA = 0, 2, 7, 10, 11
#: Sections, segments of data, names of all sorts, and bytes of one name.
_SECTIONS, _SEGMENTS, _NAMES, _LONG = 10_000, 100_000, 2_000_000, 4096
_KINDS = {0: "function", 1: "other", 2: "other", 3: "object", 4: "other"}
#: Parts of the section ``name`` that tell names of functions, globals and segments, and what these are.
_NAMED = {1: "function", 7: "object", 9: "object"}
_UNDEFINED, _EXPLICIT, _TABLE = 0x10, 0x40, 8


def parts(data: Bytes) -> Iterator[tuple[int, int, int]]:
    """The sections of a module or component: number, first byte, size as it says."""
    at = _HEADER
    for _ in range(_SECTIONS):
        if at >= len(data):
            return
        number = data[at]
        try:
            size, at = unsigned(data, at + 1, most=5)
        except IndexError:
            yield number, len(data), 1
            return
        yield number, at, size
        at += size


def sections(data: Bytes) -> Image:
    """A module's sections as those of any program; a segment of data is one of its own."""
    image = Image()
    for number, start, size in parts(data):
        there = max(0, min(size, len(data) - start))
        if there < size:
            image.damage.append("a section breaks off")
        if number == _CUSTOM:
            try:
                name, at = _name(data, start, start + there)
            except IndexError:
                image.damage.append("a section has no name")
                continue
            image.sections.append(Section(name, at, start + there - at, names=True))
        elif number == _DATA:
            _segments(data, start, there, image)
        else:
            image.sections.append(Section(str(number), start, there, code=number == _CODE, names=True))
    return image


def _segments(data: Bytes, start: int, size: int, image: Image) -> None:
    """Segments of data: where each goes in memory stands before it as instructions."""
    try:
        count, at = unsigned(data, start, start + size, most=5)
        for _ in range(min(count, _SEGMENTS)):
            mode, at = unsigned(data, at, start + size, most=5)
            if mode == 2:
                _, at = unsigned(data, at, start + size, most=5)
            if mode in {0, 2}:
                at = _constant(data, at, start + size)
            length, at = unsigned(data, at, start + size, most=5)
            if at + length > start + size:
                image.damage.append("a segment of data breaks off")
                length = start + size - at
            image.sections.append(Section("data", at, length))
            at += length
    except IndexError:
        image.damage.append("segments of data break off")


def _constant(data: Bytes, at: int, end: int) -> int:
    """Where the instructions of a constant end: numbers, globals, and sums of them."""
    while at < end:
        code = data[at]
        at += 1
        if code == 0x0B:
            return at
        if code in {0x41, 0x42, 0x23}:
            _, at = unsigned(data, at, end)
        elif code in {0x43, 0x44}:
            at += 4 if code == 0x43 else 8
    raise IndexError("instructions of a constant break off")


def _name(data: Bytes, at: int, end: int) -> tuple[str, int]:
    """A name, and where it ends.

    Raises:
        IndexError: It breaks off.
    """
    size, at = unsigned(data, at, end, most=5)
    if at + size > end:
        raise IndexError("a name breaks off")
    return data[at : at + min(size, _LONG)].decode("utf-8", "replace"), at + size


def symbols(data: Bytes, image: Image) -> Iterator[Symbol]:
    """Names that are imported, exported, kept for debugging, or told to the linker; damage is noted in the image."""
    for section in image.sections:
        read: Callable[[Bytes, Section], Iterator[Symbol]] | None = _READS.get(section.name)
        if read is not None:
            try:
                yield from read(data, section)
            except IndexError:
                image.damage.append(f"names in section {section.name} break off")


def _imports(data: Bytes, section: Section) -> Iterator[Symbol]:
    count, at = unsigned(data, section.start, section.end, most=5)
    for _ in range(min(count, _NAMES)):
        _, at = _name(data, at, section.end)
        spot = at
        name, at = _name(data, at, section.end)
        yield Symbol(name, spot, "import", "import")
        kind, at = data[at], at + 1
        if kind in {0, 4}:
            at += kind == 4
            _, at = unsigned(data, at, section.end)
        elif kind in {1, 2}:
            at = _bounds(data, at + (kind == 1), section.end)
        elif kind == 3:
            at += 2
        else:
            return


def _bounds(data: Bytes, at: int, end: int) -> int:
    """Where the bounds of a table or memory end."""
    flags, at = unsigned(data, at, end)
    _, at = unsigned(data, at, end)
    if flags & 1:
        _, at = unsigned(data, at, end)
    return at


def _exports(data: Bytes, section: Section) -> Iterator[Symbol]:
    count, at = unsigned(data, section.start, section.end, most=5)
    for _ in range(min(count, _NAMES)):
        spot = at
        name, at = _name(data, at, section.end)
        kind, at = data[at], at + 1
        _, at = unsigned(data, at, section.end)
        yield Symbol(name, spot, _KINDS.get(kind, "other"), "export")


def _debug(data: Bytes, section: Section) -> Iterator[Symbol]:
    at = section.start
    while at < section.end:
        part, at = data[at], at + 1
        size, at = unsigned(data, at, section.end, most=5)
        end = at + size
        if part in _NAMED:
            count, at = unsigned(data, at, end, most=5)
            for _ in range(min(count, _NAMES)):
                _, at = unsigned(data, at, end, most=5)
                spot = at
                name, at = _name(data, at, end)
                yield Symbol(name, spot, _NAMED[part], "name")
        at = end


def _linking(data: Bytes, section: Section) -> Iterator[Symbol]:
    _, at = unsigned(data, section.start, section.end, most=5)
    while at < section.end:
        part, at = data[at], at + 1
        size, at = unsigned(data, at, section.end, most=5)
        if part == _TABLE:
            yield from _table(data, at, min(at + size, section.end))
        at += size
    if at > section.end:
        raise IndexError("what is told to the linker breaks off")


def _table(data: Bytes, at: int, end: int) -> Iterator[Symbol]:
    """The table of symbols of an object file."""
    count, at = unsigned(data, at, end, most=5)
    for _ in range(min(count, _NAMES)):
        kind, at = data[at], at + 1
        flags, at = unsigned(data, at, end, most=5)
        what = "import" if flags & _UNDEFINED else "object" if kind == 1 else "function" if kind == 0 else "other"
        if kind == 3:
            _, at = unsigned(data, at, end, most=5)
            continue
        if kind != 1:
            _, at = unsigned(data, at, end, most=5)
        if kind == 1 or not flags & _UNDEFINED or flags & _EXPLICIT:
            spot = at
            name, at = _name(data, at, end)
            yield Symbol(name, spot, what, "linking")
        if kind == 1 and not flags & _UNDEFINED:
            for _ in range(3):
                _, at = unsigned(data, at, end, most=5)


_READS: dict[str, Callable[[Bytes, Section], Iterator[Symbol]]] = {
    str(_IMPORT): _imports, str(_EXPORT): _exports, "name": _debug, "linking": _linking,
}  # fmt: skip
