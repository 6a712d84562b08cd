"""The catalogue of MariaDB and MySQL: what it declares, as the server writes it.

Catalogues: MariaDB knowledge base, "Information Schema Tables"; MySQL 8 reference manual, chapter 28.
"""

from __future__ import annotations

import contextlib
import shlex
from collections import defaultdict
from typing import TYPE_CHECKING

from untag.gap import Gap, Reason
from untag.place import Place
from untag.sources._catalog import COLUMNS, SECONDS, Column, Failed, Table, Thing, asked, literal, named, plain, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

__all__ = ["MysqlCatalog"]

_SYSTEM = "('mysql', 'information_schema', 'performance_schema', 'sys')"
_OWN = f"NOT IN {_SYSTEM} AND (:base = '' OR {{0}} = :base)"
#: Engines that keep their rows on this server.
_LOCAL = frozenset(("innodb", "myisam", "aria", "memory", "rocksdb", "myrocks", "archive", "csv", "columnstore"))
_COUNTED = frozenset((
    "char", "varchar", "tinytext", "text", "mediumtext", "enum", "set", "tinyint", "smallint", "mediumint", "int",
    "bigint", "bit", "boolean",
))  # fmt: skip
_TABLES = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES "
    f"WHERE TABLE_SCHEMA {_OWN.format('TABLE_SCHEMA')} ORDER BY 1, 2"
)
_COLUMNS = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS "
    f"WHERE TABLE_SCHEMA {_OWN.format('TABLE_SCHEMA')} ORDER BY 1, 2, ORDINAL_POSITION LIMIT {COLUMNS}"
)
_VIEWS = (
    "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS "
    f"WHERE TABLE_SCHEMA {_OWN.format('TABLE_SCHEMA')}"
)
_TRIGGERS = (
    "SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT "
    f"FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA {_OWN.format('TRIGGER_SCHEMA')} ORDER BY 1, 2, 3"
)
_ROUTINES = (
    "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION, ROUTINE_COMMENT "
    f"FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA {_OWN.format('ROUTINE_SCHEMA')} ORDER BY 1, 2, 3"
)
_PARAMETERS = (
    "SELECT SPECIFIC_SCHEMA, SPECIFIC_NAME, PARAMETER_NAME, DTD_IDENTIFIER FROM information_schema.PARAMETERS "
    f"WHERE SPECIFIC_SCHEMA {_OWN.format('SPECIFIC_SCHEMA')} AND PARAMETER_NAME IS NOT NULL "
    "ORDER BY 1, 2, ORDINAL_POSITION"
)
_EVENTS = (
    "SELECT EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION, EVENT_COMMENT FROM information_schema.EVENTS "
    f"WHERE EVENT_SCHEMA {_OWN.format('EVENT_SCHEMA')} ORDER BY 1, 2"
)


