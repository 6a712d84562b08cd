"""The proxy before an upstream that breaks: wherever a response ends, nothing leaks, and nobody takes it for whole."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from servers import port
from untag.guard.chain import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = """
[[route]]
path = "/**"
biometric = true
[log]
file = "guard.jsonl"
"""
KEPT_BACK = b"made up"
FACES = b'{"faces": [{"age": 31, "race": "made up"}, {"age": 32, "race": "made up"}]}'
CLEAN = b'{"faces": [{"age": 31}, {"age": 32}]}'
LINES = b'{"age": 31, "race": "made up"}\n{"age": 32, "race": "made up"}\n{"age": 33}\n'
EVENTS = b'data: {"age": 31, "race": "made up"}\n\ndata: {"age": 32}\n\nevent: x\ndata: {"race": "made up"}\n\n'
#: What may come out of the streams: whole units without the tag.
UNITS = {
    "lines": [b'{"age": 31}\n', b'{"age": 32}\n', b'{"age": 33}\n'],
    "events": [b'data: {"age": 31}\n\n', b'data: {"age": 32}\n\n', b"event: x\ndata: {}\n\n"],
}
#: Seconds that the proxy lets an upstream be silent.
PATIENCE = 1.0


def chunked(data: bytes, size: int) -> bytes:
    rows = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(row), row) for row in rows) + b"0\r\n\r\n"


def head(kind: str, *more: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"content-type: {kind}", *more, "", ""]).encode()


RESPONSES = {
    "plain": head("application/json", f"content-length: {len(FACES)}") + FACES,
    "chunked": head("application/json", "transfer-encoding: chunked") + chunked(FACES, 13),
    "packed": head("application/json", "content-encoding: gzip", "transfer-encoding: chunked")
    + chunked(gzip.compress(FACES, mtime=0), 17),
    "lines": head("application/x-ndjson", "transfer-encoding: chunked") + chunked(LINES, 11),
    "events": head("text/event-stream", "transfer-encoding: chunked") + chunked(EVENTS, 19),
}


def cuts(name: str) -> list[int]:
    """Places in a response: all ends of lines (and so of chunks and their sizes), and some between them."""
    data = RESPONSES[name]
    edges = {found.end() for found in re.finditer(rb"\r\n|\n", data)} | set(range(0, len(data), 23))
    return sorted(at for at in edges if at < len(data))


class Upstream:
    """Answers ``/NAME/CUT/FATE`` with so many bytes of a response, and then closes, resets or says nothing more."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        self.seen: list[bytes] = []
        self.left = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self.socket.accept()
                threading.Thread(target=self._answer, args=(one,), daemon=True).start()

    def _answer(self, one: socket.socket) -> None:
        with one, suppress(OSError):
            one.settimeout(30)
            got = b""
            while b"\r\n\r\n" not in got:
                piece = one.recv(65536)
                if not piece:
                    return
                got += piece
            _, name, cut, fate = got.split(b" ")[1].decode().split("/")
            self.seen.append(got)
            one.sendall(RESPONSES[name][: int(cut)])
            if fate == "kept":
                # It takes another request over the same connection, and closes that in place of an answer.
                one.recv(65536)
            elif fate == "stall":
                self.left.wait(30)
            elif fate == "reset":
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A response that is not whole needs its end; before it is reset what was sent may be lost as well.


