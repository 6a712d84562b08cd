"""A database by its URL: what its catalogue declares, and never a row of a person.

PostgreSQL, MariaDB and MySQL are asked through SQLAlchemy, in a session that can only read and whose statements are
bounded in time. An SQLite database is a file and is read as one, without running anything of it.
"""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from untag.gap import Gap, Reason
from untag.mistake import UntagError
from untag.place import Place
from untag.sources import Entry, sources
from untag.sources._catalog import COUNTED, MOST, SECONDS, lines, sizes
from untag.sources._url import Url, is_url, redacted, scrubbed, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from untag.sources import Passed
    from untag.sources._catalog import Catalog

__all__ = ["DatabaseSource"]

#: What drivers are tried for a scheme, by the name of SQLAlchemy and of the module, and the extra that brings one.
_DRIVERS = {
    "postgresql": (("psycopg", "psycopg"), ("pg8000", "pg8000"), ("psycopg2", "psycopg2")),
    "mysql": (("pymysql", "pymysql"), ("mysqldb", "MySQLdb"), ("mariadbconnector", "mariadb")),
}
#: Where clients of these databases look for a password.
_PASSWORDS = {"postgresql": "PGPASSWORD", "mysql": "MYSQL_PWD"}
#: Parameters that may weaken what keeps a session harmless.
_BARRED = frozenset(("local_infile", "init_command", "options", "read_default_file", "autocommit"))
#: What a server that answers says when it is not ready: no mistake of the user's.
_BUSY = ("too many", "starting up", "shutting down", "recovery", "remaining connection slots")
_REFUSED = frozenset((1044, 1045, 1049, 1130, 1251, 1698))


class DatabaseSource:
    """What stands at ``postgresql://…``, ``mysql://…``, ``mariadb://…`` or ``sqlite:///…``."""

    name = "database"
    limits = (
        "Rows are counted in the server, 10,000 of a table and of 2,000 tables at most; no value of them leaves it.",
        "Of a codebook (codes and what they mean, nothing else, under a name that says so) the rows are read.",
        "A statement may take 30 seconds; what takes longer is a gap.",
        "Views are read as they are written and never asked, so that no function of the database runs.",
        "Foreign tables, large objects, roles, subscriptions and user mappings are not looked at.",
        "An SQLite database is read as the file it is; a log beside it is a gap.",
    )
    #: Tried where the URL and the environment give no password.
    passwords: tuple[bytes, ...] = ()

    def knows(self, spec: str) -> bool:
        """Whether it begins like a URL, and no file is called so."""
        return is_url(spec) and not os.path.lexists(spec)

    def told(self, spec: str) -> str:
        """The URL without its password."""
        return redacted(spec)

    def walk(self, spec: str, number: int, *, respect_ignore: bool = False) -> Iterator[Entry | Passed | Gap]:
        """What the database declares, one entry for each table, view, type and function, in order of name.

        Raises:
            UntagError: The URL is wrong, or the server does not let the account in.
        """
        url = taken(spec)
        shown = redacted(spec)
        if url.dialect == "sqlite":
            yield from _files(url, shown, number, respect_ignore=respect_ignore)
            return
        driver = _driver(url)
        if driver is None:
            said = f"{url.scheme} needs SQLAlchemy and a driver (pip install 'untag[databases]')"
            yield Gap(Place((shown,), number), Reason.NEEDS, said)
            return
        try:
            with _session(url, driver, shown, self.passwords) as connection:
                yield from _entries(_catalog(url, connection), number)
        except _Unreachable as error:
            yield Gap(Place((shown,), number), Reason.UNREACHABLE, str(error))


class _Unreachable(Exception):  # noqa: N818 - a state of the network, not a mistake of the program
    """The server does not answer."""


def _files(url: Url, shown: str, number: int, *, respect_ignore: bool) -> Iterator[Entry | Passed | Gap]:
    """The file of an SQLite database, and the logs that lie beside it and hold what it does not yet."""
    if url.host or not url.base or url.base == ":memory:":
        raise UntagError(f"{shown}: an SQLite database is named sqlite:///FILE, or sqlite:////FILE from the root")
    source = sources()["path"]
    for tail in ("", "-wal", "-journal"):
        path = url.base + tail
        if not tail or os.path.isfile(path):  # noqa: PTH113 - names that are no text must survive
            if os.path.isdir(path):  # noqa: PTH112
                raise UntagError(f"{shown}: that is a folder")
            yield from source.walk(path, number, respect_ignore=respect_ignore)


def _driver(url: Url) -> str | None:
    """What SQLAlchemy calls the first driver that is installed."""
    from importlib.util import find_spec

    if find_spec("sqlalchemy") is None:
        return None
    rows = [row for row in _DRIVERS[url.dialect] if not url.driver or url.driver == row[0]]
    if url.driver and not rows:
        known = ", ".join(name for name, _ in _DRIVERS[url.dialect])
        raise UntagError(f"no such driver {url.driver!r} (there are {known})")
    return next((name for name, module in rows if find_spec(module) is not None), None)


