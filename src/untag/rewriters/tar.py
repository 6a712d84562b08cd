"""Tar archives, plain or compressed: members are replaced where they stand, other headers and bytes are copied."""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from untag.artifact import Artifact
from untag.edit import Proof
from untag.gap import Damaged
from untag.readers._unpack import codec_of, library
from untag.rewriters._codec import Compressor, unpacked
from untag.rewriters._pack import Packer, Step, changes, joined, single, steps_of
from untag.spool import Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, BinaryIO

    from untag.edit import Plan

__all__ = ["TarRewriter"]

_BLOCK = 512
#: Bytes that an archive may expand to.
_MOST = 32 << 30
#: What the eleven octal digits of a header hold.
_LARGEST = 8**11 - 1
_FAILS = (tarfile.TarError, ValueError, EOFError, OSError)


class TarRewriter(Packer):
    """Writes members of tar archives anew, in their order, with their modes and times."""

    name = "tar"
    reads = ("tar",)
    limits = (
        "members of more than 8 GB, sparse ones and those that a hard link leads to stay, as do damaged archives",
        "a compressed archive is compressed anew by the same method",
    )

    def knows(self, artifact: Artifact) -> bool:
        """What can be written, too."""
        codec = codec_of(artifact.head)
        return not codec or not library(codec)

    def pack(self, artifact: Artifact, members: Mapping[str, Artifact | None]) -> Plan:
        """Steps over sizes, checksums and bytes of the plain archive."""
        with _plain(artifact) as plain:
            rows = _infos(plain)
            single((name for _, name in rows if not _.isdir()), members)
            linked = {info.linkname for info, _ in rows if info.islnk()}
            steps: list[Step] = []
            with plain.open() as file:
                for info, name in rows:
                    if name in members and not info.isdir():
                        if info.name in linked:
                            raise Damaged("a hard link leads to the member")
                        steps += _steps(file, info, members[name], plain.size)
        return changes([name for _, name in rows], members, steps)

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Copy, compressed as it was."""
        with _plain(artifact) as plain:
            steps = steps_of(plan)
            if plain is artifact:
                joined(plain, steps, out)
                return
            made = Compressor(out, artifact.head, plain.size + sum(s.grows for s in steps))
            joined(plain, steps, cast("BinaryIO", made))
            made.close()

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:  # noqa: ARG002 - both headers tell it
        """Compare what headers say."""
        with _plain(before) as was, _plain(after) as now:
            old, new = [_told(info) for info, _ in _infos(was)], [_told(info) for info, _ in _infos(now)]
        stay = iter(old)
        if not all(row in stay for row in new):
            return Proof("order, names, owners, modes or times of members are not the same")
        return Proof("", (f"order, names, owners, modes and times of {len(new):,} members are the same",))


def _told(info: tarfile.TarInfo) -> tuple[Any, ...]:
    return (
        info.name, info.mode, info.uid, info.gid, info.uname, info.gname, info.mtime, info.type, info.linkname,
        info.devmajor, info.devminor, info.pax_headers,
    )  # fmt: skip


@contextmanager
def _plain(artifact: Artifact) -> Iterator[Artifact]:
    """The archive without its compression; gone afterwards.

    Raises:
        Damaged: It cannot be unpacked.
    """
    if not codec_of(artifact.head):
        yield artifact
        return
    with tempfile.NamedTemporaryFile(prefix="untag-") as file:
        size = unpacked(artifact, cast("BinaryIO", file), _MOST)
        file.flush()
        yield Artifact(artifact.place, opener=lambda: open(file.name, "rb"), size=size)  # noqa: PTH123, SIM115


def _infos(plain: Artifact) -> list[tuple[tarfile.TarInfo, str]]:
    """All headers, with the names that places show.

    Raises:
        Damaged: One of them is damaged.
    """
    names = Names()
    try:
        with (
            plain.open() as file,
            tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape") as opened,
        ):
            return [(i, names.text(i.name.encode("utf-8", "surrogateescape"))) for i in opened]
    except _FAILS:
        raise Damaged("the archive is damaged") from None


def _steps(file: BinaryIO, info: tarfile.TarInfo, member: Artifact | None, whole: int) -> Iterator[Step]:
    end = min(info.offset_data + -(-info.size // _BLOCK) * _BLOCK, whole)
    if not info.isreg() or info.issparse() or "size" in info.pax_headers or info.size > _LARGEST:
        raise Damaged("the member is sparse, larger than 8 GB or no plain file")
    if member is None:
        yield Step(info.offset, end)
        return
    if member.size > _LARGEST:
        raise Damaged("the member would be larger than 8 GB")
    at = info.offset_data - _BLOCK
    file.seek(at)
    head = bytearray(file.read(_BLOCK))
    head[124:136] = b"%011o\0" % member.size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    yield Step(at, at + _BLOCK, (bytes(head),))
    yield Step(info.offset_data, end, (member, bytes(-member.size % _BLOCK)))
