"""Binary workbooks and data sets of SAS: what claims to be huge is bounded, and no library says a word of a row."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from pathlib import Path

import pytest

from hostile import adds_up, changes, cuts, shown
from untag.gap import Gap, Reason
from untag.scan import Options, scan
from untag.surface import Surface

SPECIMENS = Path(__file__).parent.parent / "specimens" / "readers"
BOOK = SPECIMENS / "xlsb" / "faces" / "input.xlsb"
SET = SPECIMENS / "sas" / "dataset" / "input.sas7bdat"


def reasons(name: str, data: bytes) -> set[Reason]:
    return {i.reason for i in shown(name, data) if isinstance(i, Gap)}


def workbook(**parts: bytes) -> bytes:
    """The specimen's workbook with some parts in place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(BOOK) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(Path(name).stem, old.read(name)))
    return out.getvalue()


def patched(at: int, value: int) -> bytes:
    data = bytearray(SET.read_bytes())
    struct.pack_into("<I", data, at, value)
    return bytes(data)


def test_a_record_that_is_longer_than_may_be_is_a_limit() -> None:
    data = workbook(sheet1=b"\x00\xff\xff\xff\x7f" + bytes(100 << 20))
    assert reasons("a.xlsb", data) == {Reason.LIMIT}


def test_cells_far_to_the_right_are_no_million_cells() -> None:
    row = b"\x00\x19" + bytes(25)
    cells = b"".join(b"\x02\x0c" + struct.pack("<III", at, 0, 6) for at in (0, 0xFFFFFF, 0xFFFFFFFF, 1))
    shown("a.xlsb", workbook(sheet1=(row + cells) * 1000))
    assert not reasons("a.xlsb", workbook(sheet1=(row + cells) * 1000))


def test_more_cells_than_are_looked_at_are_a_limit() -> None:
    row = b"\x00\x19" + bytes(25)
    cells = b"".join(b"\x02\x0c" + struct.pack("<III", at, 0, 6) for at in range(500))
    assert reasons("a.xlsb", workbook(sheet1=(row + cells) * 900)) == {Reason.LIMIT}


@pytest.mark.parametrize("value", [0, 3, 1 << 24, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("at", [196, 200, 204, 1024 + 24, 1024 + 28])
def test_sizes_that_make_no_sense(at: int, value: int) -> None:
    """Of the header, of pages, how many pages there are, and where the first description stands."""
    shown("a.sas7bdat", patched(at, value))


def test_descriptions_without_end_are_counted() -> None:
    """Thousands of descriptions of names that are all the same bytes."""
    data = bytearray(SET.read_bytes())
    size = 1 << 20
    page = bytearray(size)
    many = 60_000
    struct.pack_into("<HHH", page, 16, 0, many, many)
    page[size - 200_000 :] = b"\xff" * 200_000
    for number in range(many):
        struct.pack_into("<IIBB", page, 24 + 12 * number, size - 200_000, 200_000, 0, 0)
    struct.pack_into("<I", data, 200, size)
    assert reasons("a.sas7bdat", bytes(data[:1024] + page)) == {Reason.DAMAGED}


@pytest.mark.parametrize("path", [BOOK, SET], ids=["xlsb", "sas"])
def test_damage_is_no_crash_and_is_not_told_elsewhere(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = path.read_bytes()
    for part, cut in cuts(data):
        assert reasons(path.name, cut) or part < 2, part
    for changed in changes(data, path.name, 150):
        shown(path.name, changed)
    assert capfd.readouterr() == ("", "")


def test_a_catalogue_is_a_gap() -> None:
    data = SET.read_bytes()[:156] + b"CATALOG " + bytes(2000)
    (gap,) = shown("formats.sas7bcat", data)
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.UNKNOWN
    assert "catalogue" in gap.detail


@pytest.mark.parametrize(("path", "library"), [(BOOK, "pyxlsb"), (SET, "sas7bdat")], ids=["xlsb", "sas"])
def test_without_the_library_the_gap_names_it(path: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    report = scan([str(path)], Options(jobs=1, cache=False))
    assert adds_up(report.coverage)
    assert [g.reason for g in report.gaps] == [Reason.NEEDS]
    assert "untag[datasets]" in report.gaps[0].detail


def test_records_without_end_in_a_few_bytes_are_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("untag.readers.xlsb._PIECES", 50_000)
    out = io.BytesIO(BOOK.read_bytes())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as book:
        for number in range(7, 20):
            book.writestr(f"xl/worksheets/sheet{number}.bin", b"\x7f\0" * 20_000)
    gaps = [i for i in shown("a.xlsb", out.getvalue()) if isinstance(i, Gap)]
    assert {g.reason for g in gaps} == {Reason.LIMIT}
    assert len(gaps) < 5  # the sheet in which it was reached, all behind it, and remarks


def test_what_stands_beside_the_sheets_is_read() -> None:
    out = io.BytesIO(BOOK.read_bytes())
    with zipfile.ZipFile(out, "a") as book:
        book.writestr("docProps/core.xml", "<title>ethnicity of faces</title>")
    items = shown("a.xlsb", out.getvalue())
    assert not any(isinstance(i, Gap) for i in items)
    assert [i.place.chain[-1] for i in items if not isinstance(i, (Surface, Gap)) and hasattr(i, "place")]


def test_no_other_reader_shows_its_rows(tmp_path: Path) -> None:
    for data in (BOOK.read_bytes(), BOOK.read_bytes()[:-40]):
        (tmp_path / "a.xlsb").write_bytes(data)
        report = scan([str(tmp_path)], Options(jobs=1, cache=False))
        assert set(report.coverage.read) <= {"xlsb"}
        assert "Quackenfirth" not in repr(report)


@pytest.mark.parametrize(
    "part", ["xl/workbook.bin", "xl/workbook.xml", "docs/xl/workbook.bin.md", "docs/xl/workbook.xml"]
)
def test_what_is_called_like_a_workbook_hides_no_other_member(tmp_path: Path, part: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        book.writestr(part, "")
        book.writestr("src/face.py", "class Face:\n    age: int\n    gender: str\n    ethnicity: str\n")
    report = scan([str(tmp_path)], Options(jobs=1, cache=False))
    assert [f.place.chain[-1] for f in report.findings] == ["src/face.py"]
    assert "unzip -p" in report.findings[0].check[0]
