"""Zip archives: members are replaced where they stand, all others are copied as they are, packed bytes and all.

After PKWARE's APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import bz2
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

from untag.edit import Proof
from untag.gap import Damaged
from untag.readers._zip import CENTRAL, END, Part, Parts, end_of
from untag.rewriters._pack import Packer, Step, changes, moved_of, renamed, single, sized

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.edit import Plan

__all__ = ["ZipRewriter"]

_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_WIDE, _LONG = 0xFFFFFFFF, 0xFFFF
#: The extra field that says a name in UTF-8.
_PATH = 0x7075
#: Bytes of a packed member that are held.
_MOST = 256 << 20
_CHUNK = 1 << 20


class ZipRewriter(Packer):
    """Writes members of zip archives (jar, apk, whl, nupkg …) anew, in their order, with their modes and times."""

    name = "zip"
    reads = ("zip", "epub")
    names = True
    limits = (
        "damaged and encrypted archives stay; one that grows beyond 4 GB stays unless it is a zip64 archive already",
        "a member that is packed otherwise than by deflate or bzip2 stays",
        "signatures and digests over members are broken by any change, and are named",
    )

    def pack(self, artifact: Artifact, members: Mapping[str, Artifact | None]) -> Plan:
        """Steps over local headers, packed bytes, the directory and the record at its end."""
        found = end_of(artifact)
        parts = Parts(artifact)
        rows = [(part, name) for part, name, _ in parts.named()]
        if found is None or parts.damage or parts.overlapping:
            raise Damaged("the archive is damaged")
        single((name for _, name in rows), members)
        start, size, shift = found
        with artifact.open() as file:
            file.seek(start)
            directory = file.read(size)
            tail = _Tail(file, start + size)
        steps, fresh = [], dict[int, tuple[_Name, tuple[int, int, int]] | None]()
        for part, name in rows:
            if name not in members:
                continue
            member = members[name]
            label = _Name(name, member.place.chain[-1] if member is not None else name)
            made = _replaced(artifact, part, member, label)
            steps += made[0]
            fresh[part.start] = (label, made[1]) if made[1] is not None else None
        central, gone = _directory(directory, shift, steps, fresh)
        moved = sum(s.grows for s in steps)
        steps += [Step(start, start + size, (central,)), *tail.steps(gone, len(central), start - shift + moved, size)]
        return changes([name for _, name in rows], members, steps)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare both directories, as Python's own reader tells them."""
        moved = moved_of(plan)
        try:
            old, new = _listed(before, moved), _listed(after, {name: name for name in moved.values()})
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
            return Proof("its directory can no longer be read")
        stay = iter(old)
        if not all(any(row == other for other in stay) for row in new):
            return Proof("order, names, modes, times or comments of members are not the same")
        return Proof("", (f"order, names, modes, times and comments of {len(new):,} members are the same",))


