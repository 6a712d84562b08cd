"""Containers are written anew around what was taken out of their members, or stay as they are, with the reason."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from untag import strip
from untag.finding import Severity
from untag.scan import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

FACE = b'{\n  "face": {\n    "age": 30,\n    "ethnicity": "asian",\n    "gender": "male"\n  }\n}\n'
#: Nothing is left of a table of which every column is the tag.
LABELS = b"face_ethnicity\nasian\nblack\nindian\nwhite\n"
OPTIONS = Options(jobs=1, cache=False)


def zipped(rows: Sequence[tuple[str, bytes]], *, wide: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in rows:
            info = zipfile.ZipInfo(name, (2020, 12, 8, 10, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with made.open(info, "w", force_zip64=wide) as file:
                file.write(data)
    return out.getvalue()


def tarred(*rows: tuple[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, data in rows:
            info = tarfile.TarInfo(name)
            if isinstance(data, str):
                info.type, info.linkname = tarfile.LNKTYPE, data
                made.addfile(info)
            else:
                info.size = len(data)
                made.addfile(info, io.BytesIO(data))
    return out.getvalue()


def arred(*rows: tuple[str, bytes]) -> bytes:
    out = b"!<arch>\n"
    for name, data in rows:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) & 1)
    return out


#: The first block of BGZF says its length in an extra field.
BGZF = gzip.compress(FACE, mtime=0)
BGZF = BGZF[:3] + b"\4" + BGZF[4:10] + b"\6\0BC\2\0\x99\0" + BGZF[10:]
TWICE = zipped([("face.json", FACE), ("FACE.json", FACE)]).replace(b"FACE.json", b"face.json")


def stripped(data: bytes, name: str, folder: Path) -> tuple[strip.Outcome, bytes]:
    source = folder / name
    source.write_bytes(data)
    made = folder / "made"
    made.mkdir()
    outcome = strip.removed(str(source), str(made), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))
    assert source.read_bytes() == data
    assert outcome.copy is not None
    return outcome, Path(outcome.copy.root).read_bytes()


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("twice.zip", TWICE, "called alike"),
        ("wide.zip", zipped([("face.json", FACE)], wide=True)[:-18], "damaged"),
        ("link.tar", tarred(("face.json", FACE), ("again.json", "face.json")), "hard link"),
        ("lib.a", arred(("/", b"\0\0\0\0"), ("face.json/", FACE)), "table of symbols"),
        ("blocks.json.gz", BGZF, "extra field"),
        ("cut.zip", zipped([("face.json", FACE)])[:-30], "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_what_cannot_be_written_stays(name: str, data: bytes, why: str, tmp_path: Path) -> None:
    outcome, left = stripped(data, name, tmp_path)
    assert left == data
    assert {row.verdict for row in outcome.rows} == {"kept"}
    assert all(why in row.reason for row in outcome.rows), outcome.rows[0].reason


def test_members_of_which_nothing_is_left_go(tmp_path: Path) -> None:
    data = zipped([("a.txt", b"first\n"), ("face_labels.csv", LABELS), ("face.json", FACE)])
    outcome, left = stripped(data, "product.zip", tmp_path)
    with zipfile.ZipFile(io.BytesIO(left)) as made:
        assert made.testzip() is None
        assert made.namelist() == ["a.txt", "face.json"]
        assert b"ethnicity" not in made.read("face.json")
    assert {row.verdict for row in outcome.rows} == {"removed"}


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "product.zip"
    source.write_bytes(zipped([("inner.zip", zipped([("face.json", FACE)]))]))
    outcome = strip.planned(str(source), OPTIONS, strip.Wish(Severity.LOW))
    assert [row.verdict for row in outcome.rows] == ["removed"]
    assert [p.name for p in tmp_path.iterdir()] == ["product.zip"]


class Pipe(io.RawIOBase):
    """What cannot be sought in: sizes of members follow them."""

    def __init__(self) -> None:
        self.held = io.BytesIO()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        return self.held.write(data)


def widened(data: bytes) -> bytes:
    """The same archive with all of its directory in records of zip64, as that of one beyond 4 GB."""
    end = data.rindex(b"PK\5\6")
    count, size, offset = struct.unpack_from("<HII", data, end + 10)
    directory, rows, at = data[offset : offset + size], b"", 0
    while at < len(directory):
        names, extras, notes = struct.unpack_from("<HHH", directory, at + 28)
        row = bytearray(directory[at : at + 46 + names + extras + notes])
        at += len(row)
        packed, plain = struct.unpack_from("<II", row, 20)
        (start,) = struct.unpack_from("<I", row, 42)
        struct.pack_into("<II", row, 20, 0xFFFFFFFF, 0xFFFFFFFF)
        struct.pack_into("<I", row, 42, 0xFFFFFFFF)
        struct.pack_into("<H", row, 30, extras + 28)
        rows += bytes(row[: 46 + names]) + struct.pack("<HHQQQ", 1, 24, plain, packed, start) + bytes(row[46 + names :])
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(rows), offset)
    spot = struct.pack("<4sIQI", b"PK\6\7", 0, offset + len(rows), 1)
    last = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 4) + b"note"
    return data[:offset] + rows + record + spot + last


def streamed(rows: Sequence[tuple[str, bytes]]) -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in rows:
            with made.open(zipfile.ZipInfo(name, (2020, 12, 8, 10, 0, 0)), "w", force_zip64=True) as file:
                file.write(data)
    return pipe.held.getvalue()


ROWS = [("a.txt", b"first\n"), ("face_labels.csv", LABELS), ("face.json", FACE), ("z.txt", b"last\n" * 50)]


@pytest.mark.parametrize(
    "data",
    [
        zipped(ROWS, wide=True), widened(zipped(ROWS)), widened(zipped(ROWS, wide=True)), streamed(ROWS),
        widened(streamed(ROWS)), b"#!stub\n" + widened(zipped(ROWS)),
    ],
    ids=["members", "directory", "both", "streamed", "streamed-directory", "stub"],
)  # fmt: skip
def test_members_of_zip64_are_written_in_place(data: bytes, tmp_path: Path) -> None:
    outcome, left = stripped(data, "product.zip", tmp_path)
    assert {row.verdict for row in outcome.rows} == {"removed"}, [row.reason for row in outcome.rows]
    with zipfile.ZipFile(io.BytesIO(left)) as made:
        assert made.testzip() is None
        assert made.namelist() == ["a.txt", "face.json", "z.txt"]
        assert b"ethnicity" not in made.read("face.json")
        assert made.read("z.txt") == ROWS[3][1]
        assert made.comment == (b"note" if data.endswith(b"note") else b"")
    if data.endswith(b"note"):
        # Another program than Python's goes by where the record lies.
        at = left.rindex(b"PK\6\7")
        shift = 7 if data.startswith(b"#!") else 0
        (spot,) = struct.unpack_from("<Q", left, at + 8)
        assert left[spot + shift : spot + shift + 4] == b"PK\6\6"
        counts = struct.unpack_from("<QQQQ", left, spot + shift + 24)
        assert counts[:2] == (3, 3)
        assert left[counts[3] + shift :][:4] == b"PK\1\2"
