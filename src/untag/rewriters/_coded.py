"""A text in the form that parsers count in, UTF-8, and back to characters."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from untag.syntax.tree import Source

__all__ = ["Coded"]


class Coded:
    """Bytes and characters of a text.

    Args:
        source: The text.
        data: Its UTF-8 form.
    """

    def __init__(self, source: Source, data: bytes) -> None:
        self._source, self._data = source, data
        self._ascii = source.text.isascii()
        starts = [0]
        while not self._ascii and (at := data.find(b"\n", starts[-1])) >= 0:
            starts.append(at + 1)
        self._starts = starts

    def char(self, byte: int) -> int:
        """The character at a byte of the UTF-8 form."""
        if self._ascii:
            return byte
        row = bisect_right(self._starts, byte) - 1
        return self._source.starts[row] + len(self._data[self._starts[row] : byte].decode("utf-8", "replace"))

    def byte(self, char: int) -> int:
        """The byte of a character."""
        if self._ascii:
            return char
        row = self._source.line(char) - 1
        return self._starts[row] + len(self._source.text[self._source.starts[row] : char].encode("utf-8", "replace"))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of bytes in characters, without the blanks at its end."""
        while end > start and self._data[end - 1 : end] in (b"\n", b"\r", b" ", b"\t"):
            end -= 1
        return self.char(start), self.char(end)
