"""Takes columns out of an SQLite database, or digests one: a process of its own, so that a damaged file harms it alone.

Called with the name of a JSON file that says what to do; writes one line of JSON to standard output. No extension is
loaded, no trigger fires and no view is asked: columns are dropped by SQLite itself, rows only of tables without
triggers are deleted, and rows are read off tables alone. It takes nothing from untag.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Instructions of SQLite between two looks at the clock, and seconds for all of them.
_STEP, _SECONDS = 100_000, 1500
_LABEL = 200


def _bounded(memory: int, seconds: int) -> None:
    """No more than so much memory and time of a processor, where the system knows how."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open(path: str) -> sqlite3.Connection:
    """A database whose schema is not trusted."""
    base = sqlite3.connect(path, isolation_level=None)
    end = time.monotonic() + _SECONDS
    base.set_progress_handler(lambda: time.monotonic() > end, _STEP)
    if hasattr(base, "setconfig"):
        base.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)  # type: ignore[attr-defined,unused-ignore]  # noqa: FBT003
    for said in ("trusted_schema=OFF", "foreign_keys=OFF", "cell_size_check=ON", "recursive_triggers=OFF"):
        base.execute(f"PRAGMA {said}")
    return base


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def alter(spec: dict[str, Any]) -> dict[str, Any]:
    """Carry steps out on a copy, and write the result without free pages.

    Args:
        spec: ``path`` (the copy), ``out`` (which is not there yet), and ``steps``: ``kind`` (``column``, ``rows``,
            ``table``, ``index``, ``view``, ``trigger``, ``anew``), ``name``, and of columns and rows the ``table``; of
            a table that is built anew its ``sql`` under the name ``fresh`` and whether it numbers its rows (``own``);
            of rows the
            ``code`` column, the columns of ``meanings``, and ``rows`` (code, meaning): a row with both goes.
    """
    with closing(_open(spec["path"])) as base:
        # What names a column goes before the column.
        order = ("trigger", "view", "index", "rows", "column", "anew", "table")
        for step in sorted(spec["steps"], key=lambda s: order.index(s["kind"])):
            if step["kind"] == "column":
                base.execute(f"ALTER TABLE {_quoted(step['table'])} DROP COLUMN {_quoted(step['name'])}")
            elif step["kind"] == "rows":
                _delete(base, step)
            elif step["kind"] == "anew":
                _anew(base, step)
            else:
                base.execute(f"DROP {step['kind'].upper()} {_quoted(step['name'])}")
        base.execute("VACUUM INTO ?", (spec["out"],))
    return {"version": sqlite3.sqlite_version}


def _anew(base: sqlite3.Connection, step: dict[str, Any]) -> None:
    """Build a table anew without columns, as sqlite.org/lang_altertable.html says: rows keep order and numbers.

    What else is tied to the table by its name is made again as it was said; views and keys of others name it still.
    """
    name, fresh = step["name"], _quoted(step["fresh"])
    base.execute("PRAGMA legacy_alter_table=ON")
    base.execute("BEGIN IMMEDIATE")
    tied = base.execute(
        "SELECT sql FROM sqlite_schema WHERE lower(tbl_name)=lower(?) AND type IN ('index','trigger') "
        "AND sql IS NOT NULL ORDER BY rowid",
        (name,),
    ).fetchall()
    counted = base.execute("SELECT 1 FROM sqlite_schema WHERE name='sqlite_sequence'").fetchone()
    said = base.execute("SELECT rowid, seq FROM sqlite_sequence WHERE name=?", (name,)).fetchone() if counted else None
    base.execute(step["sql"])
    left = base.execute(f"PRAGMA table_xinfo({fresh})").fetchall()
    columns = [_quoted(row[1]) for row in left if not row[6]]
    bare = "WITHOUT" in step["sql"].upper().rpartition(")")[2]
    asked = ", ".join((["rowid"] if not bare and not step["own"] else []) + columns)
    order = "" if bare else " ORDER BY rowid"
    base.execute(f"INSERT INTO {fresh} ({asked}) SELECT {asked} FROM {_quoted(name)} NOT INDEXED{order}")  # noqa: S608
    base.execute(f"DROP TABLE {_quoted(name)}")
    base.execute(f"ALTER TABLE {fresh} RENAME TO {_quoted(name)}")
    for (sql,) in tied:
        base.execute(sql)
    if said is not None:
        base.execute("UPDATE sqlite_sequence SET rowid=?, seq=? WHERE name=?", (*said, name))
    base.execute("COMMIT")


