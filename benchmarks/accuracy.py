"""How often a shown finding is right: draw a sample for people to label blind, then tally what they said.

sample FOLDER MANIFEST   scan laid out repositories, draw findings of each band, write a blind worksheet and its key
tally KEY FIRST SECOND   precision of each band with 95 % intervals, agreement of the two labellers, disagreements

``benchmarks/accuracy/README.md`` tells labellers what to do.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).resolve().parent.parent
#: Where the labels of the last run are kept.
LABELS = ROOT / "benchmarks" / "accuracy" / "labels.jsonl"
#: What is asked of each band (the contract); a tentative finding is never shown by itself.
BARS = {"certain": 0.98, "firm": 0.92, "tentative": 0.60}
VERDICTS = ("right", "wrong", "unsure")
HALVES = ("tune", "hold")
#: Rows of people and weights are no software; labels of them would be a catalogue of such collections.
DATA = re.compile(
    r"\.(?:csv|tsv|xlsx?|ods|arff|parquet|feather|npy|npz|mat|h5|hdf5|pt|pth|onnx|tflite|pb|caffemodel|safetensors|pkl)$",
    re.IGNORECASE,
)
#: Files above this size are not compared with those of another folder.
LARGE = 8 << 20


# -- the sample


@dataclass(frozen=True, slots=True)
class Item:
    """One finding that may be drawn: its row for the key, with what decides whether and when it is drawn."""

    band: str
    repository: str
    rank: str
    twin: str
    row: dict[str, Any]


def half(repository: str) -> str:
    """Which half a repository belongs to for ever, by its name alone: one to tune the judge on, one held back."""
    return HALVES[hashlib.sha256(repository.lower().encode()).digest()[0] & 1]


def code() -> str:
    """Digest of the installed package: reports of another lexicon, reader or rule are not taken up again."""
    import untag

    root = Path(untag.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".toml", ".scm"} and path.is_file():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def report(folder: Path, kept: Path, jobs: int) -> list[dict[str, Any]]:
    """Findings of a folder, from the kept report where there is one.

    Raises:
        SystemExit: The scan made no report.
    """
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "untag", "scan", str(folder.resolve()), "--format", "json", "-o", str(kept)]
        # From an empty folder, so that no configuration of ours takes part.
        with tempfile.TemporaryDirectory() as tmp:
            done = subprocess.run(
                [*command, "--jobs", str(jobs), "--exit-zero", "--no-progress"], cwd=tmp, capture_output=True, text=True
            )
        if not kept.exists():
            raise SystemExit(f"no report of {folder}: {done.stderr[-300:]}")
    findings: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))["findings"]
    return findings


def squeezed(data: bytes) -> bytes:
    """The bytes without white space, so that a copy with other indents or line ends is known again."""
    return b"".join(data.split())


def items(row: dict[str, Any], folder: Path, findings: Iterable[dict[str, Any]], seed: int) -> list[Item]:
    """What may be drawn from one repository: shown findings, and tentative ones that only their band keeps hidden."""
    out = []
    texts: dict[str, list[bytes]] = {}
    for finding in findings:
        band, place = finding["confidence"], finding["place"]
        path = "!".join(place["chain"])
        if finding["severity"] == "note" or finding["status"] != ("hidden" if band == "tentative" else "shown"):
            continue
        if DATA.search(path) or not (folder / place["chain"][0]).is_file():
            continue  # data of people, or a masked name that a labeller could not open
        if path not in texts:
            texts[path] = (folder / place["chain"][0]).read_bytes().split(b"\n")
        line = place.get("line") or 1
        near = squeezed(b"\n".join(texts[path][max(0, line - 2) : line + 1]))
        same = f"{finding['owner']}\0".encode("utf-8", "surrogatepass") + near
        # The rank depends on the finding alone: after a change to the judge most of the sample, and its labels, stay.
        name = f"{seed}\0{row['repo']}\0{path}\0{line}\0{finding['owner']}"
        rank = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        key = {
            "id": rank[:12],
            "repository": row["repo"],
            "commit": row["commit"],
            "path": path,
            "line": line,
            "end_line": place.get("end_line") or line,
            "owner": finding["owner"],
            "marks": [m["text"] for m in finding["marks"]][:8],
            "purpose": finding["purpose"],
            "band": band,
            "severity": finding["severity"],
            "rule": finding["rule"],
            "languages": row.get("languages", []),
        }
        out.append(Item(band, row["repo"], rank, hashlib.sha256(same).hexdigest(), key))
    return out


def known(pool: Iterable[Item], folder: Path, other: Path) -> set[tuple[str, str]]:
    """Repository and path of pool files that also lie, white space apart, somewhere below another folder."""
    wanted = {(i.repository, i.row["path"].split("!")[0]) for i in pool}
    names = {path.rpartition("/")[2] for _, path in wanted}
    there = set()
    for base, folders, files in os.walk(other):
        folders.sort()
        for name in names.intersection(files):
            path = Path(base, name)
            if path.is_file() and path.stat().st_size <= LARGE:
                there.add(hashlib.sha256(squeezed(path.read_bytes())).digest())
    copies = set()
    for repository, path in wanted:
        file = folder / repository.replace("/", "+") / path
        if file.stat().st_size <= LARGE and hashlib.sha256(squeezed(file.read_bytes())).digest() in there:
            copies.add((repository, path))
    return copies


def draw(pool: Iterable[Item], each: dict[str, int], cap: int) -> list[Item]:
    """The sample: copies once, at most ``cap`` of a repository in a band, the lowest ranks of each band."""
    taken: list[Item] = []
    twins: set[tuple[str, str]] = set()
    share: Counter[tuple[str, str]] = Counter()
    size: Counter[str] = Counter()
    for item in sorted(pool, key=lambda i: i.rank):
        stratum = (item.band, item.repository)
        if size[item.band] >= each[item.band] or share[stratum] >= cap or (item.band, item.twin) in twins:
            continue
        twins.add((item.band, item.twin))
        share[stratum] += 1
        size[item.band] += 1
        taken.append(item)
    return taken


def outside(folder: Path) -> Path:
    """The folder, made if need be.

    Raises:
        SystemExit: It lies in this checkout: a worksheet quotes what it was drawn from and is never committed.
    """
    if folder.resolve().is_relative_to(ROOT):
        raise SystemExit(f"{folder} lies in the checkout; worksheets quote other people's code and are kept elsewhere")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """JSON Lines."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    """JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def tongues(rows: Iterable[dict[str, Any]]) -> Counter[str]:
    """Rows by human language of their repository; a repository in several counts for each."""
    return Counter(tag for row in rows for tag in row["languages"])


