"""Schemas of Arrow, which Feather files, streams and the metadata of Parquet hold: fields, their types and remarks.

Format: arrow.apache.org, "Arrow Columnar Format" (IPC), and its ``Schema.fbs`` and ``Message.fbs``.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag import spool
from untag.readers._columns import columns
from untag.readers._hidden import told
from untag.surface import Kind, Role, Surface
from untag.syntax.flatbuffer import Buffer, Table, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits

__all__ = [
    "BATCH", "BUFFERS", "DICTIONARY", "SCHEMA", "TYPES", "VIEWS", "Field", "Schema", "fields_of", "message", "named",
    "schema",
]  # fmt: skip

#: Kinds of messages.
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
_DEPTH = 32
#: Fields that are looked at.
_MOST = 100_000
#: Types by number in the union ``Type``.
TYPES = (
    "", "null", "int", "float", "binary", "utf8", "bool", "decimal", "date", "time", "timestamp", "interval", "list",
    "struct", "union", "fixed_binary", "fixed_list", "map", "duration", "large_binary", "large_utf8", "large_list",
    "run_end", "binary_view", "utf8_view", "list_view", "large_list_view",
)  # fmt: skip
#: Buffers that a type has, where they are not one of validity and one of values (``Columnar Format``, "Layouts").
BUFFERS = {
    "null": 0, "struct": 1, "fixed_list": 1, "run_end": 0, "binary": 3, "utf8": 3, "large_binary": 3, "large_utf8": 3,
    "list_view": 3, "large_list_view": 3,
}  # fmt: skip
VIEWS = frozenset(("binary_view", "utf8_view"))


class Field(Struct):
    """A field of a schema.

    Attributes:
        name: Its name with those of the fields it lies in, between dots.
        type: What it holds.
        code: Number of its dictionary, or None.
        width: Bits of the numbers that point into the dictionary.
        remarks: What is written beside it: (key, text).
        inner: Fields that lie in it.
    """

    name: str
    type: str
    code: int | None = None
    width: int = 32
    remarks: list[tuple[str, str]] = field(default_factory=list)
    inner: list[Field] = field(default_factory=list)


class Schema(Struct):
    """Fields in order, what is written beside the schema, and whether all of it was read."""

    fields: list[Field] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    whole: bool = True

    def all(self) -> Iterator[Field]:
        """All fields, each before what lies in it."""
        stack = list(reversed(self.fields))
        while stack:
            one = stack.pop()
            yield one
            stack += reversed(one.inner)


def message(data: bytes) -> Table:
    """The message in a flat buffer.

    Raises:
        Wrong: It is none.
    """
    return Buffer(data, 0, 2_000_000).root()


def schema(table: Table) -> Schema:
    """The schema in the header of a message; what stands before any damage is kept."""
    out = Schema()
    left = [_MOST]
    try:
        for part in table.tables(1):
            out.fields.append(_field(part, "", 0, left))
        out.remarks = _pairs(table, 2)
    except Wrong:
        out.whole = False
    return out


def _field(table: Table, above: str, depth: int, left: list[int]) -> Field:
    left[0] -= 1
    if depth > _DEPTH or left[0] < 0:
        raise Wrong(table.at)
    kind = table.number(2, 1)
    name = f"{above}.{table.text(0)}".lstrip(".")
    made = Field(name, TYPES[kind] if kind < len(TYPES) else "")
    made.remarks = _pairs(table, 6)
    coded = table.table(4)
    if coded is not None:
        made.code = coded.number(0, 8, signed=True)
        index = coded.table(1)
        made.width = index.number(0, 4, 32) if index is not None else 32
    made.inner = [_field(part, name, depth + 1, left) for part in table.tables(5)]
    return made


def _pairs(table: Table, index: int) -> list[tuple[str, str]]:
    return [(row.text(0), row.text(1)) for row in table.tables(index)]


def remarks(
    rows: list[tuple[str, str]], about: str, artifact: Artifact, limits: Limits
) -> Iterator[Surface | Artifact | Gap]:
    """What is written beside a schema or field: documents in JSON are files of their own, the rest is a remark."""
    place = artifact.place.whole()
    owner = about or "metadata"
    for key, text in rows[:2000]:
        if text[:1] in ("{", "[") and len(text) > 2:
            name = f"{about}@{key}.json".lstrip("@")
            yield from spool.member(artifact, spool.shown(name), io.BytesIO(text.encode()), limits)
        elif about:
            spot = place.at(pointer=f"/{about}@{key}"[:400])
            yield Surface(Role.KEY, key[:400], spot, about[:400], Kind.DATASET)
            for line in text[:20_000].splitlines():
                yield Surface(Role.COMMENT, line.strip()[:2000], spot, about[:400], Kind.DATASET, about[:200])
        else:
            yield from told(text, key, place.at(pointer=f"/metadata/{key}"[:400]), owner)


def fields_of(data: bytes, artifact: Artifact, owner: str, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
    """The remarks of a schema in a message that stands beside another one (the columns are shown already)."""
    del owner
    if data[:4] == b"\xff\xff\xff\xff":
        data = data[8:]
    try:
        made = message(data)
        header = made.table(2)
        if made.number(1, 1) != SCHEMA or header is None:
            return
        found = schema(header)
    except Wrong:
        return
    for one in found.all():
        yield from remarks(one.remarks, one.name, artifact, limits)


def named(found: Schema, artifact: Artifact, owner: str, limits: Limits) -> Iterator[Surface | Artifact | Gap]:
    """The columns of a schema, and what is written beside them."""
    rows = ((one.name, one.type) for one in found.all())
    yield from columns(rows, artifact.place.whole(), owner, limits.surfaces)
    yield from remarks(found.remarks, "", artifact, limits)
    for one in found.all():
        yield from remarks(one.remarks, one.name, artifact, limits)
