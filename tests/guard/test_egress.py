"""The forward proxy as a process, between real clients and a real server that webhooks go to."""

from __future__ import annotations

import asyncio
import http.server
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
import websockets.sync.server as sockets
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from servers import port
from untag.guard import Message, read
from untag.guard.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = """
[limits]
body = 200000
[[route]]
path = "/faces/**"
host = "127.0.0.1"
biometric = true
media = "image/*"
[[route]]
path = "/strict/**"
biometric = true
delivery = "refuse"
[[tunnel]]
host = "127.0.0.1:{tunnel}"
reason = "updates, signed by their maker"
expires = 2999-01-01
[[tunnel]]
host = "127.0.0.1:{talk}"
judged = true
[log]
file = "guard.jsonl"
"""
KEPT_BACK = "made up"


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what it was sent, and answers with a tag."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = json.dumps({"ok": True, "age": 3, "race": KEPT_BACK}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - its name

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Egress:
    """A server that webhooks go to, and the guard on the way there."""

    def __init__(self, folder: Path, *args: str) -> None:
        handler = type("Kept", (Hook,), {"seen": []})
        self.seen: list[tuple[str, dict[str, str], bytes]] = handler.seen
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.there = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.hook = f"http://127.0.0.1:{self.there}"
        self.policy = folder / "guard.toml"
        self.talked: list[str | bytes] = []
        self.talks = sockets.serve(self._talk, "127.0.0.1", 0)
        self.talk: int = self.talks.socket.getsockname()[1]
        threading.Thread(target=self.talks.serve_forever, daemon=True).start()
        self.policy.write_text(POLICY.format(tunnel=self.there, talk=self.talk))
        self.log = folder / "guard.jsonl"
        self.port = port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.errors = (folder / "errors").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "untag", "guard", "--egress", "--listen", f"127.0.0.1:{self.port}",
             "--policy", str(self.policy), *args],
            stderr=self.errors, stdout=self.errors,
        )  # fmt: skip
        self.client = httpx.Client(proxy=self.url, timeout=30, trust_env=False)
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/-/untag/ready", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "errors").read_text())

    def _talk(self, talk: sockets.ServerConnection) -> None:
        """Keeps what it hears; what it is asked to say it says."""
        assert talk.request is not None
        self.talked.append(talk.request.path)
        with suppress(ConnectionClosed):
            self._heard(talk)

    def _heard(self, talk: sockets.ServerConnection) -> None:
        for heard in talk:
            self.talked.append(heard)
            talk.send(
                {
                    "say race": json.dumps({"age": 3, "race": KEPT_BACK}),
                    "say junk": '{"age": 3, "age": 4, "race": 1}',
                }.get(str(heard), heard)
            )

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self) -> int:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.errors.close()
        self.server.shutdown()
        self.server.server_close()
        self.talks.shutdown()
        return code


@pytest.fixture(scope="module")
def egress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Egress]:
    made = Egress(tmp_path_factory.mktemp("egress"))
    yield made
    assert made.stop() == 0
    assert made.rows()[-1]["kind"] == "close"


def test_a_webhook_loses_the_tag_and_nothing_else(egress: Egress) -> None:
    body = b'{"alert": "face match",  "camera":4, "face": {"age": 31, "race": "made up"}, "at":1.50}'
    done = egress.client.post(f"{egress.hook}/faces/hook?x=1", content=body,
                              headers={"content-type": "application/json", "digest": "sha-256=x"})  # fmt: skip
    path, headers, got = egress.seen[-1]
    assert got == b'{"alert": "face match",  "camera":4, "face": {"age": 31}, "at":1.50}'
    assert (path, headers["content-length"], headers["host"]) == (
        "/faces/hook?x=1", str(len(got)), f"127.0.0.1:{egress.there}"
    )  # fmt: skip
    assert "digest" not in headers
    assert "x-forwarded-for" not in headers
    assert "untag" in headers["via"]
    # And what comes back is a response.
    assert done.json() == {"ok": True, "age": 3}


