"""Protocol buffers' text form: fields, lists, strings with escapes, and what is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hostile import linear
from untag.syntax.prototext import parse

if TYPE_CHECKING:
    from untag.syntax.tree import Node


def plain(node: Node) -> object:
    if node.kind == "object":
        return [(c.key, plain(c)) for c in node.children]
    return [plain(c) for c in node.children] if node.kind == "array" else node.value


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a: 1 b: x, c: -inf; d: 1.5e-3f", [("a", "1"), ("b", "x"), ("c", "-inf"), ("d", "1.5e-3f")]),
        ("a { b: 1 } a: < b: 2 >", [("a", [("b", "1")]), ("a", [("b", "2")])]),
        ("a: [1, 'x', { b: 1 }]", [("a", ["1", "x", [("b", "1")]])]),
        ("a: 'one '  # what\n \"two\" # why\nb: ''", [("a", "one two"), ("b", "")]),
        (r"a: '\346\260\221\xE6\x97\x8F \u6c11 \"\n'", [("a", '民族 民 "\n')]),
        ("[x.y/z.Face] { race: 1 } [ext]: 2", [("x.y/z.Face", [("race", "1")]), ("ext", "2")]),
        ("", []),
    ],
)
def test_what_is_well_formed(text: str, made: object) -> None:
    document = parse(text)
    assert plain(document.roots[0]) == made
    assert not document.errors
    assert not document.lost


@pytest.mark.parametrize(
    "text", ["a", "a: 'x", "}", "a { b: 1", "a: 1 'x'", "[[[[", "a: ]", "1: 2", "€ a: 1", "a { ] }"]
)
def test_what_is_broken_is_kept_and_told(text: str) -> None:
    document = parse(text)
    whole = text.replace(" ", "")
    covered = {i for a, b in document.lost for i in range(a, b)}
    covered |= {i for n in document.roots[0].walk() for i in (*range(n.key_start, n.key_end), *range(n.start, n.end))}
    assert all(i in covered or c in ": " for i, c in enumerate(text)), whole
    assert document.errors or text == "a: 'x"


def test_where_things_stand() -> None:
    text = "item {\n  name: 'race' 'x'\n}\n"
    (item,) = parse(text).roots[0].children
    (name,) = item.children
    assert text[name.key_start : name.key_end] == "name"
    assert [(t, text[at : at + len(t)]) for t, at in name.pieces()] == [("race", "race"), ("x", "x")]
    assert text[item.start : item.end] == "{\n  name: 'race' 'x'\n}"


@pytest.mark.parametrize("piece", ["a{", "a:[", "a:'x' ", "}", "a ", "'x' ", "[a] ", "[a", "\\", "#\n"])
def test_it_takes_as_long_as_the_text(piece: str) -> None:
    linear(lambda size: parse(piece * size))


def test_the_bound_on_nodes_is_told() -> None:
    document = parse("a: 1 " * 100, 10)
    assert document.stop is not None
    assert len(document.roots[0].children) == 10
