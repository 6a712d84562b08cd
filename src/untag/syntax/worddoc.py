"""Text of Word 97 to 2003 and PowerPoint 97 to 2003, out of the streams that hold it.

Source: [MS-DOC] 2.4.1 and 2.9.177 (a document's text is put together out of pieces), [MS-PPT] 2.3.1 and 2.9.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Broken", "document", "encrypted", "slides", "table"]

#: Pieces of a document, records of a presentation, and characters of all together.
_PIECES, _RECORDS, _LONG = 500_000, 2_000_000, 64 << 20
_CLX = 0x01A2
#: Parts of the text in order, by the place of their length in the header.
_PARTS = ("text", "footnotes", "headers", "macros", "remarks", "endnotes", "boxes", "boxes")


class Broken(ValueError):  # noqa: N818 - a state of the input
    """The bytes do not keep to the format."""


def table(stream: bytes) -> str:
    """The name of the stream that holds the table of pieces.

    Raises:
        Broken: The header breaks off, or is of another version.
    """
    if len(stream) < _CLX + 8 or stream[:2] != b"\xec\xa5":
        raise Broken("no header of Word 97 to 2003")
    return "1Table" if stream[11] & 2 else "0Table"


def encrypted(stream: bytes) -> bool:
    """Whether a document is encrypted or obfuscated."""
    return bool(stream[11:12]) and bool(stream[11] & 1)


def document(stream: bytes, pieces: bytes) -> Iterator[tuple[str, str]]:
    """The parts of a document with their text, in order.

    Args:
        stream: ``WordDocument``.
        pieces: The stream that ``table`` names.

    Raises:
        Broken: The table of pieces is damaged.
    """
    try:
        text = _text(stream, pieces)
        lengths = struct.unpack_from("<8i", stream, 0x4C)
    except struct.error as error:
        raise Broken("the table of pieces breaks off") from error
    at = 0
    for name, length in zip(_PARTS, lengths, strict=True):
        if length > 0:
            yield name, text[at : at + length]
            at += length


def _text(stream: bytes, pieces: bytes) -> str:
    at, size = struct.unpack_from("<II", stream, _CLX)
    end = min(at + size, len(pieces))
    while at < end and pieces[at] == 1:
        at += 3 + struct.unpack_from("<H", pieces, at + 1)[0]
    if at >= end or pieces[at] != 2:
        raise Broken("there is no table of pieces")
    length = min(struct.unpack_from("<I", pieces, at + 1)[0], end - at - 5)
    count = min((length - 4) // 12, _PIECES)
    if count < 0:
        raise Broken("there is no table of pieces")
    at += 5
    places = struct.unpack_from(f"<{count + 1}I", pieces, at)
    out: list[str] = []
    left = _LONG
    for number in range(count):
        where = struct.unpack_from("<I", pieces, at + 4 * (count + 1) + 8 * number + 2)[0]
        letters = min(max(0, places[number + 1] - places[number]), left)
        left -= letters
        if where & 0x40000000:
            start = (where & 0x3FFFFFFF) // 2
            out.append(stream[start : start + letters].decode("cp1252", "replace"))
        else:
            start = where & 0x3FFFFFFF
            out.append(stream[start : start + 2 * letters].decode("utf-16-le", "replace"))
    return "".join(out)


def slides(stream: bytes) -> Iterator[tuple[int, str]]:
    """Texts of a presentation with the number of the slide; 0 where it is one of a master.

    Raises:
        Broken: A record breaks off; what came before was yielded.
    """
    at = number = slide = listed = 0
    for _ in range(_RECORDS):
        if at + 8 > len(stream):
            break
        version, kind, size = struct.unpack_from("<HHI", stream, at)
        at += 8
        if kind == 0x03EE:  # a slide
            slide = number = slide + 1
        elif kind == 0x03F3:  # where the texts of a slide begin in the list of all
            listed = number = listed + 1
        elif kind in {0x0FF0, 0x03F8}:  # such a list, and a master
            listed = number = 0
        if version & 0xF == 0xF:
            continue
        if at + size > len(stream):
            raise Broken("a record breaks off")
        if kind in {0x0FA0, 0x0FBA}:
            yield number, stream[at : at + size].decode("utf-16-le", "replace")
        elif kind == 0x0FA8:
            yield number, stream[at : at + size].decode("latin-1")
        at += size
