"""SQLite: columns are dropped in a copy by SQLite itself, in a process of its own, and free pages are not written."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from untag.codes import Codes
from untag.edit import Edit, Plan, Proof, Rewriter
from untag.gap import Damaged
from untag.readers._btree import Database
from untag.readers.sqlite import columns_of, parts_of
from untag.reports._words import count
from untag.rewriters import _alter
from untag.rewriters._columnar import MIXED
from untag.rewriters._proof import asked, copied
from untag.surface import Role
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from untag.artifact import Artifact
    from untag.edit import Target
    from untag.finding import Mark
    from untag.surface import Surface

__all__ = ["SqliteRewriter"]

_MAGIC = b"SQLite format 3\0"
_STATEMENTS = 100_000
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
#: Where the header says by what the file may be read and written, how often it was changed, and who wrote it.
_WAYS, _CHANGED, _FOR, _WRITER = slice(18, 20), slice(24, 28), slice(92, 96), slice(96, 100)
_SEEN = "the whole table goes: what refers to its rows is left without them"
_ANEW = "the table is built anew, and no key or constraint of that column keeps its rows apart any more"
#: What ties a column to a key, and the words that a constraint may begin with.
_TIES = re.compile(r"\bPRIMARY\s+KEY\b|\bUNIQUE\b|\bREFERENCES\b", re.IGNORECASE)
_KEY = re.compile(r"\bPRIMARY\s+KEY\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\)\s*(?:STRICT\s*,\s*)?WITHOUT\s+ROWID\b[^)]*\Z", re.IGNORECASE)
_ROWS = "other tables may refer to the numbers of these rows"


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement of the schema, and where it stands in what the reader shows of it."""

    kind: str
    name: str
    table: str
    sql: str
    start: int

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.start + len(self.sql)


@dataclass(frozen=True, slots=True)
class _Step:
    """What goes: ``kind`` and ``name``; of a column and of rows the table, of rows codes with meanings, and columns.

    Of a table that is built anew (``anew``) the statement under another name, and whether a column numbers its rows.
    """

    kind: str
    name: str
    table: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    code: str = ""
    meanings: tuple[str, ...] = ()
    sql: str = ""
    fresh: str = ""
    own: bool = False

    @property
    def codes(self) -> set[str]:
        """Codes of rows that go."""
        return {code for code, _ in self.rows}


