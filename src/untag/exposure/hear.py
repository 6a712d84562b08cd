"""What a row asks for and what it was answered, judged by the guard's engine, which here only observes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from untag.exposure.row import SAFE, Heard
from untag.exposure.tally import BODIES
from untag.guard.engine import Engine
from untag.guard.message import Message
from untag.guard.policy import Policy, Route

if TYPE_CHECKING:
    from untag.exposure.row import Body, Row
    from untag.guard.message import Direction, Verdict

__all__ = ["Ear", "Said", "mended", "watching"]

#: Targets whose judgement is remembered, and characters of the longest.
KNOWN, LONGEST = 50_000, 2000
#: Pieces of a target that differ from row to row and are no words.
_IDS = re.compile(r"(?<![A-Za-z0-9])(?:\d+|[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12})(?![A-Za-z0-9])")
#: Strings, of which signs in them are none, and signs; bytes of the longest cut body that is closed.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|([{}\[\],"])')
MENDED = 1 << 18
_MEDIA = ("image/*", "video/*", "audio/*")
_SEEN, _UNREAD, _CUT, _ABSENT = range(len(BODIES))


class Said(NamedTuple):
    """What came of judging something.

    Attributes:
        heard: Tags.
        unread: Why a body was not judged; empty where it was.
        terms: Words of a tag that were judged to be none.
    """

    heard: tuple[Heard, ...] = ()
    unread: str = ""
    terms: tuple[str, ...] = ()


def watching(policy: Policy | None = None, faces: tuple[str, ...] = ()) -> Policy:
    """A policy under which everything is judged and nothing passes unread, whatever was let through at run time.

    Args:
        policy: The guard's; what it declares biometric, its masks, maps and families count.
        faces: Globs of more paths that are about faces or persons on camera.
    """
    policy = policy or Policy()
    routes = [Route(faces, biometric=True, name="faces")] if faces else []
    media = _MEDIA
    routes += [
        replace(r, request="refuse", response="strip", media=(*r.media, *media), fail_open=frozenset())
        for r in (*policy.routes, Route())
    ]
    return replace(policy, routes=tuple(replace(r, media=r.media or media) for r in routes), exempt=(), observe=False)


class Ear:
    """Judges rows.

    Args:
        policy: As ``watching`` gives it.
    """

    def __init__(self, policy: Policy) -> None:
        self.engine = Engine(policy)
        self._look = self.engine.look
        self._known: dict[tuple[str, str], Said] = {}
        self._exact = bool(policy.maps) or any(route.masks for route in policy.routes)

    def target(self, row: Row) -> Said:
        """What the first line of a request asks for."""
        if len(row.target) > LONGEST or self._exact:
            return self._target(row.method, row.target)
        key = row.method, _IDS.sub("0", row.target)
        made = self._known.get(key)
        if made is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            made = self._known[key] = self._target(row.method, row.target)
        return made

    def _target(self, method: str, target: str) -> Said:
        path, _, query = target.partition("?")
        verdict = self.engine.judge(Message("request", method, path or "/", query))
        heard = _heard(verdict, "requested")
        return Said(heard, _unread(verdict), () if heard else self._terms(target))

    def _terms(self, text: str) -> tuple[str, ...]:
        """Terms of a tag that stand in a text, strong enough to be told."""
        hits = self.engine.look.lexicon.match(unquote_plus(text[: 2 * LONGEST]))
        return tuple(sorted({h.term for h in hits if h.kind in {"attribute", "group"} and h.strength != "weak"}))

    def body(self, row: Row, body: Body, way: Direction) -> Said:
        """What a body holds."""
        path = row.target.partition("?")[0] or "/"
        headers = (("content-type", body.type),) if body.type else ()
        said = "requested" if way == "request" else "received"
        if body.damaged:
            return Said((), body.damaged)
        verdict = self.engine.judge(Message(way, row.method, path, "", headers, body.data))
        heard = _heard(verdict, said)
        unread = _unread(verdict)
        if not body.type and not heard and not unread and body.data.lstrip()[:1] in {b"{", b"["}:
            # Without a type the engine took it for what it could; that it says nothing counts where it is JSON.
            kind = (("content-type", "application/json"),)
            verdict = self.engine.judge(Message(way, row.method, path, "", kind, body.data))
            heard, unread = _heard(verdict, said), _unread(verdict)
        if unread and not heard:
            return Said((), unread, self._terms(body.data[: 2 * LONGEST].decode("utf-8", "replace")))
        return Said(heard, "")

    def row(self, row: Row) -> tuple[list[Said], int]:
        """All that a row says, and what became of its bodies (an index of ``BODIES``).

        A body that is cut is judged as far as it goes; that it says nothing then means nothing.
        """
        if row.judged:
            return [Said(row.heard)], _ABSENT
        out = [self.target(row), *([Said(row.heard)] if row.heard else [])]
        asking = tuple((n, v) for n, v in row.headers if n not in {"content-type", "content-encoding"})
        if asking:
            path = row.target.partition("?")[0] or "/"
            # The path is judged by ``target``.
            heard = _heard(self.engine.judge(Message("request", row.method, path, "", asking)), "requested")
            out.append(Said(tuple(one for one in heard if one.zone != "path")))
        fate = _SEEN
        asked, answered = row.asked, row.answered
        parts: list[tuple[Body | None, Direction, bool]] = [
            (asked, "request", row.method in SAFE),
            (answered, "response", row.nothing),
            *((body, "request" if sent else "response", False) for sent, body in row.messages),
        ]
        for body, way, none in parts:
            if body is None:
                fate = max(fate, _SEEN if none else _ABSENT)
                continue
            if body.cut:
                fate = max(fate, _CUT)
            if not body.data and not body.damaged:
                continue
            said = self.body(row, body._replace(data=mended(body.data)) if body.cut else body, way)
            if body.cut and said.unread:
                said = Said(said.heard, "", said.terms)
            if said.unread:
                fate = max(fate, _UNREAD)
            out.append(said)
        return out, fate


def mended(data: bytes) -> bytes:
    """What is whole of JSON that was cut: closed behind its last whole member, so that what stands there is judged.

    Args:
        data: Of a body that a log holds in part; what is no JSON, or long, comes back as it is.
    """
    if data.lstrip()[:1] not in {b"{", b"["} or len(data) > MENDED:
        return data
    open_: list[bytes] = []
    end = 0
    for found in _TOKEN.finditer(data):
        sign = found[1]
        if sign in {b"{", b"["}:
            open_.append(b"}" if sign == b"{" else b"]")
            end = found.end()
        elif sign in {b"}", b"]"}:
            if not open_ or open_.pop() != sign:
                return data
            end = found.end()
            if not open_:
                return data  # it is whole, or something follows
        elif sign == b",":
            end = found.start()
        elif sign == b'"':
            break  # a string that does not end
    return data[:end] + b"".join(reversed(open_))


def _heard(verdict: Verdict, way: str) -> tuple[Heard, ...]:
    """What a verdict says was found, once each; numbers of elements do not matter."""
    found = dict.fromkeys(
        Heard(way, r.rule, r.term, r.zone, re.sub(r"(?<=/)\d+(?=/|\Z)", "*", r.pointer)) for r in verdict.removed
    )
    return tuple(found)


def _unread(verdict: Verdict) -> str:
    """Why a message could not be judged; empty where it was."""
    problem = verdict.problem
    return problem.kind.removeprefix("unread-") if problem is not None and problem.kind.startswith("unread-") else ""
