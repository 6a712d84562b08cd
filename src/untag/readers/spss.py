"""SPSS's system files: variables, labels, documents and what codes mean; never a row.

Format: the PSPP developers' guide, "System File Format".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.later import later
from untag.readers import BinaryReader
from untag.readers._codebook import Variable, code, remark, said
from untag.readers._columns import CODED
from untag.readers._lines import stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["SpssReader"]

_MAGIC = (b"$FL2", b"$FL3")
#: Character sets that a file may name: of others no decoder is asked, since a name could be that of any codec.
_CHARSET = later(
    r"(?i:utf-?8|(?:us-)?ascii|(?:windows|cp)-?\d{3,4}|iso-?8859-?\d{1,2}|gb(?:k|2312|18030)|big5|shift[_-]?jis|euc[_-]?(?:jp|kr)"
    r"|koi8-[ru])"
)
#: Variables, records of the dictionary, and bytes of one record that are read.
_MOST, _RECORDS, _LONG = 200_000, 1_000_000, 8 << 20
#: Values that are stepped over to see whether rows break off, and the sign of one that is not packed.
_VALUES, _RAW = 2_000_000, 253
_NAMES, _ENCODING, _CODED, _FILE, _ATTRIBUTES = 13, 20, 21, 17, 18


class SpssReader(BinaryReader):
    """Reads the dictionary before the rows, in plain Python."""

    name = "spss"
    rank = 60
    rows = True
    starts = _MAGIC
    limits = ("rows are not looked at: of values what the dictionary says that codes mean", "portable files are text")

    def knows(self, artifact: Artifact) -> bool:
        """The signature, and a layout of either byte order."""
        return artifact.head.startswith(_MAGIC) and artifact.head[64:68].strip(b"\0") in (b"\2", b"\3")

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """What the dictionary says."""
        with artifact.open() as file:
            book = _Book(file, artifact)
            stop = ""
            try:
                book.read()
            except (Damaged, struct.error) as error:
                stop = error.detail if isinstance(error, Damaged) else "it breaks off"
            place, owner = artifact.place.whole(), stem(artifact.name)
            yield from said(book.variables(), place, owner, limits.surfaces)
            for raw in book.remarks:
                yield from remark(book.text(raw), place, "/document", owner)
            stop = stop or book.short()
            if stop:
                said_ = f"spss: {stop}"
                yield Gap(place, Reason.DAMAGED, said_, max(1, artifact.size - book.at))
            yield Opaque("rows", max(0, artifact.size - book.at))


class _Book:
    """The dictionary as it is read; texts are decoded at the end, since the encoding is told late."""

    def __init__(self, file: BinaryIO, artifact: Artifact) -> None:
        self.file = file
        self.size = artifact.size
        self.order = "<" if artifact.head[64:68] in (b"\2\0\0\0", b"\3\0\0\0") else ">"
        self.at = 0
        #: By place in the dictionary: name, width and label; None where a long text goes on.
        self.slots: list[tuple[bytes, int, bytes] | None] = []
        self.codes: dict[int, list[tuple[bytes, bytes]]] = {}
        self.named: dict[bytes, list[tuple[bytes, bytes]]] = {}
        self.long: dict[bytes, bytes] = {}
        self.remarks: list[bytes] = []
        self.encoding = ""
        self.packed, self.cases = 0, -1

    def take(self, size: int) -> bytes:
        """Bytes.

        Raises:
            Damaged: There are not so many, or more than are read at once.
        """
        if not 0 <= size <= _LONG or self.at + size > self.size:
            raise Damaged("it breaks off")
        self.at += size
        return self.file.read(size)

    def whole(self) -> int:
        return int(struct.unpack(self.order + "i", self.take(4))[0])

    def read(self) -> None:
        head = self.take(176)
        self.remarks.append(head[109:173])
        self.packed, _, self.cases = struct.unpack(self.order + "iii", head[72:84])
        rows: list[tuple[bytes, bytes]] = []
        for _ in range(_RECORDS):
            kind = self.whole()
            if kind == 999:
                self.whole()
                return
            if kind == 2:
                self.variable()
            elif kind == 3:
                rows = [self.label() for _ in range(self.count(_MOST))]
            elif kind == 4:
                for _ in range(self.count(_MOST)):
                    self.codes[self.whole() - 1] = rows
            elif kind == 6:
                self.remarks += [self.take(80) for _ in range(self.count(_MOST))]
            elif kind == 7:
                self.more()
            else:
                raise Damaged("a record of no kind")

    def short(self) -> str:
        """Whether the rows break off, where that can be told: of plain rows, and of packed ones that are not many."""
        wanted = self.cases * len(self.slots)
        rest = self.size - self.at
        if self.cases < 0 or self.packed not in (0, 1) or (self.packed and wanted > _VALUES):
            return ""
        if self.packed:
            data, at, have = self.file.read(rest), 0, 0
            while at + 8 <= len(data) and have < wanted:
                # Eight signs of how eight values are packed, and then those that are not.
                signs = data[at : at + 8]
                have += 8 - signs.count(0)
                at += 8 + 8 * signs.count(_RAW)
                if at > len(data):
                    have = -8
            return "its rows break off" if have < wanted else ""
        return "its rows break off" if rest < wanted * 8 else ""

    def count(self, most: int) -> int:
        number = self.whole()
        if not 0 <= number <= most:
            raise Damaged("a number that makes no sense")
        return number

    def variable(self) -> None:
        width, labelled, missing = self.whole(), self.whole(), self.whole()
        self.take(8)
        name, label = self.take(8), b""
        if labelled:
            size = self.count(_LONG)
            label = self.take(size + -size % 4)[:size]
        self.take(8 * abs(missing))
        if len(self.slots) >= _MOST:
            raise Damaged("more variables than are read")
        self.slots.append((name.strip(), width, label) if width >= 0 else None)

    def label(self) -> tuple[bytes, bytes]:
        value, size = self.take(8), self.take(1)[0]
        return value, self.take(size + -(size + 1) % 8)[:size]

    def more(self) -> None:
        kind, size, count = self.whole(), self.count(_LONG), self.count(_LONG)
        data = self.take(size * count)
        if kind == _NAMES:
            for pair in data.split(b"\t"):
                short, _, name = pair.partition(b"=")
                self.long[short] = name
        elif kind == _ENCODING:
            said = data.decode("ascii", "replace").strip()
            self.encoding = said if _CHARSET.fullmatch(said) else ""
        elif kind in (_FILE, _ATTRIBUTES):
            self.remarks.append(data)
        elif kind == _CODED:
            self.texts(data)

    def texts(self, data: bytes) -> None:
        """Labels of long texts: name, width, and pairs, each behind its length."""
        at = 0

        def part() -> bytes:
            nonlocal at
            size = struct.unpack_from(self.order + "i", data, at)[0]
            at += 4 + size
            if size < 0 or at > len(data):
                raise Damaged("labels of long texts")
            return data[at - size : at]

        while at + 4 <= len(data):
            name = part()
            _, count = struct.unpack_from(self.order + "ii", data, at)
            at += 8
            self.named[name] = [(part(), part()) for _ in range(min(max(0, count), CODED))]

    def text(self, raw: bytes) -> str:
        try:
            return raw.rstrip(b" \0").decode(self.encoding or "utf-8")
        except (UnicodeDecodeError, LookupError):
            return raw.rstrip(b" \0").decode("cp1252", "replace")

    def variables(self) -> list[Variable]:
        out: list[Variable] = []
        for number, slot in enumerate(self.slots):
            if slot is None:
                continue
            short, width, label = slot
            name = self.long.get(short, short)
            rows = self.codes.get(number, [])
            if width:
                codes = [(self.text(value), self.text(text)) for value, text in rows or self.named.get(name, [])]
            else:
                codes = [(code(struct.unpack(self.order + "d", v)[0]), self.text(t)) for v, t in rows]
            out.append(Variable(self.text(name), "text" if width else "number", self.text(label), codes))
        return out
