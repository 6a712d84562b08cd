"""Dumps of MongoDB (BSON): keys of documents, and closed vocabularies of their texts; never a document.

Format: bsonspec.org; archives of ``mongodump``: mongo-tools, ``common/archive``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabularies, columns, members
from untag.readers._lines import stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["BsonReader"]

_ARCHIVE, _END = b"\x6d\xe2\x99\x81", b"\xff\xff\xff\xff"
#: Values and documents that are looked at, how deep, keys, and bytes of a document (MongoDB's own bound).
_VALUES, _DEPTH, _KEYS, _LONG = 2_000_000, 32, 4000, 17 << 20
_SIZES = {1: 8, 6: 0, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8, 19: 16, 0xFF: 0, 0x7F: 0}
_TYPES = {
    1: "double",
    2: "string",
    3: "document",
    4: "array",
    5: "binary",
    7: "id",
    8: "boolean",
    9: "date",
    16: "int",
    18: "long",
}


class BsonReader(BinaryReader):
    """Goes through documents and keeps the paths of their keys, in plain Python."""

    name = "bson"
    rank = 40
    rows = True
    starts = (_ARCHIVE,)
    limits = (
        "documents are never shown; of a key its texts where at most 30 short ones repeat over 50 documents",
        "of the documents those of the first 2,000,000 values are looked at",
    )

    def knows(self, artifact: Artifact) -> bool:
        """An archive's signature, or the name and a first document that is one."""
        head = artifact.head
        if head.startswith(_ARCHIVE):
            return True
        size = int.from_bytes(head[:4], "little")
        return artifact.suffix == ".bson" and 5 <= size <= _LONG and head[4:5] != b"\0"

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Keys and vocabularies."""
        place, owner = artifact.place.whole(), stem(artifact.name)
        with bytes_of(artifact) as data:
            walk = _Walk(data)
            stop = ""
            try:
                walk.documents(4 if artifact.head.startswith(_ARCHIVE) else 0)
            except Damaged as broken:
                stop = broken.detail
            yield from columns(walk.paths.items(), place, owner, limits.surfaces)
            for path, seen in walk.seen.items():
                yield from members(seen.values(), path, place, owner)
            if stop:
                yield Gap(place, Reason.DAMAGED, f"bson: {stop}", max(1, artifact.size - walk.at))
            yield Opaque("rows", min(walk.at, artifact.size) if stop else artifact.size)


class _Walk:
    def __init__(self, data: Bytes) -> None:
        self.data = data
        self.at = 0
        self.left = _VALUES
        self.paths: dict[str, str] = {}
        self.seen = Vocabularies(_KEYS)

    def documents(self, at: int) -> None:
        self.at = at
        while self.at < len(self.data) and self.left > 0:
            head = self.data[self.at : self.at + 4]
            if head == _END:
                self.at += 4
                continue
            size = int.from_bytes(head, "little")
            if not 5 <= size <= _LONG or self.at + size > len(self.data):
                raise Damaged("a document that breaks off")
            raw = self.data[self.at : self.at + size]
            self.document(raw, 4, size - 1, "", 0)
            self.at += size

    def document(self, raw: bytes, at: int, end: int, path: str, depth: int) -> None:
        if depth > _DEPTH:
            raise Damaged("documents that are nested too deep")
        while at < end and raw[at]:
            self.left -= 1
            kind = raw[at]
            stop = raw.find(b"\0", at + 1, end)
            if stop < 0:
                raise Damaged("a document that breaks off")
            key = raw[at + 1 : stop].decode("utf-8", "replace")
            inner = path if depth and key.isdigit() else f"{path}.{key}".lstrip(".")
            at = self.value(raw, kind, stop + 1, end, inner, depth)

    def value(self, raw: bytes, kind: int, at: int, end: int, path: str, depth: int) -> int:
        """Step over a value, noting what it is; where the next one is."""
        if path not in self.paths and len(self.paths) < _KEYS:
            self.paths[path[:400]] = _TYPES.get(kind, "")
        if kind in _SIZES:
            after = at + _SIZES[kind]
        elif kind in (3, 4):
            after = at + int.from_bytes(raw[at : at + 4], "little")
            if not at + 5 <= after <= end:
                raise Damaged("a document that breaks off")
            self.document(raw, at + 4, after - 1, path, depth + 1)
        elif kind in (2, 13, 14):
            after = at + 4 + int.from_bytes(raw[at : at + 4], "little")
            if kind == 2:
                self.seen.add(path, raw[at + 4 : min(after - 1, at + 404)])
        elif kind == 5:
            after = at + 5 + int.from_bytes(raw[at : at + 4], "little")
        elif kind == 11:
            after = raw.find(b"\0", raw.find(b"\0", at, end) + 1, end) + 1
        elif kind == 12:
            after = at + 16 + int.from_bytes(raw[at : at + 4], "little")
        elif kind == 15:
            after = at + int.from_bytes(raw[at : at + 4], "little")
        else:
            raise Damaged("a value of no type")
        if not at <= after <= end:
            raise Damaged("a value that breaks off")
        return after
