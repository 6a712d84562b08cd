"""The engine: a request or response in, what becomes of it out. It reads no file, keeps no body and sends nothing.

What cannot be read does not pass, unless its route says so for that reason.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from untag.guard import coding
from untag.guard.body import Reading, Unsound, bodies, named
from untag.guard.body._mold import Run
from untag.guard.body._pairs import COOKIES, HEADERS, PATH
from untag.guard.body._wire import Told
from untag.guard.look import NAMING, Look, Tag, bits, numbers, wild
from untag.guard.media import SWEPT, Sweep, swept
from untag.guard.message import Message, Problem, Removed, Verdict
from untag.guard.pointer import Pointers
from untag.guard.policy import normal
from untag.guard.tree import Shown, Tree, spliced
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from untag.guard.body import Body
    from untag.guard.policy import Exempt, Policy, Route
    from untag.guard.tree import Box, Spot
    from untag.lexicon import Lexicon

__all__ = ["Engine", "Unread"]

#: Paths that are remembered with their route, and characters of the longest of them.
_PATHS, _PATH_KEPT = 4096, 120
#: Headers of a body that say something of its bytes, and are wrong once it is another.
_STALE = frozenset(
    {
        "content-digest", "content-md5", "digest", "etag", "repr-digest", "signature", "signature-input",
        "want-content-digest", "want-repr-digest",
    }
)  # fmt: skip
#: Headers that are of the connection and the client, and ask for nothing by their value.
_PLAIN = re.compile(
    r"accept(?:-.*)?|age|allow|alt-svc|authorization|cache-control|connection|content-.*|cookie|date|digest|dnt|etag"
    r"|expect|expires|forwarded|from|host|if-.*|keep-alive|last-modified|max-forwards|origin|pragma|priority"
    r"|proxy-.*|range|referer|repr-digest|retry-after|sec-.*|server|set-cookie|signature.*|strict-transport-security|te"
    r"|trailer|transfer-encoding|upgrade.*|user-agent|vary|via|warning|www-authenticate|x-forwarded-.*|x-real-ip"
    r"|x-request-id|x-requested-with|traceparent|tracestate|access-control-.*|location|link|permissions-policy"
)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_BOUNDARY = re.compile(r";\s*boundary\s*=\s*(?:\"([^\"]{1,70})\"|([^\s;\"]{1,70}))", re.IGNORECASE)
#: Charsets that are read besides UTF-8; what does not come back to the same bytes is refused.
_CHARSETS = frozenset(
    {
        "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "iso-8859-5",
        "iso-8859-9", "windows-1250", "windows-1251", "windows-1252", "windows-1254", "koi8-r", "gb2312",
        "gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr",
    }
)  # fmt: skip
_STATUS = {"type": 415, "size": 413, "coding": 415, "charset": 415, "damaged": 400, "crash": 503}
_TITLES = {
    "type": "The type of the body is not one that passes here",
    "size": "The body is larger, deeper or more than is read here",
    "coding": "The coding of the body cannot be undone here",
    "charset": "The charset of the body is not read here",
    "damaged": "The body is not what it says, or can be read in two ways",
    "crash": "The guard failed on the body",
}


class Unread(Exception):  # noqa: N818 - a state of the message
    """A message that cannot be judged.

    Attributes:
        reason: One of ``policy.FAILURES``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _Part(NamedTuple):
    """A part of a message that is judged by itself: its text, its format, and how it is put back."""

    zone: str
    text: str
    body: Body
    back: Callable[[Message, str], Message]


