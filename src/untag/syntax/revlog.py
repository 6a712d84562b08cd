"""Revlogs of Mercurial: all revisions of one file, each whole or as what is different from another one.

Source: Mercurial's own ``hg help internals.revlogs`` (version 1), and of differences ``mdiff``: pieces of (start, end,
length, bytes), each of which takes the place of a stretch of the text before.
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Protocol

    class Packed(Protocol):
        """What is packed, by stretches."""

        def __getitem__(self, at: slice, /) -> bytes:
            """The bytes of a stretch, as many as are there."""
            ...


__all__ = ["INLINE", "Broken", "Entry", "Full", "Stretches", "bare", "entries", "revlog", "text", "texts", "unescaped"]

#: Bytes of an entry of the index; flags of the first one; revisions that are looked at.
_ENTRY, INLINE, _GENERAL, _MOST = 64, 1 << 16, 1 << 17, 200_000
#: Texts that are kept since later ones may be made from them, in bytes; those made on the way to one; bytes of one, of
#: which Mercurial keeps no more than 128 kB with their index.
_KEPT, _CHAIN, _TEXT = 64 << 20, 20_000, 16 << 20
_ROW = struct.Struct(">QIIiiii20s12x")
#: Flags of a revision whose bytes are no text of it: censored, kept elsewhere.
_ELSEWHERE = 0xA000
#: Between what Mercurial knows of a file and what the file holds.
_META = b"\1\n"
_ESCAPED = re.compile(r"_([a-z_])|~([0-9a-f]{2})")


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


class Full(Exception):  # noqa: N818 - no mistake: a bound is reached
    """A revision, or all of them together, is larger than may be unpacked."""


class Entry(Struct):
    """A revision: where its bytes lie, how many they are, what they are made from, parents, its commit's number."""

    start: int
    packed: int
    size: int
    base: int
    parents: tuple[int, int]
    node: bytes
    flags: int
    link: int = -1


class Stretches:
    """A file by stretches."""

    def __init__(self, file: IO[bytes]) -> None:
        """Take a file, which stays the caller's to close."""
        self._file = file

    def __getitem__(self, at: slice) -> bytes:
        """The bytes of a stretch, as many as are there."""
        self._file.seek(at.start)
        return self._file.read(at.stop - at.start)


def unescaped(path: str) -> str:
    """The name of a file out of its name in Mercurial's store; a character for each byte beyond ASCII."""
    path = re.sub(r"((?<=\.hg)|(?<=\.[id]))\.hg/", "/", path) if ".hg/" in path else path
    return _ESCAPED.sub(lambda found: chr(int(found[2], 16)) if found[2] else found[1].upper(), path)


def bare(text: bytes) -> bytes:
    """A file's content without what Mercurial notes before it (where it was copied from)."""
    if text.startswith(_META) and (end := text.find(_META, len(_META))) >= 0:
        return text[end + len(_META) :]
    return text


def revlog(head: bytes) -> bool:
    """Whether bytes begin like the index of a revlog: version 1, and a first revision without parents."""
    return (
        len(head) >= _ENTRY
        and head[0] == 0
        and head[1] < 4
        and head[2:4] == b"\0\1"
        and head[24:32] == b"\xff" * 8
        and head[52:64] == bytes(12)
    )


def entries(data: bytes) -> tuple[list[Entry], bool]:
    """The revisions of an index, and whether it was read to its end.

    Args:
        data: The file with the index; where that is ``INLINE``, with what is packed in it.
    """
    flags = int.from_bytes(data[:4], "big")
    inline = bool(flags & INLINE)
    out: list[Entry] = []
    at = 0
    while at + _ENTRY <= len(data) and len(out) < _MOST:
        offset, packed, size, base, link, first, second, node = _ROW.unpack_from(data, at)
        at += _ENTRY
        if not flags & _GENERAL and base != len(out):
            base = len(out) - 1
        start = at if inline else (offset >> 16 if out else 0)
        if inline:
            at += packed
        out.append(Entry(start, packed, size, base, (first, second), node, offset & 0xFFFF if out else 0, link))
    return out, at == len(data)


