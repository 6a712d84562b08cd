"""Avro container files: the schema as a document of its own, and closed vocabularies of texts; never a row."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from untag import spool
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabularies, members
from untag.readers._hidden import told
from untag.readers._inflate import MOST, NEEDS, inflate, missing
from untag.readers._lines import stem
from untag.syntax import leb128
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["AvroReader"]

_MAGIC = b"Obj\1"
_CODECS = {"null": "", "deflate": "deflate", "snappy": "snappy", "zstandard": "zstd", "bzip2": "bzip2", "xz": "xz"}
#: Bytes of the header, values of all rows that are looked at, how deep they nest, and columns.
_HEADER, _VALUES, _DEPTH, _COLUMNS = 16 << 20, 2_000_000, 32, 4000
_FIXED = {"float": 4, "double": 8}
_NUMBERS = frozenset(("int", "long"))


class AvroReader(BinaryReader):
    """Reads the header, and rows up to a bound for their vocabularies, in plain Python."""

    name = "avro"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = (
        "rows are never shown; of a field of texts its values where at most 30 short ones repeat over 50 rows",
        "of the rows those of the first 2,000,000 values are looked at",
    )

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The schema as a member ``avro.schema.avsc``, metadata, and vocabularies.

        Raises:
            Damaged: The header is cut off.
        """
        with bytes_of(artifact) as data:
            source = _Source(data[: min(len(data), _HEADER)], 4)
            meta = dict(source.header())
            place = artifact.place.whole()
            schema = meta.pop("avro.schema", b"")
            name = meta.pop("avro.codec", b"null").decode("ascii", "replace")
            # The JSON of a schema stands in the file as it is.
            yield from spool.member(artifact, "avro.schema.avsc", io.BytesIO(schema), limits)
            for key, raw in meta.items():
                spot = place.at(pointer=f"/metadata/{key}"[:400])
                yield from told(raw.decode("utf-8", "replace"), key, spot, "metadata")
            codec = _CODECS.get(name, "unknown")
            if missing(codec):
                said = f"avro: rows are packed with {name[:20]}; {NEEDS} reads them"
                yield Gap(place, Reason.NEEDS, said)
            else:
                yield from _Rows(artifact, data, schema, codec).read(source)
            yield Opaque("rows", artifact.size - source.at)


