"""The context words: every entry is weak, has hits and misses, and keeps out of the way of what it surrounds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import untag.lexicon
from untag.lexicon import load

ROOT = Path(untag.lexicon.__file__).parent
FILES = sorted((ROOT / "terms").glob("ctx_*.toml"))
FAMILIES = {
    "biometric", "visual", "demographic", "inference", "alert", "animal", "list", "filter", "record", "fairness",
    "locale",
    "concurrency", "finance", "game", "sport", "conduct", "health", "census", "hr", "geography", "colourword",
    "emoji", "image", "layer", "news", "spare", "wildcard",
    "imbalance",
    "invented", "privacy", "retouch", "skin", "culture", "names", "topic", "roll",
}  # fmt: skip
#: The language tags of the vocabulary the tool was planned for.
LANGUAGES = {
    "en", "zh-Hans", "zh-Hant", "zh-Latn-pinyin", "code", "ru", "de", "ja", "ar", "fr", "pt", "es", "fa", "hi", "ko",
    "tr", "vi", "it", "uz", "ms", "ug", "id", "kk", "he", "bn", "uk", "ur", "mn", "nl", "ky", "pl", "cs", "ug-Cyrl",
    "my", "el", "th", "fi", "ug-Latn", "bo", "ps", "rw", "sw", "am", "hu", "ku",
    # Languages in which a face, an age or a gender is said as well.
    "af", "az", "be", "bg", "ca", "da", "et", "eu", "fil", "gu", "ha", "hr", "hy", "ka", "km", "kn", "lo",
    "lt", "lv", "ml", "mr", "nb", "ne", "pa", "ro", "si", "sk", "sl", "so", "sr", "sv", "ta", "te", "tg", "uz-Cyrl",
    "zu", "bs", "ckb", "ig", "mk", "om", "sq", "ti", "tk", "tt", "yo",
    # And in which texts on something else are known.
    "as", "ba", "cy", "ga", "gl", "ht", "is", "jv", "lb", "mg", "mi", "mt", "or", "sd", "su", "xh", "yi",
    # And as they are written in identifiers.
    "am-Latn", "ar-Latn", "bg-Latn", "bn-Latn", "el-Latn", "fa-Latn", "he-Latn", "hi-Latn", "ja-Latn", "ka-Latn",
    "kk-Latn", "ko-Latn", "ky-Latn", "mk-Latn", "mn-Latn", "my-Latn", "ru-Latn", "ta-Latn", "tg-Latn", "th-Latn",
    "uk-Latn", "ur-Latn",
    # And in which only a product of the country itself says it.
    "ak", "ay", "az-Cyrl", "bm", "bo-Latn", "br", "ce", "ce-Latn", "ceb", "ckb-Latn", "cv", "eo", "ff", "fj",
    "gd", "gn", "gu-Latn", "haw", "hy-Latn", "ilo", "iu", "iu-Latn", "kab", "kl", "km-Latn", "kn-Latn", "lg",
    "ln", "lo-Latn", "ml-Latn", "mn-Mong", "mr-Latn",
    "ms-Arab", "nah", "ne-Latn", "nn", "nso", "nv", "ny", "or-Latn", "pa-Arab", "pa-Latn", "ps-Latn",
    "qu", "quc", "rn", "sah", "si-Latn", "sm", "sn", "st", "te-Latn", "tn", "to", "tt-Latn", "ty",
    "war", "wo", "yua",
}  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def families(text: str) -> set[str]:
    return {h.family for h in load().match(text) if h.kind == "context"}


def terms(text: str) -> set[str]:
    return {h.term for h in load().match(text)}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_schema(path: Path) -> None:
    data = read(path)
    required = {"id", "kind", "family", "gloss", "hits", "misses", "form"}
    assert required <= set(data) <= required | {"note", "veto"}
    assert data["id"] == path.stem
    assert data["kind"] == "context"
    assert data["family"] in FAMILIES
    assert data["gloss"].strip()
    assert len(data["hits"]) >= 3
    assert len(data["misses"]) >= 1
    seen: set[tuple[str, str, str]] = set()
    for form in data["form"]:
        fields = {"language", "words", "match", "strength", "source", "review"}
        assert fields <= set(form) <= fields | {"veto", "gloss"}
        assert form["language"] in LANGUAGES
        assert form["match"] in {"cjk", "token", "stem", "infix", "exact"}
        assert form["strength"] == "weak", "context is never a finding by itself"
        assert form["source"].strip()
        assert form["review"] == "unreviewed" or re.match(r"(checked|native): \S", form["review"])
        assert form["words"]
        for word in form["words"]:
            assert word.strip() == word
            key = (form["language"], form["match"], word)
            assert key not in seen, key
            seen.add(key)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_hits_and_misses(path: Path) -> None:
    data = read(path)
    for text in data["hits"]:
        assert data["id"] in terms(text), text
    for text in data["misses"]:
        assert data["id"] not in terms(text), text


def test_every_family_and_language_is_there() -> None:
    entries = [read(p) for p in FILES]
    assert {e["family"] for e in entries} == FAMILIES
    assert {f["language"] for e in entries for f in e["form"]} == LANGUAGES


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("emGlasses", "visual"),
        ("NET_FACE_ATTRIBUTE", "biometric"),
        ("stuFaceRect", "biometric"),
        ("人脸抓拍", "biometric"),
        ("正在进行人脸识别", "biometric"),
        ("byAge", "demographic"),
        ("xingbie", "demographic"),
        ("是否戴口罩", "visual"),
        ("布控报警", "alert"),
        ("blacklist", "list"),
        ("demographic parity", "fairness"),
        ("race condition", "concurrency"),
        ("race conditions", "concurrency"),
        ("regardless of race", "conduct"),
        ("Grand Prix lap times", "sport"),
        ("half-orc paladin", "game"),
        ("AsianOption payoff", "finance"),
        ("our pledge: a harassment-free experience", "conduct"),
        ("Patient.extension us-core-race", "health"),
        ("dlib.get_frontal_face_detector", "biometric"),
        ("utkface", "biometric"),
        ("распознавание лиц", "biometric"),
        ("یوزچهره چهره", "biometric"),
        ("यह चेहरा", "biometric"),
    ],
)
def test_family(text: str, family: str) -> None:
    assert family in families(text)


@pytest.mark.parametrize(
    "text",
    [
        "@font-face", "surface", "interface", "in the face of", "cubeFaces", "subnet mask", "bitmask", "umask",
        "Cache-Control: max-age=60", "package", "storage", "message", "Essex", "trace", "destination", "mask = x == y",
    ],
)  # fmt: skip
def test_no_person_here(text: str) -> None:
    assert not families(text) & {"biometric", "visual", "demographic"}, load().match(text)


@pytest.mark.parametrize("text", ["race_condition = True", "a race condition"])
def test_a_race_condition_is_no_search(text: str) -> None:
    assert "filter" not in families(text)


def test_context_does_not_swallow_what_stands_beside_it() -> None:
    """In runs without word breaks a context word must not eat the first character of an ethnic one."""
    lexicon = load()
    joined: list[str] = []
    context = [
        f.word
        for t in lexicon.terms.values()
        if t.kind == "context"
        for f in t.forms
        if f.match == "cjk" and " " not in f.word
    ]
    others = [
        (t.id, f.word)
        for t in lexicon.terms.values()
        if t.kind not in {"context", "colour"}
        for f in t.forms
        if f.match == "cjk" and f.strength == "strong" and len(f.word) > 1 and " " not in f.word
    ]
    heads = {word[0] for _, word in others}
    for left in sorted({w for w in context if w[-1] in heads and len(w) > 1}):
        for term, right in others:
            text = left + right
            # Only what is found when it stands alone can be swallowed.
            if term in terms(right) and term not in terms(text):
                joined.append(f"{left}+{right}")
    assert not joined


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_form_is_found_by_itself(path: Path) -> None:
    """A form that its own text does not hit is dead weight: swallowed, vetoed or cut apart."""
    term = load().terms[path.stem]
    # Thai and Lao AM come apart when folded, which the matcher does not undo.
    forms = [f.word for f in term.forms if not set(f.word) & {"\u0e33", "\u0eb3"}]
    assert [w for w in forms if term.id not in terms(w)] == []


@pytest.mark.parametrize(
    "text",
    [
        "race_name", "race_result", 'data["race"]', "data.races", "HUMAN RACE DETECTOR",
        "regardless of whether", "conduct a search",
        'printf("%d %d")', "netdev", "add-ons", "NET_PlayResume", "discriminate",
    ],
)  # fmt: skip
def test_words_that_must_not_speak_against_a_finding(text: str) -> None:
    innocent = {"concurrency", "finance", "game", "sport", "conduct", "health", "census", "hr", "biometric"}
    assert not families(text) & innocent, load().match(text)
