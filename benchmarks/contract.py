"""schemathesis against a documented API, without the guard and behind it: which failures only the guard brings.

The API (``tests/guard/documented.py``) is made up, and does as its OpenAPI document says; a refusal is documented. The
examples are the same each time: schemathesis draws them without chance.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["arguments", "asked", "served"]

API = Path(__file__).resolve().parent.parent / "tests" / "guard" / "documented.py"
POLICY = '[[route]]\npath = "/v1/**"\nbiometric = true\n[log]\nfile = "guard.jsonl"\n'
#: A guard that stands in the way: what is asked is larger than it reads, and that is no answer to what is right.
NARROW = (
    '[[route]]\npath = "/openapi.json"\nresponse = "pass"\nreason = "read before"\n' + POLICY + "[limits]\nbody = 4\n"
)


@contextmanager
def served(script: Path, *args: str) -> Iterator[int]:
    """What a script serves, on the port that it prints."""
    process = subprocess.Popen(
        [sys.executable, str(script), *args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None  # noqa: S101 - for the type checker
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


def asked(folder: Path, policy: str = "", examples: int = 10, *more: str) -> tuple[set[tuple[str, str]], int]:
    """Run schemathesis.

    Args:
        folder: An empty one.
        policy: Of the guard; nothing for none.
        examples: Of each operation and phase.
        more: For schemathesis.

    Returns:
        Operations and what failed of each, and how many cases were tried.

    Raises:
        RuntimeError: It did not run to its end.
    """
    report, rules = folder / "report.json", folder / "guard.toml"
    rules.write_text(policy)
    with served(API, *([str(rules)] if policy else [])) as port:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{port}/openapi.json", "--no-color",
             "--continue-on-failure", "--generation-deterministic", "-n", str(examples), "--report", "json",
             "--report-json-path", str(report), *more],
            capture_output=True, text=True, cwd=folder,
        )  # fmt: skip
    said: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
    if not said.get("complete") or said["errors"]:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    failures = {(str(name), str(row["type"])) for row in said["failures"] for name in row["operations"]}
    return failures, said["test_cases"]["generated"]


def verdicts(log: Path) -> dict[str, int]:
    """How often the guard did what, by its log."""
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    out: dict[str, int] = {}
    for row in rows:
        if row["kind"] == "verdict":
            what = f"{row['direction']} {row['verdict']}"
            out[what] = out.get(what, 0) + 1
    return out


def run(args: argparse.Namespace) -> int:
    """Compare."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        before, tried = asked(Path(one), "", args.count)
        after, again = asked(Path(two), POLICY, args.count)
        told = verdicts(Path(two) / "guard.jsonl")
    for operation, kind in sorted(after - before):
        print(f"new: {operation}: {kind}")
    print(
        f"contract: {tried} cases without the guard, {len(before)} failures; {again} behind it, "
        f"{len(after - before)} new failures; {', '.join(f'{n} {what}' for what, n in sorted(told.items()))}"
    )
    return int(bool(after - before))


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("count", type=int, nargs="?", default=500, help="examples of each operation and phase")
    parser.set_defaults(run=run)
