"""NetCDF of the classic format: variables, dimensions and attributes, meanings of flags among them; never a row.

Format: the NetCDF users' guide, "File Format Specifications" (CDF-1, 2 and 5). NetCDF 4 is HDF5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._codebook import Variable, remark, said
from untag.readers._lines import stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface
    from untag.syntax.pages import Bytes

__all__ = ["NetcdfReader"]

_MAGIC = (b"CDF\1", b"CDF\2", b"CDF\5")
_MOST, _TEXT = 100_000, 1 << 20
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
_TYPES = ("", "byte", "char", "short", "int", "float", "double", "ubyte", "ushort", "uint", "int64", "uint64")


class NetcdfReader(BinaryReader):
    """Reads the header, in plain Python."""

    name = "netcdf"
    rank = 60
    rows = True
    starts = _MAGIC
    limits = ("values of variables are not looked at; texts of attributes are shown",)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Variables and attributes."""
        place, owner = artifact.place.whole(), stem(artifact.name)
        with bytes_of(artifact) as data:
            head = _Header(data)
            stop = ""
            try:
                head.read()
            except Damaged as broken:
                stop = broken.detail
            yield from said(head.variables, place, owner, limits.surfaces)
            for about, key, text in head.remarks:
                yield from remark(text, place, f"/{about}@{key}", owner, about)
            if stop or head.end > len(data):
                told = f"netcdf: {stop or 'it breaks off before its end'}"
                yield Gap(place, Reason.DAMAGED, told, max(1, artifact.size - head.at))
            yield Opaque("numbers", max(0, artifact.size - head.at))


class _Header:
    def __init__(self, data: Bytes) -> None:
        self.data = data
        self.at = 4
        self.wide = data[3] == 5
        self.far = data[3] in (2, 5)
        self.left = _MOST
        self.end = 0
        self.variables: list[Variable] = []
        #: Variable (or nothing), name and text of each attribute.
        self.remarks: list[tuple[str, str, str]] = []

    def number(self, size: int = 0) -> int:
        size = size or (8 if self.wide else 4)
        if self.at + size > len(self.data):
            raise Damaged("its header is cut off")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")

    def text(self) -> str:
        size = self.number()
        start = self.at
        self.skip(size)
        return self.data[start : start + min(size, 400)].decode("utf-8", "replace")

    def skip(self, size: int) -> None:
        if size > len(self.data) - self.at:
            raise Damaged("its header is cut off")
        self.at += size + -size % 4

    def count(self, tag: int) -> int:
        found, count = self.number(4), self.number()
        if found not in (0, tag) or (not found and count) or count > self.left:
            raise Damaged("its header makes no sense")
        self.left -= count
        return count

    def read(self) -> None:
        self.number()
        for _ in range(self.count(10)):
            self.text()
            self.number()
        self.attributes("")
        for _ in range(self.count(11)):
            name = self.text()
            dimensions = self.number()
            self.skip(dimensions * (8 if self.wide else 4))
            codes = self.attributes(name)
            kind = self.number(4)
            size = self.number()
            begin = self.number(8 if self.far else 4)
            self.end = max(self.end, begin + (size if size < 1 << 31 else 0) - 3)
            self.variables.append(Variable(name, _TYPES[kind] if kind < len(_TYPES) else "", "", codes))

    def attributes(self, about: str) -> list[tuple[str, str]]:
        """Attributes of a variable or the file; the meanings of its flags, if it has any."""
        meanings: list[str] = []
        values: list[int] = []
        for _ in range(self.count(12)):
            key = self.text()
            kind, count = self.number(4), self.number()
            start = self.at
            width = _SIZES.get(kind, 1)
            self.skip(count * width)
            if kind == 2:
                text = self.data[start : start + min(count, _TEXT)].decode("utf-8", "replace").rstrip("\0")
                if key == "flag_meanings":
                    meanings = text.split()
                else:
                    self.remarks.append((about, key, text))
            elif key == "flag_values":
                spots = range(start, start + min(count, 4096) * width, width)
                values = [int.from_bytes(self.data[at : at + width], "big", signed=True) for at in spots]
        return [(str(values[i]) if i < len(values) else str(i), m) for i, m in enumerate(meanings)]
