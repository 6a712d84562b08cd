"""Sections of ELF files that are compressed: debug information and the small symbol table that some systems keep."""

from __future__ import annotations

import io
import lzma
import struct
import zlib
from typing import TYPE_CHECKING

from untag import spool
from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.syntax import elf
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface
    from untag.syntax.image import Image, Section
    from untag.syntax.pages import Bytes

__all__ = ["DebugReader"]

_ZLIB, _ZSTD = 1, 2
_FAILS: tuple[type[Exception], ...] = (*spool.FAILS, struct.error)
#: Bytes that all sections of a file may unpack to, and that of one at a time.
_MOST, _CHUNK = 512 << 20, 1 << 20


class DebugReader(BinaryReader):
    """Unpacks compressed sections into a small ELF file, which is then looked at like any other."""

    name = "debug"
    rank = 51
    shows = "objcopy --decompress-debug-sections --only-keep-debug {file} /dev/stdout"
    limits = ("Debug information in a file beside the program is read if it is in the input; it is not looked for.",)

    def knows(self, artifact: Artifact) -> bool:
        """An ELF file with a compressed section."""
        if not artifact.head.startswith(elf.MAGIC):
            return False
        with bytes_of(artifact) as data:
            image = elf.sections(data)
        return image is not None and any(s.packed for s in image.sections)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """One member for all sections, and one for a symbol table."""
        with bytes_of(artifact) as data:
            image = elf.sections(data)
            if image is None:
                return
            held: dict[str, bytes] = {}
            left = min(_MOST, artifact.nest.left, max(limits.free, limits.ratio * artifact.size))
            for section in image.sections:
                if section.packed == "xz":
                    with lzma.open(io.BytesIO(data[section.start : section.end])) as stream:
                        yield from spool.member(artifact, section.name.strip("."), stream, limits, packed=section.size)
                elif section.packed:
                    name = section.name.replace(".zdebug", ".debug")
                    try:
                        raw = _unpacked(data, section, image, left)
                    except ImportError:
                        said = "debug information in zstd: pip install 'untag[archives]' reads it"
                        yield Gap(artifact.place.at(pointer=f"/{section.name}"), Reason.NEEDS, said, section.size)
                        continue
                    except _FAILS:
                        spot = artifact.place.at(pointer=f"/{section.name}")
                        yield Gap(spot, Reason.DAMAGED, "cannot be unpacked", section.size)
                        continue
                    if len(raw) > left:
                        said = "debug information expands to more than is unpacked"
                        yield Gap(artifact.place.at(pointer=f"/{section.name}"), Reason.LIMIT, said, section.size)
                        continue
                    left -= len(raw)
                    held[name] = raw
            if held:
                made = io.BytesIO(elf.rebuilt(data, image, held))
                yield from spool.member(artifact, "debug", made, limits, packed=artifact.size)


def _unpacked(data: Bytes, section: Section, image: Image, most: int) -> bytes:
    """What a section holds; more than the most where it is too much.

    Raises:
        ValueError: It is compressed in a way that is not known.
    """
    raw = data[section.start : section.end]
    if section.packed == "gnu":
        if raw[:4] != b"ZLIB":
            raise ValueError("no header")
        return zlib.decompressobj().decompress(raw[12:], most + 1)
    kind = struct.unpack_from(image.order + "I", raw)[0]
    body = raw[24 if data[4] == 2 else 12 :]
    if kind == _ZLIB:
        return zlib.decompressobj().decompress(body, most + 1)
    if kind != _ZSTD:
        raise ValueError("unknown")
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from backports import zstd
    try:
        out: bytes = zstd.ZstdDecompressor().decompress(body, most + 1)
    except zstd.ZstdError as error:
        raise ValueError("damaged") from error
    return out
