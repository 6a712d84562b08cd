#!/usr/bin/env python3
"""Write the small specimens of datasets and databases, each with the format's own library.

usage: python tools/datasets.py [NAME...]

Needs pyarrow, fastavro, duckdb, openpyxl, odfpy, xlwt, pyreadstat, pandas, numpy, scipy and netCDF4, which untag
itself does not. Each goes to ``tests/specimens/readers/READER/CASE/input.EXT``: one with a made-up column of races, and
a twin, ``CASE-clean``, without it. All rows are made up; every one holds a name that must never be shown.
"""

from __future__ import annotations

import io
import os
import sqlite3
import struct
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from specimens import write

if TYPE_CHECKING:
    from collections.abc import Callable

RACES = ("Asian", "Black", "Indian", "White")
GENDERS = ("female", "male")
#: Nobody's name: it stands once in every specimen, and a test looks for it in everything that untag writes.
PERSON = "Zebulon Quackenfirth"
ROWS = 60
MAKERS: dict[str, tuple[str, Callable[[bool], bytes]]] = {}


def maker(case: str, suffix: str) -> Callable[[Callable[[bool], bytes]], Callable[[bool], bytes]]:
    """Note what makes a specimen; it is told whether the tag is in it."""

    def note(make: Callable[[bool], bytes]) -> Callable[[bool], bytes]:
        MAKERS[case] = (suffix, make)
        return make

    return note


def table(tagged: bool) -> dict[str, list[Any]]:
    """Rows of a made-up face dataset."""
    rows: dict[str, list[Any]] = {
        "subject": [PERSON if n == 7 else f"Nobody Nr{n}" for n in range(ROWS)],
        "image": [f"{n:04}.jpg" for n in range(ROWS)],
        "age": [20 + n % 30 for n in range(ROWS)],
        "gender": [GENDERS[n % 2] for n in range(ROWS)],
        "face_score": [n / ROWS for n in range(ROWS)],
    }
    if tagged:
        rows["race"] = [RACES[n % 4] for n in range(ROWS)]
    return rows