def _delete(base: sqlite3.Connection, step: dict[str, Any]) -> None:
    """Delete the rows of a code table that have some codes and mean what is said: one for each code."""
    table, wanted = _quoted(step["table"]), _wanted(step)
    found = base.execute("SELECT count(*) FROM sqlite_schema WHERE type='trigger' AND lower(tbl_name)=lower(?)",
                         (step["table"],))  # fmt: skip
    if found.fetchone()[0]:
        raise sqlite3.OperationalError("the table has triggers, which are never run")
    said = ", ".join(map(_quoted, (step["code"], *step["meanings"])))
    rows = base.execute(f"SELECT rowid, {said} FROM {table} NOT INDEXED")  # noqa: S608 - quoted
    doomed = [row[0] for row in rows if _goes(row[1], row[2:], wanted)]
    if len(doomed) != len({code for code, _ in wanted}):
        raise sqlite3.OperationalError("the table does not hold one row for each code")
    base.executemany(f"DELETE FROM {table} WHERE rowid=?", [(row,) for row in doomed])  # noqa: S608 - quoted


def digest(spec: dict[str, Any]) -> dict[str, Any]:
    """Digests of the rows of tables, in their order, without some columns and rows.

    Args:
        spec: ``path``, ``columns`` (pairs of table and column that are left out), ``rows`` (as steps say them) and
            ``tables`` (those that are left out).
    """
    gone = {(t.lower(), c.lower()) for t, c in spec["columns"]}
    tables: dict[str, Any] = {}
    # Text is marked, so that it is not taken for bytes that say the same.
    with closing(_open(spec["path"])) as base:
        named = base.execute("SELECT name, sql FROM sqlite_schema WHERE type='table' AND rootpage>0 ORDER BY name")
        for name, sql in named.fetchall():
            if name.lower() in {t.lower() for t in spec["tables"]}:
                continue
            bare = "WITHOUT" in (sql or "").upper().rpartition(")")[2]
            info = base.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
            columns = [row for row in info if not row[6] and (name.lower(), row[1].lower()) not in gone]
            total = hashlib.sha256(repr([row[1:] for row in columns]).encode("utf-8", "surrogatepass"))
            left = [r for r in spec["rows"] if r["table"].lower() == name.lower()]
            there = {row[1].lower() for row in info}
            number = _rows(base, name, [row[1] for row in columns], left, total, there, bare=bare)
            tables[name] = [number, len(columns), total.hexdigest()]
    return {"tables": tables, "version": sqlite3.sqlite_version}


def _rows(
    base: sqlite3.Connection, name: str, columns: list[str], left: list[Any], total: Any, there: set[str], *, bare: bool
) -> int:
    """Feed the rows of a table to a digest; how many there were."""
    asked = ["rowid"] * (not bare) + [_quoted(c) for c in columns]
    width = len(asked)
    spots: list[tuple[int, int, set[tuple[str, str]]]] = []
    for step in left:
        # A name that the table does not have would be taken for a text.
        meanings = [m for m in step["meanings"] if m.lower() in there]
        if step["code"].lower() in there and meanings:
            asked += map(_quoted, (step["code"], *meanings))
            spots.append((len(asked) - len(meanings) - 1, len(asked), _wanted(step)))
    base.text_factory = lambda raw: (raw,)
    number = 0
    try:
        for row in base.execute(f"SELECT {', '.join(asked)} FROM {_quoted(name)} NOT INDEXED"):  # noqa: S608 - quoted
            if any(_goes(_text(row[at]), map(_text, row[at + 1 : end]), wanted) for at, end, wanted in spots):
                continue
            number += 1
            total.update(repr(row[:width]).encode())
    finally:
        base.text_factory = str
    return number


def _wanted(step: dict[str, Any]) -> set[tuple[str, str]]:
    return {(code, meaning) for code, meaning in step["rows"]}


def _goes(code: Any, meanings: Iterable[Any], wanted: set[tuple[str, str]]) -> bool:
    """Whether a row has a code that goes, and means in one of its columns what that means."""
    said = str(code).strip()
    return any(isinstance(m, str) and (said, m.strip()[:_LABEL]) in wanted for m in meanings)


def _text(value: Any) -> Any:
    """A value with its text unmarked."""
    return value[0].decode("utf-8", "replace") if isinstance(value, tuple) else value


def main() -> None:
    """Read what to do, do it, say what came of it."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        spec = json.load(file)
    _bounded(4 << 30, 1800)
    try:
        made = digest(spec) if spec["do"] == "digest" else alter(spec)
    except sqlite3.Error as error:
        made = {"error": str(error)[:200]}
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main()
