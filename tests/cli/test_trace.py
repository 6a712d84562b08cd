"""``untag scan --trace``: why something was or was not found at a place, told by real processes."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import documents
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

LONELY = "class Order:\n    nation: str\n    price: int\n"
INNOCENT = (
    '"""Race conditions of a face queue and its age gate."""\n\nclass Queue:\n    race_condition: bool\n    age: int\n'
)


def told(done: object) -> str:
    """The trace as one line of words, so that breaks do not matter."""
    return " ".join(done.stdout.decode().split())  # type: ignore[attr-defined]


def test_finding(untag: Run) -> None:
    done = untag("scan", ".", "--trace", "face.py:7")
    text = told(done)
    assert done.returncode == 1, done.stderr.decode()
    assert text.startswith("TRACE face.py:7 READ bytes")
    assert "encoding utf-8" in text
    assert "on the asked line" in text
    assert "reader code" in text
    assert (
        "> 7:5 field `ethnicity` in class FaceAttributes, of type str term ethnicity (attribute, ethnicity; strong"
        in text
    )
    assert "6:5 field `gender`" in text
    assert "trigger yes" in text
    assert "CASE FaceAttributes (class)" in text
    assert re.search(r"round 1 field: capability, high, certain why: ethnicity", text)
    assert re.search(r"=> Finding k1:[0-9a-f]{16} \(high, certain, capability\), shown", text)


def test_key_is_that_of_the_report(untag: Run) -> None:
    done = untag("scan", ".", "--trace", "face.py:7", "--format", "json", "-o", "r.json")
    key = json.loads(untag("scan", ".", "--format", "json").stdout)["findings"][0]["key"]
    assert f"Finding {key} " in told(done)


def test_reports_are_still_written(untag: Run, tree: Path) -> None:
    done = untag("scan", ".", "--trace", "face.py", "-o", "r.json")
    assert done.returncode == 1
    assert done.stdout.startswith(b"TRACE face.py\n")
    assert json.loads((tree / "r.json").read_bytes())["verdict"] == "findings"


def test_80_columns_and_no_escape(untag: Run, tree: Path) -> None:
    (tree / "odd.py").write_text(
        "class Face:\n    age: int\n    ethnicity: str  # \x1b[31m \u202e" + "very " * 60 + "\n", encoding="utf-8"
    )
    done = untag("scan", ".", "--trace", "odd.py:3")
    text = done.stdout.decode()
    assert all(len(line) <= 80 for line in text.splitlines())
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)
    assert "\\x1b[31m" in text


def test_sieve_passed_over(untag: Run, tree: Path) -> None:
    (tree / "sub" / "order.py").write_text(LONELY)
    done = untag("scan", ".", "--trace", "sub/order.py:2")
    text = told(done)
    assert "sieve stopped here: no strong or medium form, no gate word" in text
    assert "field `nation` in class Order" in text
    assert "term nation (attribute, nation; weak" in text
    assert "the sieve passed the file over" in text


def test_veto_is_named(untag: Run, tree: Path) -> None:
    (tree / "sub" / "queue.py").write_text(INNOCENT)
    text = told(untag("scan", ".", "--trace", "sub/queue.py:1-4"))
    assert "left out: `Race` race, vetoed by `Race conditions`" in text


def test_case_without_a_finding_says_what_lacks(untag: Run, tree: Path) -> None:
    (tree / "sub" / "form.py").write_text("class Staff:\n    ethnicity: str\n    salary: int\n")
    text = told(untag("scan", "sub", "--trace", "form.py:2"))
    assert "field: declared, note, tentative" in text or "no rule made a claim" in text
    assert "hidden: declared" in text or "rule field would show it" in text


def test_tentative_says_what_would_show_it(untag: Run, tree: Path) -> None:
    (tree / "sub" / "m.py").write_text("class Row:\n    nation: str\n    gender: str\n    x: int\n")
    text = told(untag("scan", "sub", "--trace", "m.py"))
    assert "would show it" in text
    assert "a face, camera or other biometric word stood beside it" in text


def test_policy_is_told(untag: Run, tree: Path) -> None:
    untag("scan", ".", "--write-baseline", "known.json")
    text = told(untag("scan", ".", "--baseline", "known.json", "--trace", "face.py:7"))
    assert "accepted: in the baseline" in text
    (tree / "known.json").unlink()


@pytest.mark.parametrize("path", ["face.py", "./face.py", "sub/../face.py"])
def test_path_as_typed(untag: Run, path: str) -> None:
    assert untag("scan", ".", "--trace", f"{path}:7").stdout.startswith(b"TRACE face.py:7\n")


def test_path_from_the_working_directory(untag: Run, tree: Path) -> None:
    done = untag("scan", "project", "--trace", "project/face.py:7", cwd=tree.parent)
    assert done.stdout.startswith(b"TRACE face.py:7\n")
    done = untag("scan", "project", "--trace", str(tree / "face.py") + ":7", cwd=tree.parent)
    assert done.stdout.startswith(b"TRACE face.py:7\n")


def test_several(untag: Run) -> None:
    text = untag("scan", ".", "--trace", "face.py:7", "--trace", "sub/clean.py").stdout.decode()
    assert re.findall("^TRACE (.*)$", text, re.MULTILINE) == ["face.py:7", "sub/clean.py"]


def test_standard_input(untag: Run, tree: Path) -> None:
    done = untag("scan", "-", "--stdin-filename", "f.py", "--trace", "f.py:7", stdin=(tree / "face.py").read_bytes())
    assert "field `ethnicity` in class FaceAttributes" in told(done)


def test_a_name_with_a_colon(untag: Run, tree: Path) -> None:
    (tree / "odd:3").write_text("ethnicity of a face\n")
    assert untag("scan", ".", "--trace", "odd:3").stdout.startswith(b"TRACE odd:3\n\nREAD\n")


def test_what_is_not_read(untag: Run, tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("ref: x\n")
    (tree / "face.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (tree / "blob.bin").write_bytes(b"x\0\1\2\xff\xfe" * 9)
    (tree / "away").symlink_to(os.devnull)
    assert "read only with --history" in told(untag("scan", ".", "--trace", ".git/HEAD"))
    assert "pixels: opaque to this kind of audit by design" in told(untag("scan", ".", "--trace", "face.png"))
    assert "gap, unknown (54 B)" in told(untag("scan", ".", "--trace", "blob.bin"))
    assert "gap, refused: a symbolic link leads outside" in told(untag("scan", ".", "--trace", "away"))


def test_ignored(untag: Run, tree: Path) -> None:
    (tree / ".gitignore").write_text("sub/\n")
    done = untag("scan", ".", "--respect-ignore", "--trace", "sub/clean.py")
    assert "an ignore file leaves it out" in told(done)


def test_no_value_of_a_person(untag: Run, tree: Path) -> None:
    rows = "".join(f"Person{i},{('white', 'black', 'asian')[i % 3]},{i}\n" for i in range(200))
    (tree / "people.csv").write_text("name,ethnicity,face_id\n" + rows)
    for lines in ("", ":5", ":1-200"):
        text = told(untag("scan", ".", "--trace", "people.csv" + lines))
        assert "Person" not in text
        assert "it may hold records of persons" in text
    (tree / "people.jsonl").write_text("".join(
        json.dumps({"name": f"Person{i}", "ethnicity": ("white", "black", "asian")[i % 3], "face": i}) + "\n"
        for i in range(200)
    ))  # fmt: skip
    assert "Person" not in told(untag("scan", ".", "--trace", "people.jsonl"))


def test_no_value_of_a_person_in_a_file_that_the_sieve_stopped(untag: Run, tree: Path) -> None:
    (tree / "events.log").write_text("2026-03-04|FACE|淳朔衎|495672565556|+27397671447|1957-11-28|White\n")
    text = told(untag("scan", ".", "--trace", "events.log:1"))
    assert "stopped here" in text
    assert "it may hold records of persons" in text
    assert not any(value in text for value in ("淳朔衎", "495672565556", "27397671447", "1957"))


def test_code_beside_a_record_is_told(untag: Run, tree: Path) -> None:
    (tree / "demo.py").write_text(
        "class FaceAttributes:\n    age: int\n    ethnicity: str\n\n\n"
        "DEMO = {'name': 'Quilla Brandorf', 'phone': '+41790000000', 'ethnicity': 'Kazakh', 'face': 1}\n\n\n\n"
        "def alarm(face):\n    if face.ethnicity == 'Tibetan':\n        return True\n"
    )
    text = told(untag("scan", ".", "--trace", "demo.py:11"))
    assert "it holds a record of a person" in text
    assert "condition `face.ethnicity == 'Tibetan'`" in text
    text += told(untag("scan", ".", "--trace", "demo.py:6", "--trace", "demo.py"))
    assert not any(value in text for value in ("Quilla", "41790000000", "Kazakh"))


@pytest.mark.parametrize("name", ["司睿泓", "김뷁쀍", "गोठू मेकी", "كزلوم بطين"])
def test_no_name_that_is_the_key_of_a_record(untag: Run, tree: Path, name: str) -> None:
    rows = {name: {"face": 1, "race": "Asian", "dob": "1971-02-03"}}
    (tree / "byname.json").write_text(json.dumps(rows, indent=2), encoding="utf-8")
    text = told(untag("scan", ".", "--trace", "byname.json:2", "--trace", "byname.json"))
    assert "it may hold records of persons" in text
    assert not any(part in text for part in name.split())


def test_no_half_of_a_value_of_a_person(untag: Run, tree: Path) -> None:
    said = "face {'name': 'Quilla Brandorf', 'tel': '+82469556700', 'dob': '1966-04-20', 'email': '"
    lines = [said + "quillabrandorf@mail.example', 'ethnicity': 'Uyghur'}\n"]
    output = {"output_type": "stream", "name": "stdout", "text": lines}
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["print(face)"], "outputs": [output]}
    (tree / "print.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}, indent=1))
    text = told(untag("scan", ".", "--trace", "print.ipynb:13-16"))
    assert "'email'" in text or "(not shown)" in text
    assert "quilla" not in text.lower()


def test_no_person_in_the_first_cell_of_a_row(untag: Run, tree: Path) -> None:
    people = [("Quilla Brandorf", "Uyghur"), ("Malvin Trostwend", "Tibetan"), ("Nora Pelgrave", "Latino")]
    rows = [["name", "phone", "birthday", "race"], *([n, "+41790000000", "1971-02-03", group] for n, group in people)]
    cells = ("".join(f"<w:tc>{documents._para(c)}</w:tc>" for c in row) for row in rows)
    table = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    (tree / "table.docx").write_bytes(documents._docx(documents._para("Faces") + f"<w:tbl>{table}</w:tbl>"))
    for lines in ("", ":1"):
        text = told(untag("scan", ".", "--trace", "table.docx" + lines))
        assert "it may hold records of persons" in text
        assert not any(name.split()[0] in text for name, _ in people)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nope.py"], "no such file in what was scanned"),
        (["faec.py:3"], "did you mean face.py?"),
        (["clean.py"], "did you mean sub/clean.py?"),
        (["sub"], "that is a folder"),
        (["face.py:0"], "lines count from 1"),
        (["face.py:9-3"], "lines count from 1"),
        (["face.py:3", "-o", "-"], "give the report a file"),
        (["face.py:3", "--format", "json"], "give the report a file"),
    ],
)
def test_mistakes(untag: Run, tree: Path, args: list[str], said: str) -> None:
    done = untag("scan", ".", "--write-baseline", "b.json", "--trace", *args)
    assert done.returncode == 2
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert not (tree / "b.json").exists()
