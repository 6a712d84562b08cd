"""MATLAB files of level 5: names of variables and fields, lists of labels, closed vocabularies; never a row.

Format: "MAT-File Format", MathWorks. Version 7.3 is HDF5.
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from msgspec import Struct, field

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import Vocabulary, columns, glosses, members, personal
from untag.readers._lines import has_word, stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["MatlabReader"]

_MAGIC = b"MATLAB 5.0 MAT-file"
_LABELS = re.compile(r"(?:class|label|categor|target|names?$|attribute|codes?$|legend)", re.IGNORECASE)
#: Bytes of one variable that are unpacked, elements that are looked at, and how deep they nest.
_UNPACKED, _MOST, _DEPTH = 64 << 20, 1_000_000, 24
_PACKED, _MATRIX = 15, 14
_CELL, _STRUCT, _OBJECT, _CHAR = 1, 2, 3, 4
_TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}


class _Names(Struct):
    """What was met: paths in order, and texts by path."""

    paths: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    left: int = _MOST


class MatlabReader(BinaryReader):
    """Reads elements and steps over numbers, in plain Python."""

    name = "matlab"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = (
        "numbers are not looked at; texts are shown where they are labels or a closed vocabulary over 50 rows",
        "files of level 4 are not known; of objects of classes (table, categorical) only the names are seen",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The words it begins with, and the mark of its byte order."""
        return artifact.head.startswith(_MAGIC) and artifact.head[126:128] in (b"IM", b"MI")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Names, labels and vocabularies."""
        place, owner = artifact.place.whole(), stem(artifact.name)
        order = "little" if artifact.head[126:128] == b"IM" else "big"
        found = _Names()
        broken = ""
        with bytes_of(artifact) as data:
            at = 128
            while at + 8 <= len(data) and found.left > 0:
                kind, size = (int.from_bytes(data[at + n : at + n + 4], order) for n in (0, 4))  # type: ignore[arg-type]
                stop = at + 8 + size
                if stop > len(data):
                    broken = "it breaks off before its end"
                try:
                    if kind == _PACKED:
                        raw = zlib.decompressobj().decompress(data[at + 8 : min(stop, at + 8 + _UNPACKED)], _UNPACKED)
                    else:
                        raw = data[at : min(stop, at + _UNPACKED)]
                    _Walk(raw, order, found).element(0, len(raw), "", 0)
                except (Damaged, zlib.error, RecursionError):
                    broken = broken or "a variable that cannot be followed"
                at = stop
            if at < len(data):
                broken = broken or "it breaks off before its end"
        yield from columns(found.paths.items(), place, owner, limits.surfaces)
        for path, texts in found.texts.items():
            yield from _told(path, texts, artifact)
        if broken:
            yield Gap(place, Reason.DAMAGED, f"matlab: {broken}", 1)
        if found.left <= 0:
            yield Gap(place, Reason.LIMIT, "matlab: more elements than are looked at")
        yield Opaque("numbers", max(0, artifact.size - 128))


def _told(path: str, texts: list[str], artifact: Artifact) -> Iterator[Surface]:
    """A list of labels, or the closed vocabulary of many texts."""
    place, owner = artifact.place.whole(), stem(artifact.name)
    if personal(path.rpartition(".")[2]) and not _LABELS.search(path):
        return
    named = _LABELS.search(path.rpartition(".")[2]) is not None
    if named and 1 < len(texts) <= 200 and len(set(texts)) == len(texts):
        if all(has_word(t) and len(t) <= 60 for t in texts):
            yield from glosses([(str(i + 1), t) for i, t in enumerate(texts)], path, place, owner)
        return
    seen = Vocabulary()
    for text in texts:
        if not seen.add(text):
            return
    yield from members(seen.values(), path, place, owner)


class _Walk:
    """Goes through one variable."""

    def __init__(self, data: bytes, order: str, found: _Names) -> None:
        self.data = data
        self.order = order
        self.found = found

    def number(self, at: int, size: int = 4) -> int:
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "little" else "big")

    def tag(self, at: int, end: int) -> tuple[int, int, int, int]:
        """Kind of an element, where its bytes begin, how many they are, and where the next one is."""
        if at + 8 > end:
            raise Damaged("an element that is cut off")
        head = self.number(at)
        if head >> 16:
            return head & 0xFFFF, at + 4, min(4, head >> 16), at + 8
        size = self.number(at + 4)
        if at + 8 + size > end:
            raise Damaged("an element that is cut off")
        return head, at + 8, size, at + 8 + size + (-size % 8)

    def element(self, at: int, end: int, path: str, depth: int) -> int:
        """One array, with what lies in it; where the next one is."""
        self.found.left -= 1
        if depth > _DEPTH or self.found.left < 0:
            raise Damaged("arrays that are nested too deep")
        kind, start, size, after = self.tag(at, end)
        if kind != _MATRIX or not size:
            return after
        stop = start + size
        _, flags, _, here = self.tag(start, stop)
        sort = self.number(flags) & 0xFF
        _, dims, dims_size, here = self.tag(here, stop)
        _, name_at, name_size, here = self.tag(here, stop)
        name = self.data[name_at : name_at + name_size].decode("utf-8", "replace").strip("\0")
        path = f"{path}.{name}".strip(".") if name else path
        count = 1
        for spot in range(dims, dims + dims_size, 4):
            count *= self.number(spot)
        if sort == _CELL:
            self.note(path, "cell")
            while here < stop and count > 0:
                here, count = self.element(here, stop, path, depth + 1), count - 1
        elif sort in (_STRUCT, _OBJECT):
            self.fields(here, stop, path, sort, depth)
        elif sort == _CHAR:
            self.note(path, "char")
            rows = self.number(dims) if dims_size else 1
            self.chars(here, stop, path, rows)
        else:
            self.note(path, "number")
        return after

    def note(self, path: str, kind: str) -> None:
        if path and path not in self.found.paths and len(self.found.paths) < 50_000:
            self.found.paths[path] = kind

    def fields(self, at: int, stop: int, path: str, sort: int, depth: int) -> None:
        if sort == _OBJECT:
            at = self.tag(at, stop)[3]
        _, width_at, _, at = self.tag(at, stop)
        width = self.number(width_at)
        _, names_at, size, at = self.tag(at, stop)
        if not 0 < width <= 256:
            raise Damaged("names of fields")
        raw = [self.data[names_at + n : names_at + n + width] for n in range(0, size, width)]
        names = [r.split(b"\0", 1)[0].decode("utf-8", "replace") for r in raw]
        self.note(path, "struct")
        for name in names:
            self.note(f"{path}.{name}".strip("."), "")
        turn = 0
        while at < stop and names:
            inner = f"{path}.{names[turn % len(names)]}".strip(".")
            at, turn = self.element(at, stop, inner, depth + 1), turn + 1

    def chars(self, at: int, stop: int, path: str, rows: int) -> None:
        """The texts of an array of characters, which lie in it column by column."""
        kind, start, size, _ = self.tag(at, stop)
        encoding = _TEXTS.get(kind, "")
        if not encoding or size > 1 << 20:
            return
        if encoding.startswith(("utf-16", "utf-32")):
            encoding += "-le" if self.order == "little" else "-be"
        text = self.data[start : start + size].decode(encoding, "replace")
        rows = max(1, rows)
        made = [text[n::rows].strip() for n in range(min(rows, 10_000))]
        kept = self.found.texts.setdefault(path, [])
        if len(kept) < 200_000:
            kept += [m[:400] for m in made]
