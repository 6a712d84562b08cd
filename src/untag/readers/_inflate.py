"""Blocks of data that formats compress one by one: unpacked up to the size that is asked for, and never beyond it."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING

from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MOST", "NEEDS", "inflate", "missing"]

#: Bytes that one block may unpack to: pages and stripes of sound files are smaller, and a hostile one claims more.
MOST = 32 << 20
#: The command that installs what is missing.
NEEDS = "pip install 'untag[datasets]'"
_OWN = frozenset(("", "bzip2", "deflate", "gzip", "xz", "zlib"))
_BITS = {"deflate": -15, "gzip": 31, "zlib": 15}
#: Memory that an xz decoder may take: a hostile header asks for gigabytes.
_MEMORY = 64 << 20


def missing(codec: str) -> bool:
    """Whether what unpacks a codec is not installed."""
    if codec in _OWN:
        return False
    try:
        import cramjam  # noqa: F401 - only whether it is there
    except ImportError:
        return True
    return False


def inflate(codec: str, data: bytes, size: int = MOST) -> bytes:
    """What a block unpacks to.

    Args:
        codec: ``gzip``, ``zlib``, ``deflate``, ``bzip2``, ``xz``, ``snappy``, ``lz4`` (frame), ``lz4_raw`` (one block),
            ``zstd``, ``brotli``; nothing for bytes that are as they are.
        data: The block.
        size: Bytes it is said to unpack to, or the most it may.

    Raises:
        Damaged: It does not unpack, or to more than that, or nothing here unpacks it.
    """
    if not 0 <= size <= MOST:
        raise Damaged("a block that unpacks to more than is read")
    if not codec:
        return data
    try:
        if codec in _BITS:
            out = zlib.decompressobj(_BITS[codec]).decompress(data, size + 1)
        elif codec == "bzip2":
            out = bz2.BZ2Decompressor().decompress(data, size + 1)
        elif codec == "xz":
            out = lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MEMORY).decompress(data, size + 1)
        else:
            return _into(codec, data, size)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        raise Damaged(f"a block of {codec} that does not unpack ({type(error).__name__})") from None
    if len(out) > size:
        raise Damaged("a block that unpacks to more than it says")
    return out


def _into(codec: str, data: bytes, size: int) -> bytes:
    """Unpack with cramjam: decoders in Rust, into a buffer of a size that is fixed before."""
    try:
        import cramjam
    except ImportError:
        raise Damaged(f"a block of {codec}: {NEEDS} reads it") from None
    calls: dict[str, Callable[[bytes, bytearray], int]] = {
        "brotli": cramjam.brotli.decompress_into,
        "lz4": cramjam.lz4.decompress_into,
        "lz4_raw": lambda block, out: cramjam.lz4.decompress_block_into(block, out, output_len=size),
        "snappy": cramjam.snappy.decompress_raw_into,
        "zstd": cramjam.zstd.decompress_into,
    }
    call = calls.get(codec)
    if call is None:
        raise Damaged(f"a block of {codec}, which nothing here unpacks")
    out = bytearray(size)
    try:
        made = call(data, out)
    except cramjam.DecompressionError:
        raise Damaged(f"a block of {codec} that does not unpack") from None
    return bytes(out[:made])
