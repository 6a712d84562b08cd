"""SQL: columns go from tables that a file declares; what a database has to do is written as a migration, not run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from untag.edit import Plan, Proof, Rewriter
from untag.gap import Limits
from untag.readers._sql import TOKEN
from untag.readers.code import language_of
from untag.reports._words import count
from untag.rewriters._columnar import MIXED
from untag.rewriters._page import Notes, Page
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.artifact import Artifact
    from untag.edit import Edit, Target
    from untag.rewriters._page import Span

__all__ = ["SqlRewriter"]

_CONSTRAINTS = frozenset((
    "CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "EXCLUDE", "LIKE",
    "PERIOD",
))  # fmt: skip
#: Words of statements that bring rows, of any dialect or shell of one.
_FILLS = frozenset(("INSERT", "REPLACE", "COPY", "LOAD", "MERGE", "UPSERT", "BULK", "IMPORT"))
_RIGHTS = frozenset(("GRANT", "REVOKE", "DENY"))
_ROWS = "the file fills the table with rows, which count its columns"
_TABLE = "the whole table goes: what refers to it has to be changed"
_STAYS = "a statement that uses it has to be written anew"


@dataclass(slots=True)
class _Token:
    """A token: kind, span, and what it means in upper case for words, without quotes for names."""

    kind: str
    start: int
    end: int
    raw: str

    @property
    def word(self) -> str:
        """An unquoted word in upper case."""
        return self.raw.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """A name as it is meant."""
        return self.raw[1:-1] if self.kind == "quoted" else self.raw if self.kind == "word" else ""


@dataclass(slots=True)
class _Part:
    """A column or constraint in a table: its tokens."""

    tokens: list[_Token]

    @property
    def span(self) -> Span:
        """Its characters."""
        return self.tokens[0].start, self.tokens[-1].end

    @property
    def column(self) -> str:
        """Its name, of a column."""
        return "" if self.tokens[0].word in _CONSTRAINTS else self.tokens[0].name

    def names(self, name: str) -> bool:
        """Whether it names something."""
        return any(t.name.lower() == name.lower() for t in self.tokens)


@dataclass(slots=True)
class _Statement:
    """A statement: its tokens; of one that makes a table what that is called, its parts, and where they end."""

    tokens: list[_Token]
    table: str = ""
    said: str = ""
    parts: list[_Part] = field(default_factory=list)
    close: int = -1

    @property
    def span(self) -> Span:
        """Its characters."""
        return self.tokens[0].start, self.tokens[-1].end

    def names(self, name: str) -> bool:
        """Whether it names something, or says it in a text."""
        low = name.lower()
        return any(t.name.lower() == low or (t.kind == "string" and low in t.raw.lower()) for t in self.tokens)

    def holds(self, at: int) -> bool:
        """Whether a character lies in it."""
        return self.span[0] <= at < self.span[1]


@dataclass(slots=True)
class _Lost:
    """A part of a table that goes: for whom, and whether its name is a tag."""

    keys: set[str] = field(default_factory=set)
    named: bool = False


@dataclass(slots=True)
class _Row:
    """A column that goes: its name, for whom, why that is not safe, and the constraints that go with it."""

    name: str
    keys: set[str]
    why: str
    also: list[int]


class SqlRewriter(Rewriter):
    """Takes columns out of CREATE TABLE, with comments on them and, unsafely, the indexes that name them."""

    name = "sql"
    reads = ("code",)
    rank = 10
    limits = (
        "a table that the file fills with rows stays as it is",
        "queries, views and routines that use a column stay; they are listed",
        "a column that other statements name goes only with --unsafe, and indexes on it with it",
    )

    def knows(self, artifact: Artifact) -> bool:
        """SQL that is small enough to be parsed."""
        return artifact.held and artifact.size <= Limits().parse and language_of(artifact) == "sql"

    def plan(self, artifact: Artifact, targets: tuple[Target, ...]) -> Plan:
        """One step for each column, table, remark or statement about a column.

        Raises:
            Damaged: Its bytes are not clean text.
        """
        return _Planner(artifact, targets).run()

    def check(self, before: Artifact, after: Artifact, plan: Plan) -> Proof:
        """Compare the columns of all tables."""
        gone = {pair for edit in plan.edits if isinstance(edit.data, tuple) for pair in edit.data}
        wanted = []
        for one in _tables(Page(before).text):
            columns = [p.column for p in one.parts if p.column and (one.said, p.column) not in gone]
            if (one.said, "") not in gone:
                wanted.append((one.said, columns))
        made = [(one.said, [p.column for p in one.parts if p.column]) for one in _tables(Page(after).text)]
        if wanted != made:
            return Proof("other columns of its tables are not declared as before")
        total = sum(len(columns) for _, columns in made)
        return Proof("", (f"{count(total, 'other column')} of {count(len(made), 'table')} declared as before",))


class _Planner:
    def __init__(self, artifact: Artifact, targets: tuple[Target, ...]) -> None:
        self.page = Page(artifact)
        self.targets = targets
        self.statements, comments = _parsed(self.page.text)
        self.comments = comments
        self.notes = Notes(comments)
        self.filled = {name for s in self.statements for name in _filled(s)}
        self.plan = Plan(secret=bool(self.filled))
        self.parts: dict[tuple[int, int], _Lost] = {}
        self.whole: dict[int, set[str]] = {}
        self.other: dict[int, set[str]] = {}
        self.remarks: dict[Span, set[str]] = {}

    def run(self) -> Plan:
        for target in self.targets:
            for mark in target.marks:
                at = self.page.at(mark.place)
                why = "its place is no place in the file" if at is None else self.mark(target.key, at, mark.role)
                if why:
                    self.plan.kept.setdefault(target.key, why)
        edits = [*self.columns(), *self.tables()]
        taken = [(e.start, e.end) for e in edits]
        self.others()
        for span, keys in self.remarks.items():
            start = self.page.source.span(*span)[0]
            if any(low <= start < high for low, high in taken):
                edits = [e if not e.start <= start < e.end else _with(e, keys) for e in edits]
            else:
                edits.append(self.page.edit(self.page.lines(span, Notes(())), "a remark", keys))
        self.plan.edits = edits
        return self.plan

    def mark(self, key: str, at: int, role: Role) -> str:
        """Note what goes with a mark; why nothing does, or nothing."""
        number = next((n for n, s in enumerate(self.statements) if s.holds(at)), -1)
        comment = self.notes.around(at)
        if comment is not None:
            self.remarks.setdefault(comment, set()).add(key)
            return ""
        if number < 0:
            return "its place is no place in the file"
        one = self.statements[number]
        if not one.table:
            self.other.setdefault(number, set()).add(key)
            return ""
        if one.table.lower() in self.filled:
            return _ROWS
        for place, part in enumerate(one.parts):
            if part.span[0] <= at < part.span[1]:
                lost = self.parts.setdefault((number, place), _Lost())
                lost.keys.add(key)
                lost.named |= role is Role.COLUMN
                return ""
        self.whole.setdefault(number, set()).add(key)
        return ""

    def columns(self) -> Iterator[Edit]:
        """Steps for columns, table by table."""
        for number in sorted({number for number, _ in self.parts} - set(self.whole)):
            one = self.statements[number]
            mine = {place: lost for (n, place), lost in self.parts.items() if n == number}
            if all(not p.column or place in mine for place, p in enumerate(one.parts)):
                self.whole[number] = {key for lost in mine.values() for key in lost.keys}
                continue
            rows = {p: self.row(number, p, lost) for p, lost in sorted(mine.items()) if one.parts[p].column}
            also = {n for row in rows.values() for n in row.also}
            for place, lost in mine.items():
                if not one.parts[place].column and place not in also:
                    self.plan.keep((t for t in self.targets if t.key in lost.keys), "it is a constraint of its table")
            if rows:
                yield from self.cut(one, rows, also)

    def row(self, number: int, place: int, lost: _Lost) -> _Row:
        """A column with what goes with it."""
        one = self.statements[number]
        name = one.parts[place].column
        also = [n for n, p in enumerate(one.parts) if not p.column and p.names(name)]
        users = [n for n, s in enumerate(self.statements) if n != number and _uses(s, one, name)]
        why = "" if lost.named else MIXED
        if also:
            why = f"{count(len(also), 'key or constraint')} of the table goes with it"
        elif users:
            why = f"{count(len(users), 'other statement')} of the file may name it"
        keys = lost.keys | {k for n in also if (number, n) in self.parts for k in self.parts[number, n].keys}
        return _Row(name, keys, why, also)

    def cut(self, one: _Statement, rows: dict[int, _Row], also: set[int]) -> Iterator[Edit]:
        """Columns of one table: all of them together, since what parts them goes with them."""
        why = next((row.why for row in rows.values() if row.why), "")
        keys = {key for row in rows.values() for key in row.keys}
        spans = [p.span for p in one.parts]
        for start, end in self.page.items(spans, {*rows, *also}, self.notes, end=one.close):
            inside = [place for place in rows if start <= spans[place][0] < end]
            names = tuple(rows[place].name for place in inside)
            bound = any(start <= spans[place][0] < end for place in also)
            listed = ", ".join(map(repr, names)) or ("a key or constraint" if bound else "what parts columns")
            what = f"{'the column ' if len(names) == 1 else 'the columns ' if names else ''}{listed} of {one.table!r}"
            mine = {key for place in inside for key in rows[place].keys} or keys
            run = "\n".join(f"ALTER TABLE {one.said} DROP COLUMN {one.parts[place].tokens[0].raw};" for place in inside)
            made = self.page.edit((start, end), what, mine, why=why, names=names)
            yield _with(made, (), run, tuple((one.said, name) for name in names))
        for row in rows.values():
            for other, s in enumerate(self.statements):
                about, index = _about(s, one, row.name), _index(s, one, row.name)
                if about or index:
                    span = self.page.lines(s.span, self.notes)
                    mine = row.keys | self.other.pop(other, set())
                    what = f"the {'index on' if index else 'comment on'} the column {row.name!r}"
                    yield self.page.edit(span, what, mine, why="what it does is not done any more" if index else why)

    def tables(self) -> Iterator[Edit]:
        """Steps for whole tables."""
        for number, keys in sorted(self.whole.items()):
            one = self.statements[number]
            mine = keys | {k for (n, _), lost in self.parts.items() if n == number for k in lost.keys}
            span = self.page.lines(one.span, self.notes)
            made = self.page.edit(span, f"the table {one.table!r}", mine, why=_TABLE, names=(one.table,))
            yield _with(made, (), f"DROP TABLE {one.said};", ((one.said, ""),))

    def others(self) -> None:
        """Statements that no column takes along stay."""
        for keys in self.other.values():
            self.plan.keep((t for t in self.targets if t.key in keys), _STAYS)


def _with(edit: Edit, keys: Iterable[str], run: str = "", data: object = None) -> Edit:
    """An edit that serves more, or that has a statement for a migration."""
    from dataclasses import replace

    more = tuple(sorted({*edit.keys, *keys}))
    return replace(edit, keys=more, run=run or edit.run, data=edit.data if data is None else data)


def _filled(one: _Statement) -> set[str]:
    """In lower case, what a statement may fill with rows: all that it names, if any word of it fills."""
    tokens = one.tokens
    if one.table:
        # Where nothing ends statements, what follows a table may fill it.
        tokens = [t for t in tokens if t.start > one.close]
    elif tokens[0].word in _RIGHTS:
        return set()
    if not any(t.word in _FILLS and not _idle(tokens, at) for at, t in enumerate(tokens)):
        return set()
    # A name may be quoted as a whole with those before it, and SQLite takes a text for a name.
    named = {t.raw[1:-1] if t.kind == "string" else t.name for t in tokens} - {""}
    if one.table:
        named.add(one.table)
    return {part.lower() for name in named for part in (name, name.rpartition(".")[2])}


def _idle(tokens: list[_Token], at: int) -> bool:
    """Whether a word that fills is the function of that name, or says how something is made."""
    if tokens[at].word != "REPLACE":
        return False
    return tokens[at + 1 : at + 2] != [] and (
        tokens[at + 1].raw == "(" or [t.word for t in tokens[at - 2 : at]] == ["CREATE", "OR"]
    )


def _about(one: _Statement, table: _Statement, name: str) -> bool:
    """Whether a statement is nothing but a comment on a column of a table."""
    words = [t.word for t in one.tokens[:3]]
    return words == ["COMMENT", "ON", "COLUMN"] and _listed(one, table, name, 8)


def _uses(one: _Statement, table: _Statement, name: str) -> bool:
    """Whether a statement may use a column of a table: it names it, and is not about another table of its own."""
    if not one.names(name) or _about(one, table, name):
        return False
    own = bool(one.table) or [t.word for t in one.tokens[:2]] == ["COMMENT", "ON"]
    return one.names(table.table) or not own


def _index(one: _Statement, table: _Statement, name: str) -> bool:
    """Whether a statement makes an index on a column of a table."""
    words = [t.word for t in one.tokens[:4]]
    return words[0] == "CREATE" and "INDEX" in words and _listed(one, table, name, 100)


def _listed(one: _Statement, table: _Statement, name: str, most: int) -> bool:
    names = {t.name.lower() for t in one.tokens[:most] if t.name}
    return {table.table.lower(), name.lower()} <= names


def _tables(text: str) -> list[_Statement]:
    return [one for one in _parsed(text)[0] if one.table]


def _parsed(text: str) -> tuple[list[_Statement], list[Span]]:
    """Statements in order, and comments."""
    statements: list[_Statement] = []
    comments: list[Span] = []
    tokens: list[_Token] = []
    for found in TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "comment":
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            comments.append((start, found.end()))
            continue
        tokens.append(_Token("string" if kind == "tag" else kind, found.start(), found.end(), found[0]))
        if found[0] == ";" or (found[0].upper() == "GO" and text[: found.start()].endswith("\n")):
            if len(tokens) > 1:
                statements.append(_statement(tokens))
            tokens = []
    if tokens:
        statements.append(_statement(tokens))
    return statements, comments


def _statement(tokens: list[_Token]) -> _Statement:
    one = _Statement(tokens)
    words = [t.word for t in tokens[:8]]
    if words[0] != "CREATE" or "TABLE" not in words:
        return one
    at = words.index("TABLE") + 1
    if [t.word for t in tokens[at : at + 3]] == ["IF", "NOT", "EXISTS"]:
        at += 3
    first = at
    while at + 2 < len(tokens) and tokens[at + 1].raw == ".":
        at += 2
    if at + 1 >= len(tokens) or not tokens[at].name or tokens[at + 1].raw != "(":
        return one
    depth, part = 0, list[_Token]()
    parts: list[_Part] = []
    for token in tokens[at + 1 :]:
        depth += (token.raw in "([") - (token.raw in ")]")
        if (depth == 0 and token.raw == ")") or (depth == 1 and token.raw == ","):
            parts += [_Part(part)] if part else []
            part = []
            if depth == 0:
                one.close = token.start
                break
        elif depth > 1 or token.raw != "(" or part:
            part.append(token)
    if one.close >= 0 and parts:
        one.table = tokens[at].name
        one.said = "".join(t.raw for t in tokens[first : at + 1])
        one.parts = parts
    return one