@contextmanager
def _session(url: Url, driver: str, shown: str, passwords: tuple[bytes, ...]) -> Iterator[Connection]:
    """A connection; whatever is said of a failure holds no password.

    Raises:
        UntagError: The server refuses.
        _Unreachable: It does not answer.
    """
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    password = url.password if url.password is not None else os.environ.get(_PASSWORDS[url.dialect])
    if password is None and passwords:
        password = passwords[0].decode("utf-8", "replace")
    query = {key: value for key, value in url.query if key.lower() not in _BARRED}
    made = sqlalchemy.URL.create(
        f"{url.dialect}+{driver}", url.user or None, password, url.host or None, url.port, url.base or None, query
    )
    given: dict[str, Any] = {} if driver == "pg8000" else {"connect_timeout": 10}
    if driver == "pymysql":
        given |= {"read_timeout": 2 * SECONDS, "write_timeout": 2 * SECONDS, "local_infile": False}
    secret = Url(
        url.scheme, url.driver, url.user, password, url.host, url.port, url.base, url.query
    )  # what the environment gave is as secret
    try:
        engine = sqlalchemy.create_engine(made, poolclass=NullPool, connect_args=given, hide_parameters=True)
        connection = engine.connect()
    except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
        said, refused = _why(error, secret)
        if refused:
            raise UntagError(f"{shown}: {said}") from None
        raise _Unreachable(said) from None
    try:
        yield connection
    except SQLAlchemyError as error:
        raise UntagError(f"{shown}: the connection broke: {_why(error, secret)[0]}") from None
    finally:
        connection.invalidate() if connection.closed else connection.close()
        engine.dispose()


def _why(error: Exception, url: Url) -> tuple[str, bool]:
    """Why there is no connection, in one line, and whether the server said so."""
    cause = getattr(error, "orig", None) or error
    numbers = [a for a in cause.args if isinstance(a, int)]
    text = str(cause.args[-1]) if numbers else str(cause)
    if url.dialect == "postgresql":
        _, fatal, said = text.partition("FATAL:")
        mistaken = "no password supplied" in text or "invalid" in text.lower()
        text = (said if fatal else text).strip().split("\n")[0]
        refused = bool(fatal) and not any(busy in text for busy in _BUSY)
        return scrubbed(text, url) or type(cause).__name__, refused or (mistaken and not fatal)
    return scrubbed(text, url) or type(cause).__name__, bool(numbers and numbers[0] in _REFUSED)


def _catalog(url: Url, connection: Connection) -> Catalog:
    from untag.sources._mysql import MysqlCatalog
    from untag.sources._postgresql import PostgresqlCatalog

    if url.dialect == "postgresql":
        return PostgresqlCatalog(connection, f"psql {shlex.quote(_bare(url))}")
    given = [("-h", url.host), ("-P", str(url.port or "")), ("-u", url.user)]
    client = " ".join(["mysql", *(f"{flag} {shlex.quote(value)}" for flag, value in given if value), "-p"])
    return MysqlCatalog(connection, client, url.base)


def _bare(url: Url) -> str:
    """A URL for a client, without password and parameters."""
    from urllib.parse import quote

    whom = quote(url.user, safe="") + "@" if url.user else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port, base = f":{url.port}" if url.port else "", f"/{quote(url.base)}" if url.base else ""
    return f"postgresql://{whom}{host}{port}{base}"


def _entries(catalog: Catalog, number: int) -> Iterator[Entry | Gap]:
    from untag.sources._catalog import Thing

    catalog.begin()
    things: list[Thing] = []
    for row in catalog.things():
        if isinstance(row, Gap):
            yield row
        else:
            things.append(row)
    counted = total = 0
    for thing in sorted(things, key=lambda t: t.name):
        place = Place((thing.name,), number)
        more: list[str] = []
        for item in sizes(catalog, thing, COUNTED - counted):
            if isinstance(item, Gap):
                yield Gap(place, item.reason, item.detail)
            else:
                more.append(item)
        counted += thing.table is not None
        data = lines(catalog.dialect, thing, more).encode("utf-8", "replace")
        total += len(data)
        if total > MOST:
            yield Gap(place, Reason.LIMIT, f"the catalogue is larger than {MOST >> 20} MB; the rest was not read")
            return
        if thing.missing:
            yield Gap(place, Reason.REFUSED, thing.missing)
        yield Entry(place, len(data), data=data, show=thing.show)
    if counted > COUNTED:
        yield Gap(Place(("(database)",), number), Reason.LIMIT, f"rows of {counted - COUNTED} tables were not counted")
