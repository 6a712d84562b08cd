"""The middleware under a real server on loopback: an application of Starlette, requests by real clients."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets.sync.client as sockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from untag.guard import read
from untag.guard.asgi import Guard, Withheld
from untag.guard.chain import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = """
[limits]
body = 2000000
unit = 5000
[[route]]
path = "/v1/**"
biometric = true
media = ["image/*", "video/*"]
[log]
file = "guard.jsonl"
"""


class Service:
    """A running process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "guard.toml").write_text(POLICY)
        self.errors = (folder / "errors").open("w")
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("served.py")), str(folder / "guard.toml")],
            stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def seen(self) -> dict[str, Any]:
        made: dict[str, Any] = self.client.get("/seen").json()
        return made

    def stop(self) -> None:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = Service(tmp_path_factory.mktemp("served"))
    yield made
    made.stop()
    # All that was done is in the log, which ended in order.
    seen = verify(made.folder / "guard.jsonl")
    assert seen.good
    assert seen.remarks == []
    text = (made.folder / "guard.jsonl").read_text()
    assert "made up" not in text
    assert "127.0.0.1" not in text


def test_a_refused_call_of_grpc_gets_a_status_of_grpc(service: Service) -> None:
    kind = {"content-type": "application/grpc-web+proto"}
    for path, status in (("/v1/analyze?attributes=age,race", "7"), ("/v1/analyze", "3")):
        done = service.client.post(path, content=b"\0\0\0\0\2\x08\1", headers=kind)
        assert (done.status_code, done.headers["grpc-status"], done.content) == (200, status, b"")
        assert done.headers["content-type"] == "application/grpc-web+proto"
        assert done.headers["grpc-message"]


def test_a_response_loses_the_tag(service: Service) -> None:
    back = service.client.post("/v1/analyze", json={"img": "a.jpg"})
    assert back.status_code == 200
    assert back.json() == {"results": [{"age": 31, "gender": "f"}] * 2, "asked": {"img": "a.jpg"}}
    assert "etag" not in back.headers
    assert "x-face-race" not in back.headers
    assert back.headers["content-length"]


def test_a_packed_response_too(service: Service) -> None:
    back = service.client.get("/v1/large", params={"n": 500}, headers={"accept-encoding": "gzip, br;q=0.1, foo"})
    assert back.headers["content-encoding"] == "gzip"
    assert back.json() == [{"age": n, "box": [1.5, 2.25]} for n in range(500)]


def test_a_request_for_a_tag_never_reaches_the_application(service: Service) -> None:
    before = service.seen()["count"]
    back = service.client.post("/v1/analyze", json={"actions": ["age", "race"]})
    assert back.status_code == 403
    assert back.headers["content-type"] == "application/problem+json"
    assert back.json()["rule"] == "field"
    assert service.client.post("/v1/analyze?fields=ethnicity", json={}).status_code == 403
    assert service.client.post("/v1/analyze", json={}, headers={"cookie": "race=x"}).status_code == 403
    assert service.seen()["count"] == before


def test_bodies_that_cannot_be_read_are_refused(service: Service) -> None:
    before = service.seen()["count"]
    for body, kind, status in (
        (b'{"race":1,"race":2}', "application/json", 400), (b"x", "application/cbor", 415), (b"x" * 2_000_001, "", 413),
        (b"{", "application/json", 400), (b"{}", "application/json; charset=utf-7", 415),
    ):  # fmt: skip
        back = service.client.post("/v1/analyze", content=body, headers={"content-type": kind} if kind else {})
        assert back.status_code == status, body[:20]
    assert service.seen()["count"] == before


def test_a_large_body_without_a_length_is_refused(service: Service) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100_000

    back = service.client.post("/v1/analyze", content=pieces(), headers={"content-type": "application/json"})
    assert back.status_code == 413


def test_errors_of_the_application_stay_its_own(service: Service) -> None:
    assert httpx.get(service.url + "/v1/fails").status_code == 500
    assert httpx.get(service.url + "/v1/nothing").status_code == 404


