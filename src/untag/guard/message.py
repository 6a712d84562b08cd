"""What the engine is asked, and what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

__all__ = ["Direction", "Message", "Problem", "Removed", "Verdict"]

#: Which way a message goes. A delivery is what goes out by itself: a webhook, a message of a broker, a mail.
Direction = Literal["request", "response", "delivery"]


@dataclass(frozen=True, slots=True)
class Message:
    """A request, a response or a delivery, whole.

    Attributes:
        direction: Which of them.
        method: Of the request, also for its response.
        path: Of the request, as sent, without the query.
        query: Of the request, as sent, without ``?``; empty for a response.
        headers: Name (lower case) and value, in order, as Latin-1.
        body: As sent, content codings and all.
        host: Name of the machine that is asked, or that a delivery goes to; empty where nobody says.
    """

    direction: Direction
    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    host: str = ""

    def header(self, name: str) -> str:
        """The value of a header; several are joined, none is empty."""
        return ", ".join(value for key, value in self.headers if key == name)


class Removed(Struct, frozen=True):
    """One thing that was left out, or would be: never a value.

    Attributes:
        zone: ``body``, ``query``, ``path``, ``headers`` or ``cookies``.
        pointer: Where in it; keys that may be data of a person are ``*``.
        rule: The rule that says so.
        term: The term of the lexicon.
    """

    zone: str
    pointer: str
    rule: str
    term: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message does not pass (RFC 9457).

    Attributes:
        status: Of HTTP.
        kind: Last part of the type.
        title: One line.
        detail: One sentence, where there is more to say; never a value.
        rule: The rule, where there is one.
        term: The term of the lexicon, where there is one.
    """

    status: int
    kind: str
    title: str
    detail: str = ""
    rule: str = ""
    term: str = ""

    #: What the body is sent as.
    media = "application/problem+json"

    @property
    def code(self) -> int:
        """As a status of gRPC (google.rpc.Code): PERMISSION_DENIED, INVALID_ARGUMENT, UNAVAILABLE or INTERNAL."""
        if self.kind.endswith("-ethnicity") and self.status == 403:
            return 7
        return {400: 3, 413: 3, 415: 3, 503: 14}.get(self.status, 13)

    def line(self) -> str:
        """As one line, for a status of gRPC."""
        return f"{self.title}. {self.detail}".strip()

    def body(self) -> bytes:
        """As it is sent."""
        row: dict[str, object] = {
            "type": f"urn:untag:guard:{self.kind}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            row["detail"] = self.detail
        if self.rule:
            row["rule"] = self.rule
        if self.term:
            row["term"] = self.term
        return json.dumps(row).encode()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message.

    Attributes:
        action: ``pass`` as it is, ``change``, or ``refuse``.
        message: What goes on; for ``refuse`` what was asked.
        removed: What was left out, or for ``refuse`` what it is refused for.
        problem: What is sent instead; only for ``refuse``.
        route: The route's name.
        note: What else is to be logged: an exemption, that a body passed unread, that nothing was done but looked.
        would: What ``action`` would be, were the guard not only observing.
    """

    action: Literal["pass", "change", "refuse"]
    message: Message
    removed: tuple[Removed, ...] = ()
    problem: Problem | None = None
    route: str = "default"
    note: str = ""
    would: str = field(default="")

    @property
    def told(self) -> bool:
        """Whether it is to be logged."""
        return self.action != "pass" or bool(self.note) or bool(self.would)
