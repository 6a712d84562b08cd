"""Tar archives, plain or compressed: the members one after another, in one pass."""

from __future__ import annotations

import struct
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from untag.gap import Damaged, Gap, Reason
from untag.readers import BinaryReader
from untag.readers._links import Links
from untag.readers._unpack import CODECS, Unpacked, codec_of, library
from untag.spool import FAILS, Names, extent, member

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["TarReader"]

_BLOCK = 512
#: Largest header that says more of the next member: names and attributes, no data.
_EXTENDED = 1 << 20
_FAILS: tuple[type[Exception], ...] = (*FAILS, tarfile.TarError, struct.error, RuntimeError)


def _is_header(block: bytes) -> bool:
    """Whether 512 bytes are a header: their sum is the one they state (signed or not, as old programs made it)."""
    if len(block) < _BLOCK:
        return False
    try:
        stated = tarfile.nti(block[148:156])  # type: ignore[attr-defined]
    except tarfile.TarError:
        return False
    return block[0] != 0 and stated in tarfile.calc_chksums(block)  # type: ignore[attr-defined]


class TarReader(BinaryReader):
    """Takes the members out one after another."""

    name = "tar"
    rank = 50
    covers = ("compressed",)
    shows = "tar -xOf {file} {member}"
    limits = ("Sparse files, devices and pipes have no content that is read.",)

    def knows(self, artifact: Artifact) -> bool:
        """A tar by the sum of its first header, behind a compression too."""
        head = artifact.head
        if _is_header(head[:_BLOCK]):
            return True
        codec = codec_of(head)
        return bool(codec) and not library(codec) and _is_header(_first(artifact))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Members in their order; one that a later one replaces is read as well."""
        place = artifact.place.whole()
        codec = codec_of(artifact.head) if not _is_header(artifact.head[:_BLOCK]) else ""
        with artifact.open() as file:
            if not codec:
                yield from _members(artifact, file, None, limits)
                return
            stream = Unpacked(file, CODECS[codec][1])
            yield from _members(artifact, _Blocks(stream), stream, limits)
            if stream.behind:
                yield Gap(place, Reason.DAMAGED, "bytes follow the compressed data", artifact.size - stream.taken)


def _first(artifact: Artifact) -> bytes:
    """The first block behind a compression."""
    try:
        with artifact.open() as file:
            return _Blocks(Unpacked(file, CODECS[codec_of(artifact.head)][1])).read(_BLOCK)
    except _FAILS:
        return b""


class _Blocks:
    """A stream that gives as many bytes as asked for, unless it ends or breaks; what it breaks over is kept."""

    def __init__(self, stream: Unpacked) -> None:
        self._stream = stream
        self._at = 0
        self.broken: Exception | None = None

    def tell(self) -> int:
        return self._at

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0 and self.broken is None:
            try:
                data = self._stream.read(min(size, 1 << 20))
            except _FAILS as error:
                self.broken = error
                break
            if not data:
                break
            parts.append(data)
            size -= len(data)
            self._at += len(data)
        return b"".join(parts)


@contextmanager
def _archive(file: Any, note: list[str]) -> Iterator[tarfile.TarFile]:
    """A tar that goes on behind damaged headers, and notes them."""

    class Info(tarfile.TarInfo):
        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Info:
            try:
                made = super().frombuf(buf, encoding, errors)
            except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
                raise
            except tarfile.EmptyHeaderError:  # type: ignore[attr-defined]
                raise
            except tarfile.HeaderError as error:
                note.append("cut" if isinstance(error, tarfile.TruncatedHeaderError) else "bad")  # type: ignore[attr-defined]
                raise
            except ValueError as error:  # a number that is none
                note.append("bad")
                raise tarfile.InvalidHeaderError("bad number") from error  # type: ignore[attr-defined]
            extended = made.type in {b"x", b"g", b"L", b"K", b"X"}
            if made.size < 0 or (extended and made.size > _EXTENDED):
                note.append("bad")
                raise tarfile.InvalidHeaderError("too large")  # type: ignore[attr-defined]
            return made

    mode: Any = "r:" if hasattr(file, "seek") else "r|"
    with tarfile.open(
        fileobj=file, mode=mode, tarinfo=Info, ignore_zeros=True, encoding="utf-8", errors="surrogateescape"
    ) as made:
        yield made


def _members(
    artifact: Artifact, file: BinaryIO | _Blocks, stream: Unpacked | None, limits: Limits
) -> Iterator[Artifact | Gap]:
    place = artifact.place.whole()
    names, links, note = Names(), Links(place), list[str]()
    broken: Exception | None = None
    done = 0
    try:
        with _archive(file, note) as archive:
            while True:
                try:
                    info = archive.next()
                except _FAILS as error:
                    broken = error
                    break
                if info is None:
                    break
                archive.members = []  # type: ignore[attr-defined, unused-ignore]
                name = names.text(info.name.encode("utf-8", "surrogateescape"))
                yield from _one(artifact, archive, info, name, stream is None, links, limits)
                done = info.offset_data + info.size
                if artifact.nest.left <= 0:
                    return
    except _FAILS as error:
        broken = error
    yield from links.gaps()
    if isinstance(file, _Blocks) and file.broken is not None:
        broken = file.broken
    elif stream is None and done > artifact.size:
        broken = EOFError("the archive ends inside a member")
    if broken is not None or note:
        said = "the archive breaks off" if broken is not None or note[-1:] == ["cut"] else "headers are damaged"
        left = max(0, artifact.size - (done if stream is None else stream.taken))
        yield Gap(place, Reason.DAMAGED, f"{said}; what precedes and follows was read", left)


def _one(
    artifact: Artifact,
    archive: tarfile.TarFile,
    info: tarfile.TarInfo,
    name: str,
    plain: bool,  # noqa: FBT001 - private
    links: Links,
    limits: Limits,
) -> Iterator[Artifact | Gap]:
    if info.issym() or info.islnk():
        links.add(name, info.linkname.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), hard=info.islnk())
    elif info.isreg() and plain and not info.issparse():
        yield from extent(artifact, name, info.offset_data, info.size, limits)
    elif info.isreg():
        taken = archive.extractfile(info)
        if taken is not None:
            yield from member(artifact, name, _Exact(taken, info.size), limits, packed=info.size, fails=_FAILS)
    elif not info.isdir():
        yield Gap(artifact.place.inside(name), Reason.REFUSED, "a device or pipe")


class _Exact:
    """A member's stream that says when it is shorter than its header states."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream, self._left = stream, size

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(min(size, 1 << 20))
        self._left -= len(data)
        if not data and self._left > 0:
            raise Damaged("the archive ends before the member does")
        return data
