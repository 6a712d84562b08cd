"""The parts of a zip file, found by its directory or, where that is damaged, by the headers of its members.

After PKWARE's APPNOTE.TXT 6.3.10. Written for damaged and hostile files, which libraries refuse as a whole: a flag, a
checksum or a size that lies spoils one member, never the others.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from untag.readers._unpack import Unpacked, deflate
from untag.spool import Names, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact

__all__ = ["Part", "Parts", "end_of"]

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
#: Largest directory that is held.
_LARGEST = 96 << 20
_PIECE = 1 << 20
_WIDE = 0xFFFFFFFF
_UTF8 = 1 << 11
#: Parts whose names are looked at before the first is told.
_AHEAD = 256


class Part(Struct):
    """One member, as its headers describe it.

    Attributes:
        raw: Its name's bytes.
        start: Where its header begins.
        at: Where its bytes begin.
        packed: How many they are.
        size: How many they unpack to, as the headers say.
        method: How they are packed.
        flags: General purpose flags.
        crc: Checksum of the unpacked bytes.
        mode: Unix mode, 0 where there is none.
        wide: Its name in UTF-8, where an extra field holds it.
        aes: The method behind an AES envelope.
    """

    raw: bytes
    start: int
    at: int
    packed: int
    size: int
    method: int
    flags: int
    crc: int
    mode: int = 0
    wide: bytes = b""

    @property
    def end(self) -> int:
        """Where what follows it begins."""
        return self.at + self.packed


def end_of(artifact: Artifact) -> tuple[int, int, int] | None:
    """The directory's start, its bytes, and how many bytes precede the zip; None where there is none."""
    tail = artifact.tail
    base = artifact.size - len(tail)
    found = len(tail)
    for _ in range(64):  # a comment may hold the signature, too
        found = tail.rfind(END, 0, found)
        if found < 0:
            return None
        if len(tail) - found < 22:
            continue
        _, _, _, count, size, offset, _ = struct.unpack_from("<HHHHIIH", tail, found + 4)
        at = base + found
        with artifact.open() as file:
            if _WIDE in (size, offset) or count == 0xFFFF:
                size, offset, at = _wide(file, tail, found, at) or (size, offset, at)
            start = at - size
            if start < 0:
                continue
            file.seek(start)
            if file.read(4) == CENTRAL:
                return start, size, start - offset
        if size == 0 and count == 0:
            return start, 0, start - offset
    return None


def _wide(file: BinaryIO, tail: bytes, found: int, at: int) -> tuple[int, int, int] | None:
    """Size, offset and end of a zip64 directory."""
    if found < 20 or tail[found - 20 : found - 16] != b"PK\6\7":
        return None
    (where,) = struct.unpack_from("<Q", tail, found - 12)
    for tried in (where, at - 20 - 56):
        if tried < 0:
            continue
        file.seek(tried)
        record = file.read(56)
        if record[:4] == b"PK\6\6" and len(record) == 56:
            size, offset = struct.unpack_from("<QQ", record, 40)
            return size, offset, tried
    return None


