"""The code systems: one strict schema, nothing lost, nothing claimed that common words would claim too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import untag.lexicon
from untag.lexicon import load
from untag.lexicon.fold import fold

ROOT = Path(untag.lexicon.__file__).parent
FILES = sorted((ROOT / "codes").glob("*.toml"))
FAMILIES = {
    "census_national", "health", "police", "border", "identity_doc", "edi", "finance", "conflict_data", "proxy",
    "vendor_api", "dataset_model", "skin",
}  # fmt: skip
SYSTEM = {"id": str, "title": str, "family": str, "source": str, "review": str, "distinct": bool, "named": bool}
#: Systems that stand for a field or a format and have no values of their own.
BARE = {"us-ebts-2025", "cameo-ecs", "gat1400", "cfd", "fhibe"}
#: Words that mean colours, fillers or nothing outside people.
COMMON = {"white", "black", "yellow", "brown", "other", "others", "unknown", "unidentified", "nodisti", "mask"}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_nothing_is_lost() -> None:
    codes = load().codes
    assert len(FILES) == len(codes) >= 69
    assert sum(len(s.values) for s in codes.values()) >= 548
    assert {s.id for s in codes.values() if not s.values} == BARE


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_schema(path: Path) -> None:
    data = read(path)
    assert set(SYSTEM) <= set(data) <= set(SYSTEM) | {"note", "value"}
    assert all(type(data[k]) is t for k, t in SYSTEM.items())
    assert data["id"] == path.stem
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", data["id"])
    assert data["family"] in FAMILIES
    assert data["source"].strip()
    assert data["title"].strip()
    assert data["review"] == "unreviewed" or re.match(r"(checked|native): \S", data["review"])
    for value in data.get("value", []):
        assert {"name", "forms"} <= set(value) <= {"code", "name", "term", "forms", "letters"}
        assert all(type(value[k]) is str and value[k].strip() for k in value if k != "forms")
        assert value["forms"], value
        assert all(f.strip() == f and f for f in value["forms"])
        assert len({fold(f) for f in value["forms"]}) >= 1
        assert len({f.casefold() for f in value["forms"]}) == len(value["forms"])


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_code_twice(path: Path) -> None:
    codes = [v["code"] for v in read(path).get("value", []) if "code" in v]
    assert len(codes) == len(set(codes))


def test_terms_exist() -> None:
    lexicon = load()
    for system in lexicon.codes.values():
        for value in system.values:
            if value.term:
                assert value.term in lexicon.terms, (system.id, value.name, value.term)
                assert lexicon.terms[value.term].kind != "context"


def test_the_56() -> None:
    system = load().codes["cn-gbt3304"]
    assert [v.code for v in system.values] == [f"{n:02}" for n in range(1, 57)]
    letters = [v.letters for v in system.values]
    assert len(set(letters)) == 56
    assert all(re.fullmatch("[A-Z]{2}", x) for x in letters)
    assert len({v.term for v in system.values}) == 56, "each group is a concept of its own"
    by_code = {v.code: v for v in system.values}
    assert by_code["05"].letters == "UG"
    assert {"维吾尔族", "維吾爾族", "维族", "Uygur", "Weizu", "UYGUI"} <= set(by_code["05"].forms)
    assert by_code["48"].name == "Yugur"
    assert not {"Uygur", "Uyghur"} & set(by_code["48"].forms)
    assert "毛难族" in by_code["36"].forms
    assert "崩龙族" in by_code["46"].forms
    # Each group has its Chinese name with and without the word for people.
    assert all(v.forms[0].endswith("族") and v.forms[0][:-1] in v.forms for v in system.values)


def test_no_form_names_two_groups() -> None:
    seen: dict[str, str] = {}
    for value in load().codes["cn-gbt3304"].values:
        for form in value.forms:
            assert seen.setdefault(form.casefold(), value.code) == value.code, form


def test_distinct_sets_are_not_made_of_common_words() -> None:
    for system in load().codes.values():
        if system.distinct:
            common = [v for v in system.values if v.name.casefold() in COMMON or len(v.name) < 2]
            assert len(common) <= 2, system.id
            assert len(system.values) >= 3, system.id
    codes = load().codes
    assert codes["cn-gbt3304"].distinct
    assert codes["deepface6"].distinct
    for vague in ("dahua-race", "dahua-complexion", "uniview-skin", "morph", "us-ncic-rac", "niem-skintone"):
        assert not codes[vague].distinct


def test_named_sets_name_one() -> None:
    named = {s.id for s in load().codes.values() if s.named}
    assert named == {"dahua-nation", "curtin3", "rw-ubwoko"}


@pytest.mark.parametrize(
    ("system", "code", "name"),
    [
        ("us-cdcrec", "2106-3", "White"),
        ("uk-ic", "IC3", "Black"),
        ("niem-scr-ethnicity", "TIBIT", "Tibetan"),
        ("uz-nationality", "162", "Uyghurs"),
        ("dahua-nation", "1", "UYGUR"),
        ("uniview-skin", "2014", "BROWN"),
        ("utkface5", "4", "Others"),
        ("clarifai", "ai_659b6V0v", "asian"),
        ("iso639-as-proxy", "ug", "Uyghur"),
        ("us-nmdp", "AINDI", "South Asian"),
    ],
)
def test_known_values(system: str, code: str, name: str) -> None:
    values = {v.code: v.name for v in load().codes[system].values}
    assert values[code].casefold() == name.casefold()


def test_traditional_characters_fold() -> None:
    hant = load().hant
    assert all(len(t) == 1 and len(s) == 1 and t != s for t, s in hant.items())
    assert not set(hant) & set(hant.values()), "a folded character must not be folded again"
    table = str.maketrans(hant)
    assert "維吾爾族".translate(table) == "维吾尔族"
    for value in load().codes["cn-gbt3304"].values:
        simplified, traditional = value.forms[0], next((f for f in value.forms[1:] if f.endswith("族")), "")
        if traditional and len(traditional) == len(simplified) and set(traditional) & set(hant):
            assert traditional.translate(table) == simplified