def test_forms_multipart_and_queries(egress: Egress) -> None:
    egress.client.post(f"{egress.hook}/faces/a?camera=4&race=x", data={"age": "31", "ethnicity": "x", "note": "a b"})
    assert egress.seen[-1][0] == "/faces/a?camera=4"
    assert egress.seen[-1][2] == b"age=31&note=a+b"
    files = {"image": ("a.jpg", b"\xff\xd8\xff\xd9", "image/jpeg")}
    egress.client.post(f"{egress.hook}/faces/b", data={"age": "31", "ethnicity": KEPT_BACK}, files=files)
    got = egress.seen[-1][2]
    assert b"ethnicity" not in got
    assert KEPT_BACK.encode() not in got
    assert b"\xff\xd8\xff\xd9" in got
    assert b'name="age"' in got


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        # An alert that is keyed on a people says the same without the word.
        ("/faces/x", {"event": "alarm", "rule": {"ethnicity": "uyghur"}, "camera": 3}, 403),
        ("/faces/x", {"text": "A Uyghur man was seen at gate 4"}, 403),
        ("/strict/x", {"age": 3, "race": "x"}, 403),
        ("/faces/x", b'{"age": 3, "age": 4, "race": 1}', 400),
        ("/faces/x", b"x" * 300_000, 413),
    ],
)
def test_what_is_refused_never_leaves(egress: Egress, path: str, body: Any, status: int) -> None:
    before = len(egress.seen)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    done = egress.client.post(egress.hook + path, content=data, headers={"content-type": "application/json"})
    assert (done.status_code, done.headers["content-type"]) == (status, "application/problem+json")
    assert len(egress.seen) == before


def test_innocent_traffic_leaves_as_it_is(egress: Egress) -> None:
    body = b'{"title":"Uyghur refugees tell of camps", "race": "4:30 Kempton", "horse": "Red Rum"}'
    egress.client.post(f"{egress.hook}/news", content=body, headers={"content-type": "application/json"})
    assert egress.seen[-1][2] == body


def exchanged(egress: Egress, head: str, more: bytes = b"") -> bytes:
    with socket.create_connection(("127.0.0.1", egress.port), timeout=20) as raw:
        raw.sendall(head.encode() + b"\r\n\r\n")
        got = b""
        if more:
            while b"\r\n\r\n" not in got:
                got += raw.recv(4096)
            raw.sendall(more)
        while piece := raw.recv(4096):
            got += piece
        return got


def test_the_address_counts_whatever_host_says(egress: Egress) -> None:
    got = exchanged(egress, f"GET {egress.hook}/faces/y HTTP/1.1\r\nhost: elsewhere.example\r\nconnection: close")
    assert got.startswith(b"HTTP/1.1 200")
    assert egress.seen[-1][1]["host"] == f"127.0.0.1:{egress.there}"
    for target, status in (("/x", b"400"), ("ftp://127.0.0.1/x", b"400"), (f"{egress.hook}/faces/../x", b"400")):
        got = exchanged(egress, f"GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close")
        assert got.startswith(b"HTTP/1.1 " + status)
    own = {"via": "1.1 untag-guard"}
    assert egress.client.get(f"{egress.hook}/faces/y", headers=own).status_code == 508


def test_a_tunnel_needs_a_reason(egress: Egress) -> None:
    free = port()
    got = exchanged(egress, f"CONNECT 127.0.0.1:{free} HTTP/1.1\r\nhost: x")
    assert got.startswith(b"HTTP/1.1 403")
    assert b"urn:untag:guard:tunnel" in got
    asked = b'POST /raw HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 13\r\n\r\n{"race": "x"}'
    got = exchanged(egress, f"CONNECT 127.0.0.1:{egress.there} HTTP/1.1\r\nhost: x", asked)
    assert got.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200")
    assert egress.seen[-1][2] == b'{"race": "x"}'
    rows = [r for r in egress.rows() if r.get("route") == "tunnel"]
    assert [r["verdict"] for r in rows[-2:]] == ["refuse", "pass"]
    assert "signed by their maker" in rows[-1]["note"]
    assert exchanged(egress, "CONNECT nowhere HTTP/1.1\r\nhost: x").startswith(b"HTTP/1.1 400")


