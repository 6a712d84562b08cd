"""Standard input, named ``-``: one artifact, whole in memory up to the size limit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from untag.gap import Gap, Limits, Reason
from untag.place import Place
from untag.sources import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.sources import Passed

__all__ = ["StdinSource"]

#: Bytes of standard input that are held; the rest is a gap.
MOST = 1 << 30


class StdinSource:
    """What is piped in."""

    name = "stdin"
    limits = ("Standard input is held in memory: what lies beyond 1 GiB is a gap.",)
    filename = "-"

    def knows(self, spec: str) -> bool:
        """Whether the input is ``-``."""
        return spec == "-"

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """The one artifact."""
        del spec, respect_ignore
        most = min(MOST, Limits().size)
        data = sys.stdin.buffer.read(most + 1)
        place = Place((self.filename,), number)
        if len(data) > most:
            rest = 1
            while piece := sys.stdin.buffer.read(1 << 20):
                rest += len(piece)
            data = data[:most]
            yield Gap(place, Reason.LIMIT, f"standard input beyond {most} bytes was not read", rest)
        yield Entry(place, len(data), data=data)
