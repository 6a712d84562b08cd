"""Speed of the sieve's engines beside ripgrep's with the same words: ``python benchmarks/sieve.py FOLDER…``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from untag.lexicon import load
from untag.lexicon.sieve import ENGINES, Sieve, literals

ROUNDS = 3


def files(root: Path) -> list[str]:
    """Every regular file below a folder, version control left out, in a fixed order."""
    out = []
    for folder, names, rows in os.walk(root):
        names[:] = sorted(n for n in names if n != ".git")
        out += [path for row in sorted(rows) if not (path := f"{folder}/{row}") or not os.path.islink(path)]  # noqa: PTH114
    return out


def sweep(sieve: Sieve, paths: list[str]) -> tuple[float, int, int, int]:
    """Seconds, bytes, files with a strong form and files with a gate word only; reading is timed with it."""
    size = strong = gate = 0
    begin = time.perf_counter()
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            data = file.read()
        found = sieve.sift(data)
        size += len(data)
        strong += bool(found.strong)
        gate += found.gate and not found.strong
    return time.perf_counter() - begin, size, strong, gate


def ripgrep(folder: Path, words: Path, *more: str) -> float:
    """Seconds of ripgrep over a folder with two threads.

    Raises:
        SystemExit: It did not accept the words.
    """
    command = ["rg", "-uu", "-a", "-j2", "-g", "!.git", *more, "-F", "-f", str(words), "-c", str(folder)]
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode > 1:
        # A pattern it refuses takes no time at all; that is not to be measured.
        raise SystemExit(f"ripgrep failed: {done.stderr[-300:]}")
    return time.perf_counter() - begin


def main() -> None:
    """Print a table for each folder."""
    lexicon = load()
    begin = time.perf_counter()
    Sieve(lexicon)
    first = time.perf_counter() - begin
    begin = time.perf_counter()
    Sieve(lexicon).sift("民族".encode())
    print(f"start: {first:.3f} s the first time, {time.perf_counter() - begin:.3f} s from the cache")
    sieves = {name: Sieve(lexicon, name) for name in ENGINES}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as words:
        words.write("\n".join(literals(lexicon)) + "\n")
        words.flush()
        for folder in map(Path, sys.argv[1:]):
            paths = files(folder)
            size = sum(Path(p).stat().st_size for p in paths)
            print(f"\n{folder.name}: {len(paths)} files, {size / 1e6:.1f} MB")
            reference = cased = None
            if shutil.which("rg"):
                # With -i some versions (13 is one) thrash for so many words: the figure without it stands beside.
                cased = min(ripgrep(folder, Path(words.name)) for _ in range(ROUNDS))
                reference = ripgrep(folder, Path(words.name), "-i")
                print(f"  ripgrep -j2        {cased:8.3f} s {size / 1e6 / cased:8.0f} MB/s")
                print(f"  ripgrep -j2 -i     {reference:8.3f} s {size / 1e6 / reference:8.0f} MB/s")
            for name, sieve in sieves.items():
                rounds = ROUNDS if name == "hyperscan" else 1
                seconds, read, strong, gate = min(sweep(sieve, paths) for _ in range(rounds))
                ratio = ""
                if reference and cased:
                    ratio = f"{seconds / reference:.3f}x of -i, {seconds / cased:.2f}x without;"
                share = f"{100 * strong / len(paths):.1f} % strong, {100 * gate / len(paths):.1f} % gate only"
                print(f"  {name:18} {seconds:8.3f} s {read / 1e6 / seconds:8.0f} MB/s {ratio} {share}")


if __name__ == "__main__":
    main()
