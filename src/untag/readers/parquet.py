"""Parquet files: names and types of columns, what the metadata says of them, and closed vocabularies; never a row."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from untag import spool
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._arrow import fields_of
from untag.readers._columns import Vocabulary, columns, members, personal
from untag.readers._hidden import told
from untag.readers._inflate import MOST, NEEDS, inflate, missing
from untag.readers._levels import indices, levels, plain
from untag.readers._lines import stem
from untag.syntax import thrift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["ParquetReader"]

_MAGIC, _SEALED = b"PAR1", b"PARE"
#: Bytes of a footer that are read, and of a page's header.
_FOOTER, _HEADER = 64 << 20, 64 << 10
#: Columns whose values are looked at, row groups of each, pages of each group, and runs of equal values of
#: each column.
_COLUMNS, _GROUPS, _PAGES, _RUNS = 2048, 4096, 1024, 200_000
#: Bytes of data pages that are read of one file.
_BYTES = 512 << 20
#: Compression codecs by number (``parquet.thrift``, CompressionCodec).
_CODECS = {0: "", 1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
_TYPES = ("boolean", "int32", "int64", "int96", "float", "double", "binary", "fixed")
#: Converted types by number, where they say more than the type.
_CONVERTED = {0: "string", 1: "map", 3: "list", 4: "enum", 5: "decimal", 6: "date", 19: "json", 20: "bson"}
_BINARY, _DICTIONARY, _DATA, _DATA2 = 6, 2, 0, 3
#: Encodings of data pages: plain, and those by dictionary.
_PLAIN, _CODED = 0, (2, 8)
_PAGE: thrift.Plan = {1: {}, 2: {}, 3: {}, 5: {1: {}, 2: {}}, 7: {1: {}, 2: {}}, 8: {1: {}, 4: {}, 5: {}, 6: {}, 7: {}}}
_CHUNK: thrift.Plan = {1: {}, 3: {1: {}, 3: {}, 4: {}, 5: {}, 7: {}, 9: {}, 11: {}}}
_META: thrift.Plan = {
    2: {1: {}, 3: {}, 4: {}, 5: {}, 6: {}},
    3: {},
    4: {1: _CHUNK, 3: {}},
    5: {1: {}, 2: {}},
    6: {},
}
#: Artificial names between a list or map and what it holds.
_BETWEEN = frozenset(("list", "element", "item", "array", "bag", "array_element", "key_value", "key", "value"))


class _Leaf(NamedTuple):
    """A column: its path, and how its levels are written."""

    path: tuple[str, ...]
    kind: int
    defined: int
    repeated: int


class ParquetReader(BinaryReader):
    """Reads the footer, dictionaries and as few pages as tell a closed vocabulary, in plain Python."""

    name = "parquet"
    rank = 60
    rows = True
    starts = (_MAGIC, _SEALED)
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "values are counted in dictionary and plain pages, up to 200,000 runs of equal values of a column",
        "statistics, indexes and bloom filters are not looked at",
        "encrypted files, and those whose columns lie in other files, show what the footer says in the clear",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature at the start."""
        return artifact.head.startswith((_MAGIC, _SEALED)) and artifact.size >= 12

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Schema, metadata, and vocabularies.

        Raises:
            Damaged: There is no footer.
        """
        with artifact.open() as file:
            file.seek(artifact.size - 8)
            tail = file.read(8)
            size = int.from_bytes(tail[:4], "little")
            if tail[4:] == _SEALED:
                yield Gap(artifact.place.whole(), Reason.ENCRYPTED, "the footer is encrypted", artifact.size)
                return
            if tail[4:] != _MAGIC or size > artifact.size - 12:
                raise Damaged("no footer: the file is cut off")
            if size > _FOOTER:
                said = f"a footer of more than {_FOOTER >> 20} MB"
                yield Gap(artifact.place.whole(), Reason.LIMIT, said, artifact.size)
                return
            file.seek(artifact.size - 8 - size)
            meta, _, whole = thrift.read(file.read(size), _META, 0, min(limits.nodes, 4_000_000))
            if not whole:
                yield Gap(artifact.place.whole(), Reason.DAMAGED, "parquet: the footer breaks off", size)
            yield from _File(artifact, file, meta, limits).read()
            yield Opaque("rows", artifact.size - size - 12)


class _File:
    def __init__(self, artifact: Artifact, file: BinaryIO, meta: thrift.Struct, limits: Limits) -> None:
        self.artifact = artifact
        self.file = file
        self.meta = meta
        self.limits = limits
        self.place: Place = artifact.place.whole()
        self.owner = stem(artifact.name)
        self.leaves: list[_Leaf] = []
        self.bytes = _BYTES
        self.runs = _RUNS
        self.lacking: set[str] = set()
        self.broken = 0

    def read(self) -> Iterator[Surface | Artifact | Gap]:
        schema = [s for s in _list(self.meta.get(2)) if isinstance(s, dict)]
        yield from columns(self.schema(schema), self.place, self.owner, self.limits.surfaces)
        yield from self.metadata()
        texts = [(n, leaf) for n, leaf in enumerate(self.leaves) if leaf.kind == _BINARY]
        for number, leaf in texts[:_COLUMNS]:
            name = ".".join(leaf.path)
            if any(personal(part) for part in leaf.path):
                continue
            values = self.vocabulary(number, leaf)
            yield from members(values, name, self.place, self.owner)
        if len(texts) > _COLUMNS:
            yield Gap(self.place, Reason.LIMIT, f"parquet: values of columns after {_COLUMNS} were not counted")
        for codec in sorted(self.lacking):
            said = f"parquet: values of columns are packed with {codec}; {NEEDS} reads them"
            yield Gap(self.place, Reason.NEEDS, said)
        if self.broken:
            yield Gap(self.place, Reason.DAMAGED, f"parquet: values of {self.broken} columns cannot be followed")
        if self.bytes <= 0:
            yield Gap(self.place, Reason.LIMIT, f"parquet: values beyond {_BYTES >> 20} MB were not counted")

    def schema(self, elements: Sequence[thrift.Struct]) -> list[tuple[str, str]]:
        """Names and types of all columns; the leaves among them are noted in the order of their chunks."""
        out: list[tuple[str, str]] = []
        stack: list[tuple[int, tuple[str, ...], int, int]] = []
        for number, element in enumerate(elements):
            name = _text(element.get(4))
            children = _int(element.get(5))
            while stack and stack[-1][0] <= 0:
                stack.pop()
            left, path, defined, repeated = stack[-1] if stack else (0, (), 0, 0)
            if stack:
                stack[-1] = (left - 1, path, defined, repeated)
            if number:
                path = (*path, name)
                kind = _int(element.get(3))
                defined, repeated = defined + (kind in (1, 2)), repeated + (kind == 2)
                if len(path) == 1 or name not in _BETWEEN:
                    out.append((".".join(path), _type(element, children)))
            if children > 0:
                if len(path) > 64:
                    return out
                stack.append((children, path, defined, repeated))
            elif number:
                self.leaves.append(_Leaf(path, _int(element.get(1), -1), defined, repeated))
        return out

    def metadata(self) -> Iterator[Surface | Artifact | Gap]:
        """What writers keep beside the schema: documents in JSON are files of their own."""
        for row in _list(self.meta.get(5)):
            if not isinstance(row, dict):
                continue
            key, raw = _text(row.get(1)), row.get(2)
            if not isinstance(raw, bytes):
                continue
            if key == "ARROW:schema":
                try:
                    message = base64.b64decode(raw, validate=True)
                except binascii.Error:
                    continue
                yield from fields_of(message, self.artifact, self.owner, self.limits)
            elif raw[:1] in (b"{", b"["):
                yield from spool.member(self.artifact, f"{spool.shown(key)}.json", io.BytesIO(raw), self.limits)
            else:
                spot = self.place.at(pointer=f"/metadata/{key}"[:400])
                yield from told(raw.decode("utf-8", "replace"), key, spot, "metadata")

    def vocabulary(self, number: int, leaf: _Leaf) -> list[str]:
        """The closed vocabulary of a column, if it is one."""
        seen = Vocabulary()
        self.runs = _RUNS
        try:
            for group in _list(self.meta.get(4))[:_GROUPS]:
                chunks = _list(group.get(1)) if isinstance(group, dict) else []
                if number >= len(chunks) or not isinstance(chunks[number], dict):
                    seen.close()
                else:
                    self.chunk(chunks[number], leaf, seen)
                if not seen.open or self.bytes <= 0:
                    return []
        except Damaged:
            self.broken += 1
            return []
        return seen.values()

    def chunk(self, chunk: thrift.Struct, leaf: _Leaf, seen: Vocabulary) -> None:
        """Count values of one chunk: of its dictionary all, of its pages until nothing would change."""
        meta = chunk.get(3)
        if not isinstance(meta, dict) or chunk.get(1):
            seen.close()  # its values lie in another file
            return
        codec = _CODECS.get(_int(meta.get(4)), "lzo")
        if missing(codec):
            self.lacking.add(codec)
            seen.close()
            return
        starts = [at for at in (_int(meta.get(11)), _int(meta.get(9))) if at > 0]
        at = min(starts, default=0)
        left = _int(meta.get(5))
        words: list[str] | None = None
        for _ in range(_PAGES):
            if left <= 0 or not seen.open or not 0 < at < self.artifact.size:
                return
            page, at, data = self.page(at)
            kind = _int(page.get(1), -1)
            if kind == _DICTIONARY:
                words = self.dictionary(page, data, codec, seen)
            elif kind in (_DATA, _DATA2):
                left -= self.values(page, data, codec, leaf, words, seen)
            if seen.sure or self.runs <= 0:
                return

    def page(self, at: int) -> tuple[thrift.Struct, int, bytes]:
        """A page's header, where the next page is, and its bytes.

        Raises:
            Damaged: There is none.
        """
        self.file.seek(at)
        head = self.file.read(_HEADER)
        page, end, whole = thrift.read(head, _PAGE, 0, 4000)
        size = _int(page.get(3), -1)
        if not whole or not 0 <= size <= MOST or at + end + size > self.artifact.size:
            raise Damaged("a page")
        self.bytes -= size
        self.file.seek(at + end)
        return page, at + end + size, self.file.read(size)

    def dictionary(self, page: thrift.Struct, data: bytes, codec: str, seen: Vocabulary) -> list[str]:
        """The words of a dictionary; a long one is no closed vocabulary."""
        inner = page.get(7)
        count = _int(inner.get(1)) if isinstance(inner, dict) else 0
        size = _int(page.get(2), -1)
        if count > 64 or size > _HEADER:
            seen.close()
            return []
        words = plain(inflate(codec, data, size), count)
        for word in words:
            seen.add(word, 0)
        return words

    def values(
        self, page: thrift.Struct, data: bytes, codec: str, leaf: _Leaf, words: list[str] | None, seen: Vocabulary
    ) -> int:
        """Count the values of a data page; how many it has."""
        size = _int(page.get(2), -1)
        inner = page.get(5) or page.get(8)
        if not isinstance(inner, dict):
            raise Damaged("a page")
        count = _int(inner.get(1))
        if 8 in page:
            before = max(0, _int(inner.get(5))) + max(0, _int(inner.get(6)))
            packed = inner.get(7, True)
            body = inflate(codec if packed else "", data[before:], size - before if packed else MOST)
            encoding = _int(inner.get(4), -1)
        else:
            body = inflate(codec, data, size)
            body = levels(body, leaf.repeated > 0, leaf.defined > 0)
            encoding = _int(inner.get(2), -1)
        if encoding in _CODED and words is not None:
            for index, times in indices(body, count):
                if index >= len(words):
                    raise Damaged("an index beyond the dictionary")
                seen.add(words[index], times)
                self.runs -= 1
                if seen.sure or self.runs <= 0:
                    break
        elif encoding == _PLAIN:
            for word in plain(body, min(count, max(0, self.runs))):
                self.runs -= 1
                if not seen.add(word):
                    break
        else:
            seen.close()
        return max(1, count)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _int(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) else default


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _type(element: thrift.Struct, children: int) -> str:
    said = _CONVERTED.get(_int(element.get(6), -1), "")
    kind = _int(element.get(1), -1)
    return said or ("group" if children > 0 else _TYPES[kind] if 0 <= kind < len(_TYPES) else "")
