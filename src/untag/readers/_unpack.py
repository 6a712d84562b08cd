"""Compressed streams: read piece by piece, so that what precedes any damage is had, and no piece is large."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from untag.gap import Damaged

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CODECS", "Unpacked", "codec_of", "library"]

_PIECE = 64 << 10
#: Memory that an xz or zstandard decoder may take: a hostile header asks for gigabytes.
_MEMORY = 256 << 20
_WINDOW = 27


class _Zlib:
    """zlib's decoder with the manners of the others."""

    def __init__(self, bits: int) -> None:
        self._made = zlib.decompressobj(bits)

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._made.decompress(self._made.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._made.eof

    @property
    def needs_input(self) -> bool:
        return not self._made.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._made.unused_data


def deflate() -> _Zlib:
    """Raw deflate, as in zip."""
    return _Zlib(-15)


def gzip() -> _Zlib:
    """Deflate with gzip's header and checksum."""
    return _Zlib(31)


def xz() -> lzma.LZMADecompressor:
    """xz, and the older lzma format."""
    return lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=_MEMORY)


class _Told:
    """A decoder that tells damage as a ``ValueError``, as those of the standard library do in their ways."""

    def __init__(self, decoder: Any, error: type[Exception]) -> None:
        self._decoder, self._error = decoder, error

    def decompress(self, data: bytes, most: int) -> bytes:
        """At most so many bytes."""
        try:
            out: bytes = self._decoder.decompress(data, most)
        except self._error:
            raise ValueError("damaged compressed data") from None
        return out

    def __getattr__(self, name: str) -> Any:
        return getattr(self._decoder, name)


def zstd() -> Any:
    """Zstandard.

    Raises:
        ImportError: No library for it is installed.
    """
    try:
        from compression import zstd as made  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd as made
    return _Told(made.ZstdDecompressor(options={made.DecompressionParameter.window_log_max: _WINDOW}), made.ZstdError)


def lz4() -> Any:
    """LZ4 frames.

    Raises:
        ImportError: No library for it is installed.
    """
    from lz4.frame import LZ4FrameDecompressor

    return _Told(LZ4FrameDecompressor(), RuntimeError)


#: By name: first bytes, what makes a decoder, the program that shows it, and what to install for it.
CODECS: dict[str, tuple[tuple[bytes, ...], Callable[[], Any], str, str]] = {
    "gz": ((b"\x1f\x8b\x08",), gzip, "gzip -dc {file}", ""),
    "bz2": (tuple(b"BZh%d1AY&SY" % n for n in range(1, 10)), bz2.BZ2Decompressor, "bzip2 -dc {file}", ""),
    "xz": ((b"\xfd7zXZ\0",), xz, "xz -dc {file}", ""),
    "lzma": ((b"\x5d\0\0",), xz, "xz -dc {file}", ""),
    "zst": ((b"\x28\xb5\x2f\xfd",), zstd, "zstd -dc {file}", "backports.zstd"),
    "lz4": ((b"\x04\x22\x4d\x18",), lz4, "lz4 -dc {file}", "lz4"),
}


def codec_of(head: bytes) -> str:
    """The name of the compression that bytes begin with, or nothing."""
    for name, (starts, *_) in CODECS.items():
        if head.startswith(starts):
            # lzma has no magic number: its header says 1 << n bytes of dictionary, and a size or that there is none.
            if name == "lzma" and not (len(head) > 13 and (head[5:13] == b"\xff" * 8 or head[10:13] == b"\0\0\0")):
                continue
            return name
    return ""


def library(name: str) -> str:
    """What is to be installed for a compression, or nothing where it can be read."""
    try:
        CODECS[name][1]()
    except ImportError:
        return CODECS[name][3]
    return ""


class Unpacked:
    """What a compressed stream holds, as something to read from; streams that follow one another are one."""

    def __init__(self, file: BinaryIO, make: Callable[[], Any], size: int | None = None, *, many: bool = True) -> None:
        """Nothing is read yet.

        Args:
            file: Stands at the first compressed byte.
            make: Makes a decoder with ``decompress(data, most)``, ``eof``, ``needs_input`` and ``unused_data``.
            size: Compressed bytes, None for all there are.
            many: Whether another stream may follow the first.
        """
        self._file, self._make, self._left, self._many = file, make, size, many
        self._decoder = make()
        self._rest = b""
        self._ended = False
        #: Compressed bytes that were taken in.
        self.taken = 0
        #: What followed the last stream and is none.
        self.behind = b""

    def _more(self) -> bytes:
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        wanted = _PIECE if self._left is None else min(_PIECE, self._left)
        data = self._file.read(wanted)
        self.taken += len(data)
        if self._left is not None:
            self._left -= len(data)
        return data

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            Damaged: The stream ends before it should.
            OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, RuntimeError: As the decoder says.
        """
        while not self._ended:
            if self._decoder.eof:
                self._next()
                continue
            data = self._more() if self._decoder.needs_input else b""
            if not data and self._decoder.needs_input:
                self._ended = True
                raise Damaged("the compressed data end before they should")
            out: bytes = self._decoder.decompress(data, size)
            if out:
                return out
        return b""

    def _next(self) -> None:
        """After one stream: another one, padding, or something else."""
        self._rest = (self._decoder.unused_data or b"") + self._rest
        if not self._many:
            self._ended, self.behind = True, self._rest
            return
        rest = (self._rest or self._more()).lstrip(b"\0")
        while not rest:
            piece = self._more()
            if not piece:
                self._ended = True
                return
            rest = piece.lstrip(b"\0")
        if len(rest) < 32:
            self._rest = b""
            rest += self._more()
        if not codec_of(rest):
            self._ended, self.behind = True, rest
            return
        self._rest = rest
        self._decoder = self._make()
