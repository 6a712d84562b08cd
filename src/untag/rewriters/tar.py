"""Tar archives, plain or compressed: members are replaced where they stand, other headers and bytes are copied."""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import contextmanager
from posixpath import dirname, normpath
from typing import TYPE_CHECKING, cast

from untag.artifact import Artifact
from untag.edit import Proof
from untag.gap import Damaged
from untag.readers._unpack import codec_of, library
from untag.rewriters._codec import Compressor, unpacked
from untag.rewriters._pack import Packer, Step, changes, joined, moved_of, renamed, single, steps_of
from untag.spool import Names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, BinaryIO

    from untag.edit import Plan

__all__ = ["TarRewriter"]

_BLOCK = 512
#: Kinds of headers that stand before others: a long name (GNU), records (pax).
_LONG, _PAX = b"L", b"x"
#: Bytes that an archive may expand to.
_MOST = 32 << 30
#: What the eleven octal digits of a header hold.
_LARGEST = 8**11 - 1
_FAILS = (tarfile.TarError, ValueError, EOFError, OSError)


class TarRewriter(Packer):
    """Writes members of tar archives anew, in their order, with their modes and times."""

    name = "tar"
    reads = ("tar",)
    names = True
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
                        steps += _steps(file, info, members[name], plain.size, name)
        plan = changes([name for _, name in rows], members, steps)
        for info, name in rows:
            to = normpath(f"{dirname(name)}/{info.linkname}".lstrip("/")) if info.issym() else ""
            if to and any(to == normpath(old) for old in moved_of(plan)):
                plan.notes.append(f"the symbolic link {name!r} leads nowhere then")
        return plan

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

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare what headers say."""
        moved = moved_of(plan)
        fresh = {name: name for name in moved.values()}
        with _plain(before) as was, _plain(after) as now:
            old = [_told(info, moved.get(name, "")) for info, name in _infos(was)]
            new = [_told(info, fresh.get(name, "")) for info, name in _infos(now)]
        stay = iter(old)
        if not all(row in stay for row in new):
            return Proof("order, names, owners, modes or times of members are not the same")
        return Proof("", (f"order, names, owners, modes and times of {len(new):,} members are the same",))


def _told(info: tarfile.TarInfo, called: str) -> tuple[Any, ...]:
    """What headers say of a member; of one that is called otherwise by that name."""
    others = {key: value for key, value in info.pax_headers.items() if key != "path" or not called}
    return (
        called or info.name, info.mode, info.uid, info.gid, info.uname, info.gname, info.mtime, info.type,
        info.linkname, info.devmajor, info.devminor, others,
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


def _steps(file: BinaryIO, info: tarfile.TarInfo, member: Artifact | None, whole: int, name: str) -> Iterator[Step]:
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
    if (new := member.place.chain[-1]) != name:
        file.seek(info.offset)
        yield Step(info.offset, at, (_named(file.read(at - info.offset), head, name, new),))
    yield Step(at, at + _BLOCK, (_sealed(head, member.size),))
    yield Step(info.offset_data, end, (member, bytes(-member.size % _BLOCK)))


def _sealed(head: bytearray, size: int) -> bytes:
    """A header with a size and its checksum."""
    head[124:136] = b"%011o\0" % size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def _named(ahead: bytes, head: bytearray, name: str, new: str) -> bytes:
    """Put another name into a header, or into what stands before it.

    Args:
        ahead: What stands before it: long names (GNU), records (pax).
        head: The header; what it says of the name is changed.
        name: As places show it.
        new: As it shall be shown.

    Returns:
        What stands before it then.
    """
    out, at, told = b"", 0, b""
    while at < len(ahead):
        top = bytearray(ahead[at : at + _BLOCK])
        size = int(bytes(top[124:136]).strip(b"\0 ") or b"0", 8)
        end = at + _BLOCK + -(-size // _BLOCK) * _BLOCK
        data = ahead[at + _BLOCK : at + _BLOCK + size]
        if top[156:157] == _LONG:
            told = renamed(data.rstrip(b"\0"), name, new)
            data = told + b"\0"
        elif top[156:157] == _PAX:
            data, path = _records(data, name, new)
            told = path or told
        out += _sealed(top, len(data)) + data + bytes(-len(data) % _BLOCK)
        at = end
    if not told:
        told = short = renamed(bytes(head[:100]).rstrip(b"\0"), name, new)
        if head[257:263] == b"ustar\0" and (prefix := bytes(head[345:500]).rstrip(b"\0")):
            told = prefix + b"/" + short
        if len(short) > 100:
            top = bytearray(_BLOCK)
            top[:13], top[100:108], top[108:116], top[116:124] = b"././@LongLink", *[b"0000000\0"] * 3
            top[136:148], top[156:157], top[257:265] = b"%011o\0" % 0, _LONG, b"ustar  \0"
            out += _sealed(top, len(told) + 1) + told + bytes(_BLOCK - len(told) % _BLOCK)
    else:
        short = told
    head[:100] = short[:100].ljust(100, b"\0")
    return out


def _records(data: bytes, name: str, new: str) -> tuple[bytes, bytes]:
    """Records of pax with another path, and that path; nothing where they hold none.

    Raises:
        Damaged: They break off.
    """
    out, at, path = b"", 0, b""
    while at < len(data) and data[at] != 0:
        size = data[at : at + 20].partition(b" ")[0]
        end = at + int(size) if size.isdigit() else 0
        if not at < end <= len(data):
            raise Damaged("the archive is damaged")
        key, _, value = data[at + len(size) + 1 : end - 1].partition(b"=")
        if key == b"path":
            path = renamed(value, name, new)
            body = b" path=" + path + b"\n"
            # The length counts its own digits.
            total = next(n for n in range(len(body), len(body) + 20) if len(b"%d" % n) + len(body) == n)
            out += b"%d" % total + body
        else:
            out += data[at:end]
        at = end
    return out, path