class Engine:
    """Judges messages by one policy; safe to be used by several threads.

    Args:
        policy: What is done where.
        lexicon: The words; the shipped ones if not given.
    """

    def __init__(self, policy: Policy, lexicon: Lexicon | None = None) -> None:
        self.policy = policy
        self.look = Look(policy, lexicon)
        self.codings = coding.known()
        self._pointers = Pointers(self.look.lexicon)
        #: Path and route by method, path as sent, and host.
        self._routes: dict[tuple[str, str, str], tuple[str, Route]] = {}
        bodies()

    def judge(self, message: Message) -> Verdict:
        """What becomes of a message. Never raises: what fails does not pass.

        Args:
            message: Whole, or one unit of a stream as a body by itself.
        """
        path, route = self._at(message)
        exempt = self._exempt(message, path)
        if exempt is not None:
            return Verdict("pass", message, route=route.name, note=f"exempt: {exempt.reason}")
        way = route.way(message.direction)
        if way == "pass":
            return Verdict("pass", message, route=route.name, note=f"not judged: {route.reason}")
        try:
            made = self._judged(message, path, route, way)
        except Unread as error:
            made = self._unread(message, route, error)
        except Exception as error:  # noqa: BLE001 - whatever fails here must not let a body pass
            made = self._unread(message, route, Unread("crash", f"the guard failed ({type(error).__name__})"))
        return self.observed(made, message)

    def observed(self, made: Verdict, message: Message) -> Verdict:
        """A verdict; or, where the policy only observes: that it passes, and what it would be."""
        if not self.policy.observe or made.action == "pass":
            return made
        note = made.problem.detail if made.problem is not None else ""
        return replace(made, action="pass", message=message, would=made.action, note=note)

    def unswept(self, message: Message) -> bool:
        """Whether the body of a message passes as it is and unread: media that a route declares, exempt routes.

        Args:
            message: Its headers are enough.
        """
        path, route = self._at(message)
        if self._exempt(message, path) is not None:
            return True
        if route.way(message.direction) == "pass":
            return True
        kind = message.header("content-type").partition(";")[0].strip().lower()
        return _media(kind, route.media) and kind not in SWEPT

    def too_large(self, message: Message, *, unit: bool = False) -> Verdict:
        """What becomes of a message whose body is larger than is read.

        Args:
            message: Without its body.
            unit: Whether it is one unit of a stream.
        """
        limits = self.policy.limits
        what, most = ("a unit of the stream", limits.unit) if unit else ("the body", limits.body)
        return self._failed(message, Unread("size", f"{what} is larger than {most} bytes"))

    def cut(self, message: Message) -> Verdict:
        """What becomes of a response that ended before it was whole."""
        return self._failed(message, Unread("damaged", "the response ended before it was whole"))

    def died(self, message: Message) -> Verdict:
        """What becomes of a message over which the process that judged it died."""
        return self._failed(message, Unread("crash", "the process that judged it is gone"))

    def _at(self, message: Message) -> tuple[str, Route]:
        """The path of a message as servers understand it, and the route of that."""
        key = (message.method, message.path, message.host)
        known = self._routes.get(key)
        if known is None:
            path = normal(message.path)
            known = path, self.policy.route(message.method, path, message.host)
            if len(message.path) <= _PATH_KEPT:
                if len(self._routes) >= _PATHS:
                    self._routes.clear()
                self._routes[key] = known
        return known

    def _exempt(self, message: Message, path: str) -> Exempt | None:
        """The exemption that holds for a message today."""
        if not self.policy.exempt:
            return None
        return self.policy.exemption(message.method, path, dt.datetime.now(dt.UTC).date(), message.host)

    def _failed(self, message: Message, error: Unread) -> Verdict:
        made = self._unread(message, self._at(message)[1], error)
        return self.observed(made, message)

    @staticmethod
    def _unread(message: Message, route: Route, error: Unread) -> Verdict:
        if error.reason in route.fail_open:
            return Verdict("pass", message, route=route.name, note=f"passed unread ({error.reason}): {error}")
        asked = message.direction != "response"
        status = _STATUS[error.reason] if asked else 502
        problem = Problem(status, f"unread-{error.reason}", _TITLES[error.reason], str(error))
        return Verdict("refuse", message, problem=problem, route=route.name)

    # -- one message

    def _judged(self, message: Message, path: str, route: Route, way: str) -> Verdict:
        removed: list[Removed] = []
        changed = message
        # A delivery tells somebody, and may ask a service for a tag as well: all that a request may not hold goes.
        asked = message.direction != "response"
        special = asked and _special(route)
        for part in self._around(message):
            reading = self._reading(route, asked=asked)
            if not special and part.body.clean(part.text, reading):
                continue
            try:
                text, found, whole = self._cut(part, reading, path, route, asked=asked, way=way)
            except Unsound as error:
                raise Unread("size" if error.limit else "damaged", f"the {part.zone}: {error}") from None
            removed += found
            if whole is not None:
                return self._refused(message, route, removed, whole)
            if found:
                changed = part.back(changed, text)
        if changed.headers != message.headers:
            pairs = zip(message.headers, changed.headers, strict=True)
            changed = replace(changed, headers=tuple(new for old, new in pairs if new[1] or not old[1]))
        try:
            changed, more, whole = self._body(changed, path, route, way)
        except Unread as error:
            if not removed or error.reason not in route.fail_open:
                raise
            # The body passes unread; what stands around it was read.
            note = f"passed unread ({error.reason}): {error}"
            return Verdict("change", changed, tuple(removed), route=route.name, note=note)
        removed += more
        if whole is not None:
            return self._refused(message, route, removed, whole)
        if not removed:
            return Verdict("pass", message, route=route.name)
        return Verdict("change", changed, tuple(removed), route=route.name)

    @staticmethod
    def _refused(message: Message, route: Route, removed: list[Removed], tag: Tag) -> Verdict:
        first = next((r for r in removed if r.term == tag.term), None)
        where = f" in the {first.zone}" if first is not None else ""
        if message.direction == "request":
            problem = Problem(
                403, "asks-for-ethnicity", "The request asks for an ethnic tag",
                f"Rule {tag.rule} found the term {tag.term}{where}; people are not sorted by ethnicity here.",
                tag.rule, tag.term,
            )  # fmt: skip
        elif message.direction == "delivery":
            problem = Problem(
                403, "delivers-ethnicity", "The delivery holds an ethnic tag and was withheld",
                f"Rule {tag.rule} found the term {tag.term}{where}.", tag.rule, tag.term,
            )  # fmt: skip
        else:
            problem = Problem(
                502, "holds-ethnicity", "The response holds an ethnic tag and was withheld",
                f"Rule {tag.rule} found the term {tag.term}{where}.", tag.rule, tag.term,
            )  # fmt: skip
        return Verdict("refuse", message, tuple(removed), problem, route.name)

    def _reading(
        self, route: Route, *, asked: bool, boundary: str = "", told: Told | None = None, alone: bool = False
    ) -> Reading:
        limits = self.policy.limits
        look = self.look.words if route.biometric else self.look.label
        if asked and route.wildcards:
            plain, look = look, lambda text: plain(text) or wild(text)
        return Reading(
            look, self.look.clean, self.look.nothing, depth=limits.depth, parts=limits.parts, nested=limits.nested,
            media=lambda kind: asked and _media(kind, route.media), boundary=boundary, told=told,
            # Numbers that stand for peoples are looked at one by one.
            molds=self.look.molds.get(route.biometric)
            if alone and not self.look.fields and not (asked and _special(route))
            else None,
            spoken=self.look.spoken,
        )  # fmt: skip

    def _around(self, message: Message) -> list[_Part]:
        """What of a message is judged besides its body."""
        form = bodies()["form"]
        out: list[_Part] = []
        if message.query:
            query = _told(message.query)
            out.append(_Part("query", query, form, lambda m, text: replace(m, query=_sent(text, query, m.query))))
        if message.direction != "response":
            words = [w for w in normal(message.path).split("/") if w and self.look.weight(w) == 2]
            if words:
                out.append(_Part("path", "/".join(words), PATH, lambda m, _: m))
        for number, (name, raw) in enumerate(message.headers):
            value = _told(raw)
            if name in {"cookie", "set-cookie"}:
                if self.look.weight(value) == 2 or "%" in value:
                    out.append(_Part("cookies", value, COOKIES, _header(number)))
            elif not _plain(name) and (self.look.weight(name) == 2 or self.look.weight(value) == 2):
                out.append(_Part("headers", f"{name}={value}", HEADERS, _header(number, whole=True)))
        return out

    def _cut(
        self, part: _Part, reading: Reading, path: str, route: Route, *, asked: bool, way: str
    ) -> tuple[str, list[Removed], Tag | None]:
        """One part without its tags; what was left out; and the tag for which the message is refused, if it is.

        Raises:
            Unsound: It is not what it says.
        """
        tree = part.body.read(part.text, reading)
        tags = self.look.tags(tree, path, route, request=asked)
        found: list[Removed] = []
        refusal: Tag | None = None
        for thing, tag in tags.items():
            for box, at in tree.shown[thing]:
                if isinstance(box, Run):
                    found += self._pointers.alike(part.zone, box, at, tag)
                    for one, number in (gone for spot in box.spots(at) for gone in _gone(thing, tag, *spot)):
                        box.leave_out(one, number)
                    continue
                found.append(self._pointers.removed(part.zone, box, at, tag))
                for one, number in _gone(thing, tag, box, at):
                    one.gone.add(number)
            if asked and tag.whole:
                refusal = refusal or tag
        refusal = self._numbers(part, tree, route, found, asked=asked) or refusal
        for text in tree.whole if route.biometric else ():
            if (said := self.look.whole(text)) is not None:
                found.append(Removed(part.zone, "", said.rule, said.term))
                refusal = said
        if not found:
            return part.text, [], None
        if way == "refuse" or part.zone == "path":
            first = found[0]
            return part.text, found, refusal or Tag(first.rule, first.term, "")
        if refusal is not None:
            return part.text, found, refusal
        text = spliced(part.text, tree.cuts())
        part.body.done(text)
        return text, found, None

    def _numbers(self, part: _Part, tree: Tree, route: Route, found: list[Removed], *, asked: bool) -> Tag | None:
        """Opaque fields of a map, and the bits of a mask; a request with a bit that asks is refused."""
        if self.look.fields:
            for thing, spots in tree.shown.items():
                if thing.text not in self.look.fields or thing.role in {Role.VALUE, Role.MEMBER}:
                    continue
                for box, number in spots:
                    raw = tree.raw(part.text, box, number)
                    tag = next(filter(None, (self.look.mapped(thing.text, one) for one in numbers(raw))), None)
                    if tag is not None:
                        found.append(self._pointers.removed(part.zone, box, number, tag))
                        box.gone.add(number)
        if not (asked and route.masks):
            return None
        masks = dict(route.masks)
        for thing, spots in tree.shown.items():
            if thing.text in masks and thing.role not in {Role.VALUE, Role.MEMBER}:
                for box, at in spots:
                    raw = tree.raw(part.text, box, at)
                    if bits(raw) & masks[thing.text]:
                        tag = Tag("mask", "race", "attribute")
                        found.append(self._pointers.removed(part.zone, box, at, tag))
                        return tag
        return None

    # -- the body

    def _body(self, message: Message, path: str, route: Route, way: str) -> tuple[Message, list[Removed], Tag | None]:
        """The message with its body judged.

        Raises:
            Unread: The body cannot be judged.
        """
        if not message.body:
            return message, [], None
        kinds = [value for name, value in message.headers if name == "content-type"]
        if len(set(kinds)) > 1:
            raise Unread("type", "two types are said of the body")
        whole = kinds[0] if kinds else ""
        kind = whole.partition(";")[0].strip().lower()
        limit = self.policy.limits.body
        if _media(kind, route.media):
            return self._media(message, kind, route)
        if len(message.body) > limit:
            raise Unread("size", f"the body is larger than {limit} bytes")
        names = coding.named(message.header("content-encoding"))
        try:
            data = coding.decoded(message.body, names, limit)
        except Unsound as error:
            raise Unread("size" if error.limit else "coding", f"the body: {error}") from None
        body = named(kind) if kind else _guessed(data)
        if body is None:
            raise Unread("type", f"bodies of type {kind[:60]!r} do not pass here" if kind else "the body has no type")
        text, charset, mark = _decoded(data, whole, binary=getattr(body, "binary", False))
        asked = message.direction != "response"
        boundary = _BOUNDARY.search(whole)
        reading = self._reading(route, asked=asked, boundary=(boundary[1] or boundary[2]) if boundary else "",
                                told=_told_of(message, route, body), alone=body.name == "json")  # fmt: skip
        part = _Part("body", text, body, lambda m, _: m)
        try:
            if not (asked and _special(route)) and body.clean(text, reading):
                return message, [], None
            after, removed, refusal = self._cut(part, reading, path, route, asked=asked, way=way)
        except Unsound as error:
            raise Unread("size" if error.limit else "damaged", f"the body: {error}") from None
        if not removed or refusal is not None:
            return message, removed, refusal
        made = mark + after.encode(charset, "surrogatepass" if charset.startswith("utf-16") else "strict")
        return repaired(message, coding.encoded(made, names)), removed, None

    def _media(self, message: Message, kind: str, route: Route) -> tuple[Message, list[Removed], Tag | None]:
        """Media that a route declares: pixels are not looked at, the texts beside them are.

        Raises:
            Unread: The texts beside them cannot be read.
        """
        if coding.named(message.header("content-encoding")):
            raise Unread("coding", "media come without a coding of their own")

        def says(text: str) -> str:
            tag = self._told(text, route)
            return tag.term if tag is not None else ""

        try:
            sweep: Sweep = swept(message.body, kind, says)
        except Unsound as error:
            raise Unread("damaged", f"the body: {error}") from None
        if not sweep.terms:
            return message, [], None
        removed = [Removed("body", f"/{where}", "metadata", term) for where, term in sweep.terms]
        return repaired(message, sweep.data), removed, None

    def _told(self, text: str, route: Route) -> Tag | None:
        """A text beside a picture: what is judged of it is what it would be as a label of a person on it."""
        if self.look.weight(text) < 2:
            return None
        hits = [h for h in self.look.lexicon.match(text) if h.kind in {"attribute", "group"} and h.strength != "weak"]
        if not route.biometric:
            hits = [h for h in hits if h.kind == "attribute" and h.strength == "strong"]
        return Tag("metadata", hits[0].term, hits[0].kind) if hits else None


