"""Documents of old and of mail: hostile ones end, what is written in a letter is never shown, what is cut is a gap."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hostile import changes, cuts, input_of, scanned, shown
from untag.artifact import Artifact
from untag.gap import Gap, Opaque, Reason
from untag.surface import Surface

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
CASES = sorted(p for name in ("mail", "ole", "rtf") for p in (ROOT / name).iterdir() if not p.name.endswith("-clean"))
MESSAGE = (ROOT / "mail" / "message" / "input.eml").read_bytes()


def texts(name: str, data: bytes) -> list[str]:
    return [s.text for s in shown(name, data) if isinstance(s, Surface)]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_what_is_cut_or_changed_is_read_to_an_end(case: Path) -> None:
    path = input_of(case)
    data = path.read_bytes()
    silent = [part for part, cut in cuts(data) if not any(isinstance(i, (Gap, Opaque)) for i in shown(path.name, cut))]
    assert not silent or case.parent.name == "mail"  # a letter that breaks off within its head is none
    for changed in changes(data, case.name, 100):
        shown(path.name, changed)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}-{c.name}")
def test_a_cut_document_is_accounted_for(case: Path, tmp_path: Path) -> None:
    path = input_of(case)
    data = path.read_bytes()
    for part in (3, 8, 13):
        scanned(tmp_path / path.name, data[: len(data) * part // 16])


def test_what_is_written_in_a_letter_is_never_shown(tmp_path: Path) -> None:
    for case in CASES:
        if case.parent.name in {"mail", "ole"} and case.name != "page":  # a page is no letter
            path = input_of(case)
            data = path.read_bytes()
            planted = b" Zebulon Quackenfirth, a Uyghur, his face is attached "
            for some in (data, data[: len(data) * 3 // 4], data[: len(data) // 2] + planted + data[len(data) // 2 :]):
                said = repr(scanned(tmp_path / path.name, some))
                assert "Quackenfirth" not in said
                assert "is attached" not in said


def test_a_patch_is_code_and_no_letter(tmp_path: Path) -> None:
    head = b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: Nobody <n@example.org>\n"
    head += b"Date: Wed, 1 Jan 2020 00:00:00 +0000\nSubject: [PATCH] Face attributes\n\n---\n"
    body = b"diff --git a/face.h b/face.h\n--- a/face.h\n+++ b/face.h\n@@ -1 +1 @@\n+int faceAttr_isUyghur;\n"
    assert scanned(tmp_path / "a.patch", head + body).coverage.by_design == {}
    assert scanned(tmp_path / "b.patch", head.partition(b"\n")[2] + body).findings


def test_letters_within_letters_end() -> None:
    part = b"Content-Type: multipart/mixed; boundary=a%d\n\n--a%d\n"
    data = MESSAGE.partition(b"Content-Type")[0] + b"".join(part % (n, n) for n in range(20_000))
    assert {i.reason for i in shown("a.eml", data) if isinstance(i, Gap)} <= {Reason.DAMAGED}


def test_a_name_of_an_attachment_leads_nowhere() -> None:
    data = MESSAGE.replace(b'filename="sdk.zip"', b'filename="../../etc/passwd"')
    places = [i.place.chain[-1] for i in shown("a.eml", data) if isinstance(i, Artifact)]
    assert ".. .. etc passwd" in places


@pytest.mark.parametrize(
    ("data", "reasons"),
    [
        (b"{\\rtf1" + b"{" * 100_000, {Reason.DAMAGED}),
        (b"{\\rtf1 race", {Reason.DAMAGED}),
        (b"{\\rtf1\\bin999999999 race}", {Reason.DAMAGED}),
        (b"{\\rtf1\\uc9\\u-1\\u99999999\\'zz\\f999999\\ansicpg77777\\'ff}", set()),
        (b"{\\rtf1{\\object{\\*\\objdata 0105}}}", {Reason.UNKNOWN}),
        (b"{\\rtf1" + b"a\\cell" * 50_000 + b"\\row}", set()),
    ],
)
def test_rich_text_that_lies(data: bytes, reasons: set[Reason]) -> None:
    assert {i.reason for i in shown("a.rtf", data) if isinstance(i, Gap)} == reasons


def test_letters_of_rich_text_by_font_number_and_page() -> None:
    fonts = b"{\\fonttbl{\\f0\\fcharset204 A;}{\\f1\\fcharset128 B;}}"
    data = (
        b"{\\rtf1\\ansi\\ansicpg936"
        + fonts
        + b"\\'c3\\'f1\\'d7\\'e5\\f0 \\'f3\\'e9\\f1 \\'96\\'af\\u-10180?\\u-8708?\\par}"
    )
    assert texts("a.rtf", data) == ["\u6c11\u65cf\u0443\u0439\u6c11\U0001f1fc"]


def test_streams_that_share_their_sectors_end() -> None:
    data = bytearray((ROOT / "ole" / "message" / "input.msg").read_bytes())
    at = data.index("__substg1.0_37010102".encode("utf-16-le"))
    struct.pack_into("<I", data, at + 120, 0x7FFFFFFF)
    gaps = [i for i in shown("a.msg", bytes(data)) if isinstance(i, Gap)]
    assert {g.reason for g in gaps} == {Reason.DAMAGED}
    for place in range(512, 1024, 4):  # sectors that follow each other in a circle
        circle = bytearray((ROOT / "ole" / "document" / "input.doc").read_bytes())
        struct.pack_into("<I", circle, place, 1)
        shown("a.doc", bytes(circle))


def test_an_old_document_that_is_encrypted_or_of_another_kind_is_a_gap(tmp_path: Path) -> None:
    data = bytearray((ROOT / "ole" / "document" / "input.doc").read_bytes())
    at = data.index(b"\xec\xa5\xc1\0")
    data[at + 11] |= 1
    assert [g.reason for g in scanned(tmp_path / "a.doc", bytes(data)).gaps] == [Reason.ENCRYPTED]
    other = bytes(data).replace("WordDocument".encode("utf-16-le"), "SomeOtherOne".encode("utf-16-le"))
    assert [(g.reason, g.size) for g in scanned(tmp_path / "a.doc", other).gaps] == [(Reason.UNKNOWN, len(other))]
