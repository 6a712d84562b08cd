"""Tunnels (``CONNECT``, RFC 9110, 9.3.6): what goes through one cannot be seen: few are made, and all are logged.

A tunnel is made to hosts that the policy lists, with a reason and a last day; any other is refused. It begins a
connection: the server hands that over before it has read anything, and has nothing to do with it any more.

A tunnel that the policy says is judged is none: whoever asked for it is told that it stands, and what comes then is
read as HTTP to that host, each request and each message of a WebSocket judged as ever. Nothing is connected to before
there is something that was judged, and what is no HTTP (TLS above all) ends it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from untag.guard.message import Message, Problem, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from untag.guard.asgi import Event, Receive, Send
    from untag.guard.keeper import Keeper

__all__ = ["Door"]

#: Bytes of the longest head, seconds that it may take, and seconds in which nothing needs to go through a tunnel.
_HEAD, _WAIT, _IDLE = 16 << 10, 10.0, 900.0
_PIECE = 64 << 10
_BEGINS = b"CONNECT "
_MADE = b"HTTP/1.1 200 Connection established\r\n\r\n"
#: What TLS begins with, and how it is told that it may not (RFC 8446, 6.2: access_denied).
_TLS, _DENIED = 0x16, bytes.fromhex("15030300020231")
_ASKED = re.compile(rb"CONNECT (\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):(\d{1,5}) HTTP/1\.[01]\r\n")


class Door(H11Protocol):
    """One connection of a client: HTTP as ever, or a tunnel.

    Args:
        keeper: The policy and the log.
        seconds: How long it may take until what is behind answers.
        more: What a protocol of the server is told.
    """

    def __init__(self, *, keeper: Keeper, seconds: float, **more: Any) -> None:
        super().__init__(**more)
        self._keeper = keeper
        self._seconds = seconds
        self._first: bytearray | None = bytearray()
        #: Where a tunnel that is judged leads, and what ends one that does not begin.
        self._within: tuple[str, int] | None = None
        self._late: asyncio.TimerHandle | None = None
        self._sockets = self.ws_protocol_class
        # It is called as a class is.
        made: Any = self._socket
        self.ws_protocol_class = made

    def data_received(self, data: bytes) -> None:
        """Bytes of the client; the first ones say what it wants."""
        if self._first is None:
            super().data_received(data)
            return
        self._first += data
        begun = bytes(self._first[: len(_BEGINS)])
        if self._within is not None:
            self._inside()
        elif begun == _BEGINS:
            self._asked()
        elif not _BEGINS.startswith(begun):
            self._http()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went."""
        self._in_time()
        super().connection_lost(exc)

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _http(self) -> None:
        """What came is HTTP, and so is what will come."""
        data, self._first = bytes(self._first or b""), None
        self._in_time()
        super().data_received(data)

    def _socket(self, **given: Any) -> Any:
        """What speaks WebSocket with the client: it asks the same application, which knows of the tunnel."""
        assert self._sockets is not None  # noqa: S101 - for the type checker
        made: Any = self._sockets(**given)
        made.app = self.app
        return made

    def _asked(self) -> None:
        """A tunnel is asked for: one that is judged begins here, any other somewhere else."""
        data = bytes(self._first or b"")
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end and len(data) <= _HEAD:
            if self._late is None:
                self._late = self.loop.call_later(_WAIT, self.transport.close)
            return
        self._in_time()
        place = _place(head + end)
        if place is not None:
            self._keeper.renew()
            let = self._keeper.policy.tunnel(*place, dt.datetime.now(dt.UTC).date())
            if let is not None and let.judged:
                self._within = place
                self._first = bytearray(rest)
                self._late = self.loop.call_later(_WAIT, self.transport.close)
                self.transport.write(_MADE)
                if rest:
                    self._inside()
                return
        self._first = None
        self._tunnel(data)

    def _inside(self) -> None:
        """The first bytes within a tunnel that is judged."""
        assert self._within is not None  # noqa: S101 - for the type checker
        data = bytes(self._first or b"")
        if data[:1].isalpha():
            host, port = self._within
            self.app = _Within(self.app, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
            self._http()
            return
        self._in_time()
        self._first = None
        message = Message("delivery", "CONNECT", host=self._within[0])
        detail = "A tunnel that is judged takes HTTP and WebSockets without TLS: send http or ws to the proxy."
        problem = Problem(403, "tunnel", "What goes through the tunnel cannot be judged", detail)
        verdict = Verdict("refuse", message, problem=problem, route="tunnel")
        verdict = self._keeper.engine.observed(verdict, message)
        client = self.client[0] if self.client else ""
        if self._keeper.logged(verdict, message, client).action == "refuse":
            if data[0] == _TLS:
                self.transport.write(_DENIED)
            self.transport.close()
        else:
            self._tunnel(data, self._within)

    def _tunnel(self, data: bytes, place: tuple[str, int] | None = None) -> None:
        """Take the connection away from the server.

        Args:
            data: What came.
            place: Where it leads, where that was said and answered before.
        """
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        reader = asyncio.StreamReader(limit=_HEAD, loop=self.loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self.loop)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        reader.feed_data(data)
        writer = asyncio.StreamWriter(self.transport, protocol, reader, self.loop)
        client = self.client[0] if self.client else ""
        task = self.loop.create_task(_Tunnel(self._keeper, self._seconds, client, reader, writer).run(place))
        # So that the server waits for it at its end, and ends it.
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _place(head: bytes) -> tuple[str, int] | None:
    """Host and port that a tunnel is asked for; None where they are none."""
    found = _ASKED.match(head)
    if found is None or not 0 < int(found[2]) < 65536:
        return None
    return found[1].decode().strip("[]").lower(), int(found[2])


class _Within:
    """The application, for what comes through a tunnel that is judged.

    Args:
        app: The application.
        place: Host and port that the tunnel leads to.
    """

    def __init__(self, app: Any, place: str) -> None:
        self._app = app
        self._place = place

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        await self._app({**scope, "untag.within": self._place}, receive, send)


class _Tunnel:
    """One tunnel, from its request to its end."""

    def __init__(
        self, keeper: Keeper, seconds: float, client: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._keeper = keeper
        self._seconds = seconds
        self._client = client
        self._reader = reader
        self._writer = writer

    async def run(self, place: tuple[str, int] | None = None) -> None:
        """Judge the request, and pass on what comes if it is let through.

        Args:
            place: Where it leads, where all that was done.
        """
        try:
            if place is not None:
                await self._joined(*place, made=True)
                return
            try:
                async with asyncio.timeout(_WAIT):
                    head = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
                return
            place = _place(head)
            if place is None:
                self._say(Problem(400, "address", "The address of the tunnel is none", "It is HOST:PORT."))
                return
            verdict = self._judged(*place)
            if verdict.problem is not None and verdict.action == "refuse":
                self._say(verdict.problem)
                return
            await self._joined(*place)
        finally:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def _judged(self, host: str, port: int) -> Verdict:
        """Whether the policy lets a tunnel through, logged."""
        keeper = self._keeper
        keeper.renew()
        message = Message("delivery", "CONNECT", host=host)
        let = keeper.policy.tunnel(host, port, dt.datetime.now(dt.UTC).date())
        if let is not None:
            verdict = Verdict("pass", message, route="tunnel", note=f"tunnel, not seen: {let.reason}")
        else:
            detail = "What goes through a tunnel cannot be judged: list the host under [[tunnel]], or send http to it."
            problem = Problem(403, "tunnel", "The policy lets no tunnel through to this address", detail)
            verdict = Verdict("refuse", message, problem=problem, route="tunnel")
            verdict = keeper.engine.observed(verdict, message)
        return keeper.logged(verdict, message, self._client)

    async def _joined(self, host: str, port: int, *, made: bool = False) -> None:
        """Connect, and pass on what comes until it ends; ``made`` where the client was told so already."""
        try:
            async with asyncio.timeout(self._seconds):
                there, back = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            if not made:
                self._say(Problem(502, "upstream-connect", "The upstream cannot be reached"))
            return
        if not made:
            self._writer.write(_MADE)
        life = _Life(asyncio.get_running_loop().time)
        ways = [
            asyncio.create_task(_passed(self._reader, back, life)),
            asyncio.create_task(_passed(there, self._writer, life)),
        ]
        try:
            await asyncio.wait(ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.close()
            with suppress(OSError):
                await back.wait_closed()

    def _say(self, problem: Problem) -> None:
        body = problem.body()
        head = (
            f"HTTP/1.1 {problem.status} Refused\r\ncontent-type: {problem.media}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self._writer.write(head.encode() + body)


class _Life:
    """When something went through a tunnel last, whichever way: who loads for an hour says nothing meanwhile.

    Args:
        clock: The time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.touch()

    def touch(self) -> None:
        """Something went through."""
        self._last = self._clock()

    @property
    def left(self) -> float:
        """Seconds in which something has to go through; 0 and less where nothing did for too long."""
        return self._last + _IDLE - self._clock()


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, life: _Life) -> None:
    """Pass bytes on in one way until they end, or nothing went either way for long."""
    with suppress(OSError):
        while life.left > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(life.left):
                    piece = await reader.read(_PIECE)
                    life.touch()
                    if not piece:
                        break
                    writer.write(piece)
                    await writer.drain()
    with suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
