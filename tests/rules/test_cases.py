"""Each rule has cases: small made-up inputs and what must be said of them, scanned for real."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from untag.rules import rules
from untag.scan import Options, scan

ROOT = Path(__file__).parent / "cases"
CASES = [
    pytest.param(case, id=f"{path.stem}-{case['name']}")
    for path in sorted(ROOT.glob("*.toml"))
    for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
]


def test_every_rule_has_cases() -> None:
    assert set(rules()) <= {p.stem for p in ROOT.glob("*.toml")}


@pytest.mark.parametrize("name", sorted(rules()))
def test_the_example_that_explain_shows_is_true(name: str, tmp_path: Path) -> None:
    rule = rules()[name]
    assert rule.sources
    for row in rule.example:
        file, _, text = row.partition(": ")
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text + "\n", encoding="utf-8")
    report = scan([str(tmp_path)], Options(jobs=1))
    assert name in {c.rule for f in report.findings for c in f.claims}, [
        (f.place, f.rule, f.lead.why) for f in report.findings
    ]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    for name, text in case["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    report = scan([str(tmp_path)], Options(jobs=1))
    got = {
        (f.place.chain[0], f.place.line, f.rule, str(f.purpose), f.severity.word, str(f.status))
        for f in report.findings
    }
    loud = list(report.shown)
    if case.get("silent"):
        assert not loud, [(f.place, f.rule, f.lead.why) for f in loud]
    claimed = {c.rule for f in report.findings for c in f.claims}
    assert claimed.isdisjoint(case.get("absent", [])), got
    told = {(m.place.chain[0], m.place.line) for f in loud for m in f.marks}
    for row in case.get("alone", []):
        assert (row["file"], row["line"]) not in told, [(f.place, f.rule, f.lead.why) for f in loud]
    for row in case.get("expect", []):
        lines = {
            (m.place.chain[0], m.place.line)
            for f in report.findings
            if row["rule"] in {c.rule for c in f.claims}
            and row.get("purpose", str(f.purpose)) == f.purpose
            and row.get("severity", f.severity.word) == f.severity.word
            and row.get("status", "shown") == f.status
            for m in f.marks
        }
        assert (row["file"], row["line"] or None) in lines, got