def sample(args: argparse.Namespace) -> int:
    """Scan, draw, and write ``worksheet.jsonl`` (blind) and ``key.jsonl``."""
    out, state = outside(args.out), code()
    kept = outside(args.keep or args.out / "reports") / state
    pool: list[Item] = []
    read_in = absent = 0
    for row in sorted(read(args.manifest), key=lambda r: r["repo"]):
        if args.half != "both" and half(row["repo"]) != args.half:
            continue
        name = row["repo"].replace("/", "+")
        folder = args.folder / name
        if not folder.is_dir():
            absent += 1
            continue
        pool += items(row, folder, report(folder, kept / f"{name}.json", args.jobs), args.seed)
        read_in += 1
        if read_in % 25 == 0:
            print(f"# {read_in} repositories, {len(pool)} findings; an interrupted run goes on here", flush=True)
    if args.apart:
        copies = known(pool, args.folder, args.apart)
        pool = [i for i in pool if (i.repository, i.row["path"].split("!")[0]) not in copies]
    capped = draw(pool, dict.fromkeys(BARS, sys.maxsize), args.cap)
    drawn = draw(pool, {**dict.fromkeys(BARS, args.each), "tentative": args.tentative}, args.cap)
    blind = ("id", "repository", "commit", "path", "line", "end_line", "owner", "marks", "purpose")
    # In order of place: it is easier to label, and says nothing of the band.
    rows = sorted((i.row for i in drawn), key=lambda r: (r["repository"], r["path"], r["line"], r["id"]))
    write(out / "worksheet.jsonl", ({k: r[k] for k in blind} for r in rows))
    write(out / "key.jsonl", rows)
    print(f"seed {args.seed}, half {args.half}, code {state}: {read_in} repositories, {absent} not laid out\n")
    print("| band | findings | under the cap, copies once | of repositories | drawn | of repositories | languages |")
    print("|---|---|---|---|---|---|---|")
    for band in BARS:
        every, some = [i for i in capped if i.band == band], [i for i in drawn if i.band == band]
        total = sum(i.band == band for i in pool)
        spoken = ", ".join(f"{t} {n}" for t, n in sorted(tongues(i.row for i in some).items()))
        print(
            f"| {band} | {total} | {len(every)} | {len({i.repository for i in every})} | {len(some)} | "
            f"{len({i.repository for i in some})} | {spoken} |"
        )
    print(f"\n{out / 'worksheet.jsonl'} is for the labellers, {out / 'key.jsonl'} not.")
    return 0


