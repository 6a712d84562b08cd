"""Texts of EXIF and XMP in pictures that are not JPEG or PNG, blanked where they stand; pixels are never decoded.

What is taken out is overwritten with spaces, since other parts of such files are told by their distance from the start.
XMP is written so that it can be changed in place (ISO 16684-1), and EXIF is a TIFF of directories (TIFF 6.0, CIPA
DC-008): a value there is as long as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from untag.guard.body import Unsound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["blanked", "containers"]

#: Directories of one file, entries of one, and spans of texts that are looked at.
_FOLDERS, _ENTRIES, _SPANS = 64, 4096, 4096
#: The directory of EXIF, that of the position, that of interoperability, and further ones.
_POINTERS = frozenset({0x8769, 0x8825, 0xA005, 0x014A})
#: Bytes of an element, by its type; texts are those of bytes, of ASCII, without a type, and of UTF-8.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 129: 1}
_TEXTS = frozenset({1, 2, 7, 129})
#: What a block of a GIF is: a picture, an extension, the end.
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
#: Bytes before the first of them, and its colours.
_HEAD = 13
#: Bytes that stand in the entry itself.
_INSIDE = 4
_TIFF = re.compile(rb"II\*\0|MM\0\*")
#: How a packet of XMP begins and ends, in the encodings that it may have.
_PACKETS = tuple(
    (f"<{name}".encode(coding), f"</{name}".encode(coding))
    for name in ("x:xmpmeta", "rdf:RDF")
    for coding in ("utf-8", "utf-16-le", "utf-16-be")
)
#: The directories of EXIF in a container that says where they are in tables of its own: with the mark of JPEG, or as
#: they all begin.
_EXIF = re.compile(rb"(?P<sure>Exif\0\0)(?=II\*\0|MM\0\*)|(?=II\*\0\x08\0\0\0|MM\0\*\0\0\0\x08)")
#: A text: what it is called, and its pieces, each from here to there.
_Span = tuple[str, list[tuple[int, int]]]


def containers(data: bytes) -> bool:
    """Whether bytes are a picture whose texts are known here: TIFF, WebP, GIF, HEIF and AVIF."""
    return (
        _TIFF.match(data) is not None
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[:6] in {b"GIF87a", b"GIF89a"}
        or data[4:8] == b"ftyp"
    )


def blanked(data: bytes, term: Callable[[bytes], str]) -> tuple[bytes, list[tuple[str, str]]]:
    """A picture without the texts that hold a tag.

    Args:
        data: A whole file.
        term: The first term that some bytes say, or nothing.

    Returns:
        As many bytes, and of each text that was blanked where it stood, and its term.

    Raises:
        Unsound: Its parts cannot be walked.
    """
    out = bytearray(data)
    told: list[tuple[str, str]] = []
    for number, (where, pieces) in enumerate(_spans(data)):
        if number >= _SPANS:
            raise Unsound("the picture holds too many texts", limit=True)
        if found := term(b"".join(data[start:end] for start, end in pieces)):
            for start, end in pieces:
                out[start:end] = b" " * (end - start)
            told.append((where, found))
    return (bytes(out), told) if told else (data, [])


def _spans(data: bytes) -> Iterator[_Span]:
    """All texts, wherever they stand."""
    yield from _packets(data)
    if _TIFF.match(data):
        yield from _directories(data, 0, len(data))
    elif data[:4] == b"RIFF":
        for name, start, end in _chunks(data):
            if name == b"EXIF":
                # Some writers put the mark of JPEG before it.
                yield from _directories(data, start + (6 if data[start : start + 6] == b"Exif\0\0" else 0), end)
    elif data[:3] == b"GIF":
        yield from _remarks(data)
    else:
        for mark in _EXIF.finditer(data):
            try:
                yield from _directories(data, mark.end(), len(data))
            except Unsound:
                if mark["sure"]:
                    raise


def _packets(data: bytes) -> Iterator[_Span]:
    """Packets of XMP, which stand in files of any kind as they are."""
    for first, last in _PACKETS:
        at = data.find(first)
        while at >= 0:
            end = data.find(last, at)
            if end < 0:
                raise Unsound("a packet of XMP does not end")
            yield "XMP", [(at, end)]
            at = data.find(first, end)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Chunks of a RIFF file: name, start and end of what each holds."""
    at, size = 12, len(data)
    while at + 8 <= size:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > size:
            raise Unsound("a chunk of the picture ends too early")
        yield data[at : at + 4], at + 8, at + 8 + length
        at += 8 + length + length % 2


def _directories(data: bytes, base: int, end: int) -> Iterator[_Span]:
    """Texts in the directories of a TIFF that begins at ``base``."""
    order: Literal["little", "big"] = "little" if data[base : base + 2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        if not base <= at <= end - size:
            raise Unsound("a directory of the picture leads out of it")
        return int.from_bytes(data[at : at + size], order)

    if not _TIFF.match(data, base):
        raise Unsound("the directories of the picture are none")
    waiting, seen = [number(base + 4, 4)], {0}
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        if len(seen) > _FOLDERS:
            raise Unsound("the picture has too many directories", limit=True)
        count = number(base + folder, 2)
        if count > _ENTRIES:
            raise Unsound("a directory of the picture has too many entries", limit=True)
        for row in range(base + folder + 2, base + folder + 2 + 12 * count, 12):
            tag, kind, many = number(row, 2), number(row + 2, 2), number(row + 4, 4)
            size = _SIZES.get(kind, 0) * many
            if tag in _POINTERS and kind in {4, 13}:
                at = row + 8 if many == 1 else base + number(row + 8, 4)
                waiting += [number(at + 4 * n, 4) for n in range(min(many, _FOLDERS))]
            elif kind in _TEXTS and size:
                start = row + 8 if size <= _INSIDE else base + number(row + 8, 4)
                if start + size > end:
                    raise Unsound("a text of the picture leads out of it")
                yield f"EXIF {tag:04x}", [(start, start + size)]
        waiting.append(number(base + folder + 2 + 12 * count, 4))


def _remarks(data: bytes) -> Iterator[_Span]:
    """Remarks of a GIF, block by block (GIF89a, section 24), and what applications put there."""
    if len(data) < _HEAD:
        raise Unsound("the picture ends too early")
    packed = data[10]
    at = _HEAD + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)
    while at < len(data) and data[at] != _END:
        kind, label = data[at], data[at + 1 : at + 2]
        if kind == _IMAGE and at + 9 < len(data):
            packed = data[at + 9]
            at += 11 + (3 << ((packed & 7) + 1) if packed & 0x80 else 0)  # and the size of its codes
        elif kind == _EXTENSION and label:
            at += 2
        else:
            raise Unsound("a block of the picture is none")
        pieces, at = _blocks(data, at)
        if kind == _EXTENSION and label in {b"\x01", b"\xfe"}:
            yield "remark", pieces


def _blocks(data: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """What the blocks from some place on hold, up to an empty one, and the place behind that."""
    pieces = []
    while at < len(data) and data[at]:
        if at + 1 + data[at] > len(data):
            raise Unsound("a block of the picture ends too early")
        pieces.append((at + 1, at + 1 + data[at]))
        at += 1 + data[at]
    return pieces, at + 1
