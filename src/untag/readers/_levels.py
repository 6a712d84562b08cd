"""Encodings of values in pages of Parquet: runs and bit-packed numbers, levels, and plain texts.

Format: parquet.apache.org, "Encodings" (RLE/bit-packing hybrid, PLAIN).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.syntax import leb128

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["indices", "levels", "plain"]


def plain(data: bytes, count: int) -> list[str]:
    """Texts one after another, each behind its length; those of a page that hold fewer end with it."""
    out: list[str] = []
    at = 0
    while len(out) < count and at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "little")
        at += 4
        if size > len(data) - at:
            raise Damaged("a text that leaves its page")
        # A text this long is no name of a class.
        out.append(data[at : at + min(size, 400)].decode("utf-8", "replace"))
        at += size
    return out


def levels(data: bytes, *present: bool) -> bytes:
    """What follows the levels of a page, each of which is behind its length."""
    at = 0
    for there in present:
        if there:
            at += 4 + int.from_bytes(data[at : at + 4], "little")
    if at > len(data):
        raise Damaged("levels that leave their page")
    return data[at:]


def indices(data: bytes, count: int) -> Iterator[tuple[int, int]]:
    """Numbers of a page by dictionary, each with how often it stands there in a row."""
    if not data:
        return
    width, at, left = data[0], 1, count
    if width > 32:
        raise Damaged("an index of more than 32 bits")
    mask = (1 << width) - 1
    while left > 0 and at < len(data):
        try:
            head, at = leb128.unsigned(data, at, most=5)
        except IndexError:
            return
        if head & 1:
            for _ in range(head >> 1):
                if left <= 0:
                    break
                bits = int.from_bytes(data[at : at + width], "little")
                at += width
                for _ in range(min(8, left)):
                    yield bits & mask, 1
                    bits >>= width
                left -= 8
                if at >= len(data):
                    break
        else:
            times = min(head >> 1, left)
            size = (width + 7) // 8
            if not times:
                break
            yield int.from_bytes(data[at : at + size], "little") & mask, times
            at += size
            left -= times
