"""Long runs, one command each: ./check --long NAME [options]; each is seeded and prints a table for docs/measured.md.

fuzz N [--seed S] [--from I]   N mutated specimens over all readers, N mutated logs through exposure; what crashes
bounds [--only TEXT]           bombs, loops, depth, lies, cuts: time, memory, gaps and neighbours of each
same FOLDER ... [--ways ...]   one report without the sieve, for 1, 2 and 4 jobs, in any order, with any cache
laundering [--only TEXT]       disguises and honest refactorings through untag diff; what is missed or wrongly told
kills N [--seed S] [--from I]  untag strip killed at N random moments: output whole or absent, original untouched
exposure [--size MB]           generated logs through untag exposure: verdicts as planted, rows, speed beside ripgrep
blocking [--size MB]           how long others wait while the guard judges a large body; the bar is 50 ms
large [--size MB] [--sparse]   untag strip on a model with more than 2 GB of weights beside it: memory, time, bytes
slow [--clients N]             slow clients of the guard's proxy: how long others wait, and memory
throughput [--mitmdump PATH]   requests a second through the guard's proxy by wrk, beside its engine off and mitmproxy
leak N [--only protobuf]       N generated requests and responses through the guard; what leaks or alters is printed
private N [--seed S] [--only F]  made-up persons in every form of record, through every command: no value may come out
contract [N]                   schemathesis against a documented API, without the guard and behind it: new failures
real                           DeepFace's own REST routes, from PyPI, behind the proxy; its models are never there
accuracy sample|tally ...      precision of each band of confidence on repositories labelled blind (--help says more)
lines draw|score ...           recall on lines that a plain list of words finds, labelled (--help says more)
readback draw|keep ...         what forms mean to readers who are not told the concept (--help says more)
speed FOLDER [--rounds N]      scan, second scan and sieve alone beside ripgrep with the lexicon's forms, in turn
sweep FOLDER                   only the sieve over every file, two processes (what ``speed`` runs)
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import accuracy
import blocking
import bounds
import contract
import fuzz
import kills
import large
import laundering
import leak
import lines
import private
import readback
import real
import same
import slow
import throughput

import exposure


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
    fuzz.arguments(runs.add_parser("fuzz", help="mutated specimens over all readers, mutated logs through exposure"))
    for name, run in (("speed", speed), ("sweep", sweep)):
        one = runs.add_parser(name)
        one.add_argument("folder")
        if name == "speed":
            one.add_argument("--rounds", type=int, default=3)
            one.add_argument("--rg", help="another ripgrep than the one on PATH")
        one.set_defaults(run=run)
    bounds.arguments(runs.add_parser("bounds", help="scan hostile inputs and say what they cost"))
    same.arguments(runs.add_parser("same", help="compare reports of one input made in different ways"))
    exposure.arguments(runs.add_parser("exposure", help="generated logs, read for who asked for a tag"))
    blocking.arguments(runs.add_parser("blocking", help="small requests beside large ones through the guard"))
    slow.arguments(runs.add_parser("slow", help="others beside slow clients of the guard's proxy"))
    throughput.arguments(runs.add_parser("throughput", help="requests a second through the guard's proxy"))
    contract.arguments(runs.add_parser("contract", help="schemathesis without the guard and behind it"))
    real.arguments(runs.add_parser("real", help="DeepFace's own REST routes behind the guard's proxy"))
    leak.arguments(runs.add_parser("leak", help="generated requests and responses through the guard"))
    private.arguments(runs.add_parser("private", help="records of made-up persons, through every command"))
    laundering.arguments(runs.add_parser("laundering", help="disguises and honest refactorings through untag diff"))
    accuracy.arguments(runs.add_parser("accuracy", help="draw findings to be labelled blind, and tally the labels"))
    lines.arguments(runs.add_parser("lines", help="draw lines to be labelled, and the recall on them"))
    readback.arguments(runs.add_parser("readback", help="words of the lexicon, read back blind"))
    kills.arguments(runs.add_parser("kills", help="strip, killed at random moments"))
    large.arguments(runs.add_parser("large", help="strip on a model with gigabytes of weights beside it"))
    args = parser.parse_args()
    return int(args.run(args))


if __name__ == "__main__":
    sys.exit(main())
