"""Catalogues of databases, as ``untag scan postgresql://…`` takes them down: statements, counts, and code lists.

The text is made by ``untag/sources/_catalog.py``. What it shows has no line, since nobody has the text: its place is
the column.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.codes import CODED, Codes
from untag.readers import Reader
from untag.readers._columns import glosses
from untag.readers._sql import read_sql
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque

__all__ = ["CatalogReader"]

_MARK = b"-- untag catalogue 1: "
#: A line that begins a column (by its first word between quotes), a remark on one, or something else.
_COLUMN = re.compile(r"  (?:\"((?:[^\"]|\"\")+)\"|`((?:[^`]|``)+)`) ")
_REMARK = re.compile(r"COMMENT ON COLUMN .*\.\"((?:[^\"]|\"\")+)\" IS ")
_OTHER = re.compile(
    r"(?:  (?:CONSTRAINT|PRIMARY|UNIQUE|KEY|CHECK|FULLTEXT|FOREIGN|PERIOD)\b|\)|CREATE |ALTER |COMMENT ON )"
)
_COUNTS, _CODE = "--# ", "--= "


class CatalogReader(Reader):
    """Reads one thing of a catalogue."""

    name = "catalog"
    rank = 95
    limits = (
        "what a person's row holds is never among it: of rows there are counts, and the codes of codebooks",
        "comments of columns are told by the column, statements of functions and views by the thing they belong to",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By its first line."""
        return artifact.head.startswith(_MARK)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """What the statements show, by column, and what the codes of a codebook mean."""
        del limits
        place = artifact.place.whole()
        rows = artifact.text.split("\n")
        counts: dict[str, int] = {}
        looked = 0
        codes: list[tuple[str, str]] = []
        spots: list[str] = [""]
        spot = ""
        for number, row in enumerate(rows):
            if row.startswith((_COUNTS, _CODE)):
                said = _said(row[4:])
                if isinstance(said, dict):
                    looked, counts = _numbers(said)
                elif isinstance(said, list) and len(said) == 2 and len(codes) < CODED:
                    codes.append((str(said[0]), str(said[1])))
                rows[number] = ""
            found = _COLUMN.match(row) or _REMARK.match(row)
            if found:
                spot = next(g for g in found.groups() if g).replace('""', '"').replace("``", "`")
            elif _OTHER.match(row):
                spot = ""
            spots.append(spot)
        rows[0] = ""
        names: list[str] = []
        table = ""
        for one in read_sql("\n".join(rows), place):
            if one.role is Role.TYPE:
                table = table or one.text
            pointer = spots[one.place.line or 0] if (one.place.line or 0) < len(spots) else ""
            if one.role is Role.COLUMN:
                pointer = one.text
                names.append(one.text)
                if one.text in counts:
                    said = f"{counts[one.text]:,} distinct in {looked:,} rows"
                    one = replace(one, type=f"{one.type}, {said}".lstrip(", "))
            yield replace(one, place=place.at(pointer="." + pointer[:400]) if pointer else place)
        if codes:
            column = Codes(table, names).column
            for one in glosses(codes, column, place, table):
                yield replace(one, place=place)


def _said(text: str) -> object:
    try:
        said: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said


def _numbers(said: dict[str, object]) -> tuple[int, dict[str, int]]:
    rows, distinct = said.get("rows"), said.get("distinct")
    counts = {k: v for k, v in distinct.items() if isinstance(v, int)} if isinstance(distinct, dict) else {}
    return rows if isinstance(rows, int) else 0, counts
