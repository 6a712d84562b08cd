"""Mach-O programs and libraries of macOS and iOS: symbols, classes, debug information and texts in their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged, Gap, Reason
from untag.readers import DenseReader, _native
from untag.spool import extent
from untag.syntax import macho, mangled
from untag.syntax.image import picked
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["MachoReader"]

#: Names of machines (``mach/machine.h``).
_MACHINES = {7: "i386", 0x01000007: "x86_64", 12: "arm", 0x0100000C: "arm64", 0x0200000C: "arm64_32", 18: "ppc"}
#: The lowest version of a class file of Java, which begins like a fat file.
_JAVA = 43


class MachoReader(DenseReader):
    """Reads Mach-O files of any machine; of a fat one every program."""

    name = "macho"
    rank = 50
    starts = (*macho.MAGICS, *macho.FAT)
    sieved = True
    shows = "lipo -thin {member} {file} -output /dev/stdout"
    limits = (
        "Instructions are not read: what a program does with a name is not seen.",
        "Of a mangled name only the names in it are told; names of Swift are told as they stand.",
        "Compressed debug information of macOS is not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the first bytes."""
        head = artifact.head
        if head[:4] in macho.FAT and len(head) >= 8:
            return 0 < int.from_bytes(head[4:8], "big") < _JAVA - 1
        return head[:4] in macho.MAGICS

    def glued(self, artifact: Artifact) -> Iterator[bytes]:
        """Names of plain functions."""
        return _native.glued(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Symbols, debug information and texts; or the programs of a fat file."""
        with bytes_of(artifact) as data:
            if data[:4] in macho.FAT:
                rows = macho.parts(data)
                if not rows:
                    raise Damaged("no program in a fat file")
                for machine, start, size in rows:
                    yield from extent(artifact, _MACHINES.get(machine, f"cpu{machine}"), start, size, limits)
                return
            made = macho.sections(data)
            if made is None:
                raise Damaged("the header breaks off")
            image, table = made
            if any(s.packed for s in image.sections):
                yield Gap(artifact.place.whole(), Reason.UNKNOWN, "compressed debug information is not read", 1)
            symbols = macho.symbols(data, image, table, picked(artifact.focus, mangled.glued))
            yield from _native.body(artifact, data, image, symbols)
