"""Hostile datasets: what claims to be endless, huge or nested without end is bounded, and is a gap."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from untag.artifact import WHOLE, Artifact
from untag.gap import Damaged, Gap, Limits, Opaque, Reason
from untag.place import Place
from untag.readers import readers
from untag.readers._inflate import inflate
from untag.scan import Options, scan
from untag.surface import Role, Surface
from untag.syntax import thrift

if TYPE_CHECKING:
    from pathlib import Path


def shown(name: str, file: str, data: bytes) -> list[Surface | Artifact | Gap | Opaque]:
    artifact = Artifact(Place((file,)), data)
    artifact.nest.left = 1 << 30
    assert readers()[name].knows(artifact)
    return list(readers()[name].read(artifact, Limits()))


def reasons(items: list[Surface | Artifact | Gap | Opaque]) -> set[Reason]:
    return {i.reason for i in items if isinstance(i, Gap)}


def long(value: int) -> bytes:
    """A number of Avro."""
    value, out = value << 1 ^ (-1 if value < 0 else 0), bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def avro(schema: object, block: bytes, count: int, codec: str = "null") -> bytes:
    meta = {"avro.schema": json.dumps(schema).encode(), "avro.codec": codec.encode()}
    rows = b"".join(long(len(k)) + k.encode() + long(len(v)) + v for k, v in meta.items())
    return b"Obj\1" + long(len(meta)) + rows + long(0) + bytes(16) + long(count) + long(len(block)) + block + bytes(16)


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"type": "record", "name": "A", "fields": [{"name": "race", "type": "A"}]}
    assert reasons(shown("avro", "a.avro", avro(schema, b"", 1))) == {Reason.DAMAGED}


def test_an_array_of_nothing_without_end_ends() -> None:
    schema = {"type": "record", "name": "A", "fields": [{"name": "x", "type": {"type": "array", "items": "null"}}]}
    shown("avro", "a.avro", avro(schema, long(1 << 60) + long(0), 1 << 60))


def test_a_block_that_expands_without_end_is_cut() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    assert reasons(shown("avro", "a.avro", avro("string", block, 10, "deflate"))) == {Reason.DAMAGED}


@pytest.mark.parametrize(
    "codec", ["gzip", "zlib", "deflate", "bzip2", "xz", "snappy", "lz4", "lz4_raw", "zstd", "brotli"]
)
def test_no_decoder_gives_more_than_asked_for(codec: str) -> None:
    with pytest.raises(Damaged):
        inflate(codec, b"\xff\xff\xff\xff\x0f" + bytes(100), 1 << 62)
    with pytest.raises(Damaged):
        inflate(codec, b"\xff" * 40, 100)


def test_a_page_of_snappy_that_lies_about_its_size() -> None:
    lie = b"\x80\x80\x80\x80\x04" + b"\xfe\0\0" * 10
    with pytest.raises(Damaged):
        inflate("snappy", lie, 100)


@pytest.mark.parametrize(
    "data", [b"\x1c" * 100_000, b"\x19\xff\xff\xff\xff\x0f", b"\x1b\xff\xff\xff\x7f\xcc", b"\x19\xfc\x01"]
)
def test_footers_that_nest_or_count_without_end(data: bytes) -> None:
    _, _, whole = thrift.read(data, {1: {1: {}}}, 0, 100_000)
    assert not whole


def test_a_footer_larger_than_the_file_is_damage() -> None:
    with pytest.raises(Damaged):
        shown("parquet", "a.parquet", b"PAR1" + bytes(40) + struct.pack("<I", 0xFFFFFF) + b"PAR1")


def workbook(sheet: bytes, strings: bytes = b"<sst/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", b"<workbook><sheets><sheet name='faces'/></sheets></workbook>")
        book.writestr("xl/sharedStrings.xml", strings)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def test_entities_of_a_workbook_are_not_expanded() -> None:
    laughs = b'<!DOCTYPE s [<!ENTITY a "Uyghur"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>'
    items = shown("sheets", "a.xlsx", workbook(b"<worksheet/>", laughs))
    assert reasons(items) == {Reason.DAMAGED}
    assert not any(isinstance(i, Surface) and "Uyghur" in i.text for i in items)


@pytest.mark.slow
def test_a_sheet_that_expands_without_end_is_cut() -> None:
    row = b"<row r='1'><c t='str'><v>" + b"a" * 100 + b"</v></c></row>"
    items = shown("sheets", "a.xlsx", workbook(b"<worksheet><sheetData>" + row * 700_000 + b"</sheetData></worksheet>"))
    assert reasons(items) == {Reason.LIMIT}


def test_a_cell_that_is_repeated_a_million_times() -> None:
    cell = "<t:table-cell o:value-type='string' t:number-columns-repeated='1000000'><p>race</p></t:table-cell>"
    row = f"<t:table-row>{cell * 3}</t:table-row>"
    names = "xmlns:t='urn:t' xmlns:o='urn:o'"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", f"<d {names}><t:table t:name='faces'>{row * 2000}</t:table></d>")
    shown("sheets", "a.ods", out.getvalue())


def test_nested_types_of_an_array_end() -> None:
    head = ("{'descr': " + "[('a', " * 60 + "'<f8'" + ")]" * 60 + ", 'fortran_order': False, 'shape': (3,)}").encode()
    with pytest.raises(Damaged):
        shown("numpy", "a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head)
    head = b"(" * 60_000
    with pytest.raises(Damaged):
        shown("numpy", "a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head)


def test_documents_within_documents_end() -> None:
    body = b"\x10a\0\1\0\0\0"
    for _ in range(60):
        body = b"\3a\0" + struct.pack("<i", len(body) + 5) + body + b"\0"
    items = shown("bson", "a.bson", struct.pack("<i", len(body) + 5) + body + b"\0")
    assert reasons(items) == {Reason.DAMAGED}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head", "row"),
    [
        ("faces.csv", "subject,face_score,race\n", "Nobody Nr{n},0.5,{race}\n"),
        ("faces.jsonl", "", '{{"subject": "Nobody Nr{n}", "face_score": 0.5, "race": "{race}"}}\n'),
        ("faces.log", "", "face of Zebulon Quackenfirth, a Uyghur, seen, race {race}, {n}\n"),
    ],
)
def test_texts_too_large_to_hold_show_no_row(tmp_path: Path, name: str, head: str, row: str) -> None:
    rows = "".join(row.format(n=n, race=("Asian", "Black", "White")[n % 3]) for n in range(10_000))
    # A line of a log is told by its words, each of them dear: between the first and the last stand lines without any.
    more = "".join(f"nothing was seen there, {n}\n" for n in range(50_000)) if name.endswith(".log") else rows
    planted = row.format(n="Zebulon Quackenfirth", race="Uyghur")
    with (tmp_path / name).open("w", encoding="utf-8") as file:
        file.write(head + planted + rows)
        while file.tell() <= WHOLE:
            file.write(more)
        file.write(rows + planted)
    report = scan([str(tmp_path / name)], Options(jobs=1, cache=False, strict=True))
    assert report.findings
    said = repr(report)
    assert "Quackenfirth" not in said
    assert "Nobody" not in said
    if not name.endswith(".log"):
        assert any(m.text == "race" and m.role in {Role.COLUMN, Role.KEY} for f in report.findings for m in f.marks)
