"""Generated logs through ``untag exposure``: verdicts as planted, rows accounted for exactly, speed beside ripgrep.

Logs of a service for faces with many customers: text and JSON, plain and packed by rotation. A few customers ask late
in a long file, one in its last row alone, one in a field that no row before has, one only in a packed file; bodies of
some are in the logs. Every line is counted while it is written, and ``rg -c`` reads the same bytes in the same run.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["arguments", "generated"]

#: Customers, and the share of bytes that each kind of log has.
CUSTOMERS = 200
#: Blocks of a thousand rows that are drawn of each log; a log is made of them, each with times of its own.
DRAWN = 100
SHARES = (("access.log", 0.5), ("nginx.json", 0.2), ("alb.log", 0.15), ("access.log.1.gz", 0.15))
KEY = "benchmark-of-exposure-key"
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
    "python-requests/2.31.0", "okhttp/4.12.0", "Go-http-client/2.0",
)  # fmt: skip
TARGETS = (
    "/v1/faces/detect?image_id={0}&attributes=age,gender,glasses", "/v1/persons/{0}", "/v1/faces/{0}/similar?limit=20",
    "/v1/search?gallery={1}&limit=50&threshold=0.8", "/healthz", "/static/app.{1}.js", "/v1/cameras/{1}/snapshot?t={0}",
)  # fmt: skip
ASKS = "/v1/faces/detect?image_id={0}&attributes=age,gender,race"


@dataclass
class Plan:
    """What was planted: verdict by customer, rows by customer, lines by file."""

    said: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)


def _address(number: int) -> str:
    return f"10.{number // 100}.{number % 100}.7"


def generated(folder: Path, size: int, seed: int = 1) -> Plan:
    """Write logs.

    Args:
        folder: Where.
        size: Bytes, about.
        seed: Of what is drawn.
    """
    rng = random.Random(seed)  # noqa: S311 - a repeatable log, no secret
    plan = Plan()
    for name, share in SHARES:
        # Customers 0 to 3 ask: late in the text, in its last row, late in JSON, in the packed file alone.
        asker = {"access.log": 0, "nginx.json": 2, "alb.log": 3, "access.log.1.gz": 4}[name]
        counts = plan.lines[name] = [0, 0, 0]
        path = folder / name
        with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
            for line in _written(name, int(size * share), asker, rng, plan, counts):
                file.write(line)
    for number in range(CUSTOMERS):
        plan.said.setdefault(_address(number), "no evidence")
    _calls(folder / "calls.json", plan)
    return plan


def _written(name: str, size: int, asker: int, rng: random.Random, plan: Plan, counts: list[int]) -> Iterator[bytes]:
    """Lines of one log, by blocks of a thousand."""
    done, clock = 0, 1759276800 + asker * 86_400
    drawn = [_drawn(name, rng) for _ in range(DRAWN)]
    while done < size:
        stamps = [_stamp(name, clock := clock + (rng.random() < 0.1)) for _ in range(1000)]
        text, often = rng.choice(drawn)
        block = [text % tuple(stamps)]
        for who, many in often.items():
            plan.rows[who] = plan.rows.get(who, 0) + many
        counts[0] += 1000
        if rng.random() < 0.05:
            block += ["", "this line is of nothing"]
            counts[1] += 1
            counts[2] += 1
        if done > size * 0.9 and rng.random() < 0.5:
            block.append(_row(name, _stamp(name, clock), asker, ASKS, rng))
            plan.rows[_address(asker)] = plan.rows.get(_address(asker), 0) + 1
            plan.said[_address(asker)] = "requested"
            counts[0] += 1
        raw = ("\n".join(block) + "\n").encode()
        done += len(raw)
        yield raw
    if name == "access.log":
        plan.said[_address(1)] = "requested"
        plan.rows[_address(1)] = 1
        counts[0] += 1
        yield _row(name, _stamp(name, clock), 1, ASKS, rng).encode()
    if name == "nginx.json":
        # A field that no row before has.
        row = json.loads(_row(name, _stamp(name, clock), 5, TARGETS[0], rng))
        row["method"] = "POST"
        row["request_body"] = '{"attributes": ["age", "ethnicity"]}'
        plan.said[_address(5)] = "requested"
        plan.rows[_address(5)] = 1
        counts[0] += 1
        yield (json.dumps(row) + "\n").encode()


def _drawn(name: str, rng: random.Random) -> tuple[str, Counter[str]]:
    """A thousand rows with places for their times, and how many are whose."""
    numbers = [rng.randrange(10, CUSTOMERS) for _ in range(1000)]
    rows = [_row(name, "%s", number, rng.choice(TARGETS), rng) for number in numbers]
    return "\n".join(rows), Counter(map(_address, numbers))


@lru_cache(maxsize=1000)
def _stamp(name: str, clock: int) -> str:
    """A time as a log writes it."""
    if name.startswith("access"):
        return time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(clock))
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(clock))


def _row(name: str, stamp: str, number: int, target: str, rng: random.Random) -> str:
    target = target.format(rng.randrange(10**7), rng.randrange(100))
    who, status, size = _address(number), rng.choice((200, 200, 200, 404)), rng.randrange(1, 9000)
    agent = rng.choice(AGENTS)
    if name.startswith("access"):
        return f'{who} - - [{stamp}] "GET {target} HTTP/1.1" {status} {size} "-" "{agent}"'
    if name == "alb.log":
        return (
            f"https {stamp}.186641Z app/edge/50dc6c495c0c9188 {who}:{number + 2000} 10.0.0.1:80 0.086 0.048 0.037 "
            f'{status} {status} 34 {size} "GET https://api.example.org:443{target} HTTP/1.1" "{agent}" '
            'ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:eu-1:1:targetgroup/a/73e2 "Root=1-5833"'
        )
    row = {
        "time_iso8601": f"{stamp}+00:00", "remote_addr": who, "remote_user": "-",
        "request_method": "GET", "request_uri": target, "status": str(status), "body_bytes_sent": str(size),
        "http_user_agent": agent, "request_time": "0.012", "upstream_addr": "10.0.0.1:80",
    }  # fmt: skip
    return json.dumps(row)


def _calls(path: Path, plan: Plan) -> None:
    """Rows with bodies: one customer who received a tag, and one of whom everything is seen."""
    face = {"age": 31, "gender": "f"}
    with path.open("w", encoding="utf-8") as file:
        for number, who in enumerate([201] * 500 + [202] * 500):
            told = {**face, "race": "x"} if number == 499 else face
            row = {
                "time_iso8601": "2025-10-01T00:00:00+00:00", "remote_addr": _address(who), "request_uri": "/v1/faces",
                "request_method": "GET", "status": 200, "resp_body": json.dumps({"faces": [told]}),
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
    plan.said |= {_address(201): "received", _address(202): "neither (bodies seen)"}
    plan.rows |= {_address(201): 500, _address(202): 500}
    plan.lines["calls.json"] = [1000, 0, 0]


def _wrong(report: dict, plan: Plan) -> list[str]:  # type: ignore[type-arg]
    """What a report says otherwise than was planted."""
    from untag.exposure.name import Names

    names = {Names(KEY.encode()).digest(who): who for who in (_address(n) for n in range(CUSTOMERS + 10))}
    out = []
    got = {names.get(c["customer"], c["customer"]): c for c in report["customers"]}
    for who, verdict in plan.said.items():
        rows = plan.rows.get(who, 0)
        if not rows:
            continue
        if who not in got:
            out.append(f"{who}: absent")
        elif (got[who]["verdict"], got[who]["rows"]) != (verdict, rows):
            out.append(f"{who}: {got[who]['verdict']}, {got[who]['rows']} rows; planted {verdict}, {rows}")
    out += [f"{who}: nobody of that name" for who in set(got) - set(plan.said)]
    for file in report["coverage"]["files"]:
        name = file["file"].rpartition("/")[2]
        told = [file["accepted"], file["blank"], file["rejected"]]
        if told != plan.lines[name] or file["lines"] != sum(told):
            out.append(f"{name}: {told}; planted {plan.lines[name]}")
    return out


#: Runs a command and says how long it took and how much memory its largest process held.
_MEASURE = """
import resource, subprocess, sys, time
clock = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(code, time.perf_counter() - clock, used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def _timed(command: list[str]) -> tuple[float, float, int]:
    """Wall and processor seconds, and kilobytes of the largest process.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, text=True)
    code, wall, cpu, peak = done.stdout.split()
    if int(code) not in {0, 1, 3}:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-500:]}")
    return float(wall), float(cpu), int(peak)


def run(args: argparse.Namespace) -> int:
    """Generate, read in turn with ripgrep, compare."""
    rg = args.rg or shutil.which("rg")
    if rg is None:
        print("ripgrep is not installed (Debian: apt-get install ripgrep)")
        return 2
    untag = [sys.executable, "-m", "untag"]
    with tempfile.TemporaryDirectory(dir=args.folder) as tmp:
        logs, key, forms, out = Path(tmp) / "logs", Path(tmp) / "key", Path(tmp) / "forms", Path(tmp) / "report.json"
        logs.mkdir()
        key.write_text(KEY)
        plan = generated(logs, args.size * 1_000_000, args.seed)
        with forms.open("wb") as file:
            subprocess.run([*untag, "lexicon", "--forms"], stdout=file, check=True)
        mine = [*untag, "exposure", str(logs), "--key", str(key), "--format", "json", "-o", str(out)]
        mine += ["--jobs", str(args.jobs)]
        search = [rg, "-z", "-uu", "-a", "-j2"]
        rows: dict[str, list[tuple[float, float, int]]] = {}
        for _ in range(args.rounds):
            for name, command in (
                ("rg -c, the lexicon's forms", [*search, "-i", "-F", "-f", str(forms), "-c", str(logs)]),
                ("rg -c, one word", [*search, "-i", "-F", "-c", "ethnicity", str(logs)]),
                ("untag exposure", mine),
            ):
                rows.setdefault(name, []).append(_timed(command))
        report = json.loads(out.read_text(encoding="utf-8"))
        size = sum(file["expanded_bytes"] for file in report["coverage"]["files"])
    wrong = _wrong(report, plan)
    for line in wrong[:20]:
        print(f"wrong: {line}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.python_version()}, ")
    print(f"{size / 1e6:.0f} MB unpacked, {report['summary']['rows']:,} rows, {args.rounds} rounds, {len(wrong)} wrong")
    print("| what | wall s | MB/s | processor s | peak MB |\n|---|---|---|---|---|")
    for name, times in rows.items():
        wall, cpu = (statistics.median(t[k] for t in times) for k in (0, 1))
        print(f"| {name} | {wall:.2f} | {size / 1e6 / wall:.0f} | {cpu:.2f} | {max(t[2] for t in times) / 1024:.0f} |")
    for name in ("rg -c, the lexicon's forms", "rg -c, one word"):
        pairs = zip(rows[name], rows["untag exposure"], strict=True)
        ratios = [(theirs[0] / ours[0], theirs[1] / ours[1]) for theirs, ours in pairs]
        wall, cpu = (statistics.median(r[k] for r in ratios) for k in (0, 1))
        print(f"speed of {name}: {wall:.2f} by the wall, {cpu:.2f} by the processor")
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    return int(bool(wrong))


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("--size", type=int, default=200, help="megabytes of logs, about")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--folder", help="where the logs are written; else where temporary files go")
    parser.add_argument("--rg", help="another ripgrep than the one on PATH")
    parser.set_defaults(run=run)
