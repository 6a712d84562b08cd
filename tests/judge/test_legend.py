"""Legends are read out of one line of text as people write them, and out of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.judge.follow import distinct
from untag.judge.legend import items

LEGENDS = [
    ("0-unknown 1-Han 2-Uyghur", ["0 unknown", "1 Han", "2 Uyghur"]),
    ("1:汉族 2:少数民族 3:维族", ["1 汉族", "2 少数民族", "3 维族"]),
    ("0=White,1=Black,2=Asian", ["0 White", "1 Black", "2 Asian"]),
    ("0 unknown, 1 white, 2 black", ["0 unknown", "1 white", "2 black"]),
    ("人种 0未知 1黄种人 2白人", ["0 未知", "1 黄种人", "2 白人"]),
    ("0 非维族 1 维族", ["0 非维族", "1 维族"]),
    ("White=0, Black=1, Asian=2", ["0 White", "1 Black", "2 Asian"]),
    ("WHITE(0), BLACK(1)", ["0 WHITE", "1 BLACK"]),
    ("(0) White (1) Black", ["0 White", "1 Black"]),
    ('{0: "White", 1: "Black"}', ["0 White", "1 Black"]),
    ("A=Asian, B=Black, W=White", ["A Asian", "B Black", "W White"]),
    ("01、汉族；02、蒙古族", ["1 汉族", "2 蒙古族"]),
    ("-1: unknown; 0: yellow; 1: white", ["-1 unknown", "0 yellow", "1 white"]),
    ("0 - Latino/Hispanic; 1 - White", ["0 Latino/Hispanic", "1 White"]),
]
NONE = [
    "at least 1 Asian and 2 White faces", "1-56", "race == 1 && age > 2", "2019-11-02", "Asian, White, Black",
    "v1.2 - White", "", "0", "1:",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LEGENDS)
def test_a_legend(text: str, expected: list[str]) -> None:
    rows = items(text)
    assert [f"{r.key} {r.label}" for r in rows] == expected
    assert all(text[r.start : r.end] == r.label for r in rows)


@pytest.mark.parametrize("text", NONE)
def test_no_legend(text: str) -> None:
    assert items(text) == []


@given(st.text(alphabet="01239 -=:,;()[]{}\"'.AWhite汉族、\n", max_size=400))
def test_spans_lie_in_the_text(text: str) -> None:
    rows = items(text)
    assert len(rows) != 1
    assert len({r.key for r in rows}) == len(rows)
    for row in rows:
        assert 0 <= row.start <= row.end <= len(text)
        assert text[row.start : row.end].startswith(row.label[:1])


@pytest.mark.parametrize("name", ["G7090BA", "A1234", "ID-20301", "88231", "X_4711"])
def test_the_number_of_a_person_is_followed_nowhere(name: str) -> None:
    assert not distinct(name)


@pytest.mark.parametrize("name", ["zzKind12", "fdCategory7"])
def test_a_name_with_a_number_is(name: str) -> None:
    assert distinct(name)
