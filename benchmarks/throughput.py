"""Requests a second through the guard's proxy, beside the same proxy with its engine off, by wrk, in turn in one run.

An application answers with JSON of about 10 KB, clean or with a tag in every face, no two answers in a row with the
same faces, numbers or values. Beside the rate stands the processor time of the door, since others may use the machine
meanwhile. The engine is off where the policy
lets the route pass. With ``--mitmdump`` the same is asked of mitmproxy, with an addon that hands each message to the
same engine; untag has to be installed beside it.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocking import faces, free, once, running

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments"]

ON = '[[route]]\npath = "/v1/**"\nbiometric = true\n'
OFF = '[[route]]\npath = "/v1/**"\nrequest = "pass"\nresponse = "pass"\nreason = "measured"\n'
#: What the proxy with its engine is to reach of the one without, and of mitmproxy.
BARS = (0.5, 3.0)
ADDON = """\
from pathlib import Path
from untag.guard import Message, policy
from untag.guard.engine import Engine
# What is called like a hook of mitmproxy is taken for one: policy.load is not imported by its name.
engine = Engine(policy.load(Path({policy!r})))
def asked(way, flow, part):
    head = tuple((k.lower(), v) for k, v in part.headers.items())
    path, _, query = flow.request.path.partition("?")
    return engine.judge(Message(way, flow.request.method, path, query if way == "request" else "", head,
                                part.raw_content or b""))
def request(flow):
    made = asked("request", flow, flow.request)
    if made.action == "refuse":
        flow.kill()
def response(flow):
    made = asked("response", flow, flow.response)
    if made.action == "refuse":
        flow.kill()
    elif made.action == "change":
        flow.response.raw_content = made.message.body
        flow.response.headers["content-length"] = str(len(made.message.body))
