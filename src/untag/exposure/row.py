"""What one line of a log or one entry of a capture says, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["FAULTS", "SAFE", "Body", "Heard", "Rejected", "Row", "Who"]

#: Methods whose requests have no body; one of ``DELETE`` may have.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"})

#: What a line that is written with malice may raise where it is taken apart.
FAULTS = (ValueError, KeyError, TypeError, OverflowError, RecursionError, AttributeError, IndexError)


class Rejected(ValueError):  # noqa: N818 - a state of the row
    """A line that its format cannot read; the message says why and quotes nothing."""


class Who(NamedTuple):
    """Who asked, as far as a log says; empty where it does not.

    Attributes:
        key: An account, tenant, API key or client certificate.
        user: A login.
        address: An address of the network.
    """

    key: str = ""
    user: str = ""
    address: str = ""


class Body(NamedTuple):
    """A body that a log holds.

    Attributes:
        data: Its bytes, content codings undone; empty where the log says that there was none.
        type: Its media type, empty where that is not said.
        cut: Whether the log holds only a part of it.
        damaged: Why its bytes could not be taken out of the log; empty where they could.
    """

    data: bytes = b""
    type: str = ""
    cut: bool = False
    damaged: str = ""


class Heard(NamedTuple):
    """One tag that was asked for or answered: never a value.

    Attributes:
        way: ``requested``, ``received``, ``withheld`` (answered by a service and kept back by its guard), or
            ``fetched``: a release that carries a tag was downloaded.
        rule: The rule that says so.
        term: The term of the lexicon.
        zone: Where in the message: ``query``, ``path``, ``headers``, ``cookies`` or ``body``.
        at: Where in it; names that may be data of a person are ``*``.
    """

    way: str
    rule: str
    term: str
    zone: str
    at: str


@dataclass(slots=True)
class Row:
    """One exchange, or the part of one that a log tells.

    Attributes:
        who: Who asked.
        time: Seconds since 1970 (UTC); None where the log does not say.
        method: Of the request.
        target: Path and query as sent.
        status: Of the response; 0 where it is not said.
        size: Bytes of the response's body; None where that is not said.
        headers: Of the request, lower-case names.
        asked: Body of the request; None where the log does not hold it.
        answered: Body of the response; None where the log does not hold it.
        messages: Of a WebSocket that the exchange opened: whether the customer sent it, and the message.
        heard: What a log says itself was judged when it was written.
        judged: Whether ``heard`` is all there is to say: nothing else is looked at.
        route: How the log calls the route, where it holds no target.
        at: What its place is called in a capture, where that is another number than the entry's own.
        hashed: Whether ``who.key`` is a pseudonym already.
    """

    who: Who = field(default_factory=Who)
    time: int | None = None
    method: str = "GET"
    target: str = "/"
    status: int = 0
    size: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    asked: Body | None = None
    answered: Body | None = None
    messages: tuple[tuple[bool, Body], ...] = ()
    heard: tuple[Heard, ...] = ()
    judged: bool = False
    route: str = ""
    hashed: bool = False
    at: int = 0

    @property
    def nothing(self) -> bool:
        """Whether the log says that the response had no body."""
        return self.method == "HEAD" or self.status in {204, 304} or self.size == 0