def test_a_websocket_in_a_tunnel_that_is_judged(egress: Egress) -> None:
    """As most clients do it: CONNECT, then what opens a WebSocket."""
    with connect(f"ws://127.0.0.1:{egress.talk}/faces/talk?camera=4&race=x", proxy=egress.url) as talk:
        talk.send('{"age": 31, "race": "made up"}')
        assert talk.recv(30) == '{"age": 31}'
        talk.send(b'{"race": "made up",  "age": 31}')
        assert talk.recv(30) == b'{"age": 31}'
        assert egress.talked[-3:] == ["/faces/talk?camera=4", '{"age": 31}', b'{"age": 31}']
        talk.send("say race")
        assert talk.recv(30) == '{"age": 3}'
        # What cannot be judged ends it, whichever way it goes.
        talk.send("say junk")
        with pytest.raises(ConnectionClosed) as closed:
            talk.recv(30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1011
    for bad in (
        b"\x00\x01\x02",
        '{"age": 3, "age": 4, "race": 1}',
        '{"event": "alarm", "rule": {"ethnicity": "uyghur"}}',
    ):
        with connect(f"ws://127.0.0.1:{egress.talk}/faces/talk", proxy=egress.url) as talk:
            talk.send(bad)
            with pytest.raises(ConnectionClosed) as closed:
                talk.recv(30)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
            assert bad not in egress.talked
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{egress.talk}/faces/search?q=uyghur", proxy=egress.url)
    assert not any("uyghur" in str(heard) for heard in egress.talked)
    told = egress.rows()
    assert {"delivery", "response"} <= {
        r["direction"] for r in told if r["kind"] == "verdict" and r["route"] != "tunnel"
    }
    assert KEPT_BACK not in json.dumps(told)


def test_a_websocket_by_its_address(egress: Egress) -> None:
    """As aiohttp does it: the whole address in the first line."""

    async def talked() -> list[Any]:
        async with aiohttp.ClientSession() as session:
            url = f"ws://127.0.0.1:{egress.talk}/faces/talk"
            async with session.ws_connect(url, proxy=egress.url, timeout=aiohttp.ClientWSTimeout(ws_close=30)) as talk:
                await talk.send_str('{"age": 31, "race": "made up"}')
                one = await talk.receive_str(timeout=30)
                await talk.send_str("say race")
                return [one, await talk.receive_str(timeout=30)]

    assert asyncio.run(talked()) == ['{"age": 31}', '{"age": 3}']
    assert '{"age": 31}' in egress.talked


def test_a_judged_tunnel_takes_what_can_be_judged_alone(egress: Egress) -> None:
    begin = f"CONNECT 127.0.0.1:{egress.talk} HTTP/1.1\r\nhost: x"
    made = b"HTTP/1.1 200 Connection established\r\n\r\n"
    before = list(egress.talked)
    # TLS, another protocol, and what leaves the tunnel or begins one in it.
    assert exchanged(egress, begin, b"\x16\x03\x01\x00\x05hello") == made + bytes.fromhex("15030300020231")
    assert exchanged(egress, begin, b"\x00\x01") == made
    assert egress.rows()[-1]["route"] == "tunnel"
    for line in (f"GET {egress.hook}/x", "GET *", f"CONNECT 127.0.0.1:{egress.there}"):
        ask = f"{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
        assert exchanged(egress, begin, ask).startswith(made + b"HTTP/1.1 400")
    # A plain request is judged too, and the proxy's own pages are none of the host's.
    got = exchanged(egress, begin, b"GET /-/untag/metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert b"untag_guard" not in got
    assert egress.talked == before


def test_a_tunnel_does_not_come_second(egress: Egress) -> None:
    first = f"GET {egress.hook}/faces/z HTTP/1.1\r\nhost: x\r\n\r\n"
    got = exchanged(egress, f"{first}CONNECT 127.0.0.1:{egress.there} HTTP/1.1\r\nhost: x\r\nconnection: close")
    assert b"Connection established" not in got
    assert b"HTTP/1.1 400" in got


def test_the_log_holds_no_value(egress: Egress) -> None:
    rows = egress.rows()
    assert {r["direction"] for r in rows if r["kind"] == "verdict"} == {"delivery", "response"}
    assert KEPT_BACK not in json.dumps(rows)
    told = httpx.get(f"{egress.url}/-/untag/metrics", trust_env=False).text
    assert 'direction="delivery"' in told


def test_an_unreachable_hook_and_observing(tmp_path: Path) -> None:
    egress = Egress(tmp_path, "--observe")
    try:
        body = {"age": 3, "race": "x"}
        egress.client.post(f"{egress.hook}/faces/x", json=body)
        assert json.loads(egress.seen[-1][2]) == body
        assert exchanged(egress, f"CONNECT 127.0.0.1:{port()} HTTP/1.1\r\nhost: x").startswith(b"HTTP/1.1 502")
        assert egress.client.get(f"http://127.0.0.1:{port()}/").status_code == 502
        assert {r["verdict"] for r in egress.rows() if r["kind"] == "verdict"} == {"would change", "would refuse"}
    finally:
        assert egress.stop() == 0


@pytest.mark.slow
def test_what_does_not_answer_in_time_or_breaks_off(tmp_path: Path) -> None:
    """Nothing of half an answer comes back, and a WebSocket that the other end does not open is none."""
    egress = Egress(tmp_path, "--timeout", "1.5")
    half = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"age": 3, "race": "x", '
    got: list[bytes] = []

    def served(listener: socket.socket) -> None:
        for answer, wait in (
            (b"", True),
            (half, True),
            (half, False),
            (b"HTTP/1.1 426 No\r\ncontent-length: 0\r\n\r\n", False),
        ):
            one, _ = listener.accept()
            with one:
                got.append(one.recv(65536))
                one.sendall(answer)
                if wait:
                    one.settimeout(30)
                    one.recv(1)  # until the proxy gives up

    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=served, args=(listener,), daemon=True)
            thread.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/faces/x"
            for status in (504, 502, 502):
                done = egress.client.get(url)
                assert done.status_code == status
                assert b"race" not in done.content
            opens = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="}
            assert egress.client.get(url, headers={**opens, "sec-websocket-version": "13"}).status_code == 403
            thread.join(30)
        assert b"upgrade: websocket" in got[-1].lower()
    finally:
        assert egress.stop() == 0


def test_a_delivery_is_a_message_of_its_own() -> None:
    engine = Engine(read({"route": [{"path": "/topics/**", "biometric": True}]}))
    kind = (("content-type", "application/json"),)
    made = engine.judge(Message("delivery", "PUBLISH", "/topics/faces", "", kind, b'{"age": 3, "race": "x"}'))
    assert (made.action, made.message.body) == ("change", b'{"age": 3}')
    asks = engine.judge(Message("delivery", "POST", "/topics/faces", "attributes=age,race", kind, b"{}"))
    assert (asks.action, asks.message.query) == ("change", "attributes=age")
    assert engine.judge(Message("delivery", "PUBLISH", "/topics/uyghur", "", kind, b"{}")).action == "refuse"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--egress", "--upstream", "http://127.0.0.1:1"), "one of a reverse proxy"),
        (("--egress", "--preserve-host"), "is for a reverse proxy"),
        (("--egress", "--policy", "missing.toml"), "missing.toml"),
        (("--egress", "--listen", "nowhere"), "not an address to listen at"),
    ],
)
def test_mistakes(args: tuple[str, ...], said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "untag", "guard", *args], capture_output=True, text=True)
    assert done.returncode == 2
    assert said in done.stderr


def test_it_says_where_it_cannot_listen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "untag", "guard", "--egress", "--listen", listen], capture_output=True, text=True
        )
    assert done.returncode == 2
    assert "cannot listen at" in done.stderr


def test_a_tunnel_lives_as_long_as_something_goes_through_either_way() -> None:
    from untag.guard.tunnel import _IDLE, _Life, _passed

    now = 0.0
    life = _Life(lambda: now)

    class Quiet:
        """Says nothing until something went the other way, then nothing for too long."""

        asked = 0

        async def read(self, _: int) -> bytes:
            nonlocal now
            self.asked += 1
            now += _IDLE - 1
            if self.asked == 1:
                life.touch()
                raise TimeoutError
            now += 1
            raise TimeoutError

    class Ended:
        ended = False

        def can_write_eof(self) -> bool:
            return True

        def write_eof(self) -> None:
            self.ended = True

    reader, writer = Quiet(), Ended()
    asyncio.run(_passed(reader, writer, life))  # type: ignore[arg-type]
    assert (reader.asked, writer.ended) == (2, True)
