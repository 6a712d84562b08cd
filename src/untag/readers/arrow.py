"""Arrow and Feather files: fields, metadata, and closed vocabularies of texts; never a row."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct, field

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader, _arrow
from untag.readers._columns import Vocabulary, columns, members, personal
from untag.readers._inflate import MOST, NEEDS, inflate, missing
from untag.readers._lines import stem
from untag.syntax.flatbuffer import Buffer, Table, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.readers._arrow import Field
    from untag.surface import Surface

__all__ = ["ArrowReader"]

_FILE, _OLD, _STREAM = b"ARROW1\0\0", b"FEA1", b"\xff\xff\xff\xff"
#: Bytes of a message's metadata, messages of a file, and texts of one column that are looked at.
_META, _MESSAGES, _ROWS = 16 << 20, 200_000, 200_000
#: Of one batch: values that are looked at in a column.
_EACH = 50_000
#: Words of a dictionary beyond which it is no closed vocabulary.
_WORDS = 64
_CODECS = ("lz4", "zstd")
#: The latest version of the metadata (``Schema.fbs``, MetadataVersion).
_VERSION = 4


class _Part(Struct):
    """The buffers of a batch."""

    spans: list[tuple[int, int]]
    nodes: list[int]
    views: list[int]
    codec: str | None
    at: int = 0
    node: int = 0
    view: int = 0


class _State(Struct):
    """What is known of a file so far."""

    schema: _arrow.Schema | None = None
    words: dict[int, list[str] | None] = field(default_factory=dict)
    seen: dict[str, Vocabulary] = field(default_factory=dict)
    read: int = 0
    rows: int = 0
    lacking: set[str] = field(default_factory=set)
    broken: int = 0


class ArrowReader(BinaryReader):
    """Reads messages one after another and steps over their bodies, in plain Python."""

    name = "arrow"
    rank = 60
    rows = True
    starts = (_FILE, _OLD)
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "values of texts in views, lists and unions, and of Feather's first version, are not looked at",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature, or a first message that is a schema."""
        head = artifact.head
        if head.startswith(_FILE) or (head.startswith(_OLD) and artifact.size >= 12):
            return True
        if not head.startswith(_STREAM):
            return False
        size = int.from_bytes(head[4:8], "little")
        try:
            made = _arrow.message(head[8 : 8 + size])
            return 0 < size <= _META and made.number(0, 2) <= _VERSION and made.number(1, 1) == _arrow.SCHEMA
        except Wrong:
            return False

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Fields and what is written beside them, then vocabularies.

        Raises:
            Damaged: There is no schema.
        """
        with artifact.open() as file:
            if artifact.head.startswith(_OLD):
                yield from _first(file, artifact, limits)
                return
            yield from _Walk(artifact, file, limits).run()


class _Walk:
    def __init__(self, artifact: Artifact, file: BinaryIO, limits: Limits) -> None:
        self.artifact = artifact
        self.file = file
        self.limits = limits
        self.place = artifact.place.whole()
        self.owner = stem(artifact.name)
        self.state = _State()

    def run(self) -> Iterator[Surface | Artifact | Gap | Opaque]:
        at = 8 if self.artifact.head.startswith(_FILE) else 0
        stop = ""
        for _ in range(_MESSAGES):
            size, start = self.length(at)
            if size == 0:
                break
            if size < 0 or size > _META or start + size > self.artifact.size:
                stop = "a message that leaves the file"
                break
            self.file.seek(start)
            try:
                made = _arrow.message(self.file.read(size))
                body = made.number(3, 8, signed=True)
                if body < 0 or start + size + body > self.artifact.size:
                    stop = "a message that leaves the file"
                if self.state.schema is None:
                    yield from self.first(made)
                if stop:
                    break
                self.part(made, start + size)
            except Wrong:
                stop = "a message that cannot be followed"
                break
            self.state.read += size
            at = start + size + body
        else:
            yield Gap(self.place, Reason.LIMIT, f"arrow: messages after {_MESSAGES} were not looked at")
        if self.state.schema is None:
            raise Damaged(stop or "no schema")
        if not stop and self.artifact.head.startswith(_FILE) and self.artifact.tail[-6:] != _FILE[:6]:
            stop = "the footer is cut off"
        if stop:
            yield Gap(self.place, Reason.DAMAGED, f"arrow: {stop}", max(1, self.artifact.size - at))
        yield from self.said()
        yield Opaque("rows", max(0, min(at, self.artifact.size) - self.state.read))

    def length(self, at: int) -> tuple[int, int]:
        """The size of the message at a place, and where it begins; 0 at the end."""
        self.file.seek(at)
        head = self.file.read(8)
        if head[:6] == b"ARROW1":
            return 0, at
        if head[:4] == _STREAM:
            return (int.from_bytes(head[4:8], "little", signed=True), at + 8) if len(head) == 8 else (-1, at)
        if not head and self.state.schema is not None and not self.artifact.head.startswith(_FILE):
            return 0, at
        return (int.from_bytes(head[:4], "little", signed=True), at + 4) if len(head) >= 4 else (-1, at)

    def first(self, made: Table) -> Iterator[Surface | Artifact | Gap]:
        header = made.table(2)
        if made.number(1, 1) != _arrow.SCHEMA or header is None:
            raise Damaged("no schema")
        found = self.state.schema = _arrow.schema(header)
        yield from _arrow.named(found, self.artifact, self.owner, self.limits)
        if not found.whole:
            yield Gap(self.place, Reason.DAMAGED, "arrow: the schema cannot be followed to its end", 1)
        for one in found.all():
            if not any(personal(part) for part in one.name.split(".")) and (one.code is not None or "utf8" in one.type):
                self.state.seen[one.name] = Vocabulary()

    def part(self, made: Table, body: int) -> None:
        """Count what a dictionary or batch holds."""
        header = made.table(2)
        kind = made.number(1, 1)
        if header is None or kind == _arrow.SCHEMA or not any(v.open for v in self.state.seen.values()):
            return
        try:
            if kind == _arrow.DICTIONARY:
                self.dictionary(header, body)
            elif kind == _arrow.BATCH and self.state.schema is not None:
                part = _part(header, body)
                for one in self.state.schema.fields:
                    self.column(one, part)
        except Damaged:
            self.state.broken += 1
            for seen in self.state.seen.values():
                seen.close()

    def dictionary(self, header: Table, body: int) -> None:
        """Note the words of a dictionary, unless they are many."""
        number = header.number(0, 8, signed=True)
        data = header.table(1)
        if data is None:
            return
        part = _part(data, body)
        count = data.number(0, 8)
        here = next((f for f in self.state.schema.all() if f.code == number), None) if self.state.schema else None
        if count > _WORDS or here is None or "utf8" not in here.type or "view" in here.type:
            self.state.words[number] = None
            return
        words = list(self.texts(here.type, part, count))
        before = self.state.words.get(number) if header.number(2, 1) else []
        self.state.words[number] = [*before, *words] if before is not None else words

    def column(self, one: Field, part: _Part) -> None:
        """Count the values of a field in a batch, and step over its buffers."""
        if part.node >= len(part.nodes):
            raise Damaged("a batch with too few fields")
        count = part.nodes[part.node]
        part.node += 1
        seen = self.state.seen.get(one.name)
        wanted = seen is not None and seen.open and seen.rows < _ROWS
        if one.code is not None:
            if wanted and seen is not None:
                self.coded(one, part, count, seen)
            part.at += 2
            return
        if one.type in _arrow.VIEWS:
            part.at += 2 + (part.views[part.view] if part.view < len(part.views) else 0)
            part.view += 1
            if seen is not None:
                seen.close()
            return
        if one.type == "union":
            raise Damaged("a union")
        if wanted and seen is not None and not one.inner:
            at = part.at
            for text in self.texts(one.type, part, count):
                if not seen.add(text):
                    break
            part.at = at
        part.at += _arrow.BUFFERS.get(one.type, 2)
        for inner in one.inner:
            self.column(inner, part)

    def coded(self, one: Field, part: _Part, count: int, seen: Vocabulary) -> None:
        """Count words by the numbers that stand for them."""
        words = self.state.words.get(one.code if one.code is not None else -1)
        if words is None:
            seen.close()
            return
        width = max(1, one.width // 8)
        data = self.buffer(part, part.at + 1, min(count, _EACH) * width)
        tally: dict[int, int] = {}
        for at in range(0, len(data) - width + 1, width):
            index = int.from_bytes(data[at : at + width], "little")
            tally[index] = tally.get(index, 0) + 1
        for word in words:
            seen.add(word, 0)
        for index, times in tally.items():
            if index < len(words):
                seen.add(words[index], times)

    def texts(self, kind: str, part: _Part, count: int) -> Iterator[str]:
        """The texts of a field in a batch, from its offsets and its bytes."""
        width = 8 if kind.startswith("large") else 4
        count = min(count, _EACH)
        offsets = self.buffer(part, part.at + 1, (count + 1) * width)
        ends = [int.from_bytes(offsets[i : i + width], "little") for i in range(0, len(offsets) - width + 1, width)]
        if not ends:
            return
        if any(a > b for a, b in pairwise(ends)):
            raise Damaged("offsets that go back")
        data = self.buffer(part, part.at + 2, min(ends[-1], MOST))
        for start, stop in pairwise(ends):
            yield data[start : min(stop, start + 400)].decode("utf-8", "replace")

    def buffer(self, part: _Part, number: int, most: int) -> bytes:
        """The beginning of a buffer."""
        if number >= len(part.spans):
            raise Damaged("a batch with too few buffers")
        at, size = part.spans[number]
        if at + size > self.artifact.size:
            raise Damaged("a buffer that leaves the file")
        self.file.seek(at)
        if part.codec is None:
            data = self.file.read(min(size, most))
        else:
            if missing(part.codec):
                self.state.lacking.add(part.codec)
                raise Damaged("a buffer that nothing here unpacks")
            if size > MOST:
                raise Damaged("a buffer that unpacks to more than is read")
            data = self.file.read(size)
            expands = int.from_bytes(data[:8], "little", signed=True) if size else 0
            data = data[8:] if expands < 0 else inflate(part.codec, data[8:], expands) if expands else b""
        return data[:most]

    def said(self) -> Iterator[Surface | Gap]:
        """The vocabularies, and what was not looked at."""
        for name, seen in self.state.seen.items():
            yield from members(seen.values(), name, self.place, self.owner)
        for codec in sorted(self.state.lacking):
            said = f"arrow: values are packed with {codec}; {NEEDS} reads them"
            yield Gap(self.place, Reason.NEEDS, said)
        if self.state.broken and not self.state.lacking:
            yield Gap(self.place, Reason.DAMAGED, "arrow: values of a batch cannot be followed")


def _part(header: Table, body: int) -> _Part:
    """The buffers of a batch, by the header it has."""
    buffer: Buffer = header.buffer
    start, count = header.vector(2)
    spans = []
    for at in range(start, start + min(count, 400_000) * 16, 16):
        offset, size = buffer.number(at, 8, signed=True), buffer.number(at + 8, 8, signed=True)
        if offset < 0 or size < 0:
            raise Wrong(at)
        spans.append((body + offset, size))
    start, count = header.vector(1)
    nodes = [max(0, buffer.number(at, 8, signed=True)) for at in range(start, start + min(count, 200_000) * 16, 16)]
    packed = header.table(3)
    codec = packed.number(0, 1) if packed is not None else -1
    named = _CODECS[codec] if 0 <= codec < len(_CODECS) else "unknown" if packed is not None else None
    return _Part(spans, nodes, header.numbers(4, 8), named)


def _first(file: BinaryIO, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
    """Feather's first version: names of columns out of its own metadata (``feather.fbs``: CTable, Column)."""
    file.seek(artifact.size - 8)
    tail = file.read(8)
    size = int.from_bytes(tail[:4], "little")
    if tail[4:] != _OLD or size > min(_META, artifact.size - 12):
        raise Damaged("no metadata at its end: the file is cut off")
    file.seek(artifact.size - 8 - size)
    try:
        root = Buffer(file.read(size)).root()
        names = [(column.text(0), "") for column in islice(root.tables(2), 100_000)]
    except Wrong as error:
        raise Damaged("its metadata cannot be followed") from error
    yield from columns(names, artifact.place.whole(), stem(artifact.name), limits.surfaces)
    yield Opaque("rows", max(0, artifact.size - size - 12))
