"""DuckDB databases: the statements of the schema as a member, code tables, and closed vocabularies; never a row.

The format is DuckDB's own and changes with it, so DuckDB reads it: a private copy, opened to be read only, without
extensions, without any other file or address, on one thread and in bounded memory.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from untag import spool
from untag.cache import Cache
from untag.codes import CODED, Codes
from untag.gap import Damaged, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._columns import VALUES, Vocabulary, glosses, members, personal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.surface import Surface

__all__ = ["DuckdbReader"]

_SAFE: dict[str, Any] = {
    "access_mode": "READ_ONLY", "enable_external_access": "false", "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false", "allow_community_extensions": "false", "allow_unsigned_extensions": "false",
    "memory_limit": "256MB", "threads": "1", "temp_directory": "", "lock_configuration": "true",
}  # fmt: skip
_TABLES, _ROWS, _STATEMENTS = 2000, 100_000, 100_000
_DECLARED = (
    """
SELECT 'CREATE TYPE ' || type_name || ' AS ENUM (' || list_aggregate(list_transform(labels,
       lambda x: '''' || replace(x, '''', '''''') || ''''), 'string_agg', ', ') || ')'
FROM duckdb_types() WHERE NOT internal AND logical_type = 'ENUM' ORDER BY type_oid""",
    "SELECT sql FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid",
    "SELECT sql FROM duckdb_views() WHERE NOT internal ORDER BY view_oid",
    "SELECT sql FROM duckdb_indexes() ORDER BY index_oid",
    """
SELECT 'CREATE MACRO ' || function_name || '(' || array_to_string(parameters, ', ') || ') AS ' || macro_definition
FROM duckdb_functions() WHERE NOT internal AND macro_definition IS NOT NULL ORDER BY function_oid""",
    """
SELECT 'COMMENT ON TABLE ' || table_name || ' IS ''' || replace(comment, '''', '''''') || ''''
FROM duckdb_tables() WHERE NOT internal AND comment IS NOT NULL ORDER BY table_oid""",
    """
SELECT 'COMMENT ON COLUMN ' || table_name || '."' || column_name || '" IS ''' || replace(comment, '''', '''''')
       || ''''
FROM duckdb_columns() WHERE NOT internal AND comment IS NOT NULL ORDER BY table_oid, column_index""",
)
_COLUMNS = (
    "SELECT c.schema_name, c.table_name, c.column_name, c.data_type FROM duckdb_columns() c JOIN duckdb_tables() t "
    "ON c.table_oid = t.table_oid WHERE NOT c.internal ORDER BY c.table_oid, c.column_index"
)


class DuckdbReader(BinaryReader):
    """Asks DuckDB for the catalogue, and counts values of columns of texts."""

    name = "duckdb"
    rank = 60
    rows = True
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "of a table that is nothing but codes and what they mean the meanings are shown",
        "the first 100,000 rows of 2,000 tables are looked at; encrypted databases and logs beside one are gaps",
    )

    def knows(self, artifact: Artifact) -> bool:
        """By the signature behind the first block's checksum."""
        return artifact.head.startswith(b"DUCK", 8)

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
        """The schema, then code tables and vocabularies.

        Raises:
            Damaged: DuckDB does not open it.
        """
        try:
            import duckdb
        except ImportError:
            said = "a DuckDB database: pip install 'untag[duckdb]' reads it"
            yield Gap(artifact.place.whole(), Reason.NEEDS, said, artifact.size)
            return
        if artifact.size > limits.size:
            yield Gap(artifact.place.whole(), Reason.LIMIT, "a DuckDB database too large to be copied", artifact.size)
            return
        cache = Cache()
        folder = str(cache.folder) if cache.usable and cache.folder else None
        handle, copy = tempfile.mkstemp(prefix="untag-", dir=folder)
        try:
            with artifact.open() as file, open(handle, "wb") as out:  # noqa: PTH123 - a handle
                shutil.copyfileobj(file, out, 1 << 20)
            with duckdb.connect(copy, read_only=True, config=dict(_SAFE)) as base:
                yield from _shown(base, artifact, limits)
        except duckdb.Error as error:
            # What it says may quote a value.
            raise Damaged(f"DuckDB does not read it ({type(error).__name__})") from None
        finally:
            Path(copy).unlink()


def _shown(base: Any, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque]:
    statements: list[str] = []
    for asked in _DECLARED:
        rows = base.execute(asked).fetchmany(_STATEMENTS)
        statements += [str(row[0]).rstrip().rstrip(";") + ";\n" for row in rows if row[0]]
    sql = "".join(statements)
    if sql:
        stream = io.BytesIO(sql.encode("utf-8", "replace"))
        yield from spool.member(artifact, "schema.sql", stream, limits, packed=len(sql))
    tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, kind in base.execute(_COLUMNS).fetchall():
        tables.setdefault((schema, table), []).append((column, kind))
    for (schema, table), columns in list(tables.items())[:_TABLES]:
        yield from _values(base, artifact, f"{_quoted(schema)}.{_quoted(table)}", table, columns)
    if len(tables) > _TABLES:
        yield Gap(artifact.place.whole(), Reason.LIMIT, "duckdb: not all tables were looked at")
    yield Opaque("rows", max(0, artifact.size - len(sql)))


def _values(
    base: Any, artifact: Artifact, source: str, table: str, columns: list[tuple[str, str]]
) -> Iterator[Surface]:
    place = artifact.place.whole()
    names = [name for name, _ in columns]
    codes = Codes(table, names)
    if codes.open:
        wanted = ", ".join(map(_quoted, names))
        for row in base.execute(f"SELECT {wanted} FROM {source} LIMIT {CODED + 1}").fetchall():  # noqa: S608 - quoted
            codes.add(row)
        yield from glosses(codes.rows(), codes.column, place, table)
    for name, kind in columns:
        if kind != "VARCHAR" or personal(name):
            continue
        seen = Vocabulary()
        inner = f"SELECT {_quoted(name)} AS v FROM {source} LIMIT {_ROWS}"  # noqa: S608 - quoted
        asked = f"SELECT v, count(*) FROM ({inner}) WHERE v IS NOT NULL GROUP BY v LIMIT {VALUES + 8}"  # noqa: S608
        for value, times in base.execute(asked).fetchall():
            seen.add(str(value), int(times))
        yield from members(seen.values(), name, place, table)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
