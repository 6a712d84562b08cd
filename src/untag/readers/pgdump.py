"""Dumps of PostgreSQL in its custom format: all statements of the table of contents as a member; never a row.

Format: ``pg_backup_archiver.c`` and ``pg_backup_custom.c`` of PostgreSQL (archive versions 1.10 to 1.16).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from untag import spool
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.syntax.pages import Bytes

__all__ = ["PgdumpReader"]

_MAGIC = b"PGDMP"
_ENTRIES, _SQL, _LONG, _BLOCKS = 1_000_000, 64 << 20, 16 << 20, 1_000_000
#: The kind of a block that holds large objects (``BLK_BLOBS``).
_LARGE = 3


class PgdumpReader(BinaryReader):
    """Reads the table of contents, in plain Python."""

    name = "pgdump"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = ("rows are not looked at, those of code tables neither", "archive versions before 1.10 (2003) are gaps")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Artifact | Gap | Opaque]:
        """The statements, as ``toc.sql``."""
        with bytes_of(artifact) as data:
            contents = _Contents(data)
            stop = ""
            try:
                contents.read()
            except Damaged as broken:
                stop = broken.detail
            sql = "".join(contents.statements)
            if sql:
                stream = io.BytesIO(sql.encode("utf-8", "replace"))
                yield from spool.member(artifact, "toc.sql", stream, limits, packed=len(sql))
            if stop:
                lost = max(1, artifact.size - contents.at)
                yield Gap(artifact.place.whole(), Reason.DAMAGED, f"pgdump: {stop}", lost)
            if contents.start:
                yield Opaque("rows", max(0, (contents.at if stop else artifact.size) - contents.start))


class _Contents:
    def __init__(self, data: Bytes) -> None:
        self.data = data
        self.at = len(_MAGIC)
        self.size = 4
        self.start = 0
        self.total = 0
        self.statements: list[str] = []

    def take(self, size: int) -> bytes:
        if not 0 <= size <= _LONG or self.at + size > len(self.data):
            raise Damaged("its table of contents breaks off")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self) -> int:
        sign = self.take(1)[0]
        value = int.from_bytes(self.take(self.size), "little")
        return -value if sign else value

    def text(self) -> str | None:
        size = self.number()
        return None if size < 0 else self.take(size).decode("utf-8", "replace")

    def read(self) -> None:
        major, minor, _, self.size, wide, form = self.take(6)
        if major != 1 or not 10 <= minor <= 16 or not 1 <= self.size <= 8 or wide > 8:
            raise Damaged("a version that is not read")
        self.take(1) if minor >= 15 else self.number()
        for _ in range(7):
            self.number()
        for _ in range(3):
            self.text()
        for _ in range(min(max(0, self.number()), _ENTRIES)):
            self.entry(minor, wide if form in (1, 5) else 0, form)
        self.start = self.at
        if form == 1:
            self.blocks()

    def blocks(self) -> None:
        """Step over the rows: blocks of parts behind their lengths, of tables and of large objects."""
        for _ in range(_BLOCKS):
            if self.at >= len(self.data):
                return
            kind = self.take(1)[0]
            self.number()
            while kind == _LARGE and self.number():
                self.parts()
            if kind != _LARGE:
                self.parts()

    def parts(self) -> None:
        while (size := self.number()) > 0:
            if self.at + size > len(self.data):
                raise Damaged("its rows break off")
            self.at += size

    def entry(self, minor: int, wide: int, form: int) -> None:
        self.number()
        self.number()
        for _ in range(4):
            self.text()
        if minor >= 11:
            self.number()
        statement = self.text() or ""
        for _ in range(4 if minor < 14 else 5):
            self.text()
        if minor >= 16:
            self.number()
        self.text()
        self.text()
        while self.text() is not None:
            pass
        if form == 1:
            self.take(1 + wide)
        elif form == 5:
            self.text()
        self.total += len(statement)
        if statement.strip() and self.total <= _SQL:
            self.statements.append(statement.rstrip() + ("\n" if statement.rstrip().endswith(";") else ";\n"))
