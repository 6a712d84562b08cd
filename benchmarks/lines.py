"""How much of what is there is found: draw lines by a plain list of words, label them, then see which a scan touches.

draw FOLDER MANIFEST     lines of laid out repositories that hold such a word, a few of each, for people to label
score FOLDER LABELS      recall over lines labelled ``tag``, and the share of ``note`` and ``silent`` left alone

The words are an investigator's own, not the lexicon's: what they miss as well is not measured. A row of labels is
repository, commit, path, line, verdict; no code. A finding touches a line when one of its places lies within 3 lines.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accuracy import DATA, ROOT, outside, read, report, wilson, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

LABELS = ROOT / "benchmarks" / "accuracy" / "lines.jsonl"
VERDICTS = ("tag", "note", "silent", "unsure")
#: Words that nearly always mean a people or race where persons are looked at, and those that seldom do.
STRONG = re.compile(
    r"(?<![a-z])(?:race|racial|ethnic)|ethnic|nationalit|民族|人[种種]|[种種]族|肤色|skin[ _-]?(?:tone|colou?r)"
    r"|(?<![a-z])suku|etnis|etnia|(?<![a-z])ra[zç]a(?![a-z])|(?<!\w)ırk|인종|민족|этн|национальн|العرق|نژاد|dân ?tộc"
    r"|caucasian|hispanic|mongoloid|negroid",
    re.IGNORECASE,
)
WEAK = re.compile(
    r"(?<![a-z])(?:nation|asian|latino|african|indian|uyghur|uighur|han|black|white|melayu|fitzpatrick|monk)(?![a-z])"
    r"|middle[ _]eastern",
    re.IGNORECASE,
)
#: Files that hold no software or nothing of their own.
PASSED = re.compile(r"\.(?:jpe?g|png|svg|gif|lock|map|min\.js)$|(?:^|/)(?:node_modules|\.git)/", re.IGNORECASE)
#: Bytes of the largest file and characters of the longest line that are shown to a labeller.
LARGEST, LONGEST = 1_500_000, 400
#: Lines between two that are drawn of one file, and lines within which a finding touches one.
APART, NEAR = 8, 3
#: Lines of a finding's own place from which it says of none that it is the one.
SPAN = 40


def texts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Path and lines of each text file, in order of path."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or PASSED.search(name) or DATA.search(name):
            continue
        if path.stat().st_size > LARGEST or b"\0" in (data := path.read_bytes())[:8192]:
            continue
        for encoding in ("utf-8", "gb18030", "latin-1"):
            try:
                yield name, data.decode(encoding).split("\n")
                break
            except UnicodeDecodeError:
                continue


def draw(args: argparse.Namespace) -> int:
    """Write ``lines.jsonl``: of each repository a few lines with a strong word and one with a weak one."""
    out = outside(args.out)
    rng = random.Random(args.seed)  # noqa: S311 - a sample that anybody can draw again
    rows: list[dict[str, Any]] = []
    for row in sorted(read(args.manifest), key=lambda r: r["repo"]):
        folder = args.folder / row["repo"].replace("/", "+")
        if not folder.is_dir():
            continue
        held: dict[bool, list[tuple[str, int]]] = {True: [], False: []}
        for name, lines in texts(folder):
            for number, text in enumerate(lines, 1):
                if len(text) <= LONGEST and ((strong := STRONG.search(text) is not None) or WEAK.search(text)):
                    held[strong].append((name, number))
        taken: list[tuple[str, int]] = []
        for strong, most in ((True, args.strong), (False, args.weak)):
            rng.shuffle(held[strong])
            full = len(taken) + most
            for name, number in held[strong]:
                if len(taken) >= full:
                    break
                if not any(name == n and abs(number - k) < APART for n, k in taken):
                    taken.append((name, number))
        commit = row["commit"]
        rows += [{"repository": row["repo"], "commit": commit, "path": n, "line": k} for n, k in taken]
    rng.shuffle(rows)
    write(out / "lines.jsonl", ({**row, "id": f"l{number:04}"} for number, row in enumerate(rows)))
    print(f"{len(rows)} lines of {len({r['repository'] for r in rows})} repositories: {out / 'lines.jsonl'}")
    return 0


def touches(finding: dict[str, Any], path: str, line: int) -> bool:
    """Whether one of a finding's places lies at a line."""
    for place in (finding["place"], *(m["place"] for m in finding["marks"] if m.get("place"))):
        first = place.get("line")
        last = place.get("end_line") or first
        if place["chain"][0] != path:
            continue
        if first is None or (last - first <= SPAN and first - NEAR <= line <= last + NEAR):
            return True
    return False


def score(args: argparse.Namespace) -> int:
    """Scan what is labelled and print the table, with the lines that were missed."""
    rows = read(args.labels)
    tally: Counter[str] = Counter()
    missed: list[str] = []
    known: dict[str, list[dict[str, Any]] | None] = {}
    for row in rows:
        name = row["repository"].replace("/", "+")
        if name not in known:
            folder, kept = args.folder / name, outside(args.keep) / f"{name}.json"
            known[name] = report(folder, kept, args.jobs) if kept.exists() or folder.is_dir() else None
        findings = known[name]
        if findings is None:
            tally["absent"] += 1
            continue
        shown = [f for f in findings if f["status"] == "shown" and touches(f, row["path"], row["line"])]
        verdict = row["verdict"]
        tally[verdict] += 1
        if verdict == "tag":
            tally["found"] += bool(shown)
            if not shown:
                hidden = any(touches(f, row["path"], row["line"]) for f in findings)
                missed.append(f"{row['repository']} {row['path']}:{row['line']}{' (hidden)' if hidden else ''}")
        elif verdict in {"note", "silent"}:
            tally["alone"] += all(f["severity"] == "note" for f in shown)
    print("| what | lines | share | 95 % (Wilson) |\n|---|---|---|---|")
    for what, part, total in (
        ("tags found", tally["found"], tally["tag"]),
        ("others left alone", tally["alone"], tally["note"] + tally["silent"]),
    ):
        low, high = wilson(part, total)
        print(f"| {what} | {part}/{total} | {part / max(1, total):.3f} | {low:.3f} to {high:.3f} |")
    print(f"\n{len(known)} repositories, {tally['unsure']} unsure, {tally['absent']} rows of absent repositories")
    if args.missed:
        args.missed.write_text("".join(f"{row}\n" for row in missed), encoding="utf-8")
    return 0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add both commands to a parser; ``run`` of its result is the command."""
    parts = parser.add_subparsers(required=True, metavar="draw|score")
    one = parts.add_parser("draw", help="draw lines to be labelled")
    one.add_argument("folder", type=Path, help="holds owner+name of each repository")
    one.add_argument("manifest", type=Path, help="JSON Lines: repo, commit")
    one.add_argument("--out", type=Path, required=True, help="folder of the sheet, outside the checkout")
    one.add_argument("--strong", type=int, default=4, help="lines with a strong word of each repository")
    one.add_argument("--weak", type=int, default=1, help="lines with a weak one")
    one.add_argument("--seed", type=int, default=1)
    one.set_defaults(run=draw)
    one = parts.add_parser("score", help="recall on labelled lines")
    one.add_argument("folder", type=Path, help="holds owner+name of each repository")
    one.add_argument("labels", type=Path, nargs="?", default=LABELS, help="JSON Lines (default %(default)s)")
    one.add_argument("--keep", type=Path, required=True, help="folder of reports that the next run takes up")
    one.add_argument("--missed", type=Path, help="where the missed lines are written")
    one.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    one.set_defaults(run=score)
