"""Lines around marks, looked up in the bytes when somebody asks for one."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, ClassVar

from untag import charset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Quotes", "lines_of"]

#: Files whose lines are held when they were looked up again.
_HELD = 8


class Quotes(dict[int, str]):
    """Lines around marks that were not kept, looked up in the file when somebody asks for one.

    Lines of data may be records of persons: of formats that hold data only the numbers of the lines are kept, here
    and in the cache. Only the lines of the last few files that were asked for are held.
    """

    _held: ClassVar[list[Quotes]] = []

    def __init__(
        self, wanted: list[int] | Callable[[], list[int]], lines: Callable[[list[int]], dict[int, str]]
    ) -> None:
        """Nothing is read before the first use.

        Args:
            wanted: Line numbers, from 1, sorted, or what gives them.
            lines: Gives lines of the artifact by number; nothing where it is no longer the same.
        """
        super().__init__()
        # There may be millions of them, and nobody looks at most.
        self._wanted = wanted if callable(wanted) else array("I", wanted)
        self._lines = lines
        self._filled = False

    def _fill(self) -> None:
        if self._filled:
            return
        wanted = self._wanted() if callable(self._wanted) else self._wanted.tolist()
        if not wanted:
            return
        if len(self._held) >= _HELD:
            self._held.pop(0).empty()
        self._held.append(self)
        self._filled = True
        self.update(self._lines(wanted))

    def empty(self) -> None:
        """Let go of the lines."""
        self.clear()
        self._filled = False

    def __contains__(self, key: object) -> bool:
        self._fill()
        return super().__contains__(key)

    def __getitem__(self, key: int) -> str:
        self._fill()
        return super().__getitem__(key)

    def get(self, key: int, default: Any = None) -> Any:
        """The line, or something else where it is not known."""
        self._fill()
        return super().get(key, default)

    def __iter__(self) -> Iterator[int]:
        self._fill()
        return super().__iter__()

    def __len__(self) -> int:
        self._fill()
        return super().__len__()


def lines_of(data: bytes, wanted: list[int], encoding: str) -> dict[int, str]:
    """Lines of a text by number, cut as the gatherer cuts them.

    Args:
        data: The artifact's bytes.
        wanted: Line numbers, from 1, sorted.
        encoding: What the artifact was decoded with.
    """
    if encoding != "utf-8":
        lines = charset.decode(data).text.split("\n")
        return {n: lines[n - 1].rstrip("\r")[:200] for n in wanted if n <= len(lines)}
    # A large file is not decoded as a whole for a few of its lines.
    out: dict[int, str] = {}
    number, start = 1, 0
    for line in wanted:
        while number < line and (end := data.find(b"\n", start)) >= 0:
            number, start = number + 1, end + 1
        if number < line:
            break
        end = data.find(b"\n", start)
        raw = data[start : len(data) if end < 0 else end]
        out[line] = raw.decode("utf-8", "replace").rstrip("\r")[:200]
    return out
