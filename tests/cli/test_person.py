"""A dataset with a folder a person: no report and no trace names one or tells what is recorded of one."""

from __future__ import annotations

import io
import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

# No name is made of hexadecimal digits: a digest may begin with one by chance.
NAMES = ["Lily_Lovelace", "Alan_Turing", "Emmy_Noether", "Grace_Hopper", "Marie_Curie"]


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
    (tree / "note.py").write_text("class Face:\n    age: int\n    ethnicity: str  # as of Lily Lovelace\n")
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


def annotations() -> dict[str, str]:
    """What a dataset says of each of its pictures, a file each."""
    peoples = ["uyghur", "han", "tibetan", "hui"]
    rows = {}
    for number, name in enumerate([*NAMES, "0001", "0002"]):
        row = {"image": f"{name}.jpg", "bbox": [1, 2, 3, 4], "age": 20 + number, "gender": "f"}
        rows[f"{name}.json"] = json.dumps({**row, "ethnicity": peoples[number % 4]})
    return rows


@pytest.fixture
def annotated(tree: Path) -> Path:
    (tree / "data").mkdir()
    for name, text in annotations().items():
        (tree / "data" / name).write_text(text)
    with tarfile.open(tree / "shard.tar", "w") as tar:
        for name, text in annotations().items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return tree


@pytest.mark.parametrize("form", ["plain", "json", "sarif", "html", "markdown", "junit"])
def test_one_file_a_person_is_one_finding_that_tells_none_of_them(untag: Run, annotated: Path, form: str) -> None:
    shown = untag("scan", ".", "--format", form, "--full").stdout.decode().lower()
    assert "in the files of 7 persons" in " ".join(shown.split())
    assert not [n for n in NAMES for part in n.lower().split("_") if re.search(rf"\b{part}", shown)]
    # The lexicon glosses no people of a single person; "han" is a part of many words.
    assert not [w for w in ("uyghur", "tibetan", "hui") if re.search(rf"\b{w}\b", shown)]
    assert annotated.is_dir()


def test_one_file_a_person_in_a_folder_and_in_a_tar(untag: Run, annotated: Path) -> None:
    report = json.loads(untag("scan", ".", "--format", "json").stdout)
    chains = [f["place"]["chain"] for f in report["findings"]]
    assert chains.count(["data/<person>.json"]) == 1
    assert chains.count(["shard.tar", "<person>.json"]) == 1
    by_place = {tuple(f["place"]["chain"]): f for f in report["findings"]}
    one = by_place["data/<person>.json",]
    assert (one["purpose"], one["owner"]) == ("dataset", "ethnicity")
    (annotated / "data" / f"{NAMES[0]}.json").rename(annotated / "data" / "0003.json")
    again = json.loads(untag("scan", ".", "--format", "json").stdout)
    assert one["key"] in {f["key"] for f in again["findings"]}


def test_texts_in_many_languages_are_no_persons(untag: Run, tree: Path) -> None:
    for language in ("de", "en", "es", "fr", "it", "pt"):
        row = {"name": "Name", "image": "Face image", "age": "Age", "gender": "Gender", "ethnicity": "Ethnicity"}
        (tree / f"{language}.json").write_text(json.dumps(row))
    report = json.loads(untag("scan", ".", "--format", "json").stdout)
    chains = {f["place"]["chain"][0] for f in report["findings"]}
    assert {"de.json", "en.json"} <= chains
    assert not [c for c in chains if "<person>" in c]
