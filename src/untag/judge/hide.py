"""Findings without values of persons in anything that they quote: lines around them, marks, evidence, names."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import DECLARED
from untag.finding import Evidence, Finding, Hit, Mark
from untag.judge.identity import UP, plainly, spelled
from untag.judge.person import PERSON, UNQUOTED
from untag.judge.veil import CLASSES, VALUE, Veil, cut_out
from untag.later import later
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.finding import Claim
    from untag.judge.gather import Draft, Sheet
    from untag.judge.veil import Cut
    from untag.place import Place
    from untag.surface import Surface

__all__ = ["Hidden", "tells"]

_CODE = frozenset({Role.USE, Role.CALL, Role.CONDITION, Role.IMPORT, Role.ANNOTATION})
#: Roles of things that are declared by a name; a member of a list may be a cell of a row.
_NAMED = DECLARED - {Role.MEMBER, Role.OUTPUT, Role.OPERATION}
#: Roles of a member of a list, and of the first cell in a row of a table.
_MEMBERS = frozenset({Role.MEMBER, Role.KEY})
_PARTS = later(r"[^./\[\]#>\s][^./\[\]#>]*")
_CELLS = later(r"\s{2,}|[|;&\t\n]|,\s?")
#: What a line without any value of a person seldom has.
_QUICK = later(
    r"@[\w\-]+\.|\d{6}|\d{2,4}[-/.]\d\d?[-/.]\d\d|(?i:name|birth|born|dob\b|phone|tel\b|mail|addr|имя|nombre)"
    rf"|[{UP}][^\W\d_A-Z]+[ +_][{UP}][^\W\d_A-Z]+"
    r"|[\u0590-\u10ff\u1200-\u17ff\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{2}"
    r"|\\u[0-9a-d]"
)
_BESIDE = "a word beside it, in a record of a person"
#: What stands for a mark that is a value as a whole.
_BLANK = "(not shown)"
#: Values of one file that are looked for in what else is said of it.
_MOST = 400
#: Members of a list that may be in any order by chance.
_ROW = 3
#: Lines that are looked at together, and characters of one, where all of an artifact are.
_STEP, _WIDE = 12, 2000


def tells(veil: Veil, sheet: Sheet) -> bool:
    """Whether a sheet holds a value of a person, as far as its lines and marks show one.

    Args:
        veil: Knows values.
        sheet: A finished one.
    """
    for draft in sheet.drafts:
        for surface in draft.siblings:
            if surface.value and veil.valued(surface.text, surface.value):
                return True
        if _listed(veil, draft):
            return True
        for mark in draft.marks:
            text = mark.text if mark.role not in _NAMED else ""
            for said in (text, mark.surface.value):
                if len(said) > 8 and _QUICK.search(said) and veil.text(said):
                    return True
    if any(_peopled(veil, d.marks) for d in sheet.drafts) and any(
        veil.keyed(s.text) for d in sheet.drafts for s in (*d.siblings, *(m.surface for m in d.marks))
    ):
        return True
    if any(_QUICK.search(e.text) and veil.text(e.text) for e in sheet.sample.values()):
        return True
    group: list[str] = []
    last = 0
    for number, line in sorted(sheet.excerpts.items()):
        if number != last + 1:
            if _QUICK.search("\n".join(group)) and veil.records(group):
                return True
            group = []
        group.append(line)
        last = number
    return bool(group) and _QUICK.search("\n".join(group)) is not None and bool(veil.records(group))


def _listed(veil: Veil, draft: Draft) -> bool:
    """Whether the members of a list, or the first cells of a table's rows, are values of persons."""
    members = [s.text for s in (*draft.siblings, *(m.surface for m in draft.marks)) if s.role is Role.MEMBER]
    keys = [s.text for s in draft.siblings if s.role is Role.KEY]
    # Above a list in running text stands what it lists, ``Files Modified``: a person, where one of a people is there.
    if draft.kind is Kind.SECTION and not (any(map(_grouped, draft.marks)) or any(map(veil.keyed, keys))):
        keys = []
    texts = keys + [t for m in draft.marks for t in (m.surface.about, m.text if m.role is Role.KEY else "") if t]
    # What is written as an identifier is no name: ``High_Cheekbones``.
    if any(" " in t and veil.person(t) for t in texts) or veil.row([*texts, *members]):
        return True
    named = sum(" " in t and veil.person(t) for t in members)
    if not named:
        return False
    # A single name among words is the title of a work or what a sign is called, if none of them is of a person, or if
    # they stand in the order of the alphabet, as values of one person do not.
    words = list(dict.fromkeys(s.text for s in draft.siblings if s.role is Role.MEMBER))
    ordered = len(set(members)) > _ROW and words in (sorted(words), sorted(words, key=str.casefold))
    return named * 2 >= len(members) or (not ordered and any(veil.people(t) for t in members))


