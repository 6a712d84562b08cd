"""The reverse proxy as a process before a made-up face API, asked by real clients."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets.sync.client as sockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.exceptions import ConnectionClosed

import forks
from servers import port

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = """
[limits]
body = 200000
[[route]]
path = "/v1/**"
biometric = true
media = ["image/*", "video/*"]
[log]
file = "guard.jsonl"
"""


class Proxy:
    """The API and the guard before it."""

    def __init__(self, folder: Path, *args: str, scheme: str = "http") -> None:
        self.policy = folder / "guard.toml"
        self.policy.write_text(POLICY)
        self.errors = (folder / "errors").open("w")
        self.behind = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("served.py"))],
            stdout=subprocess.PIPE, stderr=self.errors, text=True,
        )  # fmt: skip
        assert self.behind.stdout is not None
        self.upstream = f"http://127.0.0.1:{int(self.behind.stdout.readline())}"
        self.port = port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "untag", "guard", "--upstream", self.upstream, "--listen", f"127.0.0.1:{self.port}",
             "--policy", str(self.policy), *args],
            stderr=self.errors, stdout=self.errors,
        )  # fmt: skip
        # The certificate of the test vouches for itself.
        self.client = httpx.Client(base_url=self.url, timeout=30, verify=False, trust_env=False)  # noqa: S501
        for _ in range(300):
            try:
                if self.client.get("/-/untag/ready").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "errors").read_text())

    def seen(self) -> dict[str, Any]:
        made: dict[str, Any] = httpx.get(f"{self.upstream}/seen", trust_env=False).json()
        return made

    def stop(self) -> int:
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.behind.kill()
        self.behind.wait(20)
        assert self.behind.stdout is not None
        self.behind.stdout.close()
        self.errors.close()
        return code


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    made = Proxy(tmp_path_factory.mktemp("proxy"))
    yield made
    made.stop()


def test_a_request_for_a_tag_never_arrives(proxy: Proxy) -> None:
    before = proxy.seen()["count"]
    done = proxy.client.post("/v1/analyze", json={"img": "x", "actions": ["age", "race"]})
    assert done.status_code == 403
    assert done.headers["content-type"] == "application/problem+json"
    assert proxy.seen()["count"] == before


def test_a_response_loses_the_tag(proxy: Proxy) -> None:
    done = proxy.client.post("/v1/analyze", json={"img": "x", "actions": ["age"]})
    assert done.json()["results"] == [{"age": 31, "gender": "f"}] * 2
    assert int(done.headers["content-length"]) == len(done.content)
    assert "x-face-race" not in done.headers
    assert "etag" not in done.headers


def test_http_2(proxy: Proxy) -> None:
    with httpx.Client(http1=False, http2=True, trust_env=False) as client:
        done = client.get(f"{proxy.url}/v1/large?n=50", headers={"accept-encoding": "gzip"})
    assert done.http_version == "HTTP/2"
    assert [sorted(row) for row in done.json()] == [["age", "box"]] * 50


@pytest.mark.parametrize("path", ["/../admin", "/v1/%2e%2e/x", "/v1/./x"])
def test_no_path_climbs_out_of_the_address(proxy: Proxy, path: str) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_a_head_is_what_its_response_would_have(proxy: Proxy) -> None:
    done = proxy.client.head("/v1/clip")
    assert (done.status_code, done.headers["content-type"], done.content) == (200, "video/mp4", b"")


def test_media_pass_as_they_come(proxy: Proxy) -> None:
    done = proxy.client.get("/v1/clip")
    assert done.content == b"\0" * 400_000


def test_an_answer_that_breaks_off_is_none(proxy: Proxy) -> None:
    assert proxy.client.get("/v1/late").status_code == 502
    assert proxy.client.post("/v1/analyze", content=b"x" * 300_000).status_code == 413


def test_a_stream_is_broken_off_where_a_line_does_not_pass(proxy: Proxy) -> None:
    assert proxy.client.get("/v1/lines?which=good").text.splitlines() == ['{"age": 1}', '{"age": 2}', '{"age": 5}']
    # What is packed is held until it is whole.
    assert proxy.client.get("/v1/lines?which=bad", headers={"accept-encoding": "gzip"}).status_code == 502
    got = b""
    plain = {"accept-encoding": "identity"}
    with (
        pytest.raises(httpx.RemoteProtocolError),
        proxy.client.stream("GET", "/v1/lines?which=bad", headers=plain) as answer,
    ):
        for piece in answer.iter_raw():
            got += piece
    assert got == b'{"age": 1}\n{"age": 2}\n'


def test_websockets(proxy: Proxy) -> None:
    with sockets.connect(f"ws://127.0.0.1:{proxy.port}/v1/talk", proxy=None) as talk:
        talk.send("face")
        assert talk.recv() == '{"age": 1}'
        talk.send("junk")
        with pytest.raises(ConnectionClosed):
            talk.recv()


def test_counts_and_a_wrong_policy(proxy: Proxy) -> None:
    proxy.client.post("/v1/analyze", json={"actions": ["race"]})
    told = proxy.client.get("/-/untag/metrics").text
    assert 'untag_guard_messages_total{action="refuse",direction="request"}' in told
    assert proxy.client.get("/-/untag/health").text == "ok\n"
    digest = proxy.client.get("/-/untag/ready").json()["policy"]
    proxy.policy.write_text("nonsense = 1\n")
    try:
        for _ in range(100):
            row = proxy.client.get("/-/untag/ready").json()
            if row["policy_refused"]:
                break
            time.sleep(0.1)
        assert row["policy_refused"]
        assert row["policy"] == digest
    finally:
        proxy.policy.write_text(POLICY)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_tls_observing_and_an_upstream_that_is_gone(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    proxy = Proxy(tmp_path, "--tls-cert", str(chain), "--tls-key", str(key), "--observe", scheme="https")
    try:
        done = proxy.client.post("/v1/analyze", json={"actions": ["race"]})
        assert done.json()["results"][0]["dominant_race"] == "made up"
        rows = [json.loads(line) for line in (tmp_path / "guard.jsonl").read_text().splitlines()]
        assert "made up" not in json.dumps(rows)
        assert any("would" in json.dumps(row) for row in rows)
        proxy.behind.kill()
        proxy.behind.wait(20)
        done = proxy.client.get("/news")
        assert (done.status_code, done.json()["type"]) == (502, "urn:untag:guard:upstream-connect")
        assert proxy.client.get("/-/untag/ready").status_code == 503
    finally:
        assert proxy.stop() == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--upstream", "ftp://x"), "not an address of an upstream"),
        (("--upstream", "http://127.0.0.1:1", "--listen", "nowhere"), "not an address to listen at"),
        (("--upstream", "http://127.0.0.1:1", "--tls-cert", "pyproject.toml"), "both a certificate and its key"),
        (("--upstream", "http://127.0.0.1:1", "--policy", "missing.toml"), "missing.toml"),
    ],
)
def test_mistakes(args: tuple[str, ...], said: str) -> None:
    root = Path(__file__).parents[2]
    done = forks.run(["guard", *args], root)
    assert done.returncode == 2
    assert said in done.stderr.decode()
