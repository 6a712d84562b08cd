"""Snapshots of Redis: of hashes whose keys begin alike the fields that they share, and closed vocabularies."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabulary, columns, members, personal
from untag.readers._lines import stem
from untag.syntax.pages import bytes_of
from untag.syntax.rdb import Broken, Stopped, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["RedisReader"]

_MAGIC = re.compile(rb"REDIS\d{4}")
#: What the first part of a key and a field look like that a program made: no name of a person, no number.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,60}|[\u0400-\u04ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,20}")
#: Hashes that must share a field before it is told, tables, fields of one and of all, letters of a value that counts.
_SHARED, _TABLES, _FIELDS, _ALL, _LONG = 3, 2000, 1000, 200_000, 100
#: Fields from which a table is taken for a map, whose fields may be persons; then one hash in so many must have one.
_MAP, _TENTH = 200, 10


class RedisReader(BinaryReader):
    """Goes over a snapshot once; hashes under ``face:1``, ``face:2`` … are the rows of a table ``face``.

    What stands before the colon may as well be who somebody is (``ivan:1``): prefixes whose hashes hold the same
    fields, and those of one or two hashes, are keys of one table without a name.
    """

    name = "redis"
    rank = 60
    rows = True
    starts = (b"REDIS0",)
    limits = (
        "a field is told where three hashes share it, and where it looks like a name that a program made",
        "under a name with more than 200 different fields one is told that a tenth of its hashes has",
        "texts, lists and sets are stepped over; behind a stream, or what a module keeps, nothing is read",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature with its version."""
        return _MAGIC.match(artifact.head) is not None

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Tables in the order in which they begin."""
        place, tables = artifact.place.whole(), _Tables()
        gap = None
        with bytes_of(artifact) as data:
            walk = Walk(data, artifact.size)
            try:
                for key, fields in walk.hashes():
                    if fields:
                        tables.add(key, fields)
            except Broken as error:
                gap = Gap(place, Reason.DAMAGED, f"redis: {error}", max(1, artifact.size - walk.at))
            except Stopped as error:
                said = f"redis: it cannot be read on behind {error}"
                gap = Gap(place, Reason.UNKNOWN, said, max(1, artifact.size - walk.at))
        for name, table in tables.merged():
            owner = f"{stem(artifact.name)}.{name}" if name else stem(artifact.name)
            shared = table.shared()
            yield from columns(((field, "") for field in shared), place, owner, limits.surfaces)
            for field in shared:
                yield from members(table.fields[field][1].values(), field, place, owner)
        if tables.full:
            yield Gap(place, Reason.LIMIT, "redis: hashes have more different fields than are counted")
        if gap is not None:
            yield gap
        yield Opaque("rows", artifact.size - (gap.size if gap is not None else 0))


class _Table:
    """How many hashes there are; of each field how many have it, and its vocabulary."""

    def __init__(self) -> None:
        self.hashes = 0
        self.fields: dict[str, tuple[int, Vocabulary]] = {}

    def shared(self) -> list[str]:
        """The fields that are told."""
        least = _SHARED if len(self.fields) <= _MAP else max(_SHARED, self.hashes // _TENTH)
        return [field for field, (count, _) in self.fields.items() if count >= least]


class _Tables:
    """Hashes by the first part of their keys; under no name those that have none, and what is no table of its own."""

    def __init__(self) -> None:
        self.rows: dict[str, _Table] = {}
        self.rest = _Table()
        self.left = _ALL
        self.full = False

    def add(self, key: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        first, mark, _ = key.decode("utf-8", "replace").partition(":")
        table = self.rest
        if mark and _NAME.fullmatch(first):
            table = self.rows.get(first) or self.rest
            if table is self.rest and len(self.rows) < _TABLES:
                table = self.rows[first] = _Table()
        table.hashes += 1
        for raw, value in fields:
            field = raw[:_LONG].decode("utf-8", "replace")
            if not _NAME.fullmatch(field):
                continue
            seen = self._seen(table, field)
            if seen is None:
                continue
            if len(value) > _LONG:
                seen.close()
            else:
                seen.add(value.decode("utf-8", "replace"))

    def _seen(self, table: _Table, field: str, times: int = 1) -> Vocabulary | None:
        """Count a field: its vocabulary; None where there are too many."""
        count, seen = table.fields.get(field) or (0, None)
        if seen is None:
            if len(table.fields) >= _FIELDS or self.left <= 0:
                self.full = True
                return None
            self.left -= 1
            seen = Vocabulary()
            if personal(field):
                seen.close()
        table.fields[field] = count + times, seen
        return seen

    def merged(self) -> Iterator[tuple[str, _Table]]:
        """Tables, the one without a name last."""
        often = Counter(field for table in self.rows.values() for field in table.fields)
        self.left = _ALL
        for name, table in self.rows.items():
            alike = sum(often[field] > 1 for field in table.fields)
            if table.hashes >= _SHARED and alike * 2 <= len(table.fields):
                yield name, table
                continue
            self.rest.hashes += table.hashes
            for field, (count, values) in table.fields.items():
                seen = self._seen(self.rest, field, count)
                if seen is None:
                    continue
                if not values.open:
                    seen.close()
                for value, times in values.count.items():
                    seen.add(value, times)
        yield "", self.rest
