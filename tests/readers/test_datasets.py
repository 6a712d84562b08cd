"""Datasets and databases: a planted column is found, its twin is clean, damage is a gap, no person's value is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hostile import adds_up, changes, cuts, input_of, shown
from untag.artifact import Artifact
from untag.gap import Gap, Limits
from untag.place import Place
from untag.readers import called
from untag.scan import Options, scan
from untag.surface import Role, Surface

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
DATASETS = (
    "arrow", "avro", "bson", "matlab", "netcdf", "numpy", "orc", "parquet", "pgdump", "sas", "sheets", "spss", "sqlite",
    "redis", "stata", "tfrecord", "xls", "xlsb",
)  # fmt: skip
CASES = sorted(p for name in DATASETS for p in (ROOT / name).iterdir() if not p.name.endswith("-clean"))
#: The name that stands in the rows of each specimen (``tools/datasets.py``).
PERSON = ("Zebulon", "Quackenfirth")
FORMS = ("plain", "json", "sarif", "html", "markdown", "junit")


def everything(path: Path, cache: Path) -> str:
    """All that untag writes of an input: every form of report, what it says on the way, and what it keeps."""
    command = [sys.executable, "-m", "untag", "scan", str(path), "--no-progress", "--exit-zero"]
    for form in FORMS:
        command += ["--format", form, "-o", str(cache.parent / f"report.{form}")]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "UNTAG_CACHE": str(cache)}, timeout=600)
    assert done.returncode in (0, 3), done.stderr
    parts = [done.stdout, done.stderr]
    parts += [p.read_bytes() for p in sorted(cache.parent.glob("report.*"))]
    parts += [p.read_bytes() for p in sorted(cache.rglob("*")) if p.is_file() and "hyperscan" not in p.name]
    return b"\n".join(parts).decode("utf-8", "replace")


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_the_planted_column_is_found_and_the_twin_is_clean(case: Path) -> None:
    report = scan([str(input_of(case))], Options(jobs=1, cache=False, strict=True))
    found = [f for f in report.findings if f.status == "shown"]
    assert found, "the column is not shown"
    for finding in found:
        assert finding.place.pointer or len(finding.place.chain) > 1, finding
        assert finding.excerpt is None or len(finding.place.chain) > 1
    assert adds_up(report.coverage)
    clean = scan([str(input_of(case.with_name(f"{case.name}-clean")))], Options(jobs=1, cache=False, strict=True))
    assert [f.owner for f in clean.findings if f.status == "shown"] == []
    assert clean.gaps == ()


def test_no_value_of_a_person_is_written_anywhere(tmp_path: Path, compiled: Path) -> None:
    shutil.copytree(compiled, tmp_path / "cache")
    folder = tmp_path / "in"
    folder.mkdir()
    for case in CASES:
        data = input_of(case)
        name, raw = f"{case.parent.name}-{case.name}", data.read_bytes()
        (folder / f"{name}{data.suffix}").write_bytes(raw)
        # The same rows where the file is damaged, and a word that the sweep looks for stands beside the name.
        (folder / f"{name}-cut{data.suffix}").write_bytes(raw[: len(raw) * 3 // 4])
        planted = f" {' '.join(PERSON)} Uyghur face, a Uyghur called {' '.join(PERSON)} ".encode()
        (folder / f"{name}-planted{data.suffix}").write_bytes(raw[: len(raw) // 2] + planted + raw[len(raw) // 2 :])
        (folder / f"{name}-both{data.suffix}").write_bytes(raw[: len(raw) // 2] + planted)
    (folder / "store.mdb").write_bytes((ROOT / "stores" / "access" / "input.mdb").read_bytes())
    said = everything(folder, tmp_path / "cache")
    assert all(case.parent.name in said for case in CASES)
    for part in PERSON:
        assert part not in said


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_what_is_cut_off_is_a_gap(case: Path) -> None:
    source = input_of(case)
    data = source.read_bytes()
    silent = []
    for part, cut in cuts(data):
        items = shown(source.name, cut)
        if not any(isinstance(i, Gap) for i in items):
            silent.append(part)
    # What is written block by block and ends with one of them is sound; nothing tells how many cards a deck has.
    assert len(silent) <= (8 if case.parent.name == "sas" else 1), silent


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_changed_bytes_do_not_crash_a_reader(case: Path) -> None:
    source = input_of(case)
    data = source.read_bytes()
    for changed in changes(data, case.name, 150):
        for item in shown(source.name, changed):
            if isinstance(item, Surface) and item.role is Role.MEMBER:
                assert not any(part in item.text for part in PERSON)


@pytest.mark.parametrize("name", [b"UT\0-8", b"rot13", b"zlib_", b"idna\0"])
def test_a_character_set_that_is_none_is_not_asked_for(name: bytes) -> None:
    """A name with a NUL in it ended the reader; any codec of the interpreter could be named."""
    path = ROOT / "spss/faces/input.sav"
    data = path.read_bytes()
    assert data.count(b"UTF-8") == 1
    artifact = Artifact(Place(("a.sav",)), data.replace(b"UTF-8", name))
    assert list(called("spss").read(artifact, Limits()))
