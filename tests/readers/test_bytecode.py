"""Bytecode of Android, Python and WebAssembly: hostile files are bounded, and what containers hold is reached."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from hostile import artifact_of, changes, cuts, scanned, shown
from untag.gap import Gap, Limits, Reason
from untag.readers import readers
from untag.scan import Options, scan
from untag.surface import Role, Surface

ROOT = Path(__file__).parent.parent / "specimens" / "readers"
DEX = (ROOT / "dex" / "classes" / "classes.dex").read_bytes()


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
    report = scanned(tmp_path / "classes.dex", DEX[: len(DEX) * 15 // 16])
    assert Reason.DAMAGED in {g.reason for g in report.gaps}
    report = scanned(tmp_path / "classes.dex", DEX + b"UYGHUR face" * 9)
    assert [g.size for g in report.gaps] == [99]


#: Header of a module of Python 3.11, before its code.
PYC = bytes.fromhex("a70d0d0a00000000000000000000000000")[:16]


def code(consts: bytes, body: bytes = b"") -> bytes:
    """A module of Python 3.11 with some constants and instructions."""
    empty = b")\0"
    raw = b"s" + struct.pack("<I", len(body)) + body
    return PYC + b"c" + bytes(20) + raw + consts + empty * 2 + b"s\0\0\0\0" + b"z\1a" * 3 + bytes(4) + b"s\0\0\0\0" * 2


def test_every_release_of_python_tells_the_same() -> None:
    rows = {}
    for case in sorted(p for p in (ROOT / "pyc").iterdir() if not p.name.endswith("-clean")):
        found = (s for s in shown("a.pyc", (case / "face_attr.pyc").read_bytes()) if isinstance(s, Surface))
        rows[case.name] = {(s.role, s.owner, s.text, s.value) for s in found if s.role not in {Role.CALL, Role.STRING}}
    assert len(rows) >= 5
    assert {(Role.CONDITION, "FaceAttr.alarm", "face.ethnicity == 'uyghur'", "")} <= rows["python27"]
    assert rows["python36"] == rows["python310"] == rows["python311"] == rows["python313"]


@pytest.mark.slow
def test_tuples_that_hold_one_another_end() -> None:
    row = b"\xa9\2z\1az\1b"
    for number in range(60):
        row = b"\xa9\3" + row + b"r" + struct.pack("<I", number) + b"r" + struct.pack("<I", number)
    assert shown("a.pyc", code(row))
    assert shown("a.pyc", code(b"\xa9\1r\0\0\0\0")) == []  # it holds itself
    wide = b"\xa9\xff" + b"z\1a" * 255
    for number in range(5):
        wide = b"\xa9\xff" + wide + (b"r" + struct.pack("<I", 5 - number)) * 254
    told = shown("a.pyc", code(wide))  # each tuple is walked once, however often it is shared
    assert [s.text for s in told if isinstance(s, Surface)] == ["a"]


@pytest.mark.parametrize(
    "row", [b"(" * 100_000, b"c" * 100_000, b"(\xff\xff\xff\x7f" * 50, b"s\xff\xff\xff\x7f", b"{" * 9000]
)
def test_constants_that_nest_or_count_without_end_are_damage(row: bytes) -> None:
    assert reasons("a.pyc", code(row)) == {Reason.DAMAGED}


def test_operations_that_take_more_than_there_is_end() -> None:
    body = bytes([144, 255, 144, 255, 144, 255]) * 1000 + b"".join(bytes([n, 255]) for n in range(256)) * 50
    assert not reasons("a.pyc", code(b")\0", body))


@pytest.mark.parametrize("release", ["python27", "python313"])
def test_a_cut_module_shows_what_is_whole(release: str, tmp_path: Path) -> None:
    data = (ROOT / "pyc" / release / "face_attr.pyc").read_bytes()
    for part, cut in cuts(data):
        report = scanned(tmp_path / "face_attr.pyc", cut)
        if part >= 8:  # less than that, and the sieve finds nothing in it
            assert report.gaps
        if part == 15:
            assert "FaceAttr" in {f.owner.partition(".")[0] for f in report.findings}
    assert [g.size for g in scanned(tmp_path / "face_attr.pyc", data + b"face uyghur").gaps] == [11]


def module(*rows: tuple[int, bytes]) -> bytes:
    """A module of WebAssembly with some sections, none longer than 127 bytes."""
    return b"\0asm\1\0\0\0" + b"".join(bytes([number, len(body)]) + body for number, body in rows)


def test_names_as_they_stand_in_source_are_cut_into_what_they_lie_in() -> None:
    name = b"std::map<int, face::Box<int>> face::FaceAttr::isUyghur(std::string<char> const&) const"
    row = b"\1" + bytes([len(name) + 3]) + b"\1\0" + bytes([len(name)]) + name
    found = [s for s in shown("a.wasm", module((0, b"\4name" + row))) if isinstance(s, Surface)]
    assert [(s.role, s.owner, s.text) for s in found] == [(Role.FUNCTION, "face.FaceAttr", "isUyghur")]


@pytest.mark.parametrize(
    "data",
    [
        module((2, b"\xff\xff\xff\xff\x0f")), module((7, b"\xff\xff\xff\x7f\4race")), module((11, b"\5\0\x41")),
        module((0, b"\x7f")), module((0, b"\7linking\2\x08\xff\xff\3\0")), module((11, b"\1\1\x7fface")),
        b"\0asm\1\0\0\0\1\xff\xff\xff\xff\x0f", b"\0asm\1\0\0\0\1", b"\0asm\7\0\0\0\1\0",
    ],
)  # fmt: skip
def test_sections_that_lie_about_their_sizes_are_damage(data: bytes) -> None:
    assert reasons("a.wasm", data) == {Reason.DAMAGED}


def test_components_within_components_end(tmp_path: Path) -> None:
    data = (ROOT / "wasm" / "component" / "face.wasm").read_bytes()
    for _ in range(20):
        data = b"\0asm\x0d\0\1\0\4" + bytes([len(data) & 127 | 128, len(data) >> 7]) + data
    assert {g.reason for g in scanned(tmp_path / "a.wasm", data).gaps} == {Reason.LIMIT}
    data = b"\0asm\x0d\0\1\0\7\x0bface uyghur"
    assert [(g.reason, g.size) for g in scanned(tmp_path / "a.wasm", data).gaps] == [(Reason.UNKNOWN, 11)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [
        "dex/classes/classes.dex",
        "pyc/python27/face_attr.pyc",
        "pyc/python310/face_attr.pyc",
        "pyc/python313/face_attr.pyc",
        "wasm/object/face.o",
    ],
)
def test_changed_bytecode_is_read_to_an_end(case: str) -> None:
    data = (ROOT / case).read_bytes()
    for changed in changes(data, case, 1000):
        items = shown(Path(case).name, changed)
        assert all(s.role in Role for s in items if isinstance(s, Surface))
