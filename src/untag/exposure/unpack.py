"""Bytes of a log in blocks of whole lines, unpacked on the way, however large it is."""

from __future__ import annotations

import bz2
import importlib
import lzma
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BLOCK", "LONGEST", "Cut", "blocks", "head", "packed", "plain", "whole"]

#: Bytes of a block, and of the longest line: a line holds a row, and some rows hold bodies.
BLOCK, LONGEST = 2 << 20, 8 << 20
#: How many times its bytes a packed log may expand to, above so many bytes: logs reach fifty.
RATIO, FREE = 500, 64 << 20
#: Bytes read of a packed file at once.
_READ = 1 << 18
_MAGIC = (
    (b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"),
)  # fmt: skip


class Cut(Exception):  # noqa: N818 - a state of the file
    """Reading ends before the file does.

    Attributes:
        reason: The contract's word: ``damaged``, ``limit`` or ``needs``.
    """

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(why)
        self.reason = reason


def packed(start: bytes) -> str:
    """How a file is packed, by its first bytes; empty where it is not."""
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "")


def head(file: BinaryIO, size: int) -> bytes:
    """The first bytes of a log, unpacked; fewer where it is shorter or damaged.

    Args:
        file: At its start; it is left somewhere else.
        size: How many.
    """
    out = bytearray()
    try:
        for piece in plain(file):
            out += piece
            if len(out) >= size:
                break
    except Cut:
        pass
    return bytes(out[:size])


def plain(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a log in pieces of any size, unpacked.

    Raises:
        Cut: It is damaged, expands too far, or cannot be unpacked here.
    """
    first = file.read(_READ)
    way = packed(first)
    if not way:
        while first:
            yield first
            first = file.read(BLOCK)
        return
    read = made = 0
    unpacker: Any = None
    data = first
    while data:
        read += len(data)
        while data:
            if unpacker is None:
                if packed(data) != way:
                    # What stands behind the last member: padding of zeros is usual.
                    if data.strip(b"\0"):
                        raise Cut("something else follows the packed part", "damaged")
                    break
                unpacker = _unpacker(way)
            try:
                piece = bytes(unpacker.decompress(data, BLOCK))
                yield piece
                made += len(piece)
                while not unpacker.eof and (piece := _more(unpacker, way)):
                    made += len(piece)
                    if made > FREE and made > read * RATIO:
                        raise Cut(f"it expands more than {RATIO} times", "limit")
                    yield piece
            except _faults(way) as error:
                raise Cut(f"its {way} is damaged ({type(error).__name__})", "damaged") from None
            if made > FREE and made > read * RATIO:
                raise Cut(f"it expands more than {RATIO} times", "limit")
            if not unpacker.eof:
                break
            data = unpacker.unused_data
            unpacker = None
        data = file.read(_READ)
    if unpacker is not None:
        raise Cut(f"its {way} ends too early", "damaged")


def _unpacker(way: str) -> Any:
    if way == "gzip":
        return zlib.decompressobj(31)
    if way == "bzip2":
        return bz2.BZ2Decompressor()
    if way == "xz":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 << 20)
    library = _zstd()
    if library is None:
        raise Cut("zstd needs a library: pip install 'untag[archives]'", "needs")
    return library.ZstdDecompressor()


@cache
def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


def _faults(way: str) -> tuple[type[Exception], ...]:
    """What is raised for damaged data."""
    own = (_zstd().ZstdError,) if way == "zstd" and _zstd() is not None else ()
    return OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, *own


def _more(unpacker: Any, way: str) -> bytes:
    """What is left to unpack of what was given already."""
    if way == "gzip":
        return bytes(unpacker.decompress(unpacker.unconsumed_tail, BLOCK)) if unpacker.unconsumed_tail else b""
    return b"" if unpacker.needs_input else bytes(unpacker.decompress(b"", BLOCK))


def blocks(file: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    """Whole lines, some at once; a line that is too long comes without its rest, and without a line break.

    Args:
        file: A log.
        start: Where to begin, in a log that is not packed: lines that begin there or later.
        end: Where to end: lines that begin before.

    Raises:
        Cut: As for ``plain``.
    """
    if start:
        file.seek(start - 1)
        at = start - 1 + _skip(file, None if end is None else end - start + 1)
        if end is not None and at >= end:
            return
        pieces = iter(lambda: file.read(BLOCK), b"")
    else:
        at = 0
        pieces = plain(file)
    rest = bytearray()
    skipping = False
    for piece in pieces:
        if end is not None and at >= end:
            return
        if skipping:
            cut = piece.find(b"\n")
            if cut < 0:
                at += len(piece)
                continue
            at += cut + 1
            piece = piece[cut + 1 :]
            skipping = False
        last = piece.rfind(b"\n") + 1
        if not last:
            rest += piece
            if len(rest) > LONGEST:
                yield bytes(rest[:LONGEST])
                at += len(rest)
                rest.clear()
                skipping = True
            continue
        block = bytes(rest) + piece[:last]
        rest = bytearray(piece[last:])
        if end is not None and at + len(block) > end:
            # The last line is the one that begins before the end.
            stop = block.find(b"\n", max(0, end - 1 - at)) + 1
            yield block[:stop]
            return
        yield block
        at += len(block)
    if rest and (end is None or at < end):
        yield bytes(rest)


def _skip(file: BinaryIO, most: int | None) -> int:
    """Pass the rest of a line, or so many bytes of it; returns how many they were."""
    size = 0
    while most is None or size < most:
        piece = file.readline(BLOCK if most is None else min(BLOCK, most - size))
        size += len(piece)
        if not piece or piece.endswith(b"\n"):
            break
    return size


def whole(file: BinaryIO, most: int) -> bytes:
    """All bytes of a capture that is read at once.

    Raises:
        Cut: It is larger than that, or as for ``plain``.
    """
    out = bytearray()
    for piece in plain(file):
        out += piece
        if len(out) > most:
            raise Cut(f"it is larger than {most >> 20} MB and is read at once", "limit")
    return bytes(out)
