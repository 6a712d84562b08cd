"""Verdicts as planted, rows accounted for exactly, the same answer however logs are divided; nothing leaks."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from logs import KEY, line, name, told
from untag.exposure import run as runs
from untag.exposure.format.mapped import MappedFormat
from untag.exposure.forms import forms
from untag.exposure.name import labels
from untag.exposure.run import Exposure, Settings, expose
from untag.mistake import UntagError

if TYPE_CHECKING:
    from pathlib import Path

    from untag.tally import Progress

SECRET = "ann-lee-7788"  # noqa: S105 - a name that must not come out
MAP = ("time=t", "customer=who", "method=m", "target=path", "request=in", "response=out", "size=n")


def read(*paths: Path, **given: Any) -> Exposure:
    return expose([str(p) for p in paths], Settings(KEY, **given))


def verdicts(made: Exposure) -> dict[str, str]:
    return {name.id: person.verdict for name, person in made.people.items()}


def test_who_asked(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        line("192.0.2.1", "/v1/faces?attributes=age,race")
        + line("192.0.2.1", "/v1/faces/4711?attributes=age%2Crace", 403)
        + line("192.0.2.2", "/v1/faces?attributes=age")
        + "\nnot a row about ethnicity\n"
        + line("192.0.2.3", "/races?race=4"),
    )
    made = read(log)
    assert verdicts(made) == {
        name("192.0.2.1"): "requested", name("192.0.2.2"): "no evidence", name("192.0.2.3"): "no evidence"
    }  # fmt: skip
    row = told(made)
    first = row["customers"][0]
    assert [(e["route"], e["term"], e["count"], e["refused"]) for e in first["evidence"]] == [
        ("/v1/faces", "race", 1, 0), ("/v1/faces/*", "race", 1, 1)
    ]  # fmt: skip
    assert first["evidence"][1]["places"] == [{"file": "access.log", "line": 2}]
    ledger = row["coverage"]["files"][0]
    assert (ledger["lines"], ledger["accepted"], ledger["rejected"], ledger["blank"]) == (6, 4, 1, 1)
    assert ledger["rejections"][0]["lines"] == [5]
    assert ledger["rejected_with_words"] == 1
    assert made.code == 1


def test_what_is_declared_needs_no_neighbour(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(line("192.0.2.1", "/detect?show=ethnicity"))
    made = read(log)
    assert verdicts(made) == {name("192.0.2.1"): "no evidence"}
    assert told(made)["coverage"]["files"][0]["mentions"] == {"ethnicity": 1}
    assert verdicts(read(log, faces=("/detect",))) == {name("192.0.2.1"): "requested"}


def body(**more: object) -> str:
    return json.dumps({"faces": [{"age": 31, "gender": "f", **more}]})


def calls(tmp_path: Path, *rows: dict[str, Any]) -> Exposure:
    log = tmp_path / "calls.ndjson"
    plain = {"t": 1759300000, "m": "GET", "path": "/v1/faces"}
    log.write_text("".join(json.dumps({**plain, **row}) + "\n" for row in rows))
    return read(log, form=MappedFormat(MAP))


def test_bodies_decide(tmp_path: Path) -> None:
    made = calls(
        tmp_path,
        {"who": "a", "out": body(race="x")},
        {"who": "b", "m": "POST", "in": '{"attributes": ["age", "race"]}', "out": body()},
        {"who": "c", "out": body()},
        {"who": "d", "out": body()},
        {"who": "d"},
        {"who": "e", "out": body()[:20], "n": 900},
        {"who": "f", "m": "POST", "out": body()},
        {"who": "g", "out": "\x00\x01 not json"},
        {"who": "h", "out": body(race="x", more=1)[:-8], "n": 900},
    )
    assert verdicts(made) == {
        name("a"): "received",
        name("b"): "requested",
        name("c"): "neither (bodies seen)",
        name("d"): "no evidence",  # a response is not in the log
        name("e"): "no evidence",  # one is cut
        name("f"): "no evidence",  # a request's body is not in the log
        name("g"): "no evidence",  # one cannot be judged
        name("h"): "received",  # what there is of a cut one is judged
    }
    row = told(made)
    assert row["coverage"]["files"][0]["bodies"] == {"seen": 4, "unread": 1, "cut": 2, "absent": 2}
    assert row["coverage"]["files"][0]["unread"] == {"type": 1}


def test_all_seen_and_nothing_found_is_clean(tmp_path: Path) -> None:
    made = calls(tmp_path, {"who": "c", "out": body()})
    assert (made.verdict, made.code) == ("clean", 0)


def test_a_log_without_rows_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("")
    assert read(tmp_path / "a.log").code == 4
    with pytest.raises(UntagError, match="there is no log"):
        read(tmp_path / "b.log")


def test_no_value_leaves(tmp_path: Path) -> None:
    """A planted secret in every part of a row is in no form of the answer."""
    log = tmp_path / "access.log"
    log.write_text(
        f"192.0.2.1 - {SECRET} [01/Oct/2025:06:25:24 +0000] "
        f'"GET /v1/persons/{SECRET}/faces?attributes=age,race&name={SECRET}'
        f' HTTP/1.1" 200 5 "{SECRET}" "{SECRET}"\n{SECRET} ethnicity\n'
    )
    har = {"log": {"version": "1.2", "entries": [
        {"startedDateTime": "2025-10-01T06:25:24Z",
         "request": {"method": "POST", "url": f"https://x/{SECRET}/faces?{SECRET}=race",
                     "headers": [{"name": "Authorization", "value": SECRET}, {"name": f"x-{SECRET}", "value": "race"}],
                     "postData": {"mimeType": "application/json",
                                  "text": json.dumps({SECRET: {"age": 3, "race": SECRET}})}},
         "response": {"status": 200, "headers": [],
                      "content": {"mimeType": "application/json", "text": body(race=SECRET, **{SECRET: 1})}}},
        {SECRET: SECRET}]}}  # fmt: skip
    (tmp_path / "x.har").write_text(json.dumps(har))
    made = read(log, tmp_path / "x.har", faces=("/**",))
    assert made.count("received") == 1
    for form in forms().values():
        said = "".join(form.write(made, {"started": "x", "seconds": 0.1}))
        assert SECRET not in said
        assert "192.0.2" not in said
    told(made)


def plant(count: int) -> tuple[str, dict[str, str], dict[str, int]]:
    """Rows of many customers in the order of time, those that ask late among them; verdicts and rows by customer."""
    rng = random.Random(7)  # noqa: S311 - a repeatable log, no secret
    out, said, rows = [], {}, {}
    for number in range(count):
        who = f"198.51.100.{rng.randrange(1, 60)}"
        asks = number > count - 40 and rng.random() < 0.3
        target = "/v1/faces?attributes=age,race" if asks else f"/v1/persons/{rng.randrange(10**6)}?fields=age,gender"
        hour, minute = number // 3600 % 24, number // 60 % 60
        out.append(line(who, target, at=f"01/Oct/2025:{hour:02}:{minute:02}:{number % 60:02}"))
        rows[name(who)] = rows.get(name(who), 0) + 1
        if asks or said.get(name(who)) != "requested":
            said[name(who)] = "requested" if asks else "no evidence"
    return "".join(out), said, rows


def test_divided_and_packed_logs_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, said, rows = plant(3000)
    (tmp_path / "access.log").write_text(text)
    whole = read(tmp_path / "access.log", jobs=1)
    assert verdicts(whole) == said
    assert {n.id: p.rows for n, p in whole.people.items()} == rows
    first = told(whole)
    parts = read(tmp_path / "access.log", jobs=1, range=len(text) // 9)
    assert {**told(parts), "run": 0} == {**first, "run": 0}
    # Two processes.
    monkeypatch.setattr(runs, "SMALL", 0)
    assert {**told(read(tmp_path / "access.log", jobs=2, range=100_000)), "run": 0} == {**first, "run": 0}
    raw = text.encode()
    half = raw.find(b"\n", len(raw) // 2) + 1
    # Two members, the first ends in the middle of a line: as rotation that appends leaves them.
    (tmp_path / "p.gz").write_bytes(gzip.compress(raw[: half + 30]) + gzip.compress(raw[half + 30 :]))
    made = read(tmp_path / "p.gz")
    assert verdicts(made) == said
    assert made.files[0].ledger.lines == 3000


def test_what_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    good = line("192.0.2.1", "/v1/faces?attributes=age,race").encode() * 2000
    (tmp_path / "cut.gz").write_bytes(gzip.compress(good)[:-30])
    (tmp_path / "what.bin").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "good.log").write_bytes(good)
    made = read(tmp_path)
    row = told(made)
    assert [(g["file"].rpartition("/")[2], g["reason"]) for g in row["coverage"]["gaps"]] == [
        ("cut.gz", "damaged"), ("what.bin", "unknown")
    ]  # fmt: skip
    # What stands before the damage counts.
    assert made.people[next(iter(made.people))].rows > 2000


def test_bombs_and_endless_lines_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from untag.exposure import read as reading
    from untag.exposure import unpack

    monkeypatch.setattr(unpack, "FREE", 1 << 16)
    monkeypatch.setattr(unpack, "BLOCK", 1 << 14)
    monkeypatch.setattr(unpack, "RATIO", 50)
    monkeypatch.setattr(unpack, "LONGEST", 1 << 12)
    monkeypatch.setattr(reading, "LONGEST", 1 << 12)
    one = line("192.0.2.1", "/v1/faces?attributes=age,race").encode()
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(one * 20000))
    assert told(read(tmp_path / "bomb.gz"))["coverage"]["gaps"][0]["reason"] == "limit"
    (tmp_path / "long.log").write_bytes(one * 9 + b"x" * 100_000 + b"\n" + one)
    ledger = read(tmp_path / "long.log").files[0].ledger
    assert (ledger.accepted, ledger.refused, ledger.lines) == (10, 1, 11)


def test_labels_join_addresses_and_list_the_absent(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("identifier,label\n192.0.2.0/24,Acme\n198.51.100.7,Acme\nt-9,Zeta\n")
    (tmp_path / "a.log").write_text(
        line("192.0.2.1", "/a") + line("192.0.2.2", "/v1/faces?attributes=age,race") + line("198.51.100.7", "/a")
    )
    made = read(tmp_path / "a.log", labels=labels(tmp_path / "c.csv"))
    assert {n.label: (p.verdict, p.rows) for n, p in made.people.items()} == {
        "Acme": ("requested", 3), "Zeta": ("no evidence", 0)
    }  # fmt: skip
    (tmp_path / "c.csv").write_text("only one\n")
    with pytest.raises(UntagError, match=r"c\.csv:1"):
        labels(tmp_path / "c.csv")


def test_time_without_rows_is_told(tmp_path: Path) -> None:
    days = ("01/Oct/2025:06:00:00", "01/Oct/2025:06:30:59", "04/Oct/2025:06:00:00")
    (tmp_path / "a.log").write_text("".join(line("192.0.2.1", "/a", at=at) for at in days))
    row = told(read(tmp_path / "a.log"))
    assert row["coverage"]["silent"] == [{"from": "2025-10-01T06:31:00Z", "to": "2025-10-04T06:00:00Z"}]
    assert [(d["day"], d["rows"]) for d in row["days"]] == [
        ("2025-10-01", 2), ("2025-10-02", 0), ("2025-10-03", 0), ("2025-10-04", 1)
    ]  # fmt: skip


def test_plain_is_80_columns_wide_and_says_what_no_evidence_is(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(plant(300)[0])
    said = "".join(forms()["plain"].write(read(tmp_path / "a.log"), {}))
    assert max(map(len, said.splitlines())) <= 80
    assert "no evidence is no evidence of absence" in " ".join(said.split())


def test_the_guards_log_joins_by_the_same_key(tmp_path: Path) -> None:
    """One key gives one name: what an access log says of an address and what the guard logged is one customer."""
    row = {
        "n": 1, "t": "2025-10-01T06:25:25.123+00:00", "kind": "verdict", "direction": "response", "method": "GET",
        "route": "faces", "caller": name("192.0.2.1"), "verdict": "change", "prev": "0" * 64,
        "removed": [{"zone": "body", "at": "/<race>", "rule": "field", "term": "race"}],
    }  # fmt: skip
    (tmp_path / "guard.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "a.log").write_text(line("192.0.2.1", "/v1/faces"))
    made = read(tmp_path / "a.log", tmp_path / "guard.jsonl")
    assert verdicts(made) == {name("192.0.2.1"): "no evidence"}
    assert told(made)["customers"][0]["withheld"] == 1


def test_how_far_it_is_is_told(tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.log").write_text(line("192.0.2.1", "/a") * 50)
    (tmp_path / "x.bin").write_bytes(b"\0\1\2")
    told: list[tuple[int, int, int, int, int]] = []

    def watch(seen: Progress) -> None:
        told.append((seen.files, seen.total_files, seen.bytes, seen.total_bytes, seen.found))

    expose([str(tmp_path)], Settings(KEY, jobs=1, range=1000), watch)
    size = len(line("192.0.2.1", "/a")) * 50
    assert told[0] == (0, 3, 0, 3 * size, 0)
    assert told[-1] == (3, 3, 3 * size, 3 * size, 150)
    assert told == sorted(told)


@pytest.mark.parametrize("held", [0, 150, 50_000])
def test_parts_behind_a_long_one_are_read_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    text = "".join(line(f"192.0.2.{n % 40}", f"/v1/faces/{n}?attributes=age,race") for n in range(4000))
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(text.encode() * 5))
    for one in "bcd":
        (tmp_path / f"{one}.log").write_text(text)
    alone = told(read(tmp_path, jobs=1, range=30_000))
    monkeypatch.setattr(runs, "SMALL", 0)
    monkeypatch.setattr(runs, "HELD", held)
    assert {**told(read(tmp_path, jobs=2, range=30_000)), "run": 0} == {**alone, "run": 0}
