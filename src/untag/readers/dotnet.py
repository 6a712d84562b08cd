""".NET assemblies: types, fields, properties, methods, enumerations with their numbers, and texts of their code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.readers import DenseReader
from untag.surface import Kind, Role, Surface
from untag.syntax import clr, pe
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque
    from untag.place import Place

__all__ = ["DotnetReader"]

_DIRECTORY, _MOST, _LONG = 14, 256 << 20, 3000
_LABEL = re.compile(r"[^\W\d_][\w .,:/&()'’+-]{0,47}")
#: Texts side by side in code that are shown as one list.
_LISTED = 12
_ROLES = {
    "type": (Role.TYPE, Kind.CLASS), "enum": (Role.ENUM, Kind.ENUM), "field": (Role.FIELD, Kind.CLASS),
    "member": (Role.MEMBER, Kind.ENUM), "method": (Role.FUNCTION, Kind.CLASS), "property": (Role.FIELD, Kind.CLASS),
    "parameter": (Role.PARAMETER, Kind.CALLABLE),
}  # fmt: skip


class DotnetReader(DenseReader):
    """Reads the metadata of assemblies; code is not looked at."""

    name = "dotnet"
    rank = 52
    sieved = True
    limits = (
        "Code is not read: which array or method a text belongs to is not seen, only which texts stand beside it.",
        "Resources of .NET, attributes and documentation inside an assembly are swept.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """A Windows program whose header points to metadata."""
        if artifact.head[:2] != b"MZ":
            return False
        with bytes_of(artifact) as data:
            made = pe.layout(data)
        return made is not None and made.managed

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Types with what they hold, and texts."""
        del limits
        place = artifact.place.whole()
        with bytes_of(artifact) as data:
            made = pe.layout(data)
            at = made.place(made.directories[_DIRECTORY][0]) if made is not None and made.managed else -1
            head = data[at + 8 : at + 16] if at > 0 else b""
            if made is None or len(head) < 8:
                raise Damaged("the header of .NET is not there")
            start, size = made.place(int.from_bytes(head[:4], "little")), int.from_bytes(head[4:], "little")
            raw = data[start : start + min(size, _MOST)] if start > 0 else b""
        try:
            metadata = clr.Metadata(raw)
        except clr.Broken as error:
            raise Damaged(str(error)) from error
        for row in metadata.declared():
            role, kind = _ROLES[row.what]
            pointer = f"/{row.owner}" if row.what in {"type", "enum"} else f"/{row.owner}/{row.name}"
            yield Surface(role, row.name, place.at(pointer=pointer[:400]), row.owner[:400], kind, "", row.value)
        yield from _texts(list(metadata.texts()), place)


def _texts(rows: Sequence[str], place: Place) -> Iterator[Surface]:
    """Texts of code: short ones side by side are a list."""
    run: list[str] = []
    spot = place.at(pointer="/#US")
    for text in (*rows, ""):
        if text and _LABEL.fullmatch(text) and len(run) < _LISTED:
            run.append(text)
            continue
        owner = f"#US.{run[0]}"[:200] if len(run) > 1 else ""
        for one in run:
            yield Surface(Role.MEMBER if owner else Role.STRING, one, spot, owner, Kind.LIST if owner else Kind.FILE)
        run = [text] if text and _LABEL.fullmatch(text) else []
        for line in () if run else text.split("\n"):
            if line.strip():
                yield Surface(Role.STRING, line.strip()[:_LONG], spot)
