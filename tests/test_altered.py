"""Columns taken out of databases: what a hostile one holds is never run, and a harmed column is found out."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from untag import strip
from untag.artifact import Artifact
from untag.edit import Edit, Plan
from untag.finding import Severity
from untag.gap import Damaged
from untag.place import Place
from untag.rewriters import rewriters
from untag.rewriters.sql import _Planner
from untag.rewriters.sqlite import _Step
from untag.scan import Options

CASE = Path(__file__).parent / "specimens" / "rewriters" / "sqlite" / "unsafe-named"
OPTIONS = Options(jobs=1, cache=False)


def stripped(path: Path, work: Path) -> strip.Outcome:
    work.mkdir()
    return strip.removed(str(path), str(work), OPTIONS, strip.Wish(Severity.LOW, unsafe=True))


def test_a_harmed_row_is_found_out(tmp_path: Path) -> None:
    before = Artifact(Place(("a.db",)), (CASE / "input.db").read_bytes())
    named = (_Step("index", "by_race"), _Step("view", "raced"), _Step("trigger", "sets"))
    steps = (*named, _Step("column", "race", "faces"))
    plan = Plan([Edit(-1, -1, data=steps)])
    out = io.BytesIO()
    rewriter = rewriters()["sqlite"]
    rewriter.rewrite(before, plan, out)
    assert not rewriter.check(before, Artifact(Place(("a.db",)), out.getvalue()), plan).error
    for change in (
        "UPDATE faces SET age = 99 WHERE id = 3",
        "DELETE FROM keyed WHERE face = '1.jpg'",
        "UPDATE marks SET face = CAST(face AS BLOB)",
        "UPDATE marks SET rowid = 900 WHERE rowid = 1",
    ):
        path = tmp_path / "harmed.db"
        path.write_bytes(out.getvalue())
        with closing(sqlite3.connect(path)) as base:
            base.execute(change)
            base.commit()
        assert rewriter.check(before, Artifact(Place(("a.db",)), path.read_bytes()), plan).error, change
    with pytest.raises(Damaged, match="are kept by the key"):
        rewriter.rewrite(before, Plan([Edit(-1, -1, data=(_Step("column", "face", "keyed"),))]), io.BytesIO())
    with pytest.raises(Damaged, match="SQLite does not do it"):
        rewriter.rewrite(before, Plan([Edit(-1, -1, data=(_Step("column", "nothing", "marks"),))]), io.BytesIO())
    broken = Artifact(Place(("a.db",)), before.data[:1024] + b"\xff" * 2048 + before.data[3072:])
    with pytest.raises(Damaged):
        rewriter.rewrite(broken, plan, io.BytesIO())


def test_a_trigger_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "attributes.db"
    with closing(sqlite3.connect(path)) as base:
        base.executescript("""
            CREATE TABLE attributes (id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE faces (id INTEGER PRIMARY KEY, face_score REAL);
            CREATE TRIGGER t AFTER DELETE ON attributes BEGIN DELETE FROM faces; END;
            INSERT INTO attributes VALUES (0, 'gender'), (1, 'race'), (2, 'age'), (3, 'smile');
            INSERT INTO faces VALUES (1, 0.5);
        """)
    outcome = stripped(path, tmp_path / "work")
    assert [row.verdict for row in outcome.rows] == ["kept"]
    assert "triggers, which are never run" in outcome.rows[0].reason


def test_a_log_beside_a_database_would_undo_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "faces.db").write_bytes((CASE / "input.db").read_bytes())
    (folder / "faces.db-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(60))
    outcome = stripped(folder, tmp_path / "work")
    assert {row.verdict for row in outcome.rows} == {"kept"}
    assert all("a log lies beside it" in row.reason for row in outcome.rows)


def test_a_migration_is_kept_with_the_record_and_rows_hold_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    make = "CREATE TABLE faces (id INT, face_score REAL, race TEXT, ethnicity TEXT);\n"
    (folder / "a.sql").write_text(make, "utf-8")
    (folder / "b.sql").write_text(make + "INSERT INTO faces VALUES (1, 0.5, 'x', 'y');\n", "utf-8")  # noqa: S608 - no statement is run
    outcome = stripped(folder, tmp_path / "work")
    assert outcome.copy is not None
    made = Path(outcome.copy.root)
    assert (made / "a.sql").read_text("utf-8") == "CREATE TABLE faces (id INT, face_score REAL);\n"
    assert (made / "b.sql").read_bytes() == (folder / "b.sql").read_bytes()
    assert {row.reason for row in outcome.kept} == {"the file fills the table with rows, which count its columns"}
    drops = "ALTER TABLE faces DROP COLUMN race;\nALTER TABLE faces DROP COLUMN ethnicity;\n"
    assert strip.files(outcome, [], None)["migration.sql"] == f"-- a.sql\n{drops}"


@pytest.mark.parametrize(
    "fill",
    [
        "INSERT OR REPLACE INTO main.faces VALUES (1, 'x')", "INSERT INTO [db].[dbo].[faces] VALUES (1, 'x')",
        "BULK INSERT faces FROM 'a.csv'", "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE faces",
        "WITH a AS (SELECT 1, 'x') INSERT INTO faces SELECT * FROM a", "REPLACE INTO `db`.`faces` VALUES (1, 'x')",
        "COPY public.faces FROM stdin", "MERGE INTO x.y.faces USING a ON 1 = 1",
        "INSERT INTO `p.d.faces` VALUES (1, 'x')",
        "INSERT INTO 'faces' VALUES (1, 'x')",
    ],
)  # fmt: skip
def test_a_table_that_is_filled_stays(fill: str) -> None:
    for end in (";\n", "\n"):
        text = f"CREATE TABLE faces (id INT, race TEXT){end}{fill};\n"
        assert "faces" in _Planner(Artifact(Place(("a.sql",)), text.encode()), ()).filled, text


def test_other_statements_fill_nothing() -> None:
    text = """CREATE TABLE faces (id INT, copy INT, race TEXT); GRANT INSERT ON faces TO u;
        CREATE OR REPLACE VIEW v AS SELECT REPLACE(race, 'a', 'b') FROM faces;"""
    assert not _Planner(Artifact(Place(("a.sql",)), text.encode()), ()).filled


def test_only_rows_of_the_code_and_its_meaning_go(tmp_path: Path) -> None:
    path = tmp_path / "attributes.db"
    with closing(sqlite3.connect(path)) as base:
        base.executescript("""
            CREATE TABLE attributes (id INTEGER PRIMARY KEY, name TEXT, abbr TEXT);
            INSERT INTO attributes VALUES (0, 'gender', 'race'), (1, ' race', 'r'), (2, 'age', 'a');
        """)
    before = Artifact(Place(("a.db",)), path.read_bytes())
    rewriter = rewriters()["sqlite"]
    step = _Step("rows", "attributes", "attributes", (("1", "race"),), "id", ("name",))
    plan, out = Plan([Edit(-1, -1, data=(step,))]), io.BytesIO()
    rewriter.rewrite(before, plan, out)
    made = tmp_path / "made.db"
    made.write_bytes(out.getvalue())
    with closing(sqlite3.connect(made)) as base:
        assert base.execute("SELECT id, name FROM attributes").fetchall() == [(0, "gender"), (2, "age")]
    assert not rewriter.check(before, Artifact(Place(("a.db",)), out.getvalue()), plan).error
    two = _Step("rows", "attributes", "attributes", (("1", "race"), ("2", "race")), "id", ("name",))
    with pytest.raises(Damaged, match="one row for each code"):
        rewriter.rewrite(before, Plan([Edit(-1, -1, data=(two,))]), io.BytesIO())


KEYED = """
CREATE TABLE faces (id INTEGER PRIMARY KEY, file TEXT NOT NULL, age INTEGER, ethnicity TEXT, gender TEXT,
  UNIQUE (file, ethnicity), CHECK (ethnicity IS NOT NULL));
CREATE TABLE groups (ethnicity TEXT PRIMARY KEY, age INTEGER, face_count INTEGER);
CREATE TABLE seen (id INTEGER PRIMARY KEY AUTOINCREMENT, face INTEGER REFERENCES faces(id), ethnicity TEXT UNIQUE,
  age INTEGER);
CREATE INDEX by_age ON faces (age);
CREATE INDEX by_group ON faces (ethnicity, age);
CREATE VIEW old AS SELECT id FROM faces WHERE age > 60;
CREATE TRIGGER counts AFTER INSERT ON faces BEGIN UPDATE groups SET face_count = face_count + 1; END;
"""


def keyed(path: Path, more: str = "") -> None:
    with closing(sqlite3.connect(path)) as base:
        base.executescript(KEYED + more)
        rows = [(3 * i + 1, f"{i}.jpg", i, ("asian", "black", "white", "indian")[i % 4], "f") for i in range(40)]
        base.executemany("INSERT INTO faces VALUES (?,?,?,?,?)", rows)
        for number, name in enumerate(("asian", "black", "white", "indian")):
            base.execute("INSERT INTO groups VALUES (?,?,?)", (name, number, 10))
            base.execute("INSERT INTO seen (face, ethnicity, age) VALUES (?,?,?)", (3 * number + 1, name, number))
        base.commit()


def test_tables_whose_keys_name_a_column_are_built_anew(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    keyed(path)
    outcome = stripped(path, tmp_path / "out")
    assert {row.verdict for row in outcome.rows} == {"removed"}, [(r.finding.owner, r.reason) for r in outcome.rows]
    assert any("by digest" in line for change in outcome.changes for line in change.said)
    assert outcome.copy is not None
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(outcome.copy.root)) as new:
        for table, columns in (("faces", "id, file, age, gender"), ("groups", "rowid, age, face_count"),
                               ("seen", "id, face, age"), ("sqlite_sequence", "rowid, name, seq")):  # fmt: skip
            asked = f"SELECT {columns} FROM {table} ORDER BY rowid"  # noqa: S608 - made up here
            assert old.execute(asked).fetchall() == new.execute(asked).fetchall(), table
        asked = "SELECT name, sql FROM sqlite_schema WHERE name IN ('by_age', 'old', 'counts') ORDER BY name"
        assert old.execute(asked).fetchall() == new.execute(asked).fetchall()
        assert not new.execute("SELECT 1 FROM sqlite_schema WHERE sql LIKE '%ethnicity%'").fetchall()
        assert new.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not new.execute("PRAGMA foreign_key_check").fetchall()
        new.execute("INSERT INTO seen (face, age) VALUES (1, 2)")
        assert new.execute("SELECT max(id) FROM seen").fetchall() == [(5,)]
        assert new.execute("SELECT count(*) FROM old").fetchall() == [(0,)]


def test_the_key_that_rows_are_kept_by_stays(tmp_path: Path) -> None:
    path = tmp_path / "faces.db"
    keyed(path, "CREATE TABLE tags (face_id INTEGER, ethnicity TEXT, PRIMARY KEY (ethnicity)) WITHOUT ROWID;")
    outcome = stripped(path, tmp_path / "out")
    assert "are kept by the key" in "\n".join(row.reason for row in outcome.rows if row.verdict == "kept")
