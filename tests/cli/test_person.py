"""A dataset with a folder a person: no report and no trace names one or tells what is recorded of one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

NAMES = ["Ada_Lovelace", "Alan_Turing", "Emmy_Noether", "Grace_Hopper", "Marie_Curie"]


@pytest.fixture
def faces(tree: Path) -> Path:
    for name in NAMES:
        folder = tree / "faces" / name
        folder.mkdir(parents=True)
        for i in range(3):
            (folder / f"{name}_000{i}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(9))
        row = {"name": name, "ethnicity": "indian" if name[0] == "A" else "asian", "gender": "f", "face_id": 3}
        (folder / "info.json").write_text(json.dumps(row))
        (folder / f"{name}.bin").write_bytes(b"x\0\1\2\xff\xfe" * 9)
    (tree / "note.py").write_text("class Face:\n    age: int\n    ethnicity: str  # as of Ada Lovelace\n")
    return tree


@pytest.mark.parametrize("form", ["plain", "json", "sarif", "html", "markdown", "junit"])
def test_no_report_names_a_person(untag: Run, faces: Path, form: str) -> None:
    done = untag("scan", ".", "--format", form, "--full")
    text = done.stdout.decode().lower()
    assert "info.json" in text
    assert not [n for n in NAMES for part in n.lower().split("_") if re.search(rf"\b{part}", text)]


def test_one_finding_for_all_of_them_and_its_key_stays(untag: Run, faces: Path) -> None:
    def rows() -> list[dict[str, object]]:
        report = json.loads(untag("scan", ".", "--format", "json").stdout)
        return [f for f in report["findings"] if f["place"]["chain"][0] == "faces/<person>/info.json"]

    before = rows()
    assert len(before) == 1
    assert "in the folders of 5 persons" in str(before[0]["message"])
    assert before[0]["excerpt"] is None
    (faces / "faces" / NAMES[0]).rename(faces / "faces" / "Rosalind_Franklin")
    assert [f["key"] for f in rows()] == [f["key"] for f in before]


def test_values_of_a_person_are_not_told(untag: Run, faces: Path) -> None:
    report = json.loads(untag("scan", "faces", "--format", "json").stdout)
    assert report["findings"]
    text = json.dumps(report["findings"]).lower()
    assert "indian" not in text
    assert "asian" not in text
    told = untag("scan", ".", "--trace", f"faces/{NAMES[0]}/info.json").stdout.decode().lower()
    assert told.startswith("trace faces/<person>/info.json")
    assert "asian" not in told
    assert "indian" not in told
    assert "lovelace" not in told


def test_gaps_are_masked_and_can_be_accepted_as_shown(untag: Run, faces: Path) -> None:
    report = json.loads(untag("scan", "faces", "--format", "json").stdout)
    assert [g["place"]["chain"] for g in report["gaps"]] == [["<person>/<person>.bin"]] * 5
    (faces / "p.toml").write_text('[[accept-gap]]\nplace = "<person>/*.bin"\nreason = "thumbnails of ours"\n')
    report = json.loads(untag("scan", "faces", "--format", "json", "--policy", "p.toml").stdout)
    assert all(g["accepted"] for g in report["gaps"])
