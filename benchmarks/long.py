"""Long runs, one command each: ./check --long NAME [options]; each is seeded and prints a table for docs/measured.md.

fuzz N [--seed S] [--from I]   N mutated specimens over all readers; a crash, a hang or a foreign exception is printed
same FOLDER                    findings with and without the sieve, for 1, 2 and 4 jobs, must be equal to the byte
accuracy sample|tally ...      precision of each band of confidence on repositories labelled blind (--help says more)
speed FOLDER [--rounds N]      scan, second scan and sieve alone beside ripgrep with the lexicon's forms, in turn
sweep FOLDER                   only the sieve over every file, two processes (what ``speed`` runs)
"""

from __future__ import annotations

import argparse
import hashlib
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
from pathlib import Path

import accuracy

ROOT = Path(__file__).resolve().parent.parent
SPECIMENS = ROOT / "tests" / "specimens" / "readers"
#: Seconds from which one input counts as a hang.
HANG = 10.0


def mutated(data: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """One of a few mutations: cut, flip, repeat, splice, insert."""
    if not data:
        return bytes(rng.randrange(256) for _ in range(40))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0:
            data = data[:at]
        elif kind == 1:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif kind == 2:
            data = data[:at] + data[at : at + rng.randrange(64)] * rng.randint(2, 50) + data[at:]
        elif kind == 3:
            other = rng.choice(others)
            data = data[:at] + other[rng.randrange(len(other) + 1) :][:4096]
        elif kind == 4:
            data = (
                data[:at]
                + rng.choice([b"\0", b"\xff\xfe", b"{[(" * 200, b"<a>" * 200, b'"', b"\\", b"\r", b"&#"])
                + data[at:]
            )
        else:
            data = data[at:]
        data = data or b"x"
    return data[: 1 << 18]


def fuzz(args: argparse.Namespace) -> int:
    """Feed mutated specimens to every reader that knows them."""
    from untag.artifact import Artifact
    from untag.gap import Damaged, Limits
    from untag.place import Place
    from untag.readers import readers

    files = sorted(p for p in SPECIMENS.glob("*/*/*") if p.is_file() and p.name != "surfaces.txt")
    seeds = [(p.name, p.read_bytes()) for p in files]
    datas = [d for _, d in seeds]
    table = readers()
    bad = worst = 0.0
    started = time.perf_counter()
    for i in range(args.first, args.first + args.count):
        rng = random.Random(f"{args.seed}:{i}")  # noqa: S311 - reproducible noise, no secret
        name, data = rng.choice(seeds)
        artifact = Artifact(Place((name,)), mutated(data, rng, datas))
        for reader in table.values():
            if not reader.knows(artifact):
                continue
            clock = time.perf_counter()
            try:
                for _ in reader.read(artifact, Limits()):
                    pass
            except Damaged:
                pass
            except Exception as error:  # noqa: BLE001 - what the run is looking for
                bad += 1
                print(
                    f"crash: input {i} reader {reader.name} file {name}: {type(error).__name__}: {str(error)[:100]}",
                    flush=True,
                )
            spent = time.perf_counter() - clock
            worst = max(worst, spent)
            if spent > HANG:
                bad += 1
                print(f"hang: input {i} reader {reader.name} file {name}: {spent:.1f} s", flush=True)
        if (i + 1) % 5000 == 0:
            print(f"# {i + 1} done, resume with --from {i + 1}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"fuzz: {args.count} inputs, seed {args.seed}, {bad:.0f} bad, worst {worst:.2f} s, peak {peak} MB, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return int(bad > 0)


def report(folder: str, *options: str) -> bytes:
    """The JSON of a scan without its ``run`` block."""
    with tempfile.TemporaryDirectory() as tmp:
        out = Path(tmp) / "r.json"
        subprocess.run(
            [sys.executable, "-m", "untag", "scan", folder, "--format", "json", "-o", str(out), *options], check=False
        )
        data = json.loads(out.read_text(encoding="utf-8"))
    data.pop("run")
    return json.dumps(data, ensure_ascii=False, sort_keys=True).encode()


def same(args: argparse.Namespace) -> int:
    """Compare reports of the same input made in different ways."""
    first = report(args.folder, "--jobs", "1")
    bad = 0
    for jobs in ("2", "4"):
        equal = report(args.folder, "--jobs", jobs) == first
        bad += not equal
        print(f"jobs {jobs}: {'equal' if equal else 'DIFFERENT'} ({hashlib.sha256(first).hexdigest()[:12]})")
    kept, whole = (
        json.loads(first)["findings"],
        json.loads(report(args.folder, "--no-sieve", "--jobs", "2"))["findings"],
    )
    bad += kept != whole
    print(f"without the sieve: {len(whole)} findings, {'equal' if kept == whole else 'DIFFERENT'}")
    return int(bad > 0)


def _sweep(paths: list[str]) -> tuple[int, int]:
    """Files and hits of one process's share."""
    from untag.lexicon import load
    from untag.lexicon.sieve import Sieve

    sieve = Sieve(load())
    found = 0
    for path in paths:
        try:
            data = Path(path).read_bytes()
        except OSError:
            continue
        found += bool(sieve.sift(data))
    return len(paths), found


def sweep(args: argparse.Namespace) -> int:
    """Look at every file with the sieve and do nothing else."""
    import multiprocessing

    paths = []
    for folder, names, files in os.walk(args.folder):
        names.sort()
        paths += [f"{folder}/{name}" for name in sorted(files) if not Path(folder, name).is_symlink()]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        rows = pool.map(_sweep, [paths[0::2], paths[1::2]])
    print(f"{sum(n for n, _ in rows)} files, {sum(found for _, found in rows)} worth reading")
    return 0


def _timed(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Wall and processor seconds of a command.

    Raises:
        SystemExit: It failed; that takes no time and is not to be measured.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, check=False)
    wall = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1, 3}:
        raise SystemExit(f"{command[0]} failed: {done.stderr[-300:].decode(errors='replace')}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(args: argparse.Namespace) -> int:
    """Time of a scan beside ripgrep's over the same files, round by round in turn; medians, ratios taken in pairs."""
    rg = args.rg or shutil.which("rg")
    if rg is None:
        print("ripgrep is not installed (Debian: apt-get install ripgrep)")
        return 2
    untag = [sys.executable, "-m", "untag"]
    rows: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as tmp:
        forms, small, store = Path(tmp) / "forms", Path(tmp) / "small.c", Path(tmp) / "store"
        with forms.open("wb") as file:
            subprocess.run([*untag, "lexicon", "--forms"], stdout=file, check=True)
        small.write_text("int ethnicity; /* 民族 */\n", encoding="utf-8")
        scan = [*untag, "scan", args.folder, "--jobs", "2", "--no-progress", "--format", "json", "-o", f"{tmp}/r.json"]
        # A cold scan knows nothing of these files, but the lexicon is compiled: that is done once a version.
        env = {**os.environ, "UNTAG_CACHE": str(store)}
        subprocess.run([*untag, "scan", str(small)], stdout=subprocess.DEVNULL, env=env, check=False)
        _timed([sys.executable, __file__, "sweep", args.folder], env)
        for number in range(args.rounds):
            mine = Path(tmp) / f"store{number}"
            shutil.copytree(store, mine)
            mine.chmod(0o700)
            own = {**os.environ, "UNTAG_CACHE": str(mine)}
            for name, command, where in (
                ("rg", [rg, "-uu", "-a", "-j2", "-i", "-F", "-f", str(forms), "-c", args.folder], own),
                ("scan, first", scan, own),
                ("scan, second", scan, own),
                ("sieve alone", [sys.executable, __file__, "sweep", args.folder], env),
            ):
                rows.setdefault(name, []).append(_timed(command, where))
        size = sum(p.stat().st_size for p in Path(args.folder).rglob("*") if p.is_file() and not p.is_symlink())
    version = subprocess.run([rg, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {version}, "
        f"{size / 1e6:.0f} MB, {args.rounds} rounds"
    )
    print("| what | wall s | of rg | processor s | of rg |\n|---|---|---|---|---|")
    for name, times in rows.items():
        cells = [name]
        for k in (0, 1):
            cells.append(f"{statistics.median(t[k] for t in times):.2f}")
            pairs = [t[k] / base[k] for t, base in zip(times, rows["rg"], strict=True)]
            cells.append(f"{statistics.median(pairs):.2f}")
        print("| " + " | ".join(cells) + " |")
    return 0


def main() -> int:
    """Choose the run."""
    parser = argparse.ArgumentParser(
        prog="./check --long", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    runs = parser.add_subparsers(required=True, metavar="NAME")
    one = runs.add_parser("fuzz")
    one.add_argument("count", type=int, nargs="?", default=200_000)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--from", dest="first", type=int, default=0)
    one.set_defaults(run=fuzz)
    for name, run in (("same", same), ("speed", speed), ("sweep", sweep)):
        one = runs.add_parser(name)
        one.add_argument("folder")
        if name == "speed":
            one.add_argument("--rounds", type=int, default=3)
            one.add_argument("--rg", help="another ripgrep than the one on PATH")
        one.set_defaults(run=run)
    accuracy.arguments(runs.add_parser("accuracy", help="draw findings to be labelled blind, and tally the labels"))
    args = parser.parse_args()
    return int(args.run(args))


if __name__ == "__main__":
    sys.exit(main())