def test_a_response_that_breaks_off_does_not_pass(service: Service) -> None:
    back = httpx.get(service.url + "/v1/late")
    assert back.status_code == 500
    assert '"age"' not in back.text


def test_events_come_one_by_one_and_the_application_hears_that_the_client_left(service: Service) -> None:
    with service.client.stream("GET", "/v1/slow") as back:
        rows = []
        for line in back.iter_lines():
            if line.startswith("data:"):
                rows.append(json.loads(line[5:]))
            if line.startswith(":"):
                break
    assert rows == [{"age": 1}, {"age": 2}, {"age": 3}]
    for _ in range(200):
        if service.seen()["left"]:
            return
        time.sleep(0.05)
    pytest.fail("the application did not hear of it")


def test_lines_come_one_by_one(service: Service) -> None:
    plain = {"accept-encoding": "identity"}
    back = service.client.get("/v1/lines", params={"which": "good"}, headers=plain)
    assert [json.loads(r) for r in back.text.splitlines()] == [{"age": 1}, {"age": 2}, {"age": 5}]


def test_a_stream_is_broken_off_where_a_line_must_not_pass(service: Service) -> None:
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        service.client.stream(
            "GET", "/v1/lines", params={"which": "bad"}, headers={"accept-encoding": "identity"}
        ) as back,
    ):
        for piece in back.iter_bytes():
            got += piece
    assert got == b'{"age": 1}\n{"age": 2}\n'


def test_media_pass_and_their_texts_are_swept(service: Service) -> None:
    back = service.client.get("/v1/picture")
    assert back.content == b"\xff\xd8\xff\xda\x00\x02pixels\xff\xd9"
    assert len(service.client.get("/v1/clip").content) == 400_000


def test_free_text_passes_where_nothing_is_declared(service: Service) -> None:
    assert service.client.get("/news").text.startswith("Uyghur")
    assert service.client.get("/v1/text").status_code == 502


def test_no_body_and_head(service: Service) -> None:
    assert service.client.post("/v1/empty", content=b"").status_code == 204
    back = service.client.head("/v1/large", params={"n": 3})
    assert back.status_code == 200
    assert back.content == b""


def test_background_tasks_run(service: Service) -> None:
    before = service.seen()["done"]
    service.client.get("/v1/large", params={"n": 1})
    for _ in range(100):
        if service.seen()["done"] > before:
            return
        time.sleep(0.05)
    pytest.fail("the task did not run")


