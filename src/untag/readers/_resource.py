"""Resources of Windows programs: dialogs, menus, tables of texts and of messages, and versions.

Source: Microsoft, Resource Definition: DLGTEMPLATE, DLGTEMPLATEEX, MENU, STRINGTABLE, MESSAGE_RESOURCE_DATA,
VS_VERSIONINFO. What breaks off is told up to there.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.syntax.pages import Bytes
    from untag.syntax.pe import Resource

__all__ = ["resource"]

_MOST, _LONG = 16 << 20, 3000
_NAMES = {"4": "menu", "5": "dialog", "6": "strings", "10": "data", "11": "messages", "16": "version"}
_WIDE = re.compile(rb"(?:[\x20-\x7e]\0|[\x00-\xff][\x01-\x06\x30\x4e-\x9f\xac-\xd7]|[\x00-\xef]\xff){2,1000}")


def resource(row: Resource, data: Bytes, place: Place) -> Iterator[Surface]:
    """Surfaces of one resource."""
    kind = _NAMES.get(row.path[0], row.path[0])
    raw = data[row.at : row.at + min(row.size, _MOST)]
    owner = f"resources.{kind}.{row.path[1]}"[:400]
    spot = place.at(pointer=f"/resources/{kind}/{row.path[1]}/{row.path[2]}"[:400])
    if kind == "strings":
        base = (int(row.path[1]) - 1) * 16 if row.path[1].isdigit() else 0
        yield from _strings(raw, base, spot)
    elif kind == "version":
        yield from _version(raw, owner, spot)
    elif kind == "messages":
        yield from _messages(raw, spot)
    elif kind in {"dialog", "menu"}:
        for text in _menu(raw) if kind == "menu" and raw[:2] == b"\0\0" else _texts(raw):
            yield Surface(Role.LABEL, text[:_LONG], spot, owner, Kind.FORM)


def _menu(raw: bytes) -> Iterator[str]:
    """The texts of a menu: each stands behind its flags and, where no menu opens there, its number."""
    at = 4 + int.from_bytes(raw[2:4], "little")
    while at + 4 <= len(raw):
        at += 2 if int.from_bytes(raw[at : at + 2], "little") & 0x10 else 4
        end = at
        while end + 1 < len(raw) and raw[end : end + 2] != b"\0\0":
            end += 2
        text = raw[at:end].decode("utf-16-le", "replace").replace("&", "").partition("\t")[0].strip()
        at = end + 2
        if text:
            yield text


def _texts(raw: bytes) -> Iterator[str]:
    """The texts of a dialog or menu, which stand between numbers of two bytes and end with a NUL."""
    at = 0
    while at + 1 < len(raw):
        found = _WIDE.match(raw, at)
        if found is None:
            at += 2
            continue
        text = found.group().decode("utf-16-le", "replace").strip()
        # A number before a text may look like a character of a seldom script.
        if len(text) > 1 and "\ufffd" not in text:
            yield text
        at = found.end() + (found.end() - at) % 2


def _strings(raw: bytes, base: int, spot: Place) -> Iterator[Surface]:
    """Sixteen texts, each with its length before it."""
    at = 0
    for number in range(16):
        if at + 2 > len(raw):
            return
        size = int.from_bytes(raw[at : at + 2], "little") * 2
        text = raw[at + 2 : at + 2 + size].decode("utf-16-le", "replace").strip()
        at += 2 + size
        if text:
            yield Surface(Role.LABEL, text[:_LONG], spot, "resources.strings", Kind.FORM, "", str(base + number))


def _messages(raw: bytes, spot: Place) -> Iterator[Surface]:
    """Blocks of messages with their numbers."""
    if len(raw) < 4:
        return
    for block in range(min(struct.unpack_from("<I", raw)[0], (len(raw) - 4) // 12)):
        low, high, at = struct.unpack_from("<III", raw, 4 + block * 12)
        for number in range(low, min(high, low + 65535) + 1):
            if at + 4 > len(raw):
                break
            size, wide = struct.unpack_from("<HH", raw, at)
            if size < 4:
                break
            text = raw[at + 4 : at + size].decode("utf-16-le" if wide & 1 else "cp1252", "replace").strip("\0\r\n ")
            if text:
                yield Surface(Role.LABEL, text[:_LONG], spot, "resources.messages", Kind.FORM, "", str(number))
            at += size


def _version(raw: bytes, owner: str, spot: Place) -> Iterator[Surface]:
    """Keys and texts of a version: its blocks are told apart by their own lengths, one inside another."""
    stack = [(0, len(raw))]
    left = 10_000
    while stack and left > 0:
        at, end = stack.pop()
        left -= 1
        if at + 6 > end:
            continue
        size, held, wide = struct.unpack_from("<HHH", raw, at)
        if size < 6 or at + size > end + 3:
            continue
        stack.append((at + size + -(at + size) % 4, end))
        stop = at + 6
        while stop + 2 <= at + size and raw[stop : stop + 2] != b"\0\0":
            stop += 2
        key = raw[at + 6 : stop].decode("utf-16-le", "replace")
        value = stop + 2 + -(stop + 2) % 4
        if wide and held:
            text = raw[value : min(at + size, value + held * 2)].decode("utf-16-le", "replace").strip("\0 ")
            if text:
                yield Surface(Role.VALUE, text[:_LONG], spot, owner, Kind.FORM, key[:200])
            value += held * 2
        else:
            value += held
        stack.append((value + -value % 4, min(at + size, end)))
