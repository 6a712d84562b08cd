"""Footers of Parquet files, read so that they can be written again: the schema, and where columns lie."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from untag.gap import Damaged
from untag.rewriters import _fields
from untag.syntax import rethrift

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from untag.artifact import Artifact
    from untag.rewriters._columnar import Entry
    from untag.syntax.rethrift import Struct
    from untag.syntax.thrift import Plan

__all__ = ["ARROW", "Footer", "Part", "Twig", "arrow", "extents", "footer", "remade"]

MAGIC = b"PAR1"
#: Bytes of a footer, and of the header of a bloom filter.
_FOOTER, _BLOOM = 64 << 20, 64
#: What the schema says of maps and of what they hold, and of what may come several times.
_MAPS, _REPEATED = frozenset((1, 2)), 2
#: How deep a schema may be.
_DEPTH = 64
#: The key of the schema of Arrow that some writers keep beside that of Parquet.
ARROW = "ARROW:schema"
#: What is looked into (``parquet.thrift``): of columns places and sizes, of the schema names and numbers of children.
COLUMN: Plan = {4: {}, 5: {}, 6: {}, 7: {}, 9: {}, 10: {}, 11: {}, 14: {}, 15: {}}
_CHUNK: Plan = {1: {}, 2: {}, 3: COLUMN, 4: {}, 5: {}, 6: {}, 7: {}}
_META: Plan = {
    2: {3: {}, 4: {}, 5: {}, 6: {}},
    3: {},
    4: {1: _CHUNK, 2: {}, 3: {}, 4: {1: {}}, 5: {}, 6: {}},
    5: {1: {}, 2: {}},
    7: {1000: {}},
}


@dataclass(slots=True)
class Twig:
    """An element of the schema.

    Attributes:
        names: Its name after those around it.
        number: Its place among the elements.
        leaf: Its number among the columns, or -1.
        above: The element that holds it.
        inner: Elements in it.
        pairs: Whether it holds the keys and values of a map.
    """

    names: tuple[str, ...]
    number: int
    leaf: int
    above: Twig | None = None
    inner: list[Twig] = field(default_factory=list)
    pairs: bool = False

    def walk(self) -> Iterator[Twig]:
        """The element and all in it."""
        stack = [self]
        while stack:
            one = stack.pop()
            yield one
            stack += reversed(one.inner)

    def lifted(self) -> Twig:
        """The element that has to go so that this one goes: none stays that holds nothing, no map half."""
        one = self
        while one.above is not None and one.above.above is not None and (len(one.above.inner) == 1 or one.above.pairs):
            one = one.above
        return one


@dataclass(slots=True)
class Footer:
    """A footer.

    Attributes:
        meta: As it was read.
        start: Where it begins in the file.
        root: The schema.
        leaves: Columns in order.
    """

    meta: Struct
    start: int
    root: Twig
    leaves: list[Twig]

    @property
    def groups(self) -> list[Struct]:
        """Groups of rows."""
        return self.meta.structs(4)

    def entries(self) -> dict[str, bytes]:
        """What is written beside the schema, by key."""
        return {row.data(1).decode("utf-8", "replace"): row.data(2) for row in self.meta.structs(5)}


def footer(artifact: Artifact) -> Footer:
    """The footer of a file.

    Raises:
        Damaged: There is none that can be followed, or what it says cannot be rewritten: why.
    """
    with artifact.open() as file:
        file.seek(artifact.size - 8)
        tail = file.read(8)
        size = int.from_bytes(tail[:4], "little")
        if tail[4:] != MAGIC:
            raise Damaged("its footer is encrypted" if tail[4:] == b"PARE" else "it has no footer")
        if not 0 < size <= min(_FOOTER, artifact.size - 12):
            raise Damaged("its footer is too large, or leaves the file")
        start = artifact.size - 8 - size
        file.seek(start)
        meta, end = rethrift.read(file.read(size), _META)
    if end > size or meta.of(8) is not None:
        raise Damaged("it is encrypted")
    root, leaves = _schema(meta)
    for group in meta.structs(4):
        chunks = group.structs(1)
        if len(chunks) != len(leaves):
            raise Damaged("a group of rows that has other columns than the schema")
        for chunk in chunks:
            if chunk.data(1):
                raise Damaged("its columns lie in other files")
            if chunk.of(3) is None or chunk.of(8) is not None or chunk.of(9) is not None:
                raise Damaged("columns of it are encrypted")
    return Footer(meta, start, root, leaves)


def _schema(meta: Struct) -> tuple[Twig, list[Twig]]:
    leaves: list[Twig] = []
    root: Twig | None = None
    stack: list[tuple[Twig, int]] = []
    schema = meta.structs(2)
    for number, element in enumerate(schema):
        while stack and len(stack[-1][0].inner) == stack[-1][1]:
            stack.pop()
        above = stack[-1][0] if stack else None
        if above is None and root is not None:
            raise Damaged("a schema with more than one root")
        name = element.data(4).decode("utf-8", "replace")
        children = element.whole(5)
        one = Twig((*above.names, name) if above is not None else (), number, -1, above)
        if above is None:
            root = one
        else:
            above.inner.append(one)
            kinds = {schema[n].whole(6, -1) for n in (above.number, number)}
            one.pairs = bool(kinds & _MAPS) or (name == "key_value" and element.whole(3) == _REPEATED)
        if children > 0:
            if len(stack) > _DEPTH:
                raise Damaged("a schema that is too deep")
            stack.append((one, children))
        elif above is not None:
            one.leaf = len(leaves)
            leaves.append(one)
    if root is None or any(len(one.inner) != count for one, count in stack):
        raise Damaged("a schema that breaks off")
    return root, leaves


@dataclass(slots=True)
class Part:
    """Bytes that are taken over as they are.

    Attributes:
        start: Where they begin.
        size: How many they are.
    """

    start: int
    size: int


def extents(chunk: Struct, file: BinaryIO, end: int) -> tuple[Part, dict[int, Part]]:
    """Where a column lies in a group of rows, and what is kept beside it: 14 its filter, 6 and 4 its indexes.

    Raises:
        Damaged: Something of it leaves the part of the file that holds data.
    """
    meta = chunk.of(3)
    assert isinstance(meta, rethrift.Struct)  # noqa: S101 - ``footer`` looked
    starts = [at for at in (meta.whole(11), meta.whole(10), meta.whole(9)) if at > 0]
    pages = Part(min(starts, default=0), meta.whole(7))
    beside = {number: Part(chunk.whole(number), chunk.whole(number + 1)) for number in (6, 4) if chunk.whole(number)}
    if meta.whole(14):
        beside[14] = Part(meta.whole(14), meta.whole(15) or _bloom(file, meta.whole(14)))
    for part in (pages, *beside.values()):
        if part.start < len(MAGIC) or part.size < 0 or part.start + part.size > end:
            raise Damaged("a column that leaves the file")
    return pages, beside


def _bloom(file: BinaryIO, at: int) -> int:
    """The size of a bloom filter with its header, of a file that does not say it."""
    file.seek(at)
    header, size = rethrift.read(file.read(_BLOOM), {1: {}})
    return size + header.whole(1)


def remade(raw: bytes, gone: Collection[tuple[str, ...]], entries: Collection[Entry]) -> bytes | None:
    """The schema of Arrow without columns, as it stands in the metadata; None where it cannot be followed.

    Args:
        raw: As it is there, in base 64.
        gone: Names in parts of what goes, without those between lists and what they hold.
        entries: What goes whole beside it.
    """
    try:
        data, at, fields = arrow(raw)
        held = [one for top in fields for one in top.walk() if _fields.between(one.names) in gone]
        doomed = [_fields.lifted(fields, one.id) for one in held]
        out = bytearray(data[at:])
        _fields.trim(data[at:], out, _fields.schema(data[at:])[0], fields, doomed, entries, gone)
    except Damaged:
        return None
    return base64.b64encode(data[:at] + bytes(out))


def arrow(raw: bytes) -> tuple[bytes, int, list[_fields.Spot]]:
    """The schema of Arrow in the metadata: its message, where that begins behind its length, and fields.

    Raises:
        Damaged: It is none.
    """
    try:
        data = base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise Damaged("a schema of Arrow that is not in base 64") from None
    at = 8 if data[:4] == b"\xff\xff\xff\xff" else 0
    return data, at, _fields.spots(*_fields.schema(data[at:]))
