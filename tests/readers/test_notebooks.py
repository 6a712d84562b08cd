"""Notebooks: physical lines, tables in outputs, and anything that is no notebook."""

# ruff: noqa: E501 - tables of hostile pieces read better unwrapped

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import linear
from untag.artifact import Artifact
from untag.gap import Damaged, Limits
from untag.place import Place
from untag.readers.notebooks import NotebooksReader
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from collections.abc import Callable


def read(data: bytes | str) -> list[Surface]:
    raw = data if isinstance(data, bytes) else data.encode()
    items = list(NotebooksReader().read(Artifact(Place(("a.ipynb",)), raw), Limits()))
    return [s for s in items if isinstance(s, Surface)]


def notebook(*cells: dict[str, Any], indent: int | None = 1, ascii_only: bool = True) -> str:
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent, ensure_ascii=ascii_only
    )


def code(source: Any, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": list(outputs), "source": source}


def stream(*rows: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": list(rows)}


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_places_point_at_the_raw_file(indent: int | None, ascii_only: bool) -> None:
    text = notebook(
        {"cell_type": "markdown", "metadata": {}, "source": ["# Head\n", 'a "quoted" 民族 `race`\n']},
        code(['x = "\\t民" # c\n', "if race == 1:\n", "    nation = 2"]),
        indent=indent,
        ascii_only=ascii_only,
    )
    rows = text.split("\n")
    seen = set()
    for s in read(text):
        rest = rows[(s.place.line or 1) - 1][(s.place.column or 1) - 1 :]
        if s.role in (Role.CONSTANT, Role.USE, Role.CONDITION, Role.HEADING):
            assert rest.startswith(s.text[:4]), s
            seen.add(s.text)
    assert {"Head", "x", "race", "race == 1", "nation"} <= seen


def test_rows_of_tables_are_never_shown() -> None:
    frame = stream("   file   race\n", "0  a.jpg  Secretone\n", "1  b.jpg  Secrettwo\n")
    series = stream("0    Secretthree\n", "1    Secretfour\n", "Name: race\n")
    html = {"data": {"text/html": "<table><thead><tr><th></th><th>race</th></tr></thead><tbody><tr><th>0</th><td>Secretfive</td></tr></tbody></table>",
                     "text/plain": "   race\n0  Secretfive"}, "output_type": "execute_result", "metadata": {}}  # fmt: skip
    numbers = stream("Secretsix 1 2 3 4\n")
    found = read(notebook(code("df", frame, series, html, numbers)))
    assert not [s.text for s in found if "Secret" in s.text]
    assert [s.text for s in found if s.role is Role.COLUMN] == ["file", "race", "race"]


def test_images_are_passed_over() -> None:
    image = {"data": {"image/png": "iVBORw0KGgo" * 10, "text/plain": ["<Figure>"]}, "output_type": "display_data"}
    assert not [s for s in read(notebook(code("plot()", image))) if "iVBOR" in s.text]


def test_output_lines_are_short() -> None:
    found = [s for s in read(notebook(code("p()", stream("word " * 500)))) if s.role is Role.OUTPUT]
    assert [len(s.text) for s in found] == [300]


def test_magic_tells_the_language() -> None:
    found = read(notebook(code(["%%javascript\n", "const race = 1;"])))
    assert [s.text for s in found if s.role is Role.CONSTANT] == ["race"]


def test_a_notebook_without_cells_is_damaged() -> None:
    for text in ("{}", "", "[]", '{"cells": 1}', '{"worksheets": []'):
        try:
            assert read(text) == []
        except Damaged:
            continue


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                    lambda c: st.lists(c, max_size=4) | st.dictionaries(st.sampled_from(
                        ["cells", "source", "outputs", "data", "text", "text/html", "text/plain", "cell_type", "metadata", "worksheets", "input"]), c, max_size=4),
                    max_leaves=12))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_any_tree(tree: Any) -> None:
    for whole in (tree, {"cells": [tree]}, {"cells": [{"cell_type": "code", "source": tree, "outputs": [tree]}]}):
        try:
            read(json.dumps(whole))
        except Damaged:
            continue


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes(data: bytes) -> None:
    for raw in (data, b'{"cells": [{"cell_type": "code", "source": "' + data + b'"}]}'):
        NotebooksReader().knows(Artifact(Place(("a.ipynb",)), raw))
        try:
            read(raw)
        except Damaged:
            continue


@pytest.mark.parametrize(
    "cell",
    [
        lambda size: code("x" * size),
        lambda size: code("p", stream("0  a\n" * (size // 5))),
        lambda size: {"cell_type": "markdown", "source": "`a" * (size // 2)},
    ],
)
def test_one_long_line(cell: Callable[[int], dict[str, Any]]) -> None:
    linear(lambda size: read(notebook(cell(size), indent=None)))
