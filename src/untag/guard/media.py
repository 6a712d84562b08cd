"""Texts beside pixels: metadata of pictures, swept for the lexicon's words; pixels are never decoded.

A segment of JPEG or PNG that holds a tag is left out as a whole, since what is in it has offsets and digests of its
own; in other pictures a text is blanked where it stands.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, NamedTuple

from untag.guard.body import Unsound
from untag.guard.exif import blanked, containers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SWEPT", "Sweep", "swept"]

#: Types whose texts are known; of others nothing but the type is.
SWEPT = frozenset(
    f"image/{name}"
    for name in (
        "jpeg", "jpg", "pjpeg", "png", "apng", "webp", "gif", "tiff", "heic", "heif", "heic-sequence", "heif-sequence",
        "avif",
    )
)  # fmt: skip

_PNG = b"\x89PNG\r\n\x1a\n"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf"})
#: Bytes of text that one chunk may expand to.
_LARGEST = 4 << 20
#: Runs of printable text in bytes, and in UTF-16.
_RUN = re.compile(rb"[\x20-\x7e\x80-\xff\t\r\n]{4,}")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){4,}|(?:\x00[\x20-\x7e]){4,}")
#: Markers of JPEG without a length.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


class Sweep(NamedTuple):
    """What came of it.

    Attributes:
        data: The bytes without what holds a tag.
        terms: Where each text stood that was taken out, and its term.
    """

    data: bytes
    terms: tuple[tuple[str, str], ...]


def swept(data: bytes, kind: str, says: Callable[[str], str]) -> Sweep:
    """Leave out metadata that hold a tag.

    Args:
        data: A whole file.
        kind: Its media type.
        says: The term that a text says, or nothing.

    Raises:
        Unsound: It is a picture whose parts cannot be walked.
    """
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data, says)
    if data.startswith(_PNG):
        return _png(data, says)
    if kind in SWEPT or kind.startswith("image/"):
        if containers(data):
            after, told = blanked(data, lambda some: _term(some, says))
            return Sweep(after, tuple(told))
        if kind in SWEPT:
            raise Unsound("it is not the picture that it says it is")
    return Sweep(data, ())


def _term(data: bytes, says: Callable[[str], str]) -> str:
    """The first term in the texts of some bytes."""
    for found in _RUN.finditer(data):
        if term := says(found[0].decode("utf-8", "replace")):
            return term
    for found in _WIDE.finditer(data):
        if term := says(found[0].replace(b"\0", b"").decode("ascii")):
            return term
    return ""


def _jpeg(data: bytes, says: Callable[[str], str]) -> Sweep:
    keep: list[bytes] = [data[:2]]
    terms: list[tuple[str, str]] = []
    at, size = 2, len(data)
    while at < size:
        if data[at] != 0xFF:
            raise Unsound("a segment of the picture is none")
        marker = data[at + 1] if at + 1 < size else 0
        if marker == 0xFF:
            keep.append(data[at : at + 1])
            at += 1
            continue
        if marker in {0xDA, 0xD9} or marker in _ALONE:
            if marker in {0xDA, 0xD9}:
                break  # pixels, and the end
            keep.append(data[at : at + 2])
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > size:
            raise Unsound("a segment of the picture ends too early")
        term = _term(data[at + 4 : end], says) if 0xE0 <= marker <= 0xEF or marker == 0xFE else ""
        if term:
            terms.append((f"segment {marker:02x}", term))
        else:
            keep.append(data[at:end])
        at = end
    keep.append(data[at:])
    # What follows the pixels is another file (a second picture, a video): its texts are swept, and it is not cut.
    tail = data.rfind(b"\xff\xd9")
    if 0 <= tail < size - 2 and (term := _term(data[tail + 2 :], says)):
        terms.append(("behind the picture", term))
        whole = b"".join(keep)
        keep = [whole[: whole.rfind(b"\xff\xd9") + 2]]
    return Sweep(b"".join(keep) if terms else data, tuple(terms))


def _png(data: bytes, says: Callable[[str], str]) -> Sweep:
    keep: list[bytes] = [data[:8]]
    terms: list[tuple[str, str]] = []
    at, size = 8, len(data)
    while at < size:
        length = int.from_bytes(data[at : at + 4], "big")
        name, end = data[at + 4 : at + 8], at + 12 + length
        if len(name) < 4 or end > size:
            raise Unsound("a chunk of the picture ends too early")
        term = _term(_text(name, data[at + 8 : end - 4]), says) if name in _TEXTS else ""
        if term:
            terms.append((f"chunk {name.decode()}", term))
        else:
            keep.append(data[at:end])
        at = end
        if name == b"IEND":
            break
    if at < size:
        if term := _term(data[at:], says):
            terms.append(("behind the picture", term))
        else:
            keep.append(data[at:])
    return Sweep(b"".join(keep) if terms else data, tuple(terms))


def _text(name: bytes, data: bytes) -> bytes:
    """The text of a chunk, unpacked where it is packed."""
    if name == b"eXIf" or name == b"tEXt":
        return data.replace(b"\0", b" ") if name == b"tEXt" else data
    key, _, rest = data.partition(b"\0")
    packed = rest[1:]
    if name == b"iTXt":
        flag, tail = rest[:1], rest[2:]
        parts = tail.split(b"\0", 2)
        packed = parts[2] if len(parts) == 3 else b""
        if flag != b"\x01":
            return key + b" " + b" ".join(parts)
        key = key + b" " + b" ".join(parts[:2])
    unpacker = zlib.decompressobj()
    try:
        return key + b" " + unpacker.decompress(packed, _LARGEST)
    except zlib.error:
        raise Unsound("a text of the picture is damaged") from None
