"""A file as a row of bytes: slices, single bytes and searches, with a few pages of it in memory."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, overload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from untag.artifact import Artifact

    #: What parsers of binary formats take: bytes that are held, or pages of a file.
    Bytes: TypeAlias = "bytes | Pages"

__all__ = ["Pages", "bytes_of"]

_PAGE = 1 << 20
_KEPT = 8


class Pages:
    """Bytes of a seekable file, read where they are asked for.

    Args:
        file: The file; it stays the caller's.
        size: Its bytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._pages: dict[int, bytes] = {}

    def __len__(self) -> int:
        return self._size

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            if len(self._pages) >= _KEPT:
                del self._pages[next(iter(self._pages))]
            self._file.seek(number * _PAGE)
            page = self._pages[number] = self._file.read(min(_PAGE, self._size - number * _PAGE))
        return page

    @overload
    def __getitem__(self, key: int) -> int: ...
    @overload
    def __getitem__(self, key: slice) -> bytes: ...
    def __getitem__(self, key: int | slice) -> int | bytes:
        if isinstance(key, int):
            if not 0 <= key < self._size:
                raise IndexError(key)
            page = self._page(key // _PAGE)
            at = key % _PAGE
            # A file that became shorter while it was read holds nothing there.
            return page[at] if at < len(page) else 0
        start, stop, _ = key.indices(self._size)
        if stop <= start:
            return b""
        if start // _PAGE == (stop - 1) // _PAGE:
            page = self._page(start // _PAGE)
            return page[start % _PAGE : start % _PAGE + stop - start]
        self._file.seek(start)
        return self._file.read(stop - start)

    def startswith(self, prefix: bytes, start: int = 0) -> bool:
        """Whether the bytes from ``start`` on begin so."""
        return self[start : start + len(prefix)] == prefix

    def find(self, wanted: bytes, start: int = 0, stop: int | None = None) -> int:
        """Where the bytes stand first from ``start`` on and wholly before ``stop``; -1 if nowhere."""
        end = self._size if stop is None else min(stop, self._size)
        at = max(0, start)
        while at < end:
            upto = min((at // _PAGE + 1) * _PAGE + len(wanted) - 1, end)
            found = self[at:upto].find(wanted)
            if found >= 0:
                return at + found
            at = (at // _PAGE + 1) * _PAGE
        return -1


@contextmanager
def bytes_of(artifact: Artifact) -> Iterator[Bytes]:
    """The bytes of an artifact for a parser: held where it is small, a few pages at a time where it is large."""
    if artifact.held:
        yield artifact.data
        return
    with artifact.open() as file:
        yield Pages(file, artifact.size)
