"""Sorted string tables: keys with values, in blocks, as LevelDB and TensorFlow's checkpoints keep them.

Layout: github.com/google/leveldb, ``doc/table_format.md``; TensorFlow's ``core/lib/io/table_format.txt`` is the same. A
key is written as what it shares with the one before it and the rest, so that names cannot be found by a search of the
bytes. Values are told by their place and never copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from untag.syntax.leb128 import unsigned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.pages import Bytes

__all__ = ["Block", "Broken", "Row", "blocks", "rows", "run", "signed"]

#: The last eight bytes of a table, and the length of what they end.
_MAGIC, _FOOTER = 0xDB4775248B80FB57.to_bytes(8, "little"), 48
#: Bytes behind a block: how it is packed, and a checksum.
_TRAILER = 5
#: The longest key that is kept.
_KEY = 1 << 16


class Broken(Exception):  # noqa: N818 - a verdict on the input
    """A table, or a block of one, that makes no sense.

    Attributes:
        at: Byte of the file.
        detail: What is wrong.
    """

    def __init__(self, at: int, detail: str) -> None:
        """Say where and what."""
        super().__init__(detail)
        self.at = at
        self.detail = detail


class Block(NamedTuple):
    """A block: where it begins, its bytes, and how it is packed (0 not at all, 1 by Snappy)."""

    at: int
    size: int
    packed: int


class Row(NamedTuple):
    """A key, and where its value lies."""

    key: bytes
    at: int
    size: int


def signed(tail: bytes) -> bool:
    """Whether bytes end as a table does."""
    return len(tail) >= _FOOTER and tail.endswith(_MAGIC)


def blocks(data: Bytes) -> Iterator[Block | Broken]:
    """The blocks of a table, as its index lists them; a bad entry is told and the next one is taken.

    Raises:
        Broken: It has no footer, or its index cannot be read.
    """
    end = len(data) - _FOOTER
    if end < 0 or data[len(data) - 8 : len(data)] != _MAGIC:
        raise Broken(len(data), "the end of the table is missing")
    try:
        _, at = unsigned(data, end)
        _, at = unsigned(data, at)
        start, at = unsigned(data, at)
        size, _ = unsigned(data, at)
    except IndexError:
        raise Broken(end, "the end of the table makes no sense") from None
    index = _block(data, start, size, end)
    if index.packed:
        raise Broken(start, "the index of the table is packed")
    before = 0
    for row in rows(data, index):
        if isinstance(row, Broken):
            yield row
            continue
        try:
            start, at = unsigned(data, row.at, row.at + row.size)
            size, _ = unsigned(data, at, row.at + row.size)
            one = _block(data, start, size, end)
        except IndexError:
            yield Broken(row.at, "an entry of the index breaks off")
            continue
        except Broken as broken:
            yield broken
            continue
        # They follow one another: an index that goes back would have bytes read again and again.
        if start < before:
            yield Broken(row.at, "a block lies before the one that it follows")
            continue
        before = start + size
        yield one


def _block(data: Bytes, start: int, size: int, end: int) -> Block:
    """A block that lies in the file.

    Raises:
        Broken: It does not.
    """
    if size < 4 or start + size + _TRAILER > end:
        raise Broken(min(start, len(data)), "a block lies outside of the table")
    return Block(start, size, data[start + size])


def rows(data: Bytes, block: Block) -> Iterator[Row | Broken]:
    """Keys and values of a block that is not packed, as far as it can be followed."""
    end = block.at + block.size - 4
    restarts = int.from_bytes(data[end : end + 4], "little")
    end -= 4 * restarts
    if end < block.at:
        yield Broken(block.at, "a block has more starts than bytes")
        return
    yield from run(data, block.at, end)


def run(data: Bytes, at: int, end: int) -> Iterator[Row | Broken]:
    """Entries from a place on, as far as they make sense: what is left of a table without its end."""
    key, first = b"", True
    while at < end:
        here = at
        try:
            shared, at = unsigned(data, at, end)
            more, at = unsigned(data, at, end)
            size, at = unsigned(data, at, end)
        except IndexError:
            yield Broken(here, "an entry breaks off")
            return
        if shared > len(key) or shared + more > _KEY or at + more + size > end:
            yield Broken(here, "an entry makes no sense")
            return
        before, key = key, key[:shared] + data[at : at + more]
        if key <= before and not first:
            yield Broken(here, "keys are out of order")
            return
        at, first = at + more, False
        yield Row(key, at, size)
        at += size
