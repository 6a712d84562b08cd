"""Lines that are drawn to be labelled, and the recall on them, on made-up repositories."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import lines

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FACE = """class FaceAttributes:
    age: int
    gender: str
    ethnicity: str
    face_score: float
"""
GAME = "# two threads race for the lock\n" + "x = 1\n" * 20 + "nationality = passport.country\n"


def run(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    lines.arguments(parser)
    args = parser.parse_args([str(w) for w in words])
    return int(args.run(args))


def laid(tmp_path: Path) -> Path:
    folder = tmp_path / "laid"
    for name, text in (("a+face", FACE), ("b+game", GAME)):
        (folder / name).mkdir(parents=True)
        (folder / name / "m.py").write_text(text, encoding="utf-8")
        (folder / name / "rows.csv").write_text("name,race\nNobody,asian\n", encoding="utf-8")
    return folder


def test_lines_are_drawn_from_programs_apart_from_each_other_and_the_same_each_time(tmp_path: Path) -> None:
    folder, manifest = laid(tmp_path), tmp_path / "m.jsonl"
    manifest.write_text('{"repo": "a/face", "commit": "1"}\n{"repo": "b/game", "commit": "2"}\n', encoding="utf-8")
    for name in ("one", "two"):
        assert run("draw", folder, manifest, "--out", tmp_path / name) == 0
    rows = [json.loads(line) for line in (tmp_path / "one" / "lines.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sorted((r["repository"], r["path"], r["line"]) for r in rows) == [
        ("a/face", "m.py", 4), ("b/game", "m.py", 1), ("b/game", "m.py", 22)
    ]  # fmt: skip
    assert (tmp_path / "one" / "lines.jsonl").read_bytes() == (tmp_path / "two" / "lines.jsonl").read_bytes()


def test_recall_is_of_tags_and_what_is_none_must_be_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, labels = laid(tmp_path), tmp_path / "labels.jsonl"
    rows = [("a/face", 4, "tag"), ("b/game", 22, "tag"), ("b/game", 1, "silent"), ("c/absent", 1, "tag")]
    place = {"commit": "1", "path": "m.py"}
    told = [json.dumps({**place, "repository": r, "line": k, "verdict": v}) for r, k, v in rows]
    labels.write_text("\n".join(told), encoding="utf-8")
    assert run("score", folder, labels, "--keep", tmp_path / "kept", "--missed", tmp_path / "missed") == 0
    out = capsys.readouterr().out
    assert "| tags found | 1/2 | 0.500 |" in out
    assert "| others left alone | 1/1 | 1.000 |" in out
    assert "1 rows of absent repositories" in out
    assert (tmp_path / "missed").read_text(encoding="utf-8") == "b/game m.py:22\n"
