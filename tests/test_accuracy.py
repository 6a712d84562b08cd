"""The sample and the tally of the accuracy run, on made-up repositories and labels."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import accuracy
import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
FACE = """class FaceAttributes:
    age: int
    gender: str
    ethnicity: str
    glasses: bool
    face_score: float
"""


def options(*words: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    accuracy.arguments(parser)
    return parser.parse_args([str(w) for w in words])


def run(*words: str | Path) -> int:
    args = options(*words)
    return int(args.run(args))


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def finding(
    band: str = "firm", path: str = "a.py", line: int = 1, owner: str = "Face", **more: object
) -> dict[str, Any]:
    row = {
        "confidence": band, "severity": "high", "status": "hidden" if band == "tentative" else "shown", "owner": owner,
        "place": {"chain": [path], "line": line}, "marks": [{"text": "ethnicity"}], "purpose": "capability",
        "rule": "field", **more,
    }  # fmt: skip
    return dict(row)


# -- figures


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    # Worked out by hand from the formula, z = 1.959964.
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (196, 200, 0.9497, 0.9922)],
)
def test_wilson(right: int, total: int, low: float, high: float) -> None:
    assert accuracy.wilson(right, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share(pair: tuple[int, int]) -> None:
    right, total = pair
    low, high = accuracy.wilson(right, total)
    assert 0 <= low <= high <= 1
    if total:
        assert low - 1e-9 <= right / total <= high + 1e-9


def test_kappa() -> None:
    # Cohen's own kind of table: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no.
    pairs = [("right", "right")] * 20 + [("right", "wrong")] * 5 + [("wrong", "right")] * 10 + [("wrong", "wrong")] * 15
    assert accuracy.kappa(pairs) == pytest.approx(0.4)
    assert accuracy.kappa([]) == accuracy.kappa([("right", "right")] * 3) == 1
    assert accuracy.kappa([("right", "wrong"), ("wrong", "right")]) == pytest.approx(-1)


def test_halves_are_fixed() -> None:
    assert accuracy.half("Some/Repo") == accuracy.half("some/repo")
    share = sum(accuracy.half(f"owner{i}/name") == "hold" for i in range(2000)) / 2000
    assert math.isclose(share, 0.5, abs_tol=0.05)


# -- the sample


def test_what_may_be_drawn(tmp_path: Path) -> None:
    for name in ("a.py", "rows.csv"):
        (tmp_path / name).write_text("x\n" * 20)
    row = {"repo": "o/n", "commit": "c", "languages": ["ru"]}
    found = [
        finding("certain"), finding("tentative", line=9), finding("firm", severity="note", line=12),
        finding("firm", status="accepted", line=14), finding("tentative", status="shown", line=16),
        finding("firm", path="rows.csv"), finding("firm", path="masked/a.py"),
    ]  # fmt: skip
    pool = accuracy.items(row, tmp_path, found, 1)
    assert [(i.band, i.row["line"]) for i in pool] == [("certain", 1), ("tentative", 9)]
    assert pool[0].row["languages"] == ["ru"]


def test_draw_caps_and_counts_copies_once() -> None:
    def item(band: str, repository: str, rank: str, twin: str) -> Any:
        return accuracy.Item(band, repository, rank, twin, {})

    pool = [item("firm", "a/a", f"{n:02}", f"t{n}") for n in range(20)]
    pool += [item("firm", "b/b", "30", "t3"), item("firm", "b/b", "31", "new"), item("certain", "a/a", "40", "t3")]
    each = {"certain": 5, "firm": 6, "tentative": 5}
    taken = accuracy.draw(reversed(pool), each, 5)
    # Five of a/a, the copy of t3 left out, one of b/b; another band draws for itself.
    assert [(i.repository, i.rank) for i in taken] == [("a/a", f"{n:02}") for n in range(5)] + [
        ("b/b", "31"),
        ("a/a", "40"),
    ]
    assert [i.rank for i in accuracy.draw(pool, {**each, "firm": 2}, 5)] == ["00", "01", "40"]


def test_a_label_outlives_other_findings(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n" * 20)
    row = {"repo": "o/n", "commit": "c"}
    one = accuracy.items(row, tmp_path, [finding(line=4)], 1)
    two = accuracy.items(row, tmp_path, [finding(line=2, owner="Other"), finding("certain", line=4)], 1)
    assert one[0].row["id"] == two[1].row["id"]
    assert one[0].row["id"] != accuracy.items(row, tmp_path, [finding(line=4)], 2)[0].row["id"]


def test_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    laid, apart, out = tmp_path / "laid", tmp_path / "apart", tmp_path / "out"
    rows = []
    for number, text in enumerate((FACE, FACE.replace("    ", "\t"), "x = 1\n", FACE.replace("Face", "Head"))):
        root = laid / f"o+r{number}"
        root.mkdir(parents=True)
        (root / f"face{number}.py").write_text(text)
        rows.append({"repo": f"o/r{number}", "commit": "c" * 40, "languages": ["en", "hi"]})
    rows.append({"repo": "o/absent", "commit": "c", "languages": []})
    manifest = lines(tmp_path / "m.jsonl", *rows)
    words = ("sample", laid, manifest, "--out", out, "--half", "both")
    assert run(*words) == 0
    blind, key = accuracy.read(out / "worksheet.jsonl"), accuracy.read(out / "key.jsonl")
    assert {r["repository"] for r in key} in ({"o/r0", "o/r3"}, {"o/r1", "o/r3"}), "a copy counts once"
    assert [r["id"] for r in blind] == [r["id"] for r in key]
    hidden = {"band", "severity", "rule", "confidence", "languages"}
    assert not hidden & set().union(*map(set, blind))
    assert hidden - {"confidence"} <= set(key[0])
    assert "4 repositories, 1 not laid out" in capsys.readouterr().out

    # A second run takes the reports up again and draws the same.
    kept = sorted((out / "reports").rglob("*.json"))
    before = [(p.stat().st_mtime_ns, p.read_bytes()) for p in kept]
    first = (out / "worksheet.jsonl").read_bytes()
    assert run(*words) == 0
    assert (out / "worksheet.jsonl").read_bytes() == first
    assert [(p.stat().st_mtime_ns, p.read_bytes()) for p in kept] == before

    # What also lies among the repositories that rules were tuned on is left out, whatever its indents.
    for number in (0, 1):
        (apart / "deep").mkdir(parents=True, exist_ok=True)
        (apart / "deep" / f"face{number}.py").write_text(FACE.replace("    ", "  "))
    assert run(*words, "--apart", apart) == 0
    assert {r["repository"] for r in accuracy.read(out / "key.jsonl")} == {"o/r3"}

    halves = {r["repo"]: accuracy.half(r["repo"]) for r in rows}
    for name in accuracy.HALVES:
        assert run(*words[:-1], name) == 0
        assert {halves[r["repository"]] for r in accuracy.read(out / "key.jsonl")} <= {name}


def test_no_worksheet_in_the_checkout(tmp_path: Path) -> None:
    manifest = lines(tmp_path / "m.jsonl")
    with pytest.raises(SystemExit, match="checkout"):
        run("sample", tmp_path, manifest, "--out", ROOT / "benchmarks" / "out")
    assert not (ROOT / "benchmarks" / "out").exists()


# -- the tally


def keys(*bands: str) -> list[dict[str, Any]]:
    return [
        {
            "id": f"i{n}", "repository": f"o/r{n % 3}", "commit": "c", "path": "secret_name.py", "line": n + 1,
            "band": band, "rule": "field", "purpose": "record", "owner": "SecretOwner", "marks": ["secret text"],
            "languages": ["ru"] if n % 2 else ["ar", "id"],
        }
        for n, band in enumerate(bands)
    ]  # fmt: skip


def labels(path: Path, *said: str) -> Path:
    return lines(path, *({"id": f"i{n}", "verdict": v, "reason": f"why{n}"} for n, v in enumerate(said)))


def test_tally(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = lines(tmp_path / "key", *keys("certain", "certain", "certain", "firm", "firm", "tentative"))
    a = labels(tmp_path / "a", "right", "right", "wrong", "right", "right", "wrong")
    b = labels(tmp_path / "b", "right", "right", "wrong", "wrong", "unsure", "wrong")
    third = lines(tmp_path / "third", {"id": "i3", "verdict": "right"}, {"id": "i0", "verdict": "wrong"})
    kept = tmp_path / "labels.jsonl"
    assert run("tally", key, a, b, "--settle", third, "--out", kept) == 0
    rows = accuracy.read(kept)
    # What both said stands whatever a third says; what nobody settled is unsure, which is not right.
    assert [r["verdict"] for r in rows if r["repository"] == "o/r0"] == ["right", "right"]
    assert count(rows) == {"right": 3, "wrong": 2, "unsure": 1}
    assert set(rows[0]) == {"repository", "commit", "path", "line", "band", "verdict_a", "verdict_b", "verdict"}
    assert "Secret" not in kept.read_text()
    text = capsys.readouterr().out
    assert "| certain | 2/3 | 0.667 | 0.208 to 0.939 | 0.667 | 0.667 | 3 | 1.00 | 3 | 0.98 |" in text
    assert "| firm | 1/2 | 0.500 |" in text
    assert "2 disagreements" in text
    assert "| firm | `o/r0` `secret_name.py:4` | right why3 | wrong why3 | right |" in text
    assert "3 languages: ar 3, id 3, ru 3" in text
    assert "certain field/record 1" in text


def count(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {v: n for v in accuracy.VERDICTS if (n := sum(r["verdict"] == v for r in rows))}


def test_tally_needs_every_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = lines(tmp_path / "key", *keys("certain", "firm"))
    a, b = labels(tmp_path / "a", "right", "right"), labels(tmp_path / "b", "right")
    words = ("tally", key, a, b, "--out", tmp_path / "labels.jsonl")
    with pytest.raises(SystemExit, match="1 of 2 are not labelled twice, i1 first"):
        run(*words)
    assert not (tmp_path / "labels.jsonl").exists()
    assert run(*words, "--partial") == 0
    assert len(accuracy.read(tmp_path / "labels.jsonl")) == 1
    assert "firm" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "row", [{"id": "i9", "verdict": "right"}, {"id": "i0", "verdict": "maybe"}, {"verdict": "right"}, {"id": "i0"}]
)
def test_tally_refuses_what_it_does_not_know(tmp_path: Path, row: dict[str, str]) -> None:
    key = lines(tmp_path / "key", *keys("certain"))
    with pytest.raises(SystemExit, match="b:1: an id of the key"):
        run("tally", key, labels(tmp_path / "a", "right"), lines(tmp_path / "b", row), "--out", tmp_path / "l")


def test_tally_refuses_a_second_say(tmp_path: Path) -> None:
    key = lines(tmp_path / "key", *keys("certain"))
    twice = lines(tmp_path / "b", {"id": "i0", "verdict": "right"}, {"id": "i0", "verdict": "wrong"})
    with pytest.raises(SystemExit, match="b:2: i0 stands twice"):
        run("tally", key, labels(tmp_path / "a", "right"), twice, "--out", tmp_path / "l")
