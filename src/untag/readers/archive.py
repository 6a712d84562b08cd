"""Archives that libarchive reads: 7z, rar, cab, iso9660, cpio, lha, xar."""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from typing import IO, TYPE_CHECKING, Any

from untag.gap import Damaged, Gap, Reason
from untag.readers import BinaryReader
from untag.readers._links import Links
from untag.readers._rar import Refused, locked, rewrite
from untag.readers._sealed import sealed
from untag.spool import FAILS, Names, member, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.readers._rar import Rewritten
    from untag.surface import Surface

__all__ = ["ArchiveReader"]

#: Where the format says what it is, and its name as libarchive has it.
_KNOWN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"7z\xbc\xaf\x27\x1c", "7zip"),
    (0, b"Rar!\x1a\7\0", "rar"),
    (0, b"Rar!\x1a\7\1\0", "rar5"),
    (0, b"MSCF\0\0\0\0", "cab"),
    (0x8001, b"CD001", "iso9660"),
    (0, b"070701", "cpio"),
    (0, b"070702", "cpio"),
    (0, b"070707", "cpio"),
    (0, b"xar!\0\x1c\0\1", "xar"),
    (2, b"-lh", "lha"),
)
_NEEDS = "pip install 'untag[archives]' and the library libarchive (Debian: apt-get install libarchive13) read it"
#: libarchive decrypts none of these; py7zr reads the first, and the others are decrypted for libarchive.
_SEALED, _RAR = "7zip", frozenset({"rar", "rar5"})
#: Bytes of a member by which a password is told.
_TRIED = 64 << 20


