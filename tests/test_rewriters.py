"""Every rewriter has specimens: an input, what strip makes of it, and what it says of each finding."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from untag import strip
from untag.finding import Severity
from untag.rewriters import rewriters
from untag.scan import Options

ROOT = Path(__file__).parent / "specimens" / "rewriters"
CASES = sorted(p for p in ROOT.glob("*/*") if p.is_dir())
OPTIONS = Options(jobs=1, cache=False)


def given(case: Path) -> Path:
    return next(p for p in sorted(case.iterdir()) if p.stem == "input")


def content(path: Path) -> object:
    """The bytes of a file; of a database what they say, since each version of SQLite lays pages out in its own way."""
    if path.is_dir():
        return {p.relative_to(path): content(p) for p in path.rglob("*") if p.is_file()}
    if path.suffix == ".h5":
        from untag.rewriters._hdf import listed

        # What it holds: each version of the library lays it out in its own way.
        return listed(str(path), values=True)
    if path.suffix == ".tflite":
        from untag.rewriters._lite import _loaded
        from untag.rewriters._lite import listed as told_of

        packed = {}
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                packed = {i.filename: (i.date_time, archive.read(i)) for i in archive.infolist()}
        return told_of(_loaded(str(path))), packed
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder)
            return archive.namelist(), content(Path(folder))
    if path.suffix != ".db":
        return path.read_bytes()
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return path.read_bytes()[16:28], path.read_bytes()[92:100], list(base.iterdump())


def told(outcome: strip.Outcome) -> str:
    """What is said of each finding and each file, without what lies in them."""
    rows = []
    for row in outcome.rows:
        found = row.finding
        rows.append(f"{row.verdict} {found.purpose} {found.owner} {found.place.line or ''} | {row.reason}".rstrip())
    for change in outcome.changes:
        rows += [f"{edit.what} | {'safe' if edit.safe else 'unsafe'}" for edit in change.edits]
        rows += [f"whole | {change.whole}"] if change.whole else []
        rows += [f"beside | {name}" for name in change.plan.beside]
        rows += [f"note | {note}" for note in change.plan.notes]
        rows += [f"planned | {row}" for row in change.plan.planned]
    return "\n".join(rows) + "\n"


def test_every_rewriter_has_a_specimen() -> None:
    assert set(rewriters()) == {c.parent.name for c in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_what_a_rewriter_makes(case: Path, tmp_path: Path) -> None:
    """A case called ``unsafe…`` takes unsafe steps too; its output is byte for byte what is kept beside it.

    Of one called ``kept…`` nothing is written: it shows what is told of what cannot be.
    """
    source = given(case)
    before = content(source)
    wish = strip.Wish(Severity.LOW, unsafe=case.name.startswith("unsafe"))
    outcome = strip.removed(str(source), str(tmp_path), OPTIONS, wish)
    assert content(source) == before
    assert outcome.copy is not None
    kept = case.name.startswith("kept")
    assert case.parent.name in {change.rewriter for change in outcome.changes if change.changed is not kept}
    made = Path(outcome.copy.root)
    golden, said = case / f"output{made.suffix}", case / "told.txt"
    there = {str(p.relative_to(source)) for p in source.rglob("*")} if source.is_dir() else {source.name}
    extra = [name for name in sorted(outcome.copy.files) if name not in there | {made.name}]
    if os.environ.get("UNTAG_BLESS"):
        shutil.rmtree(golden) if golden.is_dir() else golden.unlink(missing_ok=True)
        if made.exists():
            shutil.copytree(made, golden) if made.is_dir() else shutil.copy(made, golden)
        for name in extra:
            (case / f"beside-{name}").write_bytes((tmp_path / name).read_bytes())
        said.write_text(told(outcome), encoding="utf-8")
    assert told(outcome) == said.read_text(encoding="utf-8")
    assert made.exists() == golden.exists()
    if golden.exists():
        assert content(made) == content(golden)
    for name in extra:
        assert (tmp_path / name).read_bytes() == (case / f"beside-{name}").read_bytes()