# -- the tally


def wilson(right: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Score interval of a share: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, z * z / total
    middle = share + square / 2
    reach = z * math.sqrt(share * (1 - share) / total + square / (4 * total))
    return max(0.0, (middle - reach) / (1 + square)), min(1.0, (middle + reach) / (1 + square))


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Agreement beyond chance: J. Cohen, Educational and Psychological Measurement 20 (1960), 37-46.

    Returns:
        1 for full agreement, 0 for what chance gives; 1 also where both gave one and the same verdict throughout.
    """
    if not pairs:
        return 1.0
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    seen = sum(a == b for a, b in pairs) / len(pairs)
    chance = sum(first[v] * second[v] for v in first) / len(pairs) ** 2
    return 1.0 if chance == 1 else (seen - chance) / (1 - chance)


def verdicts(path: Path, ids: set[str]) -> dict[str, tuple[str, str]]:
    """Verdict and reason by id.

    Raises:
        SystemExit: A row has no known id or verdict, or an id stands twice.
    """
    out: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(read(path), 1):
        if row.get("id") not in ids or row.get("verdict") not in VERDICTS:
            raise SystemExit(f"{path}:{number}: an id of the key and one of {', '.join(VERDICTS)} are needed")
        if row["id"] in out:
            raise SystemExit(f"{path}:{number}: {row['id']} stands twice")
        out[row["id"]] = (row["verdict"], str(row.get("reason", "")))
    return out


def settled(first: str, second: str, third: str | None) -> str:
    """The verdict that counts: what both said, else what a third reader said, else ``unsure``."""
    return first if first == second else third or "unsure"


def tally(args: argparse.Namespace) -> int:
    """Write the labels and print the table; what is not surely right counts as wrong."""
    key = {row["id"]: row for row in read(args.key)}
    first, second = verdicts(args.first, set(key)), verdicts(args.second, set(key))
    third = verdicts(args.settle, set(key)) if args.settle else {}
    missing = [i for i in key if i not in first or i not in second]
    if missing and not args.partial:
        raise SystemExit(f"{len(missing)} of {len(key)} are not labelled twice, {missing[0]} first (--partial goes on)")
    rows, by_band, split = [], defaultdict(list), []
    for name, row in sorted(key.items(), key=lambda p: (p[1]["repository"], p[1]["path"], p[1]["line"], p[0])):
        if name in missing:
            continue
        (a, why_a), (b, why_b) = first[name], second[name]
        verdict = settled(a, b, third.get(name, (None, ""))[0])
        place = {k: row[k] for k in ("repository", "commit", "path", "line")}
        rows.append({**place, "band": row["band"], "verdict_a": a, "verdict_b": b, "verdict": verdict})
        by_band[row["band"]].append((row, a, b, verdict))
        if a != b:
            split.append(f"| {row['band']} | `{row['repository']}` `{row['path']}:{row['line']}` | "
                         f"{a} {why_a} | {b} {why_b} | {verdict} |")  # fmt: skip
    write(args.out, rows)
    lines = [
        "| band | right | share | 95 % (Wilson) | first alone | second alone | agree | kappa | repositories | bar |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for band, bar in BARS.items():
        if not (of := by_band[band]):
            continue
        right = sum(v == "right" for *_, v in of)
        low, high = wilson(right, len(of))
        alone = [sum(pair[i] == "right" for pair in of) / len(of) for i in (1, 2)]
        pairs = [(a, b) for _, a, b, _ in of]
        lines.append(
            f"| {band} | {right}/{len(of)} | {right / len(of):.3f} | {low:.3f} to {high:.3f} | {alone[0]:.3f} | "
            f"{alone[1]:.3f} | {sum(a == b for a, b in pairs)} | {kappa(pairs):.2f} | "
            f"{len({r['repository'] for r, *_ in of})} | {bar:.2f} |"
        )
    everything = [row for of in by_band.values() for row in of]
    spoken = tongues(r for r, *_ in everything)
    lines += ["", f"{len(spoken)} languages: " + ", ".join(f"{t} {n}" for t, n in sorted(spoken.items()))]
    lines.append(f"kappa over all bands: {kappa([(a, b) for _, a, b, _ in everything]):.2f}")
    if split:
        lines += ["", f"{len(split)} disagreements:", "", "| band | place | first | second | counts as |",
                  "|---|---|---|---|---|", *split]  # fmt: skip
    wrong = Counter((r["band"], r["rule"], r["purpose"]) for r, _, _, v in everything if v == "wrong")
    if wrong:
        causes = ", ".join(f"{band} {rule}/{aim} {n}" for (band, rule, aim), n in sorted(wrong.items()))
        lines += ["", f"Wrong, by band, rule and purpose: {causes}"]
    print("\n".join(lines))
    return 0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add both commands to a parser; ``run`` of its result is the command."""
    parts = parser.add_subparsers(required=True, metavar="sample|tally")
    one = parts.add_parser("sample", help="draw findings and write a blind worksheet")
    one.add_argument("folder", type=Path, help="holds owner+name of each repository")
    one.add_argument("manifest", type=Path, help="JSON Lines: repo, commit, languages")
    one.add_argument("--out", type=Path, required=True, help="folder of worksheet and key, outside the checkout")
    one.add_argument("--keep", type=Path, help="folder of reports for the next run to take up (default OUT/reports)")
    one.add_argument("--apart", type=Path, help="files that also lie below this folder are left out")
    one.add_argument("--half", choices=(*HALVES, "both"), default="hold")
    one.add_argument("--each", type=int, default=200, help="findings of each band that is shown")
    one.add_argument("--tentative", type=int, default=60, help="findings of the hidden band, which also blind the rest")
    one.add_argument("--cap", type=int, default=12, help="findings of one repository in a band")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--jobs", type=int, default=1)
    one.set_defaults(run=sample)
    one = parts.add_parser("tally", help="precision and agreement from two files of labels")
    one.add_argument("key", type=Path)
    one.add_argument("first", type=Path)
    one.add_argument("second", type=Path)
    one.add_argument("--settle", type=Path, help="labels of a third reader, for those the two disagree on")
    one.add_argument("--out", type=Path, default=LABELS, help="where the labels are kept (default %(default)s)")
    one.add_argument("--partial", action="store_true", help="leave out what is not labelled twice")
    one.set_defaults(run=tally)
