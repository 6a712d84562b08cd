"""Rows of JSON Lines: what is cut without parsing is what the parser cuts, and what is not plain is left to it."""

from __future__ import annotations

import json
import random

import pytest

from untag.artifact import Artifact
from untag.edit import Edit, Plan
from untag.place import Place
from untag.rewriters.json import _pictures
from untag.rewriters.jsonl import JsonlRewriter, _Quick, _without

PATHS = [("race",), ("attributes", "race"), ("a", "b", "race")]


def value(rng: random.Random, depth: int) -> object:
    kind = rng.randrange(9 if depth else 6)
    if kind < 2:
        return rng.choice([0, -1, 3.5, 1e-7, None, True, False])
    if kind < 6:
        return rng.choice(["", "x", "race", '"race":', "{", "}", "[1, 2]", "a, b", "é", "\\", "\t", "attributes", "  "])
    if kind < 7:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    return row(rng, depth - 1)


def row(rng: random.Random, depth: int) -> dict[str, object]:
    keys = rng.sample(["race", "attributes", "a", "b", "age", "trace", "race2"], rng.randrange(1, 6))
    return {key: value(rng, depth) for key in keys}


def test_quick_rows_are_those_of_the_parser() -> None:
    rng = random.Random(7)  # noqa: S311 - no secret
    quick, plain = 0, 0
    for _ in range(3000):
        paths = rng.sample(PATHS, rng.randrange(1, 4))
        separators = rng.choice([(", ", ": "), (",", ":"), (" , ", " : ")])
        text = json.dumps(row(rng, 3), separators=separators, ensure_ascii=rng.random() < 0.5)
        line = text.encode() + rng.choice([b"\n", b"\r\n", b""])
        made = _Quick(paths).without(line)
        plain += made == line
        if made is not None:
            assert made == _without(line, paths), line
            quick += made != line
    assert quick > 20
    assert plain > 100


@pytest.mark.parametrize(
    "line",
    [
        b'{"race": "a\\"b", "age": 1}\n', b'{"race": 1, "race": 2}\n', b'{"x": {"race": 1}}\n', b'[{"race": 1}]\n',
        b'{"race": [1, 2], "age": 1}\n', b'{"race": {"a": 1}}\n', b'{"age": 1, "race": 2 }\n', b'{"r\\u0061ce": 1}\n',
        b'{"x": "race", "race": "race"}\n',
    ],
)  # fmt: skip
def test_rows_that_are_not_plain_are_left_to_the_parser(line: bytes) -> None:
    assert _Quick([("race",)]).without(line) is None


def proven(was: bytes, now: bytes, *paths: tuple[str, ...]) -> str:
    before, after = (Artifact(Place(("a.jsonl",)), data) for data in (was, now))
    plan = Plan(edits=[Edit(-1, -1, data=path) for path in paths])
    return JsonlRewriter().check(before, after, plan).error


@pytest.mark.parametrize("paths", [[("race",)], [("a", "race")], [("race",), ("a", "race")]])
def test_rows_without_the_keys_are_proven(paths: list[tuple[str, ...]]) -> None:
    rng = random.Random(11)  # noqa: S311 - no secret
    lines = [json.dumps(row(rng, 3)).encode() + b"\n" for _ in range(400)]
    left = [_without(line, paths) for line in lines]
    assert left != lines
    assert proven(b"".join(lines), b"".join(left), *paths) == ""


@pytest.mark.parametrize(
    "now",
    [
        b'{"id": 1, "b": [], "c": 1}\n', b'{"id": 2, "b": {}, "c": 1}\n', b'{"b": {}, "id": 1, "c": 1}\n',
        b'{"id": 1, "b": {}}\n', b'{"id": 1, "b": {}, "c": 1, "c": 1}\n', b'{"id": 1, "b": {}, "c": "1"}\n',
        b'{"id": 1, "b": {}, "c": 1} x\n', b'{"id": 1, "b": {}, "c": 1}\n{}\n', b"", b"\n",
        b'{"id": 1, "b": {}, "c": [\n',
    ],
)  # fmt: skip
def test_a_row_that_lost_or_gained_anything_else_is_found_out(now: bytes) -> None:
    was = b'{"id": 1, "race": "x", "b": {}, "c": 1}\n'
    assert proven(was, b'{"id": 1, "b": {}, "c": 1}\n', ("race",)) == ""
    assert proven(was, now, ("race",))


def test_a_key_that_stands_twice_is_not_lost_with_another() -> None:
    was = b'{"a": 1, "race": 2, "a": 1}\n'
    assert proven(was, b'{"a": 1, "a": 1}\n', ("race",)) == ""
    assert proven(was, b'{"a": 1}\n', ("race",))


@pytest.mark.parametrize(
    "text",
    [
        '{"categories": [], "annotations": []}', '{"categor\\u0069es": [], "annot\\x61tions": []}',
        '{"note": "a \\\\", "categor\\ies": [], annotations: []}',
    ],
)  # fmt: skip
def test_a_data_set_of_pictures_is_told_however_its_keys_are_written(text: str) -> None:
    assert _pictures(text)
    assert not _pictures(text.replace("nnot", "nn"))
