"""COBOL, line by line: records with their fields, condition names, paragraphs, conditions, calls and queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.later import later
from untag.readers._lined import DEEPEST, LONGEST, Lined
from untag.readers._lines import Line, lines
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.place import Place
    from untag.surface import Surface

__all__ = ["cobol"]

_NAME = r"[A-Za-z0-9][\w-]*"
#: An entry of the data division: its level, its name and what is said of it.
_ENTRY = later(rf"\s*(?P<level>\d\d?)\s+(?P<name>{_NAME})?(?P<more>[\s.].*|)$")
_PICTURE = later(r"\b(?:pic|picture)\s+(?:is\s+)?(?P<type>\S+?)\.?(?=\s|$)", re.IGNORECASE)
_VALUES = later(r"\bvalues?\s+(?:is\s+|are\s+)?(?P<value>[^\s.].*?)\.?\s*$", re.IGNORECASE)
_PARAGRAPH = later(rf"\s{{0,4}}(?P<name>{_NAME})(?:\s+section)?\s*\.\s*$", re.IGNORECASE)
_TEST = later(
    r"\s*(?:(?:else\s+)?if\s+(?P<if>.+?)(?:\s+then\b(?P<leads>.*)|$)|evaluate\s+(?P<subject>.+)|when\s+(?P<when>(?:\"[^\"]*\"|'[^']*'|[^\s\"']+)"
    r"(?:\s+(?:or|and|thru|through|=|>|<|not|equal|to)\s+\S+)*)|perform\s.*?\buntil\s+(?P<until>.+))",
    re.IGNORECASE,
)
_CALL = later(r"\s*(?:call|perform|invoke)\s+.+", re.IGNORECASE)
_MOVE = later(rf"\s*move\s+(?P<value>\"[^\"]+\"|'[^']+')\s+to\s+(?P<name>{_NAME})", re.IGNORECASE)
_QUERY = later(r"\s*exec\s+sql\b", re.IGNORECASE)
_QUERIED = later(r"\bend-exec\b\.?", re.IGNORECASE)
#: The text behind the numbers of a line in fixed form, and where the text ends.
_FIXED, _WIDE = 7, 72
_NUMBERED = later(r"(?:\d{6}| {6})(?:[ */\-dD]|$)")
#: Levels of names for values, of renamed parts and of single things.
_CONDITION, _RENAMES, _SINGLE = 88, 66, 77


def cobol(text: str, place: Place) -> Iterator[Surface]:
    """Surfaces of a program or copybook in COBOL.

    Args:
        text: The source, in fixed or free form.
        place: Place of the artifact.

    Yields:
        What it declares, asks and calls, with comments bound to the entries that they stand beside; line by line.
    """
    reader = _Cobol(place, fixed=_fixed(text))
    for line in lines(text):
        reader.line(line)
        yield from reader.flush()
    yield from reader.queried()
    yield from reader.end()


def _fixed(text: str) -> bool:
    """Whether lines begin with six columns for numbers and one that says what they are."""
    rows = [row for row in text[:20_000].split("\n") if row.strip()][:200]
    return bool(rows) and sum(_NUMBERED.match(row) is not None for row in rows) * 10 >= len(rows) * 9


class _Cobol(Lined):
    single = True
    words = frozenset(
        re.split(
            r"\s+",
            """
        accept add and are by call close compute configuration copy data delete display divide division else end
        end-evaluate end-exec end-if end-perform environment equal evaluate exec exit fd file file-control filler from
        giving go goback greater identification if input into invoke is less linkage move multiply not occurs of open or
        output perform pic picture procedure program program-id read redefines returning rewrite run section select
        set sql stop subtract than then thru times to until using value values varying when with working-storage write
            """.strip(),
        )
    )

    def __init__(self, place: Place, *, fixed: bool) -> None:
        super().__init__(place)
        self.fixed = fixed
        #: Groups that are open, by level: owner and kind around each.
        self.groups: list[tuple[int, str, Kind]] = []
        self.item = ""
        self.subject = ""
        self.query: list[Line] = []

    def line(self, line: Line) -> None:
        """Show one line."""
        start, end = (_FIXED, min(len(line.text), _WIDE)) if self.fixed else (0, len(line.text))
        sign = line.text[_FIXED - 1 : _FIXED] if self.fixed else line.text.lstrip()[:1]
        if sign and sign in "*/":
            self.remark(line, _FIXED - 1 if self.fixed else 0, alone=True)
            return
        if end > LONGEST:
            self.put(Role.STRING, line, (start, end))
            return
        cut = line.text.find("*>", start)
        stop = min(end, cut) if cut >= 0 else end
        code = line.text[:stop]
        if code[start:].strip():
            if self.query or _QUERY.match(code, start):
                self.query.append(Line(line.number, " " * start + code[start:]))
                if _QUERIED.search(code, start):
                    self.now += self.queried()
            else:
                self.statement(line, code, start)
                self.rest(line, start, stop)
        if cut >= 0:
            self.remark(line, cut, alone=not code[start:].strip())

    def queried(self) -> Iterator[Surface]:
        """The query that was gathered, read as SQL."""
        if self.query:
            from untag.readers._sql import read_sql

            rows = [_QUERIED.sub("", _QUERY.sub(lambda m: " " * len(m.group()), r.text)) for r in self.query]
            first, self.query = self.query[0].number, []
            yield from read_sql("\n".join(rows), self.place, first, self.owner)

    def statement(self, line: Line, code: str, start: int) -> None:
        """What a line declares or does."""
        if found := _ENTRY.match(code, start):
            self.entry(line, found)
        elif (found := _PARAGRAPH.match(code, start)) and found["name"].lower() not in self.words:
            self.groups, self.item = [], ""
            self.owner, self.kind = "", Kind.FILE
            self.declare(Role.FUNCTION, line, found.span("name"))
            self.owner, self.kind = self.unique(found["name"]), Kind.CALLABLE
        elif found := _TEST.match(code, start):
            self.test(line, found)
        elif found := _MOVE.match(code, start):
            low, high = found.span("value")
            self.put(Role.VALUE, line, (low + 1, high - 1), about=found["name"])
        elif _CALL.match(code, start):
            taken = list(self.taken)
            self.put(Role.CALL, line, (len(code) - len(code[start:].lstrip()), len(code)))
            self.taken = taken  # what it is called with is shown as well

    def entry(self, line: Line, found: re.Match[str]) -> None:
        """A record, a field of one, or a name for a value of the field above it."""
        level, name = int(found["level"]), found["name"] or ""
        picture, value = _PICTURE.search(found["more"]), _VALUES.search(found["more"])
        said = value["value"].strip("\"' ") if value else ""
        span = found.span("name")
        if not name or name.lower() == "filler" or level == _RENAMES:
            return
        if level == _CONDITION:
            self.declare(Role.MEMBER, line, span, (self.item or self.owner, Kind.ENUM), value=said)
            return
        while self.groups and self.groups[-1][0] >= level:
            _, self.owner, self.kind = self.groups.pop()
        if level == _SINGLE:
            self.groups, self.owner, self.kind = [], "", Kind.FILE
        role = Role.FIELD if self.kind is Kind.STRUCT else Role.CONSTANT
        if picture or level == _SINGLE:
            self.item = self.join(self.owner, name)
            self.declare(role, line, span, type=picture["type"] if picture else "", value=said)
            return
        path = self.unique(self.join(self.owner, name))
        self.declare(role if self.owner else Role.TYPE, line, span, None if self.owner else (path, Kind.STRUCT))
        if len(self.groups) < DEEPEST:
            self.groups.append((level, self.owner, self.kind))
        self.owner, self.kind, self.item = path, Kind.STRUCT, path

    def test(self, line: Line, found: re.Match[str]) -> None:
        """A condition as written."""
        group = next(g for g in ("if", "subject", "when", "until") if found[g] is not None)
        if group == "when" and found["when"].lower() == "other":
            return
        taken = list(self.taken)
        low, high = found.span(group)
        leads = self.names(line.text[high:] if group == "when" else found["leads"] or "")
        about = self.subject if group == "when" else ""
        self.put(Role.CONDITION, line, (low, low + len(found[group].rstrip(" ."))), about=about, value=leads)
        self.taken = taken
        if group == "subject":
            self.subject = found["subject"].strip()[:100]