class MysqlCatalog:
    """Reads one database, or all that the account sees."""

    dialect = "mysql"

    def __init__(self, connection: Connection, client: str, base: str) -> None:
        """Take an open connection.

        Args:
            connection: Nothing was asked on it yet.
            client: A command that connects to the same server.
            base: The database, or nothing for all.
        """
        self._on = connection
        self._client = client
        self._base = base

    def begin(self) -> None:
        """One transaction that only reads; each server knows one of the two names of the bound on statements."""
        from sqlalchemy.exc import SQLAlchemyError

        for statement in (f"SET SESSION max_statement_time = {SECONDS}",
                          f"SET SESSION max_execution_time = {SECONDS * 1000}"):  # fmt: skip
            with contextlib.suppress(SQLAlchemyError):
                self._on.exec_driver_sql(statement)
        for statement in (
            f"SET SESSION lock_wait_timeout = {SECONDS}",
            "SET SESSION sql_mode = ''",
            "SET SESSION sql_quote_show_create = 1",
            "SET SESSION TRANSACTION READ ONLY",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ):
            self._on.exec_driver_sql(statement)

    def quote(self, name: str) -> str:
        """A name between backticks."""
        return "`" + name.replace("`", "``") + "`"

    def rows(self, statement: str) -> Sequence[Sequence[object]]:
        """The rows of a statement; one that fails ends nothing else here."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return [tuple(row) for row in self._on.execute(plain(statement))]
        except SQLAlchemyError as error:
            raise refusal(error, ("1969", "3024"), "1142") from None

    def _all(self, statement: str) -> Iterator[list[str]]:
        for row in asked(self._on, statement, base=self._base):
            yield [v.decode("utf-8", "replace") if isinstance(v, bytes) else "" if v is None else str(v) for v in row]

    def _show(self, *names: str, what: str) -> str:
        said = f"SHOW CREATE {what} " + ".".join(map(self.quote, names))
        return f"{self._client} -e {shlex.quote(said)}"

    def things(self) -> Iterator[Thing | Gap]:
        """Tables and views, routines, events."""
        columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
        count = 0
        for schema, name, column, kind in self._all(_COLUMNS):
            columns[schema, name].append(Column(column, kind.lower() in _COUNTED))
            count += 1
        views = {(schema, name): body for schema, name, body in self._all(_VIEWS)}
        triggers: dict[tuple[str, str], list[str]] = defaultdict(list)
        for schema, table, name, when, what, body in self._all(_TRIGGERS):
            made = f"CREATE TRIGGER {self.quote(name)} {when} {what} ON {self.quote(table)} FOR EACH ROW\n{body}"
            triggers[schema, table].append(made)
        for schema, name, kind, engine in self._all(_TABLES):
            own = columns.get((schema, name), [])
            if "VIEW" in kind:
                yield self._view(schema, name, own, views.get((schema, name), ""))
            else:
                yield self._table(schema, name, own, triggers.get((schema, name), []), engine)
        yield from self._routines()
        yield from self._events()
        if count >= COLUMNS:
            yield Gap(Place(("information_schema.COLUMNS",)), Reason.LIMIT, f"more than {COLUMNS} columns")

    def _view(self, schema: str, name: str, own: list[Column], body: str) -> Thing:
        names = ", ".join(self.quote(c.name) for c in own)
        missing = "" if body else "the account may not see what the view asks (SHOW VIEW)"
        sql = f"CREATE VIEW {self.quote(name)} ({names}) AS\n{body or 'SELECT 1'}"
        return Thing(named(schema, name), [sql], self._show(schema, name, what="VIEW"), missing=missing)

    def _table(self, schema: str, name: str, own: list[Column], triggers: list[str], engine: str) -> Thing:
        missing = ""
        try:
            made = str(self.rows(f"SHOW CREATE TABLE {self.quote(schema)}.{self.quote(name)}")[0][1])
        except (Failed, IndexError) as error:
            rows = ",\n".join(f"  {self.quote(c.name)}" for c in own)
            made, missing = f"CREATE TABLE {self.quote(name)} (\n{rows}\n)", f"only its columns can be seen: {error}"
        table = Table(schema, name, own) if engine.lower() in _LOCAL else None
        return Thing(named(schema, name), [made, *triggers], self._show(schema, name, what="TABLE"), table, missing)

    def _routines(self) -> Iterator[Thing]:
        parameters: dict[tuple[str, str], list[str]] = defaultdict(list)
        for schema, name, parameter, kind in self._all(_PARAMETERS):
            parameters[schema, name].append(f"{self.quote(parameter)} {kind}")
        for schema, name, kind, returns, body, about in self._all(_ROUTINES):
            given = ", ".join(parameters.get((schema, name), []))
            sql = f"CREATE {kind} {self.quote(name)}({given})" + (f" RETURNS {returns}" if returns else "")
            sql += f" COMMENT {literal(about)}" if about else ""
            missing = "" if body else "the account may not see its body"
            place = named(schema, name) + "()"
            yield Thing(place, [f"{sql}\n{body}"], self._show(schema, name, what=kind), missing=missing)

    def _events(self) -> Iterator[Thing]:
        for schema, name, body, about in self._all(_EVENTS):
            sql = f"CREATE EVENT {self.quote(name)}" + (f" COMMENT {literal(about)}" if about else "")
            yield Thing(f"{named(schema, name)} (event)", [f"{sql} DO\n{body}"], self._show(schema, name, what="EVENT"))
