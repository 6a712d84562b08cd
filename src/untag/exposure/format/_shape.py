"""Lines of JSON that one server writes differ in their values alone: an expression made of one of them reads the rest.

It takes less than a line of JSON may be (no escapes, nothing beyond ASCII, no lists): whatever is written otherwise is
parsed. What it takes is JSON, since everything but the values is the line that was parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANY", "NONE", "SOLID", "TOLD", "Piece", "Shape", "learned"]

_TOKEN = re.compile(
    rb'"(?P<text>(?:[^"\\]|\\.)*)"(?P<key>\s*:)?|(?P<other>-?\d[\d.eE+-]*|true|false|null)'
    rb"|(?P<sign>[{}\[\]])|(?P<rest>[\s,]+)"
)
_STRING = rb'"[ !#-\[\]-~]*+"'
#: No longer than Python reads them.
_NUMBER = rb"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][+-]?\d{1,9})?+"
ANY = rb"(?:" + _STRING + rb"|" + _NUMBER + rb"|true|false|null)"
SOLID = rb"(?:" + _STRING + rb"|" + _NUMBER + rb"|true|false)"
TOLD = rb'(?!"-")(?:' + _STRING + rb"|" + _NUMBER + rb")"
NONE = rb'(?:null|"-")'
#: A first line with its method, as ``Swift`` takes it.
_FIRST = rb'"[A-Z]{1,32}+ [!#-\[\]-~]++ HTTP/[\d.]++"'
#: Bytes of the longest line that is learned from, and values it may have.
_LONGEST, _VALUES = 20_000, 90


class Piece(NamedTuple):
    """A value of a line, and what stands before it.

    Attributes:
        before: From the value before it, or the start of the line, on.
        way: What the value may be.
        field: What it holds; empty where nobody asks.
        text: Whether it is a text in the line that was learned from.
    """

    before: bytes
    way: bytes
    field: str
    text: bool


class Shape(NamedTuple):
    """How lines are written.

    Attributes:
        block: Matches each line of a block with its line break: its fields, or the whole of a line that is none of this
            shape, last.
        line: Matches a line.
        fields: What the groups hold.
        pieces: The values.
        after: What stands behind the last of them.
    """

    block: re.Pattern[bytes]
    line: re.Pattern[bytes]
    fields: tuple[str, ...]
    pieces: tuple[Piece, ...]
    after: bytes


def learned(
    line: bytes, names: Mapping[str, tuple[str, ...]], needs: tuple[tuple[str, ...], ...], bodies: frozenset[str]
) -> Shape | None:
    """The shape of a line that is a row.

    Args:
        line: One that was parsed.
        names: As for ``Objects``.
        needs: As for ``Objects``.
        bodies: Fields of which a line must hold none.

    Returns:
        None where lines like it are to be parsed.
    """
    if len(line) > _LONGEST or not line.isascii():
        return None
    tokens = list(_TOKEN.finditer(line))
    if b"".join(token[0] for token in tokens) != line:
        return None
    found = _values(tokens)
    if found is None or not 0 < len(found[0]) <= _VALUES:
        return None
    values, whole = found
    if any(name in whole for some in (*names.values(), *needs) for name in some):
        return None  # an object stands where a value should
    ways: dict[str, tuple[bytes, str]] = {}
    for one in needs:
        solid = next((name for name in one if values.get(name) not in {None, b"null"}), "")
        if not solid:
            return None
        ways[solid] = SOLID, ""
    for field, some in names.items():
        there = [name for name in some if name in values]
        chosen = next((name for name in there if values[name] not in {b"null", b'"-"'}), "")
        if chosen and (field in bodies or values[chosen] in {b"true", b"false"}):
            return None
        for name in there[: there.index(chosen) if chosen else len(there)]:
            if name in ways:
                return None  # what must be there says nothing
            ways[name] = NONE, ""
        if chosen and not field.endswith(("_type", "_size")):
            if ways.get(chosen, (b"", ""))[1]:
                return None  # one field is two things
            ways[chosen] = (_FIRST if field == "line" else TOLD), field
    return _made(tokens, ways)


def _values(tokens: list[re.Match[bytes]]) -> tuple[dict[str, bytes], set[str]] | None:
    """Values by their path, and the paths of objects; None where a path comes twice, or there are lists."""
    out: dict[str, bytes] = {}
    whole: set[str] = set()
    path: list[str] = []
    key = ""
    for found in tokens:
        if found["sign"]:
            if found["sign"] in b"[]":
                return None
            if found["sign"] == b"{":
                path.append(key)
                whole.add(".".join(path[1:]))
            else:
                path.pop()
        elif found["key"] is not None:
            if b"\\" in found["text"]:
                return None
            key = found["text"].decode()
        elif found["rest"] is None:
            name = ".".join([*path[1:], key])
            if name in out:
                return None
            out[name] = found[0]
    return out, whole


def _made(tokens: list[re.Match[bytes]], ways: dict[str, tuple[bytes, str]]) -> Shape | None:
    """The expression: keys and signs as they are, values by what they may be."""
    parts: list[bytes] = []
    pieces: list[Piece] = []
    before = b""
    path: list[str] = []
    key = ""
    for found in tokens:
        if found["sign"] == b"{":
            path.append(key)
        elif found["sign"] == b"}":
            path.pop()
        if found["key"] is not None:
            key = found["text"].decode()
        if found["sign"] or found["rest"] is not None or found["key"] is not None:
            parts.append(re.escape(found[0]))
            before += found[0]
        else:
            way, field = ways.get(".".join([*path[1:], key]), (ANY, ""))
            parts.append(b"(" + way + b")" if field else way)
            pieces.append(Piece(before, way, field, found["text"] is not None))
            before = b""
    inner = b"".join(parts)
    fields = tuple(piece.field for piece in pieces if piece.field)
    if not fields:
        return None
    block = re.compile(rb"(?:" + inner + rb"|([^\n]*+))\n")
    return Shape(block, re.compile(inner), fields, tuple(pieces), before)
