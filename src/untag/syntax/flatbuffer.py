"""FlatBuffers: tables, texts and vectors by their offsets, each checked against the end of the bytes.

The ``flatbuffers`` package trusts its offsets; a file of unknown origin cannot. Layout: flatbuffers.dev, "Internals".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.syntax.pages import Bytes

__all__ = ["Buffer", "Table", "Wrong"]


class Wrong(Exception):  # noqa: N818 - a state of the input
    """An offset leads out of the bytes."""

    def __init__(self, at: int) -> None:
        super().__init__(f"an offset at byte {at} leads out of the file")
        self.at = at


class Buffer:
    """Bytes with numbers in them.

    Args:
        data: The bytes.
        start: Where the buffer begins in them.
        bound: Tables, texts and numbers that are read at most; then reading is as if the bytes ended.
    """

    def __init__(self, data: Bytes, start: int = 0, bound: int = 4_000_000) -> None:
        self.data = data
        self.start = start
        self.left = bound

    def number(self, at: int, width: int, *, signed: bool = False) -> int:
        """A number.

        Raises:
            Wrong: It lies outside.
        """
        self.left -= 1
        if at < self.start or at + width > len(self.data) or self.left < 0:
            raise Wrong(at)
        return int.from_bytes(self.data[at : at + width], "little", signed=signed)

    def root(self) -> Table:
        """The first table."""
        return Table(self, self.start + self.number(self.start, 4))


class Table:
    """A table; its fields are asked for by their index in the schema."""

    __slots__ = ("at", "buffer", "size", "vtable")

    def __init__(self, buffer: Buffer, at: int) -> None:
        self.buffer = buffer
        self.at = at
        self.vtable = at - buffer.number(at, 4, signed=True)
        self.size = buffer.number(self.vtable, 2)
        if self.size < 4 or self.size > 4096:
            raise Wrong(self.vtable)

    def field(self, index: int) -> int:
        """Where a field lies; 0 if the table has none."""
        slot = 4 + index * 2
        if slot + 2 > self.size:
            return 0
        offset = self.buffer.number(self.vtable + slot, 2)
        return self.at + offset if offset else 0

    def number(self, index: int, width: int, default: int = 0, *, signed: bool = False) -> int:
        """A number field."""
        at = self.field(index)
        return self.buffer.number(at, width, signed=signed) if at else default

    def text(self, index: int) -> str:
        """A text field; empty if there is none."""
        at = self.field(index)
        return self._text(at + self.buffer.number(at, 4)) if at else ""

    def _text(self, at: int) -> str:
        size = self.buffer.number(at, 4)
        if at + 4 + size > len(self.buffer.data):
            raise Wrong(at)
        return self.buffer.data[at + 4 : at + 4 + min(size, 200_000)].decode("utf-8", "replace")

    def vector(self, index: int) -> tuple[int, int]:
        """Where a vector's elements begin, and how many they are."""
        at = self.field(index)
        if not at:
            return 0, 0
        at += self.buffer.number(at, 4)
        count = self.buffer.number(at, 4)
        if count > len(self.buffer.data) - at:
            raise Wrong(at)
        return at + 4, count

    def table(self, index: int) -> Table | None:
        """A table field."""
        at = self.field(index)
        return Table(self.buffer, at + self.buffer.number(at, 4)) if at else None

    def tables(self, index: int) -> Iterator[Table]:
        """The tables of a vector."""
        start, count = self.vector(index)
        for number in range(count):
            at = start + number * 4
            yield Table(self.buffer, at + self.buffer.number(at, 4))

    def texts(self, index: int) -> Iterator[str]:
        """The texts of a vector."""
        start, count = self.vector(index)
        for number in range(count):
            at = start + number * 4
            yield self._text(at + self.buffer.number(at, 4))

    def numbers(self, index: int, width: int = 4) -> list[int]:
        """The numbers of a vector, at most a few thousand."""
        start, count = self.vector(index)
        return [self.buffer.number(start + n * width, width, signed=True) for n in range(min(count, 4096))]
