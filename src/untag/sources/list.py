"""A list of paths, one a line or separated by NUL: one input, with the paths as they are written in the list."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.mistake import UntagError
from untag.sources import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.gap import Gap
    from untag.place import Place
    from untag.sources import Entry, Passed

__all__ = ["PREFIX", "ListSource"]

#: What the spec of such an input starts with.
PREFIX = "files-from:"
#: Bytes of a list that are read.
_MOST = 256 << 20


class ListSource:
    """Paths out of a file, or out of standard input."""

    name = "list"
    limits = ("A path of the list that does not exist is the user's mistake: nothing is scanned then.",)

    def knows(self, spec: str) -> bool:
        """Whether the input is a list (``files-from:FILE``, made by ``--files-from``)."""
        return spec.startswith(PREFIX)

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """Everything the list names, in its order, none twice."""
        source = sources()["path"]
        seen: set[tuple[str, ...]] = set()
        for path in self._paths(spec.removeprefix(PREFIX)):
            base = os.path.normpath(path).replace(os.sep, "/")
            folder = os.path.isdir(path)  # noqa: PTH112 - names that are no text must survive
            for found in source.walk(path, number, respect_ignore=respect_ignore):
                chain = found.place.chain
                name = chain[0] if base == "." else f"{base}/{chain[0]}" if folder else base
                place = found.place.moved((_shown(name), *chain[1:]), number)
                if place.chain not in seen:
                    seen.add(place.chain)
                    yield _placed(found, place)

    @staticmethod
    def _paths(name: str) -> list[str]:
        try:
            if name == "-":
                data = sys.stdin.buffer.read(_MOST + 1)
            else:
                with open(name, "rb") as file:  # noqa: PTH123 - as above
                    data = file.read(_MOST + 1)
        except OSError as error:
            raise UntagError(f"list {name}: {(error.strerror or 'cannot be read').lower()}") from None
        if len(data) > _MOST:
            raise UntagError(f"list {name}: larger than {_MOST} bytes")
        rows = data.split(b"\0") if b"\0" in data else data.splitlines()
        return [os.fsdecode(row) for row in rows if row.strip()]


def _placed(found: Entry | Passed | Gap, place: Place) -> Entry | Passed | Gap:
    return replace(found, place=place)


def _shown(name: str) -> str:
    """A path as text: bytes that are no UTF-8 stand as escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
