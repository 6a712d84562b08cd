"""Columns, expressions and single lines say the same of every log, however it is written."""

from __future__ import annotations

import io
import json
import random
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import untag.exposure.format as rooms
from logs import KEY, told
from untag.exposure.artefact import Artefact, Artefacts
from untag.exposure.format import Lines, formats
from untag.exposure.hear import watching
from untag.exposure.name import Names
from untag.exposure.read import Log, Reader
from untag.exposure.run import Settings, expose
from untag.lexicon import load
from untag.lexicon.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from untag.exposure.tally import Part

pytest.importorskip("numpy")
from untag.exposure.format import _column

FORMATS = ("combined", "alb", "nginx", "gcp", "envoy")
WHO = ("192.0.2.1", "2001:db8::1", "host.example", "10.0.0.12", "-", "a" * 70, "192.0.2.1")
USER = ("-", "-", "-", "ann", "ann lee", '"ann"', "a[b", "[", "")
TARGETS = (
    "/v1/faces/22?image=1&attributes=age", "/healthz", "/v1/faces?attributes=age,race&image=3304", "/v1/persons/3304",
    "/v1/faces?attributes=age,%72ace", "/x?q=gb/t+3304&face=1", "https://api.example.org:443/v1/faces?a=1",
    "/" + "a" * 130, "/v1/faces/" + "7" * 600, "/é", "/a b", "-", "*", '/"x"', "/a\\x22b", "/sdk/acme-face-2.1.zip",
)  # fmt: skip
METHODS = ("GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get", "PROPFIND", "")
STATUS = ("200", "200", "200", "404", "204", "304", "-", "20", "2000", "x")
SIZES = ("512", "9", "0", "-", "00", "05", "123456789012345", "1" * 20, "5x", "")
CLF = (
    "01/Oct/2025:06:25:%02d", "01/Oct/2025:23:59:%02d", "02/Oct/2025:00:00:%02d", "31/Feb/2025:00:00:%02d",
    "1/Oct/2025:06:25:%02d", "01/Oct/1899:06:25:%02d",
)  # fmt: skip
ZONES = ("+0000", "+0000", "+0000", "-0730", "+9999", "0000", "")
ISO = (
    "2025-10-01T06:25:%02dZ", "2025-10-01T06:25:%02d.186641Z", "2025-10-01T23:59:%02d+02:00", "2025-10-01 06:25:%02d",
    "2025-13-01T06:25:%02dZ", "2025-10-01T06:25:%02d,5-0730",
)  # fmt: skip
TAILS = (' "-" "curl"', "", ' "-" "a \\"quoted\\" agent"', " x", ' "http://h/?race=1" "Mozilla/5.0 (é)"', "\t", '"')
SECONDS = (24, 0, 59, 60, 61)
#: What one byte of a line is turned into.
SIGNS = b"\n\r\t\0 \"'\\[]{}:,./-+%&09xZ\x7f\x80\xe9\xff"


def combined(_: random.Random, usual: Any) -> str:
    at = usual(CLF) % usual(SECONDS)
    head = f"{usual(WHO)} {usual(('-', '-', 'id', ''))} {usual(USER)} [{at} {usual(ZONES)}]"
    first = f"{usual(METHODS)} {usual(TARGETS)} {usual(('HTTP/1.1', 'HTTP/2.0', 'HTTP/x'))}"
    return f'{head} "{first}" {usual(STATUS)} {usual(SIZES)}{usual(TAILS)}'


def alb(_: random.Random, usual: Any) -> str:
    at = usual((*ISO[1:2], *ISO)) % usual(SECONDS)
    target = usual(TARGETS)
    port = usual(("2817", "65535", "1", "", "1234567", "x"))
    return (
        f"{usual(('https', 'http', 'h2', ''))} {at} app/edge/50dc6c495c0c9188 {usual(WHO)}:{port} "
        f"{usual(('10.0.0.1:80', '-'))} {usual(('0.086', '-1'))} 0.048 0.037 {usual(STATUS)} {usual(STATUS)} "
        f'34 {usual(SIZES)} "{usual(METHODS)} {target} HTTP/1.1"{usual(TAILS)}'
    )


def nested(row: dict[str, Any], path: str, value: Any) -> None:
    *parts, last = path.split(".")
    for part in parts:
        row = row.setdefault(part, {})
    row[last] = value


def objects(name: str, rng: random.Random, usual: Any) -> str:
    status = usual((200, 200, 404, "200", 204, "304", None, 2.5, True, "x"))
    size = usual((512, 9, "77", 0, "0", "-", None, 1e3, -1, "05", 1 << 61))
    when = usual((*ISO, *CLF)) % usual(SECONDS)
    rows = {
        "nginx": {
            "time_iso8601": when, "remote_addr": usual(WHO), "remote_user": usual(USER), "request_uri": usual(TARGETS),
            "request_method": usual(METHODS), "status": status, "body_bytes_sent": size,
            "args": usual(("-", "a=race&face=1")), "agent": usual(("curl", 'a "b"', "é", None)),
            "request_time": usual((0.012, 7, "0.1", None, 1e-7, True)),
        },
        "gcp": {
            "timestamp": when, "httpRequest.remoteIp": usual(WHO), "httpRequest.requestMethod": usual(METHODS),
            "httpRequest.requestUrl": usual(TARGETS), "httpRequest.status": status, "httpRequest.responseSize": size,
            "httpRequest.latency": "0.1s", "severity": "INFO", "trace": rng.choice((-0.5, 0, 12)),
        },
        "envoy": {
            "start_time": when, "method": usual(METHODS), "path": usual(TARGETS), "response_code": status,
            "bytes_sent": size, "protocol": "HTTP/1.1", "downstream_remote_address": usual(WHO), "bytes_received": 0,
            "duration": rng.randrange(99),
        },
    }  # fmt: skip
    made: dict[str, Any] = {}
    for path, value in rows[name].items():
        nested(made, path, value) if "." in path else made.setdefault(path, value)
    if usual((False, True)):
        made.pop(rng.choice(list(made)))
    text = json.dumps(made, ensure_ascii=usual((True, False)))
    return usual((text, text.replace(": ", ":\t"), text + " ", text.replace("0", "00", 1)))