"""


#: How many answers follow one another.
ANSWERS = 61


def varied(number: int, *, tagged: bool) -> bytes:
    """JSON of about 10 KB; each number has faces, numbers and values of its own."""
    draw = random.Random(number)  # noqa: S311 - to be drawn the same again
    rows = json.loads(faces(draw.randint(9_000, 11_000), tagged=tagged))
    for face in rows["faces"]:
        face["id"] = f"{draw.getrandbits(32):08x}"
        face |= {"age": draw.randint(1, 90), "gender": draw.choice("fm"), "confidence": round(draw.random(), 3)}
        face["box"] = [round(draw.uniform(0, 500), 2) for _ in range(4)]
        face["landmarks"] = [{"x": round(draw.uniform(0, 500), 1), "y": draw.randint(0, 500)} for _ in range(20)]
        if tagged:
            face["ethnicity"] = {"value": f"made up {draw.getrandbits(16)}", "confidence": round(draw.random(), 2)}
    return json.dumps(rows).encode()


def _served() -> None:
    """The application, on a port that the environment names."""
    import uvicorn

    rows = {
        f"/v1/{name}": itertools.cycle([varied(number, tagged=name == "tagged") for number in range(ANSWERS)])
        for name in ("clean", "tagged")
    }

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                event = await receive()
                await send({"type": event["type"] + ".complete"})
                if event["type"] == "lifespan.shutdown":
                    return
        body = next(rows[scope["path"]]) if scope["path"] in rows else b"{}"
        held = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": held})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(application, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)


def _rate(wrk: str, number: int, path: str, args: argparse.Namespace) -> tuple[float, str]:
    """Requests a second, and how long half of them took."""
    done = subprocess.run(
        [wrk, "-t1", f"-c{args.connections}", f"-d{args.seconds}s", "--timeout", "20s", "--latency", f"http://127.0.0.1:{number}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(f"{path}: {done}")
    rate, half = re.search(r"Requests/sec:\s+([\d.]+)", done), re.search(r"^\s+50%\s+(\S+)", done, re.MULTILINE)
    return float(rate[1]) if rate else 0.0, half[1] if half else ""


def _spent(pid: int) -> float:
    """Seconds of processor time that a process and those that it started took; 0 where the system does not tell."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            row = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if str(pid) in {stat.parent.name, row[1]}:
            ticks += int(row[11]) + int(row[12])
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def run(args: argparse.Namespace) -> int:
    """Measure in turn."""
    wrk = shutil.which("wrk")
    if wrk is None:
        print("wrk is not installed (Debian: apt-get install wrk)")
        return 2
    rates: dict[tuple[str, str], list[float]] = {}
    halves: dict[tuple[str, str], str] = {}
    spent: dict[tuple[str, str], float] = {}
    pids: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as tmp, ExitStack() as stack:
        there = free()
        own = {**os.environ, "PORT": str(there)}
        pids["none"] = stack.enter_context(running([sys.executable, __file__], there, env=own))
        doors = {"none": there}
        for name, text in (("engine off", OFF), ("engine on", ON)):
            policy = Path(tmp) / f"{name}.toml"
            policy.write_text(text)
            doors[name] = free()
            guard = [sys.executable, "-m", "untag", "guard", "--upstream", f"http://127.0.0.1:{there}",
                     "--listen", f"127.0.0.1:{doors[name]}", "--policy", str(policy)]  # fmt: skip
            pids[name] = stack.enter_context(running(guard, doors[name]))
        if args.mitmdump:
            addon = Path(tmp) / "addon.py"
            addon.write_text(ADDON.format(policy=str(Path(tmp) / "engine on.toml")))
            doors["mitmproxy"] = free()
            command = [args.mitmdump, "-q", "--mode", f"reverse:http://127.0.0.1:{there}", "-s", str(addon),
                       "--listen-host", "127.0.0.1", "-p", str(doors["mitmproxy"])]  # fmt: skip
            pids["mitmproxy"] = stack.enter_context(running(command, doors["mitmproxy"]))
        for name, number in doors.items():
            tagged = b"ethnicity" in once(number, "/v1/tagged")
            if tagged != (name in {"none", "engine off"}):
                raise SystemExit(f"{name} does not do what it is measured for")
        for _ in range(args.rounds):
            for name, number in doors.items():
                for path in ("/v1/clean", "/v1/tagged"):
                    before = _spent(pids[name])
                    rate, halves[name, path] = _rate(wrk, number, path, args)
                    rates.setdefault((name, path), []).append(rate)
                    spent[name, path] = spent.get((name, path), 0.0) + _spent(pids[name]) - before
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {args.connections} "
        f"connections, {args.rounds} rounds of {args.seconds} s; ratios are medians of those of a round"
    )
    print("| door | body | requests/s | p50 | CPU ms | of engine off | of mitmproxy |\n|---|---|---|---|---|---|---|")
    ratios: dict[tuple[str, str, str], float] = {}
    for (name, path), rows in rates.items():
        each = 1000 * spent[name, path] / max(1.0, sum(rows) * args.seconds)
        cells = [name, path.rpartition("/")[2], f"{statistics.median(rows):.0f}", halves[name, path], f"{each:.2f}"]
        for other in ("engine off", "mitmproxy"):
            base = rates.get((other, path))
            pairs = [a / b for a, b in zip(rows, base, strict=True)] if base else []
            ratios[name, path, other] = statistics.median(pairs) if pairs else 0.0
            cells.append(f"{statistics.median(pairs):.2f}" if pairs else "")
        print("| " + " | ".join(cells) + " |")
    least = min(ratios["engine on", path, "engine off"] for path in ("/v1/clean", "/v1/tagged"))
    print(f"throughput: {least:.2f} of the proxy with its engine off, bar {BARS[0]}")
    bad = least < BARS[0]
    if args.mitmdump:
        least = min(ratios["engine on", path, "mitmproxy"] for path in ("/v1/clean", "/v1/tagged"))
        print(f"throughput: {least:.2f} of mitmproxy, bar {BARS[1]}")
        bad = bad or least < BARS[1]
    return int(bad)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--mitmdump", default="", help="mitmproxy's program, in an environment that has untag")
    parser.set_defaults(run=run)


if __name__ == "__main__":
    _served()
