"""The external processor as a process, asked by a client that is written from Envoy's published messages."""

from __future__ import annotations

import json
import signal
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from envoy.config.core.v3 import base_pb2
from envoy.service.ext_proc.v3 import external_processor_pb2 as messages
from envoy.service.ext_proc.v3.external_processor_pb2_grpc import ExternalProcessorStub
from grpc_health.v1 import health_pb2, health_pb2_grpc

from described import kinds, written
from servers import port

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = """
[[route]]
path = "/v1/**"
biometric = true
media = ["image/*"]
[[route]]
path = "/strip/**"
biometric = true
request = "strip"
fail-open = "size"
reason = "it is looked at elsewhere"
[[route]]
path = "/faces.v1.Faces/*"
biometric = true
descriptors = "faces.desc"
[log]
file = "guard.jsonl"
"""
JSON = ("content-type", "application/json")


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[grpc.Channel]:
    folder = tmp_path_factory.mktemp("envoy")
    (folder / "guard.toml").write_text(POLICY)
    written(folder)
    address = f"127.0.0.1:{port()}"
    process = subprocess.Popen(
        [sys.executable, "-m", "untag", "guard", "--ext-proc", address, "--policy", str(folder / "guard.toml")]
    )
    with grpc.insecure_channel(address) as made:
        grpc.channel_ready_future(made).result(60)
        yield made
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def headers(*rows: tuple[str, str], ended: bool = False) -> Any:
    held = [base_pb2.HeaderValue(key=name, raw_value=value.encode()) for name, value in rows]
    return messages.HttpHeaders(headers=base_pb2.HeaderMap(headers=held), end_of_stream=ended)


def request(path: str, body: object = None, *more: tuple[str, str], ended: bool = True) -> list[Any]:
    rows = ((":method", "POST"), (":path", path), *more)
    if body is None:
        return [messages.ProcessingRequest(request_headers=headers(*rows, ended=True))]
    data = messages.HttpBody(body=json.dumps(body).encode(), end_of_stream=ended)
    return [
        messages.ProcessingRequest(request_headers=headers(*rows, JSON)),
        messages.ProcessingRequest(request_body=data),
    ]


def response(body: bytes, *more: tuple[str, str], kind: str = "application/json") -> list[Any]:
    return [
        messages.ProcessingRequest(response_headers=headers((":status", "200"), ("content-type", kind), *more)),
        messages.ProcessingRequest(response_body=messages.HttpBody(body=body, end_of_stream=True)),
    ]


def ask(channel: grpc.Channel, rows: list[Any]) -> list[Any]:
    return list(ExternalProcessorStub(channel).Process(iter(rows), timeout=30))


def test_it_serves(channel: grpc.Channel) -> None:
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=30)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize(
    "rows",
    [request("/v1/faces?attributes=age,race"), request("/v1/faces", {"actions": ["race"]})],
    ids=["query", "body"],
)
def test_a_request_for_a_tag_is_refused(channel: grpc.Channel, rows: list[Any]) -> None:
    last = ask(channel, rows)[-1].immediate_response
    assert last.status.code == 403
    assert json.loads(last.body)["type"] == "urn:untag:guard:asks-for-ethnicity"
    assert last.grpc_status.status == 0


def test_grpc_is_told_in_its_own_way(channel: grpc.Channel) -> None:
    rows = request("/v1/faces?attributes=age,race", None, ("content-type", "application/grpc"))
    assert ask(channel, rows)[-1].immediate_response.grpc_status.status == 7


def test_a_request_loses_what_asks_where_the_policy_says_so(channel: grpc.Channel) -> None:
    (answer,) = ask(channel, request("/strip/faces?attributes=age,race&n=1"))
    (row,) = answer.request_headers.response.header_mutation.set_headers
    assert (row.header.key, row.header.raw_value) == (":path", b"/strip/faces?attributes=age&n=1")


def test_around_a_body_that_is_too_large_and_passes_it_is_judged(channel: grpc.Channel) -> None:
    answers = ask(channel, request("/strip/faces?attributes=age,race&n=1", "x" * (8 << 20), JSON))
    rows = {r.header.key: r.header.raw_value for r in answers[-1].request_body.response.header_mutation.set_headers}
    assert rows[":path"] == b"/strip/faces?attributes=age&n=1"
    assert not answers[-1].request_body.response.HasField("body_mutation")


