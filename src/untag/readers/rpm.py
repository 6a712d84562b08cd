"""RPM packages: what is behind the headers, a compressed cpio archive."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from untag.gap import Damaged
from untag.readers import BinaryReader
from untag.readers._unpack import codec_of
from untag.spool import extent
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Gap, Limits, Opaque
    from untag.place import Place

__all__ = ["RpmReader"]

#: Bytes of a header that are looked at, and types of entries that are texts.
_MOST, _TEXTS = 32 << 20, frozenset({6, 8, 9})
_LEAD, _HEADER = b"\xed\xab\xee\xdb", b"\x8e\xad\xe8\1"


class RpmReader(BinaryReader):
    """Gives the payload as the one member."""

    name = "rpm"
    rank = 50
    starts = (_LEAD,)
    shows = "rpm2cpio {file}"
    limits = ("Of the headers of a package only texts are read, not numbers and signatures.",)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The payload."""
        at = 96
        place = artifact.place.whole()
        with artifact.open() as file:
            for number in range(2):
                file.seek(at)
                head = file.read(16)
                if len(head) < 16 or head[:4] != _HEADER:
                    raise Damaged("a header is missing")
                count, size = struct.unpack_from(">II", head, 8)
                yield from _texts(file.read(min(count * 16 + size, _MOST)), count, place)
                at += 16 + count * 16 + size
                at += -at % 8 if not number else 0  # the signature is padded
            file.seek(at)
            codec = codec_of(file.read(16))
        if at >= artifact.size:
            raise Damaged("the package ends inside its headers")
        name = f"payload.cpio.{codec}" if codec else "payload.cpio"
        yield from extent(artifact, name, at, artifact.size - at, limits)


def _texts(header: bytes, count: int, place: Place) -> Iterator[Surface]:
    """The texts of a header: summary, description, scripts, names of files, changes."""
    store = header[count * 16 :]
    for n in range(min(count, len(header) // 16)):
        tag, kind, offset, many = struct.unpack_from(">IIiI", header, n * 16)
        if kind not in _TEXTS or offset < 0:
            continue
        at = offset
        for i in range(many):
            end = store.find(b"\0", at)
            if end < 0 or at >= len(store):
                break
            text = store[at:end].decode("utf-8", "replace")
            at = end + 1
            for line in text.split("\n") if kind != 8 else (text,):
                if line.strip():
                    yield Surface(Role.PROSE, line[:4000], place.at(pointer=f"/{tag}/{i}"))
