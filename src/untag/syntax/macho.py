"""Mach-O programs, libraries and object files: sections and symbols, and the parts of a fat file.

Source: Apple, ``mach-o/loader.h``, ``mach-o/nlist.h``, ``mach-o/fat.h``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from untag.syntax.image import Image, Section, Symbol, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.image import Pick
    from untag.syntax.pages import Bytes

__all__ = ["FAT", "MAGICS", "parts", "sections", "symbols"]

MAGICS = {b"\xce\xfa\xed\xfe": ("<", False), b"\xcf\xfa\xed\xfe": ("<", True),
          b"\xfe\xed\xfa\xce": (">", False), b"\xfe\xed\xfa\xcf": (">", True)}  # fmt: skip
FAT = {b"\xca\xfe\xba\xbe": ">IIIII", b"\xca\xfe\xba\xbf": ">IIQQII"}
#: Programs in a fat file: a class file of Java, which begins so too, has a version of 43 and more there.
_PARTS, _COMMANDS, _SYMBOLS, _TEXTS = 32, 20_000, 8_000_000, 512 << 20
_SEGMENT, _SYMTAB, _SEGMENT64 = 1, 2, 0x19
_CODE = 0x80000400


def parts(data: Bytes) -> list[tuple[int, int, int]]:
    """Machine, place and size of each program in a fat file."""
    form = struct.Struct(FAT[data[:4]])
    count = struct.unpack(">I", data[4:8])[0]
    out = []
    for i in range(count if count < _PARTS else 0):
        row = data[8 + i * form.size : 8 + (i + 1) * form.size]
        if len(row) == form.size:
            machine, _, start, size, *_ = form.unpack(row)
            out.append((machine, start, size))
    return out


def sections(data: Bytes) -> tuple[Image, tuple[int, int, int, int]] | None:
    """Sections, and where symbols begin, how many there are, where their names begin, and bytes of these."""
    head = data[:32]
    if head[:4] not in MAGICS or len(head) < 28:
        return None
    order, wide = MAGICS[head[:4]]
    image, table = Image(order=order), (0, 0, 0, 0)
    count, size = struct.unpack_from(order + "II", head, 16)
    start = 32 if wide else 28
    raw = data[start : start + min(size, 64 << 20)]
    at = 0
    for _ in range(min(count, _COMMANDS)):
        if at + 8 > len(raw):
            image.damage.append("the load commands break off")
            break
        kind, length = struct.unpack_from(order + "II", raw, at)
        if length < 8 or at + length > len(raw):
            image.damage.append("a load command reaches beyond the others")
            break
        if kind in {_SEGMENT, _SEGMENT64}:
            _segment(raw[at : at + length], order, kind == _SEGMENT64, len(data), image)
        elif kind == _SYMTAB and length >= 24:
            table = struct.unpack_from(order + "4I", raw, at + 8)
        at += length
    return image, table


def _segment(raw: bytes, order: str, wide: bool, size: int, image: Image) -> None:  # noqa: FBT001 - as the format has it
    """Fill in the sections of a segment."""
    form = struct.Struct(order + ("16s16sQQIIIII" if wide else "16s16sIIIIIII"))
    first, step = (72, 80) if wide else (56, 68)
    if len(raw) < first:
        return
    count = struct.unpack_from(order + "I", raw, first - 8)[0]
    for i in range(min(count, (len(raw) - first) // step)):
        label, _, _, length, start, *_, flags = form.unpack_from(raw, first + i * step)
        name = label.rstrip(b"\0").decode("utf-8", "replace")
        empty = flags & 0xFF in {1, 12, 18}
        there = 0 if empty else max(0, min(length, size - start))
        if not empty and there < length:
            image.damage.append(f"section {name} reaches beyond the end")
        read = name.startswith(("__debug", "__zdebug", "__apple", "__unwind", "__eh_frame", "__compact"))
        packed = "gnu" if name.startswith("__zdebug") else ""
        image.sections.append(Section(name, start, there, bool(flags & _CODE), read, packed))


def symbols(data: Bytes, image: Image, table: tuple[int, int, int, int], pick: Pick) -> Iterator[Symbol]:
    """Names in the table of symbols."""
    start, count, names, size = table
    wide = MAGICS[data[:4]][1]
    form = struct.Struct(image.order + ("IBBHQ" if wide else "IBBhI"))
    texts = data[names : names + min(size, _TEXTS)] if names else b""
    wanted = pick(texts, names)
    end = start + min(count, _SYMBOLS) * form.size
    for low in range(start, min(end, len(data)) if start else 0, form.size << 14):
        piece = data[low : min(low + (form.size << 14), end)]
        for name, kind, home, *_ in form.iter_unpack(piece[: len(piece) // form.size * form.size]):
            if kind & 0xE0 or not 0 < name < len(texts) or not wanted(name):
                continue
            what = "import" if kind & 0x0E == 0 else _what(image, home)
            found = text(texts, name)
            # Every name of C has an underscore before it there.
            yield Symbol(found.removeprefix("_"), names + name, what, "symbols")


def _what(image: Image, home: int) -> str:
    """Whether a symbol is of a section of instructions."""
    return "function" if 0 < home <= len(image.sections) and image.sections[home - 1].code else "object"