class Proxy:
    """The guard before that upstream."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.folder = folder
        self.upstream = Upstream()
        (folder / "guard.toml").write_text(POLICY + more)
        self.port = port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.errors = (folder / "errors").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "untag", "guard", "--upstream", f"http://127.0.0.1:{self.upstream.port}", "--listen",
             f"127.0.0.1:{self.port}", "--policy", str(folder / "guard.toml"), "--timeout", str(PATIENCE)],
            stderr=self.errors, stdout=self.errors,
        )  # fmt: skip
        for _ in range(300):
            if self.alive():
                break
            time.sleep(0.1)
        else:
            raise AssertionError((folder / "errors").read_text())

    def alive(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/-/untag/health", trust_env=False, timeout=30).status_code == 200
        return False

    def workers(self) -> list[int]:
        """The processes that it started."""
        out = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError, IndexError):
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    out.append(int(stat.parent.name))
        return out

    def stop(self) -> None:
        self.upstream.left.set()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.errors.close()
        self.upstream.socket.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    made = Proxy(tmp_path_factory.mktemp("faults"))
    yield made
    made.stop()


async def asked(proxy: Proxy, paths: list[str]) -> list[tuple[int, bytes, bool]]:
    """For each path the status, what came of the body, and whether it was whole."""
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(base_url=proxy.url, trust_env=False, timeout=60, limits=limits) as client:

        async def one(path: str) -> tuple[int, bytes, bool]:
            got, status = b"", 0
            try:
                async with client.stream("GET", path) as answer:
                    status = answer.status_code
                    async for piece in answer.aiter_raw():
                        got += piece
            except httpx.TransportError:
                return status, got, False
            return status, got, True

        return await asyncio.gather(*map(one, paths))


def units(got: bytes, rows: list[bytes]) -> bool:
    """Whether it is some of the units, from the first on."""
    return any(got == b"".join(rows[:count]) for count in range(len(rows) + 1))


@pytest.mark.parametrize("fate", ["close", "reset", "stall"])
def test_nothing_leaks_wherever_an_upstream_breaks(proxy: Proxy, fate: str) -> None:
    places = [(name, cut) for name in RESPONSES for cut in cuts(name)]
    if fate == "stall":
        places = places[::6]
    told = asyncio.run(asked(proxy, [f"/{name}/{cut}/{fate}" for name, cut in places]))
    for (name, cut), (status, got, whole) in zip(places, told, strict=True):
        where = (name, cut, fate, status, got)
        assert KEPT_BACK not in got, where
        if status in {502, 504}:
            assert json.loads(got)["status"] == status, where
            continue
        # What went out is a stream of which units were whole, and whoever reads it sees that there is no end.
        assert name in UNITS, where
        assert status == 200, where
        assert not whole, where
        assert units(got, UNITS[name]), where
    if fate == "stall":
        assert {status for status, _, _ in told} & {502, 504}
    assert proxy.alive()


@pytest.mark.parametrize("name", RESPONSES)
def test_what_is_whole_comes(proxy: Proxy, name: str) -> None:
    done = httpx.get(f"{proxy.url}/{name}/{len(RESPONSES[name])}/close", trust_env=False, timeout=30)
    assert done.status_code == 200
    assert done.content == (b"".join(UNITS[name]) if name in UNITS else CLEAN)


def test_a_kept_connection_that_was_closed_is_no_fault_of_a_safe_request(proxy: Proxy) -> None:
    path = f"{proxy.url}/plain/{len(RESPONSES['plain'])}/kept"
    before = len(proxy.upstream.seen)
    with httpx.Client(trust_env=False, timeout=30) as client:
        # Every other one meets a connection that the one before it left.
        assert [client.get(path).status_code for _ in range(4)] == [200] * 4
        assert len(proxy.upstream.seen) == before + 4
        codes = [client.post(path, content=b"").status_code for _ in range(2)]
        assert codes == [502, 200]
        assert client.get(path.replace("kept", "close")).status_code == 200  # and nothing is left of it


def test_a_request_goes_on_as_it_was_judged(proxy: Proxy) -> None:
    path = f"/plain/{len(RESPONSES['plain'])}/close"
    rest = {"GET": b"X-B: caf\xc3\xa9\r\n", "DELETE": b"expect: 100-continue\r\ncontent-length: 0\r\n"}
    for method, more in rest.items():
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as one:
            one.sendall(f"{method} {path}?x=%41&y=a+b&z=é HTTP/1.1\r\nhost: x\r\n".encode())
            one.sendall(b"accept: a/b\r\naccept: c/d\r\nconnection: close, x-own\r\nx-own: 1\r\n" + more + b"\r\n")
            got = b""
            while piece := one.recv(65536):
                got += piece
        assert got.endswith(CLEAN)
        asked = proxy.upstream.seen[-1].lower()
        # What no query may hold is escaped; all else is to the byte as it came.
        assert asked.startswith(f"{method} {path}?x=%41&y=a+b&z=%c3%a9 http/1.1\r\n".lower().encode())
        assert asked.count(b"\r\naccept: ") == 2
        assert more.lower().split(b"\r\n")[-2] in asked
        for gone in (b"user-agent", b"accept-encoding", b"x-own", b"expect"):
            assert gone not in asked


def test_half_of_a_request_goes_nowhere(proxy: Proxy) -> None:
    before = len(proxy.upstream.seen)
    data = json.dumps({"faces": [{"id": n} for n in range(50)]}).encode()
    first = f"POST /plain/{len(RESPONSES['plain'])}/close HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    whole = f"{first}content-length: {len(data)}\r\n\r\n".encode() + data
    packed = f"{first}transfer-encoding: chunked\r\n\r\n".encode() + chunked(data, 100)
    for request in (whole, packed):
        for cut in range(len(first) // 2, len(request), 61):
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as one:
                one.sendall(request[:cut])
    assert proxy.alive()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as one:
        one.sendall(whole)
        assert one.recv(100).startswith(b"HTTP/1.1 200")
    assert len(proxy.upstream.seen) == before + 1


def test_slow_clients_keep_nobody_out(proxy: Proxy) -> None:
    resource = pytest.importorskip("resource")
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 4000:
        pytest.skip("so many files cannot be opened here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    slow: list[socket.socket] = []
    try:
        for number in range(1500):
            one = socket.create_connection(("127.0.0.1", proxy.port), timeout=30)
            slow.append(one)
            one.sendall(b"GET /v1" if number % 2 else b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n[1")
        assert proxy.alive()
    finally:
        for one in slow:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
    assert proxy.alive()


def test_what_is_held_at_once_is_bounded(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path, "[limits]\nbody = 200000\nheld = 300000\n")
    path = f"/plain/{len(RESPONSES['plain'])}/close"
    data = json.dumps(list(range(15_000))).encode()
    head_ = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 190000\r\n\r\n"

    def code() -> int:
        headers = {"content-type": "application/json"}
        return httpx.post(proxy.url + path, content=data, headers=headers, trust_env=False, timeout=30).status_code

    def until(wanted: int) -> None:
        for _ in range(300):
            if code() == wanted:
                return
            time.sleep(0.05)
        raise AssertionError(f"never {wanted}")

    try:
        assert code() == 200
        slow = [socket.create_connection(("127.0.0.1", proxy.port), timeout=30) for _ in range(2)]
        for one in slow:
            one.sendall(head_.encode() + b" " * 140_000)
        until(503)
        assert proxy.alive()
        for one in slow:
            one.close()
        until(200)
    finally:
        proxy.stop()


@pytest.mark.skipif(not hasattr(__import__("resource"), "prlimit"), reason="it bounds the files of another process")
def test_a_full_disk_under_the_log(tmp_path: Path) -> None:
    import resource

    proxy = Proxy(tmp_path)
    log = tmp_path / "guard.jsonl"
    tagged = f"{proxy.url}/plain/{len(RESPONSES['plain'])}/close"
    try:
        with httpx.Client(trust_env=False, timeout=30) as client:
            assert client.get(tagged).status_code == 200
            full = log.stat().st_size + 900
            for number in (*proxy.workers(), proxy.process.pid):
                resource.prlimit(number, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
            codes = [client.get(tagged).status_code for _ in range(8)]
            # What can be logged passes, what cannot does not, and all that need not be logged does.
            assert codes == sorted(codes)
            assert set(codes) == {200, 503}, codes
            assert proxy.alive()
            assert verify(log).good
            for number in (*proxy.workers(), proxy.process.pid):
                resource.prlimit(number, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            assert client.get(tagged).status_code == 200
    finally:
        proxy.stop()
    assert verify(log).good
    assert KEPT_BACK not in log.read_bytes()
