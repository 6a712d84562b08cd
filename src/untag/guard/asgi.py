"""The guard as middleware (ASGI 3): around any application, without a framework.

A request is read whole before the application sees it, up to the policy's bound. A response goes out when it is judged:
whole, or event by event and line by line where it is such a stream. Messages of WebSockets are judged one by one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from untag.guard import coding
from untag.guard.keeper import Keeper
from untag.guard.message import Message, Problem, Verdict
from untag.guard.stream import Units, streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping
    from pathlib import Path

    from untag.guard.message import Direction
    from untag.guard.policy import Policy

    Event = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Event]]
    Send = Callable[[Event], Awaitable[None]]
    App = Callable[[Event, Receive, Send], Awaitable[None]]

__all__ = ["Cut", "Guard", "Withheld"]

#: Extensions of a server that an application may still use: none by which it sends what nobody looked at.
_EXTENSIONS = frozenset({"tls"})


class Withheld(Exception):  # noqa: N818 - what becomes of a stream
    """A stream was broken off, because a unit of it must not pass; the server closes the connection."""


class Cut(Withheld):
    """What answers broke off in the middle of a response: of one that is held nothing goes out, a stream ends."""


class Guard:
    """Middleware.

    Args:
        app: The application.
        policy: A policy, or its file, which is read again when it changes.
        observe: Whether nothing is changed and only logged; None for what the policy says.
        keeper: One that is there already; instead of a policy.
        direction: What the application is sent: requests, or deliveries that leave through it.

    Raises:
        UntagError: The policy is wrong, or the log cannot be written.
    """

    def __init__(
        self,
        app: App,
        policy: Policy | Path | str | None = None,
        *,
        observe: bool | None = None,
        keeper: Keeper | None = None,
        direction: Direction = "request",
    ) -> None:
        self.app = app
        self.direction: Direction = direction
        #: Bytes of bodies that are held until they are judged and sent.
        self.held = 0
        self.keeper = Keeper(policy, observe=observe) if keeper is None else keeper

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """One connection, as ASGI has it."""
        if scope["type"] == "http":
            self.keeper.renew()
            await _Exchange(self, scope, receive, send).run()
        elif scope["type"] == "websocket":
            from untag.guard.websocket import Talk

            self.keeper.renew()
            await Talk(self, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            raise Withheld(f"connections of type {scope['type']!r} do not pass")

    async def _lifespan(self, scope: Event, receive: Receive, send: Send) -> None:
        async def last(event: Event) -> None:
            if event["type"] in {"lifespan.shutdown.complete", "lifespan.shutdown.failed"}:
                self.keeper.close()
            await send(event)

        await self.app(scope, receive, last)


async def answer(
    problem: Problem, send: Send, more: Iterable[tuple[bytes, bytes]] = (), *, asked: Message | None = None
) -> None:
    """Send a problem as a response; no store keeps it.

    Args:
        problem: What is sent.
        send: The server's.
        more: Further headers.
        asked: The request; one of gRPC gets a status of gRPC and no body ("Trailers-Only").
    """
    kind = asked.header("content-type") if asked is not None else ""
    if kind.startswith("application/grpc"):
        headers = [
            (b"content-type", kind.encode("latin-1")),
            (b"content-length", b"0"),
            (b"cache-control", b"no-store"),
            (b"grpc-status", str(problem.code).encode()),
            (b"grpc-message", quote(problem.line(), safe=" .,:;()'").encode()),
            *more,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        return
    body = problem.body()
    headers = [
        (b"content-type", problem.media.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *more,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def asked(scope: Event, direction: Direction = "request") -> Message:
    """The request of a connection, without its body."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(scope["path"])
    headers = headed(scope["headers"])
    query = bytes(scope.get("query_string", b"")).decode("latin-1")
    host = next((value for name, value in headers if name == "host"), "")
    return Message(direction, scope.get("method", "GET"), path, query, headers, host=named(host))


def named(host: str) -> str:
    """The name of a host, without its port."""
    return host.rpartition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]


def caller(scope: Event, headers: tuple[tuple[str, str], ...], wanted: str) -> str:
    """Who asks: the address, or what a header says."""
    if wanted != "client":
        return next((value for name, value in headers if name == wanted), "")
    client = scope.get("client")
    return str(client[0]) if client else ""