def _gone(thing: Shown, tag: Tag, box: Box, index: int) -> Iterable[Spot]:
    """What goes where a thing is a tag: it, a member or element; or the entry that it names."""
    if thing.role is Role.VALUE and thing.about.lower() in NAMING and thing.kind is Kind.TREE:
        if box.parent is not None and (box.parent.listed or tag.kind == "attribute") and not box.inside:
            return ((box.parent, box.index),)
        if box.parent is None and tag.kind == "attribute":
            return [(box, at) for at in range(len(box.starts))]
    return ((box, index),)


def repaired(message: Message, body: bytes) -> Message:
    """The message with another body, and its headers true of it."""
    headers = [
        (name, str(len(body)) if name == "content-length" else value)
        for name, value in message.headers
        if name not in _STALE and name not in {"trailer", "accept-ranges", "content-range"}
    ]
    return replace(message, headers=tuple(headers), body=body)


def _told_of(message: Message, route: Route, body: Body) -> Told | None:
    """Which message a body is, where its format does not say so and the policy does.

    Raises:
        Unread: The policy does not.
    """
    if not getattr(body, "described", False):
        return None
    described = route.descriptors
    if body.name != "grpc" and message.header("content-type").lower().startswith("application/grpc"):
        # ``+proto`` says what a frame holds, not that this is one message: gRPC-Web packs frames into texts as well.
        raise Unread("type", "this way of writing gRPC is not read")
    if described is None:
        raise Unread("type", "the policy names no descriptors of messages here")
    name = dict(route.messages).get(message.direction, "")
    if body.name == "grpc":
        pair = described.methods.get(message.path)
        name = "" if pair is None else pair[message.direction == "response"]
    if not name:
        raise Unread("type", "the descriptors do not say which message this is")
    return Told(described, name, route.unknown)


