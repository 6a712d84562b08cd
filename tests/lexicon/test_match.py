"""The matcher's short ways leave out nothing that the long way finds, and what is kept of it is what was made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from untag.cache import Cache
from untag.lexicon import _dumped, _kept, _restored, _texts, load
from untag.lexicon.fold import alone, cut, fold, folded
from untag.lexicon.match import _settle

if TYPE_CHECKING:
    from pathlib import Path

_FORMS = tuple(f.word for t in load().terms.values() for f in t.forms)
_SOME = _FORMS[::9]
_GLUE = ["و", "ال", "é", "_", "民", "ก"]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from(_SOME), st.text(max_size=6), st.sampled_from(_GLUE)),
        max_size=6,
    )
)
@example(["و", "عرق"])
@example(["é ", "race4"])
@example(["é", "isuyghur"])
def test_what_is_passed_over_holds_nothing(parts: list[str]) -> None:
    matcher = load().matcher
    for joint in ("", " ", "_"):
        text = joint.join(parts)
        passed = matcher._empty(text) if text.isascii() else matcher._void(text)
        if passed:
            assert not _settle(matcher._found(text)), text


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(_SOME),
            st.text(max_size=8),
            st.text(st.characters(categories=("L", "M")), max_size=8),
            st.tuples(st.sampled_from(_GLUE), st.sampled_from(_SOME)).map("".join),
        ),
        max_size=40,
    )
)
@example(["isuyghur", "race4", "preuyghurs", "والعرق", "Ouïghoure", "Σας"])
def test_what_holds_nothing_is_told_of_many_at_once(texts: list[str]) -> None:
    matcher = load().matcher
    silent = matcher.silent(texts)
    assert silent <= set(texts)
    for text in silent:
        assert not _settle(matcher._found(text)), text
    words = [text for text in texts if alone(text)]
    assert folded(words) == [fold(word) for word in words]
    for word in words:
        assert [(w.text, w.cjk) for w in cut(word)] == [(fold(word), False)], word


def test_of_a_dictionary_nearly_all_is_told_at_once() -> None:
    words = ["maison", "Häuser", "дерево", "книга", "மரம்", "درخت", "ქალაქი", "Čeština"]
    assert load().matcher.silent(words) == set(words)
    assert not load().matcher.silent(["ethnicity", "民族", "two words", "camelCase", "naïveName"])


def test_letters_that_are_marks_too_are_told_in_one_way_only() -> None:
    """Tried in every way, a line of Hindi would take for ever."""
    assert not alone("\u0928" * 400 + " ")
    assert alone("\u0928" * 400)
    assert len(cut("\u0928" * 5000 + "-" + "\u0928'\u0928" * 900)) == 2


def test_most_of_a_plain_text_is_passed_over() -> None:
    matcher = load().matcher
    for text in ("naïve façade", "Привет, мир", "le café est fermé", "größer als zwölf"):
        assert matcher._void(text), text


@pytest.mark.parametrize("there", [True, False])
def test_the_kept_lexicon_is_the_one_that_was_made(tmp_path: Path, there: bool) -> None:
    """Terms lie apart, and are read when one is asked for; where the cache lost them, out of their files."""
    made = load()
    store = Cache(tmp_path / "cache")
    if there:
        assert store.write("terms", "key", _dumped(made, "terms"))
    asked: list[str] = []

    def texts(room: str) -> dict[str, bytes]:
        asked.append(room)
        return _texts(store, "key", room)

    kept = _restored(_kept(made), texts)
    assert len(kept.terms) == len(made.terms)
    assert list(kept.codes) == list(made.codes)
    assert kept.sorts == made.sorts
    assert not asked
    assert kept.digest == made.digest
    assert dict(kept.terms) == dict(made.terms)
    assert dict(kept.codes) == dict(made.codes)
    assert kept.hant == made.hant
    assert kept.matcher.plain() == made.matcher.plain()
    assert len(kept.matcher.plain()["heads"]) > 1000
    for text in ("isUyghur", "race4", "민족", "民 族", "ethnicité", "والعرق"):
        assert kept.match(text) == made.match(text), text


def test_every_form_is_found_in_itself() -> None:
    """Forms of several Korean words, and a letter that folds into two, never were."""
    matcher = load().matcher
    for term in load().terms.values():
        for form in term.forms:
            found = matcher._found(form.word)
            assert any(e.term == term.id and e.strength for _, _, e in found), (term.id, form.word)


def test_a_form_with_a_space_goes_on_in_the_next_run() -> None:
    found = {
        t: [h.term for h in load().match(t)] for t in ("소수 민족의 얼굴", "소수  민족", "소수, 민족", "소수\n민족")
    }
    assert found["소수 민족의 얼굴"][0] == found["소수  민족"][0] == "minority"
    assert "minority" not in found["소수, 민족"] + found["소수\n민족"]
