"""Stata's data files: variables, labels, notes and what codes mean; of texts closed vocabularies, never a row.

Format: ``help dta`` of Stata (releases 113 to 115 and 117 to 119).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._codebook import Variable, remark, said
from untag.readers._columns import CODED, Vocabulary, members, personal
from untag.readers._lines import stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["StataReader"]

_NEW = b"<stata_dta><header><release>"
_OLD = (113, 114, 115)
#: Variables, and rows whose texts are looked at; bytes of one table of codes.
_MOST, _ROWS, _TABLE = 32_767, 50_000, 4 << 20
_WIDTHS = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1, 32768: 8}
_OLD_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}


class _Layout(NamedTuple):
    """Where things stand: names of variables, of their code tables, labels, rows and code tables."""

    order: str
    encoding: str
    variables: int
    rows: int
    types: list[int]
    names: int
    tables: int
    labels: int
    width: int
    long: int
    data: int
    codes: int


class StataReader(BinaryReader):
    """Reads the descriptions and, of variables of text, as many rows as tell a vocabulary, in plain Python."""

    name = "stata"
    rank = 60
    rows = True
    starts = (_NEW,)
    limits = (
        "rows are never shown; of a variable of texts its values where at most 30 short ones repeat over 50 rows",
        "files of releases before 113 (Stata 8) are gaps; long texts (strL) are not looked at",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The first tags, or an older release and how its numbers are written."""
        head = artifact.head
        if head.startswith(_NEW):
            return True
        return len(head) > 109 and 104 <= head[0] <= 115 and head[1] in (1, 2) and head[2:4] == b"\1\0"

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Variables, notes, code tables and vocabularies.

        Raises:
            Damaged: The file breaks off before its variables are told.
        """
        place, owner = artifact.place.whole(), stem(artifact.name)
        if not artifact.head.startswith(_NEW) and artifact.head[0] not in _OLD:
            said_ = f"a Stata file of release {artifact.head[0]}, which is not read"
            yield Gap(place, Reason.UNKNOWN, said_, artifact.size)
            return
        with bytes_of(artifact) as data:
            lay = _new(data) if artifact.head.startswith(_NEW) else _old(data)
            tables, broken = _tables(data, lay)
            made: list[Variable] = []
            for number in range(lay.variables):
                name = _text(data, lay.names + number * lay.width, lay.width, lay.encoding)
                label = _text(data, lay.labels + number * lay.long, lay.long, lay.encoding)
                table = _text(data, lay.tables + number * lay.width, lay.width, lay.encoding)
                kind = lay.types[number]
                made.append(Variable(name, "" if kind in _WIDTHS else "text", label, tables.pop(table, ())))
            yield from said(made, place, owner, limits.surfaces)
            # A table that no variable names is a codebook still.
            yield from said([Variable(name, "", "", rows) for name, rows in tables.items()], place, owner, 2000)
            if artifact.head.startswith(_NEW):
                yield from _notes(data, lay, artifact)
            yield from _texts(data, lay, made, artifact)
            if broken or lay.codes > len(data):
                yield Gap(place, Reason.DAMAGED, "stata: it breaks off before its end", 1)
            yield Opaque("rows", max(0, min(lay.codes, artifact.size) - lay.data))


def _text(data: Bytes, at: int, size: int, encoding: str) -> str:
    return data[at : at + size].split(b"\0", 1)[0].decode(encoding, "replace")


def _number(data: Bytes, at: int, size: int, order: str) -> int:
    if at < 0 or at + size > len(data):
        raise Damaged("it breaks off")
    return int.from_bytes(data[at : at + size], "little" if order == "little" else "big")


def _new(data: Bytes) -> _Layout:
    """Where things stand in a file of tags."""
    head = data[:2000]
    release = head[len(_NEW) : len(_NEW) + 3]
    order = "little" if head.find(b"<byteorder>LSF") > 0 else "big"
    wide = release != b"117"
    at = head.find(b"<K>") + 3
    count = _number(data, at, 4 if release == b"119" else 2, order)
    rows_at, map_at = head.find(b"<N>") + 3, head.find(b"<map>") + 5
    if min(at, rows_at) < 3 or map_at < 5 or count > _MOST:
        raise Damaged("a header that makes no sense")
    rows = _number(data, rows_at, 8 if wide else 4, order)
    spots = [_number(data, map_at + 8 * n, 8, order) for n in range(14)]
    width, long = (129, 321) if wide else (33, 81)
    types_at = spots[2] + len(b"<variable_types>")
    types = [_number(data, types_at + 2 * n, 2, order) for n in range(count)]
    names, tables = spots[3] + len(b"<varnames>"), spots[6] + len(b"<value_label_names>")
    labels, codes = spots[7] + len(b"<variable_labels>"), spots[11] + len(b"<value_labels>")
    if labels + count * long > len(data):
        raise Damaged("it breaks off before its variables are told")
    encoding = "utf-8" if wide else "cp1252"
    return _Layout(order, encoding, count, rows, types, names, tables, labels, width, long, spots[9] + 6, codes)


def _old(data: Bytes) -> _Layout:
    """Where things stand in a file of releases 113 to 115."""
    release, order = data[0], "big" if data[1] == 1 else "little"
    count, rows = _number(data, 4, 2, order), _number(data, 6, 4, order)
    types = [_WIDTHS_OF.get(t, t) for t in data[109 : 109 + count]]
    names = 109 + count
    formats = names + 33 * count + 2 * (count + 1)
    tables = formats + (49 if release >= 114 else 12) * count
    labels = tables + 33 * count
    at = labels + 81 * count
    if at + 5 > len(data):
        raise Damaged("it breaks off before its variables are told")
    for _ in range(100_000):
        kind, size = _number(data, at, 1, order), _number(data, at + 1, 4, order)
        at += 5 + size
        if not kind and not size:
            break
    width = sum(_WIDTHS.get(t, t) for t in types)
    return _Layout(order, "cp1252", count, rows, types, names, tables, labels, 33, 81, at, at + width * rows)


#: Older codes of types as the newer ones.
_WIDTHS_OF = {255: 65526, 254: 65527, 253: 65528, 252: 65529, 251: 65530}


def _tables(data: Bytes, lay: _Layout) -> tuple[dict[str, list[tuple[str, str]]], bool]:
    """Code tables by name, and whether they break off."""
    out: dict[str, list[tuple[str, str]]] = {}
    at = lay.codes
    tagged = lay.width == 129 or data.startswith(_NEW)
    try:
        while at < len(data) and len(out) < _MOST:
            if tagged:
                if data[at : at + 5] != b"<lbl>":
                    return out, data[at : at + 3] != b"</v"
                at += 5
            size = _number(data, at, 4, lay.order)
            name = _text(data, at + 4, lay.width, lay.encoding)
            start = at + 4 + lay.width + 3
            if size > _TABLE or start + size > len(data):
                return out, True
            out[name] = _table(data, start, size, lay)
            at = start + size + (len(b"</lbl>") if tagged else 0)
    except Damaged:
        return out, True
    return out, tagged and at >= len(data)


def _table(data: Bytes, at: int, size: int, lay: _Layout) -> list[tuple[str, str]]:
    count, length = _number(data, at, 4, lay.order), _number(data, at + 4, 4, lay.order)
    if 8 + 8 * count + length > size:
        raise Damaged("a table of codes")
    text = at + 8 + 8 * count
    rows: list[tuple[str, str]] = []
    for number in range(min(count, CODED)):
        start = _number(data, at + 8 + 4 * number, 4, lay.order)
        value = _number(data, at + 8 + 4 * (count + number), 4, lay.order)
        value -= 1 << 32 if value >> 31 else 0
        rows.append((str(value), _text(data, text + start, min(400, max(0, length - start)), lay.encoding)))
    return rows


def _notes(data: Bytes, lay: _Layout, artifact: Artifact) -> Iterator[Surface]:
    """Notes and other characteristics of the file and its variables."""
    at = data.find(b"<characteristics>", 0, lay.data) + len(b"<characteristics>")
    for _ in range(10_000):
        if data[at : at + 4] != b"<ch>":
            return
        size = _number(data, at + 4, 4, lay.order)
        about = _text(data, at + 8, lay.width, lay.encoding)
        text = _text(data, at + 8 + 2 * lay.width, min(20_000, max(0, size - 2 * lay.width)), lay.encoding)
        yield from remark(text, artifact.place.whole(), f"/{about}@note", stem(artifact.name), about)
        at += 8 + size + len(b"</ch>")


def _texts(data: Bytes, lay: _Layout, made: list[Variable], artifact: Artifact) -> Iterator[Surface]:
    """Closed vocabularies of variables of fixed texts."""
    at, spots = 0, []
    for number, kind in enumerate(lay.types):
        width = _WIDTHS.get(kind, kind)
        if kind not in _WIDTHS and not personal(made[number].name):
            spots.append((at, width, made[number].name, Vocabulary()))
        at += width
    rows = min(lay.rows, (len(data) - lay.data) // at if at else 0)
    for row in range(0, rows, max(1, -(-rows // _ROWS))):
        if not any(v.open for _, _, _, v in spots):
            return
        raw = data[lay.data + row * at : lay.data + (row + 1) * at]
        for start, width, _, seen in spots:
            if seen.open:
                seen.add(raw[start : start + width].split(b"\0", 1)[0].decode(lay.encoding, "replace"))
    for _, _, name, seen in spots:
        yield from members(seen.values(), name, artifact.place.whole(), stem(artifact.name))
