"""Disguises and honest refactorings through ``untag diff``: what is missed, and what is called laundered and is not."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from untag.diff import Outcome, Side

__all__ = ["Bench", "arguments"]


class Bench:
    """Compares products; each is scanned once."""

    def __init__(self, folder: Path) -> None:
        """Nothing is scanned yet.

        Args:
            folder: Where files are put.
        """
        self._folder = folder
        self._sides: dict[str, Side] = {}

    def outcome(self, old: dict[str, str], new: dict[str, str]) -> Outcome:
        """What became of the one in the other, by path and text of their files."""
        from untag.diff import compared

        return compared(self._side(old), self._side(new))

    def _side(self, files: dict[str, str]) -> Side:
        from untag.diff import of_input
        from untag.scan import Options

        name = sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]
        if name not in self._sides:
            for path, text in files.items():
                target = self._folder / name / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            (self._folder / name).mkdir(exist_ok=True)
            self._sides[name] = of_input(str(self._folder / name), Options(jobs=1, cache=False))
        return self._sides[name]


def run(args: argparse.Namespace) -> int:
    """All of both."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from disguises import disguises
    from honest import refactorings

    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp())
    wrong = 0
    try:
        bench = Bench(folder)
        for what, rows, wanted in (("disguises", disguises(), True), ("refactorings", refactorings(), False)):
            total = bad = 0
            for name, old, new in rows:
                if args.only not in name:
                    continue
                total += 1
                count = bench.outcome(old, new).count
                if bool(count["laundered"]) is not wanted:
                    bad += 1
                    print(f"{'missed' if wanted else 'false'}: {name}: {dict(+count)}", flush=True)
            print(f"{what}: {total}, {'missed' if wanted else 'called laundered'}: {bad}", flush=True)
            wrong += bad
    finally:
        shutil.rmtree(folder)
    print(f"{time.perf_counter() - started:.0f} s")
    return int(wrong > 0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the run is told."""
    parser.add_argument("--only", default="", help="those whose name holds this")
    parser.set_defaults(run=run)
