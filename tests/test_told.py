"""Damage that a reader meets while it tells whether it knows some bytes is a gap, and hides nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from untag.gap import Reason
from untag.scan import Options, scan

SPECIMENS = Path(__file__).parent / "specimens/readers"
PACKED = sorted(p for p in SPECIMENS.glob("*/*/*") if p.suffix in {".zst", ".lz4", ".gz", ".bz2", ".xz", ".tgz"})


@pytest.mark.parametrize("path", PACKED, ids=lambda p: f"{p.parent.name}-{p.name}")
@pytest.mark.parametrize("at", [6, 9, 20, 60])
def test_a_changed_byte_of_what_is_compressed(tmp_path: Path, path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    at = min(at, len(data) - 1)
    data[at] ^= 0x55
    (tmp_path / path.name).write_bytes(data)
    (tmp_path / "face.h").write_text("struct FaceAttr { int age; int ethnicity; };\n", encoding="utf-8")
    report = scan([str(tmp_path)], Options(cache=False, strict=True))
    assert any(f.place.chain == ("face.h",) for f in report.findings)
    assert Reason.CRASH not in {gap.reason for gap in report.gaps}
