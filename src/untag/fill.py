"""The bytes of entries: those that lie in the object store of a repository, and the artifact of one entry."""
# ruff: noqa: PTH118  names that are no text must survive

from __future__ import annotations

import errno
import os
import stat
from itertools import groupby
from typing import IO, TYPE_CHECKING

from msgspec.structs import replace

from untag.artifact import WHOLE, Artifact
from untag.later import later

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.sources import Entry

__all__ = ["filled", "load", "opened"]

#: How a pointer of Git LFS begins (git-lfs/docs/spec.md), and the most bytes one has.
_POINTER = later(
    rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n"
)
_BRIEF = 1024
#: What is said of an object of which git told more bytes than it then gave.
_SHORT = ("damaged", "an object of the store ends early")


def filled(batch: Iterable[tuple[int, Entry]], whole: int) -> Iterator[tuple[int, Entry]]:
    """Entries with the bytes of those that lie in a store.

    Args:
        batch: Numbered entries; those of one store that follow one another are read at once.
        whole: Bytes above which an object is put into a file, that is gone when the next entry is asked for.

    Yields:
        The same entries in the same order, no longer in a store: an empty one is not asked for again amid the answers.
        One whose object cannot be had says so in ``lost``.
    """
    for store, rows in groupby(batch, key=lambda row: row[1].store):
        if store is None:
            yield from rows
            continue
        listed = list(rows)
        answers = store.mine.read([e.blob for _, e in listed])
        for (number, entry), (_, kind, size, file) in zip(listed, answers, strict=True):
            if file is None or kind != "blob":
                yield number, replace(entry, lost=("damaged", "an object of the store is damaged, or not there"))
            elif size > whole:
                import tempfile

                # In the store's own folder, which somebody takes away should this process be killed.
                with tempfile.NamedTemporaryFile(prefix="untag-blob-", dir=store.home) as held:
                    lost = ("", "") if _copy(file, size, held.file) else _SHORT
                    held.flush()
                    yield number, replace(entry, size=size, file=held.name, store=None, lost=lost)
            else:
                data = file.read(size)
                if len(data) < size:
                    yield number, replace(entry, lost=_SHORT)
                else:
                    yield number, _content(replace(entry, size=size, data=data, store=None), store.large)


def _copy(file: IO[bytes], size: int, into: IO[bytes]) -> bool:
    """Copy so many bytes; False where there are fewer."""
    while size and (piece := file.read(min(size, 1 << 20))):
        into.write(piece)
        size -= len(piece)
    return not size


def _content(entry: Entry, large: str) -> Entry:
    """Of a pointer to a large file the file, where it is there."""
    match = _POINTER.match(entry.data) if len(entry.data) <= _BRIEF else None
    if match is None:
        return entry
    oid = match[1].decode("ascii")
    path = os.path.join(large, oid[:2], oid[2:4], oid) if large else ""
    try:
        info = os.lstat(path) if path else None
    except OSError:
        info = None
    if info is None or not stat.S_ISREG(info.st_mode):
        return replace(entry, lost=("absent", f"a Git LFS pointer; the file of {int(match[2])} bytes is not here"))
    return replace(entry, size=info.st_size, data=b"", file=path)


def opened(entry: Entry) -> Artifact:
    """The artifact of an entry: whole in memory if it is small.

    Raises:
        OSError: It cannot be opened.
    """
    if entry.store is not None and not entry.data and not entry.file:
        # Asked for by itself, and not with the batch it was read in: what is large is not kept for that.
        entry = next(filled([(0, entry)], WHOLE))[1]
        if entry.lost[0] or entry.file:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if not entry.file:
        made = Artifact(entry.place, entry.data)
        made.through = (entry.show,) if entry.show else ()
        return made
    if entry.size <= WHOLE:
        made = Artifact(entry.place, load(entry.file))
    else:
        os.close(_handle(entry.file))
        made = Artifact(entry.place, opener=lambda: os.fdopen(_handle(entry.file), "rb"), size=entry.size)
    # Around a blob of a store, or a file that is all of the input, there is nothing.
    made.file = entry.file if not entry.blob and "/" in entry.place.chain[0] else ""
    return made


def _handle(path: str) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))


def load(path: str) -> bytes:
    """The bytes of a file, with as few calls as it takes."""
    handle = _handle(path)
    try:
        size = os.fstat(handle).st_size
        data = os.read(handle, size + 1)
        if len(data) >= size and len(data) < (1 << 20):
            return data
        pieces = [data]
        while piece := os.read(handle, 1 << 20):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(handle)
