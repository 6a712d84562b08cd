"""Databases by URL, against real servers: what is declared is found at its column, no row and no password is told."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy

import forks
import servers
from untag.gap import Gap
from untag.mistake import UntagError
from untag.sources import Entry, choose, told
from untag.sources._url import redacted, taken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PERSON = "Nobody Atall"
SECRETS = (servers.PASSWORD, "S3cret-pass%2Bword", "S3cret")
POSTGRESQL = r"""
CREATE SCHEMA gate;;
COMMENT ON SCHEMA gate IS 'face recognition at gates';;
CREATE TYPE gate.nation_t AS ENUM ('HAN', 'UYGHUR', 'OTHER');;
CREATE DOMAIN gate.score AS int CHECK (VALUE BETWEEN 0 AND 100);;
CREATE TABLE gate.faces (id serial PRIMARY KEY, full_name text, face_feature bytea, age int, gender text,
ethnicity varchar(20) CHECK (ethnicity IN ('Uyghur', 'Han', 'other')), nation gate.nation_t, attr7 int);;
COMMENT ON COLUMN gate.faces.attr7 IS 'race of the face: 1 Han, 2 Uyghur';;
INSERT INTO gate.faces (full_name, age, gender, ethnicity) SELECT 'Nobody Atall ' || i, 20 + mod(i, 50), 'f',
CASE mod(i, 3) WHEN 0 THEN 'Uyghur' WHEN 1 THEN 'Han' ELSE 'other' END FROM generate_series(1, 1000) i;;
CREATE TABLE gate.ethnicity (id int PRIMARY KEY, name text);;
INSERT INTO gate.ethnicity VALUES (1, 'Han'), (2, 'Uyghur'), (3, 'Tibetan');;
CREATE TABLE gate.labels (id int PRIMARY KEY, name text);;
INSERT INTO gate.labels VALUES (1, 'Nobody Atall'), (2, 'Uyghur Nobody');;
CREATE TABLE gate.persons (id int, name text);;
INSERT INTO gate.persons VALUES (1, 'Nobody'), (2, 'Uyghur');;
CREATE VIEW gate.wanted AS SELECT id, face_feature FROM gate.faces WHERE ethnicity = 'Uyghur';;
CREATE FUNCTION gate.alarm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.ethnicity = 'Uyghur' THEN
PERFORM pg_notify('alarm', 'face'); END IF; RETURN NEW; END $$;;
CREATE TRIGGER on_face AFTER INSERT ON gate.faces FOR EACH ROW WHEN (NEW.nation = 'UYGHUR') EXECUTE FUNCTION
gate.alarm();;
CREATE TABLE gate.snaps (id int, face_id int, race_code int) PARTITION BY LIST (race_code);;
CREATE TABLE gate.snaps1 PARTITION OF gate.snaps FOR VALUES IN (1);;
CREATE TABLE public."odd ""name"" 100% :x" ("a.b :c 5%" int, city text);;
CREATE TABLE public.orders (id int, city text)
"""
MARIADB = r"""
CREATE DATABASE gate CHARACTER SET utf8mb4;;
USE gate;;
CREATE TABLE faces (id int AUTO_INCREMENT PRIMARY KEY, full_name varchar(80), face_feature blob, age int, gender
char(1), ethnicity varchar(20) COMMENT '民族', nation ENUM ('HAN', 'UYGHUR', 'OTHER'), attr7 int COMMENT 'race of
the face: 1 Han, 2 Uyghur', CHECK (ethnicity IN ('Uyghur', 'Han'))) COMMENT = 'captured faces';;
INSERT INTO faces (full_name, ethnicity) VALUES ('Nobody Atall', 'Uyghur'), ('Nobody Atall 2', 'Han');;
CREATE TABLE ethnicity (id int PRIMARY KEY, name varchar(40));;
INSERT INTO ethnicity VALUES (1, 'Han'), (2, 'Uyghur'), (3, 'Tibetan');;
CREATE TABLE persons (id int, name text);;
INSERT INTO persons VALUES (1, 'Nobody'), (2, 'Uyghur');;
CREATE VIEW wanted AS SELECT id, face_feature FROM faces WHERE ethnicity = 'Uyghur';;
CREATE FUNCTION is_alarm(ethnicity varchar(20)) RETURNS int DETERMINISTIC RETURN ethnicity = 'Uyghur';;
CREATE TRIGGER on_face BEFORE INSERT ON faces FOR EACH ROW BEGIN IF NEW.ethnicity = 'Uyghur' THEN SET NEW.attr7
= 2; END IF; END;;
CREATE EVENT sweep ON SCHEDULE EVERY 1 DAY DO DELETE FROM faces WHERE ethnicity = 'Uyghur';;
CREATE TABLE `odd ``name`` 100% :x` (`a.b :c 5%` int, city text);;
CREATE TABLE orders (id int, city text)
"""


def run(url: str, statements: Sequence[str]) -> None:
    made = sqlalchemy.make_url(url)
    made = made.set(drivername={"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}[made.drivername])
    engine = sqlalchemy.create_engine(made, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement.replace(":x", "\\:x").replace(":c", "\\:c")))
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with servers.postgresql() as url:
        run(url + "postgres", POSTGRESQL.split(";;"))
        yield url + "postgres"


@pytest.fixture(scope="module")
def mariadb() -> Iterator[str]:
    with servers.mariadb() as url:
        run(url, MARIADB.split(";;"))
        yield url + "gate"


def untag(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"PGPASSWORD", "MYSQL_PWD", "UNTAG_PASSWORD"}}
    done = forks.run(["scan", *args], Path.cwd(), {**kept, **env})
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def entries(url: str) -> dict[str, str]:
    return {e.place.chain[0]: e.data.decode() for e in choose(url).walk(url, 0) if isinstance(e, Entry)}


def shown(report: dict[str, Any]) -> set[str]:
    out = set()
    for finding in report["findings"]:
        for mark in finding["marks"]:
            place = mark["place"]
            out.add(f"{place['chain'][0]}{place.get('pointer', '')} {mark['text']}")
    return out


@pytest.mark.slow
def test_postgresql_is_told_by_schema_table_and_column(postgresql: str, tmp_path: Path) -> None:
    forms = ("plain", "json", "sarif", "html", "markdown", "junit")
    args = [part for form in forms for part in ("--format", form, "-o", str(tmp_path / form))]
    done = untag(postgresql, "--full", *args)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    texts = {form: (tmp_path / form).read_text("utf-8") for form in forms}
    report = json.loads(texts["json"])
    assert report["gaps"] == []
    assert report["inputs"][0]["kind"] == "database"
    assert report["inputs"][0]["spec"].startswith("postgresql://auditor:***@127.0.0.1:")
    found = shown(report)
    assert {
        "gate.faces.ethnicity ethnicity", "gate.faces.attr7 race of the face: 1 Han, 2 Uyghur", "gate.nation_t UYGHUR",
        "gate.ethnicity Uyghur", "gate.snaps.race_code race_code",
    } <= found  # fmt: skip
    owners = {f["place"]["chain"][0] for f in report["findings"] if f["purpose"] == "targeting"}
    assert {"gate.alarm()", "gate.faces"} <= owners
    assert "gate.wanted" in {f["place"]["chain"][0] for f in report["findings"]}
    assert "gate.faces.ethnicity" in texts["plain"]
    assert "3 distinct in 1,000 rows" in texts["plain"]
    (check,) = {c for f in report["findings"] if f["place"]["chain"] == ["gate.faces"] for c in f["check"]}
    assert check.startswith("psql postgresql://auditor@127.0.0.1:")
    assert check.endswith(r" -c '\d+ gate.faces'")
    env = {**os.environ, "PGPASSWORD": servers.PASSWORD}
    seen = subprocess.run(["sh", "-c", check], capture_output=True, text=True, env=env)
    assert "ethnicity" in seen.stdout, seen.stderr
    for text in [*texts.values(), done.stderr, *map(str, report["findings"])]:
        assert not [s for s in SECRETS if s in text]
        assert PERSON.split()[1] not in text


@pytest.mark.slow
def test_mariadb_is_told_by_schema_table_and_column(mariadb: str, tmp_path: Path) -> None:
    outputs = ("--format", "plain", "-o", str(tmp_path / "p"), "--format", "json", "-o", str(tmp_path / "j"))
    done = untag(mariadb, "--full", *outputs)
    assert done.returncode == 1, done.stderr
    texts = [(tmp_path / name).read_text("utf-8") for name in "pj"]
    report = json.loads(texts[1])
    assert report["gaps"] == []
    assert {
        "gate.faces.ethnicity ethnicity", "gate.faces.ethnicity 民族", "gate.faces.nation UYGHUR",
        "gate.faces.attr7 attr7", "gate.ethnicity Uyghur",
    } <= shown(report)  # fmt: skip
    places = {f["place"]["chain"][0] for f in report["findings"]}
    assert {"gate.wanted", "gate.is_alarm()", "gate.sweep (event)"} <= places
    assert "2 distinct in 2 rows" in texts[0]
    checks = [c for f in report["findings"] if f["place"]["chain"] == ["gate.faces"] for c in f["check"]]
    assert checks[0].endswith("-e 'SHOW CREATE TABLE `gate`.`faces`'")
    assert not [s for text in [*texts, done.stderr] for s in (*SECRETS, PERSON) if s in text]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_rows_of_persons_never_leave_the_server(kind: str, request: pytest.FixtureRequest) -> None:
    told_of = entries(request.getfixturevalue(kind))
    text = "".join(told_of.values())
    assert "Nobody" not in text
    assert '["2", "Uyghur"]' in told_of["gate.ethnicity"]
    assert "--=" not in told_of["gate.persons"]
    assert '"distinct": {"id": 2, "name": 2}' in told_of["gate.persons"]
    odd = next(row for name, row in told_of.items() if "100% :x" in name)
    assert '"rows": 0, "distinct": {"a.b :c 5%": 0, "city": 0}' in odd


@pytest.mark.slow
def test_all_databases_of_a_mariadb_are_read_where_none_is_named(mariadb: str) -> None:
    assert "gate.faces" in entries(mariadb.removesuffix("gate"))
    assert not [name for name in entries(mariadb) if name.startswith(("mysql.", "sys."))]


@pytest.mark.slow
def test_the_same_database_gives_the_same_bytes(postgresql: str) -> None:
    first, second = (json.loads(untag(postgresql, "--format", "json").stdout) for _ in range(2))
    assert {k: v for k, v in first.items() if k != "run"} == {k: v for k, v in second.items() if k != "run"}


@pytest.mark.slow
def test_nothing_of_a_hostile_database_runs(postgresql: str) -> None:
    base = postgresql.removesuffix("postgres")
    run(postgresql, ["CREATE DATABASE hostile"])
    run(
        base + "hostile",
        [
            "CREATE TABLE ran (n int)",
            "CREATE FUNCTION strike() RETURNS boolean LANGUAGE sql AS 'INSERT INTO ran VALUES (1) RETURNING true'",
            "CREATE TABLE faces (id int, ethnicity text)",
            "INSERT INTO faces VALUES (1, 'x')",
            "CREATE ROLE reader LOGIN PASSWORD 'r3ader'",
            "GRANT SELECT ON faces TO reader",
            "ALTER TABLE faces ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON faces USING (strike())",
            "CREATE VIEW face_view AS SELECT strike() AS race",
            "CREATE FUNCTION public.count(anyelement) RETURNS bigint LANGUAGE sql AS 'SELECT 861725309446123::bigint'",
            "ALTER ROLE reader SET search_path = public, pg_catalog",
        ],
    )
    url = base.replace(base.partition("//")[2].partition("@")[0], "reader:r3ader") + "hostile"
    done = untag(url, "--format", "json")
    report = json.loads(done.stdout)
    assert [(g["place"]["chain"], g["reason"]) for g in report["gaps"] if g["place"]["chain"] == ["public.faces"]] == [
        (["public.faces"], "refused")
    ]
    # So many digits stand in no digest by chance.
    assert "861725309446123" not in done.stdout
    assert '"rows": 0' in entries(base + "hostile")["public.ran"]


@pytest.mark.slow
def test_a_session_can_only_read_and_statements_are_bounded(postgresql: str, mariadb: str) -> None:
    from untag.sources import database
    from untag.sources._catalog import Failed

    for spec, driver, statements in (
        (postgresql, "psycopg", ("CREATE TABLE gate.mine (a int)", "DELETE FROM gate.faces")),
        (mariadb, "pymysql", ("DELETE FROM gate.faces", "UPDATE gate.faces SET age = 1")),
    ):
        url = taken(spec)
        with database._session(url, driver, "here", ()) as connection:
            catalog = database._catalog(url, connection)
            catalog.begin()
            for statement in statements:
                with pytest.raises(Failed, match="refused"):
                    catalog.rows(statement)
            asked = "SHOW statement_timeout" if driver == "psycopg" else "SELECT @@max_statement_time"
            assert str(catalog.rows(asked)[0][0]).startswith("30")
            assert catalog.rows("SELECT count(*) FROM gate.faces")[0][0] in (1000, 2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_wrong_password_missing_database_and_the_password_from_elsewhere(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url: str = request.getfixturevalue(kind)
    whom = url.split("//")[1].split("@", maxsplit=1)[0]
    wrong = untag(url.replace(whom, "auditor:wr0ng-one"))
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert len(wrong.stderr.splitlines()) == 1
    assert "wr0ng-one" not in wrong.stderr
    assert "auditor:***@" in wrong.stderr
    missing = untag(url + "_not_there")
    assert (missing.returncode, len(missing.stderr.splitlines())) == (2, 1)
    bare = url.replace(whom, "auditor")
    assert untag(bare).returncode == 2
    name = {"postgresql": "PGPASSWORD", "mariadb": "MYSQL_PWD"}[kind]
    assert untag(bare, **{name: servers.PASSWORD}).returncode == 1
    (tmp_path / "secret").write_text(servers.PASSWORD + "\n", "utf-8")
    done = untag(bare, "--password-file", str(tmp_path / "secret"))
    assert done.returncode == 1
    assert servers.PASSWORD not in done.stdout + done.stderr


@pytest.mark.slow
def test_what_an_account_may_not_see_is_a_gap(mariadb: str) -> None:
    run(
        mariadb,
        [
            "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'r3ader'",
            "GRANT SELECT (id, ethnicity) ON gate.faces TO reader@'127.0.0.1'",
            "GRANT EXECUTE ON FUNCTION gate.is_alarm TO reader@'127.0.0.1'",
        ],
    )
    url = mariadb.replace(mariadb.split("//")[1].split("@", maxsplit=1)[0], "reader:r3ader")
    rows = list(choose(url).walk(url, 0))
    assert {r.place.chain[0] for r in rows if isinstance(r, Gap)} == {"gate.faces", "gate.is_alarm()"}
    faces = next(r for r in rows if isinstance(r, Entry) and r.place.chain == ("gate.faces",))
    assert "ethnicity" in faces.data.decode()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_down_is_a_gap_and_other_inputs_are_read(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "face.h").write_text("struct FaceAttr { int age; int ethnicity; };\n", encoding="utf-8")
    url = f"{scheme}://auditor:S3cret@127.0.0.1:{servers.port()}/gate"
    alone = untag(url)
    assert alone.returncode == 3, alone.stderr
    assert "S3cret" not in alone.stdout + alone.stderr
    assert "unreachable" in alone.stdout
    both = json.loads(untag(str(tmp_path), url, "--format", "json").stdout)
    assert [g["reason"] for g in both["gaps"]] == ["unreachable"]
    assert {f["place"]["chain"][0] for f in both["findings"]} == {"face.h"}


def test_a_missing_driver_is_a_gap_that_names_the_extra(tmp_path: Path) -> None:
    for name in ("sqlalchemy", "psycopg"):
        (tmp_path / f"{name}.py").write_text("raise ImportError\n", encoding="utf-8")
    code = (
        "import sys, importlib.util as u, importlib.machinery\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == sys.argv.pop() else find(name, *more)\n"
        "from untag.sources import choose\n"
        "print(*choose('postgresql://u:S3cret@h/d').walk('postgresql://u:S3cret@h/d', 0))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "sqlalchemy"], capture_output=True, text=True, timeout=60)
    assert "untag[databases]" in done.stdout, done.stderr
    assert "needs" in done.stdout
    assert "S3cret" not in done.stdout


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("postgresql://u:p4ss@h/d", "postgresql://u:***@h/d"),
        (
            "postgresql://u@h:5432/d?sslmode=require&sslpassword=p4ss",
            "postgresql://u@h:5432/d?sslmode=require&sslpassword=***",
        ),
        ("mysql://h/d?password=p4ss", "mysql://h/d?password=***"),
        ("postgresql://u:p4ss@w@h/d", "postgresql://***"),
        ("postgresql://u:p4/ss@h/d", "postgresql://***"),
        ("postgresql://u:p4?ss@h/d", "postgresql://***"),
        ("postgresql://u:p4ss@h/d#@p4ss", "postgresql://***"),
        ("oracle://u:p4ss@h/d", "oracle://u:***@h/d"),
        ("sqlite:///a.db", "sqlite:///a.db"),
    ],
)
def test_a_url_is_told_without_what_is_secret(spec: str, said: str) -> None:
    assert redacted(spec) == told(spec) == said
    assert "p4" not in redacted(spec)


@pytest.mark.parametrize(
    "spec", ["postgresql://u:p4ss@w@h/d", "oracle://u:p4ss@h/d", "postgress://u:p4ss@h/d", "sqlite://p4ss"]
)
def test_a_wrong_url_is_a_mistake_in_one_line(spec: str) -> None:
    done = untag(spec)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert spec == "sqlite://p4ss" or "p4" not in done.stderr
    with pytest.raises(UntagError):
        list(choose(spec).walk(spec, 0))


def test_sqlite_by_its_url_is_the_file_and_its_logs(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as base:
        base.execute("CREATE TABLE faces (id INTEGER, age INT, face BLOB, ethnicity TEXT)")
        base.commit()
    (tmp_path / "a.db-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(4096))
    report = json.loads(untag(f"sqlite:///{tmp_path}/a.db", "--format", "json").stdout)
    assert report["inputs"][0]["kind"] == "database"
    assert {tuple(f["place"]["chain"]) for f in report["findings"]} == {("a.db", "schema.sql")}
    assert [g["place"]["chain"] for g in report["gaps"]] == [["a.db-wal"]]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.db", "a.db-wal"]


def test_allowances_inside_a_database_are_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "untag.toml").write_text("", "utf-8")
    from untag.cli._given import settle

    given: dict[str, Any] = dict.fromkeys(
        ("trust_input", "policy", "baseline", "strict", "fail_on", "max_depth", "engine", "no_sieve", "jobs",
         "respect_ignore", "stdin_filename", "no_cache", "password_file", "history", "unreachable")
    )  # fmt: skip
    _, options, _ = settle(["postgresql://h/d", "."], {**given, "password": (), "transcripts": ()})
    assert options.trusted == (False, True)