@lru_cache(1024)
def _plain(name: str) -> bool:
    """Whether a header asks for nothing by its value."""
    return _PLAIN.fullmatch(name) is not None


def _header(number: int, *, whole: bool = False) -> Callable[[Message, str], Message]:
    """Puts a header back: as it is now, or nothing where it is gone."""

    def back(message: Message, text: str) -> Message:
        # One that goes is emptied, and taken out at the end: the numbers of the others stay true.
        rows = list(message.headers)
        name, value = rows[number]
        rows[number] = (name, "" if whole else _sent(text, _told(value), value).strip())
        return replace(message, headers=tuple(rows))

    return back


def _told(raw: str) -> str:
    """What a header or query says to who reads its bytes as UTF-8, as most do where they are not ASCII."""
    if raw.isascii():
        return raw
    try:
        return raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return raw


def _sent(text: str, told: str, raw: str) -> str:
    """What is left of it, as it was sent.

    Args:
        text: What is left.
        told: What it said before.
        raw: As it was sent.
    """
    return text if told == raw else text.encode("utf-8").decode("latin-1")


def _special(route: Route) -> bool:
    """Whether more asks for a tag on a route than words of the lexicon do."""
    return route.wildcards or bool(route.masks)


def _media(kind: str, globs: tuple[str, ...]) -> bool:
    """Whether a type is one of the media that are declared: a drawing (SVG) is a text, unless it is named itself."""
    from fnmatch import fnmatchcase

    if kind in globs:
        return True
    return bool(kind) and any(fnmatchcase(kind, glob) for glob in globs) and named(kind) is None


