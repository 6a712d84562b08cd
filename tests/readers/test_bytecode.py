"""Bytecode of Android, Python and WebAssembly: hostile files are bounded, and what containers hold is reached."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import artifact_of, changes, shown
from untag.gap import Gap, Limits, Reason
from untag.readers import readers
from untag.scan import Options, scan
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from untag.report import Report

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
DEX = (ROOT / "dex" / "classes" / "classes.dex").read_bytes()


def look(path: Path, data: bytes) -> Report:
    path.write_bytes(data)
    report = scan([str(path)], Options(jobs=1, cache=False))
    cover = report.coverage
    read = sum(row["bytes"] for row in cover.read.values())
    assert read + sum(cover.by_design.values()) + cover.gap + cover.ignored == cover.bytes
    return report


def reasons(name: str, data: bytes) -> set[Reason]:
    return {item.reason for item in shown(name, data) if isinstance(item, Gap)}


def test_a_dex_file_in_an_app_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "face.apk"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as app:
        app.writestr("AndroidManifest.xml", b"\3\0\10\0")
        app.writestr("classes2.dex", DEX)
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert {f.place.chain for f in report.shown} == {("face.apk", "classes2.dex")}
    assert {"com.acme.face.Ethnicity", "com.acme.face.FaceAttr"} <= {f.owner for f in report.shown}


def test_only_what_is_of_interest_in_a_dex_file_is_told_and_the_same_for_all() -> None:
    artifact = artifact_of("classes.dex", DEX)
    whole = [s for s in readers()["dex"].read(artifact, Limits()) if isinstance(s, Surface)]
    at = DEX.index(b"UYGHUR")
    artifact.focus = ((at, at + 6),)
    some = [s for s in readers()["dex"].read(artifact, Limits()) if isinstance(s, Surface)]
    assert {s.owner for s in some} == {"com.acme.face.Ethnicity"}
    assert some == [s for s in whole if s.owner == "com.acme.face.Ethnicity"]


def test_texts_of_a_dex_file_that_no_class_uses_are_told() -> None:
    data = bytearray(DEX)
    struct.pack_into("<I", data, 96, 0)  # no classes, as a packer leaves it
    found = {s.text for s in shown("a.dex", bytes(data)) if isinstance(s, Surface)}
    assert {"UYGHUR", "face_ethnicity", "\u7ef4\u543e\u5c14\u65cf"} <= found


@pytest.mark.parametrize(("count", "most"), [(200_000, 1), (3_000, 1)])
def test_many_texts_and_classes_that_share_their_bytes_end(count: int, most: int) -> None:
    text = b"\x20" + b"face ethnicity " * 1300 + b"\0"
    head = bytearray(b"dex\n035\0" + bytes(104))
    body = struct.pack("<I", 112 + 8 * count) * count + b"\xff\xff\xff\7" * count + text
    struct.pack_into("<4I", head, 32, len(head) + len(body), 112, 0x12345678, 0)
    struct.pack_into("<2I", head, 56, count, 112)
    struct.pack_into("<2I", head, 96, count // 8, 112 + 4 * count)
    found = reasons("a.dex", bytes(head) + body)
    assert len(found) >= most


def test_a_dex_file_without_an_end_says_so(tmp_path: Path) -> None:
    report = look(tmp_path / "classes.dex", DEX[: len(DEX) * 15 // 16])
    assert Reason.DAMAGED in {g.reason for g in report.gaps}
    report = look(tmp_path / "classes.dex", DEX + b"UYGHUR face" * 9)
    assert [g.size for g in report.gaps] == [99]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["dex/classes/classes.dex"])
def test_changed_bytecode_is_read_to_an_end(case: str) -> None:
    data = (ROOT / case).read_bytes()
    for changed in changes(data, case, 3000):
        items = shown(Path(case).name, changed)
        assert all(s.role in Role for s in items if isinstance(s, Surface))
