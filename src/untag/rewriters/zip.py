"""Zip archives: members are replaced where they stand, all others are copied as they are, packed bytes and all.

After PKWARE's APPNOTE.TXT 6.3.10.
"""

from __future__ import annotations

import bz2
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from untag.edit import Proof
from untag.gap import Damaged
from untag.readers._zip import CENTRAL, END, Part, Parts, end_of
from untag.rewriters._pack import Packer, Step, changes, single, sized

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from untag.artifact import Artifact
    from untag.edit import Plan

__all__ = ["ZipRewriter"]

_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_WIDE = 0xFFFFFFFF
#: Bytes of a packed member that are held.
_MOST = 256 << 20
_CHUNK = 1 << 20


class ZipRewriter(Packer):
    """Writes members of zip archives (jar, apk, whl, nupkg …) anew, in their order, with their modes and times."""

    name = "zip"
    reads = ("zip", "epub")
    limits = (
        "archives of more than 4 GB (zip64), damaged and encrypted ones stay",
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
            directory, end = file.read(size), file.read(22)
        if end[:4] != END or _WIDE in struct.unpack_from("<II", end, 12) or end[10:12] == b"\xff\xff":
            raise Damaged("a zip64 archive, which strip does not write")
        steps, fresh = [], dict[int, tuple[int, int, int] | None]()
        for part, name in rows:
            if name not in members:
                continue
            made = _replaced(artifact, part, members[name])
            steps += made[0]
            fresh[part.start] = made[1]
        central, gone = _directory(directory, shift, steps, fresh)
        moved = sum(s.grows for s in steps)
        counts = struct.unpack_from("<HH", end, 8)
        record = struct.pack("<HHII", counts[0] - gone, counts[1] - gone, len(central), start - shift + moved)
        if start + moved > _WIDE:
            raise Damaged("it would be more than 4 GB")
        steps += [Step(start, start + size, (central,)), Step(start + size + 8, start + size + 20, (record,))]
        return changes([name for _, name in rows], members, steps)

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - both directories tell it
        """Compare both directories, as Python's own reader tells them."""
        try:
            old, new = _listed(before), _listed(after)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
            return Proof("its directory can no longer be read")
        stay = iter(old)
        if not all(any(row == other for other in stay) for row in new):
            return Proof("order, names, modes, times or comments of members are not the same")
        return Proof("", (f"order, names, modes, times and comments of {len(new):,} members are the same",))


def _listed(artifact: Artifact) -> list[tuple[Any, ...]]:
    with artifact.open() as file, zipfile.ZipFile(file) as opened:
        return [
            (
                i.filename, i.date_time, i.compress_type, i.external_attr, i.internal_attr, i.extra, i.comment,
                i.create_system, i.create_version, i.flag_bits,
            )
            for i in opened.infolist()
        ]  # fmt: skip


def _replaced(
    artifact: Artifact, part: Part, member: Artifact | None
) -> tuple[list[Step], tuple[int, int, int] | None]:
    """Steps for one member, and what the directory says of it: checksum, packed size, size; None where it goes."""
    behind = 0
    with artifact.open() as file:
        if part.flags & 8:
            file.seek(part.end)
            sign = file.read(4) == b"PK\7\x08"
            file.seek(part.end + 4 * sign)
            told = file.read(12)
            if len(told) < 12 or struct.unpack("<III", told) != (part.crc, part.packed, part.size):
                raise Damaged("what follows a member is no record of it")
            behind = 12 + 4 * sign
        file.seek(part.start)
        head = file.read(30)
    if part.flags & 1:
        raise Damaged("the member is encrypted, which strip does not write")
    end = part.end + behind
    if member is None:
        return [Step(part.start, end)], None
    if _WIDE in (*struct.unpack_from("<II", head, 18), part.packed, part.size):
        raise Damaged("a zip64 archive, which strip does not write")
    crc, packed = _packed(member, part)
    row = crc, sized(packed), member.size
    if max(row[1:]) >= _WIDE:
        raise Damaged("a member would be more than 4 GB")
    said = struct.pack("<III", *row)
    steps = []
    if behind:
        packed += (b"PK\7\x08" * (behind == 16) + said,)
        if any(struct.unpack_from("<III", head, 14)):
            steps.append(Step(part.start + 14, part.start + 26, (said,)))
    else:
        steps.append(Step(part.start + 14, part.start + 26, (said,)))
    return [*steps, Step(part.at, end, packed)], row


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


def _directory(
    directory: bytes, shift: int, steps: list[Step], fresh: Mapping[int, tuple[int, int, int] | None]
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
        (offset,) = struct.unpack_from("<I", row, 42)
        if offset == _WIDE:
            raise Damaged("a zip64 archive, which strip does not write")
        start = offset + shift
        if start in fresh:
            said = fresh[start]
            if said is None:
                gone += 1
                continue
            struct.pack_into("<III", row, 16, *said)
        moved = offset + sum(s.grows for s in order if s.end <= start)
        if moved >= _WIDE:
            raise Damaged("it would be more than 4 GB")
        struct.pack_into("<I", row, 42, moved)
        out += row
    return bytes(out + directory[at:]), gone
