"""Slow clients of the guard's proxy: how long somebody else waits beside thousands of them, and what they cost.

A third sends half of a head, a third half of a body, a third does not read its answer; none of them goes. After each
thousand somebody asks as ever.
"""

from __future__ import annotations

import os
import resource
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from blocking import free, once, running
from throughput import ON

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments"]

HALVES = (
    b"GET /v1/cl",
    b"POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n[1,2,",
    b"GET /v1/tagged HTTP/1.1\r\nhost: x\r\n\r\n",
)


def _memory(command: str) -> int:
    """Megabytes of all processes that were started with a policy."""
    pages = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if command.encode() in (folder / "cmdline").read_bytes():
                pages += int((folder / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def run(args: argparse.Namespace) -> int:
    """Measure."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < args.clients + 100:
        print(f"only {most} files can be opened here")
        return 2
    waits = []
    with tempfile.TemporaryDirectory() as tmp:
        policy = Path(tmp) / "guard.toml"
        policy.write_text(ON)
        there, here = free(), free()
        application = [sys.executable, str(Path(__file__).with_name("throughput.py"))]
        guard = [sys.executable, "-m", "untag", "guard", "--upstream", f"http://127.0.0.1:{there}",
                 "--listen", f"127.0.0.1:{here}", "--policy", str(policy)]  # fmt: skip
        with running(application, there, env={**os.environ, "PORT": str(there)}), running(guard, here):
            once(here, "/v1/clean")
            print(f"| slow clients | another waits ms | memory MB |\n|---|---|---|\n| 0 | | {_memory(str(policy))} |")
            held = []
            for number in range(args.clients):
                one = socket.create_connection(("127.0.0.1", here), timeout=60)
                one.sendall(HALVES[number % len(HALVES)])
                held.append(one)
                if (number + 1) % 1000 == 0:
                    time.sleep(1)  # what came at once is done
                    began = time.perf_counter()
                    once(here, "/v1/clean")
                    waits.append((time.perf_counter() - began) * 1000)
                    print(f"| {number + 1} | {waits[-1]:.0f} | {_memory(str(policy))} |", flush=True)
            for one in held:
                one.close()
            once(here, "/v1/clean")
    print(f"slow: {args.clients} clients, another waits {statistics.median(waits):.0f} ms, {max(waits):.0f} ms at most")
    return int(max(waits) > 1000)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("--clients", type=int, default=10_000)
    parser.set_defaults(run=run)