def temporary(write: Callable[[str], object], suffix: str) -> bytes:
    """What a library writes to a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "input" + suffix)  # noqa: PTH118
        write(path)
        return Path(path).read_bytes()


def parquet(tagged: bool, **options: Any) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pa.table(table(tagged))
    if tagged:
        at = rows.schema.get_field_index("race")
        field = rows.schema.field(at).with_metadata({"comment": "self-reported ethnicity of the face"})
        rows = rows.set_column(at, field, rows.column(at))
    rows = rows.replace_schema_metadata({"made": "up"})
    out = io.BytesIO()
    pq.write_table(rows, out, **options)
    return out.getvalue()


@maker("parquet/snappy", ".parquet")
def parquet_snappy(tagged: bool) -> bytes:
    return parquet(tagged)


@maker("parquet/plain", ".parquet")
def parquet_plain(tagged: bool) -> bytes:
    return parquet(tagged, compression="NONE", use_dictionary=False, data_page_version="2.0", store_schema=False)


@maker("parquet/groups", ".parquet")
def parquet_groups(tagged: bool) -> bytes:
    return parquet(tagged, compression="gzip", row_group_size=25)


@maker("parquet/huggingface", ".parquet")
def parquet_huggingface(tagged: bool) -> bytes:
    import json

    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(RACES) if tagged else ["blurred", "sharp"]
    label = "race" if tagged else "quality"
    rows = pa.table({"face": list(range(ROWS)), label: [n % len(names) for n in range(ROWS)]})
    features = {"face": {"dtype": "int64", "_type": "Value"}, label: {"names": names, "_type": "ClassLabel"}}
    rows = rows.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    pq.write_table(rows, out, compression="NONE")
    return out.getvalue()


def nested() -> Any:
    """A frame of pandas, with columns in lists, structs and maps."""
    import pandas as pd
    import pyarrow as pa

    rows = {name: values[:12] for name, values in table(tagged=True).items()}
    frame = pd.DataFrame(rows, index=pd.Index(range(12), name="face_id"))
    made = pa.Table.from_pandas(frame)
    faces = [[{"age": n, "race": RACES[n % 4]}, {"age": 30, "race": "Asian"}] for n in range(12)]
    made = made.append_column("faces", pa.array(faces))
    made = made.append_column("told", pa.array([{"race": "White"}] * 12))
    pairs = pa.map_(pa.string(), pa.int64())
    return made.append_column("scores", pa.array([[("sharp", n)] for n in range(12)], type=pairs))


@maker("../rewriters/parquet/nested", ".parquet")
def parquet_nested(_tagged: bool) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    order = [pq.SortingColumn(n) for n in (1, 5, 2)]
    pq.write_table(nested(), out, compression="zstd", row_group_size=8, write_page_index=True, sorting_columns=order,
                   bloom_filter_options={"age": {"ndv": 8}, "race": {"ndv": 4}})  # fmt: skip
    return out.getvalue()


def arrow_nested(*, stream: bool, **options: Any) -> bytes:
    import pyarrow as pa

    rows = nested()
    race = rows.column("race").dictionary_encode()
    rows = rows.set_column(rows.schema.get_field_index("race"), "race", race)
    rows = rows.append_column("sort", rows.column("gender").dictionary_encode())
    rows = rows.append_column("seen", rows.column("image").cast(pa.string_view()))
    kinds = pa.array([0, 1] * 6, type=pa.int8())
    either = pa.UnionArray.from_sparse(kinds, [pa.array(range(12)), pa.array(["z"] * 12)])
    rows = rows.append_column("either", either)
    out = io.BytesIO()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(out, rows.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(rows, max_chunksize=7)
    return out.getvalue()


@maker("../rewriters/arrow/file", ".arrow")
def arrow_file(_tagged: bool) -> bytes:
    return arrow_nested(stream=False)


@maker("../rewriters/arrow/lz4", ".arrows")
def arrow_lz4(_tagged: bool) -> bytes:
    return arrow_nested(stream=True, compression="lz4")


@maker("arrow/feather", ".feather")
def arrow_feather(tagged: bool) -> bytes:
    import pyarrow as pa
    from pyarrow import feather

    rows = pa.table(table(tagged))
    out = io.BytesIO()
    feather.write_feather(rows, out, compression="lz4")
    return out.getvalue()


@maker("arrow/coded", ".arrow")
def arrow_coded(tagged: bool) -> bytes:
    import pyarrow as pa

    rows = pa.table(table(tagged))
    if tagged:
        at = rows.schema.get_field_index("race")
        rows = rows.set_column(at, "race", rows.column(at).dictionary_encode())
    out = io.BytesIO()
    with pa.ipc.new_file(out, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=25)
    return out.getvalue()


@maker("arrow/stream", ".arrows")
def arrow_stream(tagged: bool) -> bytes:
    import pyarrow as pa

    rows = pa.table(table(tagged))
    out = io.BytesIO()
    with pa.ipc.new_stream(out, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(rows)
    return out.getvalue()


@maker("orc/zlib", ".orc")
def orc_zlib(tagged: bool) -> bytes:
    import pyarrow as pa
    from pyarrow import orc

    out = io.BytesIO()
    orc.write_table(pa.table(table(tagged)), out, compression="zlib")
    return out.getvalue()


@maker("orc/words", ".orc")
def orc_words(tagged: bool) -> bytes:
    import pyarrow as pa
    from pyarrow import orc

    out = io.BytesIO()
    orc.write_table(pa.table(table(tagged)), out, compression="snappy", dictionary_key_size_threshold=0.9)
    return out.getvalue()


def avro(tagged: bool, codec: str) -> bytes:
    import fastavro

    rows = table(tagged)
    kinds = {"age": "int", "face_score": "double"}
    fields: list[dict[str, Any]] = [{"name": n, "type": kinds.get(n, ["null", "string"])} for n in rows]
    if tagged:
        fields[-1]["doc"] = "ethnicity of the face"
    schema = {"type": "record", "name": "Face", "fields": fields}
    out = io.BytesIO()
    records = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    fastavro.writer(out, fastavro.parse_schema(schema), records, codec=codec, sync_marker=b"0123456789abcdef")
    return out.getvalue()


@maker("avro/deflate", ".avro")
def avro_deflate(tagged: bool) -> bytes:
    return avro(tagged, "deflate")


@maker("avro/snappy", ".avro")
def avro_snappy(tagged: bool) -> bytes:
    return avro(tagged, "snappy")


@maker("sqlite/faces", ".db")
def sqlite_faces(tagged: bool) -> bytes:
    rows = table(tagged)

    def write(path: str) -> None:
        base = sqlite3.connect(path)
        base.execute("PRAGMA page_size = 1024")
        check = ", race TEXT CHECK (race IN ('Asian', 'Black', 'Indian', 'White')) -- of the face" if tagged else ""
        base.execute(
            f"CREATE TABLE faces (id INTEGER PRIMARY KEY, subject TEXT, image TEXT, age INTEGER, gender TEXT,"
            f" face_score REAL{check}\n)"
        )
        marks = ", ".join("?" * len(rows))
        base.executemany(
            f"INSERT INTO faces ({', '.join(rows)}) VALUES ({marks})",  # noqa: S608 - names are its own
            list(zip(*rows.values(), strict=True)),
        )
        base.execute("CREATE TABLE label_quality (id INTEGER PRIMARY KEY, name TEXT)")
        base.executemany("INSERT INTO label_quality VALUES (?, ?)", [(0, "blurred"), (1, "sharp")])
        if tagged:
            base.execute("CREATE TABLE race (id INTEGER PRIMARY KEY, name TEXT)")
            base.executemany("INSERT INTO race VALUES (?, ?)", list(enumerate(RACES)))
        base.execute("INSERT INTO faces (subject) VALUES (?)", (PERSON + " Uyghur",))
        base.execute("DELETE FROM faces WHERE subject = ?", (PERSON + " Uyghur",))
        base.commit()
        base.close()

    data = bytearray(temporary(write, ".db"))
    data[96:100] = struct.pack(">I", 3040001)  # the version of the library that wrote it
    return bytes(data)


@maker("../rewriters/sqlite/unsafe-named", ".db")
def sqlite_named(_tagged: bool) -> bytes:
    """A column that an index, a view and a trigger name, in a database that is written through a log."""

    def write(path: str) -> None:
        base = sqlite3.connect(path)
        base.executescript("""
            PRAGMA page_size = 512;
            CREATE TABLE faces (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT, race TEXT NOT NULL DEFAULT '?',
                age INTEGER, face_score REAL, wide TEXT GENERATED ALWAYS AS (age || '!') VIRTUAL, raw BLOB);
            CREATE INDEX by_race ON faces(race, age);
            CREATE INDEX by_age ON faces(age);
            CREATE TABLE marks (face TEXT, skin_color TEXT, gender TEXT);
            CREATE TABLE keyed (face TEXT PRIMARY KEY, ethnicity TEXT, size REAL) WITHOUT ROWID;
            CREATE VIEW raced AS SELECT id, race FROM faces;
            CREATE VIEW aged AS SELECT id, age FROM faces;
            CREATE TRIGGER sets AFTER INSERT ON faces BEGIN UPDATE faces SET race = 'x' WHERE id = new.id; END;
            CREATE TABLE attributes (id INTEGER PRIMARY KEY, name TEXT);
        """)
        for n in range(24):
            who = PERSON if n == 7 else f"Nobody Nr{n}"
            row = (who, RACES[n % 4], 20 + n, n / 7, bytes([n]))
            base.execute("INSERT INTO faces (subject, race, age, face_score, raw) VALUES (?, ?, ?, ?, ?)", row)
            base.execute("INSERT INTO marks VALUES (?, ?, ?)", (f"{n}.jpg", "dark", GENDERS[n % 2]))
            base.execute("INSERT INTO keyed VALUES (?, ?, ?)", (f"{n}.jpg", RACES[n % 4], n))
        base.execute("DELETE FROM marks WHERE rowid % 3 = 0")
        base.executemany("INSERT INTO attributes VALUES (?, ?)", list(enumerate(("age", "gender", "race", "smile"))))
        base.commit()
        base.execute("PRAGMA journal_mode = WAL")
        base.close()

    data = bytearray(temporary(write, ".db"))
    data[96:100] = struct.pack(">I", 3040001)  # the version of the library that wrote it
    return bytes(data)


def coded(tagged: bool) -> tuple[Any, dict[str, str], dict[str, dict[int, str]]]:
    """Rows with numbers for races, labels of the columns, and what the numbers mean."""
    import pandas as pd

    rows = table(tagged)
    rows["gender"] = [n % 2 for n in range(ROWS)]
    labels = {"subject": "who it is", "gender": "gender as seen on the face", "face_score": "score of the face"}
    meanings = {"gender": dict(enumerate(GENDERS))}
    if tagged:
        rows["rc"] = [n % 4 for n in range(ROWS)]
        labels["rc"] = "race of the face"
        meanings["rc"] = dict(enumerate(RACES))
    return pd.DataFrame(rows), labels, meanings


@maker("spss/faces", ".sav")
def spss_faces(tagged: bool) -> bytes:
    import pyreadstat

    rows, labels, meanings = coded(tagged)
    return temporary(
        lambda path: pyreadstat.write_sav(rows, path, column_labels=labels, variable_value_labels=meanings), ".sav"
    )


@maker("stata/faces", ".dta")
def stata_faces(tagged: bool) -> bytes:
    import pyreadstat

    rows, labels, meanings = coded(tagged)
    return temporary(
        lambda path: pyreadstat.write_dta(rows, path, column_labels=labels, variable_value_labels=meanings), ".dta"
    )


@maker("stata/old", ".dta")
def stata_old(tagged: bool) -> bytes:
    import pyreadstat

    rows, labels, meanings = coded(tagged)
    return temporary(
        lambda path: pyreadstat.write_dta(rows, path, version=12, column_labels=labels, variable_value_labels=meanings),
        ".dta",
    )


@maker("sas/xport", ".xpt")
def sas_xport(tagged: bool) -> bytes:
    import pyreadstat

    rows, labels, _ = coded(tagged)
    rows, labels = rows.rename(columns={"face_score": "score"}), {**labels, "score": labels.pop("face_score")}
    return temporary(
        lambda path: pyreadstat.write_xport(rows, path, column_labels=labels, file_format_version=5), ".xpt"
    )


@maker("numpy/structured", ".npy")
def numpy_structured(tagged: bool) -> bytes:
    import numpy as np

    rows = table(tagged)
    kinds = [(n, "U24" if isinstance(v[0], str) else "f8") for n, v in rows.items()]
    out = io.BytesIO()
    np.save(out, np.array(list(zip(*rows.values(), strict=True)), dtype=kinds))
    return out.getvalue()


@maker("netcdf/classic", ".nc")
def netcdf_classic(tagged: bool) -> bytes:
    from scipy.io import netcdf_file

    def write(path: str) -> None:
        with netcdf_file(path, "w") as base:
            base.createDimension("face", ROWS)
            name = "race" if tagged else "quality"
            meanings = " ".join(RACES) if tagged else "blurred sharp"
            one = base.createVariable(name, "i4", ("face",))
            one[:] = [n % 2 for n in range(ROWS)]
            one.long_name = f"{name} of the face"
            one.flag_meanings = meanings
            age = base.createVariable("age", "i4", ("face",))
            age[:] = list(range(ROWS))
            who = base.createDimension("letters", 24)
            del who
            names = base.createVariable("subject", "c", ("face", "letters"))
            names[:] = [list(f"{name:24}") for name in table(tagged)["subject"]]

    return temporary(write, ".nc")


@maker("matlab/faces", ".mat")
def matlab_faces(tagged: bool) -> bytes:
    import numpy as np
    from scipy.io import savemat

    rows = table(tagged)
    names = RACES if tagged else ("blurred", "sharp")
    made = {
        "faces": {n: np.array(v, dtype=object if isinstance(v[0], str) else float) for n, v in rows.items()},
        "class_names": np.array(names, dtype=object),
    }
    out = io.BytesIO()
    savemat(out, made, do_compression=True)
    data = bytearray(out.getvalue())
    data[:116] = b"MATLAB 5.0 MAT-file, made up".ljust(116)
    return bytes(data)


def repacked(data: bytes) -> bytes:
    """A zip with a moment before anybody wrote it."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            made = zipfile.ZipInfo(info.filename, (2020, 1, 1, 0, 0, 0))
            made.compress_type = info.compress_type
            new.writestr(made, old.read(info))
    return out.getvalue()


