"""Archives of ar: Debian packages and static libraries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.readers import BinaryReader
from untag.spool import Names, extent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits, Opaque
    from untag.surface import Surface

__all__ = ["ArReader"]

_MAGIC = b"!<arch>\n"
_HEADER = 60
#: Largest table of long names.
_LONG = 16 << 20
_NUMBER = re.compile(rb"(\d{1,12}) *")


class ArReader(BinaryReader):
    """Takes the members out one after another."""

    name = "ar"
    rank = 50
    starts = (_MAGIC,)
    shows = "ar p {file} {member}"
    limits = (
        "Thin archives name files that lie elsewhere: a gap.",
        "The symbol table of a static library is not read.",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the first line."""
        return artifact.head.startswith((_MAGIC, b"!<thin>\n"))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """Members in their order."""
        place = artifact.place.whole()
        if not artifact.head.startswith(_MAGIC):
            yield Gap(place, Reason.ABSENT, "a thin archive: its members lie in other files", artifact.size)
            return
        names, long, at = Names(), b"", len(_MAGIC)
        with artifact.open() as file:
            while at + _HEADER <= artifact.size:
                file.seek(at)
                head = file.read(_HEADER)
                found = _NUMBER.match(head, 48, 58)
                if head[58:60] != b"`\n" or found is None:
                    said = "a header is damaged; what follows was not read"
                    yield Gap(place, Reason.DAMAGED, said, artifact.size - at)
                    return
                start, size = at + _HEADER, int(found[1])
                raw = head[:16].rstrip(b" ")
                if raw == b"//":
                    long = file.read(min(size, _LONG))
                elif raw not in {b"/", b"/SYM64/"}:
                    if raw.startswith(b"#1/") and raw[3:].isdigit():  # BSD: the name precedes the bytes
                        length = min(int(raw[3:]), size, 4096)
                        raw = file.read(length).rstrip(b"\0")
                        start, size = start + length, size - length
                    if not raw.startswith(b"__.SYMDEF"):
                        yield from extent(artifact, names.text(_name(raw, long)), start, size, limits)
                at = start + size + (start + size & 1)


def _name(raw: bytes, long: bytes) -> bytes:
    """A name as GNU, System V and BSD write it."""
    if raw[:1] == b"/" and raw[1:].isdigit():
        at = int(raw[1:])
        return re.split(rb"[/\n]?\n|\0", long[at : at + 4096], maxsplit=1)[0] or raw
    return raw.removesuffix(b"/") or b"-"
