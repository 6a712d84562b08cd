"""How a running guard is: alive, ready, and counted; under a path that never reaches the application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from untag.guard.asgi import App, Event, Receive, Send
    from untag.guard.keeper import Keeper
    from untag.guard.upstream import Upstream

__all__ = ["Status"]


class Status:
    """Answers ``PREFIX/health``, ``PREFIX/ready`` and ``PREFIX/metrics`` itself (ASGI 3).

    Args:
        app: The guard, for all other paths.
        keeper: Its engine, log and counts.
        upstream: What it stands before.
        prefix: Where these paths are; nothing for nowhere.
    """

    def __init__(self, app: App, keeper: Keeper, upstream: Upstream, prefix: str) -> None:
        self._app, self._keeper, self._upstream = app, keeper, upstream
        self._prefix = prefix.rstrip("/")
        self._registry = CollectorRegistry()
        self._registry.register(self)

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """One connection."""
        ours = scope["type"] == "http" and "untag.within" not in scope
        if not self._prefix or not ours or not scope["path"].startswith(self._prefix + "/"):
            await self._app(scope, receive, send)
            return
        status, kind, body = await self._answer(scope["path"][len(self._prefix) :])
        size = str(len(body)).encode()
        headers = [(b"content-type", kind), (b"content-length", size), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _answer(self, path: str) -> tuple[int, bytes, bytes]:
        if path == "/health":
            return 200, b"text/plain; charset=utf-8", b"ok\n"
        if path == "/metrics":
            return 200, b"text/plain; version=0.0.4; charset=utf-8", generate_latest(self._registry)
        if path != "/ready":
            return 404, b"text/plain; charset=utf-8", b"health, ready and metrics are here\n"
        self._keeper.renew()
        upstream = await self._upstream.answers()
        row = {
            "ready": upstream, "upstream": upstream, "policy": self._keeper.policy.digest,
            "policy_refused": self._keeper.refused, "observe": self._keeper.policy.observe,
        }  # fmt: skip
        return 200 if upstream else 503, b"application/json", json.dumps(row).encode()

    def collect(self) -> Iterator[Metric]:
        """What is counted, for Prometheus."""
        messages = CounterMetricFamily(
            "untag_guard_messages", "Messages judged, by direction and what became of them.",
            labels=("direction", "action"),
        )  # fmt: skip
        lost = 0
        for (direction, action), count in sorted(self._keeper.counts.items()):
            if direction == "log":
                lost += count
            else:
                messages.add_metric((direction, action), count)
        yield messages
        yield CounterMetricFamily("untag_guard_log_failures", "Rows that could not be logged.", value=lost)
        failed = CounterMetricFamily(
            "untag_guard_upstream_failures", "Requests that the upstream did not answer.", labels=("reason",)
        )
        for reason, count in sorted(self._upstream.failed.items()):
            failed.add_metric((reason,), count)
        yield failed
        yield CounterMetricFamily(
            "untag_guard_worker_failures", "Processes that died over a large body.", value=self._keeper.died
        )
        yield GaugeMetricFamily(
            "untag_guard_policy_refused", "Whether the file of the policy is wrong, and the one before is kept.",
            value=bool(self._keeper.refused),
        )  # fmt: skip
        yield GaugeMetricFamily(
            "untag_guard_observe", "Whether nothing is changed and only logged.", value=self._keeper.policy.observe
        )
