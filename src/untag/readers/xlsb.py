"""Binary workbooks of Excel (xlsb): headers, closed vocabularies, codebooks, remarks and names; never a row.

Format: [MS-XLSB]. Its records are read with pyxlsb, which is plain Python; the cells are put together here, since
pyxlsb makes as many of them as a file says that there are.
"""

from __future__ import annotations

import re
import struct
import zipfile
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

from untag import spool
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._grid import Sheet
from untag.readers._library import FAILS
from untag.readers._worksheet import worksheet
from untag.readers._zipped import others
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["XlsbReader"]

_BOOK, _STRINGS = "xl/workbook.bin", "xl/sharedStrings.bin"
_SHEET = re.compile(r"xl/worksheets/[^/]+?(\d*)\.bin\Z")
_REMARKS = re.compile(r"xl/comments[^/]*\.bin\Z")
#: Parts that hold text beside the cells, and programs.
_BESIDE = re.compile(
    r"(?:xl/vbaProject\.bin|xl/(?:embeddings|threadedComments|drawings)/.+|customXml/.+|docProps/.+\.xml)\Z"
)
#: Parts of the format, read or not; anything else in the archive is a member like any.
_OWN = re.compile(
    r"(?:\[Content_Types\]\.xml|_rels/.*\.rels|docProps/.+|customXml/.+"
    r"|xl/(?:embeddings/.+|.*\.(?:bin|xml|rels|vml|data)))\Z",
    re.IGNORECASE | re.DOTALL,
)
#: Sheets, rows and columns of one, characters of a cell, cells of the whole workbook, and bytes of one part.
_SHEETS, _ROWS, _COLUMNS, _LONG, _CELLS, _PART = 500, 50_000, 512, 400, 400_000, 256 << 20
#: Remarks and names of ranges that are kept, texts that cells share, and pieces that are read of the whole workbook: a
#: few for each record.
_KEPT, _SHARED, _PIECES = 5000, 4_000_000, 40_000_000
#: Records that pyxlsb has no reader of: a name of a range, and the text of a remark.
_NAME, _REMARK = 0x0027, 0x04FD
_FAILS: tuple[type[Exception], ...] = (*spool.FAILS, *FAILS, zipfile.BadZipFile, RuntimeError, struct.error)


class XlsbReader(BinaryReader):
    """Reads binary workbooks as any other table."""

    name = "xlsb"
    rank = 60
    rows = True
    covers = ("zip",)
    shows = "unzip -p {file} {member}"
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "values are counted in the first 50,000 rows of a sheet, and in 400,000 cells of a workbook",
        "lists of allowed values, tables and charts are not read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A zip whose directory lists a binary workbook."""
        sign = _BOOK.encode()
        return artifact.head.startswith(b"PK\3\4") and (sign in artifact.tail or sign in artifact.head)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Sheets as tables, then names and remarks, and then what stands beside them."""
        place = artifact.place.whole()
        try:
            from pyxlsb import biff12, reader
        except ImportError:
            said = "a binary workbook of Excel: pip install 'untag[datasets]' reads it"
            yield Gap(place, Reason.NEEDS, said, artifact.size)
            return
        with artifact.open() as file:
            try:
                book = zipfile.ZipFile(file)
            except _FAILS as error:
                said = f"xlsb: its directory is lost ({type(error).__name__})"
                yield Gap(place, Reason.DAMAGED, said, artifact.size)
                return
            with closing(book):
                yield from _Book(artifact, book, limits, biff12, reader).read()
                yield from others(artifact, _OWN, limits)
                yield Opaque("rows", artifact.size)


class _Name:
    """Reads the name of a range: behind flags, a key and a number of a sheet."""

    @staticmethod
    def read(reader: Any, _kind: int, _size: int) -> str:
        reader.skip(9)
        return str(reader.read_string() or "")


class _Bounded:
    """A stream of which no more than so many bytes may come, since its records may be as long or short as they say."""

    def __init__(self, stream: IO[bytes], left: int, pieces: int) -> None:
        self._stream, self._left, self.pieces = stream, left, pieces

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end.

        Raises:
            Damaged: There are more than may be.
        """
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        self.pieces -= 1
        if self._left < 0:
            raise Damaged("more than is read of one part")
        if self.pieces < 0:
            raise Damaged("more records than are read of one workbook")
        return data


