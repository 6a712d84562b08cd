"""How long others wait while the guard judges a large body: small requests beside large ones, through real servers.

An application answers with a large JSON (clean, or with a tag in every face) and with a small one. It stands behind the
guard as middleware and as a proxy, each a process; one process asks for large bodies without a pause, another for small
ones and takes the time. In the middleware's process a task that sleeps for a moment, over and over, says how long the
event loop stood still, and how much processor time it used meanwhile: the rest was others' doing. Alone
comes first, so that what the machine does to every request can be told from it; the application without the guard comes
last, so that what large bodies do by themselves can.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["arguments", "faces", "free", "once", "running"]

POLICY = '[[route]]\npath = "/v1/**"\nbiometric = true\n[limits]\nbody = 67108864\n'
#: Milliseconds that nobody may wait for a large body.
BAR = 50.0
#: Seconds between two looks at the clock, and between two small requests.
STEP, PAUSE = 0.002, 0.005


def faces(size: int, *, tagged: bool) -> bytes:
    """JSON of about so many bytes."""
    face: dict[str, Any] = {
        "age": 31, "gender": "f", "emotion": "happy", "confidence": 0.987, "box": [10.5, 20.25, 110, 140],
        "landmarks": [{"x": 1.5 * n, "y": 2.5 * n} for n in range(20)],
    }  # fmt: skip
    if tagged:
        face["ethnicity"] = {"value": "made up", "confidence": 0.5}
    count = size // len(json.dumps(face)) + 1
    return json.dumps({"faces": [{"id": f"f{n}", **face} for n in range(count)]}).encode()


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Answers with large bodies, small ones, and how long the loop stood still since somebody asked."""
    state = _application.__dict__
    if scope["type"] == "lifespan":
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                size = int(os.environ["SIZE"])
                state["bodies"] = {"/v1/clean": faces(size, tagged=False), "/v1/tagged": faces(size, tagged=True)}
                state["longest"] = state["busy"] = 0.0
                state["task"] = asyncio.create_task(_ticks(state))
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return
    body = state["bodies"].get(scope["path"], b'{"age": 31, "gender": "f"}')
    if scope["path"] == "/v1/longest":
        body = json.dumps({"longest": state["longest"], "busy": state["busy"]}).encode()
        state["longest"] = state["busy"] = 0.0
    rows = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": rows})
    await send({"type": "http.response.body", "body": body})


async def _ticks(state: dict[str, Any]) -> None:
    last, spent = time.perf_counter(), time.thread_time()
    while True:
        await asyncio.sleep(STEP)
        now, used = time.perf_counter(), time.thread_time()
        state["longest"] = max(state["longest"], now - last - STEP)
        state["busy"] = max(state["busy"], used - spent)
        last, spent = now, used


def _serve(number: int, policy: str) -> None:
    """The application on a port, behind the guard where a policy is given."""
    import uvicorn

    from untag.guard.asgi import Guard

    app: Any = Guard(_application, policy) if policy else _application
    uvicorn.run(app, host="127.0.0.1", port=number, log_level="warning", access_log=False)


def free() -> int:
    """A free port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], number: int, *, env: dict[str, str] | None = None) -> Iterator[int]:
    """A server, from when somebody listens on its port on; the number of its process."""
    process = subprocess.Popen(command, env=env)
    try:
        for _ in range(600):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", number)) == 0:
                    break
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {data[:200]!r}")
    return data


def once(number: int, path: str) -> bytes:
    """Ask on a connection of its own: servers close one on which nothing comes for seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=120)
    data = _get(connection, path)
    connection.close()
    return data


def _load(number: int, path: str) -> None:
    """Ask for large bodies until the process is ended; say how many there were."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=120)
    while True:
        _get(connection, path)
        print("done", flush=True)


def _pings(number: int, seconds: float) -> list[float]:
    """Milliseconds that small requests took."""
    connection = http.client.HTTPConnection("127.0.0.1", number, timeout=120)
    rows = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        _get(connection, "/v1/small")
        rows.append((time.perf_counter() - began) * 1000)
        time.sleep(PAUSE)
    connection.close()
    return rows


def _row(rounds: list[list[float]]) -> tuple[str, float]:
    """Cells of a row, and the median of what was longest in each round: what a body does, it does in every one."""
    rows = sorted(one for some in rounds for one in some)
    longest = statistics.median(max(some) for some in rounds)
    usual, most = statistics.median(rows), rows[int(len(rows) * 0.99)]
    return f"{usual:.1f} | {most:.1f} | {longest:.1f} | {rows[-1]:.1f}", longest


def _measured(door: str, number: int, args: argparse.Namespace) -> float:
    """Print the rows of one door; how long somebody waited in a usual round."""
    worst = 0.0
    once(number, "/v1/tagged")  # what is made once is made
    for path in ("", "/v1/clean", "/v1/tagged"):
        loaders = [
            subprocess.Popen([sys.executable, __file__, "load", str(number), path], stdout=subprocess.PIPE, text=True)
            for _ in range(args.at_once if path else 0)
        ]
        for one in loaders:
            if one.stdout is not None:
                one.stdout.readline()
        rounds, still, busy = [], [], []
        for _ in range(args.rounds):
            once(number, "/v1/longest")
            rounds.append(_pings(number, args.seconds))
            told = json.loads(once(number, "/v1/longest"))
            still.append(told["longest"] * 1000)
            busy.append(told["busy"] * 1000)
        large = 0
        for one in loaders:
            one.terminate()
            large += one.communicate()[0].count("done")
        cells, longest = _row(rounds)
        stood = " | " if door == "proxy" else f"{statistics.median(still):.1f} | {statistics.median(busy):.1f}"
        name = path.rpartition("/")[2] or "alone"
        print(f"| {door} | {name} | {sum(map(len, rounds))} | {large} | {cells} | {stood} |", flush=True)
        if path:
            worst = max(worst, longest)
    return worst


def run(args: argparse.Namespace) -> int:
    """Measure both doors."""
    env = {**os.environ, "SIZE": str(int(args.size * 1_000_000))}
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, bodies of {args.size} MB, "
        f"{args.at_once} at once, {args.rounds} rounds of {args.seconds} s, medians of what is longest in each"
    )
    print(
        "| door | beside | small | large | p50 ms | p99 | longest of a round | of all | loop still | loop busy |\n"
        "|---|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as tmp:
        policy = Path(tmp) / "guard.toml"
        policy.write_text(POLICY)
        here, there = free(), free()
        serve = [sys.executable, __file__, "serve"]
        with running([*serve, str(here), str(policy)], here, env=env):
            worst = _measured("asgi", here, args)
        guard = [sys.executable, "-m", "untag", "guard", "--upstream", f"http://127.0.0.1:{there}",
                 "--listen", f"127.0.0.1:{here}", "--policy", str(policy)]  # fmt: skip
        with running([*serve, str(there)], there, env=env), running(guard, here):
            worst = max(worst, _measured("proxy", here, args))
            _measured("none", there, args)  # what large bodies do to others by themselves
    print(f"blocking: {worst:.0f} ms, bar {BAR:.0f} ms")
    return int(worst > BAR)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("--size", type=float, default=5.0, help="megabytes of a large body")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a round; a large body or more fit in")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--at-once", type=int, default=1, help="large bodies that are under way")
    parser.set_defaults(run=run)


if __name__ == "__main__":
    if sys.argv[1] == "load":
        _load(int(sys.argv[2]), sys.argv[3])
    else:
        _serve(int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
