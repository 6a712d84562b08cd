"""What is written with malice, or left out, neither ends a run, nor comes out, nor clears anybody."""

from __future__ import annotations

import base64
import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from logs import KEY, line, told
from untag.exposure.format import Block, Lines, formats
from untag.exposure.format._when import told as time_of
from untag.exposure.format.har import HarFormat
from untag.exposure.format.mapped import MappedFormat
from untag.exposure.format.pcap import _paired
from untag.exposure.forms import forms
from untag.exposure.row import Row
from untag.exposure.run import Exposure, Settings, expose
from untag.exposure.unpack import Cut, blocks

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "anna-7788"  # noqa: S105 - what must not come out


def read(path: Path, form: Any = None) -> Exposure:
    return expose([str(path)], Settings(KEY, form=form, jobs=1))


def shown(made: Exposure) -> str:
    ways = {"started": "x", "seconds": 0.1}
    return "".join("".join(form.write(made, ways)) for form in forms().values())


def verdicts(made: Exposure) -> list[str]:
    return [person.verdict for person in made.people.values()]


@pytest.mark.parametrize("raw", [b"9:" + SECRET.encode() + b"#", b"9:" + SECRET.encode() + b"^", b"3:inf^", b"3:1_0#"])
def test_no_number_of_a_capture_comes_out(raw: bytes) -> None:
    with pytest.raises(Cut) as error:
        list(formats()["flow"].rows(io.BytesIO(raw)))  # type: ignore[attr-defined]
    assert str(error.value) == "it is no typed netstring, or nests too deep"


def guards(**given: object) -> bytes:
    row = {
        "n": 2, "t": "2025-10-01T06:25:25.123+00:00", "kind": "verdict", "direction": "response", "method": "GET",
        "route": "default", "caller": "0123456789abcdef0123", "verdict": "change", "prev": "0" * 64, **given,
    }  # fmt: skip
    return json.dumps(row).encode() + b"\n"


def test_a_line_of_the_guard_is_not_believed(tmp_path: Path) -> None:
    good = {"rule": "field", "term": "race", "zone": "body", "at": f"/faces/{SECRET}/4711/<race>"}
    bad = [{**good, name: SECRET} for name in ("rule", "term", "zone")]
    log = tmp_path / "guard.log"
    log.write_bytes(guards(caller=SECRET, route=f"x/{SECRET}", removed=[good, *bad], verdict="would change") * 3)
    made = read(log, formats()["guard"])
    assert SECRET not in shown(made)
    row = told(made)["customers"][0]
    assert [(e["term"], e["count"]) for e in row["evidence"]] == [("race", 3)]
    assert "/faces/*/*/<race>" in json.dumps(row)


def test_a_delivery_is_told_of_who_sent_it(tmp_path: Path) -> None:
    one = {"rule": "field", "term": "race", "zone": "body", "at": "/face/<race>"}
    log = tmp_path / "guard.log"
    for verdict, said in (("would change", "received"), ("change", "no evidence")):
        log.write_bytes(guards(direction="delivery", method="POST", removed=[one], verdict=verdict))
        made = read(log, formats()["guard"])
        assert verdicts(made) == [said]
        assert told(made)["customers"][0]["evidence"][0]["count"] == 1


def test_the_guard_s_log_clears_nobody(tmp_path: Path) -> None:
    log = tmp_path / "guard.log"
    log.write_bytes(guards(verdict="pass"))
    assert verdicts(read(log, formats()["guard"])) == ["no evidence"]


def test_a_body_that_nobody_read_is_not_seen(tmp_path: Path) -> None:
    form = MappedFormat(("time=t", "customer=who", "target=path", "response=out"))
    bodies = {"a": '{"age": 3}', "b": '{"age": 3', "c": "\0\1\2"}
    log = tmp_path / "x.json"
    rows = [{"t": 1759299925, "who": who, "path": "/f", "out": out} for who, out in bodies.items()]
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert verdicts(read(log, form)) == ["neither (bodies seen)", *["no evidence"] * 2]


def test_a_packed_body_is_unpacked(tmp_path: Path) -> None:
    form = MappedFormat(("time=t", "customer=who", "target=path", "response=out|base64"))
    out = base64.b64encode(b'{"faces": [{"age": 3, "ethnicity": "x"}]}').decode()
    log = tmp_path / "x.json"
    log.write_text(json.dumps({"t": 1759299925, "who": "a", "path": "/v1/faces", "out": out}) + "\n")
    assert verdicts(read(log, form)) == ["received"]


@pytest.mark.parametrize(
    ("method", "sent", "size", "got", "fate"),
    [
        ("DELETE", 9, 0, 0, "no evidence"), ("GET", 9, 0, 0, "no evidence"), ("GET", 0, 0, -1, "no evidence"),
        ("GET", 0, 0, 0, "neither (bodies seen)"), ("DELETE", 0, 0, 0, "neither (bodies seen)"),
    ],
)  # fmt: skip
def test_what_is_absent_is_not_empty(tmp_path: Path, method: str, sent: int, size: int, got: int, fate: str) -> None:
    entry = {
        "startedDateTime": "2025-10-01T06:25:24Z", "request": {"method": method, "url": "/f", "bodySize": sent},
        "response": {"status": 200, "bodySize": got, "content": {"size": size}},
    }  # fmt: skip
    log = tmp_path / "x.har"
    log.write_text(json.dumps({"log": {"entries": [entry]}}))
    assert verdicts(read(log, HarFormat())) == [fate]


