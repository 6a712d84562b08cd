"""SQLite read by its pages: large trees, overflow, encodings, hidden columns; what is damaged or endless is bounded."""

from __future__ import annotations

import sqlite3
import struct
from typing import TYPE_CHECKING

import pytest

from untag.artifact import Artifact
from untag.gap import Freed, Gap, Limits, Opaque, Part, Reason
from untag.place import Place
from untag.readers import readers
from untag.readers.sqlite import columns_of
from untag.reports import View, forms
from untag.scan import Options, scan
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path, *statements: str, page: int = 1024, encoding: str = "UTF-8") -> bytes:
    base = sqlite3.connect(path)
    base.execute(f"PRAGMA page_size = {page}")
    base.execute(f"PRAGMA encoding = '{encoding}'")
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return path.read_bytes()


def shown(data: bytes) -> list[Surface | Artifact | Gap | Opaque | Part | Freed]:
    artifact = Artifact(Place(("a.db",)), data)
    artifact.nest.left = 1 << 30
    return list(readers()["sqlite"].read(artifact, Limits()))


def members(items: list[Surface | Artifact | Gap | Opaque | Part | Freed]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for item in items:
        if isinstance(item, Surface) and item.role is Role.MEMBER:
            out.setdefault(item.owner, []).append(item.text)
    return out


def schema(items: list[Surface | Artifact | Gap | Opaque | Part | Freed]) -> str:
    return next(i.data.decode() for i in items if isinstance(i, Artifact))


def many(rows: int, values: str) -> str:
    """A statement that puts in so many rows, numbered ``i``."""
    numbers = f"SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}"  # noqa: S608 - a made-up table
    return f"WITH RECURSIVE n(i) AS ({numbers}) INSERT INTO {values} FROM n"


RACE = "CASE i % 3 WHEN 0 THEN '汉族' WHEN 1 THEN 'Uyghur' ELSE 'other' END"


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_vocabularies_of_a_large_table_in_every_encoding(tmp_path: Path, page: int, encoding: str) -> None:
    data = made(
        tmp_path / "a.db",
        "CREATE TABLE faces (id INTEGER PRIMARY KEY, subject TEXT, 'ethnic group' TEXT)",
        many(5000, f"faces SELECT i, 'Nobody ' || i, {RACE}"),
        page=page,
        encoding=encoding,
    )
    items = shown(data)
    assert members(items) == {"faces.ethnic group": ["Uyghur", "other", "汉族"]}
    assert not [i for i in items if isinstance(i, Gap)]


def test_all_statements_of_the_schema_are_one_member(tmp_path: Path) -> None:
    long = ", ".join(f"column_{n} TEXT /* remark {n} */" for n in range(400))
    data = made(
        tmp_path / "a.db",
        f"CREATE TABLE wide ({long})",
        "CREATE VIEW uyghurs AS SELECT * FROM wide WHERE column_1 = 'Uyghur'",
        "CREATE TRIGGER alarm AFTER INSERT ON wide BEGIN SELECT 1; END",
        "CREATE INDEX by_race ON wide (column_2)",
        "CREATE VIRTUAL TABLE notes USING fts5(subject, race)",
    )
    sql = schema(shown(data))
    for word in ("remark 399", "VIEW uyghurs", "TRIGGER alarm", "INDEX by_race", "fts5(subject, race)"):
        assert word in sql


def test_a_code_table_is_told_and_a_table_of_persons_is_not(tmp_path: Path) -> None:
    data = made(
        tmp_path / "a.db",
        "CREATE TABLE ethnicity (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO ethnicity VALUES (1, 'Han'), (2, 'Uyghur')",
        "CREATE TABLE race_person (id INTEGER PRIMARY KEY, name TEXT, face BLOB)",
        "INSERT INTO race_person VALUES (1, 'Nobody Atall', x'00'), (2, 'Noone Else', x'01')",
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO staff VALUES (1, 'Nobody Atall'), (2, 'Noone Else')",
    )
    assert members(shown(data)) == {"ethnicity.ethnicity": ["Han", "Uyghur"]}


def test_what_a_full_text_index_keeps_is_no_vocabulary(tmp_path: Path) -> None:
    data = made(
        tmp_path / "a.db",
        "CREATE VIRTUAL TABLE notes USING fts5(remark)",
        many(200, "notes SELECT 'seen twice'"),
    )
    assert members(shown(data)) == {}


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE TABLE a (b TEXT, c INT CHECK (c IN (1, 2)), PRIMARY KEY (b, c))", ["b", "c"]),
        ('CREATE TABLE "a(" ("b,c" TEXT DEFAULT \'x,y\', [d e] INT -- f, g\n, `h` TEXT)', ["b,c", "d e", "h"]),
        ("CREATE TABLE IF NOT EXISTS a.b (/* c, */ d DECIMAL(3, 2), e)", ["d", "e"]),
    ],
)
def test_names_of_columns(sql: str, names: list[str]) -> None:
    assert columns_of(sql)[0] == names