def _guessed(data: bytes) -> Body | None:
    """The format of a body without a type: JSON, where it begins so."""
    return bodies()["json"] if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} else None


def _decoded(data: bytes, kind: str, *, binary: bool) -> tuple[str, str, bytes]:
    """The text of a body, its charset, and its byte-order mark where that is no part of the text.

    Raises:
        Unread: The charset is not read here, or does not fit.
    """
    if binary:
        return data.decode("latin-1"), "latin-1", b""
    found = _CHARSET.findall(kind)
    if len({c.lower() for c in found}) > 1:
        raise Unread("charset", "two charsets are said of the body")
    charset = found[0].lower() if found else "utf-8"
    if charset not in _CHARSETS:
        raise Unread("charset", f"the charset {charset[:20]!r} is not read here")
    mark = b""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        if not charset.startswith("utf-16"):
            raise Unread("charset", "the byte-order mark of the body is another charset's")
        mark, charset = data[:2], "utf-16le" if data[:1] == b"\xff" else "utf-16be"
    elif charset == "utf-16":
        charset = "utf-16be"
    try:
        text = data[len(mark) :].decode(charset)
        if charset not in {"utf-8", "utf8"} and text.encode(charset) != data[len(mark) :]:
            raise Unread("charset", "the body does not come back from its charset as it was")
    except UnicodeError:
        raise Unread("charset" if charset not in {"utf-8", "utf8"} else "damaged",
                     f"the body is not in {charset}") from None  # fmt: skip
    return text, charset, mark
