"""ELF files: sections and symbols (System V ABI, chapters 4 and 5; gABI for compressed sections)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from untag.syntax.image import Image, Section, Symbol, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.syntax.image import Pick
    from untag.syntax.pages import Bytes

__all__ = ["MAGIC", "linked", "rebuilt", "sections", "symbols"]

MAGIC = b"\x7fELF"
_SYMTAB, _STRTAB, _NOBITS, _DYNSYM = 2, 3, 8, 11
_EXECUTED, _COMPRESSED = 4, 0x800
#: The type of a file that was not linked, and of a symbol that stands for a section; bytes of one that is linked here.
_OBJECT, _SECTION, _HELD = 1, 3, 64 << 20
#: Sections and symbols that are looked at.
_SECTIONS, _SYMBOLS = 70_000, 8_000_000
#: Bytes of a table of names that are looked at.
_TEXTS = 512 << 20
_KINDS = {0: "other", 1: "object", 2: "function", 6: "object", 10: "function"}
#: Sections that hold no texts, or texts that are read otherwise.
_NAMES = (".debug", ".zdebug", ".strtab", ".dynstr", ".symtab", ".dynsym", ".shstrtab", ".gnu.hash", ".hash", ".rel",
          ".eh_frame", ".note", ".gnu.version", ".gnu_debug", ".line", ".stab", ".gcc_except")  # fmt: skip


def sections(data: Bytes) -> Image | None:
    """The sections of an ELF file; None where its header is not one.

    A file whose table of sections is gone or wrong is one section, with a sentence in ``damage``.
    """
    head = data[:64]
    if head[:4] != MAGIC or len(head) < 52 or head[4] not in {1, 2} or head[5] not in {1, 2}:
        return None
    wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
    image = Image(order=order)
    if wide and len(head) >= 64:
        table, (width, count, names) = struct.unpack_from(order + "Q", head, 40)[0], _three(order, head, 58)
    else:
        table, (width, count, names) = struct.unpack_from(order + "I", head, 32)[0], _three(order, head, 46)
    form = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
    if not table or width < form.size or table + form.size > len(data):
        if table:
            image.damage.append("the table of sections is not there")
        image.sections.append(Section("file", 0, len(data)))
        return image
    first = form.unpack(data[table : table + form.size])
    count = count or first[5]
    names = first[6] if names == 0xFFFF else names
    if count > _SECTIONS or table + count * width > len(data):
        image.damage.append("the table of sections reaches beyond the end")
        count = min(count, _SECTIONS, (len(data) - table) // width)
    raw = data[table : table + count * width]
    rows = [form.unpack_from(raw, i * width) for i in range(count)]
    texts = b""
    if names < len(rows):
        texts = data[rows[names][4] : rows[names][4] + min(rows[names][5], 1 << 24)]
    for row in rows:
        image.sections.append(_section(row, texts, len(data)))
    lost = sum(1 for r in rows if r[1] not in {0, _NOBITS} and r[4] + r[5] > len(data))
    if lost:
        image.damage.append(f"{lost} sections reach beyond the end")
    return image


def _three(order: str, head: bytes, at: int) -> tuple[int, int, int]:
    first, second, third = struct.unpack_from(order + "3H", head, at)
    return first, second, third


def _section(row: Sequence[int], texts: bytes, size: int) -> Section:
    end = texts.find(b"\0", row[0], row[0] + 256)
    name = texts[row[0] : end if end >= 0 else row[0] + 256].decode("utf-8", "replace") if row[0] < len(texts) else ""
    there = 0 if row[1] in {0, _NOBITS} else max(0, min(row[5], size - row[4]))
    packed = "gnu" if name.startswith(".zdebug") else ""
    if row[2] & _COMPRESSED:
        packed = "elf"
    elif name == ".gnu_debugdata":
        packed = "xz"
    code = bool(row[2] & _EXECUTED) and row[1] == 1
    names = name.startswith(_NAMES) or row[1] in {_SYMTAB, _DYNSYM} or (row[1] == _STRTAB and not name)
    return Section(name, row[4], there, code, names, packed, row[6], row[1])


def symbols(data: Bytes, image: Image, pick: Pick) -> Iterator[Symbol]:
    """Names in all tables of symbols.

    Args:
        data: The file.
        image: Its sections.
        pick: Which of the names are wanted.
    """
    wide = data[4] == 2
    form = struct.Struct(image.order + ("IBBHQQ" if wide else "IIIBBH"))
    for table in image.sections:
        if table.kind not in {_SYMTAB, _DYNSYM} or not 0 < table.link < len(image.sections):
            continue
        names = image.sections[table.link]
        texts = data[names.start : names.start + min(names.size, _TEXTS)]
        wanted = pick(texts, names.start)
        size = min(table.size // form.size, _SYMBOLS) * form.size
        for start in range(table.start, table.start + size, form.size << 14):
            piece = data[start : min(start + (form.size << 14), table.start + size)]
            for row in form.iter_unpack(piece[: len(piece) // form.size * form.size]):
                name = row[0]
                if not name or name >= len(texts) or not wanted(name):
                    continue
                info, home = (row[1], row[3]) if wide else (row[3], row[5])
                what = _KINDS.get(info & 15)
                if what is not None:
                    yield Symbol(text(texts, name), names.start + name, what if home else "import", table.name)


def linked(data: Bytes, image: Image) -> Bytes:
    """An object file with the places in its debug information filled in that the linker would fill in.

    Only what points into another section for debugging is; compressed sections are left. A file that was linked comes
    back as it is.
    """
    if len(data) > _HELD:
        return data
    homes = {s.name: s for s in image.sections if not s.packed}
    made: bytearray | None = None
    for name, at, value in _fixes(data, image):
        if name in homes and at + 4 <= homes[name].size:
            made = bytearray(data[:]) if made is None else made
            struct.pack_into(image.order + "I", made, homes[name].start + at, value)
    return data if made is None else bytes(made)


def _fixes(data: Bytes, image: Image) -> Iterator[tuple[str, int, int]]:
    """For an object file, the sections for debugging in which something is to be filled in, where, and what."""
    if struct.unpack(image.order + "H", data[16:18])[0] != _OBJECT:
        return
    wide = data[4] == 2
    form = struct.Struct(image.order + ("QQq" if wide else "IIi"))
    symbol = struct.Struct(image.order + ("IBBHQQ" if wide else "IIIBBH"))
    for section in image.sections:
        name = section.name.removeprefix(".rela")
        if not section.name.startswith(".rela.debug") or not 0 < section.link < len(image.sections):
            continue
        table = image.sections[section.link]
        raw = data[table.start : table.end]
        into = set()
        for number, row in enumerate(symbol.iter_unpack(raw[: len(raw) // symbol.size * symbol.size])):
            info, where = (row[1], row[3]) if wide else (row[3], row[5])
            named = info & 15 == _SECTION and where < len(image.sections)
            if named and image.sections[where].name.startswith(".debug"):
                into.add(number)
        raw = data[section.start : section.end]
        for at, info, value in form.iter_unpack(raw[: len(raw) // form.size * form.size]):
            if info >> (32 if wide else 8) in into:
                yield name, at, value & 0xFFFFFFFF


def rebuilt(data: Bytes, image: Image, unpacked: dict[str, bytes]) -> bytes:
    """A small ELF file with nothing in it but sections for debugging, not compressed.

    Args:
        data: The file they come from; its other sections for debugging are taken as they are.
        image: Its sections.
        unpacked: By name, what compressed ones held.
    """
    rows = {name: bytearray(held) for name, held in unpacked.items()}
    for section in image.sections:
        if section.name.startswith(".debug") and not section.packed and section.name not in rows:
            rows[section.name] = bytearray(data[section.start : section.end])
    for name, at, value in _fixes(data, image):
        if name in rows and at + 4 <= len(rows[name]):
            struct.pack_into(image.order + "I", rows[name], at, value)
    wide, order = data[4] == 2, image.order
    size = 64 if wide else 52
    names = b"\0" + b"".join(name.encode() + b"\0" for name in rows) + b".shstrtab\0"
    body, table = bytearray(), [(0,) * 10]
    at = 1
    for name, held in rows.items():
        table.append((at, 1, 0, 0, size + len(body), len(held), 0, 0, 1, 0))
        body += held
        at += len(name.encode()) + 1
    table.append((at, _STRTAB, 0, 0, size + len(body), len(names), 0, 0, 1, 0))
    body += names
    form = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
    head = data[:16] + struct.pack(
        order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        2, *struct.unpack(order + "H", data[18:20]), 1, 0, 0, size + len(body), 0, size, 0, 0, form.size, len(table),
        len(table) - 1,
    )  # fmt: skip
    return head + bytes(body) + b"".join(form.pack(*row) for row in table)
