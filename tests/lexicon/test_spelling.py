"""Accents, hashes and model numbers: what makes a word another one, and what does not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.lexicon import load


def terms(text: str) -> set[str]:
    return {h.term for h in load().match(text) if h.kind != "context"}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("dân tộc", "ethnicity"),
        ("Chủng tộc", "race"),
        ("Mínzú", "ethnicity"),
        ("ırkı", "race"),
        ("İRKI", "race"),
        ("raça", "race"),
        ("Éthnicité", "ethnicity"),
        ("Māori", "maori"),
        ("Sámi", "sami"),
    ],
)
def test_accents_that_a_language_has_or_drops_are_no_matter(text: str, term: str, form: str) -> None:
    assert term in terms(unicodedata.normalize(form, text))


@pytest.mark.parametrize("text", ["dan_toc", "chung_toc", "danToc", "raca", "ethnicite"])
def test_identifiers_leave_accents_out(text: str) -> None:
    assert terms(text)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "text",
    ["còn lại", "trạng thái", "hợp đồng lao động", "thất bại", "giới hạn", "bạn đã đỡ buồn", "hän", "Żid", "dòng"],
)
def test_a_mark_makes_another_word(text: str, form: str) -> None:
    assert not terms(unicodedata.normalize(form, text))


def test_where_vietnamese_is_typed_with_its_tones_they_all_count() -> None:
    assert not terms("trang chủ của hợp đồng")  # page, not white
    assert "white" in terms("trắng")


@pytest.mark.parametrize(
    "text",
    ["sha512-ab12MZ9xQvL0pTz7WkR3MZxG5b==", "Q7/0mz1Xq7Lb3/Vn9Zt5Rk2Wc8Yh4", "MZ5721D", "RAC_6X00"],
)
def test_short_words_in_hashes_and_model_numbers_are_chance(text: str) -> None:
    assert not terms(text)


@pytest.mark.parametrize(
    ("text", "term"),
    [("UTF8Face2RaceNet50Model", "race"), ("MZ", "ethnicity"), ("mz01", "ethnicity"), ("RAC1P", "race")],
)
def test_names_are_no_hashes(text: str, term: str) -> None:
    assert term in terms(text)


@given(st.text(alphabet="aàáâãäåāăąạảấầẩẫậđıİiłMZ09+/ \u0301\u0323\u0307", max_size=60))
def test_any_spelling_is_matched_without_harm(text: str) -> None:
    for hit in load().match(text):
        assert 0 <= hit.start < hit.end <= len(text)
