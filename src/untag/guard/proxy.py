"""The guard as a reverse proxy, on granian: HTTP/1.1, HTTP/2 and WebSockets, with TLS, to an address behind it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag.mistake import UntagError

if TYPE_CHECKING:
    from ssl import SSLContext

    from untag.guard.asgi import App

__all__ = ["Proxy", "application", "serve"]

#: Where the settings wait for the process that serves: a worker is started anew and knows nothing else.
_SETTINGS = "UNTAG_GUARD_PROXY"
#: Clients that wait to be let in, and most at once: slow ones must not keep others out. What they may hold is bounded.
_BACKLOG, _CLIENTS = 4096, 32768
NEEDS = "the reverse proxy needs granian, aiohttp, websockets and prometheus-client: pip install 'untag[proxy]'"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Settings.

    Attributes:
        upstream: Address of what is behind: ``http://host:port``.
        host: Where it listens.
        port: The port; 0 is refused, since nobody would know it.
        policy: File of the policy, read again when it changes; nothing for the shipped one.
        observe: Whether nothing is changed and only logged.
        certificate: File of the chain, PEM; with it connections are TLS.
        key: File of its private key.
        authority: Certificates that an upstream's is checked against; nothing for those of the system.
        insecure: Whether an upstream's certificate is not looked at.
        seconds: How long an upstream may be silent.
        connections: Most connections to it.
        preserve: Whether the client's ``Host`` goes on.
        status: Path under which health, readiness and metrics are; nothing for nowhere.
    """

    upstream: str
    host: str = "127.0.0.1"
    port: int = 8080
    policy: str = ""
    observe: bool = False
    certificate: str = ""
    key: str = ""
    authority: str = ""
    insecure: bool = False
    seconds: float = 60.0
    connections: int = 1000
    preserve: bool = False
    status: str = "/-/untag"


def application() -> App:
    """What a worker serves, by the settings that ``serve`` left in the environment."""
    return made(Proxy(**json.loads(os.environ[_SETTINGS])))


def made(proxy: Proxy) -> App:
    """The guard before an upstream, with its status.

    Raises:
        UntagError: The policy is wrong, or the log cannot be written.
    """
    from untag.guard.asgi import Guard
    from untag.guard.keeper import Keeper
    from untag.guard.status import Status
    from untag.guard.upstream import Upstream

    keeper = Keeper(Path(proxy.policy) if proxy.policy else None, observe=True if proxy.observe else None)
    keeper.warm()
    verify = verified(proxy.authority, insecure=proxy.insecure)
    upstream = Upstream(
        proxy.upstream, verify=verify, seconds=proxy.seconds, connections=proxy.connections, host=proxy.preserve
    )
    return Status(Guard(upstream, keeper=keeper), keeper, upstream, proxy.status)


def verified(authority: str, *, insecure: bool = False) -> SSLContext | bool:
    """How the certificate of what is behind is looked at.

    Args:
        authority: File of certificates that it is checked against; nothing for those of the system.
        insecure: Whether it is not looked at.

    Raises:
        UntagError: The file cannot be read.
    """
    if insecure:
        return False
    if not authority:
        return True
    import ssl

    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError):
        raise UntagError(f"cannot read certificates from {authority}") from None


def paired(certificate: str, key: str) -> None:
    """See to it that a certificate has its key.

    Raises:
        UntagError: One of them is missing.
    """
    for name in (certificate, key):
        if name and not Path(name).is_file():
            raise UntagError(f"cannot read {name}: no such file")
    if bool(certificate) != bool(key):
        raise UntagError("TLS needs both a certificate and its key")


def serve(proxy: Proxy) -> None:
    """Serve until a signal ends it: SIGINT and SIGTERM end it gracefully.

    Raises:
        UntagError: A setting is wrong, or a library is missing.
    """
    try:
        import aiohttp  # noqa: F401 - the worker needs it
        import prometheus_client  # noqa: F401 - the worker needs it
        import websockets  # noqa: F401 - the worker needs it
        from granian import Granian
        from granian.constants import Interfaces
        from granian.log import LogLevels
    except ImportError:
        raise UntagError(NEEDS) from None
    from yarl import URL

    try:
        url = URL(proxy.upstream)
        good = url.scheme in {"http", "https"} and url.host and url.port and not (url.query_string or url.user)
    except ValueError:
        good = False
    if not good:
        raise UntagError(f"not an address of an upstream: {proxy.upstream} (http://HOST:PORT)")
    paired(proxy.certificate, proxy.key)
    # What is wrong with the policy is said now, not by a worker.
    verified(proxy.authority, insecure=proxy.insecure)
    _checked(proxy)
    os.environ[_SETTINGS] = json.dumps(asdict(proxy))
    more: dict[str, Any] = {}
    if proxy.certificate:
        more = {"ssl_cert": Path(proxy.certificate), "ssl_key": Path(proxy.key)}
    _many()
    # One worker: the audit log is one chain, and has one writer.
    Granian(
        "untag.guard.proxy:application", address=proxy.host, port=proxy.port, interface=Interfaces.ASGI, factory=True,
        workers=1, respawn_failed_workers=True, backlog=_BACKLOG, backpressure=_CLIENTS, log_level=LogLevels.warning,
        **more,
    ).serve()  # fmt: skip


def _many() -> None:
    """Let this process and those it starts open as many files as the machine lets them: each client is one."""
    try:
        import resource
    except ImportError:
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _checked(proxy: Proxy) -> None:
    from untag.guard.policy import load

    if proxy.policy:
        load(Path(proxy.policy))
