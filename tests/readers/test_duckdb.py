"""DuckDB: what is declared is one member, code tables and closed sets are told, persons are not, nothing of it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from hostile import artifact_of
from untag.artifact import Artifact
from untag.gap import Damaged, Gap, Limits
from untag.readers import readers
from untag.surface import Role, Surface

if TYPE_CHECKING:
    from pathlib import Path


def made(path: Path, *statements: str) -> bytes:
    with duckdb.connect() as base:
        base.execute(f"ATTACH '{path}' AS own (BLOCK_SIZE 16384)")
        base.execute("USE own")
        for statement in statements:
            base.execute(statement)
        base.execute("USE memory")
        base.execute("DETACH own")
    return path.read_bytes()


def shown(data: bytes) -> list[object]:
    return list(readers()["duckdb"].read(artifact_of("a.duckdb", data), Limits()))


def test_types_views_macros_and_remarks_are_in_the_schema(tmp_path: Path) -> None:
    items = shown(
        made(
            tmp_path / "a",
            "CREATE TYPE nation_t AS ENUM ('HAN', 'UYG''HUR')",
            "CREATE TABLE faces (id INTEGER, full_name VARCHAR, nation nation_t, race VARCHAR CHECK (race <> 'x'))",
            "COMMENT ON COLUMN faces.race IS '民族'",
            "CREATE VIEW wanted AS SELECT id FROM faces WHERE race = 'Uyghur'",
            "CREATE MACRO alarm(r) AS r = 'Uyghur'",
        )
    )
    (sql,) = [i.data.decode() for i in items if isinstance(i, Artifact)]
    for word in ("nation_t AS ENUM ('HAN', 'UYG''HUR')", "TABLE faces", "民族", "VIEW wanted", "MACRO alarm(r)"):
        assert word in sql
    assert not [i for i in items if isinstance(i, Gap)]


def test_rows_of_persons_are_not_told_and_views_are_not_asked(tmp_path: Path) -> None:
    items = shown(
        made(
            tmp_path / "a",
            "CREATE TABLE faces (full_name VARCHAR, race VARCHAR)",
            "INSERT INTO faces SELECT 'Nobody', CASE i % 2 WHEN 0 THEN 'Asian' ELSE 'Black' END FROM range(100) t(i)",
            "CREATE TABLE labels_person (id INTEGER, name VARCHAR, face BLOB)",
            "INSERT INTO labels_person VALUES (1, 'Nobody', NULL), (2, 'Noone', NULL)",
            "CREATE VIEW endless AS SELECT count(*) AS race FROM range(1000000000000) a, range(1000000000000) b",
        )
    )
    told = {(i.owner, i.text) for i in items if isinstance(i, Surface) and i.role is Role.MEMBER}
    assert told == {("faces.race", "Asian"), ("faces.race", "Black")}


def test_a_view_on_another_file_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("race\nUyghur\n", "utf-8")
    raw = made(tmp_path / "a", f"CREATE VIEW v AS FROM read_csv('{tmp_path}/other.csv')")
    (tmp_path / "other.csv").unlink()
    (sql,) = [i.data.decode() for i in shown(raw) if isinstance(i, Artifact)]
    assert "read_csv" in sql


def test_what_is_no_database_is_damaged() -> None:
    with pytest.raises(Damaged, match="DuckDB does not read it"):
        shown(bytes(8) + b"DUCK" + bytes(4096))
