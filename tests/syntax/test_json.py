"""JSON with spans: equal to the standard library where that reads it, and never at a loss elsewhere."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untag.syntax import json
from untag.syntax.tree import ARRAY, NUMBERS, OBJECT, STRING, Node

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=40,
)
SOUP = st.text(alphabet="{}[]\":,\\/*#'\n \tabu01e-.\u6c11", max_size=200)


def plain(node: Node) -> Any:
    """What the node means, numbers and words as a hash."""
    if node.kind == OBJECT:
        return [(child.key, plain(child)) for child in node.children]
    if node.kind == ARRAY:
        out: list[Any] = []
        for child in node.children:
            out += ["#"] * int(child.value) if child.kind == NUMBERS else [plain(child)]
        return out
    return node.value if node.kind == STRING else "#"


def same(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, same(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [same(inner) for inner in value]
    return value if isinstance(value, str) else "#"


def check_spans(text: str, node: Node) -> None:
    for part in node.walk():
        assert 0 <= part.start <= part.end <= len(text)
        if part.kind == STRING and part.lines is None:
            raw = text[part.start : part.end]
            if "\\" not in raw:
                assert text.startswith(part.value, part.body)
        if part.key is not None and "\\" not in text[part.key_start : part.key_end]:
            assert text[part.key_start : part.key_end] == part.key


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_agrees_with_the_standard_library(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    text = standard.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = json.parse(text)
    assert not document.errors
    assert not document.lost
    assert [plain(root) for root in document.roots] == [same(value)]
    check_spans(text, document.roots[0])


@given(SOUP | st.text(max_size=100))
def test_takes_any_text_and_loses_none(text: str) -> None:
    document = json.parse(text)
    for root in document.roots:
        check_spans(text, root)
    covered = [(start, end) for start, end in document.lost] + [(c.start, c.end) for c in document.comments]
    for root in document.roots:
        for node in root.walk():
            covered.append((node.key_start, node.key_end))
            if node.scalar:
                covered.append((node.start, node.end))
    seen = set()
    for start, end in covered:
        seen.update(range(start, end))
    for at, ch in enumerate(text):
        assert at in seen or ch not in "abu\u6c11", (at, ch)


def test_duplicate_keys_are_kept() -> None:
    root = json.parse('{"race": 1, "race": 2}').roots[0]
    assert [(c.key, c.value) for c in root.children] == [("race", "1"), ("race", "2")]


def test_json5() -> None:
    text = "// head\n{bare: 'it\\'s', /* in */ \"hex\": 0x1F, list: [1, 'a',], }"
    document = json.parse(text)
    root = document.roots[0]
    assert [(c.key, c.value) for c in root.children] == [("bare", "it's"), ("hex", "0x1F"), ("list", "")]
    assert [text[c.start : c.end] for c in document.comments] == ["// head", "/* in */"]
    assert not document.lost


def test_escapes() -> None:
    root = json.parse(r'["\u6c11\u65cf", "\ud83d\ude00", "\ud83d"]').roots[0]
    assert [c.value for c in root.children] == ["民族", "😀", "\ufffd"]


@given(st.text(max_size=60))
def test_offsets_point_at_each_character(value: str) -> None:
    raw = standard.dumps(value)[1:-1]
    text, where = json.offsets(raw, 7)
    assert len(where) == len(text) + 1
    assert where == sorted(where)
    for ch, at in zip(text, where, strict=False):
        if raw[at - 7] != "\\":
            assert raw[at - 7] == ch


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[{" * 50_000 + "}]" * 50_000, "]" * 100_000, "[{]" * 50_000]
)
def test_depth_needs_no_stack(text: str) -> None:
    document = json.parse(text)
    assert sum(1 for root in document.roots for _ in root.walk()) <= 150_000


def test_openings_without_an_end_are_linear() -> None:
    json.parse("/*" * 200_000)
    json.parse('"' + '\\"' * 200_000)
    json.parse("'\n" * 200_000)


def test_limit_stops() -> None:
    document = json.parse("[" + '"a",' * 1000 + "]", limit=100)
    assert document.stop is not None
    assert len(document.roots[0].children) < 120


def test_fold_drops_rows() -> None:
    taken = []

    def fold(array: Node, element: Node) -> bool:
        taken.append(element.children[0].value)
        return True

    text = "[" + ",".join(f'{{"a": "{i}"}}' for i in range(200)) + "]"
    root = json.parse(text, fold=fold).roots[0]
    assert len(root.children) == 64
    assert len(taken) == 136


@settings(max_examples=30)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    json.parse(data.decode("latin-1"))