def headed(rows: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """Headers as a message has them."""
    return tuple((bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1")) for name, value in rows)


def raw(headers: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI has them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def told(scope: Event, message: Message) -> Event:
    """The scope as the application sees it: as judged, and asking for nothing that could not be looked at."""
    extensions = {k: v for k, v in (scope.get("extensions") or {}).items() if k in _EXTENSIONS}
    return {
        **scope,
        "headers": raw(legible(message.headers)),
        "query_string": message.query.encode("latin-1"),
        "extensions": extensions,
    }


def legible(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Headers of a request that asks for nothing that could not be looked at."""
    out = []
    for name, value in headers:
        if name == "accept-encoding":
            value = readable(value)
        elif name == "grpc-accept-encoding":
            value = "identity"
        elif name in {"range", "if-range"}:
            continue  # a part of a document cannot be read
        out.append((name, value))
    return tuple(out)


def readable(value: str) -> str:
    """An Accept-Encoding with the codings that can be undone here."""
    known = {*coding.known(), "identity"}
    kept = [part for part in value.split(",") if part.partition(";")[0].strip().lower() in known]
    return ",".join(kept).strip() or "identity"


class _Exchange:
    """One request and its response."""

    def __init__(self, guard: Guard, scope: Event, receive: Receive, send: Send) -> None:
        self.guard = guard
        self.scope = scope
        self.receive = receive
        self.send = send
        self.engine = guard.keeper.engine
        self.request = asked(scope, guard.direction)
        self.caller = caller(scope, self.request.headers, self.engine.policy.log.caller)
        self.limit = self.engine.policy.limits.body
        self.body: list[bytes] = []
        self.handed = False
        self.whole = False
        #: The response: its start while it is held, its pieces, and how it goes out.
        self.start: Event | None = None
        self.headers: tuple[tuple[str, str], ...] = ()
        self.held: list[bytes] = []
        self.size = 0
        self.way = ""
        self.units: Units | None = None
        self.ended = False
        self.refused = False
        self.taken = 0

    async def run(self) -> None:
        """From the request to the end of the response."""
        try:
            await self._run()
        finally:
            self.guard.held -= self.taken

    def _room(self, size: int) -> bool:
        """Whether so many bytes more may be held; they are counted until the end."""
        self.taken += size
        self.guard.held += size
        return self.guard.held <= self.engine.policy.limits.held

    def _busy(self, message: Message) -> Verdict:
        """What becomes of what there is no room for."""
        problem = Problem(503, "busy", "Too many bodies are held at once")
        return self.engine.observed(Verdict("refuse", message, problem=problem), message)

    async def _run(self) -> None:
        streamed = self.engine.unswept(self.request)
        if not streamed:
            unread = await self._read()
            if unread is not None and unread.action == "refuse":
                await self._refuse(unread)
                return
            if unread is not None:
                # It passes unread, by its route or since it is only observed; what stands around it is judged.
                self.guard.keeper.noted(unread, self.caller)
                streamed = True
            elif not self.whole:
                return  # the client went
            else:
                self.request = replace(self.request, body=b"".join(self.body))
        verdict = await self.guard.keeper.settle(self.request, self.caller)
        if verdict.problem is not None and verdict.action == "refuse":
            await self._refuse(verdict, logged=True)
            return
        if not streamed:
            self.body = [verdict.message.body]
        scope = told(self.scope, verdict.message)
        try:
            await self.guard.app(scope, self._onward if streamed else self._again, self._out)
        except Cut:
            if self.refused:
                return
            if self.ended or self.start is None:
                raise
        if not self.ended and self.start is not None:
            # The application left before its response was whole, and nothing of it went out: it is no response.
            await self._refuse(self.engine.cut(self._answer(b"")))

    async def _read(self) -> Verdict | None:
        """Read the request; what becomes of it where it cannot be held, None where it could or the client went."""
        said = self.request.header("content-length")
        if said.isdecimal() and int(said) > self.limit:
            return self.engine.too_large(self.request)
        size = 0
        while True:
            event = await self.receive()
            if event["type"] == "http.disconnect":
                return None
            piece = event.get("body", b"")
            size += len(piece)
            self.body.append(piece)
            room = self._room(len(piece))
            self.whole = not event.get("more_body", False)
            if size > self.limit:
                return self.engine.too_large(self.request)
            if not room:
                return self._busy(self.request)
            if self.whole:
                return None

    async def _onward(self) -> Event:
        """The request as it comes: what was read of it, then the rest."""
        if not self.body:
            return await self.receive()
        piece = self.body.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self.body) or not self.whole}

    async def _again(self) -> Event:
        """The request as judged, then whatever the client does."""
        if not self.handed:
            self.handed = True
            return {"type": "http.request", "body": self.body[0], "more_body": False}
        return await self.receive()

    # -- the response

    def _answer(self, body: bytes) -> Message:
        return Message("response", self.request.method, self.request.path, "", self.headers, body, self.request.host)

    async def _out(self, event: Event) -> None:
        """What the application sends."""
        if self.refused and event.get("more_body", False):
            # A problem went out whole: a stream that goes on would be taken for nothing, for ever.
            raise Cut("the response was refused")
        if self.ended:
            return
        if event["type"] == "http.response.start":
            self.start, self.headers = event, headed(event.get("headers", ()))
            await self._begin()
        elif event["type"] == "http.response.body":
            await self._more(bytes(event.get("body", b"")), last=not event.get("more_body", False))
        else:
            raise Withheld(f"{event['type']} does not pass")

    async def _begin(self) -> None:
        """Settle how the response goes out."""
        assert self.start is not None  # noqa: S101 - for the type checker
        answer = self._answer(b"")
        status = self.start["status"]
        if self.engine.unswept(answer):
            self.way = "through"
        elif self.request.method == "HEAD" or status in {204, 304} or status < 200:
            self.way = "bare"
        elif streams(answer):
            self.way = "units"
            self.units = Units(answer, self.engine.policy.limits.unit)
        else:
            self.way = "hold"
        if self.way == "hold":
            return
        verdict = await self.guard.keeper.settle(answer, self.caller)
        if verdict.problem is not None and verdict.action == "refuse":
            await self._refuse(verdict, logged=True)
            return
        gone = {"content-length", "etag", "content-digest", "repr-digest", "digest", "content-md5"}
        headers = verdict.message.headers
        if self.way == "units":
            headers = tuple(h for h in headers if h[0] not in gone)
        self.start = {**self.start, "headers": raw(headers), "trailers": False}
        if self.way in {"through", "bare"}:
            await self._started()

    async def _started(self) -> None:
        if self.start is not None:
            await self.send(self.start)
            self.start = None

    async def _more(self, piece: bytes, *, last: bool) -> None:
        if self.way in {"through", "bare"}:
            self.ended = last
            await self.send(
                {"type": "http.response.body", "body": piece if self.way == "through" else b"", "more_body": not last}
            )
        elif self.way == "units":
            await self._units(piece, last=last)
        else:
            await self._hold(piece, last=last)

    async def _hold(self, piece: bytes, *, last: bool) -> None:
        """Keep what comes until it is whole, and judge it."""
        self.size += len(piece)
        room = self._room(len(piece))
        if self.size > self.limit or not room:
            answer = self._answer(b"")
            verdict = self.engine.too_large(answer) if room else self._busy(answer)
            if verdict.action == "refuse":
                await self._refuse(verdict)
                return
            self.guard.keeper.noted(verdict, self.caller)
            self.way = "through"
            await self._started()
            body = b"".join([*self.held, piece])
            await self.send({"type": "http.response.body", "body": body, "more_body": not last})
            self.held, self.ended = [], last
            return
        self.held.append(piece)
        if not last:
            return
        verdict = await self.guard.keeper.settle(self._answer(b"".join(self.held)), self.caller)
        self.held = []
        if verdict.problem is not None and verdict.action == "refuse":
            await self._refuse(verdict, logged=True)
            return
        assert self.start is not None  # noqa: S101 - for the type checker
        self.ended = True
        if verdict.action == "change":
            self.start = {**self.start, "headers": raw(verdict.message.headers)}
        self.start = {**self.start, "trailers": False}
        await self._started()
        await self.send({"type": "http.response.body", "body": verdict.message.body, "more_body": False})

    async def _units(self, piece: bytes, *, last: bool) -> None:
        """Judge the events or lines that are whole; the first of them lets the start go."""
        assert self.units is not None  # noqa: S101 - for the type checker
        out: list[bytes] = []
        for unit in self.units.feed(piece, last=last):
            if unit is None:
                verdict = self.units.large(self.engine)
                self.guard.keeper.noted(verdict, self.caller)
            else:
                verdict = await self.guard.keeper.settle(unit, self.caller)
            if verdict.action == "refuse":
                await self._break(verdict, out)
                return
            if unit is None:
                # Its route lets it pass unread: so does all that follows.
                self.way = "through"
                out.append(self.units.rest)
                await self._started()
                break
            out.append(verdict.message.body)
        if out or last:
            await self._started()
            self.ended = last
            await self.send({"type": "http.response.body", "body": b"".join(out), "more_body": not last})

    async def _break(self, verdict: Verdict, out: list[bytes]) -> None:
        """End a stream at a unit that does not pass; a client must see that it is not whole."""
        if self.start is not None and not out:
            await self._refuse(verdict, logged=True)
            return
        await self._started()
        if out:
            await self.send({"type": "http.response.body", "body": b"".join(out), "more_body": True})
        self.ended = True
        raise Withheld(verdict.problem.detail if verdict.problem is not None else "a unit of a stream does not pass")

    async def _refuse(self, verdict: Verdict, *, logged: bool = False) -> None:
        """Send a problem instead."""
        if not logged:
            self.guard.keeper.noted(verdict, self.caller)
        problem = verdict.problem or Problem(503, "crash", "The guard failed")
        self.ended, self.start, self.held = True, None, []
        # What is left of a request is not read.
        more = () if self.whole else ((b"connection", b"close"),)
        await answer(problem, self.send, more, asked=self.request)
        self.refused = True
