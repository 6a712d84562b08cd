"""What a product is about is told by its files, and first by those that are there to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("readme", "shown"),
    [
        ("# Lens\n\nFace detection, facial landmarks and liveness checks for any camera.\n", True),
        ("# Lens\n\nA form for the census of a town, with tables for its statistics.\n", False),
        ("", False),
    ],
)
def test_a_readme_without_a_tag_says_what_the_product_is_about(tmp_path: Path, readme: str, *, shown: bool) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "README.md").write_text(readme)
    (tmp_path / "src" / "result.py").write_text("class Result:\n    age: int\n    gender: str\n    ethnicity: str\n")
    for sieve in (True, False):
        report = scan([str(tmp_path)], Options(jobs=1, cache=False, sieve=sieve))
        assert [f.status for f in report.findings] == ["shown" if shown else "hidden"]


def test_a_readme_of_a_part_says_nothing_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "vendor" / "lens").mkdir(parents=True)
    (tmp_path / "README.md").write_text("# Forms\n")
    (tmp_path / "vendor" / "lens" / "README.md").write_text("Face detection, facial landmarks, liveness, camera.\n")
    (tmp_path / "form.py").write_text("class Form:\n    age: int\n    gender: str\n    ethnicity: str\n")
    (finding,) = scan([str(tmp_path)], Options(jobs=1, cache=False)).findings
    assert finding.status == "hidden"
