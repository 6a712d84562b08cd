"""Snapshots of Redis: keys and the fields of hashes, each with its value; what is of another kind is stepped over.

Source: Redis's own ``rdb.h``, ``ziplist.c``, ``listpack.c`` and ``zipmap.c``, and ``lzf_d.c`` of LibLZF for texts that
are packed. Streams and what modules keep have no length of their own: there the walk ends.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.pages import Bytes

__all__ = ["Broken", "Stopped", "Walk"]

#: Bytes of one text that are unpacked, and of all; entries of one small container, and values of the whole that are
#: stepped over.
_TEXT, _WHOLE, _SMALL, _VALUES = 64 << 20, 2 << 30, 1 << 20, 50_000_000
_END, _DATABASE, _SECONDS, _MILLISECONDS, _SIZES, _AUX = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA
_FREQUENCY, _IDLE, _FUNCTION = 0xF9, 0xF8, 0xF5
_HASH, _ZIPMAP, _HASH_ZIPLIST, _HASH_LISTPACK = 4, 9, 13, 16
_HASHES = frozenset({_ZIPMAP, _HASH_ZIPLIST, _HASH_LISTPACK})


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


class Stopped(Exception):  # noqa: N818 - no mistake
    """Something stands there whose length cannot be told."""


class Walk:
    """One walk over a snapshot.

    Attributes:
        at: How far it came.
    """

    def __init__(self, data: Bytes, size: int) -> None:
        self.data, self.size = data, size
        self.at = 9
        self.left, self.packed = _VALUES, _WHOLE

    def hashes(self) -> Iterator[tuple[bytes, list[tuple[bytes, bytes]]]]:
        """Keys with the fields and values of their hashes; keys of anything else with nothing.

        Raises:
            Broken: It breaks off or is damaged.
            Stopped: It cannot be stepped over what comes next.
        """
        while True:
            kind = self._byte()
            if kind == _END:
                return
            if kind in {_DATABASE, _IDLE}:
                self._length()
            elif kind == _SECONDS:
                self._take(4)
            elif kind == _MILLISECONDS:
                self._take(8)
            elif kind == _FREQUENCY:
                self._take(1)
            elif kind == _SIZES:
                self._length()
                self._length()
            elif kind == _AUX:
                self._text(skip=True)
                self._text(skip=True)
            elif kind == _FUNCTION:
                self._text(skip=True)
            elif kind > 0x1F:
                raise Stopped(f"an entry of kind {kind}")
            else:
                yield self._text(), self._value(kind)

    # -- numbers and texts -----------------------------------------------------------------------------------------

    def _take(self, size: int) -> bytes:
        if size < 0 or self.at + size > self.size:
            raise Broken("it breaks off")
        raw = self.data[self.at : self.at + size]
        self.at += size
        return raw

    def _byte(self) -> int:
        return self._take(1)[0]

    def _length(self) -> int:
        """A length."""
        size, special = self._sized()
        if special:
            raise Broken("a number where a length is due")
        return size

    def _sized(self) -> tuple[int, bool]:
        first = self._byte()
        top = first >> 6
        if top == 0:
            return first & 0x3F, False
        if top == 1:
            return (first & 0x3F) << 8 | self._byte(), False
        if top == 2:
            return int.from_bytes(self._take(8 if first == 0x81 else 4), "big"), False
        return first & 0x3F, True

    def _text(self, *, skip: bool = False) -> bytes:
        """A text; numbers are told as they are written. One that is stepped over is not unpacked."""
        self.left -= 1
        if self.left < 0:
            raise Stopped("more values than are stepped over")
        size, special = self._sized()
        if not special:
            return self._take(size)
        if size < 3:
            return str(int.from_bytes(self._take(1 << size), "little", signed=True)).encode()
        if size != 3:
            raise Broken("a text of no kind")
        packed, full = self._length(), self._length()
        if full > _TEXT:
            raise Stopped("a text that is too long")
        raw = self._take(packed)
        if skip:
            return b""
        self.packed -= full
        if self.packed < 0:
            raise Stopped("more packed texts than are unpacked")
        return _unpacked(raw, full)

    # -- values ----------------------------------------------------------------------------------------------------

    def _value(self, kind: int) -> list[tuple[bytes, bytes]]:
        if kind in {0, 9, 10, 11, 12, 13, 16, 17, 20}:
            raw = self._text(skip=kind not in _HASHES)
            return _fields(kind, raw)
        if kind == _HASH:
            return [(self._text(), self._text()) for _ in range(self._count())]
        if kind in {1, 2, 14}:
            for _ in range(self._count()):
                self._text(skip=True)
        elif kind == 18:
            for _ in range(self._count()):
                self._length()
                self._text(skip=True)
        elif kind in {3, 5}:
            for _ in range(self._count()):
                self._text(skip=True)
                if kind == 5:
                    self._take(8)
                elif (size := self._byte()) < 253:
                    self._take(size)
        else:
            raise Stopped("streams, and what modules keep" if kind in {6, 7, 15, 19, 21} else f"a value of kind {kind}")
        return []

    def _count(self) -> int:
        count = self._length()
        if count > self.size - self.at:
            raise Broken("more values than there are bytes")
        return count


def _fields(kind: int, raw: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of a small hash that lies in one text; nothing for anything else."""
    try:
        if kind == _HASH_ZIPLIST:
            rows = _ziplist(raw)
        elif kind == _HASH_LISTPACK:
            rows = _listpack(raw)
        elif kind == _ZIPMAP:
            rows = _zipmap(raw)
        else:
            return []
    except (IndexError, struct.error) as error:
        raise Broken("a small hash that breaks off") from error
    return list(zip(rows[::2], rows[1::2], strict=False))