def test_half_a_request_and_gone(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.sendall(b"POST /v1/analyze HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert service.client.get("/seen").status_code == 200


def test_large_bodies_do_not_stop_others(service: Service) -> None:
    with ThreadPoolExecutor(6) as pool:
        backs = list(pool.map(lambda n: service.client.get("/v1/large", params={"n": n}), [3000, 1, 3000, 2, 3, 4]))
    assert [len(b.json()) for b in backs] == [3000, 1, 3000, 2, 3, 4]
    assert not any("ethnicity" in b.text for b in backs)


def test_messages_of_a_websocket(service: Service) -> None:
    with sockets.connect(f"ws://127.0.0.1:{service.port}/v1/talk") as line:
        for said, heard in (
            ("face", '{"age": 1}'), ('{"x": 1}', '{"x": 1}'), ("hello", "hello"), ("bytes", b'{"age":1}'),
        ):  # fmt: skip
            line.send(said)
            assert line.recv() == heard
        line.send('{"attributes": ["race"]}')
        with pytest.raises(ConnectionClosed) as closed:
            line.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    with sockets.connect(f"ws://127.0.0.1:{service.port}/v1/talk") as line:
        line.send("junk")
        with pytest.raises(ConnectionClosed) as closed:
            line.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    with pytest.raises(InvalidStatus), sockets.connect(f"ws://127.0.0.1:{service.port}/v1/talk?filter=ethnicity"):
        pass
    with sockets.connect(f"ws://127.0.0.1:{service.port}/v1/talk") as line, pytest.raises(ConnectionClosed):
        line.send(b"\x00\x01\x02")
        line.recv()


def test_a_new_policy_counts_and_a_wrong_one_does_not(service: Service) -> None:
    file = service.folder / "guard.toml"
    assert "dominant_race" not in service.client.post("/v1/analyze", json={}).text
    file.write_text(POLICY.replace('path = "/v1/**"', 'path = "/v1/**"\nresponce = "pass"'))
    time.sleep(1.2)
    assert "dominant_race" not in service.client.post("/v1/analyze", json={}).text
    file.write_text(POLICY.replace('path = "/v1/**"', 'path = "/v1/**"\nresponse = "refuse"'))
    time.sleep(1.2)
    assert service.client.post("/v1/analyze", json={}).status_code == 502
    file.write_text(POLICY)
    time.sleep(1.2)
    assert service.client.post("/v1/analyze", json={}).status_code == 200


# -- without a server: what a server would not do


def run(app: Any, events: list[Any] | None = None, **policy: Any) -> list[Any]:
    out: list[Any] = []
    waiting = [{"type": "http.request", "body": b""}] if events is None else events

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        out.append(event)

    door = Guard(app, read({"route": [{"path": "/**", "biometric": True}], **policy}))
    scope = {"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": [], "client": None,
             "extensions": {"http.response.pathsend": {}, "http.response.zerocopysend": {}, "tls": {}}}  # fmt: skip
    asyncio.run(door(scope, receive, send))
    return out


@pytest.mark.parametrize(
    "policy",
    [
        {"limits": {"body": 9}, "observe": True},
        {"limits": {"held": 9}, "observe": True},
        {"limits": {"body": 9}, "route": [{"path": "/**", "biometric": True, "fail-open": "size", "reason": "tried"}]},
    ],
)
def test_a_request_that_passes_unread_passes_whole(policy: dict[str, Any]) -> None:
    got: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (event := await receive()).get("more_body", False):
            got.append(event["body"])
        got.append(event["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    pieces = [b"12345", b"67890", b"abc"]
    events = [{"type": "http.request", "body": p, "more_body": p != pieces[-1]} for p in pieces]
    out = run(app, events, **policy)
    assert (out[0]["status"], got) == (204, pieces)
    refused = run(app, [{"type": "http.request", "body": b"1" * 10}], limits=policy["limits"])
    assert refused[0]["status"] in {413, 503}
    assert got == pieces


def test_nothing_is_sent_before_the_verdict() -> None:
    order: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert set(scope["extensions"]) == {"tls"}
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        for piece in (b'{"ra', b'ce":1', b',"age":2}'):
            order.append("app")
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        order.append("last")
        await send({"type": "http.response.body", "body": b""})

    out = run(app)
    assert [e["type"] for e in out] == ["http.response.start", "http.response.body"]
    assert out[1]["body"] == b'{"age":2}'


def test_an_application_that_leaves_in_the_middle() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"race":', "more_body": True})

    out = run(app)
    assert out[0]["status"] == 502
    assert b"race" not in b"".join(e.get("body", b"") for e in out[1:]).replace(b"ethnicity", b"")


def test_what_an_application_must_not_send() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": "/etc/hostname"})

    with pytest.raises(Withheld):
        run(app)


def test_a_client_that_left_is_not_asked_for() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pytest.fail("nobody asked")

    assert run(app, [{"type": "http.request", "body": b"{", "more_body": True}]) == []


def test_too_long_a_unit_and_a_route_that_lets_it_pass() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for _ in range(5):
            await send({"type": "http.response.body", "body": b"data: " + b"x" * 300, "more_body": True})
        await send({"type": "http.response.body", "body": b"\n\n"})

    out = run(app, limits={"unit": 1000})
    assert out[0]["status"] == 502
    route = {"path": "/**", "biometric": True, "fail-open": ["size"], "reason": "r"}
    out = run(app, limits={"unit": 1000}, route=[route])
    assert out[0]["status"] == 200
    assert len(b"".join(e.get("body", b"") for e in out[1:])) == 5 * 306 + 2