def test_pages_in_a_circle_end(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path / "a.db", "CREATE TABLE a (b TEXT)", many(3000, "a SELECT 'text ' || i")))
    inner = next(at for at in range(1024, len(data), 1024) if data[at] == 5)
    number = inner // 1024 + 1
    cells = struct.unpack(">H", data[inner + 3 : inner + 5])[0]
    for slot in range(cells):
        cell = struct.unpack(">H", data[inner + 12 + 2 * slot : inner + 14 + 2 * slot])[0]
        data[inner + cell : inner + cell + 4] = struct.pack(">I", number)
    items = shown(bytes(data))
    assert [i.reason for i in items if isinstance(i, Gap)] == [Reason.DAMAGED]
    assert "CREATE TABLE a" in schema(items)


def test_a_log_beside_a_database_is_a_gap() -> None:
    items = shown(b"\x37\x7f\x06\x82" + bytes(4096))
    assert [i.reason for i in items if isinstance(i, Gap)] == [Reason.UNKNOWN]


DELETED = (
    "PRAGMA secure_delete = OFF", "CREATE TABLE faces (face_id INTEGER, age INTEGER, gender TEXT)",
    "CREATE TABLE old (person TEXT, label TEXT, note TEXT)",
    many(400, f"old SELECT 'Person Nr' || i, {RACE}, 'a note that nobody shows'"),
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le"])
@pytest.mark.parametrize("last", ["DROP TABLE old", "DELETE FROM old", "DELETE FROM old WHERE label = 'Uyghur'"])
def test_of_what_was_deleted_words_alone_are_told(encoding: str, last: str, tmp_path: Path) -> None:
    folder = tmp_path / "face_recognition"
    folder.mkdir()
    made(folder / "faces.db", *DELETED, last, encoding=encoding)
    report = scan([str(folder)], Options(jobs=1, cache=False))
    (finding,) = [f for f in report.findings if f.owner == "free pages"]
    assert {m.text for m in finding.marks} <= {"Uyghur", "汉族"}
    assert any(m.text == "Uyghur" for m in finding.marks)
    assert all(m.place.offset is not None and m.place.offset % 1024 == 0 for m in finding.marks)
    told = "".join(piece for form in forms().values() for piece in form.write(report, View()))
    assert "Person Nr" not in told
    assert "a note that" not in told


def test_what_was_deleted_and_wiped_says_nothing(tmp_path: Path) -> None:
    wiped = ("PRAGMA secure_delete = ON", *DELETED[1:], "DROP TABLE old")
    made(tmp_path / "faces.db", *wiped)
    assert not scan([str(tmp_path)], Options(jobs=1, cache=False)).findings


def test_a_list_of_free_pages_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path / "a.db", *DELETED, "DROP TABLE old"))
    trunk = int.from_bytes(data[32:36], "big")
    data[(trunk - 1) * 1024 : (trunk - 1) * 1024 + 8] = struct.pack(">II", trunk, 0xFFFFFFFF)
    assert any(isinstance(item, Freed) for item in shown(bytes(data)))


def test_free_pages_that_make_no_sense_damage_nothing(tmp_path: Path) -> None:
    """Lists of free pages that go on, and what long texts flowed over into."""
    long = many(30, "old SELECT 'x', 'y', i || replace(hex(zeroblob(60000)), '00', 'a made-up note of Uyghur, ')")
    data = made(tmp_path / "a.db", *DELETED[:3], long, "DROP TABLE old")
    items = shown(data)
    assert not [item for item in items if isinstance(item, Gap)]
    assert any(isinstance(item, Freed) and b"Uyghur" in item.data for item in items)


def test_free_blocks_that_lie_over_each_other_are_taken_once(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path / "a.db", *DELETED[:2], many(3, "faces SELECT i, i, 'f'")))
    page = next(at for at in range(1024, len(data), 1024) if data[at] == 13)
    data[page + 1 : page + 3] = struct.pack(">H", 100)
    for at in range(100, 1000, 4):
        data[page + at : page + at + 4] = struct.pack(">HH", at + 4 if at < 996 else 0, 60_000)
    assert sum(len(item.data) for item in shown(bytes(data)) if isinstance(item, Freed)) < 2 * len(data)