class _Book:
    def __init__(self, artifact: Artifact, book: zipfile.ZipFile, limits: Limits, kinds: Any, records: Any) -> None:
        self.artifact, self.book, self.limits = artifact, book, limits
        self.kinds, self.records = kinds, records
        self.place = artifact.place.whole()
        self.parts = {i.filename: i for i in book.infolist()[: limits.members] if i.filename[-1:] not in {"", "/"}}
        self.left, self.pieces = _CELLS, _PIECES
        self.strings: list[str] = []
        self.titles: list[str] = []
        self.names: list[str] = []
        self.remarks: list[str] = []
        self.handlers = {
            **records.BIFF12Reader.handlers,
            _NAME: _Name,
            _REMARK: records.StringInstanceHandler(),
        }

    def read(self) -> Iterator[Surface | Artifact | Gap]:
        yield from self.part(_BOOK, self.outline)
        yield from self.part(_STRINGS, self.shared)
        sheets = [name for name in self.parts if _SHEET.match(name)]
        if not self.titles:
            yield Gap(self.place, Reason.DAMAGED, "xlsb: no sheets are told", 1)
        for name in sheets[:_SHEETS]:
            made: list[Sheet] = []
            yield from self.part(name, lambda rows, name=name, made=made: self.sheet(rows, name, made))
            for sheet in made:
                yield from worksheet(sheet, self.artifact.name, self.place, self.limits)
            if self.left <= 0:
                yield Gap(self.place, Reason.LIMIT, "xlsb: more cells than are looked at")
                break
            if self.pieces < 0:
                yield Gap(self.place, Reason.LIMIT, "xlsb: sheets behind it were not looked at")
                break
        if len(sheets) > _SHEETS:
            yield Gap(self.place, Reason.LIMIT, f"xlsb: sheets after {_SHEETS} were not looked at")
        for name in filter(_REMARKS.match, list(self.parts)):
            yield from self.part(name, self.remark)
        for text in self.names:
            if len(text) > 1 and text.isprintable() and not text.startswith("_xlnm"):
                yield Surface(Role.KEY, text[:400], self.place.at(pointer="/names"), "names", Kind.DATASET)
        for text in self.remarks:
            yield Surface(Role.COMMENT, text[:2000], self.place.at(pointer="/remarks"), "", Kind.DATASET)
        for name in filter(_BESIDE.match, list(self.parts)):
            yield from self.beside(name)

    def part(self, name: str, take: Any) -> Iterator[Gap]:
        """Go through the records of one part; what was read before it breaks is kept."""
        info = self.parts.get(name)
        if info is None:
            return
        most = min(_PART, max(self.limits.free, self.limits.ratio * info.compress_size))
        bounded = None
        try:
            with self.book.open(info) as stream:
                bounded = _Bounded(stream, most, self.pieces)
                rows = self.records.BIFF12Reader(bounded)
                rows.handlers = self.handlers
                take(rows)
        except Damaged as full:
            yield Gap(self.place.inside(spool.shown(name)), Reason.LIMIT, f"xlsb: {full.detail}", info.compress_size)
        except _FAILS as error:
            yield self.broken(info, error)
        finally:
            self.pieces = bounded.pieces if bounded is not None else self.pieces

    def broken(self, info: zipfile.ZipInfo, error: BaseException) -> Gap:
        secret = bool(info.flag_bits & 1)
        reason = Reason.ENCRYPTED if secret else Reason.DAMAGED
        said = "encrypted" if secret else f"cannot be followed ({type(error).__name__})"
        return Gap(self.place.inside(spool.shown(info.filename)), reason, f"xlsb: {said}", info.compress_size)

    def outline(self, rows: Any) -> None:
        """Names of sheets and ranges."""
        for kind, row in rows:
            if kind == self.kinds.SHEET and len(self.titles) < _SHEETS:
                self.titles.append(str(row.name or ""))
            elif kind == _NAME and len(self.names) < _KEPT:
                self.names.append(row)

    def shared(self, rows: Any) -> None:
        for kind, row in rows:
            if kind == self.kinds.SI:
                self.strings.append(str(row.t or "")[:_LONG])
                if len(self.strings) > _SHARED:
                    raise Damaged("more texts than are held")

    def remark(self, rows: Any) -> None:
        for kind, row in rows:
            if kind == _REMARK and row.t and len(self.remarks) < _KEPT:
                self.remarks.append(str(row.t).strip())

    def sheet(self, rows: Any, name: str, made: list[Sheet]) -> None:
        """Cells row by row; rows and columns without any are left out."""
        found = _SHEET.match(name)
        number = int(found[1][:6]) - 1 if found and found[1] else -1
        title = self.titles[number] if 0 <= number < len(self.titles) else name.rpartition("/")[2]
        sheet = Sheet(title[:200])
        made.append(sheet)
        line: list[str] = []
        for kind, row in rows:
            if kind == self.kinds.ROW:
                if len(sheet.rows) >= _ROWS or self.left <= 0:
                    break
                line = []
                sheet.rows.append(line)
            elif (text := self.text(kind, row)) and row.c is not None and len(line) <= row.c < _COLUMNS:
                line += [""] * (row.c - len(line))
                line.append(text)
                self.left -= 1
        sheet.rows = [row for row in sheet.rows if row]

    def text(self, kind: int, row: Any) -> str:
        """What a cell holds, if that is a text or number."""
        kinds = self.kinds
        value = getattr(row, "v", None)
        if kind == kinds.STRING:
            return self.strings[value].strip() if value is not None and value < len(self.strings) else ""
        if kind == kinds.FORMULA_STRING:
            return str(value or "").strip()[:_LONG]
        if kind in {kinds.NUM, kinds.FLOAT, kinds.FORMULA_FLOAT} and value is not None and abs(value) < 1e15:
            return str(int(value)) if float(value).is_integer() else str(value)
        return ""

    def beside(self, name: str) -> Iterator[Artifact | Gap]:
        info = self.parts[name]
        try:
            with self.book.open(info) as stream:
                yield from spool.member(
                    self.artifact, spool.shown(name), stream, self.limits, packed=info.compress_size, fails=_FAILS
                )
        except _FAILS as error:
            yield self.broken(info, error)