@pytest.mark.parametrize(("length", "there"), [(0, True), (None, False), ("", False)])
def test_nginx_logs_no_body_as_an_empty_one(length: object, there: bool) -> None:
    row = {
        "remote_addr": "192.0.2.1", "request_method": "POST", "request_uri": "/f", "status": 204, "request_body": "",
        "content_length": length, "time_iso8601": "2025-10-01T06:25:24Z",
    }  # fmt: skip
    form = formats()["nginx"]
    assert isinstance(form, Lines)
    made = form.take(json.dumps(row).encode())
    assert made is not None
    assert (made.asked is not None) == there


def test_packets_that_cannot_be_read_are_told() -> None:
    asks = {"http_request_method": ["GET"], "http_request_uri": ["/f"], "tcp_stream": ["1"]}
    answers = {"http_response_code": ["200"], "tcp_stream": ["1"]}
    printed = [b'{"index": {}}', b"\xff", b'{"layers": 3}', b'{"layers": {}}']
    printed += [json.dumps({"layers": one}).encode() for one in (asks, answers)]
    rows = list(_paired(io.BytesIO(b"\n".join(printed) + b"\n"), hexed=True))
    assert rows[:3] == ["a packet cannot be read"] * 2 + ["a packet is neither request nor response"]
    assert isinstance(rows[3], Row)
    assert rows[3].answered is None


NGINX = '{"remote_addr":"192.0.2.1","request_uri":"/f","status":%s,"time_iso8601":"2025-10-01T06:25:24Z"}\n'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nginx", NGINX % "200" * 5 + NGINX % ("9" * 5000)),
        ("nginx", NGINX.replace('"2025-10-01T06:25:24Z"', "9" * 400) % 200),
        ("caddy", '{"request.uri":"/f","request.method":"GET","status":200,"ts":1759299925.1}\n'),
        ("caddy", '{"request":[{"uri":"/f","method":"GET"}],"status":200,"ts":1759299925.1}\n'),
    ],
)
def test_a_line_does_not_end_the_run(tmp_path: Path, name: str, text: str) -> None:
    log = tmp_path / "x.log"
    log.write_text(text)
    ledger = told(read(log, formats()[name]))["coverage"]["files"][0]
    assert ledger["lines"] == text.count("\n")
    told(read(log))


def test_whatever_a_line_raises_it_is_rejected(tmp_path: Path) -> None:
    class Odd(Lines):
        name, title, source = "odd", "x", "x"

        def row(self, line: bytes) -> Row | None:
            return {b"a": Row()}[line]

        def many(self, block: bytes) -> Block | None:
            raise IndexError

    log = tmp_path / "x.log"
    log.write_bytes(b"a\n" + SECRET.encode() + b"\na\n")
    made = read(log, Odd())
    ledger = told(made)["coverage"]["files"][0]
    assert (ledger["accepted"], ledger["rejected"]) == (2, 1)
    assert SECRET not in shown(made)


def test_times_too_long_are_none() -> None:
    assert [time_of(value) for value in (10**400, float("inf"), float("nan"), -1, 10**30)] == [None] * 5
    assert time_of(1759299925) == time_of(1759299925 * 10**9) == 1759299925


def test_what_lies_in_a_folder_and_is_not_read_is_a_gap(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    (root / "deep").mkdir(parents=True)
    (root / "deep/a.log").write_text(line("192.0.2.1", "/f"))
    os.mkfifo(root / "pipe")
    (root / "lost").symlink_to(tmp_path / "nothing")
    (root / "linked").symlink_to(tmp_path)
    made = read(root)
    assert {file.name: file.gap for file in made.files if file.gap} == {
        "logs/linked": "a linked folder is not followed", "logs/lost": "no such file or directory",
        "logs/pipe": "it is no regular file",
    }  # fmt: skip
    assert all(file.reason == "refused" for file in made.files if file.gap)


def test_a_folder_that_cannot_be_listed_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "logs"
    (root / "shut").mkdir(parents=True)
    (root / "a.log").write_text(line("192.0.2.1", "/f"))
    real = os.scandir

    def scandir(path: Any) -> Any:  # the tests may run as one who may read everything
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert {file.name: file.gap for file in read(root).files} == {
        "logs/a.log": "", "logs/shut": "permission denied"
    }  # fmt: skip


def test_a_range_within_one_line_is_not_read_to_its_end() -> None:
    class Counted(io.BytesIO):
        passed = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            made = super().readline(size)
            Counted.passed += len(made)
            return made

    data = b"x" * (1 << 20) + b"\nlast\n"
    assert list(blocks(Counted(data), 100, 200)) == []
    assert Counted.passed <= 101
    assert b"".join(blocks(Counted(data), 1 << 20, len(data))) == b"last\n"
