"""Windows programs, libraries and object files: exported and imported names, types, resources, texts in their data."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag import spool
from untag.gap import Damaged
from untag.readers import DenseReader, _native
from untag.readers._resource import resource
from untag.syntax import mangled, pe
from untag.syntax.image import picked
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque
    from untag.surface import Surface

__all__ = ["PeReader"]

_ICONS = frozenset({"1", "2", "3", "12", "14", "21", "22"})


class PeReader(DenseReader):
    """Reads PE and COFF files of any machine; instructions are not looked at."""

    name = "pe"
    rank = 50
    starts = (b"MZ",)
    sieved = True
    limits = (
        "Instructions are not read: what a program does with a name is not seen.",
        "Of a mangled name only the names in it are told, not the types of parameters.",
        "Debug information in CodeView inside object files is not read, nor are relocations of DWARF in them.",
        "Resources are dialogs, menus, tables of texts and messages, versions and manifests; others are swept.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the two signatures of a program; of an object file by its machine and a sensible header."""
        head = artifact.head
        if head[:2] == b"MZ" and len(head) >= 64:
            at = struct.unpack_from("<I", head, 60)[0]
            if at + 4 <= len(head):
                return head[at : at + 4] == b"PE\0\0"
            with artifact.open() as file:
                file.seek(min(at, artifact.size))
                return file.read(4) == b"PE\0\0"
        if (
            len(head) < 60
            or struct.unpack_from("<H", head)[0] not in pe.MACHINES
            or not artifact.name.lower().endswith((".o", ".obj"))
        ):
            return False
        _, count, _, table, many, extra, _ = struct.unpack_from("<HHIIIHH", head)
        return bool(0 < count < 4096 and not extra and table + 18 * many <= artifact.size)

    def glued(self, artifact: Artifact) -> Iterator[bytes]:
        """Names of plain functions of C++ as MinGW writes them."""
        return _native.glued(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Names, debug information, texts and resources."""
        with bytes_of(artifact) as data:
            made = pe.layout(data)
            if made is None:
                raise Damaged("the header breaks off")
            if made.managed:  # the section with its code holds its metadata, which another reader reads
                made.image.sections = [replace(s, code=False, names=s.names or s.code) for s in made.image.sections]
            symbols = pe.symbols(data, made, picked(artifact.focus, mangled.glued))
            yield from _native.body(artifact, data, made.image, symbols)
            for row in pe.resources(data, made):
                if row.path[0] in {"23", "24"}:  # pages of HTML and manifests
                    name = "resources/" + "/".join(row.path)
                    yield from spool.extent(artifact, name, row.at, row.size, limits)
                elif row.path[0] not in _ICONS:
                    yield from resource(row, data, artifact.place.whole())
