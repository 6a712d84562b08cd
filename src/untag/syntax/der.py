"""Elements of DER (ITU-T X.690), one level at a time; nothing but their bounds and lengths is looked at."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Element", "elements", "encoded"]


@dataclass(frozen=True, slots=True)
class Element:
    """A tag with what it holds.

    Attributes:
        tag: Its first byte.
        body: What it holds.
        whole: All of it.
    """

    tag: int
    body: bytes
    whole: bytes


def elements(data: bytes) -> list[Element]:
    """The elements that follow each other in some bytes, which they fill.

    Raises:
        ValueError: They do not, or a length or tag is written otherwise than DER has it.
    """
    made, at = [], 0
    while at < len(data):
        start = at
        tag, size = data[at], _size(data, at + 1)
        if tag & 31 == 31:
            raise ValueError("a tag of several bytes")
        at += 1 + len(_length(size))
        if at + size > len(data):
            raise ValueError("an element ends behind what holds it")
        made.append(Element(tag, data[at : at + size], data[start : at + size]))
        at += size
    return made


def encoded(tag: int, body: bytes) -> bytes:
    """An element."""
    return bytes([tag]) + _length(len(body)) + body


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    width = (size.bit_length() + 7) // 8
    return bytes([128 | width]) + size.to_bytes(width, "big")


def _size(data: bytes, at: int) -> int:
    first = data[at] if at < len(data) else 128
    width = first & 127
    size = int.from_bytes(data[at + 1 : at + 1 + width], "big") if first > 127 else first
    if _length(size) != data[at : at + 1 + (width if first > 127 else 0)]:
        raise ValueError("a length that is not the shortest, not definite or cut off")
    return size
