"""Bytes with a place and a digest: what sources and containers hand to readers."""

from __future__ import annotations

import hashlib
import io
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from untag import charset

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO, TypeAlias

    from untag.charset import Decoded
    from untag.place import Place

    #: Opens the same bytes anew, seekable, at their start.
    Opener: TypeAlias = Callable[[], BinaryIO]

__all__ = ["HEAD", "WHOLE", "Artifact", "Nest"]

#: Bytes above which an artifact is not held whole: it is read through ``open()``, or sieved in windows.
WHOLE = 64 << 20
#: First bytes that tell a format (an ISO image says what it is at 32,769).
HEAD = 36 << 10
_CHUNK = 1 << 20


class Transcript(Struct, frozen=True):
    """What a person read on a page.

    Attributes:
        digest: Of the page (``sha256:…``).
        text: What stands there.
        by: Who read it.
        date: When, or nothing.
    """

    digest: str
    text: str
    by: str
    date: str = ""


class Nest(Struct):
    """What an outermost artifact and all that lies in it share.

    Attributes:
        left: Bytes that may still be unpacked out of it.
        passwords: Tried on what is encrypted; never shown, logged or kept.
        transcripts: What persons read on pages that no reader can read; None where nobody asks for their digests.
    """

    left: int = 64 << 30
    passwords: tuple[bytes, ...] = ()
    transcripts: tuple[Transcript, ...] | None = None


class Artifact:
    """One file, member or stream.

    Small ones are whole in memory. Large ones (above ``WHOLE``) lie in a file and are read through ``open()``; asking
    for their ``data`` is an error of the reader that does.

    Attributes:
        place: Where it was met; ``place.chain[-1]`` is its path or member name.
        size: Its bytes.
        focus: Byte spans that hold something of interest, in order, or None where that is not known. A reader may
            pass over owners (functions, classes, objects) that no span touches; it must not otherwise depend on it.
        depth: How many containers it lies in.
        through: For each of these, from the outside in, a command that takes a member out of it (``shows`` of the
            reader that opened it).
        file: Where it lies, of one whose neighbours count (logs of a database); else nothing.
        near: Of a member, names of those that its container holds too.
        fixed: Of a member, why what stands in its place cannot be called otherwise; nothing where it can.
        lone: Whether what is read of it depends on its own bytes and name alone; else nothing of it is kept.
        show: What its reader says so of this one, where it is not the same for all members.
        nest: What it shares with all that lies in the same outermost artifact.
    """

    def __init__(
        self,
        place: Place,
        data: bytes | None = None,
        focus: tuple[tuple[int, int], ...] | None = None,
        depth: int = 0,
        *,
        opener: Opener | None = None,
        size: int = 0,
    ) -> None:
        """Nothing is opened before it is asked for.

        Args:
            place: Where it was met.
            data: Its bytes, where they are at hand.
            focus: As the attribute.
            depth: As the attribute.
            opener: Opens it where ``data`` is None.
            size: Its bytes, where ``data`` is None.
        """
        self.place = place
        self.focus = focus
        self.depth = depth
        self.through: tuple[str, ...] = ()
        self.file = ""
        self.near: tuple[str, ...] = ()
        self.fixed = ""
        self.lone = True
        self.show = ""
        self.nest = Nest()
        #: Whether a reader that read it passed a bound of its parser and lexed it, for the coverage.
        self.lexed = False
        self._data = b"" if data is None and opener is None else data
        self._opener = opener
        self.size = size if self._data is None else len(self._data)

    def __repr__(self) -> str:
        return f"Artifact({self.place}, {self.size} bytes)"

    @property
    def data(self) -> bytes:
        """All bytes.

        Raises:
            BufferError: They are too many to hold.
            OSError: They cannot be read.
        """
        if self._data is None:
            if self.size > WHOLE:
                raise BufferError("too large to be held")
            with self.open() as file:
                self._data = file.read()
            self.size = len(self._data)
        return self._data

    @property
    def held(self) -> bool:
        """Whether it is small enough to be whole in memory."""
        return self.size <= WHOLE

    def open(self) -> BinaryIO:
        """The bytes as a seekable file that is the caller's to close; several may be open at once."""
        if self._data is not None or self._opener is None:
            return io.BytesIO(self._data or b"")
        return self._opener()

    @cached_property
    def head(self) -> bytes:
        """The first bytes, as many as tell a format."""
        if self._data is not None:
            return self._data[:HEAD]
        with self.open() as file:
            return file.read(HEAD)

    @cached_property
    def tail(self) -> bytes:
        """The last bytes, as many as hold a zip's end: its record of 22 bytes and the longest comment."""
        if self._data is not None:
            return self._data[-65557:]
        with self.open() as file:
            file.seek(max(0, self.size - 65557))
            return file.read(65557)

    @property
    def path(self) -> str:
        """Path or member name, with ``/``."""
        return self.place.chain[-1]

    @property
    def name(self) -> str:
        """Base name."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """Lower-case suffix with its dot, or nothing; copies (``.svn-base``, ``.bak``, ``~``) are looked through."""
        name = self.name.lower().rstrip("~")
        for tail in (".svn-base", ".bak", ".orig", ".old", ".save", ".tmpl", ".template", ".sample", ".example"):
            name = name.removesuffix(tail)
        _, dot, last = name.rpartition(".")
        return dot + last if dot else ""

    @cached_property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits of the bytes."""
        if self._data is not None:
            return "sha256:" + hashlib.sha256(self._data).hexdigest()
        total = hashlib.sha256()
        with self.open() as file:
            while piece := file.read(_CHUNK):
                total.update(piece)
        return "sha256:" + total.hexdigest()

    @cached_property
    def decoded(self) -> Decoded:
        """The bytes as text, with the encoding that was used."""
        return charset.decode(self.data)

    @property
    def text(self) -> str:
        """The decoded text; where no encoding fits, undecodable bytes stand as U+FFFD."""
        return self.decoded.text
