"""Streams: which responses are judged piece by piece, and what a piece is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.guard import coding
from untag.guard.body import bodies
from untag.guard.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.guard.engine import Engine
    from untag.guard.message import Verdict

__all__ = ["Units", "streams"]

_EVENT = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))+")


def _kind(message: Message) -> str:
    return message.header("content-type").partition(";")[0].strip().lower()


def streams(message: Message) -> bool:
    """Whether a response is a stream of events or lines that no coding hides."""
    kind = _kind(message)
    known = kind in bodies()["lines"].types or kind in bodies()["events"].types
    return known and not coding.named(message.header("content-encoding"))


class Units:
    """Cuts a stream into its units.

    Args:
        answer: The response without a body.
        limit: Bytes of the longest unit.
    """

    def __init__(self, answer: Message, limit: int) -> None:
        self._answer = answer
        self._limit = limit
        #: What is not whole yet, or too long.
        self.rest = b""
        self._events = _kind(answer) in bodies()["events"].types
        kind = [(n, v) for n, v in answer.headers if n == "content-type"]
        self._headers = tuple(kind)

    def feed(self, piece: bytes, *, last: bool) -> Iterator[Message | None]:
        """Units that are whole now.

        Args:
            piece: What came.
            last: Whether nothing comes after it.

        Yields:
            Each as a message by itself; None for one that is too long, and nothing after it.
        """
        data = self.rest + piece
        at = 0
        while True:
            end = self._end(data, at)
            if end < 0:
                break
            if end - at > self._limit:
                self.rest = data[at:]
                yield None
                return
            yield self._unit(data[at:end])
            at = end
        self.rest = data[at:]
        if len(self.rest) > self._limit:
            yield None
        elif last and self.rest:
            yield self._unit(self.rest)
            self.rest = b""

    def _end(self, data: bytes, at: int) -> int:
        """Where the unit ends that begins at a place; -1 where that is not there yet."""
        if not self._events:
            return data.find(b"\n", at) + 1 or -1
        found = _EVENT.search(data, at)
        # Behind a carriage return at the end a line feed may follow, and further ends of lines are of the same event.
        return -1 if found is None or (found.end() == len(data) and data.endswith(b"\r")) else found.end()

    def _unit(self, data: bytes) -> Message:
        answer = self._answer
        return Message(answer.direction, answer.method, answer.path, "", self._headers, data, answer.host)

    def large(self, engine: Engine) -> Verdict:
        """What becomes of a unit that is too long."""
        return engine.too_large(self._answer, unit=True)
