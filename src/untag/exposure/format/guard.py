"""The guard's own log: what it refused and left out, and what it would have while it only observed."""

from __future__ import annotations

from untag.exposure.format import Lines
from untag.exposure.format._object import loaded, text
from untag.exposure.format._when import iso
from untag.exposure.row import Body, Heard, Rejected, Row, Who

__all__ = ["GuardFormat"]

_KINDS = frozenset({"open", "close", "checkpoint", "rotate", "policy", "policy refused"})


class GuardFormat(Lines):
    """Lines as ``untag.guard.log`` writes them; callers are pseudonyms already.

    A tag that the guard left out of a response was not received: it is told as withheld. What it only observed was.
    """

    name = "guard"
    title = "audit log of untag guard"
    source = "docs/guard.md"
    limits = "It holds only what the guard acted on; whether it is whole is told by untag guard verify-log."
    rank = 9
    bodies = True

    def row(self, line: bytes) -> Row | None:
        """As for ``Lines``."""
        made = loaded(line)
        if made is None:
            return None
        kind = made.get("kind")
        if not isinstance(made.get("n"), int) or not isinstance(made.get("prev"), str) or not isinstance(kind, str):
            raise Rejected("it is no line of the guard's log")
        if kind in _KINDS:
            return None
        time = iso(text(made.get("t")))
        way, verdict = made.get("direction"), text(made.get("verdict"))
        if kind != "verdict" or time is None or way not in {"request", "response"}:
            raise Rejected("it is no line of the guard's log")
        observed = verdict.startswith("would ")
        said = "requested" if way == "request" else "received" if observed else "withheld"
        removed = made.get("removed")
        heard = tuple(
            Heard(said, *(text(one.get(name))[:200] for name in ("rule", "term", "zone", "at")))
            for one in (removed if isinstance(removed, list) else [])
            if isinstance(one, dict)
        )
        judged = not text(made.get("note")) and not text(made.get("problem")).startswith("unread-")
        refused = verdict == "refuse" and way == "request"
        return Row(
            Who(text(made.get("caller"))),
            time,
            text(made.get("method"))[:32] or "GET",
            "/",
            403 if refused else 0,
            None,
            answered=Body() if (way == "response" and (judged or heard)) or refused else None,
            heard=heard,
            judged=True,
            route=f"route “{text(made.get('route'))[:60]}”",
            hashed=True,
        )
