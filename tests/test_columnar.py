"""Columns taken out of columnar files: the bytes of others are the same, and a rewriter that harms one is found out."""

from __future__ import annotations

import io
import random
from functools import cache
from pathlib import Path

import pytest

from untag.artifact import Artifact
from untag.edit import Plan, Proof, Target
from untag.finding import Status
from untag.gap import Damaged
from untag.place import Place
from untag.rewriters import rewriters
from untag.rewriters._columnar import without
from untag.rewriters._footer import ARROW, Twig, footer
from untag.rewriters.parquet import _text
from untag.scan import Options, scan
from untag.syntax import rethrift

ROOT = Path(__file__).parent / "specimens"
FILES = sorted(p for p in ROOT.glob("rewriters/parquet/*/*.parquet"))
HARD = [ROOT / "rewriters" / name for name in ("parquet/nested/input.parquet", "arrow/file/input.arrow")]


def artifact(data: bytes, name: str) -> Artifact:
    return Artifact(Place((name,)), data)


@cache
def targets(path: Path) -> tuple[Target, ...]:
    report = scan([str(path)], Options(jobs=1, cache=False))
    return tuple(Target(f, tuple(f.marks)) for f in report.findings if f.status is Status.SHOWN)


def stripped(data: bytes, path: Path, asked: tuple[Target, ...]) -> tuple[bytes, Plan]:
    rewriter, before = rewriters()[path.parent.parent.name], artifact(data, path.name)
    plan = rewriter.plan(before, asked)
    out = io.BytesIO()
    rewriter.rewrite(before, plan, out)
    return out.getvalue(), plan


def check(data: bytes, made: bytes, path: Path, plan: Plan) -> Proof:
    name = path.name
    return rewriters()[path.parent.parent.name].check(artifact(data, name), artifact(made, name), plan)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_footer_is_written_as_it_was_read(path: Path) -> None:
    data = path.read_bytes()
    made = footer(artifact(data, path.name))
    assert rethrift.write(made.meta) == data[made.start : -8]


@pytest.mark.parametrize("path", HARD, ids=lambda p: p.parent.parent.name)
def test_a_harmed_column_is_found_out(path: Path) -> None:
    data = path.read_bytes()
    made, plan = stripped(data, path, targets(path))
    assert not check(data, made, path, plan).error
    start = footer(artifact(made, path.name)).start if path.suffix == ".parquet" else len(made)
    rng = random.Random(5)  # noqa: S311 - not for secrets
    tried = 0
    for at in rng.sample(range(4, start), 14):
        bad = bytearray(made)
        bad[at] ^= 1
        try:
            error = check(data, bytes(bad), path, plan).error
        except Damaged:
            error = "damaged"
        tried += bool(error)
    # What is told by nothing else: places of pages in indexes, bytes that fill up.
    assert tried >= (9 if path.suffix == ".parquet" else 4)


@pytest.mark.parametrize("path", HARD, ids=lambda p: p.parent.parent.name)
def test_damage_is_said(path: Path) -> None:
    data = path.read_bytes()
    asked = targets(path)
    rng = random.Random(6)  # noqa: S311 - not for secrets
    size = len(data)
    for _ in range(15):
        bad = bytearray(data)
        for _ in range(rng.randrange(1, 4)):
            bad[rng.randrange(max(0, size - 3000), size)] = rng.randrange(256)
        try:
            made, plan = stripped(bytes(bad), path, asked)
            check(bytes(bad), made, path, plan)
        except Damaged:
            continue


def test_a_document_loses_what_speaks_of_a_column_and_nothing_else() -> None:
    raw = b'{"columns": [ {"name": "age"}, {"name": "race"} ], "index_columns": ["race","id"], "race": 3,"x":"r"}'
    assert without(raw, [("race",)]) == b'{"columns": [ {"name": "age"} ], "index_columns": ["id"], "x":"r"}'
    deep = b'{"faces": {"fields": [{"name": "race"}, {"name": "age"}]}, "race": 1}'
    assert without(deep, [("faces", "race")]) == b'{"faces": {"fields": [{"name": "age"}]}, "race": 1}'
    for kept in (
        b'{"features": {"age": {"label": "years", "fields": {"label": 1}}, "index": {"label": 2}}}',
        b'{"columns": [{"name": "age", "metadata": {"label": "x"}, "label": 2, "fields": [{"name": "label"}]}]}',
        b'{"info": {"label": "a data set"}, "column_indexes": [{"name": null, "label": 1}]}',
    ):
        assert without(kept, [("label",)]) == kept
    asked = b'{"info": {"features": {"age": {"label": "x"}, "label": {"names": ["a"]}}}}'
    assert without(asked, [("label",)]) == b'{"info": {"features": {"age": {"label": "x"}}}}'
    assert without(b"race, age", [("race",)]) == b"race, age"
    assert without(b'{"race": ', [("race",)]) == b'{"race": '


def test_a_schema_of_arrow_that_cannot_be_followed_is_not_dropped() -> None:
    with pytest.raises(Damaged, match="cannot be followed"):
        _text(ARROW, b"AAAA", Plan())


def test_no_map_is_left_without_its_keys() -> None:
    made = [Twig((), 0, -1)]
    for number, name in enumerate(("faces", "key_value", "key", "value"), 1):
        above = made[min(number - 1, 2)]
        made.append(Twig((*above.names, name), number, -1, above))
        above.inner.append(made[-1])
    assert made[3].lifted() is made[3]
    made[2].pairs = True
    assert made[3].lifted() is made[1]
