"""Rows of a table in text, one at a time: lines in the bytes they have, whatever the encoding."""

from __future__ import annotations

import codecs
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from untag import charset
from untag.gap import Damaged
from untag.syntax.table import Unclosed, cells, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact

__all__ = ["Row", "Way", "rows", "way"]

_HEAD = 1 << 16
#: Encodings in which a byte of a longer character may look like a bar.
_MANY = ("gb18030", "gbk", "gb2312", "big5", "shift_jis", "cp932", "big5hkscs")


class Way(NamedTuple):
    """How a table is written.

    Attributes:
        encoding: Python's name, without the mark that a file may begin with.
        mark: What parts cells.
        start: Bytes before the first row.
        wide: Whether lines are worked on in UTF-8, since in their own encoding a byte is no character.
    """

    encoding: str
    mark: bytes
    start: int
    wide: bool


class Row(NamedTuple):
    """A row: its first line, its bytes (of a wide way in UTF-8), where its cells are."""

    line: int
    data: bytes
    cells: list[tuple[int, int]]


def way(artifact: Artifact) -> Way:
    """How a table is written, as its reader tells it."""
    with artifact.open() as file:
        head = file.read(_HEAD)
    end = head.rfind(b"\n")
    if len(head) == _HEAD and end > 0 and b"\0" not in head:
        head = head[: end + 1]
    decoded = charset.decode(head)
    name, start = decoded.encoding, 0
    if name == "utf-8-sig":
        name, start = "utf-8", 3
    elif name in ("utf-16", "utf-32"):
        start = 2 if name == "utf-16" else 4
        order = "be" if head[:start] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE) else "le"
        name = f"{name}-{order}"
    mark = mark_of(decoded.text, artifact.suffix).encode()
    wide = name.startswith(("utf-16", "utf-32")) or (mark == b"|" and name in _MANY)
    return Way(name, mark, start, wide)


def rows(file: BinaryIO, how: Way) -> Iterator[Row]:
    """The rows of a table from its first line on.

    Raises:
        Damaged: A cell in quotes is never closed, or bytes do not keep to the encoding.
    """
    file.seek(how.start)
    count = 0
    source = _wide(file, how.encoding) if how.wide else iter(file.readline, b"")

    def more() -> bytes:
        nonlocal count
        line = next(source, b"")
        count += 1
        return line

    while True:
        first = count + 1
        line = more()
        if not line:
            return
        try:
            data, spans = cells(line, how.mark, more)
        except Unclosed:
            raise Damaged(f"a quotation mark in line {first} is never closed") from None
        yield Row(first, data, spans)


def _wide(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Lines in UTF-8."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    try:
        for piece in iter(partial(file.read, 1 << 20), b""):
            parts = (rest + decoder.decode(piece)).split("\n")
            rest = parts.pop()
            yield from ((part + "\n").encode() for part in parts)
        if rest := rest + decoder.decode(b"", final=True):
            yield rest.encode()
    except UnicodeError:
        raise Damaged(f"bytes that are no {encoding}") from None
