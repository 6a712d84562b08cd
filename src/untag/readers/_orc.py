"""Numbers in streams of ORC: the second version of its run-length encoding, unsigned.

Format: orc.apache.org, "ORC Specification v1", Run Length Encoding version 2, and version 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.syntax import leb128

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["numbers", "old"]

#: Bits of the values of a run, by the five bits that stand for them.
_WIDTHS = (*range(1, 25), 26, 28, 30, 32, 40, 48, 56, 64)


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> int:
        """A number of so many bytes, the highest first."""
        if self.at + size > len(self.data):
            raise Damaged("a run that leaves its stream")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def varint(self) -> int:
        try:
            value, self.at = leb128.unsigned(self.data, self.at)
        except IndexError:
            raise Damaged("a number without end") from None
        return value

    def packed(self, width: int, count: int) -> Iterator[int]:
        """So many numbers of so many bits, the highest first."""
        bits = have = 0
        mask = (1 << width) - 1
        for _ in range(count):
            while have < width:
                bits = (bits << 8 | self.take(1)) & ((1 << 72) - 1)
                have += 8
            have -= width
            yield bits >> have & mask


def numbers(data: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of a stream in the second version, each with how often it stands there in a row."""
    source = _Bytes(data)
    while source.at < len(data):
        head = source.take(1)
        kind = head >> 6
        if kind == 0:
            times = (head & 7) + 3
            yield source.take((head >> 3 & 7) + 1), times
            continue
        count = ((head & 1) << 8 | source.take(1)) + 1
        width = _WIDTHS[head >> 1 & 31]
        if kind == 1:
            yield from ((value, 1) for value in source.packed(width, count))
        elif kind == 2:
            yield from ((value, 1) for value in _patched(source, width, count))
        else:
            yield from ((value, 1) for value in _delta(source, width if head >> 1 & 31 else 0, count))


def _patched(source: _Bytes, width: int, count: int) -> Iterator[int]:
    third, fourth = source.take(1), source.take(1)
    base_size = (third >> 5) + 1
    patch_width = _WIDTHS[third & 31]
    gap_width, patches = (fourth >> 5) + 1, fourth & 31
    base = source.take(base_size)
    sign = 1 << (base_size * 8 - 1)
    if base & sign:
        base = -(base ^ sign)
    values = list(source.packed(width, count))
    size = next((w for w in _WIDTHS if w >= gap_width + patch_width), 64)
    at = 0
    for entry in source.packed(size, patches):
        at += entry >> patch_width
        if at < len(values):
            values[at] |= (entry & ((1 << patch_width) - 1)) << width
    for value in values:
        yield base + value


def _delta(source: _Bytes, width: int, count: int) -> Iterator[int]:
    value = source.varint()
    first = source.varint()
    step = (first >> 1) ^ -(first & 1)
    yield value
    if count < 2:
        return
    value += step
    yield value
    if not width:
        for _ in range(count - 2):
            value += step
            yield value
        return
    for delta in source.packed(width, count - 2):
        value += delta if step >= 0 else -delta
        yield value


def old(data: bytes) -> Iterator[tuple[int, int]]:
    """The numbers of a stream in the first version, each with how often it stands there in a row."""
    source = _Bytes(data)
    while source.at < len(data):
        head = source.take(1)
        if head >= 128:
            for _ in range(256 - head):
                yield source.varint(), 1
            continue
        step = source.take(1)
        step -= 256 if step > 127 else 0
        value = source.varint()
        if not step:
            yield value, head + 3
            continue
        for number in range(head + 3):
            yield value + step * number, 1
