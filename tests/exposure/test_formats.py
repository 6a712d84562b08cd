"""Every format has a specimen, is told by its content, and shows what its specimen says; blocks count as lines do."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag.exposure.format import HEAD, Capture, Lines, formats, known, pcap
from untag.exposure.format.flow import netstring
from untag.exposure.format.mapped import MappedFormat
from untag.exposure.row import SAFE, Rejected, Row
from untag.exposure.run import Settings, expose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.exposure.format import Format

SPECIMENS = Path(__file__).parent.parent / "specimens" / "exposure"
CASES = sorted(f"{p.parent.name}/{p.name}" for p in SPECIMENS.glob("*/*") if p.is_dir())
MAP = (
    "time=ts", "customer=tenant.id", "method=verb", "target=path", "request=in", "response=out|base64", "status=code"
)  # fmt: skip


def made(name: str) -> Format:
    return MappedFormat(MAP) if name == "mapped" else formats()[name]


def rows(form: Format, data: bytes) -> Iterator[Row | str | None]:
    if isinstance(form, Capture):
        if form.name == "pcap" and shutil.which("tshark") is None:
            pytest.skip("no tshark on this machine")
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            yield from form.rows(file)
        return
    assert isinstance(form, Lines)
    one = form.begin()
    for line in data.split(b"\n")[: None if not data.endswith(b"\n") else -1]:
        try:
            yield one.row(line)
        except Rejected as error:
            yield str(error)


def shown(row: Row | str | None) -> str:
    if row is None:
        return "blank"
    if isinstance(row, str):
        return f"rejected: {row}"
    parts = [f"who={'|'.join(row.who)}", f"time={row.time}", row.method, row.target, f"status={row.status}"]
    parts.append(f"size={row.size}{' nothing' if row.nothing else ''}")
    for name, body in (("asked", row.asked), ("answered", row.answered)):
        if body is not None:
            said = f"{name}={body.type} {len(body.data)} bytes{' cut' if body.cut else ''}"
            parts.append(said + (f" {body.damaged}" if body.damaged else ""))
    for sent, body in row.messages:
        parts.append(f"{'sent' if sent else 'got'} {body.type} {len(body.data)} bytes {body.damaged}".rstrip())
    parts += [f"{h.way}: {h.term} ({h.rule}) {h.zone} {h.at}" for h in row.heard]
    parts += [f"header {name}" for name, _ in row.headers]
    parts += [f"at {row.at}"] if row.at else []
    return "\n  ".join([*parts, *([row.route] if row.route else [])])


def test_every_format_has_a_specimen() -> None:
    assert {case.split("/")[0] for case in CASES} == set(formats())


@pytest.mark.parametrize("case", CASES)
def test_specimens(case: str) -> None:
    folder = SPECIMENS / case
    data = next(folder.glob("input.*")).read_bytes()
    form = made(case.split("/", maxsplit=1)[0])
    told = "\n".join(shown(row) for row in rows(form, data)) + "\n"
    kept = folder / "rows.txt"
    if os.environ.get("UNTAG_BLESS"):
        kept.write_text(told, encoding="utf-8")
    assert told == kept.read_text(encoding="utf-8")
    if form.name != "mapped":
        assert known(data[:HEAD]) is form


#: Lines that a block must not take otherwise than ``row`` does.
ODD = {
    "combined": [
        b'192.0.2.1 - - [01/Oct/2025:06:25:61 +0000] "GET /a HTTP/1.1" 200 5',
        b'192.0.2.1 - - [01/Oct/2025:06:25:01 +0000] "GET /a b HTTP/1.1" 200 5 "-"',
        b'192.0.2.1 - - [01/Oct/2025:06:25:01 +0000] "GET nothing" 200 5x',
        b'192.0.2.1 - - [01/Oct/2025:06:25:01 +0000] "OPTIONS * HTTP/1.1" 204 0',
        b'192.0.2.1 - - [01/Oct/2025:06:26:01 +0200] "HEAD /a HTTP/1.1" 200 50 "-"',
        b'192.0.2.1 - - [31/Feb/2025:06:26:01 +0000] "POST /a HTTP/1.1" 200 0',
        b'192.0.2.1 - - [01/Oct/2025:06:26:01 +0000] "GET /a HTTP/1.1" 304 -\r',
        b'192.0.2.1 - - [01/Oct/2025:06:25:01 +0000] "GET / HTTP/1.1" 200 5 - [01/Oct/2025:06:26:01 +0000] "GET /" 200',
        b'192.0.2.9 - ann [32/Oct/2025:06:26:01 +0000] "GET /a HTTP/1.1" 200 10',
        b"", b" ", b'"', b"[", b'192.0.2.1 - - [01/Oct/2025:06:26:01 +0000] "GET /a HTTP/1.1" 404 0',
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", [*CASES, *ODD])
def test_a_block_counts_as_its_lines_do(case: str) -> None:
    """Rows, who, minutes, fates, rejections with their lines: the same whether told at once or one by one."""
    form = made(case.split("/", maxsplit=1)[0])
    data = b"\n".join(ODD[case]) if case in ODD else next((SPECIMENS / case).glob("input.*")).read_bytes()
    many = form.begin().many(data) if isinstance(form, Lines) else None
    if many is None:
        return
    lines: Counter[object] = Counter()
    times: dict[object, list[int]] = {}
    rejected: dict[str, list[int]] = {}
    blank = 0
    left = {number for number, _ in many.left}
    for number, row in enumerate(rows(form, data)):
        if number in left:
            continue
        if row is None:
            blank += 1
        elif isinstance(row, str):
            known = rejected.setdefault(row, [0])
            known[0] += 1
            known.append(number)
        else:
            assert row.time is not None
            lines[row.who, row.time // 86400, row.nothing and row.method in SAFE] += 1
            times.setdefault(row.who, []).append(row.time - row.time % 60)
    counted: Counter[object] = Counter()
    for who, day, first, last, seen, count in many.rows:
        counted[who, day, seen] += count
        assert first in times[who]
        assert last in times[who]
    assert (counted, many.rejected, many.blank) == (lines, rejected, blank)
    ends = {time for row in many.rows for time in (row.first, row.last)}
    assert ends >= {end(row) for row in times.values() for end in (min, max)}
    assert many.minutes == {time for row in times.values() for time in row}


def test_without_tshark_packets_are_a_gap_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    path = SPECIMENS / "pcap" / "sample" / "input.pcap"
    made = expose([str(path)], Settings(b"k" * 32))
    assert (made.files[0].reason, made.code) == ("needs", 4)
    assert "apt-get install tshark" in made.files[0].gap


def test_a_tshark_that_stands_still_is_stopped_and_one_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "tshark"
    path = SPECIMENS / "pcap" / "sample" / "input.pcap"
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(pcap, "STILL", 0.5)
    for said, reason, words in (
        ('[ "$1" = --version ] && exit; exec sleep 600', "limit", "stood still"),
        ("exec sleep 600", "limit", "stood still"),
        ('[ "$1" = --version ] && exit; exec >&-; exec sleep 600', "limit", "stood still"),
        ('[ "$1" = --version ] && exit; exit 2', "damaged", "to its end"),
    ):
        tool.write_text(f"#!/bin/sh\n{said}\n")
        tool.chmod(0o755)
        made = expose([str(path)], Settings(b"k" * 32))
        assert (made.files[0].reason, made.code) == (reason, 4)
        assert words in made.files[0].gap


def test_a_netstring_that_lies_is_damaged() -> None:
    for raw in (b"9999999999:x,", b"3:abc", b"5:1:a,}", b"4:1:a?]", b"1:x#", b"x", b"5:" * 100):
        with pytest.raises(ValueError, match=r"netstring|whole|names|literal"):
            netstring(memoryview(raw), 0, [1000])
    deep = b""
    for _ in range(50):
        deep = b"%d:%s]" % (len(deep), deep)
    with pytest.raises(ValueError, match="too deep"):
        netstring(memoryview(deep), 0, [1000])
