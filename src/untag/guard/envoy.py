"""The guard as an external processor of Envoy (``envoy.service.ext_proc.v3``), over gRPC.

Envoy hands over headers, and bodies whole (``BUFFERED``); what comes in pieces is refused, since a piece cannot be
judged. Messages are those of Envoy's published protobufs (github.com/envoyproxy/envoy, api/envoy/service/ext_proc/v3).
"""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from untag.guard.asgi import legible, named
from untag.guard.message import Message, Problem, Verdict
from untag.mistake import UntagError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from untag.guard.keeper import Keeper

    #: Headers: names in lower case, and values, in order.
    Pairs = tuple[tuple[str, str], ...]

__all__ = ["Processor", "serve"]

NEEDS = "the external processor needs grpcio, grpcio-health-checking and xds-protos: pip install 'untag[envoy]'"
#: How Envoy calls bodies that come whole (envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode).
_BUFFERED = 2
#: Bytes of a message of gRPC beyond the body itself.
_AROUND = 1 << 20
#: Trailers of gRPC that are passed on.
_TRAILERS = frozenset({"grpc-status", "grpc-message"})
_ASKED = {"request": "The request asks for an ethnic tag", "response": "The response holds an ethnic tag"}


class Processor:
    """Answers Envoy, one stream a request.

    Args:
        keeper: The engine and the log.
    """

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper

    async def Process(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:  # noqa: N802 - its name
        """What becomes of one request and its response."""
        self.keeper.renew()
        talk = _Talk(self.keeper, context)
        async for request in requests:
            answer = await talk.answer(request)
            if answer is not None:
                yield answer
            if talk.over:
                return


class _Talk:
    """One request and its response, as Envoy tells of them."""

    def __init__(self, keeper: Keeper, context: Any) -> None:
        from envoy.service.ext_proc.v3 import external_processor_pb2

        self.made: Any = external_processor_pb2
        self.keeper = keeper
        self.context = context
        self.request = Message("request")
        self.response = Message("response")
        self.caller = ""
        self.over = False
        #: Directions of which nothing was judged yet: a body is still to come, or trailers instead of one.
        self.waiting: set[str] = set()
        #: How bodies come, by direction, where Envoy says it: before trailers a whole one does not say that it is one.
        self.modes: dict[str, int] = {}
        #: Directions of which headers were there.
        self.begun: set[str] = set()
        #: Directions of which a body was there.
        self.had: set[str] = set()

    async def answer(self, told: Any) -> Any:
        """The answer to one message of Envoy; None where it wants none."""
        kind = told.WhichOneof("request")
        if told.HasField("protocol_config"):
            modes = told.protocol_config
            self.modes = {"request": modes.request_body_mode, "response": modes.response_body_mode}
        way, _, zone = (kind or "").partition("_")
        if zone == "headers":
            self.begun.add(way)
        elif "request" not in self.begun or (zone == "body" and way not in self.begun):
            return self._refused(
                self.request, _misled(f"Envoy sends no headers of the {way}; their mode has to be SEND")
            )
        if kind == "request_headers":
            self.request = self._asked(told.request_headers.headers)
            self.caller = self._caller()
            return await self._headers("request", ended=told.request_headers.end_of_stream)
        if kind == "request_body":
            return await self._body("request", told.request_body)
        if kind == "response_headers":
            headers = _pairs(told.response_headers.headers)
            self.response = Message(
                "response", self.request.method, self.request.path, "", headers, host=self.request.host
            )  # fmt: skip
            return await self._headers("response", ended=told.response_headers.end_of_stream)
        if kind == "response_body":
            return await self._body("response", told.response_body)
        if kind in {"request_trailers", "response_trailers"}:
            if way in self.waiting:
                self.waiting.discard(way)
                message = self.request if way == "request" else self.response
                verdict = self.keeper.judge(message, self.caller)
                if verdict.problem is not None and verdict.action == "refuse":
                    return self._sent(verdict.problem)
                if verdict.action == "change":
                    # Headers and query have gone on already.
                    detail = "it has trailers and no body, and something would have to be left out"
                    return self._refused(message, Problem(502, "unread-type", _ASKED[way], detail))
            # What else stands in trailers is not judged: all of it goes.
            trailers = _pairs(getattr(told, kind).trailers)
            mutation = self._mutation(trailers, self._ended(way, trailers))
            return self.made.ProcessingResponse(**{kind: self.made.TrailersResponse(header_mutation=mutation)})
        return None

    def _ended(self, way: str, trailers: Pairs) -> Pairs:
        """Trailers that are passed on: the status of gRPC, and its message where that says nothing."""
        message = self.request if way == "request" else self.response
        if not message.header("content-type").startswith("application/grpc"):
            return ()
        kept = tuple((n, v) for n, v in trailers if n in _TRAILERS and (n != "grpc-status" or v.isdecimal()))
        said = tuple((name, unquote(value)) for name, value in kept)
        verdict = self.keeper.judge(replace(message, query="", headers=said, body=b""), self.caller)
        return kept if verdict.action == "pass" else tuple(row for row in kept if row[0] == "grpc-status")

    def _asked(self, told: Any) -> Message:
        headers = _pairs(told)
        special = {name: value for name, value in headers if name.startswith(":")}
        path, _, query = special.get(":path", "/").partition("?")
        plain = tuple(row for row in headers if not row[0].startswith(":"))
        host = named(special.get(":authority", ""))
        return Message("request", special.get(":method", "GET"), path, query, plain, host=host)

    def _caller(self) -> str:
        wanted = self.keeper.policy.log.caller
        if wanted != "client":
            return self.request.header(wanted)
        # The last was written by Envoy itself, those before it by whoever asks.
        return self.request.header("x-forwarded-for").rpartition(",")[2].strip()

    async def _headers(self, way: str, *, ended: bool) -> Any:
        """Headers alone: judged now where no body follows, else when it is there."""
        message = self.request if way == "request" else self.response
        if ended:
            return await self._judged(way, message, "headers")
        if way == "response" and self.keeper.engine.unswept(message):
            return await self._judged(way, message, "headers")
        if self.modes.get(way, _BUFFERED) != _BUFFERED:
            # Headers would go on before the body is judged, and without a mode nobody would see it.
            return self._refused(message, _misled(f"Envoy does not send the {way} whole; its mode has to be BUFFERED"))
        self.waiting.add(way)
        common = self.made.CommonResponse(header_mutation=self._mutation(message.headers, _told(way, message.headers)))
        return self.made.ProcessingResponse(**{f"{way}_headers": self.made.HeadersResponse(response=common)})

    async def _body(self, way: str, told: Any) -> Any:
        message = self.request if way == "request" else self.response
        if way in self.had or not (told.end_of_stream or self.modes.get(way) == _BUFFERED):
            return self._refused(message, _misled(f"Envoy sends the {way} in pieces; its mode has to be BUFFERED"))
        self.waiting.discard(way)
        self.had.add(way)
        whole = replace(message, body=told.body)
        if len(told.body) > self.keeper.policy.limits.body:
            verdict = self.keeper.engine.too_large(whole)
            self.keeper.noted(verdict, self.caller)
            if verdict.problem is not None and verdict.action == "refuse":
                return self._sent(verdict.problem)
            # It passes unread; what stands around it is judged.
            return await self._judged(way, message, "body")
        return await self._judged(way, whole, "body")

    async def _judged(self, way: str, message: Message, zone: str) -> Any:
        self.waiting.discard(way)
        verdict = await self.keeper.settle(message, self.caller)
        if verdict.problem is not None and verdict.action == "refuse":
            return self._sent(verdict.problem)
        return self._passed(way, zone, verdict, message)

    def _passed(self, way: str, zone: str, verdict: Verdict, before: Message) -> Any:
        """What goes on, and how it differs."""
        after = verdict.message
        mutation = self._mutation(before.headers, _told(way, after.headers))
        if way == "request" and after.query != before.query:
            path = f"{after.path}?{after.query}" if after.query else after.path
            mutation.MergeFrom(self._mutation((), ((":path", path),)))
        parts: dict[str, Any] = {"header_mutation": mutation}
        if after.body != before.body:
            parts["body_mutation"] = self.made.BodyMutation(body=after.body)
        common = self.made.CommonResponse(**parts)
        name = f"{way}_{zone}"
        kind = self.made.HeadersResponse if zone == "headers" else self.made.BodyResponse
        return self.made.ProcessingResponse(**{name: kind(response=common)})

    def _refused(self, message: Message, problem: Problem) -> Any:
        self.keeper.noted(Verdict("refuse", message, problem=problem), self.caller)
        return self._sent(problem)

    def _sent(self, problem: Problem) -> Any:
        """A problem instead; of gRPC its status."""
        self.over = True
        made = self.made.ImmediateResponse(details=f"untag_guard_{problem.kind}")
        made.status.code = problem.status
        headers = [("cache-control", "no-store")]
        if self.request.header("content-type").startswith("application/grpc"):
            # Envoy makes a status with a message of it; its type stays that of gRPC, or clients would not read it.
            made.grpc_status.status = problem.code
            made.body = problem.line().encode()
        else:
            headers.append(("content-type", problem.media))
            made.body = problem.body()
        made.headers.CopyFrom(self._mutation((), tuple(headers)))
        return self.made.ProcessingResponse(immediate_response=made)

    def _mutation(self, before: Pairs, after: Pairs) -> Any:
        """How headers differ: of a name that stands several times all values are written anew.

        The length is among them: Envoy holds another body to be wrong where its length is not said as well.
        """
        from envoy.config.core.v3 import base_pb2

        old, new = _grouped(before), _grouped(after)
        rows = []
        for name, values in new.items():
            if old.get(name) == values:
                continue
            for number, value in enumerate(values):
                kind = base_pb2.HeaderValueOption
                action = kind.APPEND_IF_EXISTS_OR_ADD if number else kind.OVERWRITE_IF_EXISTS_OR_ADD
                header = base_pb2.HeaderValue(key=name, raw_value=value.encode("latin-1"))
                rows.append(kind(header=header, append_action=action))
        gone = [name for name in old if name not in new and not name.startswith(":")]
        return self.made.HeaderMutation(set_headers=rows, remove_headers=gone)


def _misled(detail: str) -> Problem:
    """What is said where Envoy is told to show less than can be judged."""
    return Problem(500, "unread-type", "Envoy does not show the whole of it", detail)


def _told(way: str, headers: Pairs) -> Pairs:
    """Headers as they go on: a request asks for nothing that could not be looked at."""
    return legible(headers) if way == "request" else headers


def _grouped(headers: Pairs) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for name, value in headers:
        out.setdefault(name, []).append(value)
    return out


def _pairs(told: Any) -> Pairs:
    """Headers; Envoy gives values as bytes or, of old, as text."""
    rows = told.headers
    return tuple((row.key.lower(), row.raw_value.decode("latin-1") if row.raw_value else row.value) for row in rows)


def serve(address: str, policy: str, *, observe: bool) -> None:
    """Serve until a signal ends it.

    Args:
        address: ``HOST:PORT`` or ``unix:PATH``.
        policy: File of the policy; nothing for the shipped one.
        observe: Whether nothing is changed and only logged.

    Raises:
        UntagError: The policy is wrong, it cannot listen, or a library is missing.
    """
    try:
        import grpc.aio  # noqa: F401 - told at once
        from envoy.service.ext_proc.v3 import external_processor_pb2  # noqa: F401 - told at once
        from grpc_health.v1 import health  # noqa: F401 - told at once
    except ImportError:
        raise UntagError(NEEDS) from None
    from untag.guard.keeper import Keeper

    keeper = Keeper(Path(policy) if policy else None, observe=True if observe else None)
    keeper.warm()
    asyncio.run(_serve(address, keeper))


async def _serve(address: str, keeper: Keeper) -> None:
    import grpc.aio
    from envoy.service.ext_proc.v3 import external_processor_pb2_grpc
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc

    most = keeper.policy.limits.body + _AROUND
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", most), ("grpc.max_send_message_length", most)]
    )
    external_processor_pb2_grpc.add_ExternalProcessorServicer_to_server(Processor(keeper), server)
    checks = health.aio.HealthServicer()
    await checks.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        raise UntagError(f"cannot listen at {address}") from None
    await server.start()
    ended = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    await ended.wait()
    await server.stop(5)
    keeper.close()
