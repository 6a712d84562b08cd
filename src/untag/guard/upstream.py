"""The application that the guard stands before when it is a reverse proxy: whatever answers at an address.

Requests go on as they were judged, and responses come back piece by piece. What belongs to one connection alone
(RFC 9110, 7.6.1) stays there.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from untag.guard.asgi import Cut, Withheld, asked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from ssl import SSLContext

    from untag.guard.asgi import Event, Receive, Send

__all__ = ["Upstream"]

#: Headers of one hop. Extensions are none of them: a connection that is upgraded is another thing to judge.
_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
#: Headers of the request that opens a WebSocket which the client library writes itself.
_SOCKET = frozenset(
    {b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol"}
)
#: Bytes of a message of a WebSocket.
_MESSAGE = 64 << 20


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
        self._url = httpx.URL(url)
        self._verify = verify
        self._seconds = seconds
        self._host = host
        self._client = httpx.AsyncClient(
            verify=verify,
            timeout=httpx.Timeout(seconds, connect=min(seconds, 10.0), pool=seconds),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=min(connections, 100)),
            follow_redirects=False,
            trust_env=False,
        )
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
                await self._client.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def answers(self) -> bool:
        """Whether anybody listens at the address."""
        port = self._url.port or (443 if self._url.scheme in {"https", "wss"} else 80)
        try:
            async with asyncio.timeout(2):
                _, writer = await asyncio.open_connection(self._url.host, port)
        except (OSError, TimeoutError):
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    def _target(self, scope: Event) -> httpx.URL:
        """The address of a request, to the byte as it was judged."""
        message = asked(scope)
        path = self._url.raw_path.partition(b"?")[0].rstrip(b"/") + message.path.encode("latin-1")
        query = message.query.encode("latin-1")
        return self._url.copy_with(raw_path=path + b"?" + query if query else path)

    def _headers(self, scope: Event, but: Iterable[bytes] = ()) -> list[tuple[bytes, bytes]]:
        """Headers as they go on, and who asked for what."""
        rows = [(bytes(name).lower(), bytes(value)) for name, value in scope["headers"]]
        named = {part.strip().lower() for name, value in rows if name == b"connection" for part in value.split(b",")}
        gone = {*_HOP, *named, *but}
        if not self._host:
            gone.add(b"host")
        ours = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"}
        out = [row for row in rows if row[0] not in gone and row[0] not in ours]
        before = [value for name, value in rows if name == b"x-forwarded-for"]
        client = scope.get("client")
        chain = [*before, str(client[0]).encode()] if client else before
        if chain:
            out.append((b"x-forwarded-for", b", ".join(chain)))
        out.append((b"x-forwarded-proto", str(scope.get("scheme", "http")).encode()))
        out += [(b"x-forwarded-host", value) for name, value in rows if name == b"host"]
        return out

    async def _http(self, scope: Event, receive: Receive, send: Send) -> None:
        request = httpx.Request(
            scope["method"], self._target(scope), headers=self._headers(scope), content=await _body(receive, scope)
        )
        started = False
        try:
            response = await self._client.send(request, stream=True)
            try:
                named = {p.strip().lower() for p in response.headers.get("connection", "").encode().split(b",")}
                gone = {*_HOP, *named}
                headers = [(n.lower(), v) for n, v in response.headers.raw if n.lower() not in gone]
                await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
                started = True
                async for piece in response.aiter_raw():
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            await self._gone("timeout", 504, "The upstream did not answer in time", send, started=started)
        except httpx.ConnectError:
            await self._gone("connect", 502, "The upstream cannot be reached", send, started=started)
        except (httpx.TransportError, httpx.InvalidURL):
            await self._gone("broken", 502, "The upstream's answer broke off", send, started=started)

    async def _gone(self, why: str, status: int, title: str, send: Send, *, started: bool) -> None:
        self.failed[why] += 1
        if started:
            raise Cut(title)
        body = json.dumps({"type": f"urn:untag:guard:upstream-{why}", "title": title, "status": status}).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    # -- WebSockets

    async def _socket(self, scope: Event, receive: Receive, send: Send) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, WebSocketException

        await receive()
        target = self._target(scope)
        url = str(target.copy_with(scheme="wss" if target.scheme in {"https", "wss"} else "ws"))
        headers = self._headers(scope, _SOCKET)
        secure: Any = None
        if url.startswith("wss:"):
            secure = self._verify if not isinstance(self._verify, bool) else None
        try:
            made = await connect(
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
        async with made as there:
            await send({"type": "websocket.accept", "subprotocol": there.subprotocol, "headers": []})
            await _talk(there, receive, send)


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
        await send({"type": "websocket.close", "code": there.close_code or 1000, "reason": ""})

    async def up() -> None:
        while True:
            event = await receive()
            if event["type"] != "websocket.receive":
                await there.close(int(event.get("code") or 1000))
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
