"""YAML with spans: what is written is what is read, and nothing is ever expanded."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.syntax import yaml
from untag.syntax.tree import ALIAS, ARRAY, OBJECT, Node

SOUP = st.text(alphabet="-:?#&*!|>'\"[]{},\n  \tab~0\u6c11\\", max_size=200)
WORDS = st.text(alphabet="abcdefgh \u6c11\u65cf:#-'\"", max_size=12)
VALUES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, min_size=1, max_size=5) | st.dictionaries(WORDS, inner, min_size=1, max_size=5),
    max_leaves=25,
)


def plain(node: Node) -> Any:
    if node.kind == OBJECT:
        return {child.key: plain(child) for child in node.children}
    if node.kind == ARRAY:
        return [plain(child) for child in node.children]
    return "*" + node.value if node.kind == ALIAS else node.value


def block(value: Any, indent: int = 0) -> list[str]:
    """A value in block style, its scalars in double quotes."""
    pad = " " * indent
    out = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                out.append(f"{pad}{standard.dumps(key)}: {standard.dumps(inner)}  # note")
            else:
                out.append(f"{pad}{standard.dumps(key)}:")
                out += block(inner, indent + 2)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str):
                out.append(f"{pad}- {standard.dumps(inner)}")
            else:
                first, *rest = block(inner, indent + 2)
                out.append(f"{pad}- {first.lstrip()}")
                out += rest
    else:
        out.append(pad + standard.dumps(value))
    return out


@given(VALUES)
def test_block_style(value: Any) -> None:
    document = yaml.parse("\n".join(block(value)) + "\n")
    assert [plain(root) for root in document.roots] == [value]
    assert not document.errors
    assert not document.lost


@given(VALUES.filter(lambda value: not isinstance(value, str)))
def test_flow_style(value: Any) -> None:
    document = yaml.parse(standard.dumps(value, indent=2))
    assert [plain(root) for root in document.roots] == [value]


@given(SOUP | st.text(max_size=100))
def test_takes_any_text(text: str) -> None:
    document = yaml.parse(text)
    for root in document.roots:
        for node in root.walk():
            assert 0 <= node.start <= node.end <= len(text)
            if node.key is not None:
                assert 0 <= node.key_start <= node.key_end <= len(text)
            for row, at in node.pieces():
                if "\\" not in text and "''" not in text and node.kind != ALIAS:
                    assert text.startswith(row, at), (row, at)


@given(SOUP)
def test_loses_no_letter(text: str) -> None:
    document = yaml.parse(text)
    seen: set[int] = set()
    for start, end in [*document.lost, *((c.start, c.end) for c in document.comments)]:
        seen.update(range(start, end))
    for root in document.roots:
        for node in root.walk():
            seen.update(range(node.key_start, node.key_end))
            if node.scalar:
                seen.update(range(node.start, node.end))
    if "\\" not in text:
        assert all(at in seen for at, ch in enumerate(text) if ch in "ab\u6c11"), text


def test_the_hard_parts() -> None:
    text = """\
%YAML 1.2
---
a: &x one   # c
b: *x
? long key
: its value
list:
- plain
- - nested
  - more
- k: v
  l: w
text: |+
  first
    second

folded: >-
  over
  lines
plain: goes
  on
quoted: "also
  goes on"
flow: {a: [1, 'two'], b: {c: d}}
url: http://x/y#z
template: {{ .Values.race }}
---
second: document
"""
    document = yaml.parse(text)
    assert not document.errors
    assert plain(document.roots[0]) == {
        "a": "one",
        "b": "*x",
        "long key": "its value",
        "list": ["plain", ["nested", "more"], {"k": "v", "l": "w"}],
        "text": "first\n  second",
        "folded": "over\nlines",
        "plain": "goes on",
        "quoted": "also goes on",
        "flow": {"a": ["1", "two"], "b": {"c": "d"}},
        "url": "http://x/y#z",
        "template": "{{ .Values.race }}",
    }
    assert plain(document.roots[1]) == {"second": "document"}


def test_alias_bomb_stays_small() -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]" for i in range(20)]
    document = yaml.parse("\n".join(rows))
    assert sum(1 for _ in document.roots[0].walk()) < 300


@pytest.mark.parametrize(
    "text",
    [
        "- " * 100_000,
        "[" * 100_000,
        "{a: " * 50_000,
        "? " * 100_000,
        "a:\n" * 50_000,
        "- [\n" * 50_000,
        "'\n" * 50_000,
        'a: "\\"\n' * 50_000,
        "&a " * 50_000,
    ],
)
def test_hostile_text_is_linear(text: str) -> None:
    yaml.parse(text)


def test_limit_stops() -> None:
    assert yaml.parse("- a\n" * 1000, limit=50).stop is not None
