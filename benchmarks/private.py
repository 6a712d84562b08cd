"""Records of made-up persons in every form, through every command: no value of them may come out anywhere.

A number lays out all forms once, a folder each, with new persons in them, and runs the commands in processes of their
own: scan in every report form (cold, then out of the cache), with its history, traced line by line, the difference to
the next release, the plan of strip and what it writes beside the copy, a statement, who asked; and the guard's log.
What a reader gets (files, both streams, the cache) is searched for every value, with escapes undone.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from documents import FORMS, lay
from guarded import told
from persons import Watch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Leak", "arguments", "tried"]

REPORTS = ("plain", "json", "sarif", "html", "markdown", "junit")
#: Lines of a form that are traced.
_TRACED = 3
_WORD = re.compile(rb"(?i)race|ethnic|\xe6\xb0\x91\xe6\x97\x8f")
#: (form, kind of value, kind of output, what stands around it).
Leak = tuple[str, str, str, str]


def _command(args: Sequence[str], home: Path) -> tuple[bytes, bytes]:
    env = {**os.environ, "UNTAG_CACHE": str(home / "cache"), "GIT_CONFIG_GLOBAL": os.devnull, "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "untag", *args], cwd=home, env=env, capture_output=True, check=False, timeout=900
    )
    if done.returncode not in {0, 1, 3, 4}:
        raise SystemExit(f"untag {args[0]} failed ({done.returncode}): {done.stderr[-400:].decode(errors='replace')}")
    return done.stdout, done.stderr


def _laid(root: Path, rng: random.Random, forms: Sequence[str], watch: Watch) -> dict[str, str]:
    """Lay out forms below a folder; gives the form by its folder."""
    out = {}
    for number, form in enumerate(forms):
        files, persons = lay(form, rng)
        watch.add(form, persons)
        folder = f"product{number:03}"
        out[folder] = form
        for path, data in files.items():
            file = root / folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    return out


def _spots(root: Path) -> Iterator[str]:
    """Lines to be traced: the first ones of each file that hold a word, and those behind."""
    for file in sorted(p for p in root.rglob("*") if p.is_file() and p.name != "camera.py"):
        data = file.read_bytes()
        name = file.relative_to(root).as_posix()
        if b"\0" in data[:4000]:
            yield name
            continue
        lines = [n for n, line in enumerate(data.split(b"\n"), 1) if _WORD.search(line)][:_TRACED]
        yield from (f"{name}:{n}" for n in lines or (1,))


def _changed(old: Path, new: Path) -> None:
    """The next release: the tag is called otherwise, or some lines are gone."""
    shutil.copytree(old, new)
    for number, file in enumerate(sorted(p for p in new.rglob("*") if p.is_file())):
        data = file.read_bytes()
        if b"\0" in data[:4000] or data[:2] == b"\x1f\x8b":
            continue
        if number % 2:
            data = re.sub(rb"(?i)ethnicity|ethnic_group|race", b"attr7", data)
        else:
            lines = data.split(b"\n")
            data = b"\n".join(lines[: len(lines) // 2])
        file.write_bytes(data)


def _git(root: Path, *args: str) -> None:
    subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.example", *args],
        check=True, capture_output=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )  # fmt: skip


def _scanned(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    said = [x for form in REPORTS for x in ("--format", form, "-o", str(home / f"report.{form}"))]
    for turn in ("scan", "again"):
        streams = _command(["scan", "old", "--full", *said], home)
        yield f"{turn} streams", b"\n".join(streams)
        yield from ((f"{turn} {form}", (home / f"report.{form}").read_bytes()) for form in REPORTS)
    yield "short", b"\n".join(_command(["scan", "old"], home))
    for file in sorted(p for p in (home / "cache").rglob("*") if p.is_file()):
        if file.name.startswith(("index", "outcomes")):
            yield "cache", _unpacked(file.read_bytes())
    del root


def _unpacked(data: bytes) -> bytes:
    """The bytes of a cache, and those of all that is packed in it."""
    out, at = [data], 0
    while (at := data.find(b"z\x78\x01", at)) >= 0:
        at += 1
        # What looks so by chance, and what lies over two pages of a database, is read as far as it goes.
        with contextlib.suppress(zlib.error):
            out.append(zlib.decompressobj().decompress(data[at:]))
    return b"\n".join(out)


def _traced(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    spots = list(_spots(root))
    for at in range(0, len(spots), 60):
        asked = [x for spot in spots[at : at + 60] for x in ("--trace", spot)]
        yield "trace", b"\n".join(_command(["scan", "old", *asked], home))


def _differed(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    _changed(root, home / "new")
    for form in ("plain", "json", "markdown"):
        yield f"diff {form}", b"\n".join(_command(["diff", "old", "new", "--format", form], home))
    yield "diff back", b"\n".join(_command(["diff", "new", "old"], home))


def _stripped(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    yield "plan", b"\n".join(_command(["strip", "old", "--plan", "--unsafe"], home))
    for sure in ((), ("--unsafe",)):
        shutil.rmtree(home / "out", ignore_errors=True)
        shutil.rmtree(home / "out.evidence", ignore_errors=True)
        yield "strip", b"\n".join(_command(["strip", "old", "-o", "out", *sure], home))
        for file in sorted((home / "out.evidence").rglob("*")):
            if file.is_file():
                yield f"strip {file.name}", file.read_bytes()
    del root


def _past(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    repo = home / "repo"
    shutil.copytree(root, repo)
    _git(repo, "init", "-q")
    _git(repo, "add", "-A", "-f")
    _git(repo, "commit", "-q", "-m", "faces")
    for number, file in enumerate(sorted(p for p in repo.rglob("*") if p.is_file() and ".git" not in p.parts)):
        if number % 2:
            file.unlink()
    _git(repo, "add", "-A", "-f")
    _git(repo, "commit", "-q", "-m", "less")
    said = ["--format", "json", "-o", "-", "--format", "plain", "-o", "past.txt", "--format", "html", "-o", "past.html"]
    yield "history json", b"\n".join(_command(["scan", "repo", "--history", "--full", *said], home))
    yield "history plain", (home / "past.txt").read_bytes()
    yield "history html", (home / "past.html").read_bytes()


def _stated(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / "key.pem").write_bytes(key)
    yield "attest", b"\n".join(_command(["attest", "old", "--key", "key.pem", "--by", "A", "-o", "a.json"], home))
    yield "attest bundle", (home / "a.json").read_bytes()
    del root


def _asked(home: Path, root: Path) -> Iterator[tuple[str, bytes]]:
    logs = home / "logs"
    logs.mkdir()
    for file in sorted(p for p in root.rglob("*") if p.suffix in {".log", ".txt", ".out", ".jsonl", ".json"}):
        shutil.copy(file, logs / f"{len(os.listdir(logs)):03}{file.suffix}")  # noqa: PTH208 - a number is enough
    if not os.listdir(logs):  # noqa: PTH208
        return
    said = [x for form in ("plain", "json", "html") for x in ("--format", form, "-o", str(home / f"asked.{form}"))]
    yield "exposure streams", b"\n".join(_command(["exposure", "logs", "--faces", "/faces/**", *said], home))
    for form in ("plain", "json", "html"):
        yield f"exposure {form}", (home / f"asked.{form}").read_bytes()


#: What is run, by the name of the kind of output.
WAYS: dict[str, Callable[[Path, Path], Iterator[tuple[str, bytes]]]] = {
    "scan": _scanned, "trace": _traced, "diff": _differed, "strip": _stripped, "history": _past, "attest": _stated,
    "exposure": _asked,
}  # fmt: skip
EVERY = (*WAYS, "guard")


def tried(
    seed: int, number: int, forms: Sequence[str] = FORMS, ways: Sequence[str] = EVERY, store: Path | None = None
) -> tuple[list[Leak], set[str]]:
    """Lay out forms once and run the commands.

    Args:
        seed: Of the run.
        number: Of this turn; what it makes depends on nothing before it.
        forms: Which.
        ways: Which commands.
        store: A cache folder with the compiled lexicon, which takes long to make.

    Returns:
        What came out, and the forms in whose records something was found (or in the file beside them).
    """
    rng = random.Random(f"{seed}:{number}")  # noqa: S311 - reproducible, no secret
    watch = Watch()
    leaks: list[Leak] = []
    found: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="private") as tmp:
        home = Path(tmp)
        root = home / "old"
        if store is not None:
            shutil.copytree(store, home / "cache")
            (home / "cache").chmod(0o700)
        folders = _laid(root, rng, forms, watch)
        for way in ways:
            if way == "guard":
                persons, rows = told(home, rng)
                watch.add("requests and answers", persons)
            else:
                rows = WAYS[way](home, root)
            for name, data in rows:
                leaks += [(form, kind, name, around) for (form, kind, _), around in watch.seen(data).items()]
                if name == "scan json":
                    for row in json.loads(data)["findings"]:
                        folder, _, file = row["place"]["chain"][0].partition("/")
                        if file != "camera.py":
                            found.add(folders[folder])
    return leaks, found


def run(args: argparse.Namespace) -> int:
    """Try many."""
    started = time.perf_counter()
    forms = [f for f in FORMS if not args.only or args.only in f]
    ways = args.ways.split(",") if args.ways else EVERY
    by_form: Counter[str] = Counter()
    by_output: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    met: set[str] = set()
    store = Path(tempfile.mkdtemp(prefix="private"))
    (store / "camera.py").write_bytes(lay(FORMS[0], random.Random(1))[0]["camera.py"])  # noqa: S311 - no secret
    _command(["scan", "camera.py"], store)
    for number in range(args.first, args.first + args.count):
        leaks, found = tried(args.seed, number, forms, ways, store / "cache")
        met |= found
        by_form.update(form for form, *_ in leaks)
        by_kind.update(kind for _, kind, *_ in leaks)
        by_output.update(output for _, _, output, _ in leaks)
        if args.show:
            for form, kind, output, around in leaks:
                print(f"{number} {form} | {output} | {kind} | {around}", flush=True)
        print(f"# {number} done, {sum(by_form.values())} leaks, resume with --from {number + 1}", flush=True)
    shutil.rmtree(store)
    for title, rows in (("form", by_form), ("output", by_output), ("value", by_kind)):
        print(f"| {title} | leaks |\n|---|---|")
        print("".join(f"| {name} | {count:,} |\n" for name, count in rows.most_common()))
    silent = sorted(set(forms) - met)
    print(f"forms in which nothing was found: {', '.join(silent) or 'none'}")
    total = sum(by_form.values())
    print(
        f"private: {args.count} from {args.first}, seed {args.seed}, {len(forms)} forms: {total:,} leaks, "
        f"{time.perf_counter() - started:.0f} s"
    )
    return int(total > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("count", type=int, nargs="?", default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--only", help="forms whose name holds this")
    parser.add_argument("--ways", help=f"of {','.join(EVERY)}")
    parser.add_argument("--show", action="store_true", help="print what stands around each value")
    parser.set_defaults(run=run)