def texts(data: Packed, rows: list[Entry], left: int) -> Iterator[tuple[int, bytes | None]]:
    """The revisions in their order, each with its text; None for one that is broken or lies elsewhere.

    Args:
        data: What is packed.
        rows: As ``entries`` tells them.
        left: Bytes that all may be together, those that are made on the way counted.

    Raises:
        Full: They are more, or one is too large.
        ImportError: They are packed in Zstandard, which is not installed.
    """
    kept: dict[int, bytes] = {}
    #: Revisions that cannot be made, so that what is made from them is not gone after again.
    lost: set[int] = set()
    held = 0
    for number in range(len(rows)):
        chain: list[int] = []
        at = number
        text: bytes | None = b""
        while at not in kept:
            chain.append(at)
            base = rows[at].base
            if base in {at, -1}:
                break
            if not 0 <= base < at or base in lost or len(chain) > _CHAIN:
                text = None
                break
            at = base
        else:
            text = kept[at]
        for one in reversed(chain):
            if text is None:
                break
            whole = rows[one].base in {one, -1}
            text = _made(b"" if whole else text, data, rows[one], min(left, _TEXT), whole=whole)
            left -= len(text or b"")
            if left < 0 or len(text or b"") > _TEXT:
                raise Full
        if text is None:
            lost.add(number)
            yield number, None
            continue
        kept[number] = text
        held += len(text)
        while held > _KEPT and len(kept) > 1:
            held -= len(kept.pop(next(iter(kept))))
        elsewhere = rows[number].flags & _ELSEWHERE
        yield number, text if not elsewhere and _right(text, rows, number) else None


def text(data: Packed, rows: list[Entry], number: int, left: int) -> bytes | None:
    """One revision; None where it is broken or lies elsewhere.

    Args:
        data: What is packed.
        rows: As ``entries`` tells them.
        number: Of the revision.
        left: Bytes that all that is made on the way may be together.

    Raises:
        Full: They are more, or one is too large.
        ImportError: They are packed in Zstandard, which is not installed.
    """
    chain = [number]
    while (base := rows[chain[-1]].base) not in {chain[-1], -1}:
        if not 0 <= base < chain[-1] or len(chain) > _CHAIN:
            return None
        chain.append(base)
    made = b""
    for one in reversed(chain):
        step = _made(made, data, rows[one], min(left, _TEXT), whole=one == chain[-1])
        if step is None:
            return None
        made = step
        left -= len(made)
        if left < 0 or len(made) > _TEXT:
            raise Full
    return None if rows[number].flags & _ELSEWHERE or not _right(made, rows, number) else made


def _made(base: bytes, data: Packed, row: Entry, left: int, *, whole: bool) -> bytes | None:
    """The text of a revision, out of that it is made from."""
    packed = data[row.start : row.start + row.packed]
    try:
        if len(packed) < row.packed:
            return None
        piece = _unpacked(packed, left)
        return piece if whole else _patched(base, piece)
    except (Broken, zlib.error, struct.error):
        return None


def _unpacked(packed: bytes, left: int) -> bytes:
    sign = packed[:1]
    if sign in {b"", b"\0"}:
        return packed
    if sign == b"u":
        return packed[1:]
    if sign == b"x":
        made = zlib.decompressobj()
        out = made.decompress(packed, left + 1)
        if not made.eof:
            raise Full if len(out) > left else Broken("it breaks off")
        return out
    if sign == b"(":
        return _zstd(packed, left)
    raise Broken("packed in a way that is not known")


def _zstd(packed: bytes, left: int) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    made = zstd.ZstdDecompressor()
    try:
        out: bytes = made.decompress(packed, left + 1)
    except zstd.ZstdError as error:
        raise Broken("no Zstandard") from error
    if not made.eof:
        raise Full if len(out) > left else Broken("it breaks off")
    return out


def _patched(base: bytes, pieces: bytes) -> bytes:
    out = bytearray()
    at = last = 0
    while at < len(pieces):
        start, end, size = struct.unpack_from(">III", pieces, at)
        at += 12
        if not last <= start <= end <= len(base) or at + size > len(pieces):
            raise Broken("a difference that fits nothing")
        out += base[last:start]
        out += pieces[at : at + size]
        at, last = at + size, end
    out += base[last:]
    return bytes(out)


def _right(text: bytes, rows: list[Entry], number: int) -> bool:
    """Whether a text is the one that its name was made of."""
    nodes = sorted(rows[p].node if 0 <= p < len(rows) else bytes(20) for p in rows[number].parents)
    made = hashlib.sha1(nodes[0] + nodes[1], usedforsecurity=False)
    made.update(text)
    return made.digest() == rows[number].node
