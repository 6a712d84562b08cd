"""What the statements of SQL declare and ask: tables, columns, closed sets, codebooks, conditions, functions."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from untag.codes import listing, persons
from untag.later import later
from untag.readers._lex import comment_lines, split_lines
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from untag.place import Place

__all__ = ["Statements", "Token"]

#: Rows of a two-column table of codes whose names are shown, and the longest name.
ROWS, NAME = 100, 60

#: Longest condition and column type shown.
CONDITION, TYPE = 500, 120

_NAMES = frozenset({"word", "quoted"})

_CONSTRAINTS = frozenset({
    "primary", "key", "index", "unique", "constraint", "foreign", "check", "fulltext", "spatial", "exclude",
    "partition", "like", "period",
})  # fmt: skip

_ENDS = frozenset({
    "group", "order", "limit", "union", "having", "returning", "window", "fetch", "offset", "for", "intersect",
    "except", "minus", "then", "else", "end", "when", "on", "left", "right", "inner", "join", "loop", "begin",
})  # fmt: skip

_STOPS = frozenset({
    "comment", "default", "not", "null", "primary", "key", "auto_increment", "unique", "references", "check",
    "collate", "character", "charset", "generated", "constraint", "on", "identity", "invisible", "visible",
    "after", "first", "as",
})  # fmt: skip

_PLAIN = frozenset({
    "select", "from", "where", "and", "or", "not", "in", "is", "null", "create", "table", "insert", "into",
    "values", "update", "set", "delete", "join", "left", "right", "inner", "outer", "on", "as", "by", "group",
    "order", "having", "limit", "union", "all", "distinct", "primary", "key", "foreign", "references", "default",
    "auto_increment", "comment", "engine", "charset", "collate", "unique", "index", "constraint", "if", "exists",
    "drop", "alter", "add", "column", "varchar", "int", "integer", "bigint", "smallint", "tinyint", "text", "char",
    "date", "datetime", "timestamp", "decimal", "numeric", "float", "double", "boolean", "bool", "begin", "end",
    "case", "when", "then", "else", "like", "between", "asc", "desc", "view", "function", "procedure", "returns",
    "return", "declare", "cascade", "character", "using", "btree", "innodb", "utf8", "utf8mb4",
    "current_timestamp",
})  # fmt: skip


#: Tables and columns of rules, and how a rule asks for something.
_RULES = later(
    r"(?:^|_|(?<=[a-z]))(?:rules?|conditions?|cond|expr(?:ession)?|filters?|predicate|triggers?|criteria)(?=$|_|[A-Z])",
    re.IGNORECASE,
)
#: Tables that explain codes, what such a row calls the thing that is coded, and codes.
_DICTIONARY = later(
    r"(?:^|_|(?<=[a-z]))(?:dict(?:ionary|_?\w{0,6})?|codes?|enums?|lookup|labels?|options?|params?)(?=$|_|[A-Z])",
    re.IGNORECASE,
)
_CODED = later(r"[A-Za-z][A-Za-z0-9]*(?:[_.-][A-Za-z0-9]+)+|[A-Z][A-Z0-9_]{3,}|[a-z]+[A-Z]\w+")
_CODE = later(r"-?\d{1,4}")
#: The column of a dictionary that says what is coded, and what is written there.
_TYPED = later(r"(?:dict_?|code_?)?(?:type|kind|category|catalog|class)(?:_?(?:code|name|key))?", re.IGNORECASE)
_BARE = later(r"[A-Za-z]\w{0,30}")
#: What keys a code where the table does not say that it lists any: no first name is written so.
_KEY = later(r"-?\d{1,20}|[A-Z]{1,3}[-_]?\d{0,6}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z]{1,2}")
_PREDICATE = later(
    r"[\s(!]{0,4}[^\W\d][\w.$]{0,80}\s{0,4}(?:={1,3}|<>|!=|>=?|<=?|=~|(?:not\s{1,4})?(?:in|like|eq|equals)\b)\s{0,4}\S",
    re.IGNORECASE,
)


class Token(NamedTuple):
    """A token: its kind, offset, text as written, and text as meant."""

    kind: str
    at: int
    raw: str
    text: str

    @property
    def low(self) -> str:
        """Lower-case text of a word; empty for anything else."""
        return self.text.lower() if self.kind == "word" else ""


class Statements:
    """The statements of one text."""

    def __init__(
        self, text: str, place: Place, first: int, owner: str, copied: Mapping[int, list[list[Token]]]
    ) -> None:
        self.text = text
        self.copied = copied
        self.place = place
        self.first = first
        self.base = owner
        self.starts = [0]
        self.starts.extend(m.end() for m in re.finditer("\n", text))
        self.out: list[Surface] = []
        self.owner = owner
        self.kind = Kind.FILE
        self.used: dict[str, int] = {}
        self.shown: set[int] = set()

    def where(self, at: int) -> Place:
        """Line and column of a character."""
        row = bisect_right(self.starts, at) - 1
        return self.place.at(line=self.first + row, column=at - self.starts[row] + 1)

    def row(self, at: int) -> int:
        """Line from 0 of a character."""
        return bisect_right(self.starts, at) - 1

    def show(self, role: Role, token: Token, about: str = "", value: str = "", typed: str = "") -> None:
        """A surface for a token, once."""
        self.shown.add(token.at)
        shift = token.raw.find(token.text[:1]) if token.text and token.kind in {"string", "quoted"} else 0
        for number, inner, body in split_lines(token.text):
            place = (
                self.where(token.at + max(shift, 0))
                if not number
                else self.place.at(line=self.first + self.row(token.at) + number, column=inner + 1)
            )
            self.out.append(Surface(role, body, place, self.owner, self.kind, about, value, typed))

    def comment(self, token: Token, about: str = "") -> None:
        """The lines of a comment."""
        self.shown.add(token.at)
        start = self.where(token.at)
        for number, inner, body in comment_lines(token.raw):
            line, column = (start.line or 1) + number, (inner if number else inner + (start.column or 1) - 1) + 1
            self.out.append(
                Surface(Role.COMMENT, body, self.place.at(line=line, column=column), self.owner, self.kind, about)
            )

    def enter(self, name: str, kind: Kind) -> None:
        """Stand in the owner of a name."""
        self.owner = f"{self.base}.{name}" if self.base else name
        self.kind = kind

    def statement(self, everything: list[Token], *, lost: bool) -> Iterator[Surface]:
        """Show one statement."""
        if not everything:
            return
        self.out, self.shown = [], set()
        self.owner, self.kind = self.base, Kind.FILE
        tokens = [t for t in everything if t.kind != "comment"]
        lead = [t for t in everything if t.kind == "comment" and tokens and t.at < tokens[0].at]
        words = [t.low for t in tokens[:8]]
        data = False
        if "table" in words[:6] and words[:1] == ["create"]:
            self.table(tokens, everything, lead)
        elif words[:2] == ["comment", "on"]:
            self.remark(tokens)
        elif words[:2] == ["alter", "table"]:
            self.alter(tokens)
        elif words[:1] in (["insert"], ["replace"], ["merge"]) and "into" in words[:4]:
            data = self.insert(tokens, lost=lost)
        elif words[:1] == ["copy"] and tokens[0].at in self.copied:
            data = self.copy(tokens)
        elif words[:2] == ["create", "type"]:
            self.type(tokens)
        elif words[:1] in (["create"], ["alter"]):
            self.routine(tokens)
        if not data:
            self.conditions(tokens)
            self.rest(everything)
        else:
            for token in everything:
                if token.kind == "comment":
                    self.comment(token)
        self.out.sort(key=lambda s: (s.place.line or 0, s.place.column or 0))
        yield from self.out

    def name(self, tokens: list[Token], at: int) -> tuple[int, Token | None]:
        """A possibly dotted name: where the next token stands, and the last part."""
        last: Token | None = None
        while at < len(tokens) and tokens[at].kind in _NAMES:
            last = tokens[at]
            if at + 1 < len(tokens) and tokens[at + 1].raw == "." and at + 2 < len(tokens):
                at += 2
                continue
            at += 1
            break
        return at, last

    def skip(self, tokens: list[Token], at: int, *words: str) -> int:
        """Where the first token stands that is none of some words."""
        while at < len(tokens) and tokens[at].low in words:
            at += 1
        return at

    def close(self, tokens: list[Token], at: int) -> int:
        """Where the bracket closes that opens at a token."""
        depth = 0
        for number in range(at, len(tokens)):
            if tokens[number].raw == "(":
                depth += 1
            elif tokens[number].raw == ")":
                depth -= 1
                if depth == 0:
                    return number
        return len(tokens)

    def table(self, tokens: list[Token], everything: list[Token], lead: list[Token]) -> None:
        """CREATE TABLE: its name, columns, their comments, and closed sets."""
        at = next(n for n, t in enumerate(tokens) if t.low == "table") + 1
        at = self.skip(tokens, at, "if", "not", "exists")
        at, name = self.name(tokens, at)
        if name is None:
            return
        self.enter(name.text, Kind.TABLE)
        near = (
            lead[-1]
            if lead and self.row(tokens[0].at) - self.row(lead[-1].at) - lead[-1].raw.count("\n") <= 2
            else None
        )
        for token in lead:
            if near is not None and self.row(near.at) - self.row(token.at) <= 4 + token.raw.count("\n"):
                self.comment(token, name.text)
        self.show(Role.TYPE, name)
        if at >= len(tokens) or tokens[at].raw != "(":
            return
        end = self.close(tokens, at)
        lines: dict[int, tuple[str, int]] = {}
        for part in self.parts(tokens[at + 1 : end]):
            self.column(part, lines)
        for number in range(end, len(tokens)):
            if tokens[number].low == "comment":
                text = next((t for t in tokens[number + 1 : number + 3] if t.kind == "string"), None)
                if text is not None:
                    self.show(Role.COMMENT, text, name.text)
        self.remarks(everything, lines)

    def parts(self, tokens: list[Token]) -> list[list[Token]]:
        """What stands between commas, outside of brackets."""
        out: list[list[Token]] = [[]]
        depth = 0
        for token in tokens:
            if token.raw == "(":
                depth += 1
            elif token.raw == ")":
                depth -= 1
            elif token.raw == "," and depth == 0:
                out.append([])
                continue
            out[-1].append(token)
        return [p for p in out if p]

    def column(self, part: list[Token], lines: dict[int, tuple[str, int]]) -> None:
        """One column or constraint."""
        head = part[0]
        if head.low in _CONSTRAINTS and not (
            len(part) > 1 and part[1].low in {"int", "varchar", "text", "char", "integer"}
        ):
            self.check(part, "")
            return
        if head.kind not in _NAMES:
            return
        typed: list[str] = []
        depth = 0
        for token in part[1:]:
            if depth == 0 and typed and token.low in _STOPS:
                break
            depth += (token.raw == "(") - (token.raw == ")")
            typed.append(token.raw)
            if len(typed) > 40:
                break
        spelled = re.sub(r"\s*([(),])\s*", r"\1", " ".join(typed))[:TYPE]
        self.show(Role.COLUMN, head, typed=spelled)
        lines[self.row(head.at)] = (head.text, part[-1].at)
        if len(part) > 1 and part[1].low in {"enum", "set"} and len(part) > 2 and part[2].raw == "(":
            self.members(part[3 : self.close(part, 2)], head.text)
        for number, token in enumerate(part):
            if token.low == "comment" and number + 1 < len(part) and part[number + 1].kind == "string":
                self.show(Role.COMMENT, part[number + 1], head.text)
            elif token.low == "default" and number + 1 < len(part) and part[number + 1].kind == "string":
                self.show(Role.VALUE, part[number + 1], head.text)
        self.check(part, head.text)

    def members(self, tokens: list[Token], about: str) -> None:
        """The strings of a closed set."""
        owner, kind = self.owner, self.kind
        self.owner, self.kind = f"{owner}.{about}" if about else owner, Kind.ENUM
        for token in tokens:
            if token.kind == "string":
                self.show(Role.MEMBER, token)
        self.owner, self.kind = owner, kind

    def check(self, part: list[Token], about: str) -> None:
        """CHECK (column IN (…))."""
        checks = 0
        for number, token in enumerate(part):
            checks += token.low == "check"
            if checks > 8:
                break
            if token.low != "check" or number + 1 >= len(part) or part[number + 1].raw != "(":
                continue
            end = self.close(part, number + 1)
            inside = part[number + 2 : end]
            if inside:
                stop = part[end].at if end < len(part) else inside[-1].at + len(inside[-1].raw)
                self.condition(inside[0].at, stop, "")
            for place, inner in enumerate(inside):
                if inner.low in {"in", "any"} and place and any(t.kind == "string" for t in inside[place:]):
                    column = next(
                        (
                            t.text
                            for at, t in reversed(list(enumerate(inside[:place])))
                            if t.kind in _NAMES
                            and t.low not in {"not", "any"}
                            and not (at and inside[at - 1].raw == "::")  # behind :: stands a type
                        ),
                        about,
                    )
                    self.members(inside[place + 1 :], column)
                    break

    def remarks(self, everything: list[Token], lines: dict[int, tuple[str, int]]) -> None:
        """Comments between columns: behind one on its line, or above the next."""
        for token in everything:
            if token.kind != "comment" or token.at in self.shown:
                continue
            row = self.row(token.at)
            alone = not self.text[self.starts[row] : token.at].strip(" \t,")
            below = row + token.raw.rstrip().count("\n") + 1
            known = lines.get(row) if not alone else lines.get(below)
            self.comment(token, known[0] if known else "")

    def remark(self, tokens: list[Token]) -> None:
        """COMMENT ON COLUMN table.column IS '…'."""
        text = next((t for t in tokens if t.kind == "string"), None)
        names = [t for t in tokens[3:] if t.kind in _NAMES and t.low != "is"]
        if len(tokens) < 5 or not names:
            return
        if tokens[2].low == "column" and len(names) >= 2:
            self.enter(names[-2].text, Kind.TABLE)
            self.show(Role.COLUMN, names[-1])
            about = names[-1].text
        else:
            about = names[-1].text
            if tokens[2].low in {"table", "view"}:
                self.enter(about, Kind.TABLE)
        if text is not None:
            self.show(Role.COMMENT, text, about)

    def alter(self, tokens: list[Token]) -> None:
        """ALTER TABLE: columns that are added or changed."""
        at, name = self.name(tokens, self.skip(tokens, 2, "if", "exists", "only"))
        if name is None:
            return
        self.enter(name.text, Kind.TABLE)
        self.show(Role.TYPE, name)
        for part in self.parts(tokens[at:]):
            start = self.skip(
                part, 0, "add", "modify", "change", "column", "alter", "drop", "rename", "if", "not", "exists", "to"
            )
            if start and start < len(part):
                rest = part[start + 1 :] if part[start].raw == "(" else part[start:]
                if rest:
                    self.column(rest, {})

    def insert(self, tokens: list[Token], *, lost: bool) -> bool:
        """INSERT: the table and its columns; rows only where they are a short table of codes."""
        start = next(n for n, t in enumerate(tokens) if t.low == "into") + 1
        at, name, columns = self.filled(tokens, self.skip(tokens, start, "table"))
        if name is None:
            return False
        if at >= len(tokens) or tokens[at].low not in {"values", "value"}:
            return False
        rows: list[list[Token]] = []
        while at < len(tokens) and len(rows) <= ROWS:
            if tokens[at].raw != "(":
                at += 1
                continue
            end = self.close(tokens, at)
            rows.append([t for t in tokens[at + 1 : end] if t.raw != ","])
            at = end + 1
        ruled = _RULES.search(name.text) is not None
        for row in rows:
            for column, token in enumerate(row):
                told = column < len(columns) == len(row) and _RULES.search(columns[column]) is not None
                if token.kind == "string" and (ruled or told) and _PREDICATE.match(token.text):
                    # What a table of rules asks for is no value of a person.
                    self.condition(token.at + token.raw.index("'") + 1, token.at + len(token.raw) - 1, name.text)
        if _DICTIONARY.search(name.text) is not None and not lost and len(rows) <= ROWS:
            if not self.dictionary(rows, columns):
                self.codebook(name.text, rows, lost=lost)
        else:
            self.codebook(name.text, rows, lost=lost)
        return True

    def copy(self, tokens: list[Token]) -> bool:
        """COPY … FROM stdin: the table and its columns; rows only where they are a short table of codes."""
        _, name, _ = self.filled(tokens, 1)
        if name is None:
            return False
        self.codebook(name.text, self.copied[tokens[0].at], lost=False)
        return True

    def filled(self, tokens: list[Token], at: int) -> tuple[int, Token | None, list[str]]:
        """A table that rows are put into, and its columns: where the next token stands, its name, and theirs."""
        at, name = self.name(tokens, at)
        columns: list[str] = []
        if name is None:
            return at, None, columns
        self.enter(name.text, Kind.TABLE)
        self.show(Role.TYPE, name)
        if at < len(tokens) and tokens[at].raw == "(":
            end = self.close(tokens, at)
            for token in tokens[at + 1 : end]:
                if token.kind in _NAMES:
                    self.show(Role.COLUMN, token)
                    columns.append(token.text)
            at = end + 1
        return at, name, columns

    def dictionary(self, rows: list[list[Token]], columns: list[str]) -> bool:
        """Rows of a table that explains codes: what is coded, the code, and its name. Whether there was one."""
        base = self.owner, self.kind
        found = False
        typed = next((n for n, c in enumerate(columns) if _TYPED.fullmatch(c)), -1)
        for row in rows:
            names = [t for t in row if t.kind == "string" and len(t.text) <= NAME]
            coded = next((t for t in names if _CODED.fullmatch(t.text)), None)
            if coded is None and 0 <= typed < len(columns) == len(row) and row[typed] in names:
                # ``(type, code, label) VALUES ('mz', '05', …)``: the column says that it is what is coded
                coded = row[typed] if _BARE.fullmatch(row[typed].text) else None
            codes = [t for t in row if t.kind in {"number", "string"} and _CODE.fullmatch(t.text or t.raw)]
            labels = [t for t in names if t is not coded and t not in codes]
            if coded is None or not codes or not labels:
                continue
            found = True
            self.enter(coded.text, Kind.ENUM)
            self.show(Role.ENUM, coded)
            self.show(Role.MEMBER, labels[-1], value=codes[0].text or codes[0].raw)
            for other in labels[:-1]:
                self.show(Role.COMMENT, other, about=coded.text)
            self.owner, self.kind = base
        return found

    def codebook(self, table: str, rows: list[list[Token]], *, lost: bool) -> None:
        """Names of a two-column table of codes, which is no table of persons and what they are."""
        if lost or not 1 <= len(rows) <= ROWS or persons(table):
            return
        listed = listing(table)
        for row in rows:
            if (
                len(row) != 2
                or row[1].kind != "string"
                or row[0].kind not in {"number", "string"}
                or len(row[1].text) > NAME
                or len(row[0].text) > 20
                or " " in row[0].text.strip()  # names of persons; a code is one word
                or not (listed or row[0].kind == "number" or _KEY.fullmatch(row[0].text.strip()))
            ):
                return
        for row in rows:
            self.show(Role.MEMBER, row[1], value=row[0].text)

    def type(self, tokens: list[Token]) -> None:
        """CREATE TYPE … AS ENUM."""
        at, name = self.name(tokens, 2)
        if name is None:
            return
        enum = any(t.low == "enum" for t in tokens[at : at + 4])
        self.enter(name.text, Kind.ENUM if enum else Kind.STRUCT)
        self.show(Role.ENUM if enum else Role.TYPE, name)
        if enum:
            for token in tokens[at:]:
                if token.kind == "string":
                    self.show(Role.MEMBER, token)

    def routine(self, tokens: list[Token]) -> None:
        """CREATE VIEW, FUNCTION, PROCEDURE, TRIGGER."""
        for number, token in enumerate(tokens[:12]):
            if token.low in {"view", "function", "procedure", "trigger"}:
                _, name = self.name(tokens, self.skip(tokens, number + 1, "if", "not", "exists"))
                if name is not None:
                    role = Role.TYPE if token.low == "view" else Role.FUNCTION
                    if role is Role.FUNCTION:
                        self.show(role, name)
                    self.enter(name.text, Kind.TABLE if role is Role.TYPE else Kind.CALLABLE)
                    if role is Role.TYPE:
                        self.show(role, name)
                return

    def condition(self, start: int, end: int, value: str) -> None:
        """A condition as written."""
        shown = upto(self.text[start:end].strip(), CONDITION)
        if shown:
            self.out.append(Surface(Role.CONDITION, shown, self.where(start), self.owner, self.kind, "", value))

    def conditions(self, tokens: list[Token]) -> None:
        """WHERE, HAVING, ON, IF and CASE WHEN, with the tables or the results that they lead to."""
        depth = 0
        opened: tuple[int, int, str] | None = None
        verb = ""
        source = ""
        for number, token in enumerate(tokens):
            low = token.low
            if token.raw == "(":
                depth += 1
            elif token.raw == ")":
                depth -= 1
                if opened is not None and depth < opened[1]:
                    self.condition(opened[0], token.at, opened[2])
                    opened = None
            if low in {"select", "update", "delete"}:
                verb = low
            elif (
                low in {"from", "update", "join", "into"}
                and number + 1 < len(tokens)
                and tokens[number + 1].kind in _NAMES
            ):
                _, table = self.name(tokens, number + 1)
                source = table.text if table is not None else source
            if low in {"where", "having", "when", "if", "elsif", "elseif"} or (low == "on" and verb):
                if opened is not None:
                    self.condition(opened[0], token.at, opened[2])
                opened = None
                if (
                    (
                        number + 1 < len(tokens)
                        and tokens[number + 1].low not in {"not", "exists", "duplicate", "update", "delete"}
                    )
                    or low == "where"
                ) and number + 1 < len(tokens):
                    opened = (tokens[number + 1].at, depth, source if low in {"where", "having", "on"} else "")
            elif opened is not None and low in _ENDS and depth <= opened[1]:
                value = opened[2]
                if low == "then":
                    leads = [t for t in tokens[number + 1 : number + 8] if t.kind != "mark"]
                    stop = next((n for n, t in enumerate(leads) if t.low in {"else", "end", "when"}), len(leads))
                    value = upto(" ".join(t.text for t in leads[:stop]), 200)
                self.condition(opened[0], token.at, value)
                opened = None
        if opened is not None and tokens:
            self.condition(opened[0], tokens[-1].at + len(tokens[-1].raw), opened[2])

    def rest(self, everything: list[Token]) -> None:
        """Everything else: words, strings, comments."""
        for token in everything:
            if token.at in self.shown:
                continue
            if token.kind == "comment":
                self.comment(token)
            elif token.kind == "string":
                self.show(Role.STRING, token)
            elif token.kind in _NAMES and token.low not in _PLAIN:
                self.show(Role.USE, token)
