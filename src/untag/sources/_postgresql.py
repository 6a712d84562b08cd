"""The catalogue of PostgreSQL: what it declares, as statements.

``search_path`` is emptied and rows are read of columns of built-in types alone, so that no function, operator or view
of the database runs. Catalogues: PostgreSQL 15 documentation, chapters 53 and 9.26.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.place import Place
from untag.sources._catalog import COLUMNS, SECONDS, Column, Table, Thing, asked, literal, named, plain, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

__all__ = ["PostgresqlCatalog"]

_OWN = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_RELATIONS = f"""
SELECT c.oid, n.nspname, c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'),
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END,
       pg_get_expr(c.relpartbound, c.oid), CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
       (SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
        JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid LIMIT 1)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {_OWN} ORDER BY n.nspname, c.relname"""
_COLUMNS = f"""
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid),
       a.attgenerated::text, col_description(a.attrelid, a.attnum),
       t.typcategory IN ('S', 'B', 'N') AND t.typnamespace = 'pg_catalog'::regnamespace OR t.typtype = 'e'
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {_OWN}
ORDER BY a.attrelid, a.attnum LIMIT {COLUMNS}"""
_CONSTRAINTS = f"""
SELECT conrelid, contypid, conname, pg_get_constraintdef(k.oid, true), obj_description(k.oid, 'pg_constraint')
FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE contype IN ('c', 'f', 'x') AND {_OWN} ORDER BY conrelid, contypid, conname"""
_TYPES = f"""
SELECT t.oid, n.nspname, t.typname, t.typtype::text, obj_description(t.oid, 'pg_type'),
       format_type(t.typbasetype, t.typtypmod), t.typdefault,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('e', 'd') AND {_OWN} ORDER BY n.nspname, t.typname"""
_FUNCTIONS = f"""
SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prokind::text,
       CASE WHEN p.prokind IN ('f', 'p', 'w') THEN pg_get_functiondef(p.oid) END, obj_description(p.oid, 'pg_proc')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OWN} ORDER BY 1, 2, 3"""
#: What belongs to a table: its id and a statement.
_MORE = (
    """
SELECT tgrelid, pg_get_triggerdef(oid, true), obj_description(oid, 'pg_trigger'), 'TRIGGER ' || quote_ident(tgname)
FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgrelid, tgname""",
    """
SELECT ev_class, pg_get_ruledef(oid, true), obj_description(oid, 'pg_rewrite'), 'RULE ' || quote_ident(rulename)
FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384 ORDER BY ev_class, rulename""",
    """
SELECT indrelid, pg_get_indexdef(indexrelid), obj_description(indexrelid, 'pg_class'), ''
FROM pg_index WHERE indexrelid >= 16384 AND (indpred IS NOT NULL OR indexprs IS NOT NULL)
ORDER BY indrelid, indexrelid""",
    """
SELECT polrelid, format('CREATE POLICY %I ON %s USING (%s) WITH CHECK (%s)', polname, polrelid::regclass,
       coalesce(pg_get_expr(polqual, polrelid), 'true'), coalesce(pg_get_expr(polwithcheck, polrelid), 'true')),
       obj_description(oid, 'pg_policy'), 'POLICY ' || quote_ident(polname)
