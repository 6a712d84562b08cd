"""TOML with spans."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untag.syntax import toml
from untag.syntax.tree import ARRAY, OBJECT, STRING, Node

TEXT = """\
# head
title = "a \\u6c11 b"
date = 1979-05-27 07:32:00
dotted.key."quoted part" = 'raw \\n'
many = [ 1, "two", # in
  [3.5, true], {a = 1, "b c" = "d"},
]
text = \"\"\"
first
second \\
   third\"\"\"

[owner.inner]
x = -0x1F

[[rule]]
name = "one"
[rule.sub]
y = 1
[[rule]]
name = '''
two'''
"""


def plain(node: Node) -> Any:
    if node.kind == OBJECT:
        return {child.key: plain(child) for child in node.children}
    if node.kind == ARRAY:
        return [plain(child) for child in node.children]
    return node.value if node.kind == STRING else "#"


def same(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: same(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [same(inner) for inner in value]
    return value if isinstance(value, str) else "#"


def test_agrees_with_the_standard_library() -> None:
    document = toml.parse(TEXT.replace("-0x1F", "0x1F"))
    assert not document.errors
    assert not document.lost
    assert plain(document.roots[0]) == same(tomllib.loads(TEXT.replace("-0x1F", "0x1F")))


@given(st.text(alphabet="[]{}=.\"'#\n ,ab0\\\u6c11", max_size=200))
def test_takes_any_text(text: str) -> None:
    document = toml.parse(text)
    for node in document.roots[0].walk():
        assert 0 <= node.start <= node.end <= len(text)
        if node.key is not None and "\\" not in text:
            assert text[node.key_start : node.key_end] == node.key
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    assert plain(document.roots[0]) == same(value)
    assert not document.lost


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 100_000, "a = " + "{b=" * 50_000, "[a.\n" * 50_000, '"""' * 30_000, "a='''\n" * 30_001]
)
def test_hostile_text_is_linear(text: str) -> None:
    toml.parse(text)
