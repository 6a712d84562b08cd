"""The headers of ar archives, as System V, GNU and BSD write them (``ar(5)``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.spool import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact

__all__ = ["HEADER", "MAGIC", "Head", "Heads"]

MAGIC = b"!<arch>\n"
HEADER = 60
#: Largest table of long names.
_LONG = 16 << 20
_NUMBER = re.compile(rb"(\d{1,12}) *")


class Head(Struct, frozen=True):
    """One member.

    Attributes:
        name: As places show it.
        start: Where its header begins.
        at: Where its bytes begin.
        size: How many they are.
        raw: The header.
    """

    name: str
    start: int
    at: int
    size: int
    raw: bytes


class Heads:
    """All members of an archive, in their order.

    Attributes:
        damaged: Where a header is none, so that nothing behind it is known; None until then.
        indexed: Whether a table says where members begin.
    """

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self.damaged: int | None = None
        self.indexed = False

    def __iter__(self) -> Iterator[Head]:
        """Members; tables of symbols and names are none."""
        names, long, at = Names(), b"", len(MAGIC)
        with self._artifact.open() as file:
            while at + HEADER <= self._artifact.size:
                file.seek(at)
                head = file.read(HEADER)
                found = _NUMBER.match(head, 48, 58)
                if head[58:60] != b"`\n" or found is None:
                    self.damaged = at
                    return
                begin, start, size = at, at + HEADER, int(found[1])
                at = start + size + (start + size & 1)
                raw = head[:16].rstrip(b" ")
                if raw == b"//":
                    long = file.read(min(size, _LONG))
                    continue
                if raw.startswith(b"#1/") and raw[3:].isdigit():  # BSD: the name precedes the bytes
                    length = min(int(raw[3:]), size, 4096)
                    raw = file.read(length).rstrip(b"\0")
                    start, size = start + length, size - length
                if raw in {b"/", b"/SYM64/"} or raw.startswith(b"__.SYMDEF"):
                    self.indexed = True
                    continue
                yield Head(names.text(_name(raw, long)), begin, start, size, head)


def _name(raw: bytes, long: bytes) -> bytes:
    """A name as GNU, System V and BSD write it."""
    if raw[:1] == b"/" and raw[1:].isdigit():
        at = int(raw[1:])
        return re.split(rb"[/\n]?\n|\0", long[at : at + 4096], maxsplit=1)[0] or raw
    return raw.removesuffix(b"/") or b"-"
