"""Content codings (RFC 9110): gzip and deflate, br and zstd where a library is there; any other does not pass."""

from __future__ import annotations

import zlib
from typing import Any

from untag.guard.body import Unsound

__all__ = ["decoded", "encoded", "known", "named"]

_GZIP = 31
_RAW, _WRAPPED = -15, 15


def named(header: str) -> list[str]:
    """The codings of a header, in the order they were applied."""
    return [name.strip().lower() for name in header.split(",") if name.strip() and name.strip().lower() != "identity"]


def known() -> tuple[str, ...]:
    """Codings that can be undone here."""
    out = ["gzip", "deflate"]
    if _brotli() is not None:
        out.append("br")
    if _zstd() is not None:
        out.append("zstd")
    return tuple(out)


def decoded(data: bytes, names: list[str], limit: int) -> bytes:
    """Undo codings.

    Args:
        data: As sent.
        names: In the order they were applied.
        limit: Bytes that any step may expand to.

    Raises:
        Unsound: A coding is unknown here, the data are damaged or go on behind their end, or expand too far.
    """
    if len(names) > 3:
        raise Unsound("it is packed more than three times", limit=True)
    for name in reversed(names):
        data = _undo(data, name, limit)
    return data


def encoded(data: bytes, names: list[str]) -> bytes:
    """Apply codings, in order; they must be known."""
    for name in names:
        if name in {"gzip", "x-gzip"}:
            packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
            data = packer.compress(data) + packer.flush()
        elif name == "deflate":
            data = zlib.compress(data, 6)
        elif name == "br":
            data = bytes(_brotli().compress(data, quality=5))
        else:
            data = bytes(_zstd().compress(data))
    return data


def _undo(data: bytes, name: str, limit: int) -> bytes:
    if name in {"gzip", "x-gzip"}:
        return _inflated(data, _GZIP, limit)
    if name == "deflate":
        # Some servers send it without its wrapping, and readers take both.
        wrapped = len(data) >= 2 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return _inflated(data, _WRAPPED if wrapped else _RAW, limit)
    if name == "br" and (brotli := _brotli()) is not None:
        return _stepped(brotli.Decompressor(), brotli.error, data, limit)
    if name == "zstd" and (zstd := _zstd()) is not None:
        unpacker = zstd.ZstdDecompressor()
        try:
            out = unpacker.decompress(data, max_length=limit + 1)
        except zstd.ZstdError:
            raise Unsound("its zstd is damaged") from None
        if len(out) > limit:
            raise Unsound("it expands too far", limit=True)
        if not unpacker.eof or unpacker.unused_data:
            raise Unsound("its zstd ends too early, or goes on behind its end")
        return bytes(out)
    raise Unsound(f"its coding is unknown here: {name[:20]!r}")


def _inflated(data: bytes, bits: int, limit: int) -> bytes:
    out = bytearray()
    while True:
        unpacker = zlib.decompressobj(bits)
        try:
            out += unpacker.decompress(data, limit + 1 - len(out))
        except zlib.error:
            raise Unsound("its coding is damaged") from None
        if len(out) > limit:
            raise Unsound("it expands too far", limit=True)
        if not unpacker.eof:
            raise Unsound("its coding ends too early")
        data = unpacker.unused_data
        if not data:
            return bytes(out)
        if bits != _GZIP:
            raise Unsound("its coding goes on behind its end")


def _stepped(unpacker: Any, error: type[Exception], data: bytes, limit: int) -> bytes:
    """Unpack brotli a little at a time, so that a bomb is met before it is large."""
    out = bytearray()
    try:
        out += unpacker.process(data, output_buffer_limit=limit + 1)
        while len(out) <= limit and not unpacker.can_accept_more_data():
            out += unpacker.process(b"", output_buffer_limit=limit + 1 - len(out))
    except error:
        raise Unsound("its br is damaged") from None
    if len(out) > limit:
        raise Unsound("it expands too far", limit=True)
    if not unpacker.is_finished():
        raise Unsound("its br ends too early")
    return bytes(out)


def _brotli() -> Any:
    return _library("brotli")


def _zstd() -> Any:
    return _library("compression.zstd") or _library("backports.zstd")


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        return None