class Parts:
    """All parts of a zip, in order of where they begin."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        #: What is wrong with the file as a whole.
        self.damage: list[str] = []
        #: Parts that reach into others and are not read.
        self.overlapping = 0
        #: Bytes that belong to no part.
        self.lost = 0

    def walk(self) -> Iterator[Part]:
        """The parts, one at a time."""
        found = end_of(self._artifact)
        with self._artifact.open() as file:
            if found is None:
                self.damage.append("its directory is missing; the members were found one after another")
                yield from self._scan(file, 0, self._artifact.size)
                return
            start, size, shift = found
            if size > _LARGEST:
                self.damage.append("its directory is too large; the members were found one after another")
                yield from self._scan(file, 0, start)
                return
            file.seek(start)
            yield from self._listed(file, file.read(size), start, shift)

    def named(self) -> Iterator[tuple[Part, str, str]]:
        """The parts, each with its name as places show it, and the encoding of that where it is not UTF-8."""
        names = Names()
        waiting: list[Part] = []
        # The encoding of names is told from many of them.
        stream = self.walk()
        for part in stream:
            waiting.append(part)
            if not part.flags & _UTF8 and not part.wide:
                names.learn(part.raw)
            if len(waiting) >= _AHEAD:
                break
        while waiting:
            part = waiting.pop(0)
            if part.wide or part.flags & _UTF8:
                yield part, shown((part.wide or part.raw).decode("utf-8", "backslashreplace")), ""
            else:
                yield part, names.text(part.raw), names.encoding
            waiting.extend(row for row in [next(stream, None)] if row is not None)

    def _listed(self, file: BinaryIO, directory: bytes, until: int, shift: int) -> Iterator[Part]:
        rows = array("Q")
        at = 0
        while directory[at : at + 4] == CENTRAL and at + 46 <= len(directory):
            name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
            part = _central(directory, at)
            rows.extend((min(max(0, part.start + shift), 1 << 62), at))
            at += 46 + name + extra + comment
        if at < len(directory) and directory[at : at + 4] != b"PK\5\5":
            self.damage.append("its directory is damaged")
        order = sorted(range(0, len(rows), 2), key=lambda i: (rows[i], rows[i + 1]))
        done, last = 0, -1
        for i in order:
            part = _central(directory, rows[i + 1])
            part.start = rows[i]
            if part.start == last:
                continue  # one member under two names is read once
            if part.start < done:
                self.overlapping += 1
                continue
            last = part.start
            yield from self._between(file, done, part.start)
            file.seek(part.start)
            head = file.read(30)
            if len(head) < 30 or head[:4] != LOCAL:
                self.damage.append("a member is not where the directory says")
                continue
            name, extra = struct.unpack_from("<HH", head, 26)
            part.at = part.start + 30 + name + extra
            part.flags |= struct.unpack_from("<H", head, 6)[0] & 1 if part.method == 99 else 0
            done = part.end
            yield part
        yield from self._between(file, done, until)

    def _between(self, file: BinaryIO, start: int, end: int) -> Iterator[Part]:
        """Members that the directory does not list."""
        if end - start < 30:
            return
        file.seek(start)
        if file.read(4) == LOCAL or self._next(file, start, end) is not None:
            before = self.lost
            rows = list(self._scan(file, start, end))
            self.lost = before
            yield from rows

    def _next(self, file: BinaryIO, start: int, end: int) -> int | None:
        """Where the next local header begins."""
        at = start
        tail = b""
        while at < end:
            file.seek(at)
            piece = file.read(min(_PIECE, end - at))
            if not piece:
                return None
            found = (tail + piece).find(LOCAL)
            while found >= 0:
                spot = at - len(tail) + found
                if _likely((tail + piece)[found : found + 30]):
                    return spot
                found = (tail + piece).find(LOCAL, found + 4)
            at += len(piece)
            tail = (tail + piece)[-29:]
            if at >= end:
                return None
        return None

    def _scan(self, file: BinaryIO, start: int, end: int) -> Iterator[Part]:
        """Members by their local headers only."""
        at: int | None = start
        while at is not None and at < end:
            file.seek(at)
            part = _local(file, at)
            if part is None:
                # A header whose name is cut off looks like one and is none: behind it, lest it is found for ever.
                after = self._next(file, at + 1, end)
                self.lost += (end if after is None else after) - at
                at = after
                continue
            if part.flags & 8 and not part.packed:
                part.packed = self._measure(file, part, end)
            part.packed = min(part.packed, max(0, end - part.at))
            yield part
            at = max(part.end, part.at)
            file.seek(at)
            if part.flags & 8 and file.read(4) == b"PK\7\x08":
                at += 16

    def _measure(self, file: BinaryIO, part: Part, end: int) -> int:
        """Packed bytes of a member whose header does not say."""
        if part.method == 8 and not part.flags & 1:
            file.seek(part.at)
            stream = Unpacked(file, deflate, end - part.at, many=False)
            try:
                while stream.read(_PIECE):
                    pass
            except (ValueError, OSError, EOFError, zlib.error):
                return end - part.at
            return stream.taken - len(stream.behind)
        after = self._next(file, part.at, end)
        return (end if after is None else after) - part.at


def _likely(head: bytes) -> bool:
    """Whether bytes that begin like a local header go on like one."""
    if len(head) < 30:
        return False
    version, _, method = struct.unpack_from("<HHH", head, 4)
    name, extra = struct.unpack_from("<HH", head, 26)
    return bool(version & 0xFF <= 63 and method < 100 and 0 < name < 1024 and extra < 4096)


def _local(file: BinaryIO, at: int) -> Part | None:
    head = file.read(30)
    if len(head) < 30 or head[:4] != LOCAL or not _likely(head):
        return None
    _, flags, method, _, _, crc, packed, size, name, extra = struct.unpack_from("<HHHHHIIIHH", head, 4)
    raw, more = file.read(name), file.read(extra)
    if len(raw) < name:
        return None
    part = Part(raw, at, at + 30 + name + extra, packed, size, method, flags, crc)
    _extras(part, more, [packed, size])
    return part


def _central(directory: bytes, at: int) -> Part:
    (_, made, _, flags, method, _, _, crc, packed, size, name, extra, _, _, _, mode, offset) = struct.unpack_from(
        "<4sHHHHHHIIIHHHHHII", directory, at
    )
    raw = directory[at + 46 : at + 46 + name]
    part = Part(raw, offset, 0, packed, size, method, flags, crc, mode >> 16 if made >> 8 in {3, 19} else 0)
    _extras(part, directory[at + 46 + name : at + 46 + name + extra], [packed, size, offset])
    return part


def _extras(part: Part, extra: bytes, fields: list[int]) -> None:
    """Sizes beyond 32 bits, and a name in UTF-8."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == 1:
            wide = [i for i, value in enumerate(fields) if value == _WIDE]
            # The order in the field is that of unpacked, packed, offset.
            for n, i in enumerate(sorted(wide, key=lambda i: (1, 0, 2)[i])):
                if n * 8 + 8 <= len(body):
                    fields[i] = struct.unpack_from("<Q", body, n * 8)[0]
            part.packed, part.size = fields[0], fields[1]
            if len(fields) > 2:
                part.start = fields[2]
        elif kind == 0x7075 and len(body) > 5 and struct.unpack_from("<I", body, 1)[0] == zlib.crc32(part.raw):
            part.wide = body[5:]
        at += 4 + size
