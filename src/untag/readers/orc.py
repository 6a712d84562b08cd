"""ORC files: names and types of columns, what the metadata says of them, and closed vocabularies; never a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabulary, columns, members, personal
from untag.readers._hidden import told
from untag.readers._inflate import MOST, NEEDS, inflate, missing
from untag.readers._lines import stem
from untag.readers._orc import numbers, old
from untag.surface import Kind, Role, Surface
from untag.syntax.wire import Message, Schema, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits

__all__ = ["OrcReader"]

_MAGIC = b"ORC"
#: ``orc_proto.proto``.
_SCHEMA: Schema = {
    "PostScript": {1: ("footer", "int"), 2: ("codec", "int"), 3: ("block", "int"), 5: ("metadata", "int")},
    "Footer": {
        1: ("header", "int"), 2: ("content", "int"), 3: ("stripes", "Stripe"), 4: ("types", "Type"),
        5: ("metadata", "Item"), 6: ("rows", "int"), 7: ("statistics", "bytes"), 10: ("encryption", "bytes"),
    },
    "Stripe": {1: ("offset", "int"), 2: ("index", "int"), 3: ("data", "int"), 4: ("footer", "int"), 5: ("rows", "int")},
    "Type": {1: ("kind", "int"), 2: ("inner", "int"), 3: ("names", "text"), 7: ("attributes", "Pair")},
    "Pair": {1: ("key", "text"), 2: ("value", "text")},
    "Item": {1: ("name", "text"), 2: ("value", "text")},
    "StripeFooter": {1: ("streams", "Stream"), 2: ("columns", "Encoding")},
    "Stream": {1: ("kind", "int"), 2: ("column", "int"), 3: ("length", "int")},
    "Encoding": {1: ("kind", "int"), 2: ("words", "int")},
}  # fmt: skip
_CODECS = {0: "", 1: "deflate", 2: "snappy", 3: "lzo", 4: "lz4_raw", 5: "zstd", 6: "brotli"}
_TYPES = (
    "boolean", "byte", "short", "int", "long", "float", "double", "string", "binary", "timestamp", "list", "map",
    "struct", "union", "decimal", "date", "varchar", "char", "timestamp_tz",
)  # fmt: skip
_TEXTS = frozenset((7, 16, 17))
#: Bytes of a footer, stripes and columns whose values are looked at, texts of one column, and bytes of one file.
_FOOTER, _STRIPES, _COLUMNS, _ROWS, _BYTES = 32 << 20, 1000, 512, 200_000, 256 << 20
#: Words of a dictionary beyond which it is no closed vocabulary; bytes of a stream that are looked at.
_WORDS, _STREAM = 64, 8 << 20
_DATA, _LENGTH, _DICTIONARY = 1, 2, 3


class OrcReader(BinaryReader):
    """Reads the footers, and as much of the columns of texts as tells a closed vocabulary, in plain Python."""

    name = "orc"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "statistics, indexes, bloom filters and encrypted columns are not looked at",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature at the start, and a postscript at the end, unless the end is lost."""
        if not artifact.head.startswith(_MAGIC) or artifact.size < 16:
            return False
        return artifact.tail[-4:-1] == _MAGIC or b"\0" in artifact.head[:4096]

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Names, metadata and vocabularies.

        Raises:
            Damaged: There is no footer.
        """
        with artifact.open() as file:
            yield from _File(artifact, file, limits).read()


class _File:
    def __init__(self, artifact: Artifact, file: BinaryIO, limits: Limits) -> None:
        self.artifact = artifact
        self.file = file
        self.limits = limits
        self.place = artifact.place.whole()
        self.codec = ""
        self.block = 1 << 18
        self.bytes = _BYTES

    def read(self) -> Iterator[Surface | Gap | Opaque]:
        size = self.artifact.size
        tail = self.artifact.tail
        length = tail[-1]
        if tail[-4:-1] != _MAGIC or length >= size:
            raise Damaged("no footer: the file is cut off")
        script, _, _ = decode(tail[-1 - length : -1], _SCHEMA, "PostScript", 1000)
        self.codec = _CODECS.get(script.number("codec") or 0, "lzo")
        self.block = min(MOST, script.number("block") or 1 << 18)
        footer_size = script.number("footer") or 0
        start = size - 1 - length - footer_size
        if not 0 < footer_size <= _FOOTER or start < 0:
            raise Damaged("a footer that leaves the file")
        if missing(self.codec):
            said = f"orc: it is packed with {self.codec}; {NEEDS} reads it"
            yield Gap(self.place, Reason.NEEDS, said, size)
            return
        self.file.seek(start)
        data = self.unpacked(self.file.read(footer_size), _FOOTER)
        footer, broken, full = decode(data, _SCHEMA, "Footer", min(self.limits.nodes, 2_000_000))
        if broken or full:
            yield Gap(self.place, Reason.DAMAGED, "orc: the footer cannot be followed to its end", 1)
        yield from self.said(footer)
        yield Opaque("rows", start)

    def said(self, footer: Message) -> Iterator[Surface | Gap]:
        owner = stem(self.artifact.name)
        types = footer.all("types")
        names = _names(types)
        kinds = [_TYPES[k] if (k := t.number("kind") or 0) < len(_TYPES) else "" for t in types]
        rows = [row for row in zip(names, kinds, strict=True) if row[0]]
        yield from columns(rows, self.place, owner, self.limits.surfaces)
        for number, one in enumerate(types):
            for pair in one.all("attributes"):
                spot = self.place.at(pointer=f"/{names[number]}@{pair.text('key')}"[:400])
                text = pair.text("value")[:2000]
                yield Surface(Role.COMMENT, text, spot, owner, Kind.DATASET, names[number][:200])
        for item in footer.all("metadata"):
            spot = self.place.at(pointer=f"/metadata/{item.text('name')}"[:400])
            yield from told(item.text("value"), item.text("name"), spot, "metadata")
        yield from self.vocabularies(footer, types, names, owner)

    def vocabularies(
        self, footer: Message, types: list[Message], names: list[str], owner: str
    ) -> Iterator[Surface | Gap]:
        """The closed vocabularies of the columns of texts."""
        wanted = [i for i, t in enumerate(types) if (t.number("kind") or 0) in _TEXTS and names[i]]
        seen = {i: Vocabulary() for i in wanted[:_COLUMNS] if not any(personal(p) for p in names[i].split("."))}
        stripes = footer.all("stripes")
        broken = 0
        for stripe in stripes[:_STRIPES]:
            if self.bytes <= 0 or not any(s.open for s in seen.values()):
                break
            try:
                self.stripe(stripe, seen)
            except Damaged:
                broken += 1
                for one in seen.values():
                    one.close()
        for number, one in seen.items():
            yield from members(one.values(), names[number], self.place, owner)
        if broken:
            yield Gap(self.place, Reason.DAMAGED, "orc: values of a stripe cannot be followed")
        if len(wanted) > _COLUMNS or len(stripes) > _STRIPES or self.bytes <= 0:
            yield Gap(self.place, Reason.LIMIT, "orc: values of some columns or stripes were not counted")

    def stripe(self, stripe: Message, seen: dict[int, Vocabulary]) -> None:
        """Count the texts of one stripe."""
        at = (stripe.number("offset") or 0) + (stripe.number("index") or 0)
        end = at + (stripe.number("data") or 0)
        size = stripe.number("footer") or 0
        if end + size > self.artifact.size or size > _FOOTER:
            raise Damaged("a stripe that leaves the file")
        self.file.seek(end)
        footer, _, _ = decode(self.unpacked(self.file.read(size), _FOOTER), _SCHEMA, "StripeFooter", 500_000)
        encodings = footer.all("columns")
        streams: dict[int, dict[int, tuple[int, int]]] = {}
        at = stripe.number("offset") or 0
        for stream in footer.all("streams"):
            length = stream.number("length") or 0
            streams.setdefault(stream.number("column") or 0, {})[stream.number("kind") or 0] = (at, length)
            at += length
        for number, one in seen.items():
            if one.open and number < len(encodings) and one.rows < _ROWS:
                self.column(encodings[number], streams.get(number, {}), one)

    def column(self, encoding: Message, streams: dict[int, tuple[int, int]], seen: Vocabulary) -> None:
        """Count the texts of one column in a stripe."""
        kind = encoding.number("kind") or 0
        runs = numbers if kind >= 2 else old
        if kind in (1, 3):
            count = encoding.number("words") or 0
            if count > _WORDS:
                seen.close()
                return
            sizes = [n for n, times in runs(self.stream(streams, _LENGTH)) for _ in range(times)][:count]
            data, at, words = self.stream(streams, _DICTIONARY), 0, []
            for size in sizes:
                words.append(data[at : at + min(size, 400)].decode("utf-8", "replace"))
                seen.add(words[-1], 0)
                at += size
            for left, (index, times) in zip(range(_ROWS, 0, -1), runs(self.stream(streams, _DATA)), strict=False):
                if index >= len(words):
                    raise Damaged("an index beyond the dictionary")
                seen.add(words[index], times)
                if seen.sure or not left:
                    return
            return
        data, at = self.stream(streams, _DATA), 0
        for size, times in runs(self.stream(streams, _LENGTH)):
            for _ in range(min(times, _ROWS)):
                if at + size > len(data) or seen.rows >= _ROWS:
                    return
                if not seen.add(data[at : at + min(size, 400)].decode("utf-8", "replace")):
                    return
                at += size

    def stream(self, streams: dict[int, tuple[int, int]], kind: int) -> bytes:
        """The beginning of a stream."""
        at, size = streams.get(kind, (0, 0))
        if at + size > self.artifact.size:
            raise Damaged("a stream that leaves the file")
        self.file.seek(at)
        raw = self.file.read(min(size, _STREAM))
        self.bytes -= len(raw)
        return self.unpacked(raw, _STREAM, cut=size > _STREAM)

    def unpacked(self, data: bytes, most: int, *, cut: bool = False) -> bytes:
        """What blocks unpack to, up to a bound; each is behind its length."""
        if not self.codec:
            return data
        out: list[bytes] = []
        at = total = 0
        while at + 3 <= len(data) and total < most:
            head = int.from_bytes(data[at : at + 3], "little")
            size = head >> 1
            at += 3
            if at + size > len(data):
                if cut:
                    break
                raise Damaged("a block that leaves its stream")
            block = data[at : at + size]
            out.append(block if head & 1 else inflate(self.codec, block, self.block))
            total += len(out[-1])
            at += size
        return b"".join(out)


def _names(types: list[Message]) -> list[str]:
    """The name of each type, with those it lies in; nothing for the root."""
    out = [""] * len(types)
    known = {0}
    for number, one in enumerate(types):
        if number not in known:
            continue
        names = one.texts("names")
        for at, inner in enumerate(one.numbers("inner")):
            # Types stand in the order of a walk: what points back is no tree.
            if number < inner < len(types) and inner not in known and out[number].count(".") < 64:
                known.add(inner)
                out[inner] = f"{out[number]}.{names[at]}".lstrip(".") if at < len(names) else out[number]
    return out