def _grouped(mark: Mark) -> bool:
    """Whether a mark names a people."""
    return any(h.kind in {"group", "colour"} for h in mark.hits)


def _peopled(veil: Veil, marks: Iterable[Mark]) -> bool:
    """Whether a mark is a cell that holds a people and nothing else, in the row of what may be a person."""
    return any(
        m.role is Role.PROSE
        and any(h.kind in {"group", "colour"} and h.end - h.start == len(m.text.strip()) for h in m.hits)
        and veil.somebody(m.surface.about)
        for m in marks
    )


class Hidden:
    """Knows which lines of which artifacts are records, as far as findings quote them."""

    def __init__(self, veil: Veil, findings: Iterable[Finding]) -> None:
        """Look at what findings quote, and at nothing else.

        Args:
            veil: Knows values.
            findings: All that are told.
        """
        self._veil = veil
        #: By artifact: lines of records, (owner, role) of what is a value there, and the values.
        self._lines: dict[Place, set[int]] = {}
        self._owners: dict[Place, set[tuple[str, Role]]] = {}
        self._values: dict[Place, dict[str, None]] = {}
        self._nets: dict[Place, re.Pattern[str] | None] = {}
        #: Artifact and pointer (a page) where what is said of a people is said of one person.
        self._spots: set[tuple[Place, str | None]] = set()
        self._made: dict[tuple[int, bool], Mark] = {}
        self._cuts: dict[tuple[int, str], dict[int, list[Cut]]] = {}
        rows = list(findings)
        for finding in rows:
            self._see(finding)
        for finding in rows:
            for mark in finding.marks:
                self._heed(mark)
            self._key(finding)
            self._tag(finding)
            self._table(finding)

    def __bool__(self) -> bool:
        """Whether anything is to be hidden."""
        return bool(self._lines or self._values)

    def among(self, place: Place) -> bool:
        """Whether an artifact is known to hold records of persons."""
        return bool(self._lines.get(place.whole()))

    def touches(self, place: Place, first: int, last: int) -> bool:
        """Whether some lines of an artifact, from one to another, hold a record of a person."""
        known = self._lines.get(place.whole())
        return known is not None and any(n in known for n in range(first, last + 1))

    def names(self) -> list[str]:
        """Names of persons in records that findings quote."""
        every = {v for rows in self._values.values() for v in rows}
        return sorted(v for v in every if self._veil.person(v) or (not v.isascii() and self._veil.somebody(v)))

    def read(self, place: Place, lines: Sequence[str], *, code: bool = False) -> bool:
        """Look at more lines of an artifact, for somebody who asks about it; whether they hold records.

        Args:
            place: The artifact.
            lines: Its first ones.
            code: Whether it is a program: what begins there at the margin, behind an empty line, is something else.
        """
        whole = place.whole()
        starts = [0, *(n for n in range(1, len(lines)) if code and _begins(lines[n - 1], lines[n])), len(lines)]
        for first, end in pairwise(starts):
            # Half of the lines again each time, so that no record lies over the edge of all that hold it.
            for at in range(first, max(first + 1, end - _STEP // 2), _STEP // 2):
                part = [line[:_WIDE] for line in lines[at : min(at + _STEP, end)]]
                for number, rows in self._veil.lines(part).items():
                    self._lines.setdefault(whole, set()).add(at + number + 1)
                    self._learn(whole, part[number], rows)
        self._nets.pop(whole, None)
        return self.among(place)

    def rows(self, place: Place, cells: Sequence[Surface]) -> bool:
        """Whether some list or table among what a reader showed of an artifact has cells that are values of persons."""
        lists: dict[str, list[Surface]] = {}
        for cell in cells:
            if cell.owner and (cell.role in _MEMBERS or cell.role is Role.PROSE):
                lists.setdefault(cell.owner, []).append(cell)
        keyed = any(c.role is Role.COLUMN and self._veil.keyed(c.text) for c in cells)
        out = False
        for row in lists.values():
            if keyed and any(c.about and self._veil.people(c.text) and self._veil.somebody(c.about) for c in row):
                known = self._values.setdefault(place.whole(), {})
                firsts = (c.about or c.text for c in row)
                known.update(dict.fromkeys(t for t in firsts if self._veil.somebody(t)))
                out = True
            out = out or self._veil.row(c.text for c in row)
        self._nets.pop(place.whole(), None)
        return out

    def text(self, place: Place, text: str) -> str:
        """What is said of an artifact, without values that are known of it."""
        return self._plain(place.whole(), text)

    def _see(self, finding: Finding) -> None:
        if finding.excerpt is None:
            return
        first, text = finding.excerpt
        lines = text.split("\n")
        cuts = self._veil.lines(lines) if _QUICK.search(text) else {}
        if not cuts:
            return
        self._cuts[first, text] = cuts
        whole = finding.place.whole()
        self._lines.setdefault(whole, set()).update(first + n for n in cuts)
        for number, rows in cuts.items():
            self._learn(whole, lines[number], rows)

    def _heed(self, mark: Mark) -> None:
        whole, line = mark.place.whole(), mark.place.line
        if line is not None and line in self._lines.get(whole, ()):
            if mark.role not in _NAMED and mark.role not in _CODE:
                self._owners.setdefault(whole, set()).add((mark.surface.owner, mark.role))
            return
        if mark.role in _NAMED and not mark.surface.value:
            return
        for text in (mark.text if mark.role not in _NAMED else "", mark.surface.value):
            rows = self._veil.text(text) if len(text) > 4 and _QUICK.search(text) else []
            if rows:
                if line is not None:
                    self._lines.setdefault(whole, set()).add(line)
                self._learn(whole, text, rows)

    def _key(self, finding: Finding) -> None:
        """Remember who is the key of a record, however far above what the finding quotes that stands."""
        peoples = [
            m for m in finding.marks
            if m.role is Role.VALUE and m.surface.owner and any(h.kind in {"group", "colour"} for h in m.hits)
        ]  # fmt: skip
        # In binary data a key with an attribute below it is told without the value: ``/persons/Ann Smith@race``.
        keyed = [m for m in finding.marks if m.role is Role.KEY and m.place.line is None]
        for mark in keyed:
            for part in _PARTS.findall(mark.surface.owner):
                if " " in part.strip() and self._veil.person(part):
                    self._values.setdefault(mark.place.whole(), {})[part.strip()] = None
        if not 0 < len(peoples) < CLASSES:
            return
        for mark in peoples:
            whole, line = mark.place.whole(), mark.place.line
            for part in _PARTS.findall(mark.surface.owner):
                if line is not None and self._veil.person(part):
                    self._lines.setdefault(whole, set()).add(line)
                    self._values.setdefault(whole, {})[part.strip()] = None

    def _tag(self, finding: Finding) -> None:
        """Remember marks that say of which people somebody is whose other values are the evidence."""
        rows = [m for m in finding.marks if m.role not in _NAMED and m.role not in _CODE and self._veil.tagged(m.text)]
        if not rows:
            return
        evidence = (e.text for c in finding.claims for e in (*c.evidence, *c.against))
        if any(len(t) > 4 and _QUICK.search(t) and self._veil.text(t) for t in evidence):
            for mark in rows:
                if mark.place.line is not None:
                    self._lines.setdefault(mark.place.whole(), set()).add(mark.place.line)
                else:
                    self._spots.add((mark.place.whole(), mark.place.pointer))

    def _table(self, finding: Finding) -> None:
        """Remember who is named in the first cells of a table whose rows are persons."""
        if not _peopled(self._veil, finding.marks):
            return
        rows = [e for c in finding.claims for e in (*c.evidence, *c.against)]
        if not any(self._veil.keyed(e.text) for e in rows):
            return
        known = self._values.setdefault(finding.place.whole(), {})
        told = (m.surface.about for m in finding.marks)
        for text in (*told, *(e.text for e in rows if e.kind == "sibling")):
            if len(known) < _MOST and self._veil.somebody(text):
                known[text] = None

    def _learn(self, whole: Place, line: str, cuts: Iterable[Cut]) -> None:
        """Remember values that say who somebody is: they may stand in the name of an owner, too."""
        known = self._values.setdefault(whole, {})
        for start, end, _ in cuts:
            known.update(dict.fromkeys(self._veil.named(plainly(line[start:end]))[: max(0, _MOST - len(known))]))
            for part in _CELLS.split(line[start:end]):
                if len(known) >= _MOST:
                    return
                # What escapes stand for, as readers show it, and as it is quoted.
                for said in dict.fromkeys((plainly(part), part)):
                    value = said.strip(" \"'`\\.,;")
                    if self._veil.telling(value):
                        known[value] = None

    def _net(self, whole: Place) -> re.Pattern[str] | None:
        if whole not in self._nets:
            values = sorted(self._values.get(whole, ()), key=lambda v: (-len(v), v))
            # A name once known is one in the name of a file, an anchor or a constant as well.
            other = [p for v in values if not self._veil.column(v) and (p := spelled(v)) is not None]
            self._nets[whole] = re.compile("|".join([*map(re.escape, values), *other])) if values else None
        return self._nets[whole]

    def _plain(self, whole: Place, text: str) -> str:
        """A text without values that are known."""
        net = self._net(whole) if text else None
        return net.sub(VALUE, text) if net is not None else text

    def _name(self, whole: Place, text: str, *, inside: bool) -> str:
        """The name of an owner, or a pointer, without persons."""
        if not text:
            return text
        text = self._plain(whole, text)
        if _QUICK.search(text):
            text = cut_out(text, self._veil.text(text, code=True))
        if not inside:
            return text

        def part(found: re.Match[str]) -> str:
            # An element is called by the name that it has, ``face[Ann]``; a key of two or three characters is a name
            # with any surname, where what it holds is of a person.
            element = text[found.start() - 1 : found.start()] == "[" and self._veil.somebody(found[0])
            return PERSON if element or self._veil.part(found[0]) else found[0]

        return _PARTS.sub(part, text)

    # -- a finding

    def finding(self, finding: Finding, *, record: bool = False) -> Finding:
        """A finding without values.

        Args:
            finding: As it is.
            record: Whether it is known to rest on a record of a person.
        """
        whole = finding.place.whole()
        self._made = {}
        inside = record or any(self._holds(m.place) for m in finding.marks) or self._shown(finding)
        inside = inside or any((whole, m.place.pointer) in self._spots for m in finding.marks)
        if not inside and whole not in self._values and not self._lines.get(whole):
            return self._bare(finding)
        marks = tuple(self._mark(m, inside=inside) for m in finding.marks)
        claims = tuple(self._claim(c, inside=inside) for c in finding.claims)
        message = finding.message
        lead = claims[finding.claims.index(finding.lead)]
        if lead.why != finding.lead.why:
            message = _said(message, finding.lead.why, lead.why)
        owner = finding.owner
        if marks[0] != finding.marks[0] and owner and owner == finding.marks[0].text.strip()[:80]:
            owner = marks[0].text.strip()[:80]
        return replace(
            finding,
            owner=self._name(whole, owner, inside=inside),
            place=self._place(finding.place, inside=inside),
            claims=claims,
            marks=marks,
            against=tuple(self._evidence(e, whole, inside=inside) for e in finding.against),
            excerpt=self._excerpt(finding),
            message=self._plain(whole, message),
        )

    def _bare(self, finding: Finding) -> Finding:
        """A finding of a file in which no record is quoted: its evidence may stand far from it."""
        evidence = [e for c in finding.claims for e in (*c.evidence, *c.against)]
        if any(self._veil.alone(e.text) or self._veil.person(e.text) for e in evidence):
            claims = tuple(self._claim(c, inside=False) for c in finding.claims)
            return replace(finding, claims=claims)
        claims = tuple(
            replace(c, evidence=tuple(map(self._far, c.evidence)), against=tuple(map(self._far, c.against)))
            for c in finding.claims
        )
        against = tuple(map(self._far, finding.against))
        if claims != finding.claims or against != finding.against:
            return replace(finding, claims=claims, against=against)
        owner = self._name(finding.place.whole(), finding.owner, inside=False)
        return finding if owner == finding.owner else replace(finding, owner=owner)

    def _far(self, row: Evidence) -> Evidence:
        if row.place is not None and self._holds(row.place):
            return replace(row, text=_BESIDE)
        text = self._veil.unbroken(self._cleared(row.text)) if len(row.text) > 8 else row.text
        return replace(row, text=text) if text != row.text else row

    def _cleared(self, text: str) -> str:
        """A text without values, and without what is written otherwise of a name in them: ``ann_smith``."""
        cuts = self._veil.text(text) if _QUICK.search(text) else []
        if not cuts:
            return text
        names = (n for a, b, _ in cuts for part in _CELLS.split(text[a:b]) for n in (part, *self._veil.named(part)))
        ways = [p for n in names if (p := spelled(n)) is not None]
        text = cut_out(text, cuts)
        return re.sub("|".join(ways), VALUE, text) if ways else text

    def _holds(self, place: Place) -> bool:
        return place.line is not None and place.line in self._lines.get(place.whole(), ())

    def _shown(self, finding: Finding) -> bool:
        return finding.place.line in self._lines.get(finding.place.whole(), ())

    def _excerpt(self, finding: Finding) -> tuple[int, str] | None:
        if finding.excerpt is None:
            return None
        first, text = finding.excerpt
        lines = text.split("\n")
        cuts = self._cuts.get((first, text), {})
        known = self._lines.get(finding.place.whole(), set())
        out = []
        for number, line in enumerate(lines):
            rows = cuts.get(number, [])
            if not rows and first + number in known:
                rows = self._veil.line(line)
            out.append(self._plain(finding.place.whole(), cut_out(line, rows)))
        return first, "\n".join(out)

    def _place(self, place: Place, *, inside: bool) -> Place:
        if not place.pointer:
            return place
        return replace(place, pointer=self._name(place.whole(), place.pointer, inside=inside))

    def _claim(self, made: Claim, *, inside: bool) -> Claim:
        marks = tuple(self._mark(m, inside=inside) for m in made.marks)
        inside = inside or any(self._veil.alone(e.text) or self._veil.person(e.text) for e in made.evidence)
        quoted = any(a.text != b.text for a, b in zip(marks, made.marks, strict=True))
        whole = made.marks[0].place.whole() if made.marks else None
        why = UNQUOTED if quoted else made.why
        if whole is not None:
            why = self._plain(whole, why)
        return replace(
            made,
            why=why,
            evidence=tuple(self._evidence(e, whole, inside=inside) for e in made.evidence),
            against=tuple(self._evidence(e, whole, inside=inside) for e in made.against),
            marks=marks,
        )

    def _evidence(self, row: Evidence, home: Place | None, *, inside: bool) -> Evidence:
        whole = row.place.whole() if row.place is not None else home
        text = row.text
        if row.place is not None and self._holds(row.place) and not self._veil.column(text):
            text = _BESIDE
        text = self._veil.unbroken(self._cleared(text) if len(text) > 4 else text)
        if self._veil.alone(text) or (inside and self._veil.somebody(text)):
            text = _BESIDE
        if whole is not None:
            text = self._plain(whole, text)
        place = self._place(row.place, inside=inside) if row.place is not None else None
        return replace(row, text=text, place=place)

    def _mark(self, mark: Mark, *, inside: bool) -> Mark:
        """A mark without values; claims hold the same ones as their finding."""
        made = self._made.get((id(mark), inside))
        if made is None:
            made = self._made[id(mark), inside] = self._remade(mark, inside=inside)
        return made

    def _remade(self, mark: Mark, *, inside: bool) -> Mark:
        surface = mark.surface
        whole = surface.place.whole()
        sure = self._holds(surface.place) or (surface.owner, surface.role) in self._owners.get(whole, ())
        sure = sure or ((whole, surface.place.pointer) in self._spots and self._veil.tagged(surface.text))
        place = self._place(surface.place, inside=inside)
        owner = self._name(whole, surface.owner, inside=inside)
        about = PERSON if inside and self._veil.person(surface.about) else self._plain(whole, surface.about)
        value = surface.value
        if value and (sure or (_QUICK.search(value) and self._veil.text(value))):
            value = ""
        text, hits = surface.text, mark.hits
        if mark.role in _NAMED:
            if inside and self._veil.person(text):
                text, hits = PERSON, ()
            elif self._plain(whole, text) != text:
                text, hits = self._plain(whole, text), ()
        else:
            quick = sure or _QUICK.search(text) is not None
            cuts = self._veil.text(text, sure=sure, code=mark.role in _CODE) if quick else []
            if cuts and _whole(text, cuts):
                text, hits = _BLANK, ()
            elif cuts:
                text, hits = cut_out(text, cuts), _moved(hits, cuts)
            if self._plain(whole, text) != text:
                text, hits = self._plain(whole, text), ()
        if (text, owner, about, value, place) == (
            surface.text, surface.owner, surface.about, surface.value, surface.place
        ):  # fmt: skip
            return mark
        made = replace(surface, text=text, owner=owner, about=about, value=value, place=place)
        return Mark(made, hits)


def _begins(before: str, line: str) -> bool:
    """Whether a line of a program begins what has nothing to do with the lines before it."""
    return not before.strip() and line[:1].strip() not in {"", "}", ")", "]"}


def _said(message: str, old: str, new: str) -> str:
    """A message that says another sentence, in which it may begin with a capital."""
    for a, b in ((old, new), (old[:1].upper() + old[1:], new[:1].upper() + new[1:])):
        if a in message:
            return message.replace(a, b, 1)
    return f"{new[:1].upper()}{new[1:]}."


def _whole(text: str, cuts: Iterable[Cut]) -> bool:
    """Whether nothing but signs is left of a text."""
    return not any(c.isalnum() for c in cut_out(text, [(a, b, "") for a, b, _ in cuts]))


def _moved(hits: Iterable[Hit], cuts: Sequence[Cut]) -> tuple[Hit, ...]:
    """Hits in a text from which something was cut; those inside of it are gone."""
    out = []
    for hit in hits:
        if any(a < hit.end and hit.start < b for a, b, _ in cuts):
            continue
        shift = sum(len(new) - (b - a) for a, b, new in cuts if b <= hit.start)
        out.append(replace(hit, start=hit.start + shift, end=hit.end + shift))
    return tuple(out)
