"""Whether one input gives one report however it is scanned: without the sieve, with other jobs, order and cache."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import argparse

__all__ = ["arguments", "shuffled"]

#: Differences printed of one folder and way.
MOST = 40
#: What a comparison is called on the command line.
WAYS = ("sieve", "jobs", "order", "list", "cache")


class _Rows:
    """What ``os.scandir`` gives, in another order."""

    def __init__(self, path: Any, rng: random.Random, scandir: Any) -> None:
        self._rows = scandir(path)
        self._rng = rng

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Any:
        rows = list(self._rows)
        self._rng.shuffle(rows)
        return iter(rows)

    def close(self) -> None:
        """As that of the iterator itself."""
        self._rows.close()


def shuffled(seed: str, arguments: list[str]) -> int:
    """Run untag in a process in which the file system lists every folder in random order."""
    scandir, rng = os.scandir, random.Random(seed)  # noqa: S311 - noise that can be repeated, no secret
    os.scandir = lambda path=".": _Rows(path, rng, scandir)  # type: ignore[assignment]
    from untag.cli import cli

    cli(arguments)
    return 0


def _scan(inputs: list[str], *options: str, cache: Path, seed: str = "") -> dict[str, Any]:
    """The JSON of a scan, parsed.

    Raises:
        SystemExit: The scan failed.
    """
    with tempfile.TemporaryDirectory() as tmp:
        out = Path(tmp) / "r.json"
        program = [sys.executable, __file__, seed] if seed else [sys.executable, "-m", "untag"]
        done = subprocess.run(
            [*program, "scan", *inputs, "--format", "json", "-o", str(out), "--no-progress", *options],
            check=False,
            env={**os.environ, "UNTAG_CACHE": str(cache)},
            stderr=subprocess.PIPE,
        )
        if done.returncode not in {0, 1, 3} or not out.is_file():
            raise SystemExit(f"{inputs[0]}: exit {done.returncode}: {done.stderr[-400:].decode(errors='replace')}")
        data: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    data.pop("run")
    return data


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]


def _spot(finding: dict[str, Any]) -> str:
    place = finding["place"]
    return f"{'!'.join(place['chain'])}:{place.get('line') or '-'}"


def _said(finding: dict[str, Any]) -> str:
    """A finding in one line: place, rule, status, the first marks."""
    marks = "; ".join(
        f"{mark['role']} {mark['text'][:50]!r} ({', '.join(t['id'] for t in mark['terms'])})"
        for mark in finding["marks"][:4]
    )
    head = f"{_spot(finding)} {finding['rule']}/{finding['purpose']} {finding['confidence']} {finding['status']}"
    return f"{head} of {finding['owner']!r}: {marks}"


def differences(one: dict[str, Any], two: dict[str, Any]) -> list[str]:
    """What two reports say differently of findings, one line each, as many as there are."""
    rows: list[str] = []
    groups: list[dict[tuple[str, int], dict[str, Any]]] = []
    for report in (one, two):
        seen: Counter[str] = Counter()
        group: dict[tuple[str, int], dict[str, Any]] = {}
        for finding in report["findings"]:
            group[finding["key"], seen[finding["key"]]] = finding
            seen[finding["key"]] += 1
        groups.append(group)
    first, second = groups
    rows += [f"- only first: {_said(f)}" for key, f in first.items() if key not in second]
    rows += [f"+ only second: {_said(f)}" for key, f in second.items() if key not in first]
    for key, f in first.items():
        other = second.get(key)
        if other is None or other == f:
            continue
        what = sorted(k for k in {*f, *other} if f.get(k) != other.get(k))
        detail = ""
        for name in what:
            detail += f"\n      {name}: {_short(f.get(name), other.get(name))}"
        rows.append(f"~ {_said(f)}{detail}")
    return rows


def _short(one: object, two: object) -> str:
    """Two values from where they differ."""
    a, b = (json.dumps(v, ensure_ascii=False, sort_keys=True) for v in (one, two))
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    low = max(0, at - 60)
    return f"…{a[low : at + 120]} | …{b[low : at + 120]}"


def _told(name: str, one: dict[str, Any], two: dict[str, Any], *, findings: bool = False) -> tuple[str, int]:
    """A cell of the table, and 1 where they differ; what differs is printed."""
    if findings:
        one, two = ({"findings": r["findings"]} for r in (one, two))
    if json.dumps(one) == json.dumps(two):  # the order of keys counts, too
        return "equal", 0
    rows = differences(one, two)
    print(f"# {name}: {len(rows)} findings differ")
    for row in rows[:MOST]:
        print(f"  {row}")
    for part in sorted({*one, *two}):
        if part != "findings" and one.get(part) != two.get(part):
            print(f"  {part}: {_short(one.get(part), two.get(part))}")
    sys.stdout.flush()
    return f"{len(rows)} differ", 1


def _store(tmp: Path) -> Path:
    """A cache that holds the compiled lexicon and nothing else."""
    store, some = tmp / "store", tmp / "some"
    some.mkdir(exist_ok=True)
    (some / "small.c").write_text("int gender, white, ethnicity; /* \u6c11\u65cf */\n", encoding="utf-8")
    (some / "gate.c").write_text("int gender, white;\n", encoding="ascii")
    (some / "small.bin").write_bytes(b"\x7fELF\0\0" * 20 + b"ethnicity\0" + bytes(range(256)))
    _scan([str(some)], "--no-cache", cache=store)
    return store


def _copied(store: Path, target: Path) -> Path:
    """A cache that knows nothing of any file."""
    shutil.copytree(store, target)
    target.chmod(0o700)
    return target


def _listed(folder: str, rng: random.Random | None) -> list[str]:
    """All regular files of a folder, sorted, or in random order."""
    rows = sorted(str(p) for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink())
    if rng is not None:
        rng.shuffle(rows)
    return rows


def _ways(folder: str, args: argparse.Namespace, tmp: Path, store: Path) -> tuple[dict[str, str], int]:
    """The cells of one folder."""
    jobs, cells, bad = ("--jobs", str(args.jobs)), {}, 0

    def fresh(name: str) -> Path:
        return _copied(store, tmp / name)

    cold = fresh("cold")
    whole = _scan([folder], *jobs, cache=cold)
    cells["files"] = str(whole["coverage"]["artifacts"])
    cells["findings"] = str(len(whole["findings"]))
    if args.keep:
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
        (Path(args.keep) / f"{Path(folder).name}.json").write_text(text, encoding="utf-8")

    def compare(way: str, name: str, report: dict[str, Any], other: dict[str, Any] = whole) -> None:
        nonlocal bad
        cells[name], worse = _told(f"{folder} {name}", other, report, findings=way == "sieve")
        bad += worse

    if "sieve" in args.ways:
        compare("sieve", "no sieve", _scan([folder], *jobs, "--no-sieve", cache=fresh("plain")))
    if "jobs" in args.ways:
        for number in ("1", "2", "4"):
            made = _scan([folder], "--jobs", number, cache=fresh(f"jobs{number}"))
            compare("jobs", f"jobs {number}", made)
    if "cache" in args.ways:
        compare("cache", "warm", _scan([folder], *jobs, cache=cold))
        compare("cache", "no cache", _scan([folder], *jobs, "--no-cache", cache=fresh("none")))
    if "order" in args.ways:
        seed = f"{args.seed}"
        compare("order", "folders shuffled", _scan([folder], *jobs, cache=fresh("order"), seed=seed))
    if "list" in args.ways:
        reports = []
        for number, rng in enumerate((None, random.Random(args.seed))):  # noqa: S311
            names = tmp / "names"
            names.write_bytes(b"\0".join(os.fsencode(row) for row in _listed(folder, rng)))
            reports.append(_scan(["--files-from", str(names)], *jobs, cache=fresh(f"list{number}")))
        compare("list", "list shuffled", reports[1], reports[0])
    cells["digest"] = _digest(whole)
    return cells, bad


def same(args: argparse.Namespace) -> int:
    """Compare reports of the same input made in different ways, folder by folder, and print one table."""
    rows: list[dict[str, str]] = []
    bad = 0
    with tempfile.TemporaryDirectory() as own:
        store = _store(Path(args.tmp or own))
        for folder in args.folder:
            clock = time.perf_counter()
            with tempfile.TemporaryDirectory(dir=args.tmp) as tmp:
                cells, worse = _ways(folder.rstrip("/"), args, Path(tmp), store)
            bad += worse
            rows.append({"input": Path(folder).name, **cells})
            said = ", ".join(f"{k} {v}" for k, v in cells.items())
            print(f"# {Path(folder).name}: {said} ({time.perf_counter() - clock:.0f} s)", flush=True)
    heads = list(rows[0])
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        print("| " + " | ".join(row[h] for h in heads) + " |")
    return int(bad > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command to a parser; ``run`` of its result is the command."""
    parser.add_argument("folder", nargs="+")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS, help="what is compared (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="processes where nothing else is compared")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tmp", help="where caches lie while it runs, and the compiled lexicon for the next run")
    parser.add_argument("--keep", help="folder for the report of each input, to be compared with a later version's")
    parser.set_defaults(run=same)


if __name__ == "__main__":
    sys.exit(shuffled(sys.argv[1], sys.argv[2:]))
