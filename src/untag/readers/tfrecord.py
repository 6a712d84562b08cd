"""TFRecord files: names of features of examples, and closed vocabularies of their texts; never an example.

Format: tensorflow.org, "TFRecord and tf.train.Example"; ``example.proto``, ``feature.proto``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabulary, columns, members, personal
from untag.readers._lines import stem
from untag.syntax.wire import Message, Schema, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["TfrecordReader"]

_SCHEMA: Schema = {
    "Example": {1: ("features", "Features"), 2: ("lists", "Lists")},
    "Features": {1: ("feature", "Entry")},
    "Entry": {1: ("key", "text"), 2: ("value", "Feature")},
    "Feature": {1: ("texts", "Values"), 2: ("floats", "bytes"), 3: ("numbers", "bytes")},
    "Values": {1: ("value", "bytes")},
    "Lists": {1: ("list", "ListEntry")},
    "ListEntry": {1: ("key", "text"), 2: ("value", "List")},
    "List": {1: ("feature", "Feature")},
}
#: Examples that are looked at, bytes of one, and of all.
_ROWS, _LONG, _BYTES = 5000, 32 << 20, 512 << 20
#: Features of one example, and values of it that are decoded.
_MOST = 100_000


class TfrecordReader(BinaryReader):
    """Reads examples up to a bound, in plain Python."""

    name = "tfrecord"
    rank = 40
    rows = True
    limits = (
        "examples are never shown; of a feature its texts where at most 30 short ones repeat over 50 examples",
        "the first 5,000 examples are looked at",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A length with the checksum that belongs to it."""
        head = artifact.head[:12]
        return len(head) == 12 and _checked(head)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Names of features and vocabularies."""
        place, owner = artifact.place.whole(), stem(artifact.name)
        kinds: dict[str, str] = {}
        seen: dict[str, Vocabulary] = {}
        at = rows = 0
        left = _BYTES
        stop = ""
        with artifact.open() as file:
            while at < artifact.size and rows < _ROWS and left > 0:
                file.seek(at)
                head = file.read(12)
                size = int.from_bytes(head[:8], "little")
                if len(head) < 12 or not _checked(head) or at + 16 + size > artifact.size:
                    stop = "a record that breaks off"
                    break
                if size <= _LONG:
                    raw = file.read(size)
                    example, _, _ = decode(raw, _SCHEMA, "Example", _MOST)
                    _count(example, raw, kinds, seen)
                at, rows, left = at + 16 + size, rows + 1, left - size
        yield from columns(kinds.items(), place, owner, limits.surfaces)
        for name, one in seen.items():
            yield from members(one.values(), name, place, owner)
        if stop:
            yield Gap(place, Reason.DAMAGED, f"tfrecord: {stop}", max(1, artifact.size - at))
        yield Opaque("rows", at if stop else artifact.size)


def _count(example: Message, raw: bytes, kinds: dict[str, str], seen: dict[str, Vocabulary]) -> None:
    entries = [e for part in example.all("features") for e in part.all("feature")]
    lists = [e for part in example.all("lists") for e in part.all("list")]
    for entry in [*entries, *lists]:
        name, value = entry.text("key")[:400], entry.first("value")
        if not name or value is None or (name not in kinds and len(kinds) >= 10_000):
            continue
        values = value.all("texts") if entry not in lists else []
        kinds.setdefault(name, "text" if values else "")
        if personal(name.replace("/", " ")):
            continue
        one = seen.setdefault(name, Vocabulary())
        for span in (s for v in values for s in v.spans("value")):
            try:
                text = raw[span.at : span.at + min(span.size, 400)].decode("utf-8")
            except UnicodeDecodeError:
                one.close()
                break
            one.add(text)


def _checked(head: bytes) -> bool:
    """Whether the masked CRC-32C of a length is the one behind it."""
    crc = 0xFFFFFFFF
    for byte in head[:8]:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return masked == int.from_bytes(head[8:12], "little")
