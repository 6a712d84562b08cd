"""Records of persons in trees and dumps: the tag is found, no value is told, in no report and no trace."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

import forks
from untag.scan import Options, scan

MANY = [
    f"{a}_{b}"
    for a in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal")
    for b in ("Smith", "Jones", "Poe", "Ray")
]
RECORDS = {
    "list.json": '[{"name": "Ann Smith", "face_id": "f1", "age": 33, "ethnicity": "Uyghur"},\n'
    ' {"name": "Bob Jones", "face_id": "f2", "age": 34, "ethnicity": "Tibetan"}]\n',
    "one.json": '{"idCard": "Ann Smith 1", "faceId": "f1", "nation": "Uyghur", "gender": "f"}\n',
    "one.xml": "<persons><person><name>Ann Smith</name><faceId>f1</faceId>"
    "<ethnicity>Uyghur</ethnicity></person></persons>\n",
    "one.yaml": "people:\n  - full_name: Ann Smith\n    face_id: f1\n    ethnicity: Uyghur\n",
    "dump.sql": "CREATE TABLE face_person (id INT, name VARCHAR(20), face_feature BLOB, ethnicity VARCHAR(20));\n"
    "INSERT INTO face_person VALUES (1,'Ann Smith','xx','Uyghur'),(2,'Bob Jones','yy','Tibetan');\n",
    "map.json": '{"Ann_Smith": "uyghur", "Bob_Jones": "tibetan", "Cleo_Brown": ["uyghur", "tibetan"],'
    ' "Dan_Poe": "uyghur"}\n',
    "rows.txt": "Ann Smith;f1;Uyghur;face\nBob Jones;f2;Tibetan;face\nCleo Poe;f3;Uyghur;face\n",
    "said.jsonl": "".join(
        json.dumps({"face": f"{n}.jpg", "ethnicity_said": json.dumps({"gender": "f", "ethnicity": people})}) + "\n"
        for n, people in enumerate(("Uyghur", "Tibetan", "Uyghur"))
    ),
    "cn.json": '{"姓名": "Ann Smith", "民族": "维吾尔族", "人脸": "f1"}\n',
}
VALUES = ("ann smith", "ann_smith", "bob jones", "cleo", "uyghur", "tibetan", "维吾尔")
TOLD = {
    "rule.yaml": "rules:\n  - name: minority alarm\n    camera: 3\n    ethnicity: uyghur\n    face: any\n"
    "    action: alarm\n",
    "answer.json": '{"face_id": "f1", "attributes": {"age": 33, "gender": "f", "ethnicity": "uyghur"}}\n',
    "parameter.json": '{"name": "ethnicity", "in": "query", "description": "face search", "example": "uyghur"}\n',
}


def untag(root: Path, *args: str) -> str:
    done = forks.run(["scan", ".", "-q", *args], root)
    assert done.returncode in {0, 1}, done.stderr.decode()
    return done.stdout.decode().lower()


def every_form(folder: Path) -> list[str]:
    """The reports of one scan in all forms, JSON second."""
    with tempfile.TemporaryDirectory() as out:
        forms = ("plain", "json", "sarif", "html", "markdown")
        files = [Path(out) / form for form in forms]
        pairs = [word for form, file in zip(forms, files, strict=True) for word in ("--format", form, "-o", str(file))]
        untag(folder, "--full", *pairs)
        return [file.read_text(encoding="utf-8").lower() for file in files]


@pytest.mark.parametrize("name", RECORDS)
def test_no_value_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(RECORDS[name], encoding="utf-8")
    outs = every_form(tmp_path)
    outs += [untag(tmp_path, "--trace", name), untag(tmp_path, "--trace", f"{name}:1-4")]
    assert json.loads(outs[1])["findings"]
    for text in outs:
        assert not [w for w in VALUES if w in text]


def test_a_map_from_many_persons_is_told_by_its_classes(tmp_path: Path) -> None:
    races = ("asian", "african", "caucasian", ["asian", "african"])
    rows = {f"{name}_{i}": races[(i + n) % 4] for i in range(3) for n, name in enumerate(MANY)}
    (tmp_path / "face_race.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "face.py").write_text("faces = face_recognition.face_locations(image)\n", encoding="utf-8")
    told = json.loads(untag(tmp_path, "--full", "--format", "json"))
    (found,) = told["findings"]
    assert [m["text"] for m in found["marks"]] == ["african", "asian", "white people"]
    assert not any(name.lower() in json.dumps(told) for name in MANY)


@pytest.mark.parametrize("name", TOLD)
def test_rules_answers_and_parameters_are_no_records(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TOLD[name], encoding="utf-8")
    assert "uyghur" in untag(tmp_path, "--full")


PEOPLES = ("Uyghur", "Tibetan", "Uyghur", "Kazakh", "Tibetan", "Uyghur")
ALIKE = {
    "samples of a data set": ("json", '{{"face_id": 1, "age": 30, "gender": "f", "ethnicity": "{}"}}\n'),
    "codes": ("json", '{{"face_id": 1, "age": 30, "gender": "f", "ethnicity": {}}}\n'),
    "annotations of pictures": ("xml", (
        "<annotation><filename>1.jpg</filename><object><name>face</name><attributes><attribute><name>ethnicity</name>"
        "<value>{}</value></attribute></attributes><bndbox><xmin>1</xmin></bndbox></object></annotation>\n"
    )),
    "captions of pictures": ("txt", "a photo of a {} face\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", ALIKE)
def test_files_of_one_person_each_are_told_once_and_without_values(case: str, tmp_path: Path) -> None:
    suffix, text = ALIKE[case]
    (tmp_path / "faces").mkdir()
    for number, people in enumerate(PEOPLES):
        value = {"Uyghur": 5, "Tibetan": 4, "Kazakh": 17}[people] if case == "codes" else people
        (tmp_path / "faces" / f"{number:06d}.{suffix}").write_text(text.format(value), encoding="utf-8")
    told = every_form(tmp_path)
    for report in told:
        assert "ethnicity" in report
        assert not any(people.lower() in report for people in PEOPLES)
        assert '"ethnicity": 17' not in report
    assert len(json.loads(told[1])["findings"]) < len(PEOPLES)


def test_files_of_classes_side_by_side_are_no_records(tmp_path: Path) -> None:
    for people in ("Uyghur", "Tibetan", "Kazakh", "Hui", "Han"):
        (tmp_path / f"{people}.json").write_text(
            f'{{"face_class": 1, "gender": 0, "ethnicity": "{people}"}}\n', "utf-8"
        )
    assert "uyghur" in every_form(tmp_path)[0]


def test_a_list_of_pairs_of_faces_has_no_class_for_the_names_in_it(tmp_path: Path) -> None:
    names = ("George_Brown", "Zeb_Quack", "Ann_Asian", "Zoe_White", "Uyghur_Tester", "Yi_Quack")
    pairs = "".join(f"{n}\t{i}\t{i + 1}\n" for i, n in enumerate(names * 3))
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "pairs.txt").write_text(pairs)
    (tmp_path / "README.md").write_text("# Face recognition\n")
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert not list(report.shown)
    assert "Quack" not in repr(report)
    rows = (f"{n}\t{c}\t{i}\n" for i, (n, c) in enumerate(zip(MANY[:4], ("Uyghur", "Tibetan") * 2, strict=True)))
    (tmp_path / "faces" / "pairs.txt").write_text("".join(rows))
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert report.findings
    assert not any(name in repr(report) for name in MANY)


@pytest.mark.parametrize(("key", "told"), [("bio group", False), ("asian", True)])
def test_a_people_said_of_a_person_is_not_told_and_a_label_is(key: str, told: bool, tmp_path: Path) -> None:
    row = {"age": 31, "gender": "Male", "hair": "short", "eyes": "green", key: "Asian", "face": "uyghur_1.jpg"}
    (tmp_path / "README.md").write_text("# Face recognition\n")
    (tmp_path / "cases.json").write_text(json.dumps({"c1": row}, indent=1))
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert ("Asian" in repr(report)) is told


def test_persons_under_numbers_are_not_quoted(tmp_path: Path) -> None:
    looks = {"complexion": "ZZfair", "gender": "Male", "age": 31, "hair": "ZZauburn", "ethnicity": "ZZnone"}
    (tmp_path / "README.md").write_text("# Face recognition of missing persons\n")
    rows = {f"case{n}": {"person": looks, "image": f"face{n}.jpg"} for n in range(8)}
    (tmp_path / "cases.json").write_text(json.dumps(rows, indent=1))
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert report.findings
    assert "ZZ" not in repr(report)