def test_a_response_loses_the_tag(channel: grpc.Channel) -> None:
    rows = request("/v1/faces", {"n": 1}, ("accept-encoding", "gzip, snappy"), ("range", "bytes=0-3"))
    rows += response(b'{"faces": [{"age": 3, "race": "x"}]}', ("etag", '"1"'), ("content-length", "36"))
    told = ask(channel, rows)
    asked = told[0].request_headers.response.header_mutation
    assert [(h.header.key, h.header.raw_value) for h in asked.set_headers] == [("accept-encoding", b"gzip")]
    assert list(asked.remove_headers) == ["range"]
    assert not told[1].request_body.response.HasField("body_mutation")
    made = told[3].response_body.response
    assert made.body_mutation.body == b'{"faces": [{"age": 3}]}'
    assert list(made.header_mutation.remove_headers) == ["etag"]


def test_a_response_that_cannot_be_read_is_withheld(channel: grpc.Channel) -> None:
    last = ask(channel, request("/v1/faces") + response(b'{"race": 1, "race": 2}'))[-1].immediate_response
    assert last.status.code == 502


def test_pieces_are_refused(channel: grpc.Channel) -> None:
    last = ask(channel, request("/v1/faces", {"n": 1}, ended=False))[-1].immediate_response
    assert last.status.code == 500
    assert "BUFFERED" in json.loads(last.body)["detail"]


def test_trailers_go(channel: grpc.Channel) -> None:
    held = base_pb2.HeaderMap(headers=[base_pb2.HeaderValue(key="race", raw_value=b"x")])
    trailers = messages.HttpTrailers(trailers=held)
    rows = [*request("/v1/faces"), messages.ProcessingRequest(response_trailers=trailers)]
    assert list(ask(channel, rows)[-1].response_trailers.header_mutation.remove_headers) == ["race"]
    # A request with trailers and no body is judged when the trailers come.
    asked = headers((":method", "POST"), (":path", "/v1/faces?attributes=age,race"))
    rows = [
        messages.ProcessingRequest(request_headers=asked),
        messages.ProcessingRequest(request_trailers=trailers),
    ]
    assert ask(channel, rows)[-1].immediate_response.status.code == 403


def test_calls_of_grpc(channel: grpc.Channel) -> None:
    """Bodies that come whole before trailers do not say that they are the last; Envoy says once that they are whole."""

    def framed(message: Any) -> bytes:
        data = message.SerializeToString()
        return struct.pack(">BI", 0, len(data)) + data

    def called(asked: Any, answer: Any, *, whole: bool = True) -> list[Any]:
        kind = ("content-type", "application/grpc")
        said = messages.ProtocolConfiguration(request_body_mode=2, response_body_mode=2) if whole else None
        path = (":path", "/faces.v1.Faces/Analyze")
        return [
            messages.ProcessingRequest(
                request_headers=headers((":method", "POST"), path, kind, ("grpc-accept-encoding", "gzip")),
                protocol_config=said,
            ),
            messages.ProcessingRequest(request_body=messages.HttpBody(body=framed(asked), end_of_stream=True)),
            messages.ProcessingRequest(response_headers=headers((":status", "200"), kind)),
            messages.ProcessingRequest(response_body=messages.HttpBody(body=framed(answer))),
            messages.ProcessingRequest(
                response_trailers=messages.HttpTrailers(
                    trailers=headers(("grpc-status", "0"), ("grpc-message", "fine"), ("x-race", "asian")).headers
                )
            ),
        ]

    asked, answer, face = kinds()["Asked"], kinds()["Answer"], kinds()["Face"]
    rows = called(asked(attributes=[1]), answer(faces=[face(age=3, race=1)]))
    told = ask(channel, rows)
    (row,) = told[0].request_headers.response.header_mutation.set_headers
    assert (row.header.key, row.header.raw_value) == ("grpc-accept-encoding", b"identity")
    assert told[3].response_body.response.body_mutation.body == framed(answer(faces=[face(age=3)]))
    assert list(told[4].response_trailers.header_mutation.remove_headers) == ["x-race"]
    refused = ask(channel, called(asked(attributes=[3]), answer()))[-1].immediate_response
    assert refused.grpc_status.status == 7
    pieces = ask(channel, called(asked(), answer(), whole=False))[-1].immediate_response
    assert pieces.status.code == 500


def test_a_request_without_a_body_asks_for_nothing_that_cannot_be_read(channel: grpc.Channel) -> None:
    (answer,) = ask(channel, request("/v1/faces", None, ("range", "bytes=0-9"), ("accept-encoding", "compress")))
    made = answer.request_headers.response.header_mutation
    assert list(made.remove_headers) == ["range"]
    assert [h.header.raw_value for h in made.set_headers] == [b"identity"]


def test_of_several_cookies_the_others_stay(channel: grpc.Channel) -> None:
    rows = request("/v1/faces") + response(b"{}", ("set-cookie", "a=b; face_ethnicity=asian"), ("set-cookie", "sid=1"))
    made = ask(channel, rows)[-1].response_body.response.header_mutation
    assert [(h.header.raw_value, h.append_action) for h in made.set_headers] == [(b"a=b", 2), (b"sid=1", 0)]
