"""Arguments of pickle opcodes: numbers, lines, texts and raw bytes, each checked against the end of the file."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.syntax.pages import Bytes

    Reading = Callable[[Bytes, int], tuple[Any, int]]

__all__ = ["LONGEST", "Broken", "Raw", "Text"]

#: Characters of one text that are kept.
LONGEST = 100_000


class Broken(Exception):  # noqa: N818 - a state of the input
    """The stream cannot be followed any further at ``at``."""

    def __init__(self, detail: str, at: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.at = at


class Text(Struct, eq=False):
    """A text and where its characters begin."""

    value: str
    at: int


class Raw(Struct, eq=False):
    """Bytes: where they begin and how many there are."""

    at: int
    size: int


def none(data: Bytes, at: int) -> tuple[Any, int]:
    del data
    return None, at


def cut(data: Bytes, at: int, size: int) -> int:
    """Where so many bytes end.

    Raises:
        Broken: There are fewer.
    """
    if size < 0 or at + size > len(data):
        raise Broken("an argument that is longer than the file", at)
    return at + size


def line(data: Bytes, at: int) -> tuple[bytes, int]:
    end = data.find(b"\n", at)
    if end < 0:
        raise Broken("a line without an end", at)
    return data[at:end].rstrip(b"\r"), end + 1


def number(data: Bytes, at: int) -> tuple[int | None, int]:
    row, after = line(data, at)
    try:
        return int(row.rstrip(b"L")) if len(row) < 40 else None, after
    except ValueError:
        raise Broken("a number that is none", at) from None


def quoted(data: Bytes, at: int) -> tuple[Any, int]:
    """The argument of STRING: quoted, with Python's escapes."""
    row, after = line(data, at)
    row = row.strip()
    if len(row) < 2 or row[:1] not in (b"'", b'"') or row[-1:] != row[:1]:
        raise Broken("a text without its quotes", at)
    return Text(words(_unescape(row[1:-1][: LONGEST * 4])), at + 1), after


_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b"'": b"'", b'"': b'"'}


def _unescape(raw: bytes) -> bytes:
    if b"\\" not in raw:
        return raw

    def one(found: re.Match[bytes]) -> bytes:
        what = found[1]
        if what[:1] == b"x" and len(what) == 3:
            return bytes((int(what[1:], 16),))
        if what.isdigit():
            return bytes((int(what, 8) & 255,))
        return _PLAIN.get(what, b"\\" + what)

    return _ESCAPE.sub(one, raw)


def words(raw: bytes) -> str:
    """Old strings are bytes: UTF-8 where they are that, else one byte a character."""
    try:
        return raw.decode("utf-8")[:LONGEST]
    except UnicodeDecodeError:
        return raw.decode("latin-1")[:LONGEST]


_WIDE = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")


def unicode(data: Bytes, at: int) -> tuple[Text, int]:
    r"""The argument of UNICODE: a line with ``\u`` escapes."""
    row, after = line(data, at)
    text = row[: LONGEST * 10].decode("utf-8", "replace")

    def one(found: re.Match[str]) -> str:
        number = int(found[1] or found[2], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"

    return Text((_WIDE.sub(one, text) if "\\" in text else text)[:LONGEST], at), after


def pair(data: Bytes, at: int) -> tuple[str, int]:
    """Module and name, a line each."""
    module, after = line(data, at)
    name, after = line(data, after)
    whole = module + b"." + name
    if len(whole) > 2000 or (not whole.isascii() and b"\0" in whole):
        raise Broken("a name that is none", at)
    return words(whole), after


def integer(width: int, code: str) -> Callable[[Bytes, int], tuple[int, int]]:
    shape = struct.Struct(code)

    def read_integer(data: Bytes, at: int) -> tuple[int, int]:
        end = cut(data, at, width)
        return shape.unpack(data[at:end])[0], end

    return read_integer


def skip(width: int) -> Callable[[Bytes, int], tuple[None, int]]:
    def skip(data: Bytes, at: int) -> tuple[None, int]:
        return None, cut(data, at, width)

    return skip


def counted(width: int, code: str, what: str) -> Callable[[Bytes, int], tuple[Any, int]]:
    """A length, and so many bytes: text, old text or raw bytes."""
    length = integer(width, code)

    def counted(data: Bytes, at: int) -> tuple[Any, int]:
        size, at = length(data, at)
        end = cut(data, at, size)
        if what == "text":
            return Text(data[at : at + min(size, LONGEST * 4)].decode("utf-8", "replace")[:LONGEST], at), end
        if what == "old":
            raw = data[at : at + min(size, LONGEST)]
            # Old strings hold texts and raw arrays alike.
            return (Raw(at, size) if size > 64 and b"\0" in raw[:4096] else Old(words(raw), at, size)), end
        if what == "long":
            return (int.from_bytes(data[at:end], "little", signed=True) if size <= 16 else None), end
        return Raw(at, size), end

    return counted


class Old(Text, eq=False):
    """A text of protocol 1 or 2 that is bytes; arrays keep their values in such."""

    size: int = 0


def text_id(data: Bytes, at: int) -> tuple[Text, int]:
    row, after = line(data, at)
    return Text(words(row[:LONGEST]), at), after
