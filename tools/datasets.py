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

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent / "tests" / "specimens" / "readers"
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


def main() -> int:
    """Write them all, or those that are named."""
    wanted = sys.argv[1:]
    for case, (suffix, make) in MAKERS.items():
        if wanted and not any(case == w or case.startswith(w + "/") for w in wanted):
            continue
        for name, tagged in ((case, True), (case + "-clean", False)):
            folder = ROOT / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"input{suffix}").write_bytes(make(tagged))
    return 0


if __name__ == "__main__":
    sys.exit(main())
