"""SQLite databases: the statements of the schema as a member, code tables, and closed vocabularies; never a row."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from untag import spool
from untag.codes import Codes
from untag.gap import Freed, Gap, Opaque, Reason
from untag.readers import BinaryReader
from untag.readers._btree import Database
from untag.readers._columns import Vocabulary, glosses, members, personal
from untag.syntax.pages import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.artifact import Artifact
    from untag.gap import Limits
    from untag.readers._btree import Value
    from untag.surface import Surface

__all__ = ["SqliteReader"]

_MAGIC = b"SQLite format 3\0"
#: A write-ahead log, a rollback journal (fileformat2.html, 4.1 and 3).
_LOGS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7")
#: Statements of a schema, tables whose rows are looked at, pages of one, leaves and rows of one that are read.
_STATEMENTS, _TABLES, _PAGES, _LEAVES, _ROWS = 100_000, 2000, 1_000_000, 2000, 100_000
#: Rows of all tables that are read.
_ALL = 1_000_000
_CREATE = re.compile(r"\s*CREATE\s+(?:TEMP(?:ORARY)?\s+)?TABLE\b[^(]*\(", re.IGNORECASE | re.DOTALL)
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\b", re.IGNORECASE)
_WITHOUT = re.compile(r"\)[^)]*\bWITHOUT\s+ROWID\b[^)]*\Z", re.IGNORECASE)
_CONSTRAINT = re.compile(r"(?:CONSTRAINT|PRIMARY|UNIQUE|CHECK|FOREIGN)\b", re.IGNORECASE)
_NAME = re.compile(r"\s*(?:\"((?:[^\"]|\"\")*)\"|`([^`]*)`|\[([^\]]*)\]|'((?:[^']|'')*)'|([^\s(),]+))")
_QUIET = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
#: Tables in which full-text and spatial indexes keep what they index.
_SHADOW = re.compile(r"_(?:content|segments|segdir|docsize|stat|data|idx|config|node|parent|rowid)$")


class _Table(Struct):
    name: str
    root: int
    sql: str


class SqliteReader(BinaryReader):
    """Reads pages in plain Python: the file is never opened as a database."""

    name = "sqlite"
    rank = 60
    rows = True
    starts = (_MAGIC,)
    limits = (
        "rows are never shown; of a column of texts its values where at most 30 short ones repeat over 50 rows",
        "of a table that is nothing but codes and what they mean the meanings are shown",
        "rows of large tables are sampled: those of 2,000 pages of a table, spread over it, 100,000 at most",
        "of what was deleted the lexicon's words alone are told, with the page; free space of pages that are read",
        "what indexes hold is not looked at",
        "logs and journals beside a database are gaps",
    )

    def knows(self, artifact: Artifact) -> bool:
        """The signature of a database, or of a log or journal of one."""
        return artifact.head.startswith((_MAGIC, *_LOGS))

    def read(self, artifact: Artifact, limits: Limits) -> Iterator[Surface | Artifact | Gap | Opaque | Freed]:
        """The schema, then code tables and vocabularies.

        Raises:
            Damaged: The header makes no sense.
        """
        place = artifact.place.whole()
        if artifact.head.startswith(_LOGS):
            said = "a log of an SQLite database: its pages are not read; open the database once and close it"
            yield Gap(place, Reason.UNKNOWN, said, artifact.size)
            return
        with bytes_of(artifact) as data:
            base = Database(data)
            tables, statements = _schema(base)
            if statements:
                sql = "\n".join(s if s.rstrip().endswith(";") else s + ";" for s in statements) + "\n"
                stream = io.BytesIO(sql.encode("utf-8", "replace"))
                yield from spool.member(artifact, "schema.sql", stream, limits, packed=len(sql))
            yield from _values(base, tables, artifact)
            yield from (Freed(at, left) for at, left in base.freed())
            if base.stated() * base.page > artifact.size or base.broken:
                said = f"sqlite: {max(1, len(base.broken))} pages are missing or make no sense"
                yield Gap(place, Reason.DAMAGED, said, min(artifact.size, max(1, len(base.broken)) * base.page))
            if base.left <= 0 or len(tables) > _TABLES:
                yield Gap(place, Reason.LIMIT, "sqlite: not all tables and pages were looked at")
            yield Opaque("rows", max(0, artifact.size - sum(map(len, statements))))


def _schema(base: Database) -> tuple[list[_Table], list[str]]:
    """Tables that hold rows, and all statements, in the order of the file."""
    tables: list[_Table] = []
    statements: list[str] = []
    for page in base.leaves(1, _STATEMENTS):
        for _, row in base.rows(page, long=True):
            if len(row) < 5 or len(statements) >= _STATEMENTS:
                continue
            kind, name, root, sql = row[0], row[1], row[3], row[4]
            if not isinstance(sql, str):
                continue
            statements.append(sql)
            if kind == "table" and isinstance(root, int) and root > 0 and isinstance(name, str):
                tables.append(_Table(name, root, sql))
    made = {t.name for t in tables}
    virtual = {m[0] for s in statements if _VIRTUAL.match(s) and (m := _named(s[_end(_VIRTUAL, s) :]))}
    shadows = {name for name in made if any(name.startswith(v) and _SHADOW.match(name, len(v)) for v in virtual)}
    return [t for t in tables if t.name not in shadows and not t.name.startswith("sqlite_")], statements


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def _named(text: str) -> tuple[str, ...]:
    text = re.sub(r"\A\s*IF\s+NOT\s+EXISTS\b", "", text, flags=re.IGNORECASE)
    found = _NAME.match(text)
    return tuple(g for g in found.groups() if g is not None) if found else ()


def parts_of(sql: str) -> list[tuple[int, int, str]]:
    """What stands between the brackets of a statement that makes a table: spans, and of each column the name.

    A constraint has the name NUL, a column whose name cannot be told an empty one.
    """
    # Texts and remarks are blanked, so that the commas of the list alone are seen.
    quiet = _quiet(sql)
    begin = _CREATE.match(quiet)
    if begin is None:
        return []
    parts: list[tuple[int, int]] = []
    depth, start = 1, begin.end()
    for at in range(begin.end(), len(quiet)):
        sign = quiet[at]
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
        if depth == 0 or (depth == 1 and sign == ","):
            parts.append((start, at))
            start = at + 1
        if depth == 0:
            break
    out: list[tuple[int, int, str]] = []
    for start, stop in parts:
        bare = re.sub(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)+", "", sql[start:stop], flags=re.DOTALL)
        found = () if _CONSTRAINT.match(bare) else _named(bare) or ("",)
        out.append((start, stop, found[0] if found else "\0"))
    return out


def columns_of(sql: str) -> tuple[list[str], int]:
    """The names of the columns in a statement that makes a table, and which is the number of the row (or -1)."""
    names: list[str] = []
    own = -1
    quiet = _quiet(sql)
    for start, stop, name in parts_of(sql):
        if name == "\0":
            continue
        names.append(name)
        if re.search(r"\bINTEGER\s+PRIMARY\s+KEY\b", quiet[start:stop], re.IGNORECASE):
            own = len(names) - 1
    return names, own


def _quiet(sql: str) -> str:
    return _QUIET.sub(lambda m: ("\x01" if m[0][0] in "\"`['" else " ") * len(m[0]), sql)


def _values(base: Database, tables: list[_Table], artifact: Artifact) -> Iterator[Surface]:
    place = artifact.place.whole()
    left = _ALL
    for table in tables[:_TABLES]:
        names, own = columns_of(table.sql)
        if not names or left <= 0 or _WITHOUT.search(table.sql):
            continue
        leaves = base.leaves(table.root, _PAGES)
        step = max(1, len(leaves) // _LEAVES)
        codes = Codes(table.name, names)
        seen = {i: Vocabulary() for i, name in enumerate(names[:2000]) if not personal(name)}
        rows = 0
        for leaf in leaves[::step]:
            for number, row in base.rows(leaf):
                rows += 1
                if 0 <= own < len(row):
                    row[own] = number
                codes.add(row)
                _count(row, seen)
            if rows > _ROWS:
                break
        left -= rows
        yield from glosses(codes.rows(), codes.column, place, table.name)
        for at, one in seen.items():
            yield from members(one.values(), names[at], place, table.name)


def _count(row: list[Value], seen: dict[int, Vocabulary]) -> None:
    for at, one in seen.items():
        value = row[at] if at < len(row) else None
        if isinstance(value, str):
            one.add(value)
        elif isinstance(value, int) and one.open:
            one.close()
