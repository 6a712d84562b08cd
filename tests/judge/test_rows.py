"""What stands in the rows of an array is told once; a word in a few of very many rows is data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

_CODE = (
    "class FaceResult:\n    age: int\n    gender: str\n    ethnicity: str\n    face_template: bytes\n    caste: str\n"
)


def test_rows_with_the_same_column_are_one_finding(tmp_path: Path) -> None:
    rows = [{"file": f"{n}.jpg", "attributes": {"age": n, "gender": "f", "ethnicity": n % 4}} for n in range(12)]
    (tmp_path / "faces.json").write_text(json.dumps({"faces": rows}, indent=1))
    (tmp_path / "face.py").write_text(_CODE)
    found = [f for f in scan([str(tmp_path)], Options(jobs=1)).shown if f.place.chain == ("faces.json",)]
    assert len(found) == 1
    assert len({m.place.line for m in found[0].marks}) >= 12
    assert "12 rows" in found[0].message


def test_a_few_names_in_very_many_rows_are_data(tmp_path: Path) -> None:
    rows = [{"Row": f"{n}-school", "CNAME": f"school number {n}"} for n in range(300)]
    for n in (20, 90, 250):
        rows[n] = {"Row": f"{n}-anusuchit jati school", "CNAME": f"Harijan anusuchit jati school {n}"}
    (tmp_path / "schools.json").write_text(json.dumps({"Table": rows}, indent=1))
    (tmp_path / "face.py").write_text(_CODE)
    (tmp_path / "README.md").write_text(
        "# Face recognition\n\nThe camera captures a face, its landmarks and template.\n"
    )
    (tmp_path / "camera.py").write_text("def face_similarity(face_template, camera, landmarks, liveness): ...\n")
    found = scan([str(tmp_path)], Options(jobs=1)).shown
    assert {f.place.chain for f in found} == {("face.py",)}


def test_few_elements_stay_apart(tmp_path: Path) -> None:
    steps = [{"name": "face", "with": {"ethnicity": "on", "age": 1, "gender": 2}} for _ in range(3)]
    (tmp_path / "steps.json").write_text(json.dumps({"steps": steps}, indent=1))
    (tmp_path / "face.py").write_text(_CODE)
    found = [f for f in scan([str(tmp_path)], Options(jobs=1)).shown if f.place.chain == ("steps.json",)]
    assert {m.place.line for f in found for m in f.marks} >= {6, 14, 22}


def _listed(root: Path, rows: list[str]) -> list[str]:
    (root / "face.py").write_text(_CODE)
    (root / "README.md").write_text(
        "# Face recognition\n\nThe camera captures a face, its landmarks and template, its age and gender.\n"
    )
    (root / "list.txt").write_text("".join(f"{row}\n" for row in rows))
    return [f.rule for f in scan([str(root)], Options(jobs=1)).shown if f.place.chain == ("list.txt",)]


def test_a_dictionary_with_all_forms_of_a_peoples_name_is_no_data_set(tmp_path: Path) -> None:
    # Forms of a word look like rows of persons with a few classes; each of them stands there once.
    rows = [f"{one}{two}{three}" for one in "bdklmnprst" for two in "aeiou" for three in _ENDINGS]
    stems = ("uyghur", "tatar", "kazakh", "kurd", "tibetan", "chechen", "hazara")
    rows += [f"{stem} {end}"[:32] for stem in stems for end in _ENDINGS[:12]]
    assert not _listed(tmp_path, sorted([*rows, "face", "camera", "age", "gender", "photo"]))


def test_a_people_over_and_over_in_a_list_of_persons_is_one(tmp_path: Path) -> None:
    assert _listed(
        tmp_path, [f"p{n:05d},{'uyghur' if n % 40 == 0 else 'tatar' if n % 40 == 1 else '-'}" for n in range(8000)]
    )


#: What made-up words end in.
_ENDINGS = [f"{one}{two}{three}" for one in "lmnrsx" for two in "aeiou" for three in ("k", "ln", "mst", "rt", "x")]
