"""Every reader has specimens: an input and the surfaces it must show, compared as text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from untag.artifact import Artifact
from untag.gap import Damaged, Freed, Gap, Limits, Opaque, Part
from untag.place import Place
from untag.readers import Reader, pick, readers
from untag.surface import Surface

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
CASES = sorted(p for p in ROOT.glob("*/*") if p.is_dir())


def line_of(item: Surface | Artifact | Gap | Opaque | Part | Freed) -> str:
    if isinstance(item, Surface):
        spot = f"{item.place.line}:{item.place.column}" if item.place.line else f"@{item.place.offset}"
        where = spot + (f" {item.place.pointer}" if item.place.pointer else "")
        rest = f"{item.owner} | {item.about} | {item.value} | {item.type} | {item.text}"
        return f"{where} {item.role} {item.kind} {rest}".replace("\n", "\\n").rstrip()
    if isinstance(item, Gap):
        return f"gap {item.reason} {item.detail}"
    if isinstance(item, Opaque):
        return f"opaque {item.kind} {item.size}"
    if isinstance(item, Freed):
        return f"freed {item.at} {len(item.data)}"
    if isinstance(item, Part):
        return f"part {item.name} {'raw' if item.raw else 'read'} {item.end}"
    return f"artifact {item.place} {len(item.data)}"


def shown(reader: Reader, artifact: Artifact) -> list[str]:
    out = []
    try:
        for item in reader.read(artifact, Limits()):
            out.append(line_of(item))  # noqa: PERF401 - what came before Damaged is kept
    except Damaged as broken:
        out.append(f"damaged {broken}")
    return out


def input_of(case: Path) -> Path:
    return next(p for p in sorted(case.rglob("*")) if p.is_file() and p.name != "surfaces.txt")


def test_every_reader_has_a_specimen() -> None:
    have = {c.parent.name for c in CASES}
    assert set(readers()) == have


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_surfaces(case: Path) -> None:
    source = input_of(case)
    artifact = Artifact(Place((source.relative_to(case).as_posix(),)), source.read_bytes())
    reader = readers()[case.parent.name]
    assert reader.knows(artifact)
    assert pick(artifact)[0].name == reader.name, "another reader ranks above the specimen's own"
    got = "\n".join(shown(reader, artifact)) + "\n"
    golden = case / "surfaces.txt"
    if os.environ.get("UNTAG_BLESS"):
        golden.write_text(got, encoding="utf-8")
    assert got == golden.read_text(encoding="utf-8")
