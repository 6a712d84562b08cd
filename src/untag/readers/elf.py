"""ELF programs, libraries and object files: symbols, debug information and texts in their data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.readers import DenseReader, _native
from untag.syntax import elf, mangled
from untag.syntax.image import picked
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque
    from untag.surface import Surface

__all__ = ["ElfReader"]


class ElfReader(DenseReader):
    """Reads ELF files of any machine; instructions are not looked at."""

    name = "elf"
    rank = 50
    starts = (elf.MAGIC,)
    sieved = True
    limits = (
        "Instructions are not read: what a program does with a name is not seen.",
        "Of a mangled name only the names in it are told, not the types of parameters.",
        "Units of debug information that name nothing of interest are passed over.",
        "Which texts a table in the data points to is not followed; texts that stand beside each other are a list.",
    )

    def glued(self, artifact: Artifact) -> Iterator[bytes]:
        """Names of plain functions."""
        return _native.glued(artifact)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Symbols, debug information and texts."""
        del limits
        with bytes_of(artifact) as data:
            image = elf.sections(data)
            if image is None:
                raise Damaged("the header breaks off")
            symbols = elf.symbols(data, image, picked(artifact.focus, mangled.glued))
            yield from _native.body(artifact, elf.linked(data, image), image, symbols)
