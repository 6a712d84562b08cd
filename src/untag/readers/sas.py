"""SAS data sets and transport files: variables, labels and formats, never a row; catalogues are gaps.

Format: "The Record Layout of a SAS Version 5 or 6 Data Set in SAS Transport (XPORT) Format", SAS Institute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._codebook import Variable, said
from untag.readers._lines import stem
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["SasReader"]

_XPORT = b"HEADER RECORD*******LIB"
_NAMES = b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!"
#: First bytes of data sets and catalogues of version 7 and later.
_OWN = bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
#: Where one of these says which it is.
_KIND = 156
#: Bytes of one record of a transport file; all of it is made of them.
_CARD = 80
_MEMBERS, _VARIABLES = 1000, 100_000


class SasReader(BinaryReader):
    """Reads what stands before the rows of a transport file, in plain Python."""

    name = "sas"
    rank = 60
    rows = True
    starts = (_XPORT,)
    limits = (
        "what codes mean lies in catalogues (sas7bcat), which are gaps",
        "of transport files and compressed data sets rows are not looked at, of others the first 50,000",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature of a transport file, data set or catalogue."""
        return artifact.head.startswith((_XPORT, _OWN))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Gap | Opaque]:
        """Variables of each member."""
        place, owner = artifact.place.whole(), stem(artifact.name)
        if artifact.head.startswith(_OWN):
            if artifact.head[_KIND : _KIND + 4] == b"DATA":
                from untag.readers._sas7bdat import dataset

                yield from dataset(artifact, limits)
                return
            told = "a catalogue of SAS: write its formats to a data set (PROC FORMAT, CNTLOUT) to have them read"
            yield Gap(place, Reason.UNKNOWN, told, artifact.size)
            return
        with bytes_of(artifact) as data:
            at = total = 0
            for number in range(_MEMBERS):
                at = data.find(_NAMES, at)
                if at < 0:
                    break
                digits = data[at + 54 : at + 58]
                count = min(int(digits) if digits.isdigit() else 0, _VARIABLES)
                row = 136 if b"0136" in data[at + 58 : at + 80] else 140
                start = at + 80
                parts = [data[start + row * n : start + row * (n + 1)] for n in range(count)]
                made = [_variable(p) for p in parts if len(p) == row]
                total += 80 + row * len(made)
                yield from said(made, place, owner if not number else f"{owner} ({number + 1})", limits.surfaces)
                if len(made) < count:
                    yield Gap(place, Reason.DAMAGED, "sas: it breaks off before its variables are told", 1)
                at = start + row * count
            if artifact.size % _CARD:
                yield Gap(place, Reason.DAMAGED, "sas: it breaks off before its end", 1)
            if not total:
                yield Gap(place, Reason.DAMAGED, "sas: no variables are told", artifact.size)
            yield Opaque("rows", max(0, artifact.size - total - 400))


def _variable(raw: bytes) -> Variable:
    kind, name, label, form = raw[:2], raw[8:16], raw[16:56], raw[56:64]
    texts = [part.rstrip(b" \0").decode("cp1252", "replace") for part in (name, label, form)]
    return Variable(texts[0], texts[2] or ("text" if kind == b"\0\2" else "number"), texts[1])
