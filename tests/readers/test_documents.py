"""Documents: lines and columns, sections, tables, lists, fences, and any bytes at all."""

# ruff: noqa: E501 - tables of hostile pieces read better unwrapped

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Damaged, Limits
from untag.place import Place
from untag.readers.documents import DocumentsReader
from untag.surface import Role, Surface

SUFFIXES = (".md", ".rst", ".adoc", ".tex", ".html")
WORDS = st.sampled_from(
    ["# a", "## b", "===", "---", "|a|b|", "|-|-|", "- item", "* x", "```json", "```", '{"a": [1, "b"', "<!--", "-->", "<b>", "</b>",
     ".. code-block:: python", "   x = 1", "::", "+--+--+", "== T", "|===", "----", r"\begin{tabular}", r"a & b \\", "<table><tr><td>x",
     "<pre>", "<h1>t</h1>", "&nbsp;", "`", "民<b>族</b>", "[a](b", ":field: x", ">>> y", "> q", "    z", "\t", "", "~~~", "1. n", "%c"]
)  # fmt: skip


def read(text: str | bytes, suffix: str = ".md") -> list[Surface]:
    data = text if isinstance(text, bytes) else text.encode()
    try:
        items = list(DocumentsReader().read(Artifact(Place(("a" + suffix,)), data), Limits()))
    except Damaged:
        return []
    return [s for s in items if isinstance(s, Surface)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_word_stands_on_its_line(suffix: str) -> None:
    rows = [f"needle{i} says something" for i in range(40)]
    text = "\n".join(rows)
    found = {w: s.place.line for s in read(text, suffix) for w in s.text.split() if w.startswith("needle")}
    assert found == {f"needle{i}": i + 1 for i in range(40)}


def test_columns_point_at_the_text() -> None:
    rows = [
        "# Title here",
        "",
        "- **race**: the group",
        "",
        "| a | race |",
        "|---|---|",
        "| x | `nation` |",
        "",
        "```python",
        "race = 1",
        "```",
    ]
    for s in read("\n".join(rows)):
        row = rows[(s.place.line or 1) - 1]
        if s.role in (Role.KEY, Role.COLUMN, Role.STRING, Role.HEADING, Role.CONSTANT):
            assert row[(s.place.column or 1) - 1 :].lstrip("`").startswith(s.text[:4].strip("`"))


def test_sections_are_unique_paths() -> None:
    owners = [s.owner for s in read("# A\n## B\n## B\n# C\n## B\n") if s.role is Role.HEADING]
    assert owners == ["A", "A > B", "A > B (2)", "C", "C > B"]


def test_table_rows_are_about_their_head() -> None:
    text = "# T\n\n| Field | Meaning |\n|--|--|\n| race | group |\n"
    assert [(s.role, s.text, s.about) for s in read(text) if "table" in s.owner] == [
        (Role.COLUMN, "Field", ""),
        (Role.COLUMN, "Meaning", ""),
        (Role.KEY, "race", ""),
        (Role.PROSE, "group", "race"),
    ]


def test_lists_of_short_items_are_members_and_sentences_are_not() -> None:
    assert [s.role for s in read("- a b\n- c\n- d\n")] == [Role.MEMBER] * 3
    assert [s.role for s in read("- a b\n- c\n")] == [Role.PROSE] * 2
    assert [s.role for s in read("- This is a sentence.\n- This is one too.\n- And a third.\n")] == [Role.PROSE] * 3


def test_word_cut_by_tags_is_shown_whole() -> None:
    assert "民族" in [s.text for s in read("<p>民<b>族</b></p>", ".html")]
    found = [s for s in read("<p>" + "long text " * 30 + "\nof eth<b>nic</b> kind</p>", ".html") if s.text == "ethnic"]
    assert [s.place.line for s in found] == [2]


def test_comment_over_lines() -> None:
    found = [(s.place.line, s.text) for s in read("a b <!-- one\ntwo\nthree --> c d") if s.role is Role.COMMENT]
    assert found == [(1, "<!-- one"), (2, "two"), (3, "three -->")]


def test_code_in_a_nested_fence_keeps_its_columns() -> None:
    found = [s for s in read("- x\n\n  ```python\n  race = 1\n  ```\n") if s.role is Role.CONSTANT]
    assert [(s.text, s.place.line, s.place.column) for s in found] == [("race", 4, 3)]


@given(st.sampled_from(SUFFIXES), st.lists(WORDS, max_size=25))
@settings(max_examples=120, deadline=None)
def test_any_lines(suffix: str, rows: list[str]) -> None:
    for s in read("\n".join(rows), suffix):
        assert s.place.line is not None
        assert 1 <= s.place.line <= max(len(rows), 1)


@given(st.sampled_from(SUFFIXES), st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_bytes(suffix: str, data: bytes) -> None:
    read(data, suffix)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("unit", ["a `b` ", "<a ", "<!--", "|", "](", "&amp;", "{{", "<table><tr><td>", "x"])
def test_one_long_line(suffix: str, unit: str) -> None:
    # Short lines are looked at in another way.
    linear(lambda size: read(unit * (size // len(unit)), suffix), least=40_000)
