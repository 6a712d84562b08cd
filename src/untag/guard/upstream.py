"""The application that the guard stands before when it is a reverse proxy: whatever answers at an address.

Requests go on as they were judged, and responses come back piece by piece. What belongs to one connection alone
(RFC 9110, 7.6.1) stays there.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from untag.guard.asgi import Cut, Withheld, answer, asked
from untag.guard.message import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from ssl import SSLContext

    from untag.guard.asgi import Event, Receive, Send

__all__ = ["Upstream", "authority"]

#: Headers of one hop. Extensions are none of them: a connection that is upgraded is another thing to judge. The body is
#: at hand, so that nobody is asked whether it is wanted.
_HOP = frozenset(
    {
        b"connection", b"expect", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
#: Headers of the request that opens a WebSocket which the client library writes itself.
_SOCKET = frozenset(
    {b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol"}
)
#: What the library would write of itself.
_NONE = frozenset({"Accept", "Accept-Encoding", "Content-Type", "User-Agent"})
#: Bytes of the longest line of an answer's head, and of what is read of its body at once.
_LINE, _PIECE = 64 << 10, 256 << 10
#: Bytes of a message of a WebSocket.
_MESSAGE = 64 << 20
#: A path as RFC 3986 writes it, what a query does not hold, and a step that leads out of the address before it.
_PATH = re.compile(rb"/[!\"$->@-~]{0,65536}")
_STRANGE = re.compile(rb"[^!\"$-~]")
_CLIMBS = re.compile(rb"/(?:\.|%2e){1,2}(?:/|\\|%2f|%5c|\Z)", re.IGNORECASE)


class Upstream:
    """Passes requests on to an address (ASGI 3).

    Args:
        url: Scheme, host, port, and a path before all paths.
        verify: How the certificate of an ``https`` address is looked at.
        seconds: How long an answer may take to begin, and each of its pieces to come.
        connections: Most connections at once.
        host: Whether the client's ``Host`` goes on; otherwise it is the address's own.
    """

    def __init__(
        self,
        url: str,
        *,
        verify: SSLContext | bool = True,
        seconds: float = 60.0,
        connections: int = 1000,
        host: bool = False,
    ) -> None:
        self._url = URL(url)
        self._verify = verify
        self._seconds = seconds
        self._host = host
        self._connections = connections
        #: Made when a loop runs.
        self._client: aiohttp.ClientSession | None = None
        #: Requests that the address did not answer, by what went wrong.
        self.failed: dict[str, int] = {"connect": 0, "timeout": 0, "broken": 0}

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._client is not None:
                    await self._client.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def answers(self) -> bool:
        """Whether anybody listens at the address."""
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(self._url.host, self._url.port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    def _session(self) -> aiohttp.ClientSession:
        """The client: it goes nowhere else, keeps no cookies and unpacks nothing."""
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._verify, limit=self._connections),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=self._seconds, sock_connect=min(self._seconds, 10.0), sock_read=self._seconds
                ),
                cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False, skip_auto_headers=_NONE,
                max_line_size=_LINE, max_field_size=_LINE, read_bufsize=_PIECE,
            )  # fmt: skip
        return self._client

    def _to(self, scope: Event) -> URL:  # noqa: ARG002 - what it may depend on elsewhere
        """The address that a request goes to: scheme, host, port, and a path before its own."""
        return self._url

    def _target(self, scope: Event) -> str:
        """Path and query of a request as they are sent: as they were judged; what no query may hold is escaped.

        Raises:
            ValueError: The path climbs out of the address, or holds what no path may.
        """
        message = asked(scope)
        path = message.path.encode("latin-1")
        if not _PATH.fullmatch(path) or _CLIMBS.search(path):
            raise ValueError("not a path")
        before = self._to(scope).raw_path.rstrip("/")
        query = _STRANGE.sub(lambda found: b"%%%02X" % found[0][0], message.query.encode("latin-1")).decode()
        return before + path.decode() + (f"?{query}" if query else "")

    def _kept(self, scope: Event, but: Iterable[bytes] = ()) -> list[tuple[bytes, bytes]]:
        """Headers that are of more than one connection."""
        rows = [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]]
        named = {part.strip().lower() for name, value in rows if name == b"connection" for part in value.split(b",")}
        gone = {*_HOP, *named, *but}
        if not self._host:
            gone.add(b"host")
        return [row for row in rows if row[0] not in gone]

    def _headers(self, scope: Event, but: Iterable[bytes] = ()) -> list[tuple[bytes, bytes]]:
        """Headers as they go on, and who asked for what."""
        rows = [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]]
        ours = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"}
        out = [row for row in self._kept(scope, but) if row[0] not in ours]
        before = [value for name, value in rows if name == b"x-forwarded-for"]
        client = scope.get("client")
        chain = [*before, str(client[0]).encode()] if client else before
        if chain:
            out.append((b"x-forwarded-for", b", ".join(chain)))
        out.append((b"x-forwarded-proto", str(scope.get("scheme", "http")).encode()))
        out += [(b"x-forwarded-host", value) for name, value in rows if name == b"host"]
        return out

    async def _http(self, scope: Event, receive: Receive, send: Send) -> None:
        try:
            target = self._target(scope)
        except ValueError:
            await answer(Problem(400, "path", "The path is none that is passed on"), send)
            return
        url = self._to(scope)
        body = await _body(receive, scope)
        # The length of a whole body is counted anew.
        headers = self._headers(scope, {b"content-length"} if isinstance(body, bytes) else ())
        if not any(name == b"host" for name, _ in headers):
            headers.insert(0, (b"host", authority(url).encode()))
        started = False
        try:
            async with self._session().request(
                scope["method"],
                URL(f"{url.scheme}://{authority(url)}{target}", encoded=True),
                headers=[(_text(name), _text(value)) for name, value in headers],
                data=body or None,
                allow_redirects=False,
            ) as response:
                if response.status < 200:
                    await self._gone("broken", 502, "The upstream changed the protocol", send, started=False)
                    return
                rows = [(name.lower(), value) for name, value in response.raw_headers]
                named = {p.strip().lower() for n, v in rows if n == b"connection" for p in v.split(b",")}
                gone = {*_HOP, *named}
                rows = [row for row in rows if row[0] not in gone]
                await send({"type": "http.response.start", "status": response.status, "headers": rows})
                started = True
                async for piece in response.content.iter_any():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            await self._gone("timeout", 504, "The upstream did not answer in time", send, started=started)
        except aiohttp.ClientConnectorError:
            await self._gone("connect", 502, "The upstream cannot be reached", send, started=started)
        except (aiohttp.ClientError, OSError):
            await self._gone("broken", 502, "The upstream's answer broke off", send, started=started)
        except ValueError:
            # A header that no client may send.
            await self._gone("broken", 502, "The request cannot be passed on", send, started=started)

    async def _gone(self, why: str, status: int, title: str, send: Send, *, started: bool) -> None:
        self.failed[why] += 1
        if started:
            raise Cut(title)
        await answer(Problem(status, f"upstream-{why}", title), send)

    # -- WebSockets

    async def _socket(self, scope: Event, receive: Receive, send: Send) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, WebSocketException

        class Straight(connect):
            """Goes nowhere else: where the upstream would send us may be another machine."""

            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc

        await receive()
        try:
            target = self._target(scope)
        except ValueError:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        there = self._to(scope)
        safe = there.scheme == "https"
        url = f"{'wss' if safe else 'ws'}://{authority(there)}{target}"
        # The library writes its own Host.
        headers = self._headers(scope, {*_SOCKET, b"host"})
        secure: Any = None
        if safe:
            secure = self._verify if not isinstance(self._verify, bool) else _context(checked=self._verify)
        try:
            made = await Straight(
                url,
                additional_headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers],
                subprotocols=list(scope.get("subprotocols") or []) or None,
                compression=None,
                max_size=_MESSAGE,
                open_timeout=self._seconds,
                ssl=secure,
                proxy=None,
            )
        except (OSError, TimeoutError, InvalidHandshake, WebSocketException):
            self.failed["connect"] += 1
            await send({"type": "websocket.close", "code": 1011, "reason": ""})
            return
        async with made as talk:
            await send({"type": "websocket.accept", "subprotocol": talk.subprotocol, "headers": []})
            await _talk(talk, receive, send)


def _context(*, checked: bool) -> SSLContext:
    """How the certificate of a WebSocket's upstream is looked at."""
    import ssl

    made = ssl.create_default_context()
    if not checked:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def authority(url: URL) -> str:
    """Host and port of an address as the header Host has them: a port that goes without saying is left out."""
    host = url.raw_host or ""
    host = f"[{host}]" if ":" in host else host
    return host if url.is_default_port() else f"{host}:{url.port}"