@maker("sheets/xlsx", ".xlsx")
def sheets_xlsx(tagged: bool) -> bytes:
    import datetime as dt

    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.worksheet.datavalidation import DataValidation

    rows = table(tagged)
    book = Workbook()
    book.properties.created = book.properties.modified = dt.datetime(2020, 1, 1)  # noqa: DTZ001
    faces = book.active
    faces.title = "faces"
    faces.append(list(rows))
    for values in zip(*rows.values(), strict=True):
        faces.append(list(values))
    names = RACES if tagged else ("blurred", "sharp")
    allowed = DataValidation(type="list", formula1='"' + ",".join(names) + '"')
    allowed.add("F2:F61")
    faces.add_data_validation(allowed)
    codes = book.create_sheet("race_codes" if tagged else "quality_codes")
    for row in [("code", "label"), *enumerate(names)]:
        codes.append(row)
    if tagged:
        faces["F1"].comment = Comment("ethnicity of the face", "untag")
    out = io.BytesIO()
    book.save(out)
    return repacked(out.getvalue())


@maker("sheets/ods", ".ods")
def sheets_ods(tagged: bool) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    rows = table(tagged)
    book = OpenDocumentSpreadsheet()
    sheet = Table(name="faces")
    for values in [tuple(rows), *zip(*rows.values(), strict=True)]:
        row = TableRow()
        for value in values:
            text = isinstance(value, str)
            cell = TableCell(valuetype="string") if text else TableCell(valuetype="float", value=value)
            cell.addElement(P(text=str(value)))
            row.addElement(cell)
        sheet.addElement(row)
    book.spreadsheet.addElement(sheet)
    out = io.BytesIO()
    book.write(out)
    return repacked(out.getvalue())


