"""Strip, then scan: over all specimens of readers, what is told removed is gone and nothing else reads differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from untag import strip
from untag.finding import Severity, Status
from untag.scan import Options, scan

ROOT = Path(__file__).parent / "specimens" / "readers"
CASES = sorted(p for p in ROOT.glob("*/*") if p.is_dir())
OPTIONS = Options(jobs=1, cache=False)


@pytest.mark.slow
@pytest.mark.parametrize("reader", sorted({case.parent.name for case in CASES}))
def test_what_is_removed_is_gone(reader: str, tmp_path: Path) -> None:
    """All specimens of a reader in one folder, with unsafe steps: the strictest input there is at hand."""
    root = tmp_path / "in"
    for case in CASES:
        if case.parent.name == reader:
            for file in case.rglob("*"):
                if file.is_file() and file.name != "surfaces.txt":
                    target = root / case.name / file.relative_to(case)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(file.read_bytes())
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    work = tmp_path / "work"
    work.mkdir()
    outcome = strip.removed(str(root), str(work), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before
    assert outcome.copy is not None
    again = scan([outcome.copy.root], OPTIONS)
    shown = {f.key for f in again.findings if f.status is Status.SHOWN}
    # What is shown still is told; what is told removed is not shown (another of the same name may take its key).
    kept = [row for row in outcome.rows if row.verdict == "kept"]
    assert all(row.reason for row in kept)
    assert len(shown) <= len(kept)
    assert not outcome.interrupted
    for change in outcome.changes:
        if change.changed and not change.whole:
            assert change.said
