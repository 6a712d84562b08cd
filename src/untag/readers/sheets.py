"""Spreadsheets (xlsx, ods): headers, closed vocabularies, codebooks, allowed values, remarks and names; never a row.

Formats: ECMA-376 part 1, SpreadsheetML; OpenDocument 1.3 part 3.
"""

from __future__ import annotations

import re
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING
from xml.parsers import expat

from untag import spool
from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._grid import Grid
from untag.readers._worksheet import worksheet
from untag.readers._zipped import others
from untag.surface import Kind, Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["SheetsReader"]

_ODS = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
#: The header of a member that only a workbook has, for one whose end is lost.
_PARTS_OF = re.compile(rb"PK\x03\x04.{26}xl/", re.DOTALL)
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml\Z")
#: Parts that hold text beside the cells, and programs.
_BESIDE = re.compile(
    r"(?:xl/comments[^/]*(?:/[^/]+)?\.xml|xl/threadedComments/[^/]+\.xml|xl/drawings/[^/]+\.xml|xl/tables/[^/]+\.xml"
    r"|xl/vbaProject\.bin|xl/embeddings/.+|docProps/(?:core|custom)\.xml|customXml/.+\.xml|meta\.xml|Basic/.+\.xml"
    r"|Object [^/]+/.+)\Z"
)
#: Parts of the formats, read or not; anything else in the archive is a member like any.
_OWN = re.compile(
    r"(?:\[Content_Types\]\.xml|_rels/.*\.rels|docProps/.+|customXml/.+"
    r"|xl/(?:embeddings/.+|.*\.(?:bin|xml|rels|vml|data))"
    r"|mimetype|(?:content|styles|settings|meta)\.xml|manifest\.rdf|META-INF/.+\.xml|Configurations2/.*|Object [^/]+/.+"
    r"|ObjectReplacements/.+|Thumbnails/.+|Basic/.+\.xml)\Z",
    re.IGNORECASE | re.DOTALL,
)
#: Bytes of one part that are unpacked, parts, and texts of the whole that are held.
_PART, _PARTS, _TEXTS = 256 << 20, 1000, 400_000
_FAILS: tuple[type[Exception], ...] = (
    *spool.FAILS,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    KeyError,
    expat.ExpatError,
)
#: Values of one list of allowed ones.
_ALLOWED = 500


class SheetsReader(BinaryReader):
    """Goes through the XML of workbooks once, in a stream."""

    name = "sheets"
    rank = 60
    rows = True
    covers = ("zip",)
    shows = "unzip -p {file} {member}"
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "values are counted in the first 50,000 rows of a sheet, and in 400,000 texts of a workbook",
        "the header is the first row of words among the first ten; merged and several headers are not put together",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A zip that says what it is in its first member, or whose directory lists a workbook."""
        if not artifact.head.startswith(b"PK\3\4"):
            return False
        if b"xl/workbook.bin" in artifact.tail:
            return False
        return (
            _ODS in artifact.head[:200]
            or b"xl/workbook.xml" in artifact.tail
            or _PARTS_OF.search(artifact.head) is not None
        )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Sheets, then what stands beside them."""
        with artifact.open() as file:
            try:
                book = zipfile.ZipFile(file)
            except _FAILS as error:
                # Read member by member, as any zip, the sheets would be text, and the rows shown.
                said = f"sheets: its directory is lost ({type(error).__name__})"
                yield Gap(artifact.place.whole(), Reason.DAMAGED, said, artifact.size)
                return
            with closing(book):
                made = _Book(artifact, book, limits)
                yield from made.read()
                yield from others(artifact, _OWN, limits)
                yield Opaque("rows", min(made.rows, artifact.size))


class _Book:
    def __init__(self, artifact: Artifact, book: zipfile.ZipFile, limits: Limits) -> None:
        self.artifact = artifact
        self.book = book
        self.limits = limits
        self.place = artifact.place.whole()
        self.rows = 0
        self.names = [i for i in book.infolist() if i.filename[-1:] not in {"", "/"}][: limits.members]

    def read(self) -> Iterator[Surface | Artifact | Gap]:
        grid = Grid(_TEXTS)
        count = 0
        by_name = {i.filename: i for i in self.names}
        for name in ("xl/workbook.xml", "xl/sharedStrings.xml", "content.xml"):
            if name in by_name:
                yield from self.part(by_name[name], grid)
        for info in self.names:
            if _SHEET.match(info.filename):
                count += 1
                if count > _PARTS:
                    yield Gap(self.place, Reason.LIMIT, f"sheets: sheets after {_PARTS} were not looked at")
                    break
                grid.begin(info.filename)
                yield from self.part(info, grid)
                grid.end()
        for sheet in grid.sheets:
            yield from worksheet(sheet, self.artifact.name, self.place, self.limits)
        yield from self.said(grid)
        for info in self.names:
            if _BESIDE.match(info.filename):
                try:
                    with self.book.open(info) as stream:
                        yield from spool.member(
                            self.artifact, spool.shown(info.filename), stream, self.limits,
                            packed=info.compress_size, fails=_FAILS,
                        )  # fmt: skip
                except _FAILS as error:
                    yield self.broken(info, error)

    def part(self, info: zipfile.ZipInfo, grid: Grid) -> Iterator[Gap]:
        """Go through one part; what was read before it breaks is kept."""
        parser = grid.parser()
        self.rows += max(0, info.compress_size)
        left = min(_PART, max(self.limits.free, self.limits.ratio * info.compress_size))
        try:
            with self.book.open(info) as stream:
                while piece := stream.read(1 << 18):
                    left -= len(piece)
                    if left < 0 or grid.full:
                        said = "sheets: more than is read of one workbook"
                        yield Gap(self.place.inside(spool.shown(info.filename)), Reason.LIMIT, said)
                        return
                    parser.Parse(piece, False)  # noqa: FBT003 - its only way
                parser.Parse(b"", True)  # noqa: FBT003
        except _FAILS as error:
            yield self.broken(info, error)

    def broken(self, info: zipfile.ZipInfo, error: BaseException) -> Gap:
        secret = bool(info.flag_bits & 1)
        reason = Reason.ENCRYPTED if secret else Reason.DAMAGED
        said = "encrypted" if secret else f"cannot be followed ({type(error).__name__})"
        return Gap(self.place.inside(spool.shown(info.filename)), reason, f"sheets: {said}", info.compress_size)

    def said(self, grid: Grid) -> Iterator[Surface]:
        """Lists of allowed values, names of ranges, and remarks."""
        for number, values in enumerate(grid.lists, 1):
            spot = self.place.at(pointer=f"/allowed/{number}")
            for value in values[:_ALLOWED]:
                yield Surface(Role.MEMBER, value[:200], spot, f"allowed values {number}", Kind.DATASET)
        for text in grid.remarks:
            yield Surface(Role.COMMENT, text[:2000], self.place.at(pointer="/remarks"), "", Kind.DATASET)
        for text in grid.names:
            yield Surface(Role.KEY, text[:400], self.place.at(pointer="/names"), "names", Kind.DATASET)