class ArchiveReader(BinaryReader):
    """Takes the members out one after another, through libarchive and no program that it could start."""

    name = "archive"
    rank = 50
    starts = tuple(magic for offset, magic, _ in _KNOWN if not offset)
    shows = "bsdtar -xOf {file} {member}"
    limits = (
        "Behind damage libarchive cannot go on in most of these formats: what follows is a gap.",
        "An encrypted 7z or rar archive is read once for each password; rar's encryption before version 2.9 is a gap.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the bytes that say so."""
        return bool(_kind(artifact.head))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Members in their order."""
        place = artifact.place.whole()
        kind = _kind(artifact.head)
        try:
            libarchive = _bindings()
            from libarchive.exception import ArchiveError
        except (ImportError, OSError, TypeError, AttributeError):  # the last three: the library itself is missing
            yield Gap(place, Reason.NEEDS, f"{kind}: {_NEEDS}", artifact.size)
            return
        walk = _Walk(artifact, limits, libarchive, (*FAILS, ArchiveError))
        locks = _Locks(kind)
        if kind in _RAR and locked(artifact):
            yield from walk.opened()
        else:
            with artifact.open() as file:
                yield from walk.members(file, locks)
        if locks.closed:
            yield from sealed(artifact, locks.done, limits)
        yield from walk.links.gaps()


class _Walk:
    """One archive as it is gone through, and once more where it had to be decrypted."""

    def __init__(self, artifact: Artifact, limits: Limits, library: Any, fails: tuple[type[Exception], ...]) -> None:
        self.artifact, self.limits, self.library, self.fails = artifact, limits, library, fails
        self.place = artifact.place.whole()
        self.names, self.links = Names(), Links(self.place)

    def members(self, file: IO[bytes], locks: _Locks) -> Iterator[Artifact | Gap]:
        """Members in their order.

        Raises:
            Damaged: Nothing can be read of it.
        """
        artifact, place, kind, count = self.artifact, self.place, locks.kind, 0
        with contextlib.ExitStack() as stack:
            try:
                # No filters: some of them start a program.
                opened = stack.enter_context(self.library.stream_reader(file, kind, "none", block_size=1 << 16))
                entries = iter(opened)
                while (entry := next(entries, None)) is not None:
                    count += 1
                    name = _name(entry.pathname, self.names, count)
                    if entry.issym or entry.islnk:
                        self.links.add(name, str(entry.linkname or ""), hard=bool(entry.islnk))
                    elif entry.isfile:
                        yield from _file(artifact, name, entry, self.limits, self.fails, locks)
                    elif not entry.isdir:
                        yield Gap(place.inside(name), Reason.REFUSED, "a device or pipe")
                    if artifact.nest.left <= 0:
                        return
            except self.fails as error:
                if locks.closed or (_locked(error) and kind == _SEALED):
                    locks.closed = True
                elif not count:
                    raise Damaged(f"libarchive reads nothing of it as {kind}") from error
                else:
                    # How far it came is not told: all of it is called unread.
                    said = f"damaged behind the first {count} entries; what precedes was read"
                    yield Gap(place, Reason.DAMAGED, said, artifact.size)

    def opened(self) -> Iterator[Artifact | Gap]:
        """Members of an encrypted rar archive, by the passwords that were given; without one what is not encrypted."""
        artifact, said = self.artifact, "encrypted; --password gives the password"
        for password in (*artifact.nest.passwords, b""):
            with scratch() as held:
                try:
                    made = rewrite(artifact, password, held)
                except ImportError:
                    text = "encrypted: pip install 'untag[passwords]' reads it"
                    yield Gap(self.place, Reason.NEEDS, text, artifact.size)
                    return
                except Refused as error:
                    yield Gap(self.place, Reason.LIMIT, str(error), artifact.size)
                    return
                if made is None or not self._fits(held, made):
                    said = "encrypted; no password that was given fits" if password else said
                    continue
                held.seek(0)
                yield from self.members(held, _Locks(made.kind))
                if made.lost:
                    text = f"members that go on in another volume were not read: {made.lost}"
                    yield Gap(self.place, Reason.DAMAGED, text, 1)
                if made.broken:
                    yield Gap(self.place, Reason.DAMAGED, "damaged behind the members that were read", artifact.size)
                if password:
                    return
        yield Gap(self.place, Reason.ENCRYPTED, said, artifact.size)

    def _fits(self, held: IO[bytes], made: Rewritten) -> bool:
        """Whether a decrypted member has its checksum; one that is very long is believed."""
        if made.check is None:
            return True
        held.seek(0)
        total = left = 0
        left = _TRIED
        try:
            with self.library.stream_reader(held, made.kind, "none", block_size=1 << 16) as entries:
                for number, entry in enumerate(entries, 1):
                    if _name(entry.pathname, Names(), number) != made.check[0]:
                        continue
                    for block in entry.get_blocks(1 << 16):
                        total = zlib.crc32(block, total)
                        left -= len(block)
                        if left < 0:
                            return True
                    return total == made.check[1]
        except self.fails:
            return False
        return False


class _Locks:
    """What of an archive is encrypted: whether anything is, and the names of what was read without a password."""

    def __init__(self, kind: str) -> None:
        self.kind, self.closed = kind, False
        self.done: set[str] = set()


def _bindings() -> Any:
    """What calls libarchive. Left to themselves, the bindings start ldconfig and a compiler to find the library.

    Raises:
        ImportError: They are not installed.
        OSError: The library is not.
    """
    if sys.platform != "linux" or "LIBARCHIVE" in os.environ or "libarchive" in sys.modules:
        import libarchive

        return libarchive
    import ctypes

    name = "libarchive.so.13"  # since 2013, version 3.1
    ctypes.CDLL(name)
    os.environ["LIBARCHIVE"] = name
    try:
        import libarchive
    finally:
        del os.environ["LIBARCHIVE"]
    return libarchive


def _kind(head: bytes) -> str:
    for offset, magic, kind in _KNOWN:
        if head.startswith(magic, offset) and (kind != "lha" or (head[6:7] == b"-" and head[20:21] < b"\4")):
            return kind
    return ""


def _name(name: Any, names: Names, number: int) -> str:
    """A member's name; one that cannot be told is numbered."""
    if not name:
        return f"#{number}"
    return names.text(name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape"))


def _locked(error: Exception) -> bool:
    return "ncrypt" in str(error) or "passphrase" in str(error).lower()


def _file(
    artifact: Artifact, name: str, entry: Any, limits: Limits, fails: tuple[type[Exception], ...], locks: _Locks
) -> Iterator[Artifact | Gap]:
    # libarchive 3.6 gives zeros behind the members of a xar, as many as precede it.
    most = int(entry.size) if locks.kind == "xar" and entry.size is not None else None
    stream = _Stream(entry.get_blocks(1 << 16), fails, most)
    for item in member(artifact, name, stream, limits, fails=fails):
        broken = isinstance(item, Gap) and item.reason is Reason.DAMAGED
        if broken and locks.kind == _SEALED and (stream.locked or locks.closed):
            # Behind the first of them libarchive calls encrypted members damaged.
            locks.closed = True
        else:
            if not isinstance(item, Gap):
                locks.done.add(name)
            yield item


class _Stream:
    """The blocks of an entry as something to read from."""

    def __init__(self, blocks: Iterator[bytes], fails: tuple[type[Exception], ...], most: int | None) -> None:
        self._blocks, self._fails, self._left = blocks, fails, most
        self.locked = False

    def read(self, _size: int) -> bytes:
        """Some bytes; none at the end."""
        try:
            data = next(self._blocks, b"")
        except self._fails as error:
            self.locked = _locked(error)
            raise
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        return data