WAYS: dict[str, Callable[[random.Random, Any], str]] = {
    "combined": combined, "alb": alb, **{name: partial(objects, name) for name in FORMATS[2:]},
}  # fmt: skip


def log(name: str, seed: int, count: int = 700) -> bytes:
    rng = random.Random(f"{name} {seed}")  # noqa: S311 - a repeatable log, no secret
    odd = rng.choice((0.0, 0.02, 0.1))

    def usual(some: tuple[Any, ...]) -> Any:
        return some[0] if rng.random() > (0.5 if some is TARGETS else odd) else rng.choice(some)

    made = []
    for _ in range(count):
        line = (
            {"combined": combined, "alb": alb}[name](rng, usual)
            if name in {"combined", "alb"}
            else objects(name, rng, usual)
        )
        raw = bytearray(line.encode())
        if rng.random() < 0.25:
            at = rng.randrange(len(raw))
            raw[at : at + rng.randrange(3)] = bytes(rng.choices(SIGNS, k=rng.randrange(3)))
        made.append(bytes(raw))
    ends = rng.choice((b"\n", b"\n", b"\r\n", b"\n\n"))
    return ends.join(made) + rng.choice((b"\n", b"", ends))


def said(part: Part, *, lines: bool = False) -> list[object]:
    """What a part says; of rejected lines with a word, only the same parts of each are looked at by blocks."""
    ledger = part.ledger
    return [
        sorted(part.people.items()), ledger.lines, ledger.accepted, ledger.blank, ledger.rejected, ledger.timeless,
        ledger.bodies, ledger.unread, ledger.mentions, ledger.times.first, ledger.times.last, ledger.times.minutes,
        ledger.expanded, None if lines else ledger.words,
    ]  # fmt: skip


def compared(name: str, data: bytes, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Part:
    """Read a log by columns, by expressions and by lines."""
    form = formats()[name]
    assert isinstance(form, Lines)
    monkeypatch.setattr(rooms, "LEAST", 0)
    made = reader.read(Log(0, form), io.BytesIO(data))
    monkeypatch.setattr(rooms, "LEAST", sys.maxsize)
    assert said(made) == said(reader.read(Log(0, form), io.BytesIO(data)))
    slow = type("Slow", (type(form),), {"many": lambda _self, _block: None})
    single = object.__new__(slow)
    single.__dict__.update(form.__dict__)
    assert said(made, lines=True) == said(reader.read(Log(0, single), io.BytesIO(data)), lines=True)
    return made


@pytest.fixture(scope="module", params=["words", "artefacts"])
def reader(request: pytest.FixtureRequest) -> Reader:
    named = Artefacts((Artefact("acme-face-2.1.zip", "", "race", 1, release=True),))
    policy = watching(None, ("/v1/**",))
    return Reader(policy, Names(b"k" * 32), Sieve(load()), named if request.param == "artefacts" else None)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", FORMATS)
def test_columns_expressions_and_lines_say_the_same(
    name: str, seed: int, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = compared(name, log(name, seed), reader, monkeypatch)
    assert made.ledger.accepted > 100
    assert any(person.evidence for person in made.people.values())


@pytest.mark.parametrize("name", FORMATS)
def test_texts_of_one_sum_are_not_taken_for_each_other(
    name: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_column, "_FACTORS", _column._FACTORS * 0)
    compared(name, log(name, 1), reader, monkeypatch)


@pytest.mark.parametrize("name", FORMATS)
def test_columns_read_what_most_lines_are(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the comparisons above would compare the expressions with themselves."""
    monkeypatch.setattr(rooms, "LEAST", 0)
    rng = random.Random(1)  # noqa: S311 - repeatable

    def usual(some: tuple[Any, ...]) -> Any:
        return some[rng.randrange(2)] if some in {TARGETS, WHO, SECONDS} else some[0]

    block = "".join(WAYS[name](rng, usual) + "\n" for _ in range(300)).encode()
    form = formats()[name]
    assert isinstance(form, Lines)
    made = form.begin().many(block)
    assert made is not None
    assert made.page is not None
    assert made.lines == 300
    assert len(made.left) + len(made.texts) < 10
    assert sum(row.rows for row in made.rows) > 290


def test_without_numpy_the_report_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FORMATS:
        (tmp_path / f"{name}.log").write_bytes(log(name, 3, 400) * 2)
    settings = Settings(KEY, faces=("/v1/**",), jobs=1)
    quick = told(expose([str(tmp_path)], settings))
    monkeypatch.setitem(sys.modules, "untag.exposure.format._column", None)
    assert {**told(expose([str(tmp_path)], settings)), "run": 0} == {**quick, "run": 0}


def test_a_block_of_nothing_but_line_breaks_or_quotes_is_bounded(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for data in (b"\n" * 100_000, b'"' * 100_000 + b"\n", b" " * 100_000 + b"\n", b'" ' * 50_000):
        for name in ("combined", "alb", "nginx"):
            made = compared(name, data, reader, monkeypatch)
            assert made.ledger.accepted == 0