def _text(raw: bytes) -> str:
    """A name or value as the library writes it: it makes UTF-8 of all texts."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _closing(code: int | None) -> int:
    """A close code that may be sent (RFC 6455, 7.4): what only says how a connection ended is none."""
    if code is None or code in {1004, 1005, 1006, 1015} or not 1000 <= code < 5000:
        return 1000 if code in {None, 1005} else 1011
    return code


async def _body(receive: Receive, scope: Event) -> bytes | AsyncIterator[bytes]:
    """The body of a request: whole where it is at hand, else as it comes."""
    event = await receive()
    first = bytes(event.get("body", b""))
    if event["type"] != "http.request" or not event.get("more_body", False):
        return first

    async def pieces() -> AsyncIterator[bytes]:
        yield first
        while True:
            event = await receive()
            if event["type"] != "http.request":
                raise Withheld(f"the client left in the middle of {scope['method']}")
            yield bytes(event.get("body", b""))
            if not event.get("more_body", False):
                return

    return pieces()


async def _talk(there: Any, receive: Receive, send: Send) -> None:
    """Pass messages both ways until one side ends."""
    from websockets.exceptions import ConnectionClosed

    async def down() -> None:
        try:
            async for message in there:
                kind = "text" if isinstance(message, str) else "bytes"
                await send({"type": "websocket.send", kind: message})
        except ConnectionClosed:
            pass
        await send({"type": "websocket.close", "code": _closing(there.close_code), "reason": ""})

    async def up() -> None:
        while True:
            event = await receive()
            if event["type"] != "websocket.receive":
                await there.close(_closing(event.get("code")))
                return
            text = event.get("text")
            try:
                await there.send(text if text is not None else event["bytes"])
            except ConnectionClosed:
                return

    tasks = [asyncio.create_task(down()), asyncio.create_task(up())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