def _listed(artifact: Artifact, called: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Members, some by what they are called after all."""
    shown = {part.start: name for part, name, _ in Parts(artifact).named()} if called else {}
    with artifact.open() as file, zipfile.ZipFile(file) as opened:
        out = []
        for i in opened.infolist():
            new = called.get(shown.get(i.header_offset, ""))
            out.append((
                new or i.filename, i.date_time, i.compress_type, i.external_attr, i.internal_attr,
                _others(i.extra, (1, _PATH) if new else (1,)), i.comment, i.create_system, i.create_version,
                i.flag_bits,
            ))  # fmt: skip
        return out


class _Name(NamedTuple):
    """What a member is called, and what it is called then."""

    old: str
    new: str

    def put(self, row: bytearray, lengths: int, base: int) -> bytearray:
        """A header with the new name, also in the field that holds it in UTF-8 (4.6.9 of the APPNOTE).

        Args:
            row: As it was.
            lengths: Where it says how long the name and the extra fields are.
            base: Where these begin.
        """
        if self.old == self.new:
            return row
        names, extras = struct.unpack_from("<HH", row, lengths)
        raw = renamed(bytes(row[base : base + names]), self.old, self.new)
        extra, at = bytes(row[base + names : base + names + extras]), 0
        while at + 4 <= len(extra):
            kind, length = struct.unpack_from("<HH", extra, at)
            if kind == _PATH and length >= 5:
                wide = renamed(extra[at + 9 : at + 4 + length], self.old, self.new)
                put = struct.pack("<HHBI", kind, 5 + len(wide), extra[at + 4], zlib.crc32(raw)) + wide
                extra, length = extra[:at] + put + extra[at + 4 + length :], len(put) - 4
            at += 4 + length
        if len(raw) > _LONG or len(extra) > _LONG:
            raise Damaged("the name of the member would be too long")
        struct.pack_into("<HH", row, lengths, len(raw), len(extra))
        return row[:base] + raw + extra + row[base + names + extras :]


class _Tail:
    """What stands behind the directory: the record at the end, and that of a zip64 archive with where it lies.

    Raises:
        Damaged: Something else does.
    """

    def __init__(self, file: BinaryIO, at: int) -> None:
        file.seek(at)
        head = file.read(12)
        self._at, self._length, self._wide = at, 0, head[:4] == b"PK\6\6"
        if self._wide:
            self._length = 12 + int.from_bytes(head[4:12], "little")
            if not 56 <= self._length <= _CHUNK:
                raise Damaged("the archive is damaged")
            file.seek(at)
            self._record = file.read(self._length)
            self._spot = file.read(20)
            if len(self._record) != self._length or self._spot[:4] != b"PK\6\7":
                raise Damaged("the archive is damaged")
        else:
            file.seek(at)
        self._end = file.read(22)
        if len(self._end) != 22 or self._end[:4] != END:
            raise Damaged("the archive is damaged")

    def steps(self, gone: int, size: int, offset: int, before: int) -> list[Step]:
        """What is said of a directory that lost rows.

        Args:
            gone: How many.
            size: Its bytes.
            offset: Where it begins.
            before: Its bytes as it was.
        """
        told = struct.unpack_from("<HHII", self._end, 8)
        out: list[Step] = []
        if self._wide:
            counts = struct.unpack_from("<QQ", self._record, 24)
            was = struct.unpack_from("<Q", self._record, 48)[0]
            said = struct.pack("<QQQQ", counts[0] - gone, counts[1] - gone, size, offset)
            out.append(Step(self._at + 24, self._at + 56, (said,)))
            spot = struct.unpack_from("<Q", self._spot, 8)[0] + (offset - was) + (size - before)
            start = self._at + self._length
            out.append(Step(start + 8, start + 16, (struct.pack("<Q", spot),)))
        rows = [(told[0], told[0] - gone, 0xFFFF), (told[1], told[1] - gone, 0xFFFF)]
        rows += [(told[2], size, _WIDE), (told[3], offset, _WIDE)]
        # What a wide record says is not said again here.
        made = [was if self._wide and was == most else now for was, now, most in rows]
        if any(now > most for now, (_, _, most) in zip(made, rows, strict=True)) or (
            not self._wide and max(made[2:]) >= _WIDE
        ):
            raise Damaged("it would be more than 4 GB")
        start = self._at + self._length + (20 if self._wide else 0)
        return [*out, Step(start + 8, start + 20, (struct.pack("<HHII", *made),))]


def _others(extra: bytes, but: Collection[int]) -> bytes:
    """Extra fields but for some kinds: the sizes of zip64, what says a name again."""
    out, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        out += extra[at : at + 4 + length] if kind not in but else b""
        at += 4 + length
    return out + extra[at:]


def _spots(extra: bytes, fields: Sequence[int]) -> list[int]:
    """Where in extra fields numbers stand that have no place in a header, in order; -1 for those that have.

    Raises:
        Damaged: They stand nowhere.
    """
    at = 0
    while at + 4 <= len(extra) and extra[at : at + 2] != b"\1\0":
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    end = at + 4 + int.from_bytes(extra[at + 2 : at + 4], "little")
    at += 4
    out: list[int] = []
    for value in fields:
        if value != _WIDE:
            out.append(-1)
            continue
        if at + 8 > min(end, len(extra)):
            raise Damaged("a size of zip64 is missing")
        out.append(at)
        at += 8
    return out


def _written(row: bytearray, base: int, places: Sequence[tuple[int, int, int]]) -> None:
    """Put numbers into a header: each where it stands in extra fields, or at its place of four bytes.

    Raises:
        Damaged: One has no place for what it is.
    """
    for place, spot, value in places:
        if spot >= 0:
            struct.pack_into("<Q", row, base + spot, value)
        elif value >= _WIDE:
            raise Damaged("a member would be more than 4 GB, or begin behind as many")
        else:
            struct.pack_into("<I", row, place, value)


def _replaced(
    artifact: Artifact, part: Part, member: Artifact | None, label: _Name
) -> tuple[list[Step], tuple[int, int, int] | None]:
    """Steps for one member, and what the directory says of it: checksum, packed size, size; None where it goes."""
    behind = 0
    with artifact.open() as file:
        file.seek(part.start)
        row = label.put(bytearray(file.read(part.at - part.start)), 26, 30)
        names, extras = struct.unpack_from("<HH", row, 26)
        base = 30 + names
        packed_, size_ = struct.unpack_from("<II", row, 18)
        spots = _spots(bytes(row[base : base + extras]), (size_, packed_))
        form = "<IQQ" if any(spot >= 0 for spot in spots) else "<III"
        if part.flags & 8:
            file.seek(part.end)
            sign = file.read(4) == b"PK\7\x08"
            file.seek(part.end + 4 * sign)
            told = file.read(struct.calcsize(form))
            if len(told) < struct.calcsize(form) or struct.unpack(form, told) != (part.crc, part.packed, part.size):
                raise Damaged("what follows a member is no record of it")
            behind = len(told) + 4 * sign
    if part.flags & 1:
        raise Damaged("the member is encrypted, which strip does not write")
    end = part.end + behind
    if member is None:
        return [Step(part.start, end)], None
    crc, packed = _packed(member, part)
    made = crc, sized(packed), member.size
    if form == "<III" and max(made[1:]) >= _WIDE:
        raise Damaged("a member would be more than 4 GB")
    told = struct.pack(form, *made)
    steps = []
    if behind:
        packed += (b"PK\7\x08" * (behind == len(told) + 4) + told,)
    told_here = any(struct.unpack_from("<I", row, 14)) or (form == "<III" and (packed_ or size_))
    if behind and not told_here and label.old != label.new:
        steps.append(Step(part.start, part.at, (bytes(row),)))
    elif not behind or told_here:
        struct.pack_into("<I", row, 14, crc)
        _written(row, base, [(22, spots[0], made[2]), (18, spots[1], made[1])])
        steps.append(Step(part.start, part.at, (bytes(row),)))
    return [*steps, Step(part.at, end, packed)], made


def _packed(member: Artifact, part: Part) -> tuple[int, tuple[bytes | Artifact, ...]]:
    """Checksum and bytes of a member, packed as it was.

    Raises:
        Damaged: It was packed by a method that is not written, or is too large.
    """
    crc = 0
    pieces: list[bytes] = []
    held = 0
    if part.method not in {_STORED, _DEFLATED, _BZIP2}:
        raise Damaged(f"the member is packed by method {part.method}, which strip does not write")
    level = {0: 6, 2: 9, 4: 3, 6: 1}[part.flags & 6]
    packer: Any = None
    if part.method == _DEFLATED:
        packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    elif part.method == _BZIP2:
        packer = bz2.BZ2Compressor()
    for piece in _read(member):
        crc = zlib.crc32(piece, crc)
        if packer is not None:
            pieces.append(packer.compress(piece))
            held += len(pieces[-1])
            if held > _MOST:
                raise Damaged(f"the member is packed in more than {_MOST >> 20} MB, which strip does not write")
    if packer is None:
        return crc, (member,)
    return crc, (b"".join([*pieces, packer.flush()]),)


def _read(artifact: Artifact) -> Iterator[bytes]:
    with artifact.open() as file:
        while piece := file.read(_CHUNK):
            yield piece


def _fields(row: bytearray, told: Sequence[int]) -> tuple[int, list[int]]:
    """Where extra fields of a row of the directory begin, and ``_spots`` in them."""
    names, extras = struct.unpack_from("<HH", row, 28)
    return 46 + names, _spots(bytes(row[46 + names : 46 + names + extras]), told)


def _directory(
    directory: bytes, shift: int, steps: list[Step], fresh: Mapping[int, tuple[_Name, tuple[int, int, int]] | None]
) -> tuple[bytes, int]:
    """The directory anew: sizes and checksums of what changed, where each member begins now; how many rows are gone.

    Args:
        directory: As it was.
        shift: Bytes before the zip.
        steps: What was replaced so far.
        fresh: What is to be said of members, by where they began.
    """
    order = sorted(steps)
    out = bytearray()
    at = gone = 0
    while directory[at : at + 4] == CENTRAL and at + 46 <= len(directory):
        length = 46 + sum(struct.unpack_from("<HHH", directory, at + 28))
        row = bytearray(directory[at : at + length])
        at += length
        packed, size = struct.unpack_from("<II", row, 20)
        (offset,) = struct.unpack_from("<I", row, 42)
        base, spots = _fields(row, (size, packed, offset))
        offset = struct.unpack_from("<Q", row, base + spots[2])[0] if spots[2] >= 0 else offset
        start = offset + shift
        if start in fresh:
            made = fresh[start]
            if made is None:
                gone += 1
                continue
            label, said = made
            row = label.put(row, 28, 46)
            base, spots = _fields(row, (size, packed, offset if spots[2] < 0 else _WIDE))
            struct.pack_into("<I", row, 16, said[0])
            _written(row, base, [(24, spots[0], said[2]), (20, spots[1], said[1])])
        moved = offset + sum(s.grows for s in order if s.end <= start)
        _written(row, base, [(42, spots[2], moved)])
        out += row
    return bytes(out + directory[at:]), gone