class _Source:
    """Bytes with a place in them."""

    def __init__(self, data: Bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def unsigned(self) -> int:
        try:
            value, self.at = leb128.unsigned(self.data, self.at)
        except IndexError:
            raise Damaged("it breaks off") from None
        return value

    def long(self) -> int:
        return leb128.zigzag(self.unsigned())

    def take(self, size: int) -> bytes:
        if size < 0 or size > len(self.data) - self.at:
            raise Damaged("it breaks off")
        self.at += size
        return self.data[self.at - size : self.at]

    def skip(self, size: int) -> None:
        if size < 0 or size > len(self.data) - self.at:
            raise Damaged("it breaks off")
        self.at += size

    def header(self) -> Iterator[tuple[str, bytes]]:
        """The map in the header, and then the mark between blocks."""
        entries = 0
        while count := self.long():
            if count < 0:
                count = -count
                self.long()
            for _ in range(count):
                entries += 1
                if entries > 10_000:
                    raise Damaged("a header without end")
                key = self.take(self.long()).decode("utf-8", "replace")
                yield key, self.take(self.long())
        self.skip(16)


class _Rows:
    """Goes through rows by their schema and counts texts."""

    def __init__(self, artifact: Artifact, data: Bytes, schema: bytes, codec: str) -> None:
        self.artifact = artifact
        self.data = data
        self.codec = codec
        self.left = _VALUES
        self.seen = Vocabularies(_COLUMNS)
        self.known: dict[str, Any] = {}
        try:
            self.schema = json.loads(schema) if len(schema) < 4 << 20 else None
        except (ValueError, RecursionError):
            self.schema = None

    def read(self, start: _Source) -> Iterator[Surface | Gap]:
        place = self.artifact.place.whole()
        try:
            self.names(self.schema, "", 0)
            blocks = _Source(self.data, start.at)
            while blocks.at < len(self.data) and self.left > 0:
                count, size = blocks.long(), blocks.long()
                packed = blocks.take(size if size <= MOST else -1)
                blocks.skip(16)
                if self.codec == "snappy":
                    packed = packed[:-4]
                most = MOST if self.codec != "snappy" else _Source(packed).unsigned()
                source = _Source(inflate(self.codec, packed, most))
                for _ in range(count):
                    if self.left <= 0:
                        break
                    self.value(source, self.schema, "", 0)
        except (Damaged, TypeError, AttributeError, KeyError) as error:
            said = error.detail if isinstance(error, Damaged) else "a schema that makes no sense"
            yield Gap(place, Reason.DAMAGED, f"avro: {said}", 1)
        for name, one in sorted(self.seen.items()):
            yield from members(one.values(), name, place, stem(self.artifact.name))

    def names(self, schema: Any, space: str, depth: int) -> None:
        """Note the named types."""
        if depth > _DEPTH:
            raise Damaged("a schema that is nested too deep")
        if isinstance(schema, list):
            for part in schema:
                self.names(part, space, depth + 1)
        elif isinstance(schema, dict):
            kind = schema.get("type")
            if kind in ("record", "error", "enum", "fixed"):
                space = str(schema.get("namespace", space))
                name = str(schema.get("name", ""))
                self.known[name] = self.known[f"{space}.{name}"] = schema
                for part in schema.get("fields", ()):
                    self.names(part.get("type"), space, depth + 1)
            elif isinstance(kind, dict | list):
                self.names(kind, space, depth + 1)
            for key in ("items", "values"):
                self.names(schema.get(key), space, depth + 1)

    def value(self, source: _Source, schema: Any, path: str, depth: int) -> None:
        """Step over one value, and count it if it is a text."""
        self.left -= 1
        if depth > _DEPTH:
            raise Damaged("values that are nested too deep")
        if isinstance(schema, str):
            self.plain(source, schema, path, depth)
        elif isinstance(schema, list):
            at = source.long()
            if not 0 <= at < len(schema):
                raise Damaged("a value of no type")
            self.value(source, schema[at], path, depth + 1)
        elif isinstance(schema, dict):
            self.nested(source, schema, path, depth)
        else:
            raise Damaged("no schema")

    def plain(self, source: _Source, kind: str, path: str, depth: int) -> None:
        if kind in _NUMBERS:
            source.long()
        elif kind == "boolean":
            source.skip(1)
        elif kind in _FIXED:
            source.skip(_FIXED[kind])
        elif kind == "bytes":
            source.skip(source.long())
        elif kind == "string":
            size = source.long()
            start = source.at
            source.skip(size)
            self.seen.add(path, source.data[start : start + min(size, 400)])
        elif kind != "null":
            self.value(source, self.known[kind], path, depth + 1)

    def nested(self, source: _Source, schema: dict[str, Any], path: str, depth: int) -> None:
        kind = schema.get("type")
        if kind in ("record", "error"):
            for part in schema["fields"]:
                self.value(source, part["type"], f"{path}.{part['name']}".lstrip("."), depth + 1)
        elif kind == "enum":
            source.long()
        elif kind == "fixed":
            source.skip(int(schema["size"]))
        elif kind in ("array", "map"):
            while count := source.long():
                if count < 0:
                    source.long()
                for _ in range(abs(count)):
                    if self.left <= 0:
                        return
                    if kind == "map":
                        source.skip(source.long())
                    self.value(source, schema["items" if kind == "array" else "values"], path, depth + 1)
        else:
            self.value(source, kind, path, depth + 1)