def _ziplist(raw: bytes) -> list[bytes]:
    out: list[bytes] = []
    at = 10
    while raw[at] != 0xFF and len(out) < _SMALL:
        at += 5 if raw[at] == 0xFE else 1
        first = raw[at]
        top = first >> 6
        if top < 3:
            if top == 0:
                size, at = first & 0x3F, at + 1
            elif top == 1:
                size, at = (first & 0x3F) << 8 | raw[at + 1], at + 2
            else:
                size, at = struct.unpack_from(">I", raw, at + 1)[0], at + 5
            out.append(raw[at : at + size])
        else:
            at += 1
            size = {0xC0: 2, 0xD0: 4, 0xE0: 8, 0xF0: 3, 0xFE: 1}.get(first, 0)
            number = int.from_bytes(raw[at : at + size], "little", signed=True) if size else (first & 0x0F) - 1
            out.append(str(number).encode())
        at += size
    return out


def _listpack(raw: bytes) -> list[bytes]:
    out: list[bytes] = []
    at = 6
    while raw[at] != 0xFF and len(out) < _SMALL:
        start, first = at, raw[at]
        if first < 0x80:
            out.append(str(first).encode())
            at += 1
        elif first < 0xC0:
            size = first & 0x3F
            out.append(raw[at + 1 : at + 1 + size])
            at += 1 + size
        elif first < 0xE0:
            number = (first & 0x1F) << 8 | raw[at + 1]
            out.append(str(number - (1 << 13) if number >> 12 else number).encode())
            at += 2
        elif first < 0xF0:
            size = (first & 0x0F) << 8 | raw[at + 1]
            out.append(raw[at + 2 : at + 2 + size])
            at += 2 + size
        elif first == 0xF0:
            size = struct.unpack_from("<I", raw, at + 1)[0]
            out.append(raw[at + 5 : at + 5 + size])
            at += 5 + size
        else:
            size = {0xF1: 2, 0xF2: 3, 0xF3: 4, 0xF4: 8}.get(first, 0)
            if not size:
                raise Broken("an entry of no kind")
            out.append(str(int.from_bytes(raw[at + 1 : at + 1 + size], "little", signed=True)).encode())
            at += 1 + size
        # How long the entry is stands behind it, for those who come from there.
        size = at - start
        at += 1 if size < 128 else 2 if size < 16_384 else 3 if size < 2_097_152 else 4 if size < 268_435_456 else 5
    return out


def _zipmap(raw: bytes) -> list[bytes]:
    out: list[bytes] = []
    at = 1
    while raw[at] != 0xFF and len(out) < _SMALL:
        size, at = (raw[at], at + 1) if raw[at] < 254 else (struct.unpack_from("<I", raw, at + 1)[0], at + 5)
        free, at = (raw[at], at + 1) if len(out) % 2 else (0, at)
        out.append(raw[at : at + size])
        at += size + free
    return out


def _unpacked(packed: bytes, full: int) -> bytes:
    """A text out of LZF: literals, and copies of what came before."""
    out = bytearray()
    at = 0
    try:
        while at < len(packed) and len(out) <= full:
            first = packed[at]
            at += 1
            if first < 32:
                out += packed[at : at + first + 1]
                at += first + 1
                continue
            size = first >> 5
            if size == 7:
                size += packed[at]
                at += 1
            back = (first & 0x1F) << 8 | packed[at]
            at += 1
            start = len(out) - back - 1
            if start < 0:
                raise Broken("a copy of nothing")
            piece = out[start : start + size + 2]
            # A copy that reaches into what it makes repeats what lies behind where it begins.
            out += (piece * (-(-(size + 2) // len(piece))))[: size + 2]
    except IndexError as error:
        raise Broken("a packed text that breaks off") from error
    if len(out) != full:
        raise Broken("a packed text of another length")
    return bytes(out)
