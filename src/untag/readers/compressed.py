"""One file behind a compression: gzip, bzip2, xz, lzma, Zstandard, LZ4, compress."""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Reason
from untag.readers import BinaryReader
from untag.readers._unpack import CODECS, Unpacked, codec_of, library
from untag.spool import FAILS, member, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["CompressedReader"]

_SUFFIXES = {
    ".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar", ".tlz": ".tar", ".taz": ".tar",
    ".svgz": ".svg", ".emz": ".emf", ".wmz": ".wmf", ".gz": "", ".gzip": "", ".bz2": "", ".bz": "", ".xz": "",
    ".lzma": "", ".zst": "", ".zstd": "", ".lz4": "", ".z": "",
}  # fmt: skip
_COMPRESS = b"\x1f\x9d"


class CompressedReader(BinaryReader):
    """Gives what is compressed as the one member; its name is the file's without the suffix."""

    name = "compressed"
    rank = 45
    starts = (*(s for starts, *_ in CODECS.values() for s in starts if len(s) > 3), _COMPRESS)
    limits = ("Brotli and raw deflate have no first bytes that tell them, and are not known.",)

    def knows(self, artifact: Artifact) -> bool:
        """By the first bytes."""
        return bool(codec_of(artifact.head)) or artifact.head.startswith(_COMPRESS)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The one member; all streams that follow one another are in it."""
        place = artifact.place.whole()
        codec = codec_of(artifact.head)
        if not codec:
            yield from _compress(artifact, limits)
            return
        if wanted := library(codec):
            said = f"{codec} data: pip install 'untag[archives]' ({wanted}) reads them"
            yield Gap(place, Reason.NEEDS, said, artifact.size)
            return
        with artifact.open() as file:
            stream = Unpacked(file, CODECS[codec][1])
            for item in member(artifact, _name(artifact), stream, limits, fails=(*FAILS, RuntimeError)):
                if not isinstance(item, Gap):
                    item.show = CODECS[codec][2]
                yield item
            if stream.behind:
                left = artifact.size - stream.taken + len(stream.behind)
                yield Gap(place, Reason.DAMAGED, "bytes follow the compressed data and are none", left)


def _name(artifact: Artifact) -> str:
    """What the member is called: as gzip's header says, else as the file without its suffix."""
    head = artifact.head
    if head.startswith(b"\x1f\x8b\x08") and len(head) > 12 and head[3] & 8:
        at = 10
        if head[3] & 4:
            at += 2 + struct.unpack_from("<H", head, at)[0]
        end = head.find(b"\0", at)
        if at < end <= at + 255:
            name = head[at:end].decode("utf-8", "replace").replace("\\", "/").rsplit("/", 1)[-1]
            if name and "\ufffd" not in name:
                return shown(name)
    low = artifact.name.lower()
    for suffix, other in _SUFFIXES.items():
        if low.endswith(suffix) and len(low) > len(suffix):
            return artifact.name[: -len(suffix)] + other
    return artifact.name


def _compress(artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap]:
    """The old compress format (LZW)."""
    place = artifact.place.whole()
    if not artifact.held:
        yield Gap(place, Reason.LIMIT, "data of compress(1), too large to be held", artifact.size)
        return
    for item in member(artifact, _name(artifact), _Lzw(artifact.data), limits):
        if not isinstance(item, Gap):
            item.show = "uncompress -c {file}"
        yield item


class _Lzw:
    """LZW as compress(1) writes it, in pieces: codes of 9 to 16 bits, in groups of eight, code 256 clears the table.

    After the description in the manual of zlib's author for unlzw and ncompress' format notes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._steps = self._decode()

    def read(self, size: int) -> bytes:
        """Some bytes; none at the end."""
        out = bytearray()
        for piece in self._steps:
            out += piece
            if len(out) >= min(size, 1 << 20):
                break
        return bytes(out)

    def _decode(self) -> Iterator[bytes]:
        data = self._data
        if len(data) < 3:
            raise Damaged("the compressed data end before they should")
        most, block = data[2] & 31, data[2] & 128
        if not 9 <= most <= 16 or data[2] & 96:
            raise Damaged("no data of compress(1)")
        # Each string is another and one byte more: as strings the table would take gigabytes.
        before, byte = array("i", [-1] * 256), bytearray(range(256))
        if block:
            before.append(-1)
            byte.append(0)
        width, at, start = 9, 24, 24
        last, total = -1, len(data) * 8
        while at + width <= total:
            code = int.from_bytes(data[at // 8 : at // 8 + 4], "little") >> at % 8 & (1 << width) - 1
            at += width
            if block and code == 256:
                # Codes come in groups of eight; a clear skips what is left of the group.
                at = start + -(-(at - start) // (width * 8)) * (width * 8)
                del before[257:], byte[257:]
                width, start, last = 9, at, -1
                continue
            if code > len(byte) or (code == len(byte) and last < 0):
                raise Damaged("a code that was not defined")
            entry = bytearray()
            link = last if code == len(byte) else code
            while link >= 0:
                entry.append(byte[link])
                link = before[link]
            if code == len(byte):
                entry.insert(0, entry[-1])
            entry.reverse()
            yield bytes(entry)
            if last >= 0 and len(byte) < 1 << most:
                before.append(last)
                byte.append(entry[0])
            last = code
            if len(byte) >= 1 << width and width < most:
                at = start + -(-(at - start) // (width * 8)) * (width * 8)
                width, start = width + 1, at
