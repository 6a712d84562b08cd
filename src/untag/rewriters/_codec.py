"""Compressed streams, written anew as they were: by the same method, with what their header says."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, Any

from untag.gap import Damaged
from untag.readers._unpack import CODECS, Unpacked, codec_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from untag.artifact import Artifact

__all__ = ["Compressor", "header", "unpacked"]

_CHUNK = 1 << 20


def header(head: bytes) -> bytes:
    """Gzip's header (RFC 1952): time, system, name, comment, its checksum.

    Raises:
        Damaged: It is cut off, or says with an extra field how the bytes behind it are divided (BGZF, dictzip).
    """
    at, flags = 10, head[3] if len(head) > 3 else 0
    if flags & 4:
        raise Damaged("gzip with an extra field (BGZF, dictzip), which strip does not write")
    for bit in (8, 16):
        if flags & bit:
            at = head.find(b"\0", at) + 1
            if not at:
                break
    at += 2 if flags & 2 else 0
    if at < 10 or at > len(head):
        raise Damaged("the header of the compressed data is damaged")
    return head[:at]


def unpacked(artifact: Artifact, out: BinaryIO, most: int) -> int:
    """Write what a compressed artifact holds; how many bytes that is.

    Raises:
        Damaged: It is damaged, or holds more than ``most`` bytes.
    """
    total = 0
    with artifact.open() as file:
        stream = Unpacked(file, CODECS[codec_of(artifact.head)][1])
        try:
            while piece := stream.read(_CHUNK):
                total += len(piece)
                if total > most:
                    raise Damaged(f"it expands to more than {most >> 20} MB")
                out.write(piece)
        except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError):
            raise Damaged("the compressed data are damaged") from None
        if stream.behind:
            raise Damaged("bytes follow the compressed data")
    return total


class Compressor:
    """A file that compresses what is written to it, by the method and with the header of other compressed bytes.

    Args:
        out: Takes the compressed bytes.
        head: The first bytes of what was there.
        size: How many bytes are written in all.

    Raises:
        Damaged: No header, or a method that is not written.
    """

    def __init__(self, out: BinaryIO, head: bytes, size: int) -> None:
        self._out = out
        self._codec = codec_of(head)
        self._sum = self._size = 0
        if self._codec == "gz":
            out.write(header(head))
            # RFC 1952: 2 says slowest and best, 4 fastest.
            level = {2: 9, 4: 1}.get(head[8], 6)
            self._made: Any = zlib.compressobj(level, zlib.DEFLATED, -15)
        elif self._codec == "bz2":
            self._made = bz2.BZ2Compressor(head[3] - 48)
        elif self._codec == "xz":
            self._made = lzma.LZMACompressor(lzma.FORMAT_XZ, check=head[7] & 15)
        elif self._codec == "lzma":
            self._made = lzma.LZMACompressor(lzma.FORMAT_ALONE)
        elif self._codec == "zst":
            self._made = _zstd()
        elif self._codec == "lz4":
            from lz4.frame import LZ4FrameCompressor

            self._made = LZ4FrameCompressor(content_checksum=bool(head[4] & 4))
            out.write(self._made.begin(size if head[4] & 8 else 0))
        else:
            raise Damaged("compressed by a method that strip does not write")

    def write(self, data: bytes) -> int:
        """Compress some bytes."""
        self._sum = zlib.crc32(data, self._sum)
        self._size += len(data)
        self._out.write(self._made.compress(data))
        return len(data)

    def close(self) -> None:
        """Write what is left."""
        self._out.write(self._made.flush())
        if self._codec == "gz":
            self._out.write(struct.pack("<II", self._sum, self._size & 0xFFFFFFFF))


def _zstd() -> Any:
    try:
        from compression import zstd as made  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd as made
    return made.ZstdCompressor(options={made.CompressionParameter.checksum_flag: 1})
