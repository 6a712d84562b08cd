"""Encrypted 7z archives: gaps without a password, read with the right one, and bounded whatever they say."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import py7zr
import pytest

from hostile import adds_up
from untag.gap import Limits, Reason
from untag.scan import Options, scan

if TYPE_CHECKING:
    from pathlib import Path

    from untag.report import Report

FACE = b"enum FaceEthnicity { FACE_UYGHUR = 1, FACE_OTHER = 2 };\n"
CLEAN = b"enum FaceMood { FACE_CALM = 1, FACE_OTHER = 2 };\n"
WORD = "gehe\u00efm-4711"


def packed(rows: dict[str, bytes], *, hidden: bool = False, password: str | None = WORD) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, header_encryption=hidden) as archive:
        for name, data in rows.items():
            archive.writestr(data, name)
    return out.getvalue()


def look(path: Path, *passwords: str, **options: object) -> Report:
    words = tuple(w.encode() for w in passwords)
    report = scan([str(path)], Options(jobs=1, cache=False, passwords=words, **options))  # type: ignore[arg-type]
    assert adds_up(report.coverage)
    return report


@pytest.mark.parametrize("hidden", [False, True], ids=["names", "hidden"])
def test_a_7z_opens_with_its_password_and_is_a_gap_without(hidden: bool, tmp_path: Path) -> None:
    path = tmp_path / "sdk.7z"
    path.write_bytes(packed({"inc/face.h": FACE, "inc/empty.txt": b"", "a.bin": bytes(100_000)}, hidden=hidden))
    for words in ((), ("wrong",)):
        locked = look(path, *words)
        assert [(g.reason, g.place.chain) for g in locked.gaps] == [(Reason.ENCRYPTED, ("sdk.7z",))]
        assert not locked.findings
        assert WORD not in repr(locked)
    opened = look(path, "wrong", WORD)
    assert {f.place.chain for f in opened.shown} == {("sdk.7z", "inc/face.h")}
    assert {g.reason for g in opened.gaps} <= {Reason.UNKNOWN}  # the bytes without a format
    assert "7z x -so" in opened.shown[0].check[0]
    assert "bsdtar" not in opened.shown[0].check[0]
    assert WORD not in repr(opened)


def test_the_twin_without_the_tag_is_clean(tmp_path: Path) -> None:
    path = tmp_path / "sdk.7z"
    path.write_bytes(packed({"inc/face.h": CLEAN}))
    report = look(path, WORD)
    assert not report.findings
    assert not report.gaps


def test_damage_hides_no_member_before_it_and_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "sdk.7z"
    whole = packed({"face.h": FACE, **{f"{n}.txt": f"{n}\n".encode() * 5000 for n in range(50)}})
    for part in range(1, 16):
        path.write_bytes(whole[: len(whole) * part // 16])
        assert look(path, WORD).gaps
    broken = bytearray(whole)
    broken[len(whole) // 3] ^= 0xFF
    path.write_bytes(broken)
    assert look(path, WORD).gaps


def test_what_expands_too_far_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "bomb.7z"
    path.write_bytes(packed({"face.h": FACE, "zeros.txt": b"a" * (8 << 20)}))
    report = look(path, WORD, limits=Limits(free=1 << 20, ratio=20))
    assert {f.place.chain for f in report.shown} == {("bomb.7z", "face.h")}
    assert [g.reason for g in report.gaps] == [Reason.LIMIT]


def test_a_key_that_takes_hours_to_make_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "slow.7z"
    data = packed({"face.h": FACE})
    at = data.rindex(b"\x06\xf1\x07\x01\x12") + 5  # the properties of the decrypter begin with the number of rounds
    assert data[at] & 0x3F == 19
    for rounds in (30, 62):
        path.write_bytes(data[:at] + bytes([data[at] & 0xC0 | rounds]) + data[at + 1 :])
        assert [g.reason for g in look(path, WORD).gaps if g.place.chain == ("slow.7z",)]


def test_without_the_library_the_gap_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sdk.7z"
    path.write_bytes(packed({"face.h": FACE}))
    monkeypatch.setitem(sys.modules, "py7zr", None)
    (gap,) = look(path, WORD).gaps
    assert gap.reason is Reason.NEEDS
    assert "untag[passwords]" in gap.detail
