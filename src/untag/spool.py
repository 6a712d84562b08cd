"""Members of containers: taken out one at a time, up to bounds, in memory or in a nameless private file."""

from __future__ import annotations

import io
import lzma
import re
import weakref
import zlib
from functools import partial
from typing import IO, TYPE_CHECKING, cast

from untag import charset
from untag.artifact import Artifact
from untag.cache import Cache
from untag.gap import Damaged, Gap, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, Protocol

    from untag.gap import Limits

    class Stream(Protocol):
        """Whatever gives bytes."""

        def read(self, size: int, /) -> bytes:
            """At most so many bytes; none at the end."""
            ...


__all__ = ["FAILS", "Heap", "Names", "attached", "extent", "member", "scratch", "shown"]

#: Bytes of a member that are held in memory; beyond, they go to a file.
HELD = 16 << 20
_CHUNK = 1 << 20
#: The same of pieces that are seldom looked at.
FEW = 1 << 20
#: Bytes of names that are looked at to tell their encoding, and letters of the name of what is attached.
_NAMES, _ATTACHED = 4 << 10, 200
#: What libraries raise over damaged bytes.
FAILS: tuple[type[Exception], ...] = (Damaged, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


class _View(io.RawIOBase):
    """A stretch of a file as a file of its own, with a position of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int, *, owned: bool) -> None:
        self._file, self._start, self._size, self._owned = file, start, size, owned
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at, self._size)[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        wanted = min(len(buffer), max(0, self._size - self._at))
        if not wanted:
            return 0
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        if self._owned and not self.closed:
            self._file.close()
        super().close()


def _view(file: IO[bytes], start: int, size: int, *, owned: bool) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_View(file, start, size, owned=owned), 1 << 16))


def extent(parent: Artifact, name: str, start: int, size: int, limits: Limits) -> Iterator[Artifact | Gap]:
    """A member that stands in its container as it is.

    Args:
        parent: The container.
        name: The member's name.
        start: Where its bytes begin.
        size: How many they are; what reaches beyond the container's end is a gap.
        limits: Bounds.

    Returns:
        The member, which nothing is copied for if it is large, and what of it is not there.
    """
    place = parent.place.inside(name)
    if parent.depth >= limits.depth:
        yield Gap(place, Reason.LIMIT, f"nested deeper than {limits.depth} containers", size)
        return
    there = max(0, min(size, parent.size - start))
    if there > parent.nest.left:
        yield _spent(parent, limits)
        return
    parent.nest.left -= there
    if there > HELD:
        yield Artifact(place, opener=lambda: _view(parent.open(), start, there, owned=True), size=there)
    else:
        with parent.open() as file:
            file.seek(start)
            yield Artifact(place, file.read(there))
    if there < size:
        yield Gap(place, Reason.DAMAGED, "the container ends before the member does", size - there)


def member(
    parent: Artifact,
    name: str,
    stream: Stream,
    limits: Limits,
    *,
    packed: int = 0,
    fails: tuple[type[Exception], ...] = FAILS,
) -> Iterator[Artifact | Gap]:
    """A member whose bytes come out of a stream.

    Args:
        parent: The container.
        name: The member's name.
        stream: Gives its bytes; it is read once, to its end or up to a bound.
        limits: Bounds: ``size``, ``ratio`` beyond ``free``, ``depth``, and what is left for the outermost artifact.
        packed: Bytes it takes in the container, where known; else the container's.
        fails: What the stream raises over damaged bytes.

    Returns:
        The member, with what was read before any damage or bound, and then a gap that says so. The member's bytes are
        gone when the next item is asked for.
    """
    place = parent.place.inside(name)
    if parent.depth >= limits.depth:
        yield Gap(place, Reason.LIMIT, f"nested deeper than {limits.depth} containers", packed)
        return
    most = min(limits.size, max(limits.free, limits.ratio * (packed or parent.size)))
    gap: Gap | None = None
    held = bytearray()
    size = 0
    file: IO[bytes] | None = None
    try:
        while True:
            try:
                piece = stream.read(_CHUNK)
            except fails as error:
                gap = Gap(place, Reason.DAMAGED, f"broken after {size} bytes: {_said(error)}")
                break
            if not piece:
                break
            if len(piece) > parent.nest.left:
                gap = _spent(parent, limits)
                break
            if size + len(piece) > most:
                gap = Gap(place, Reason.LIMIT, f"expands to more than {most >> 20} MB; only so much was read")
                break
            size += len(piece)
            parent.nest.left -= len(piece)
            if file is None and size > HELD:
                import tempfile

                file = tempfile.TemporaryFile(prefix="untag-", dir=_folder())  # noqa: SIM115 - closed below
                file.write(held)
                held = bytearray()
            if file is None:
                held += piece
            else:
                file.write(piece)
        if file is None:
            if held or gap is None:
                yield Artifact(place, bytes(held))
        else:
            file.flush()
            kept = file
            yield Artifact(place, opener=lambda: _view(kept, 0, size, owned=False), size=size)
    finally:
        if file is not None:
            file.close()
    if gap is not None:
        yield gap


def scratch(held: int | None = None) -> IO[bytes]:
    """A private file without a name for what a library can only write: in memory as long as it is small.

    Args:
        held: Bytes that count as small; as many as of a member where nothing is said.
    """
    import tempfile

    return tempfile.SpooledTemporaryFile(max_size=HELD if held is None else held, prefix="untag-", dir=_folder())


class Heap:
    """Pieces of bytes that are seldom looked at: the first few in memory, the rest in a nameless private file.

    Where nothing can be written they stay in memory.
    """

    def __init__(self) -> None:
        """Nothing is made before the first piece."""
        self._file: IO[bytes] | None = None
        self._end = 0

    def put(self, piece: bytes) -> Callable[[], bytes]:
        """Take a piece; what is handed back gives it again."""
        try:
            if self._file is None:
                self._file = scratch(FEW)
                weakref.finalize(self, self._file.close)
            file = self._file
            file.seek(self._end)
            file.write(piece)
        except OSError:
            return lambda: piece
        at, size = self._end, len(piece)
        self._end += size
        return partial(self._piece, at, size)

    def _piece(self, at: int, size: int) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(at)
        return self._file.read(size)


def _folder() -> str | None:
    """Where large members wait: beside what is kept, else where the system keeps what is temporary."""
    cache = Cache()
    return str(cache.folder) if cache.usable and cache.folder else None


def _spent(parent: Artifact, limits: Limits) -> Gap:
    parent.nest.left = 0
    most = f"more than {limits.ratio} times its size, or than {limits.expanded >> 30} GB"
    return Gap(parent.place.whole(), Reason.LIMIT, f"all members together expand to {most}; the rest was not read")


def _said(error: Exception) -> str:
    """What a library says of damage, without anything of the input."""
    said = type(error).__name__ if isinstance(error, (ValueError, KeyError)) else str(error)[:80]
    return said or type(error).__name__


def shown(name: str) -> str:
    """A member's name as it stands in places: no NUL, no lone surrogate, ``/`` between folders."""
    name = name.replace("\0", "\\x00")
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        name = name.encode("utf-8", "surrogateescape" if _escaped(name) else "backslashreplace").decode(
            "utf-8", "backslashreplace"
        )
    return name or "-"


def attached(name: str) -> str:
    """The name of what is attached to something: no folders and line ends, and not too long; nothing for none."""
    name = re.sub(r"[\s/\\]+", " ", name).strip()[:_ATTACHED]
    return shown(name) if name else ""


def _escaped(name: str) -> bool:
    return all(not 0xD800 <= ord(c) <= 0xDFFF or 0xDC80 <= ord(c) <= 0xDCFF for c in name)


class Names:
    """Turns raw names of members into text: UTF-8, else the encoding that explains all names seen so far."""

    def __init__(self) -> None:
        self._seen = b""
        self.encoding = ""

    def learn(self, raw: bytes) -> None:
        """Look at a name before it is asked for."""
        if len(self._seen) < _NAMES and not raw.isascii() and raw not in self._seen:
            self._seen += raw + b"\n"

    def text(self, raw: bytes) -> str:
        """A name as text; ``encoding`` says how it was read, nothing for UTF-8."""
        try:
            self.encoding = ""
            return shown(raw.decode("utf-8"))
        except UnicodeDecodeError:
            self.learn(raw)
        decoded = charset.decode(self._seen)
        self.encoding = decoded.encoding
        try:
            return shown(raw.decode(decoded.encoding))
        except (UnicodeDecodeError, LookupError):
            self.encoding = ""
            return shown(raw.decode("utf-8", "backslashreplace"))
