"""What a catalogue gives of a database, as text: statements, counts and code lists, one text for each thing.

The text is SQL behind a first line that says what it is (``MARK``), so that it can be read as files of SQL are. Two
kinds of remark stand in it: ``--# {…}`` holds the rows that were counted and how many distinct values each column has,
``--= […]`` a code of a codebook and what it means.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from untag.codes import CODED, Codes, persons
from untag.gap import Gap, Reason
from untag.later import later
from untag.mistake import UntagError
from untag.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, TextClause

__all__ = [
    "COUNTED", "MARK", "SAMPLE", "SECONDS", "Catalog", "Column", "Failed", "Table", "Thing", "asked", "lines",
    "named", "plain", "sizes", "state",
]  # fmt: skip

#: The first line of such a text, before the name of the dialect.
MARK = "-- untag catalogue 1: "
#: Tables whose rows are counted, rows of one, columns of one, and seconds that one statement may take.
COUNTED, SAMPLE, WIDE, SECONDS = 2000, 10_000, 100, 30
#: Columns, and characters of all texts together, that are taken of a database.
COLUMNS, MOST = 1_000_000, 128 << 20
_BARE = later(r"[^\W\d][\w$]*")


class Column(Struct, frozen=True):
    """A column: its name, and whether its values can be counted without running anything of the database."""

    name: str
    counted: bool


class Table(Struct):
    """A table whose rows may be counted: schema, name, and columns."""

    schema: str
    name: str
    columns: list[Column] = field(default_factory=list)


class Thing(Struct):
    """A table, view, type or function.

    Attributes:
        name: Its place, ``schema.name``.
        sql: Its statements.
        show: A command that shows it.
        table: Its columns, where its rows are counted.
        missing: What of it the account may not see.
    """

    name: str
    sql: list[str]
    show: str
    table: Table | None = None
    missing: str = ""


class Failed(Exception):  # noqa: N818 - a state of the database, not a mistake of the program
    """A statement that the server did not answer: the sentence says why, without a value."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Catalog(Protocol):
    """One kind of database.

    Attributes:
        dialect: Its name.
    """

    dialect: str

    def begin(self) -> None:
        """Make the session one that can only read, and bound its statements."""
        ...

    def things(self) -> Iterator[Thing | Gap]:
        """Everything that is declared, in order of name."""
        ...

    def quote(self, name: str) -> str:
        """A name as it stands in a statement."""
        ...

    def rows(self, statement: str) -> Sequence[Sequence[object]]:
        """The rows of a statement that may fail without ending the session.

        Raises:
            Failed: The server did not answer it.
        """
        ...


def named(*parts: str) -> str:
    """The place of a thing: its names with a point between them, quoted where one is no plain word."""
    return ".".join(p if _BARE.fullmatch(p) else '"' + p.replace('"', '""') + '"' for p in parts)


def sizes(catalog: Catalog, thing: Thing, left: int) -> Iterator[str | Gap]:
    """What is counted of a table, and its rows where it is a codebook.

    Of any other table no value leaves the server: the server itself counts.

    Args:
        catalog: The database.
        thing: The table.
        left: Tables that may still be counted.
    """
    table = thing.table
    if table is None or left <= 0:
        return
    place = Place((thing.name,))
    source = f"{catalog.quote(table.schema)}.{catalog.quote(table.name)}"
    counted = [c.name for c in table.columns if c.counted][:WIDE]
    try:
        if counted:
            quoted = [catalog.quote(name) for name in counted]
            asked = ", ".join(f"count(DISTINCT {q})" for q in quoted)
            inner = f"SELECT {', '.join(quoted)} FROM {source} LIMIT {SAMPLE}"
            row = catalog.rows(f"SELECT count(*), {asked} FROM ({inner}) AS looked")[0]
            numbers = [int(str(n)) for n in row]
            said = {"rows": numbers[0], "distinct": dict(zip(counted, numbers[1:], strict=True))}
            yield f"--# {json.dumps(said, ensure_ascii=False)}\n"
        names = [c.name for c in table.columns]
        codes = Codes(table.name, names)
        if codes.open and not persons(table.name):
            wanted = ", ".join(catalog.quote(name) for name in names)
            for values in catalog.rows(f"SELECT {wanted} FROM {source} LIMIT {CODED + 1}"):
                codes.add(values)
            rows = sorted(codes.rows(), key=lambda r: (len(r[0]), r))
            if not persons(table.name, [label for _, label in rows]):
                yield from (f"--= {json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    except Failed as error:
        yield Gap(place, error.reason, f"its rows could not be counted: {error}")


def lines(dialect: str, thing: Thing, more: Iterable[str]) -> str:
    """The text of a thing."""
    statements = (s.rstrip().rstrip(";") + ";\n" for s in thing.sql if s.strip())
    return "".join([f"{MARK}{dialect}\n", *statements, *more])


def asked(connection: Connection, statement: str, **values: object) -> Sequence[Sequence[object]]:
    """The rows of a statement on the catalogue itself, which must not fail.

    Raises:
        UntagError: It failed; the sentence names no value.
    """
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return [tuple(row) for row in connection.execute(text(statement), values)]
    except SQLAlchemyError as error:
        raise UntagError(f"the database does not answer about its catalogue ({state(error)})") from None


def plain(statement: str) -> TextClause:
    """A statement without parameters, whatever signs stand in the names in it."""
    from sqlalchemy import text

    return text(statement.replace(":", "\\:"))


def literal(value: str) -> str:
    """A text as it stands in a statement."""
    return "'" + value.replace("'", "''") + "'"


def refusal(error: Exception, slow: tuple[str, ...], denied: str) -> Failed:
    """Why the server did not answer a statement.

    Args:
        error: Of the driver.
        slow: Codes for a statement that took too long.
        denied: The code for one that the account may not ask.
    """
    code = state(error).rpartition(" ")[2]
    if code in slow:
        return Failed(Reason.LIMIT, f"it took longer than {SECONDS} seconds")
    said = "not allowed to this account" if code == denied else f"the server refused ({state(error)})"
    return Failed(Reason.REFUSED, said)


def state(error: Exception) -> str:
    """What an error of a driver is called, without the text of it, which may quote a value."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlstate", None) or next((a for a in getattr(cause, "args", ()) if isinstance(a, int)), "")
    return f"{type(cause).__name__} {code}".strip()