FROM pg_policy ORDER BY polrelid, polname""",
)
_ABOUT = f"""
SELECT n.nspname, obj_description(n.oid, 'pg_namespace') FROM pg_namespace n
WHERE {_OWN} AND obj_description(n.oid, 'pg_namespace') IS NOT NULL ORDER BY 1"""
_KINDS = {"r": "TABLE", "p": "TABLE", "f": "FOREIGN TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "c": "TYPE"}


class PostgresqlCatalog:
    """Reads one database."""

    dialect = "postgresql"

    def __init__(self, connection: Connection, client: str) -> None:
        """Take an open connection.

        Args:
            connection: Nothing was asked on it yet.
            client: A ``psql`` command that connects to the same database.
        """
        self._on = connection
        self._client = client
        self._columns: dict[int, list[tuple[str, str, str | None, str, str | None, bool]]] = defaultdict(list)
        self._constraints: dict[tuple[int, int], list[tuple[str, str, str | None]]] = defaultdict(list)
        self._more: dict[int, list[str]] = defaultdict(list)

    def begin(self) -> None:
        """One transaction that only reads and sees one state; nothing is found by a name without its schema."""
        for statement in (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            f"SET LOCAL statement_timeout = {SECONDS * 1000}",
            f"SET LOCAL lock_timeout = {SECONDS * 1000}",
            "SET LOCAL search_path = pg_catalog",
            "SET LOCAL row_security = off",
            "SET LOCAL synchronize_seqscans = off",
            "SET LOCAL max_parallel_workers_per_gather = 0",
        ):
            self._on.exec_driver_sql(statement)

    def quote(self, name: str) -> str:
        """A name between double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def rows(self, statement: str) -> Sequence[Sequence[object]]:
        """The rows of a statement behind a savepoint."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._on.begin_nested():
                return [tuple(row) for row in self._on.execute(plain(statement))]
        except SQLAlchemyError as error:
            raise refusal(error, ("57014",), "42501") from None

    def things(self) -> Iterator[Thing | Gap]:
        """Types, tables and views, functions, remarks on schemas."""
        count = 0
        for oid, *column in asked(self._on, _COLUMNS):
            self._columns[_int(oid)].append(tuple(column))  # type: ignore[arg-type]
            count += 1
        for relation, domain, *constraint in asked(self._on, _CONSTRAINTS):
            self._constraints[_int(relation), _int(domain)].append(tuple(constraint))  # type: ignore[arg-type]
        relations = asked(self._on, _RELATIONS)
        self._belongings(relations)
        yield from self._about()
        yield from self._types()
        yield from self._relations(relations)
        yield from self._functions()
        if count >= COLUMNS:
            yield Gap(Place(("pg_attribute",)), Reason.LIMIT, f"more than {COLUMNS} columns; the rest was not read")

    def _belongings(self, relations: Sequence[Sequence[object]]) -> None:
        names = {_int(row[0]): named(str(row[1]), str(row[2])) for row in relations}
        for statement in _MORE:
            for oid, sql, about, what in asked(self._on, statement):
                table = names.get(_int(oid))
                if table is None or not sql:
                    continue
                self._more[_int(oid)].append(str(sql))
                if about:
                    kind = f"COMMENT ON {what} ON {table}" if what else f"COMMENT ON INDEX {table}"
                    self._more[_int(oid)].append(f"{kind} IS {literal(str(about))}")

    def _show(self, command: str, name: str) -> str:
        return f"{self._client} -c {shlex.quote(f'{command} {name}')}"

    def _about(self) -> Iterator[Thing]:
        for schema, about in asked(self._on, _ABOUT):
            sql = f"COMMENT ON SCHEMA {self.quote(str(schema))} IS {literal(str(about))}"
            yield Thing(named(str(schema)), [sql], self._show("\\dn+", named(str(schema))))

    def _types(self) -> Iterator[Thing]:
        for oid, schema, name, kind, about, base, default, labels in asked(self._on, _TYPES):
            full = f"{self.quote(str(schema))}.{self.quote(str(name))}"
            if kind == "e":
                sql = [f"CREATE TYPE {full} AS ENUM (\n" + ",\n".join(f"  {literal(str(t))}" for t in labels) + "\n)"]  # type: ignore[attr-defined]
            else:
                checks = [f"\n  CONSTRAINT {self.quote(n)} {c}" for n, c, _ in self._constraints[0, _int(oid)]]
                sql = [f"CREATE DOMAIN {full} AS {base}" + (f" DEFAULT {default}" if default else "") + "".join(checks)]
            if about:
                sql.append(f"COMMENT ON TYPE {full} IS {literal(str(about))}")
            yield Thing(named(str(schema), str(name)), sql, self._show("\\dT+", named(str(schema), str(name))))

    def _relations(self, relations: Sequence[Sequence[object]]) -> Iterator[Thing]:
        for oid, schema, name, kind, about, view, bound, key, parent in relations:
            number, full = _int(oid), f"{self.quote(str(schema))}.{self.quote(str(name))}"
            columns = self._columns.get(number, [])
            what = _KINDS[str(kind)]
            if view:
                names = ", ".join(self.quote(c[0]) for c in columns)
                sql = [f"CREATE {what} {full} ({names}) AS\n{view}"]
            elif kind == "c":
                rows = ",\n".join(f"  {self.quote(c[0])} {c[1]}" for c in columns)
                sql = [f"CREATE TYPE {full} AS (\n{rows}\n)"]
            elif bound:  # it has the columns of the whole, which are told there
                sql = [f"ALTER TABLE {parent} ATTACH PARTITION {full} {bound}"]
            else:
                sql = [self._table(what, full, number, str(key or ""))]
            sql += [f"COMMENT ON {what} {full} IS {literal(str(about))}"] if about else []
            sql += [f"COMMENT ON COLUMN {full}.{self.quote(c[0])} IS {literal(c[4])}" for c in columns if c[4]]
            sql += self._more.get(number, [])
            # Rows of a part are counted with the whole; those of a foreign table lie on another server.
            table = Table(str(schema), str(name), [Column(c[0], c[5]) for c in columns])
            place = named(str(schema), str(name))
            own = kind in ("r", "p") and not bound
            yield Thing(place, sql, self._show("\\d+", place), table if own else None)

    def _table(self, what: str, full: str, number: int, key: str) -> str:
        rows = []
        for name, typed, default, generated, _, _ in self._columns.get(number, []):
            row = f"  {self.quote(name)} {typed}"
            if default:
                row += f" GENERATED ALWAYS AS ({default}) STORED" if generated else f" DEFAULT {default}"
            rows.append(row)
        rows += [f"  CONSTRAINT {self.quote(n)} {d}" for n, d, _ in self._constraints.get((number, 0), [])]
        made = f"CREATE {what} {full} (\n" + ",\n".join(rows) + "\n)" + (f" PARTITION BY {key}" if key else "")
        remarks = [
            f";\nCOMMENT ON CONSTRAINT {self.quote(n)} ON {full} IS {literal(about)}"
            for n, _, about in self._constraints.get((number, 0), [])
            if about
        ]
        return made + "".join(remarks)

    def _functions(self) -> Iterator[Thing]:
        made: dict[str, Thing] = {}
        for schema, name, arguments, kind, body, about in asked(self._on, _FUNCTIONS):
            place = named(str(schema), str(name)) + "()"
            command = "\\da+" if kind == "a" else "\\sf"
            if place in made:  # of several of one name psql shows them all
                made[place].show = self._show("\\df+", place.removesuffix("()"))
            thing = made.setdefault(place, Thing(place, [], self._show(command, place.removesuffix("()"))))
            full = f"{self.quote(str(schema))}.{self.quote(str(name))}({arguments})"
            what = {"a": "AGGREGATE", "p": "PROCEDURE"}.get(str(kind), "FUNCTION")
            thing.sql.append(str(body) if body else f"CREATE AGGREGATE {full}")
            if about:
                thing.sql.append(f"COMMENT ON {what} {full} IS {literal(str(about))}")
        yield from made.values()


def _int(value: object) -> int:
    return int(str(value))
