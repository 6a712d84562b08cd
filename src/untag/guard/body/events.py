"""Server-sent events (WHATWG HTML): fields in lines, an empty line after each event."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard.body._scan import said
from untag.guard.tree import Box, Shown, Tree
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from untag.guard.body import Reading

__all__ = ["EventsBody"]

_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


class EventsBody:
    """Streams of events."""

    name = "events"
    types = ("text/event-stream",)

    def clean(self, text: str, reading: Reading) -> bool:
        """Whether it surely says nothing of the lexicon."""
        return "\\" not in text and reading.nothing(text)

    def read(self, text: str, reading: Reading) -> Tree:
        """What its events show.

        Raises:
            Unsound: A document in one is ambiguous.
        """
        tree = Tree()
        top = tree.box(glued=False)
        start = at = 1 if text.startswith("\ufeff") else 0
        fields: list[tuple[str, int, str]] = []
        while at < len(text):
            found = _LINE.match(text, at)
            assert found is not None  # noqa: S101 - it matches anything
            reading.spend(1)
            line, at, began = found[1], found.end(), found.start()
            if line and not line.startswith(":"):
                name, colon, value = line.partition(":")
                skip = len(name) + len(colon) + value.startswith(" ")
                fields.append((name, began + skip, line[skip:]))
            if not line or at >= len(text):
                self._event(tree, reading, (top, top.add(start, at)), fields)
                fields, start = [], at
        return tree

    @staticmethod
    def _event(tree: Tree, reading: Reading, spot: tuple[Box, int], fields: list[tuple[str, int, str]]) -> None:
        """One event: its data are the lines of that name, one after the other."""
        box, index = spot
        chars: list[str] = []
        where: list[int] = []
        for name, begin, value in fields:
            if name == "data":
                if chars:
                    chars.append("\n")
                    where.append(where[-1] + 1 if where else begin)
                chars.append(value)
                where.extend(range(begin, begin + len(value)))
            elif name == "event" and reading.look(value):
                tree.show(Shown(Role.VALUE, value, "", Kind.TREE, "event"), box, index)
        if chars:
            text = "".join(chars)
            where.append(where[-1] + 1 if where else 0)
            said(tree, reading, text, text, where.__getitem__, (box, index), "", "data")

    def done(self, text: str) -> None:
        """Any rest of events is events."""