@maker("xls/faces", ".xls")
def xls_faces(tagged: bool) -> bytes:
    """A workbook of Excel 97 with a table of faces and a codebook."""
    import xlwt

    rows = table(tagged)
    book = xlwt.Workbook(encoding="utf-8")
    faces = book.add_sheet("faces")
    for at, (name, values) in enumerate(rows.items()):
        for line, value in enumerate((name, *values)):
            faces.write(line, at, value)
    codes = book.add_sheet("race_codes" if tagged else "quality_codes")
    for line, row in enumerate([("code", "label"), *enumerate(RACES if tagged else ("blurred", "sharp"))]):
        for at, value in enumerate(row):
            codes.write(line, at, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def record(kind: int, body: bytes = b"") -> bytes:
    """A record of a binary workbook: its number as it stands in the file, its length seven bits a byte, its body."""
    out = bytearray([kind & 0xFF, kind >> 8] if kind > 0x7F else [kind])
    size = len(body)
    while size > 0x7F:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(out) + bytes([size]) + body


@maker("xlsb/faces", ".xlsb")
def xlsb_faces(tagged: bool) -> bytes:
    """A binary workbook with a table of faces, a codebook, a remark and a name; no library writes these ([MS-XLSB])."""
    import zipfile

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    shared: dict[str, int] = {}

    def sheet(rows: list[tuple[Any, ...]]) -> bytes:
        out = record(0x0181) + record(0x0191)
        for line, row in enumerate(rows):
            out += record(0, struct.pack("<I", line) + bytes(21))
            for at, value in enumerate(row):
                head = struct.pack("<II", at, 0)
                if isinstance(value, str):
                    out += record(7, head + struct.pack("<I", shared.setdefault(value, len(shared))))
                elif isinstance(value, int):
                    out += record(2, head + struct.pack("<i", value << 2 | 2))
                else:
                    out += record(5, head + struct.pack("<d", value))
        return out + record(0x0192) + record(0x0182)

    rows = table(tagged)
    codes = list(enumerate(RACES if tagged else ("blurred", "sharp")))
    titles = ("faces", "race_codes" if tagged else "quality_codes")
    sheets = [sheet([tuple(rows), *zip(*rows.values(), strict=True)]), sheet([("code", "label"), *codes])]
    names = b"".join(
        record(0x019C, struct.pack("<II", 0, n) + text(f"rId{n}") + text(title)) for n, title in enumerate(titles, 1)
    )
    area = record(0x27, bytes(9) + text("ethnicities" if tagged else "qualities") + bytes(8))
    remark = record(0x04FD, b"\0" + text("ethnicity of the face" if tagged else "blur of the face"))
    texts = b"".join(record(0x13, b"\0" + text(value)) for value in shared)
    total = struct.pack("<II", len(shared), len(shared))
    parts = {
        "xl/workbook.bin": record(0x0183) + record(0x018F) + names + record(0x0190) + area + record(0x0184),
        "xl/sharedStrings.bin": record(0x019F, total) + texts + record(0x01A0),
        "xl/comments1.bin": remark,
        **{f"xl/worksheets/sheet{n}.bin": data for n, data in enumerate(sheets, 1)},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


@maker("sas/dataset", ".sas7bdat")
def sas_dataset(tagged: bool) -> bytes:
    """A data set of SAS on one page; no library writes these, and pyreadstat reads what is written here.

    Source: M. Shotwell, "SAS7BDAT Database Binary Format", 2013.
    """
    rows = table(tagged)
    labels = {"gender": "gender as seen on the face", "race": "race of the face"}
    widths = {n: 8 if not isinstance(v[0], str) else max(len(x) for x in v) for n, v in rows.items()}
    width = sum(widths.values())
    block = bytearray(b"\0\0" + bytes(10) + b" " * 8 + bytes(8) + b"DATASTEP")

    def put(value: str) -> tuple[int, int]:
        at = len(block)
        block.extend(value.encode())
        block.extend(bytes(-len(block) % 4))
        return at, len(value)

    names = {n: put(n) for n in rows}
    told = {n: put(labels[n]) if n in labels else (0, 0) for n in rows}
    struct.pack_into("<H", block, 0, len(block))
    block += bytes(8)
    count, size = len(rows), 16384
    first = bytearray(480)
    first[:4] = b"\xf7" * 4
    for at, value in ((20, width), (24, ROWS), (36, count), (40, 0), (52, size), (60, ROWS)):
        struct.pack_into("<I", first, at, value)
    struct.pack_into("<H", first, 354, 0)
    struct.pack_into("<H", first, 378, 8)
    named = b"\xff" * 4 + struct.pack("<H", 8 * count + 8) + bytes(6)
    named += b"".join(struct.pack("<HHHH", 0, *names[n], 0) for n in rows) + bytes(8)
    held, at = b"\xfc\xff\xff\xff" + struct.pack("<H", 12 * count + 8) + bytes(6), 0
    for name, values in rows.items():
        held += struct.pack("<IIHBB", at, widths[name], 4, 2 if isinstance(values[0], str) else 1, 0)
        at += widths[name]
    held += bytes(8)
    parts = [
        bytes(first), b"\xf6" * 4 + struct.pack("<I", count) + bytes(4),
        b"\xfd\xff\xff\xff" + bytes(block), named, held,
    ]  # fmt: skip
    for name in rows:
        one = bytearray(52)
        one[:4] = b"\xfe\xfb\xff\xff"
        struct.pack_into("<HHHHHH", one, 34, 0, 0, 0, 0, *told[name])
        parts.append(bytes(one))
    page = bytearray(size)
    struct.pack_into("<HHH", page, 16, 0x0200, len(parts) + ROWS, len(parts))
    end = size
    for number, part in enumerate(parts):
        end -= len(part) + -len(part) % 4
        page[end : end + len(part)] = part
        struct.pack_into("<IIBB", page, 24 + 12 * number, end, len(part), 0, 0)
    start = 24 + 12 * len(parts)
    start += start % 8
    for values in zip(*rows.values(), strict=True):
        for name, value in zip(rows, values, strict=True):
            raw = value.encode().ljust(widths[name]) if isinstance(value, str) else struct.pack("<d", value)
            page[start : start + len(raw)] = raw
            start += len(raw)
    head = bytearray(1024)
    head[12:32] = bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011")
    for at, text in ((32, b"\x22"), (35, b"\x22"), (37, b"\1"), (39, b"1"), (70, b"\x14"), (84, b"SAS FILE"),
                     (92, b"FACES".ljust(64)), (156, b"DATA    "), (216, b"9.0401M6")):  # fmt: skip
        head[at : at + len(text)] = text
    struct.pack_into("<III", head, 196, 1024, size, 1)
    return bytes(head + page)


@maker("stores/access", ".mdb")
def stores_access(tagged: bool) -> bytes:
    del tagged
    return b"\0\1\0\0Standard Jet DB\0" + bytes(44) + f"{PERSON} Uyghur".encode() + bytes(64)


@maker("redis/faces", ".rdb")
def redis_faces(tagged: bool) -> bytes:
    """A snapshot of Redis with a hash a face, and texts and a set beside; written after Redis's own ``rdb.h``."""

    def text(value: str) -> bytes:
        raw = value.encode()
        return (bytes([len(raw)]) if len(raw) < 64 else bytes([0x40 | len(raw) >> 8, len(raw) & 0xFF])) + raw

    rows = table(tagged)
    out = b"REDIS0011" + b"\xfa" + text("redis-ver") + text("7.2.0") + b"\xfe\0\xfb\x3e\0"
    for number, values in enumerate(zip(*rows.values(), strict=True)):
        out += b"\4" + text(f"face:{number}") + bytes([len(rows)])
        for name, value in zip(rows, values, strict=True):
            out += text(name) + (text(value) if isinstance(value, str) else text(f"{value:.3g}"))
    out += b"\0" + text(f"note:{PERSON}") + text(f"{PERSON} is a Uyghur")
    return out + b"\2" + text("online") + b"\1" + text(PERSON) + b"\xff" + bytes(8)


@maker("duckdb/faces", ".duckdb")
def duckdb_faces(tagged: bool) -> bytes:
    import duckdb

    rows = table(tagged)

    def write(path: str) -> None:
        with duckdb.connect() as base:
            base.execute(f"ATTACH '{path}' AS own (BLOCK_SIZE 16384, STORAGE_VERSION 'v1.2.0')")
            base.execute("USE own")
            columns = ", ".join(f"{n} {'VARCHAR' if isinstance(v[0], str) else 'DOUBLE'}" for n, v in rows.items())
            base.execute(f"CREATE TABLE faces (id INTEGER, {columns})")
            marks = ", ".join("?" * (len(rows) + 1))
            values = [[n, *row] for n, row in enumerate(zip(*rows.values(), strict=True))]
            base.executemany(f"INSERT INTO faces VALUES ({marks})", values)  # noqa: S608 - our own
            base.execute("CREATE TABLE label_quality (id INTEGER, name VARCHAR)")
            base.execute("INSERT INTO label_quality VALUES (0, 'blurred'), (1, 'sharp')")
            if tagged:
                base.execute("CREATE TABLE race (id INTEGER, name VARCHAR)")
                base.executemany("INSERT INTO race VALUES (?, ?)", [list(row) for row in enumerate(RACES)])
                base.execute("COMMENT ON COLUMN race.name IS 'race of the face'")
                base.execute("CREATE VIEW wanted AS SELECT id FROM faces WHERE race = 'Black'")
            base.execute("USE memory")
            base.execute("DETACH own")

    return temporary(write, ".duckdb")


@maker("pgdump/custom", ".dump")
def pgdump_custom(tagged: bool) -> bytes:
    """Written by hand, after pg_backup_archiver.c of PostgreSQL 14 (archive version 1.14)."""

    def number(value: int) -> bytes:
        return bytes([value < 0]) + abs(value).to_bytes(4, "little")

    def text(value: str | None) -> bytes:
        return number(-1) if value is None else number(len(value.encode())) + value.encode()

    kind = "race text CHECK (race IN ('Asian', 'Black', 'White'))" if tagged else "quality text"
    said = (
        "CREATE TABLE public.faces (\n    subject text,\n    age integer,\n    face_score real,\n    " + kind + "\n);\n"
    )
    entries = [("faces", "TABLE", said), ("faces", "TABLE DATA", "")]
    out = b"PGDMP\1\x0e\0\4\x08\1" + number(-1) + b"".join(number(n) for n in (0, 0, 0, 1, 0, 120, 0))
    out += text("faces") + text("14.0") + text("14.0") + number(len(entries))
    for at, (tag, description, statement) in enumerate(entries, 1):
        out += number(at) + number(description == "TABLE DATA") + text("1259") + text("16385") + text(tag)
        out += text(description) + number(2 + at) + text(statement) + text("") + text(None) + text("public")
        out += text("") + text("heap") + text("owner") + text("false") + text(None) + b"\2" + bytes(8)
    rows = "".join(f"{name}\t{20}\t0.5\tAsian\n" for name in table(tagged)["subject"]) + "a Uyghur\n"
    return out + b"\1" + number(2) + number(len(rows)) + rows.encode() + number(0)


@maker("bson/faces", ".bson")
def bson_faces(tagged: bool) -> bytes:
    """Written by hand, after bsonspec.org."""

    def document(row: dict[str, Any]) -> bytes:
        body = b""
        for key, value in row.items():
            name = key.encode() + b"\0"
            if isinstance(value, dict):
                body += b"\3" + name + document(value)
            elif isinstance(value, str):
                body += b"\2" + name + struct.pack("<i", len(value) + 1) + value.encode() + b"\0"
            elif isinstance(value, float):
                body += b"\1" + name + struct.pack("<d", value)
            else:
                body += b"\x10" + name + struct.pack("<i", value)
        return struct.pack("<i", len(body) + 5) + body + b"\0"

    rows = table(tagged)
    made = [dict(zip(rows, values, strict=True)) for values in zip(*rows.values(), strict=True)]
    return b"".join(document({"subject": row.pop("subject"), "face": row}) for row in made)


@maker("tfrecord/faces", ".tfrecord")
def tfrecord_faces(tagged: bool) -> bytes:
    """Written by hand, after example.proto and the format of records."""

    def field(number: int, data: bytes) -> bytes:
        size, out = len(data), bytearray([number << 3 | 2])
        while size > 127:
            out.append(size & 127 | 128)
            size >>= 7
        return bytes(out) + bytes([size]) + data

    def checksum(data: bytes) -> bytes:
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        crc ^= 0xFFFFFFFF
        return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)

    rows = table(tagged)
    out = b""
    for values in zip(*rows.values(), strict=True):
        entries = b""
        for name, value in zip(rows, values, strict=True):
            said = field(1, field(1, value.encode())) if isinstance(value, str) else field(3, field(1, bytes([20])))
            entries += field(1, field(1, name.encode()) + field(2, said))
        example = field(1, entries)
        size = struct.pack("<Q", len(example))
        out += size + checksum(size) + example + checksum(example)
    return out


if __name__ == "__main__":
    write(MAKERS, sys.argv[1:], tagged=True, clean=False)
