"""Lines of JSON that are read by an expression say what they say when they are parsed."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from logs import KEY, told
from untag.exposure.format import formats
from untag.exposure.format._object import Objects
from untag.exposure.format._shape import learned
from untag.exposure.run import Settings, expose

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NEXT = {
    "remote_addr": ["192.0.2.1", "192.0.2.2", "[2001:db8::1]:80", "192.0.2.3:4, 10.0.0.1", "-", None, 7, "a\\b", "ü"],
    "remote_user": ["-", "ann", None, "", "(null)"],
    "request_method": ["GET", "HEAD", "POST", "delete", "-", None],
    "request_uri": ["/v1/faces/1", "/v1/faces/22?attributes=age,race", "/x?q=%72ace", "/é", '/"x"', "http://h/a?b", ""],
    "args": ["-", "attributes=race&faces=1", None],
    "status": [200, "200", 304, "304", 204, None, "x", 2.5, True],
    "body_bytes_sent": ["0", 0, 512, "-", None, -1, 1e3],
    "request_body": ["-", None, "-", "-", '{"attributes": ["race", "age"]}'],
    "upstream": [{"addr": "x", "more": {"n": 1}}, {}, None, [1]],
}
TIMES = ["2025-10-01T06:25:24+02:00", "2025-10-01T23:59:59Z", "2025-10-02T00:00:01.5Z", "soon", None]


def lines(count: int) -> list[bytes]:
    rng = random.Random(5)  # noqa: S311 - a repeatable log, no secret
    out = []
    for number in range(count):
        # Mostly what the first rows are, so that there is something to learn; the rest is anything.
        row = {name: some[0] if rng.random() < 0.8 else rng.choice(some) for name, some in NEXT.items()}
        row = {"time_iso8601": TIMES[0] if rng.random() < 0.8 else rng.choice(TIMES), **row}
        if rng.random() < 0.1:
            del row[rng.choice(sorted(row))]
        text = json.dumps(row, ensure_ascii=rng.random() < 0.5)
        if rng.random() < 0.05:
            odd = [text[:-1], text + "x", text.replace("1", "01", 1), "", "[]", text.replace(": ", ":\t", 2)]
            text = rng.choice(odd)
        if number % 97 == 0:
            text = text[:-1] + ', "status": 500}'
        out.append(text.encode())
    return out


def test_shapes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "access.json"
    log.write_bytes(b"\n".join(lines(1500)) + b"\n")
    settings = Settings(KEY, form=formats()["nginx"], jobs=1)
    quick = expose([str(log)], settings)
    monkeypatch.setattr(Objects, "plain", False)
    slow = expose([str(log)], settings)
    assert {**told(quick), "run": 0} == {**told(slow), "run": 0}
    assert quick.count("requested") > 1


def test_what_is_written_alike_is_not_parsed_again() -> None:
    form = formats()["nginx"]
    assert isinstance(form, Objects)
    one = form.begin()
    row = {"time_iso8601": TIMES[0], "remote_addr": "192.0.2.1", "request": "GET /a HTTP/1.1", "status": "200"}
    block = b"".join(json.dumps({**row, "body_bytes_sent": n}).encode() + b"\n" for n in range(50))
    made = one.many(block)
    assert made is not None
    assert not made.left
    assert sum(row.rows for row in made.rows) == 50


def test_what_may_be_read_in_two_ways_is_not_learned() -> None:
    form = formats()["nginx"]
    assert isinstance(form, Objects)
    twice, strange = b'{"status": 200, "status": 1}', b'{"status": "\xc3\xa9"}'
    for line in (twice, strange, b'{"a": [1]}', b'{"a\\n": 1}', b'{"status": 200} x', b"{}"):
        assert learned(line, form.names, (), frozenset()) is None
    # The parser takes what stands under the first name, whatever that is: an object there is who asked, and nobody.
    inner = b'{"remote_addr": {"a": 1}, "x_forwarded_for": "192.0.2.1", "request_uri": "/", "status": 200}'
    assert learned(inner, form.names, (), frozenset()) is None
