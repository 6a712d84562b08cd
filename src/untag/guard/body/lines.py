"""One document of JSON a line (NDJSON, JSON Lines, JSON text sequences of RFC 7464)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.guard.body import Unsound
from untag.guard.body._scan import Scan, parsed
from untag.guard.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.guard.body import Reading

__all__ = ["LinesBody"]


class LinesBody:
    """Documents of JSON, one a line."""

    name = "lines"
    types = (
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
        "application/json-seq", "application/jsonlines", "application/stream+json", "application/x-json-stream",
    )  # fmt: skip

    def clean(self, text: str, reading: Reading) -> bool:  # noqa: ARG002 - what all formats are told
        """Never known beforehand: each line is read."""
        return False

    def read(self, text: str, reading: Reading) -> Tree:
        """What its lines show.

        Raises:
            Unsound: A line is no JSON.
        """
        tree = Tree()
        for number, (start, line) in enumerate(_lines(text)):
            parsed(line, twice=True)
            inner = Tree()
            Scan(line, inner, reading).run()
            inner.moved(lambda at, start=start: at + start)  # type: ignore[misc]
            for box in inner.boxes:
                if box.parent is None:
                    box.path = (str(number),)
            tree.take(inner)
        return tree

    def done(self, text: str) -> None:
        """See to it that each line is sound.

        Raises:
            Unsound: One is not.
        """
        for _, line in _lines(text):
            parsed(line, twice=True)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with where they begin."""
    at = 1 if text.startswith("\ufeff") else 0
    if "\r" in text.replace("\r\n", ""):
        raise Unsound("a carriage return divides lines for some readers and not for others", ambiguous=True)
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        start = at + text.startswith("\x1e", at)
        line = text[start:end]
        if line.strip():
            yield start, line
        at = end + 1
