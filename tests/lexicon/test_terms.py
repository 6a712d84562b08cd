"""The words for peoples, races, colours, attributes and proxies: every file obeys the schema and finds what it says."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import pytest

import untag.lexicon
from untag.lexicon import load
from untag.lexicon.fold import words_of

ROOT = Path(untag.lexicon.__file__).parent
FILES = sorted(p for p in (ROOT / "terms").glob("*.toml") if not p.name.startswith("ctx_"))
FAMILIES = {
    "attribute": {
        "ethnicity", "race", "nation", "minority", "skin_colour", "caste", "tribe", "indigenous", "ancestry",
        "population",
    },
    "group": {"people", "race"},
    "colour": {"people"},
    "proxy": {
        "region", "accent", "religion", "foreigner", "origin", "nationality", "euphemism", "appearance", "risk",
    },
}  # fmt: skip
REQUIRED = {"id", "kind", "family", "gloss", "hits", "misses", "form"}
OPTIONAL = {"named", "note", "veto"}
FORM_REQUIRED = {"language", "words", "match", "strength", "source", "review"}
FORM_OPTIONAL = {"gloss", "veto"}
TAG = re.compile(r"code|[a-z]{2,3}(-[A-Z][a-z]{3})?(-[a-z]{5,8})?")
#: Scripts that a language's words must be written in, where that is fixed; a slip of the keyboard shows here.
SCRIPTS = {
    "CYRILLIC": {"ru", "uk", "be", "bg", "mk", "sr-Cyrl", "kk", "ky", "tg", "tt", "ba", "mn", "ug-Cyrl", "uz-Cyrl"},
    "ARABIC": {"ar", "fa", "ps", "ur", "sd", "ckb", "ug-Arab", "pa-Arab", "kk-Arab"},
    "HEBREW": {"he", "yi"},
    "DEVANAGARI": {"hi", "mr", "ne", "kok"},
    "BENGALI": {"bn", "as"},
    "GREEK": {"el"},
    "GEORGIAN": {"ka"},
    "ARMENIAN": {"hy"},
    "ETHIOPIC": {"am", "ti"},
    "THAI": {"th"},
    "LAO": {"lo"},
    "KHMER": {"km"},
    "MYANMAR": {"my"},
    "TIBETAN": {"bo", "dz"},
    "HANGUL": {"ko"},
}
SCRIPT_OF = {language: script for script, languages in SCRIPTS.items() for language in languages}
CORE = {"ethnicity", "race", "skin_colour", "minority", "uyghur", "black_people", "white_people"}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def scripts(word: str) -> set[str]:
    return {unicodedata.name(ch, "?").split()[0] for ch in word if ch.isalpha() and unicodedata.category(ch) != "Lm"}


def identity(word: str, match: str) -> str:
    return word if match == "exact" else " ".join(words_of(word)) or word


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_file_obeys_the_schema(path: Path) -> None:
    entry = read(path)
    assert set(entry) >= REQUIRED
    assert set(entry) <= REQUIRED | OPTIONAL
    assert entry["id"] == path.stem
    assert re.fullmatch(r"[a-z0-9_]+", entry["id"])
    assert entry["family"] in FAMILIES[entry["kind"]]
    assert entry["gloss"].strip()
    assert entry.get("named", True) is True
    assert len(entry["hits"]) >= 3
    assert len(entry["misses"]) >= 2
    for phrases in (entry["hits"], entry["misses"], entry.get("veto", [])):
        assert all(isinstance(p, str) and p.strip() for p in phrases)
        assert len(set(phrases)) == len(phrases)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_each_form_says_what_it_is_and_where_it_is_from(path: Path) -> None:
    for form in read(path)["form"]:
        assert set(form) >= FORM_REQUIRED
        assert set(form) <= FORM_REQUIRED | FORM_OPTIONAL
        assert TAG.fullmatch(form["language"]), form["language"]
        assert form["match"] in {"cjk", "token", "stem", "infix", "exact"}
        assert form["strength"] in {"strong", "medium", "weak"}
        assert form["source"].strip()
        assert re.fullmatch(r"unreviewed|(checked|native): .+", form["review"])
        assert form["source"] != "unsourced" or not form["review"].startswith("checked: listed")
        assert form["words"]
        assert form.get("gloss", "x").strip()
        for word in form["words"]:
            assert word == word.strip()
            assert word
            assert not re.search(r"[|=]", word), word


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_words_are_written_in_the_script_of_their_language(path: Path) -> None:
    for form in read(path)["form"]:
        wanted = SCRIPT_OF.get(form["language"])
        for word in form["words"]:
            found = scripts(word)
            if wanted:
                assert found <= {wanted}, (form["language"], word, found)
            elif form["match"] in {"token", "stem", "infix"}:
                assert len(found) == 1, (form["language"], word, found)
            if form["match"] == "cjk":
                assert "LATIN" not in found or len(found) > 1, word


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_no_form_stands_twice_with_different_strength(path: Path) -> None:
    seen: dict[str, str] = {}
    for form in read(path)["form"]:
        for word in form["words"]:
            key = identity(word, form["match"])
            assert seen.setdefault(key, form["strength"]) == form["strength"], word


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_it_is_found_where_it_should_be_and_nowhere_else(path: Path) -> None:
    entry = read(path)
    match = load().match
    for text in entry["hits"]:
        assert entry["id"] in {h.term for h in match(text)}, text
    for text in entry["misses"]:
        assert entry["id"] not in {h.term for h in match(text)}, text


def test_every_family_of_the_house_has_an_entry() -> None:
    there = {(e["kind"], e["family"]) for e in map(read, FILES)}
    assert there == {(kind, family) for kind, families in FAMILIES.items() for family in families}


def test_at_least_forty_five_languages_name_an_attribute_or_a_people() -> None:
    tags = {
        form["language"]
        for path in FILES
        if (entry := read(path))["kind"] in {"attribute", "group"}
        for form in entry["form"]
    } - {"code", "zh-Latn-pinyin"}
    assert len(tags) >= 45


def test_the_core_concepts_are_said_in_many_languages() -> None:
    for name in sorted(CORE):
        tags = {form["language"] for form in read(ROOT / "terms" / f"{name}.toml")["form"]}
        assert len(tags) >= 45, name


def test_a_standard_vouches_for_all_56_peoples_of_china() -> None:
    names = {
        word
        for path in FILES
        for form in read(path)["form"]
        if form["language"] == "zh-Hans" and form["source"] == "GB/T 3304-1991" and form["review"].startswith("checked")
        for word in form["words"]
        if word.endswith("族")
    }
    assert len(names) >= 56


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("EM_NATION_TYPE_UYGUR", "uyghur"),
        ("EthicCode", "ethic_code"),
        ("private Integer byEthnic;", "ethnicity"),
        ("race_output", "race"),
        ("dominantRace", "race"),
        ("raca_cor", "race"),
        ("udwSkinColor", "skin_colour"),
        ("minorityState", "minority"),
        ("新疆籍网上在逃", "xinjiang_tibet"),
        ("распознавание этнической принадлежности", "ethnicity"),
    ],
)
def test_reported_names_are_strong_or_medium(text: str, term: str) -> None:
    assert any(h.term == term and h.strength != "weak" for h in load().match(text))


@pytest.mark.parametrize(
    "text",
    [
        "The destination of the terminated combination",
        "work ethic and professional ethics",
        "scarabs and jarabs",
        "condemnation of the embrace on the terrace",
        "a race condition between two threads",
        "pagination, illumination, hallucination",
        "static_cast<int>(x) in broadcast mode",
        "grace, brace, bracelet, trace",
        "运维族谱",
        "达人种草",
        "收藏人数",
    ],
)
def test_ordinary_words_hold_nothing_strong_or_medium(text: str) -> None:
    kinds = {"attribute", "group", "colour", "proxy"}
    assert not [h for h in load().match(text) if h.kind in kinds and h.strength != "weak"]
