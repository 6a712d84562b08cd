"""The guard as a forward proxy for what leaves by itself: webhooks, calls to other services.

A request that goes out is a delivery to somebody: it loses its tags as a response does, or is refused. The answer that
comes back is a response like any other. Of a WebSocket each message that goes out is a delivery, and each that comes in
a response; it is opened by its address, or within a tunnel that is judged. The server is uvicorn: it hands the address
over as the client wrote it, scheme and host, and lets go of a connection that becomes a tunnel; the one of the reverse
proxy does neither.
"""

from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from untag.guard.message import Problem
from untag.guard.proxy import paired, verified
from untag.mistake import UntagError

if TYPE_CHECKING:
    from untag.guard.asgi import App, Event, Receive, Send
    from untag.guard.keeper import Keeper

__all__ = ["Egress", "serve"]

NEEDS = "the forward proxy needs uvicorn, websockets, aiohttp and prometheus-client: pip install 'untag[proxy]'"
#: The address in the first line of a request to a proxy (RFC 9112, 3.2.2).
_WHERE = re.compile(
    r"(https?|wss?)://(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(\d{1,5}))?(/.*|)", re.IGNORECASE
)
#: How the proxy calls itself in ``Via``.
_OWN = b"untag-guard"
#: A path within a tunnel, and what the scheme of a WebSocket is as one of HTTP.
_WITHIN = re.compile(r"/.*")
_SCHEMES = {"ws": "http", "wss": "https"}
#: Bytes of a message of a WebSocket that the server takes.
_MESSAGE = 64 << 20
#: Seconds that the end may take.
_END = 10


@dataclass(frozen=True, slots=True)
class Egress:
    """Settings.

    Attributes:
        host: Where it listens.
        port: The port.
        policy: File of the policy, read again when it changes; nothing for the shipped one.
        observe: Whether nothing is changed and only logged.
        certificate: File of the chain, PEM; with it connections to the proxy are TLS.
        key: File of its private key.
        authority: Certificates that others' are checked against; nothing for those of the system.
        seconds: How long an answer may take to begin, and each of its pieces to come.
        connections: Most connections outwards.
        status: Path under which health, readiness and metrics are; nothing for nowhere.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    policy: str = ""
    observe: bool = False
    certificate: str = ""
    key: str = ""
    authority: str = ""
    seconds: float = 60.0
    connections: int = 1000
    status: str = "/-/untag"


def made(egress: Egress, keeper: Keeper) -> App:
    """The guard before everything that can be reached, with its status.

    Raises:
        UntagError: A file of certificates cannot be read.
    """
    from yarl import URL

    from untag.guard.asgi import Guard, answer
    from untag.guard.status import Status
    from untag.guard.upstream import Upstream, authority

    class Outward(Upstream):
        """Passes deliveries on to where each of them goes."""

        def _to(self, scope: Event) -> URL:
            url: URL = scope["untag.to"]
            return url

        def _headers(self, scope: Event, but: Any = ()) -> list[tuple[bytes, bytes]]:
            # Who asked is nobody's business outside.
            rows = self._kept(scope, but)
            via = [value for name, value in rows if name == b"via"]
            version = str(scope.get("http_version", "1.1")).encode()
            return [*(r for r in rows if r[0] != b"via"), (b"via", b", ".join([*via, version + b" " + _OWN]))]

        async def answers(self) -> bool:
            return True

    upstream = Outward(
        "http://localhost", verify=verified(egress.authority), seconds=egress.seconds, connections=egress.connections
    )
    guard = Guard(upstream, keeper=keeper, direction="delivery")

    async def outlet(scope: Event, receive: Receive, send: Send) -> None:
        """Take the address out of the first line."""
        if scope["type"] == "lifespan":
            await guard(scope, receive, send)
            return
        talk = scope["type"] == "websocket"

        async def no(problem: Problem) -> None:
            if not talk:
                await answer(problem, send)
                return
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

        if not talk and scope["method"] == "CONNECT":
            await no(Problem(400, "address", "A tunnel begins a connection"))
            return
        raw = bytes(scope["raw_path"]).decode("latin-1")
        within = scope.get("untag.within")
        if within is not None:
            address = f"http://{within}"
            found = _WHERE.fullmatch(address + raw) if _WITHIN.fullmatch(raw) else None
        else:
            found = _WHERE.fullmatch(raw)
        scheme = found[1].lower() if found is not None else ""
        if found is None or not 0 < int(found[3] or 80) < 65536 or (not talk and scheme in _SCHEMES):
            await no(Problem(400, "address", "The address is none of http or https"))
            return
        if any(name == b"via" and b" " + _OWN in value for name, value in scope["headers"]):
            await no(Problem(508, "loop", "The request came through this proxy before"))
            return
        scheme, name, port, path = _SCHEMES.get(scheme, scheme), found[2].lower(), found[3], found[4] or "/"
        url = URL(f"{scheme}://{name}{f':{port}' if port else ''}/", encoded=True)
        # The address counts, whatever Host says (RFC 9112, 3.2.2).
        headers = [(b"host", authority(url).encode()), *(row for row in scope["headers"] if row[0] != b"host")]
        scope = {
            **scope, "scheme": scheme.replace("http", "ws") if talk else scheme, "path": unquote(path),
            "raw_path": path.encode("latin-1"), "headers": headers, "untag.to": url,
        }  # fmt: skip
        await guard(scope, receive, send)

    return Status(outlet, keeper, upstream, egress.status)


def serve(egress: Egress) -> None:
    """Serve until a signal ends it: SIGINT and SIGTERM end it gracefully.

    Raises:
        UntagError: A setting is wrong, it cannot listen, or a library is missing.
    """
    try:
        import aiohttp  # noqa: F401 - told at once
        import prometheus_client  # noqa: F401 - told at once
        import uvicorn
        import websockets  # noqa: F401 - told at once
    except ImportError:
        raise UntagError(NEEDS) from None
    from untag.guard.keeper import Keeper
    from untag.guard.tunnel import Door

    paired(egress.certificate, egress.key)
    verified(egress.authority)
    keeper = Keeper(Path(egress.policy) if egress.policy else None, observe=True if egress.observe else None)
    keeper.warm()
    # It is called as a class is; what it gives is a protocol with our settings.
    door: Any = partial(Door, keeper=keeper, seconds=min(egress.seconds, 10.0))
    config = uvicorn.Config(
        made(egress, keeper), host=egress.host, port=egress.port, http=door, lifespan="on", access_log=False,
        ws="websockets-sansio", ws_max_size=_MESSAGE, ws_per_message_deflate=False,
        log_level="warning", proxy_headers=False, server_header=False, date_header=False,
        ssl_certfile=egress.certificate or None, ssl_keyfile=egress.key or None, timeout_graceful_shutdown=_END,
    )  # fmt: skip
    # The server raises anew what ended it, when it has ended: nobody is to be killed by that.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: None)
    try:
        asyncio.run(uvicorn.Server(config).serve())
    except SystemExit:
        raise UntagError(f"cannot listen at {egress.host}:{egress.port}") from None
    finally:
        keeper.close()
