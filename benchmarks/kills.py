"""``untag strip`` killed at random moments: the output is whole or absent, the original untouched, the record there.

One product of source code, data trees, a table, a database and an archive is stripped once undisturbed; then again and
again, each time killed (``SIGKILL``, the whole process group) after a share of that time that the seed gives.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments"]

FILES = {
    "face.py": "class Face:\n    age: int\n    gender: str\n    ethnicity: str\n    score: float\n",
    "api.json": '{"face": {"attributes": ["age", "gender", "ethnicity"], "size": 3}}\n',
    "labels.yaml": "face_labels:\n  age: int\n  ethnicity: str\n  gender: str\n",
    "faces.csv": "face_id,age,ethnicity\n" + "".join(f"{n},{n % 90},{'ab'[n % 2]}\n" for n in range(2000)),
    "more/show.ts": "export interface FaceResult { age: number; ethnicity: string; glasses: boolean }\n",
}
#: Beyond the time an undisturbed run takes, so that some runs end by themselves.
SLACK = 1.15


def made(folder: Path) -> Path:
    """The product."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with contextlib.closing(sqlite3.connect(folder / "faces.db")) as base:
        base.execute("CREATE TABLE faces (id INTEGER PRIMARY KEY, age INTEGER, ethnicity TEXT, template BLOB)")
        rows = [(n, n % 90, "ab"[n % 2], b"t" * 40) for n in range(500)]
        base.executemany("INSERT INTO faces VALUES (?, ?, ?, ?)", rows)
        base.commit()
    with zipfile.ZipFile(folder / "sdk.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        for name in ("face.py", "api.json"):
            pack.writestr(zipfile.ZipInfo(f"sdk/{name}", (2020, 1, 1, 0, 0, 0)), FILES[name])
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Digest of each file by its path."""
    rows = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): sha256(p.read_bytes()).hexdigest() for p in rows}


def stripped(product: Path, out: Path, wait: float | None) -> tuple[bool, float]:
    """Run the command; kill it after ``wait`` seconds.

    Returns:
        Whether it ended by itself, and the seconds it ran.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", "untag", "strip", str(product), "-o", str(out), "--unsafe"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            process.wait(wait)
            ended = True
        except subprocess.TimeoutExpired:
            ended = False
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return ended, time.perf_counter() - started


def run(args: argparse.Namespace) -> int:
    """All kills."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as tmp:
        base = Path(tmp)
        product = made(base / "product")
        before = digests(product)
        stripped(product, base / "warm", None)
        _, whole_time = stripped(product, base / "whole", None)
        whole = digests(base / "whole")
        if not whole or whole == before:
            raise SystemExit("an undisturbed run wrote nothing")
        for number in range(args.first, args.first + args.count):
            share = random.Random(f"kills:{args.seed}:{number}").random() * SLACK  # noqa: S311 - no secret
            out = base / f"out{number}"
            ended, _ = stripped(product, out, share * whole_time)
            tally["ended by itself" if ended else "killed"] += 1
            tally["output whole" if out.exists() else "output absent"] += 1
            if digests(product) != before:
                wrong.append(f"{number}: the original changed after {share:.3f} of the time")
            if out.exists() and digests(out) != whole:
                wrong.append(f"{number}: the output is not whole after {share:.3f} of the time")
            if out.exists() and not (base / f"out{number}.evidence" / "strip.json").exists():
                wrong.append(f"{number}: the output came before its record, after {share:.3f} of the time")
    told = ", ".join(f"{n} {what}" for what, n in sorted(tally.items()))
    print(f"seed {args.seed}, from {args.first}: {args.count} runs, {whole_time:.2f} s undisturbed; {told}")
    print(f"{len(wrong)} wrong")
    print("".join(f"{row}\n" for row in wrong), end="")
    return int(bool(wrong))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; ``run`` of the result is the command."""
    parser.add_argument("count", type=int, nargs="?", default=200, help="runs that are killed (default 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.set_defaults(run=run)
