"""Long runs, one command each: ./check --long NAME [options]; each is seeded and prints a table for docs/measured.md.

fuzz N [--seed S] [--from I]   N mutated specimens over all readers, some down the whole road; what crashes is printed
bounds [--only TEXT]           bombs, loops, depth, lies, cuts: time, memory, gaps and neighbours of each
same FOLDER ... [--ways ...]   one report without the sieve, for 1, 2 and 4 jobs, in any order, with any cache
laundering [--only TEXT]       disguises and honest refactorings through untag diff; what is missed or wrongly told
kills N [--seed S] [--from I]  untag strip killed at N random moments: output whole or absent, original untouched
exposure [--size MB]           generated logs through untag exposure: verdicts as planted, rows, speed beside ripgrep
blocking [--size MB]           how long others wait while the guard judges a large body; the bar is 50 ms
large [--size MB]              untag strip on a model with more than 2 GB of weights beside it: memory, time, bytes
slow [--clients N]             slow clients of the guard's proxy: how long others wait, and memory
throughput [--mitmdump PATH]   requests a second through the guard's proxy by wrk, beside its engine off and mitmproxy
leak N [--only protobuf]       N generated requests and responses through the guard; what leaks or alters is printed
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
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import accuracy
import blocking
import bounds
import contract
import kills
import large
import laundering
import leak
import lines
import readback
import real
import same
import slow
import throughput

import exposure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from untag.artifact import Artifact
    from untag.readers import Reader

ROOT = Path(__file__).resolve().parent.parent
SPECIMENS = ROOT / "tests" / "specimens" / "readers"
#: Seconds of processor time from which one input counts as a hang.
HANG = 10.0
#: Of an input that is a container: how many members are read, and how deep.
MEMBERS, DEPTH = 200, 3


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


def _whole(folder: Path, files: list[tuple[str, bytes]], *, sieve: bool) -> None:
    """Some files down the whole road: sieve, readers, gatherer, judge, reports; any crash is raised."""
    from untag.reports import View, forms
    from untag.scan import Options, scan

    for number, (name, data) in enumerate(files):
        (folder / f"{number}_{name}").write_bytes(data)
    report = scan([str(folder)], Options(jobs=1, sieve=sieve, cache=False, strict=True))
    for form in forms().values():
        for _ in form.write(report, View()):
            pass


def _read(name: str, data: bytes) -> Iterator[tuple[str, Callable[[], None]]]:
    """What every reader that knows some bytes does with them, and with what it finds inside."""
    from untag.artifact import Artifact
    from untag.gap import Damaged, Limits
    from untag.place import Place
    from untag.readers import readers

    waiting = [Artifact(Place((name,)), data)]
    count = 0
    while waiting and count < MEMBERS:
        artifact = waiting.pop()
        count += 1
        for reader in readers().values():

            def step(artifact: Artifact = artifact, reader: Reader = reader) -> None:
                try:
                    for item in reader.read(artifact, Limits()):
                        if isinstance(item, Artifact) and artifact.depth < DEPTH:
                            item.depth = artifact.depth + 1
                            waiting.append(item)
                except Damaged:
                    pass

            if reader.knows(artifact):
                yield reader.name, step


def fuzz(args: argparse.Namespace) -> int:
    """Feed mutated specimens to every reader that knows them, and a share of them to the whole road."""
    files = sorted(p for p in SPECIMENS.glob("*/*/*") if p.is_file() and p.name != "surfaces.txt")
    seeds = [(p.name, p.read_bytes()) for p in files]
    datas = [d for _, d in seeds]
    bad = whole = 0
    worst = 0.0
    started = time.perf_counter()

    def tried(number: int, what: str, name: str, step: Callable[[], None]) -> None:
        nonlocal bad, worst
        clock = time.process_time()
        try:
            step()
        except Exception as error:  # noqa: BLE001 - what the run is looking for
            bad += 1
            said = f"{type(error).__name__}: {str(error)[:100]}"
            print(f"crash: input {number} {what} file {name}: {said}", flush=True)
        spent = time.process_time() - clock
        worst = max(worst, spent)
        if spent > HANG:
            bad += 1
            print(f"hang: input {number} {what} file {name}: {spent:.1f} s", flush=True)

    # The lexicon is compiled once, in three parts, and is no input.
    some = [("a.c", b"int gender, ethnicity;"), ("b.c", b"int gender;"), ("c.bin", b"\x7fELF\0\0ethnicity\0" * 9)]
    with tempfile.TemporaryDirectory() as tmp:
        _whole(Path(tmp), some, sieve=True)
    for i in range(args.first, args.first + args.count):
        rng = random.Random(f"{args.seed}:{i}")  # noqa: S311 - reproducible noise, no secret
        name, data = rng.choice(seeds)
        data = mutated(data, rng, datas)
        for reader, step in _read(name, data):
            tried(i, f"reader {reader}", name, step)
        if i % args.whole == 0:
            whole += 1
            some = [(name, data)]
            for _ in range(rng.randrange(3)):
                other, more = rng.choice(seeds)
                some.append((other, mutated(more, rng, datas)))
            sieve = rng.random() < 0.5
            with tempfile.TemporaryDirectory() as tmp:
                tried(i, "whole road", name, lambda: _whole(Path(tmp), some, sieve=sieve))  # noqa: B023 - run at once
        if (i + 1) % 5000 == 0:
            print(f"# {i + 1} done, resume with --from {i + 1}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"fuzz: {args.count} inputs ({whole} down the whole road), seed {args.seed}, {bad} bad, worst {worst:.2f} s, "
        f"peak {peak} MB, {time.perf_counter() - started:.0f} s"
    )
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
    one.add_argument("--whole", type=int, default=20, help="every such input is also taken down the whole road")
    one.set_defaults(run=fuzz)
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
