"""Numbers of changing size, seven bits a byte, the lowest first: LEB128 (DWARF 5, 7.6), Protocol Buffers, Thrift."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.syntax.pages import Bytes

__all__ = ["unsigned", "zigzag"]


def unsigned(data: Bytes, at: int, end: int | None = None, *, most: int = 10) -> tuple[int, int]:
    """A number, and where it ends.

    Args:
        data: The bytes.
        at: Where it begins.
        end: Where the bytes end that it may take; by default all.
        most: Bytes that it may have; ten hold 64 bits.

    Returns:
        The number and the place behind it.

    Raises:
        IndexError: It breaks off, or goes on for too long.
    """
    stop = len(data)
    if end is not None and end < stop:
        stop = end
    # Most are one byte, and there are millions of them.
    if at < stop and (byte := data[at]) < 0x80:
        return byte, at + 1
    value = shift = 0
    stop = min(stop, at + most)
    while at < stop:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise IndexError("a number breaks off")


def zigzag(value: int) -> int:
    """The signed number that a writer made this one of."""
    return (value >> 1) ^ -(value & 1)
