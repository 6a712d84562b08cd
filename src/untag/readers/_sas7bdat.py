"""Data sets of SAS (sas7bdat): columns, labels, formats and closed vocabularies, read with sas7bdat; never a row.

The library is plain Python and checks little: how often it reads something of a page, and how much, is counted here.
"""

from __future__ import annotations

import logging
import struct
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers._codebook import Variable, said
from untag.readers._columns import Vocabulary, members, personal
from untag.readers._library import FAILS
from untag.readers._lines import stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["dataset"]

#: Rows and cells in which values are counted; bytes of one page; what may be read of all pages, in pieces and bytes.
_ROWS, _CELLS, _PAGE, _PIECES, _BYTES = 50_000, 2_000_000, 32 << 20, 2_000_000, 256 << 20
_FAILS = (*FAILS, struct.error)


def dataset(artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
    """What a data set shows.

    Args:
        artifact: The data set.
        limits: Bounds: columns that are shown.
    """
    place, owner = artifact.place.whole(), stem(artifact.name)
    try:
        from sas7bdat import SAS7BDAT, ParseError
    except ImportError:
        said_ = "a data set of SAS: pip install 'untag[datasets]' reads it"
        yield Gap(place, Reason.NEEDS, said_, artifact.size)
        return
    fails = (*_FAILS, ParseError)
    with artifact.open() as raw:
        file = _Capped(raw)
        try:
            book = _counted(SAS7BDAT)("", fh=file, skip_header=True, log_level=logging.CRITICAL)
            variables = [_variable(one, book) for one in book.columns]
        except Damaged as full:
            yield Gap(place, Reason.DAMAGED, f"sas: {full.detail}", artifact.size)
            return
        except fails as error:
            yield Gap(place, Reason.DAMAGED, f"sas: cannot be followed ({type(error).__name__})", artifact.size)
            return
        finally:
            SAS7BDAT._open_files[:] = [f for f in SAS7BDAT._open_files if f is not file]  # noqa: SLF001 - for ever else
        if not variables:
            yield Gap(place, Reason.DAMAGED, "sas: no columns are told", artifact.size)
            return
        yield from said(variables, place, owner, limits.surfaces)
        seen = {i: Vocabulary() for i, v in enumerate(variables) if book.columns[i].type == "string"}
        seen = {i: one for i, one in seen.items() if not personal(variables[i].name)}
        props = book.properties
        if props.compression is None and seen:
            try:
                for row in islice(book.readlines(), min(_ROWS, _CELLS // len(variables))):
                    for at, one in seen.items():
                        if at < len(row):
                            one.add(row[at])
            except (*fails, Damaged) as error:
                yield Gap(place, Reason.DAMAGED, f"sas: its rows cannot be followed ({type(error).__name__})", 1)
        for at, one in seen.items():
            yield from members(one.values(), variables[at].name, place, owner)
        rows = (props.row_count or 0) * (props.row_length or 0)
        if artifact.size < (props.header_length or 0) + (props.page_length or 0) * (props.page_count or 0):
            yield Gap(place, Reason.DAMAGED, "sas: it breaks off before its end", 1)
        yield Opaque("rows", max(0, min(rows, artifact.size - (props.header_length or 0))))


class _Capped:
    """A file of which no more is read at once than one page may have."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None) -> bytes:
        """So many bytes.

        Raises:
            Damaged: That makes no sense, or is more than is held.
        """
        if size is None or not 0 <= size <= _PAGE:
            raise Damaged("a page of a size that makes no sense")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        """Whoever opened the file closes it."""


def _counted(base: Any) -> Any:
    """The library's class, which says nothing on standard error and stops when it has read too much."""

    class Counted(base):  # type: ignore[misc]
        pieces, left = _PIECES, _BYTES

        def _make_logger(self, level: int = 0) -> logging.Logger:  # noqa: ARG002 - it has but one
            # What it tells of damage may hold a person's value.
            logger = logging.getLogger("untag.sas7bdat")
            logger.disabled = True
            return logger

        def _read_bytes(self, offsets_to_lengths: dict[int, int]) -> dict[int, bytes]:
            if any(at < 0 or not 0 <= size <= _PAGE for at, size in offsets_to_lengths.items()):
                raise Damaged("a place that makes no sense")
            rows: dict[int, bytes] = super()._read_bytes(offsets_to_lengths)
            self.pieces -= 1
            self.left -= sum(map(len, rows.values()))
            if self.pieces < 0 or self.left < 0:
                raise Damaged("more descriptions of columns than are read")
            return rows

    return Counted


def _variable(column: Any, book: Any) -> Variable:
    texts = [_text(part, book.encoding) for part in (column.name, column.format, column.label)]
    return Variable(texts[0], texts[1] or ("text" if column.type == "string" else "number"), texts[2])


def _text(raw: Any, encoding: str) -> str:
    if isinstance(raw, str):
        return raw.strip("\0 ")
    try:
        return bytes(raw or b"").decode(encoding).strip("\0 ")
    except (UnicodeDecodeError, LookupError):
        return bytes(raw or b"").decode("cp1252", "replace").strip("\0 ")
