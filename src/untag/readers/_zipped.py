"""Members of zip archives: unpacked, decrypted, and their checksums looked at."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

from untag.gap import Damaged, Gap, Reason
from untag.readers._links import Links
from untag.readers._unpack import Unpacked, deflate, xz, zstd
from untag.readers._zip import Parts
from untag.spool import FAILS, extent, member

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.readers._zip import Part

__all__ = ["items", "others", "shown"]

_STORED, _DEFLATED, _BZIP2, _LZMA, _ZSTD, _XZ, _AES = 0, 8, 12, 14, 93, 95, 99


def shown(
    artifact: Artifact, part: Part, name: str, encoding: str, links: Links, limits: Limits
) -> Iterator[Artifact | Gap]:
    """A member as it is read: with the command that shows it; one that is a link is noted.

    Args:
        artifact: The archive.
        part: The member.
        name: Its name.
        encoding: How that was read, nothing for UTF-8.
        links: Takes note of links.
        limits: Bounds.
    """
    show = f"unzip -O {encoding} -p {{file}} {{member}}" if encoding else ""
    if name.endswith("/") and not part.packed:
        return
    for item in items(artifact, part, name, limits):
        if not isinstance(item, Gap):
            item.show = show
            if stat.S_ISLNK(part.mode):
                links.add(name, item.data[:4096].decode("utf-8", "replace") if item.held else "")
                continue
        yield item


def others(artifact: Artifact, own: re.Pattern[str], limits: Limits) -> Iterator[Artifact | Gap]:
    """What lies in an archive beside the parts of its format, so that a workbook hides nothing else.

    Args:
        artifact: The archive.
        own: Matches the names of the format's parts, which are passed over.
        limits: Bounds.
    """
    parts, links = Parts(artifact), Links(artifact.place.whole())
    for part, name, encoding in parts.named():
        if own.match((part.wide or part.raw).decode("utf-8", "replace")) is None:
            yield from shown(artifact, part, name, encoding, links, limits)
    yield from links.gaps()


def items(artifact: Artifact, part: Part, name: str, limits: Limits) -> Iterator[Artifact | Gap]:
    """A member unpacked, by a password where it needs one; or the gap that it is.

    Args:
        artifact: The archive.
        part: The member.
        name: Its name.
        limits: Bounds.
    """
    if part.flags & 1:
        yield from _locked(artifact, part, name, limits)
        return
    if part.method == _STORED:
        yield from extent(artifact, name, part.at, part.packed, limits)
        return
    with artifact.open() as file:
        file.seek(part.at)
        try:
            make = _decoder(file, part)
        except ImportError:
            said = "packed with Zstandard: pip install 'untag[archives]' reads it"
            yield Gap(artifact.place.inside(name), Reason.NEEDS, said, part.packed)
            return
        if make is None:
            said = f"packed by method {part.method}, which is not read"
            yield Gap(artifact.place.inside(name), Reason.UNKNOWN, said, part.packed)
            return
        left = max(0, part.end - file.tell())
        stream = _Checked(Unpacked(file, make, left, many=False), part)
        yield from member(artifact, name, stream, limits, packed=part.packed)


def _decoder(file: BinaryIO, part: Part) -> Callable[[], Any] | None:
    """What makes a decoder for a member; reads the member's own header of one."""
    if part.method == _LZMA:
        head = file.read(9)
        if len(head) < 9 or head[2:4] != b"\5\0":
            return None
        props, size = head[4], struct.unpack_from("<I", head, 5)[0]
        if props >= 225 or props % 9 + props // 9 % 5 > 4:  # liblzma takes no more context than that
            return None
        chain = [
            {
                "id": lzma.FILTER_LZMA1,
                "lc": props % 9,
                "lp": props // 9 % 5,
                "pb": props // 45,
                "dict_size": min(max(size, 4096), 64 << 20),
            }
        ]
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)
    made: dict[int, Callable[[], Any]] = {_DEFLATED: deflate, _BZIP2: bz2.BZ2Decompressor, _XZ: xz, _ZSTD: zstd}
    if part.method == _ZSTD:
        zstd()
    return made.get(part.method)


class _Checked:
    """A stream whose checksum is looked at when it ends."""

    def __init__(self, stream: Unpacked, part: Part) -> None:
        self._stream, self._part = stream, part
        self._sum = self._size = 0

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end.

        Raises:
            Damaged: At the end, if the checksum is another one.
        """
        lzma1 = self._part.method == _LZMA and self._size >= self._part.size
        try:
            data = b"" if lzma1 else self._stream.read(size)
        except Damaged:
            # LZMA in a zip may end without a mark of its end.
            if self._part.method != _LZMA or self._size != self._part.size:
                raise
            data = b""
        self._sum = zlib.crc32(data, self._sum)
        self._size += len(data)
        if not data and self._sum != self._part.crc and not (self._part.flags & 8 and not self._part.crc):
            raise Damaged("the checksum is another one")
        return data


def _locked(artifact: Artifact, part: Part, name: str, limits: Limits) -> Iterator[Artifact | Gap]:
    """An encrypted member, by the passwords that were given."""
    import zipfile

    place = artifact.place.inside(name)
    said = "encrypted; --password gives the password"
    if not artifact.nest.passwords:
        yield Gap(place, Reason.ENCRYPTED, said, part.packed)
        return
    opener: Any = zipfile.ZipFile
    fails: tuple[type[Exception], ...] = (*FAILS, RuntimeError, NotImplementedError, zipfile.BadZipFile)
    if part.method == _AES:
        try:
            import pyzipper
        except ImportError:
            yield Gap(place, Reason.NEEDS, "encrypted with AES: pip install 'untag[archives]' reads it", part.packed)
            return
        opener = pyzipper.AESZipFile
        fails += (pyzipper.BadZipFile,)
    with artifact.open() as file:
        opened = info = None
        try:
            opened = opener(file)
            info = next((i for i in opened.infolist() if i.header_offset == part.start), None)
        except fails:
            opened = None
        if opened is None or info is None:
            yield Gap(place, Reason.ENCRYPTED, "encrypted, and the archive's directory is damaged", part.packed)
            return
        for password in artifact.nest.passwords:
            try:
                stream = opened.open(info, pwd=password)
                stream.read(1)
                stream = opened.open(info, pwd=password)
            except fails:
                continue
            yield from member(artifact, name, stream, limits, packed=part.packed, fails=fails)
            return
    yield Gap(place, Reason.ENCRYPTED, "encrypted; no password that was given fits", part.packed)
