"""The guard's own log: what it refused and left out, and what it would have while it only observed."""

from __future__ import annotations

import re
from functools import cache

from untag.exposure.format import Lines
from untag.exposure.format._object import loaded, text
from untag.exposure.format._when import iso
from untag.exposure.name import PSEUDONYM
from untag.exposure.route import Routes
from untag.exposure.row import Heard, Rejected, Row, Who
from untag.lexicon import load
from untag.registry import leaves

__all__ = ["GuardFormat"]

_KINDS = frozenset({"open", "close", "checkpoint", "rotate", "policy", "policy refused"})
_ZONES = frozenset({"body", "query", "path", "headers", "cookies"})
#: What the guard calls a rule of its own, besides those that a scan has.
_RULES = frozenset({"metadata", "mask", "map", "prompt", "label", "field", "people", "wildcard"})
_TERM = re.compile(r"<([^<>]{1,60})>")


@cache
def _rules() -> frozenset[str]:
    return _RULES | frozenset(leaves("untag.rules", "Rule"))


@cache
def _routes() -> Routes:
    return Routes(load())


def _heard(way: str, one: dict[str, object]) -> Heard | None:
    """What a line says was found: only words that untag has itself, whoever wrote the line."""
    rule, term, zone, at = (text(one.get(name))[:300] for name in ("rule", "term", "zone", "at"))
    if rule not in _rules() or term not in load().terms or zone not in _ZONES:
        return None
    return Heard(way, rule, term, zone, "/".join(_segment(part) for part in at.split("/")[:20]))


def _segment(part: str) -> str:
    found = _TERM.fullmatch(part)
    if found is not None and found[1] in load().terms:
        return part
    return _routes().of(f"/{part}")[1:] if part else ""


def _named(route: str) -> str:
    """The name of a route; what it may hold of somebody is left out."""
    return route if route == "default" else _routes().of(f"/{route}")[route[:1] != "/" :][:60]


class GuardFormat(Lines):
    """Lines as ``untag.guard.log`` writes them; callers are pseudonyms already.

    A tag that the guard left out of a response was not received: it is told as withheld. What it only observed was.
    It holds no bodies, and only what the guard acted on: nobody is cleared by it.
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
        if kind != "verdict" or time is None or way not in {"request", "response", "delivery"}:
            raise Rejected("it is no line of the guard's log")
        observed = verdict.startswith("would ")
        said = "requested" if way == "request" else "received" if observed else "withheld"
        removed = made.get("removed")
        rows = [_heard(said, one) for one in (removed if isinstance(removed, list) else []) if isinstance(one, dict)]
        heard = tuple(one for one in rows if one is not None)
        caller = text(made.get("caller"))
        refused = verdict == "refuse" and way == "request"
        return Row(
            Who(caller),
            time,
            text(made.get("method"))[:32] or "GET",
            "/",
            403 if refused else 0,
            None,
            heard=heard,
            judged=True,
            route=f"route “{_named(text(made.get('route'))[:200])}”",
            hashed=PSEUDONYM.fullmatch(caller) is not None,
        )
