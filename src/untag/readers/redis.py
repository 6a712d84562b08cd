"""Snapshots of Redis: of hashes whose keys begin alike the fields that they share, and closed vocabularies."""

from __future__ import annotations

import re
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
#: Hashes that must share a field before it is told, tables, fields of one, and letters of a value that is counted.
_SHARED, _TABLES, _FIELDS, _LONG = 3, 2000, 1000, 100


class RedisReader(BinaryReader):
    """Goes over a snapshot once; hashes under ``face:1``, ``face:2`` … are the rows of a table ``face``."""

    name = "redis"
    rank = 60
    rows = True
    starts = (b"REDIS0",)
    limits = (
        "a field is told where three hashes share it, and where it looks like a name that a program made",
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
        for name, table in tables.rows.items():
            owner = f"{stem(artifact.name)}.{name}" if name else stem(artifact.name)
            shared = [field for field, (count, _) in table.items() if count >= _SHARED]
            yield from columns(((field, "") for field in shared), place, owner, limits.surfaces)
            for field in shared:
                yield from members(table[field][1].values(), field, place, owner)
        if gap is not None:
            yield gap
        yield Opaque("rows", artifact.size - (gap.size if gap is not None else 0))


class _Tables:
    """Hashes by the first part of their keys; of each field how many have it, and its vocabulary."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, tuple[int, Vocabulary]]] = {}

    def add(self, key: bytes, fields: list[tuple[bytes, bytes]]) -> None:
        first, mark, _ = key.decode("utf-8", "replace").partition(":")
        name = first if mark and _NAME.fullmatch(first) else ""
        table = self.rows.get(name)
        if table is None:
            if len(self.rows) >= _TABLES:
                return
            table = self.rows[name] = {}
        for raw, value in fields[:_FIELDS]:
            field = raw.decode("utf-8", "replace")
            if not _NAME.fullmatch(field):
                continue
            count, seen = table.get(field) or (0, Vocabulary())
            if not count:
                if len(table) >= _FIELDS:
                    continue
                if personal(field):
                    seen.close()
            table[field] = count + 1, seen
            if len(value) > _LONG:
                seen.close()
            else:
                seen.add(value.decode("utf-8", "replace"))