class SqliteRewriter(Rewriter):
    """Drops columns, tables of codes, and what names them, and leaves no free page behind."""

    name = "sqlite"
    reads = ("sqlite",)
    rank = 20
    exact = False
    inner = True
    limits = (
        "a table whose key or constraint names a column is built anew without these, and only with --unsafe",
        "a column that another one is computed from, and the key of a table without numbers of rows, stay",
        "indexes, views and triggers that name a column go with it, and rows of code tables, only with --unsafe",
        "remarks in the schema stay where the statement they stand in does",
        "a database with a log or journal beside it stays",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature of a database."""
        return artifact.head.startswith(_MAGIC)

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """One step for each column, table, set of rows, or thing that names one.

        Raises:
            Damaged: The schema cannot be read, or a log lies beside the file.
        """
        _alone(artifact)
        schema = _schema(artifact)
        plan = Plan(secret=True)
        steps: dict[_Step, tuple[set[str], set[str], bool]] = {}
        rows: dict[_Step, tuple[set[tuple[str, str]], set[str]]] = {}
        for target in targets:
            for mark in target.marks:
                step = _step(schema, mark)
                if isinstance(step, str):
                    plan.kept.setdefault(target.key, step)
                elif step.kind == "rows":
                    row_ = rows.setdefault(replace(step, rows=()), (set(), set()))
                    row_[0].update(step.rows)
                    row_[1].add(target.key)
                else:
                    row = steps.get(step, (set(), set(), False))
                    named = mark.role in (Role.COLUMN, Role.TYPE)
                    steps[step] = (row[0] | {target.key}, row[1] | ({mark.text} if named else set()), row[2] or named)
        tables = {step.name.lower() for step in steps if step.kind == "table"}
        for step, (keys, names, named) in sorted(steps.items(), key=lambda item: (item[0].kind, item[0].name)):
            if step.kind == "column" and step.table.lower() in tables:
                continue
            plan.edits.append(_edit(schema, step, keys, names, named=named))
        for bare, (pairs, keys) in sorted(rows.items(), key=lambda item: item[0].table):
            if bare.table.lower() not in tables:
                step = replace(bare, rows=tuple(sorted(pairs)))
                what = f"{count(len(step.codes), 'row')} of the code table {bare.table!r}"
                made = Edit(-1, -1, safe=False, what=what, why=_ROWS, keys=tuple(sorted(keys)), data=(step,))
                plan.edits.append(made)
        plan.edits = _folded(plan.edits)
        inner = {(s.table.lower(), k) for s, row in steps.items() if s.table for k in row[0]}
        inner |= {(step.table.lower(), k) for step, row in rows.items() for k in row[1]}
        plan.edits = [_shared(edit, inner) for edit in plan.edits]
        return plan

    def rewrite(self, artifact: Artifact, plan: Plan, out: BinaryIO) -> None:
        """Carry the steps out on a copy.

        Raises:
            Damaged: SQLite does not do it; why.
        """
        _alone(artifact)
        with tempfile.TemporaryDirectory(prefix="untag-base-") as folder:
            made = os.path.join(folder, "made.db")  # noqa: PTH118
            steps = [vars_of(step) for step in _built(_schema(artifact), _steps(plan))]
            spec = {"do": "alter", "path": copied(artifact, folder, "copy.db"), "out": made, "steps": steps}
            _asked(spec, folder)
            with artifact.open() as file:
                old = file.read(100)
            with open(made, "rb") as file:  # noqa: PTH123
                head = bytearray(file.read(100))
                head[_WAYS], head[_WRITER] = old[_WAYS], old[_WRITER]
                changed = (int.from_bytes(old[_CHANGED], "big") + 1) & 0xFFFFFFFF
                head[_CHANGED] = head[_FOR] = changed.to_bytes(4, "big")
                out.write(head)
                shutil.copyfileobj(file, out, 1 << 20)

    def gone(self, surface: Surface, plan: Plan) -> bool:
        """A column with its values, a table, the labels of rows."""
        owner = surface.owner.lower()
        for step in _steps(plan):
            whole = f"{step.table}.{step.name}".lower()
            if step.kind == "column" and owner == whole:
                return True
            if step.kind == "table" and owner.startswith(f"{step.name}.".lower()):
                return True
            if step.kind == "rows" and owner == whole and surface.value in step.codes:
                return True
        return False

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare the schema, and all rows of all tables without what went."""
        steps = _steps(plan)
        if error := _schemas(_schema(before), _schema(after), steps):
            return Proof(error)
        left = {
            "columns": [(s.table, s.name) for s in steps if s.kind == "column"],
            "rows": [vars_of(s) for s in steps if s.kind == "rows"],
            "tables": [s.name for s in steps if s.kind == "table"],
        }
        made: list[dict[str, Any]] = []
        for artifact in (before, after):
            with tempfile.TemporaryDirectory(prefix="untag-base-") as folder:
                path = copied(artifact, folder, "copy.db")
                made.append(_asked({"do": "digest", "path": path, **left}, folder))
        if made[0]["tables"] != made[1]["tables"]:
            return Proof("a column that stays is not the same")
        rows = sum(row[0] for row in made[0]["tables"].values())
        columns = sum(row[1] for row in made[0]["tables"].values())
        said = f"{count(columns, 'other column')} of {count(len(made[0]['tables']), 'table')}: the same {rows:,} rows"
        facts = {"rows": rows, "columns": columns, "tables": made[0]["tables"], "sqlite": made[0]["version"]}
        return Proof("", (f"{said} by digest, read with SQLite {made[0]['version']}",), facts)


def vars_of(step: _Step) -> dict[str, object]:
    """A step for the other process."""
    said = {"kind": step.kind, "name": step.name, "table": step.table}
    more = {"sql": step.sql, "fresh": step.fresh, "own": step.own}
    return {**said, "rows": step.rows, "code": step.code, "meanings": step.meanings, **more}


def _steps(plan: Plan) -> list[_Step]:
    return list(dict.fromkeys(step for edit in plan.edits for step in _of(edit)))


def _asked(spec: Mapping[str, object], folder: str) -> dict[str, Any]:
    made = asked(_alter.__file__, folder, spec)
    if "error" in made:
        raise Damaged(f"SQLite does not do it: {made['error']}")
    return made


def _alone(artifact: Artifact) -> None:
    """Complain about a log beside a database: it would be played back over what is written anew.

    Raises:
        Damaged: There is one.
    """
    for tail in ("-wal", "-journal"):
        name = artifact.file + tail
        if artifact.file and os.path.isfile(name) and os.path.getsize(name):  # noqa: PTH113, PTH202
            raise Damaged("a log lies beside it: open the database once and close it")


def _schema(artifact: Artifact) -> list[_Made]:
    """All statements, at the places that the reader shows them."""
    out: list[_Made] = []
    at = 0
    with bytes_of(artifact) as data:
        base = Database(data)
        for page in base.leaves(1, _STATEMENTS):
            for _, row in base.rows(page, long=True):
                if len(row) < 5 or len(out) >= _STATEMENTS or not isinstance(row[4], str):
                    continue
                sql = row[4]
                out.append(_Made(str(row[0]), str(row[1]), str(row[2]), sql, at))
                at += len(sql) + (not sql.rstrip().endswith(";")) + 1
    return out


def _step(schema: Sequence[_Made], mark: Mark) -> _Step | str:
    """What goes with a mark, or why nothing does."""
    if len(mark.place.chain) > 1 and mark.place.chain[-1] == "schema.sql":
        return _stated(schema, mark)
    column = (mark.place.pointer or "/").split("/")[1].replace("~1", "/").replace("~0", "~")
    table = mark.surface.owner.removesuffix(f".{column}")
    made = next((m for m in schema if m.kind == "table" and m.name == table), None)
    if made is not None and mark.surface.value:
        names = columns_of(made.sql)[0]
        code, meanings = Codes(table, names).spots
        if code < 0 or not meanings:
            return "the columns of its code table cannot be told"
        said = tuple(names[n] for n in meanings)
        return _Step("rows", table, table, ((mark.surface.value, mark.text),), names[code], said)
    if made is None or column not in columns_of(made.sql)[0]:
        return "its place is no place in the database"
    return _Step("column", column, table)


def _stated(schema: Sequence[_Made], mark: Mark) -> _Step | str:
    """What goes with a mark in the schema."""
    text = "".join(m.sql + ("" if m.sql.rstrip().endswith(";") else ";") + "\n" for m in schema)
    line = 0
    for _ in range((mark.place.line or 1) - 1):
        line = text.find("\n", line) + 1
    at = line + (mark.place.column or 1) - 1
    made = next((m for m in schema if m.start <= at < m.end), None)
    if made is None:
        return "its place is no place in the database"
    if _VIRTUAL.match(made.sql):
        return "it is a virtual table, whose module is never run"
    if made.kind != "table":
        return _Step(made.kind, made.name, made.table)
    if mark.role is Role.COMMENT:
        return "it is a remark in the schema"
    for start, end, name in parts_of(made.sql):
        if start <= at - made.start < end:
            column = name.strip("\0") or _constrained(made.sql, mark)
            return _Step("column", column, made.name) if column else "it is a constraint of its table"
    return _Step("table", made.name)


def _constrained(sql: str, mark: Mark) -> str:
    """The column that a mark in a constraint of its table names; nothing where it names none."""
    said = {mark.text[h.start : h.end].lower() for h in mark.hits if h.kind != "context"}
    named = (c for c in columns_of(sql)[0] if _word(c).search(mark.text) and any(w in c.lower() for w in said))
    return next(named, "")


def _edit(schema: Sequence[_Made], step: _Step, keys: set[str], names: set[str], *, named: bool) -> Edit:
    """A step with all that names what goes."""
    others: list[_Made] = []
    if step.kind == "column":
        word = _word(step.name)
        table = _word(step.table)
        others = [
            m for m in schema
            if m.kind in ("index", "view", "trigger") and word.search(m.sql)
            and (m.table.lower() == step.table.lower() or table.search(m.sql))
        ]  # fmt: skip
    what = f"the {step.kind} {step.name!r}" + (f" of {step.table!r}" if step.table not in ("", step.name) else "")
    why = "" if named or step.kind != "column" else MIXED
    if step.kind == "table":
        why = _SEEN
    elif step.kind != "column":
        why = "what it does is not done any more"
    if others:
        listed = ", ".join(f"the {m.kind} {m.name!r}" for m in others[:5])
        what += f" with {listed}"
        why = f"{listed} may name it, and go with it"
    made = next((m for m in schema if m.kind == "table" and m.name == step.table), None)
    if step.kind == "column" and made is not None and (tied := _tied(made.sql, {step.name.lower()})):
        what += f", and of the table {tied}"
        why = "; ".join(filter(None, (why, _ANEW)))
    steps = (*(_Step(m.kind, m.name, m.table) for m in others), step)
    return Edit(-1, -1, b"", not why, what, why, tuple(sorted(keys)), tuple(sorted(names)), steps)


def _tied(sql: str, columns: Collection[str]) -> str:
    """What of a table goes with columns, so that it has to be built anew; nothing where SQLite itself drops them."""
    out: list[str] = []
    for start, end, name in parts_of(sql):
        text = sql[start:end]
        if name.lower() in columns and (found := _TIES.search(text)) is not None:
            out.append(f"the key or constraint {' '.join(found[0].upper().split())}")
        elif name == "\0" and any(_word(column).search(text) for column in columns):
            out.append("a constraint that names it")
    return " and ".join(dict.fromkeys(out))


def _built(schema: Sequence[_Made], steps: Sequence[_Step]) -> list[_Step]:
    """Steps, with one for each table that is built anew in the place of those for its columns.

    Raises:
        Damaged: A table cannot be built without them.
    """
    out = list(steps)
    for made in schema:
        mine = [s for s in steps if s.kind == "column" and s.table == made.name]
        columns = {s.name.lower() for s in mine}
        if made.kind != "table" or not mine or not _tied(made.sql, columns):
            continue
        parts = parts_of(made.sql)
        left = [part for part in parts if not _leaves(made.sql, part, columns)]
        if _WITHOUT.search(made.sql) and not any(_KEY.search(made.sql[a:b]) for a, b, _ in left):
            raise Damaged(f"the rows of {made.name!r} are kept by the key that goes")
        names = {m.name.lower() for m in schema}
        fresh = next(name for n in range(len(names) + 1) if (name := f"untag_{n}") not in names)
        body = ",".join(made.sql[a:b] for a, b, _ in left)
        sql = f'CREATE TABLE "{fresh}" ({body}{made.sql[parts[-1][1] :]}'
        own = columns_of(sql)[1] >= 0
        out = [s for s in out if s not in mine] + [_Step("anew", made.name, made.name, sql=sql, fresh=fresh, own=own)]
    return out


def _leaves(sql: str, part: tuple[int, int, str], columns: Collection[str]) -> bool:
    """Whether a part of a table goes with columns: one of them, or a constraint that names one."""
    start, end, name = part
    constraint = name == "\0" and any(_word(column).search(sql[start:end]) for column in columns)
    return name.lower() in columns or constraint


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)


