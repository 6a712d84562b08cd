"""Members of an encrypted 7z archive, by the passwords that were given; read with py7zr into a private file.

py7zr writes all members in their order, so that what is packed together is unpacked once. Nothing that it writes is
shown before the checksum of the member is right: a wrong password gives bytes, too.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, Any

from untag.gap import Gap, Reason
from untag.spool import FAILS, member, scratch, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["sealed"]

_NEEDS = "encrypted: pip install 'untag[passwords]' reads it with --password"
_ASKS = "encrypted; --password gives the password"
_WRONG = "encrypted; no password that was given fits"
#: The decrypter, and how often all of them may hash in one archive to make keys of a password; 7-Zip asks for 2**19.
_AES, _HASHES = b"\x06\xf1\x07\x01", 1 << 25


class _Full(Exception):  # noqa: N818 - no mistake: a bound is reached
    """More is unpacked than may be."""


def sealed(artifact: Artifact, done: Collection[str], limits: Limits) -> Iterator[Artifact | Gap]:
    """The members of an encrypted 7z archive.

    Args:
        artifact: The archive.
        done: Names of members that were read without a password.
        limits: Bounds.
    """
    place = artifact.place.whole()
    if not artifact.nest.passwords:
        yield Gap(place, Reason.ENCRYPTED, _ASKS, artifact.size)
        return
    try:
        import py7zr
    except ImportError:
        yield Gap(place, Reason.NEEDS, _NEEDS, artifact.size)
        return
    fails: tuple[type[Exception], ...] = (
        *FAILS, py7zr.exceptions.ArchiveError, AssertionError, AttributeError, KeyError, IndexError, TypeError,
        struct.error, MemoryError,
    )  # fmt: skip
    most = min(artifact.nest.left, limits.size, max(limits.free, limits.ratio * artifact.size))
    for password in artifact.nest.passwords:
        with artifact.open() as file, scratch() as held:
            parts = _Parts(held, most)
            gap = None
            try:
                with py7zr.SevenZipFile(file, password=password.decode("utf-8", "surrogateescape")) as archive:
                    if _hashes(archive) > _HASHES:
                        said = "encrypted so that to try a password takes more work than is done"
                        yield Gap(place, Reason.LIMIT, said, artifact.size)
                        return
                    names = [f.filename for f in archive.files if f.filename not in done]
                    archive.extract(targets=names, factory=_factory(parts))
            except _Full:
                gap = Gap(place, Reason.LIMIT, f"expands to more than {most >> 20} MB; only so much was read", 1)
            except py7zr.exceptions.UnsupportedCompressionMethodError:
                yield Gap(
                    place, Reason.UNKNOWN, "encrypted, and packed by a method that py7zr does not read", artifact.size
                )
                return
            except fails:
                parts.drop()
                gap = Gap(place, Reason.DAMAGED, "damaged behind the members that were read", artifact.size)
            if gap is None or parts.rows:
                for name, start, size in parts.rows:
                    for item in member(artifact, shown(name), _Part(held, start, size), limits):
                        if not isinstance(item, Gap):
                            item.show = "7z x -so {file} {member}"
                        yield item
                if gap is not None:
                    yield gap
                return
    yield Gap(place, Reason.ENCRYPTED, _WRONG, artifact.size)


def _hashes(archive: Any) -> int:
    """How often a password is hashed to open all folders of an archive."""
    streams = getattr(archive.header, "main_streams", None)
    folders = streams.unpackinfo.folders if streams is not None else ()
    given = (c["properties"] for f in folders for c in f.coders if c["method"] == _AES and c.get("properties"))
    return sum(1 << (row[0] & 0x3F) for row in given)


class _Parts:
    """Members one after another in one file: name, where it begins, how long it is."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self.file, self.left = file, most
        self.rows: list[tuple[str, int, int]] = []
        self.at = 0

    def begin(self, name: str) -> None:
        self.rows.append((name, self.at, 0))

    def write(self, data: bytes) -> int:
        self.left -= len(data)
        if self.left < 0:
            self.drop()
            raise _Full
        self.file.write(data)
        self.at += len(data)
        name, start, size = self.rows[-1]
        self.rows[-1] = name, start, size + len(data)
        return len(data)

    def drop(self) -> None:
        """The last one is not whole, or not what was packed."""
        if self.rows:
            self.rows.pop()


def _factory(parts: _Parts) -> Any:
    """What py7zr asks for something to write a member to."""
    from py7zr.io import Py7zIO, WriterFactory

    class Writer(Py7zIO):
        def write(self, s: bytes | bytearray) -> int:
            return parts.write(bytes(s))

        def read(self, size: int | None = None) -> bytes:  # noqa: ARG002 - nothing is read back
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - the same
            return 0

        def flush(self) -> None:
            return

        def size(self) -> int:
            return parts.rows[-1][2] if parts.rows else 0

    class Factory(WriterFactory):
        def create(self, filename: str) -> Py7zIO:
            parts.begin(filename)
            return Writer()

    return Factory()


class _Part:
    """A stretch of a file as something to read from."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._at, self._left = file, start, size

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        self._file.seek(self._at)
        data = self._file.read(min(size, self._left))
        self._at += len(data)
        self._left -= len(data)
        return data
