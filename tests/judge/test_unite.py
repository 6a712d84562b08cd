"""One thing is one finding, also when its parts lie in several owners or files; what only shares a word is not one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from untag.finding import Confidence, Purpose, Severity
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

    from untag.finding import Finding

HEADER = """
/* face attributes */
typedef enum { EM_NATION_UNKNOWN, EM_NATION_UYGUR, EM_NATION_OTHER } EM_NATION;
typedef struct {
    int nAge;
    int emSex;
    EM_NATION emNation;
} FACE_ATTR;
"""
CLIENT = """
#include "sdk.h"
void onFace(FACE_ATTR attr) {
    if (attr.emNation == EM_NATION_UYGUR) {
        alarm();
    }
}
"""
#: Small owners, and lines that one finding has.
SMALL: dict[str, tuple[str, set[int]]] = {
    "rules.yaml": (
        """camera: gate
face: true
rules:
  - ethnicity:
      - uyghur
      - tibetan
    action: alarm
""",
        {4, 5, 6},
    ),
    "logic.json": (
        """{"face": {"if": [
  {"==": [
    {"var": "face.ethnicity"},
    "uyghur"]}, "alarm", "none"]}}
""",
        {3, 4},
    ),
    "form.jsp": (
        """<%@ page contentType="text/html" %>
<form id="faceForm">
<label>人脸民族</label>
<select name="nation"><option value="1">汉族</option>
<option value="2">维吾尔族</option></select>
<input name="ethnicity"/>
</form>
""",
        {3, 4, 5, 6},
    ),
    "form.ui": (
        """<?xml version="1.0"?>
<ui version="4.0">
<class>FaceForm</class>
<widget class="QWidget" name="FaceForm">
<widget class="QComboBox" name="ethnicity">
<item><property name="text"><string>Han</string></property></item>
<item><property name="text"><string>Uyghur</string></property></item>
</widget>
</widget>
</ui>
""",
        {5, 7},
    ),
    "api.json": (
        """{"info": {"name": "Face",
"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
"item": [{"name": "detect", "request": {"method": "POST",
"description": "Faces, with ethnicity",
"url": {"raw": "https://a.example/face/detect",
"query": [{"key": "return_attributes", "value": "age,gender,ethnicity"}]}}}]}
""",
        {4, 6},
    ),
}


def _shown(root: Path, files: dict[str, str]) -> list[Finding]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(scan([str(root)], Options(jobs=1)).shown)


def _lines(finding: Finding) -> set[tuple[str, int | None]]:
    return {(m.place.chain[0], m.place.line) for m in finding.marks}


def test_enum_field_and_condition_are_one_finding(tmp_path: Path) -> None:
    (alone,) = _shown(tmp_path / "a", {"setup.py": "", "sdk.h": HEADER})
    (found,) = _shown(tmp_path / "b", {"setup.py": "", "sdk.h": HEADER, "client.cpp": CLIENT})
    assert _lines(found) >= {("sdk.h", 3), ("sdk.h", 7), ("client.cpp", 4)}
    assert (found.purpose, found.severity, found.rule) == (Purpose.TARGETING, Severity.CRITICAL, "targeting")
    assert found.lead.marks[0].place.chain == ("client.cpp",)
    assert "targeting" not in {c.rule for c in alone.claims} < {c.rule for c in found.claims}
    assert (found.key, found.owner, found.place) == (alone.key, alone.owner, alone.place)
    assert found.message.startswith("As written, an alert")


def test_a_condition_without_the_field_goes_to_the_enum_of_its_member(tmp_path: Path) -> None:
    enum = HEADER.partition("typedef struct")[0]
    (found,) = _shown(tmp_path, {"setup.py": "", "sdk.h": enum, "client.cpp": CLIENT.replace("emNation ", "value ")})
    assert _lines(found) >= {("sdk.h", 3), ("client.cpp", 4)}


def test_of_two_enums_of_one_name_each_has_its_own_field_and_none_the_condition(tmp_path: Path) -> None:
    files = {"setup.py": "", "one/sdk.h": HEADER, "two/sdk.h": HEADER, "client.cpp": CLIENT}
    places = sorted(f.place.chain[0] for f in _shown(tmp_path, files))
    assert places == ["client.cpp", "one/sdk.h", "two/sdk.h"]


def test_a_struct_with_another_tag_stays_apart(tmp_path: Path) -> None:
    header = HEADER.replace("int nAge;", "int nAge; int nRace;")
    found = _shown(tmp_path, {"setup.py": "", "sdk.h": header})
    assert sorted(f.owner for f in found) == ["EM_NATION", "FACE_ATTR"]


def test_a_shared_word_joins_nothing(tmp_path: Path) -> None:
    files = {
        "setup.py": "",
        "sdk.h": HEADER,
        "show.py": 'def show(face):\n    # face attributes\n    if face.nation == "uyghur":\n        alarm(face)\n',
        "other.py": "class FaceUser:\n    face_image: bytes\n    age: int\n    ethnicity: str\n",
    }
    assert len(_shown(tmp_path, files)) == 3


@pytest.mark.parametrize(("name", "lines"), [(n, lines) for n, (_, lines) in SMALL.items()])
def test_parts_of_a_small_owner_are_one_finding(tmp_path: Path, name: str, lines: set[int]) -> None:
    (found,) = _shown(tmp_path, {name: SMALL[name][0]})
    assert {n for _, n in _lines(found)} >= lines
    assert found.confidence >= Confidence.FIRM


def test_far_parts_of_a_large_document_stay_apart(tmp_path: Path) -> None:
    rows = "".join(f"  part{n}: {n}\n" for n in range(100))
    text = f"face:\n  ethnicity: 1\n  age: 2\n{rows}  rule:\n    when:\n      ethnicity: uyghur\n    then: alarm\n"
    found = _shown(tmp_path, {"large.yaml": text})
    assert sorted(f.owner for f in found) == ["face", "face.rule.when"]