def _folded(edits: Sequence[Edit]) -> list[Edit]:
    """Edits without those whose steps another takes too."""
    out: list[Edit] = []
    for edit in edits:
        others = [e for e in edits if e is not edit and set(_of(edit)) < set(_of(e))]
        if not others:
            mine = [e for e in edits if e is not edit and set(_of(e)) < set(_of(edit))]
            out.append(replace(edit, keys=tuple(sorted({*edit.keys, *(k for e in mine for k in e.keys)}))))
    return out


def _shared(edit: Edit, inner: set[tuple[str, str]]) -> Edit:
    """An edit by which a table goes, with the findings in that."""
    step = _of(edit)[-1]
    if step.kind != "table":
        return edit
    keys = {key for table, key in inner if table == step.name.lower()}
    return replace(edit, keys=tuple(sorted({*edit.keys, *keys})))


def _of(edit: Edit) -> tuple[_Step, ...]:
    return edit.data if isinstance(edit.data, tuple) else ()


def _schemas(old: Sequence[_Made], new: Sequence[_Made], steps: Iterable[_Step]) -> str:
    """Whether a schema lost what it should and nothing else; why not."""
    gone = {(s.kind, s.name.lower()) for s in steps if s.kind not in ("column", "rows")}
    dropped: dict[str, set[str]] = {}
    for step in steps:
        if step.kind == "column":
            dropped.setdefault(step.table.lower(), set()).add(step.name.lower())
    tables = {name for kind, name in gone if kind == "table"}
    stay = [m for m in old if (m.kind, m.name.lower()) not in gone and m.table.lower() not in tables]
    # What is written without free pages has tables first.
    stay.sort(key=lambda m: (m.kind, m.name))
    new = sorted(new, key=lambda m: (m.kind, m.name))
    if [(m.kind, m.name, m.table) for m in stay] != [(m.kind, m.name, m.table) for m in new]:
        return "other parts of the schema are not the same"
    for was, now in zip(stay, new, strict=True):
        lost = dropped.get(was.name.lower()) if was.kind == "table" else None
        if lost is None:
            if was.sql != now.sql:
                return "other parts of the schema are not the same"
        elif [c for c in columns_of(was.sql)[0] if c.lower() not in lost] != columns_of(now.sql)[0]:
            return "other columns are not the same"
        elif _tied(was.sql, lost):
            left = [was.sql[p[0] : p[1]].strip() for p in parts_of(was.sql) if not _leaves(was.sql, p, lost)]
            if left != [now.sql[a:b].strip() for a, b, _ in parts_of(now.sql)]:
                return "other columns are not said as before"
    return ""
