"""From the surfaces of one artifact to a sheet: the marked cases and what surrounds them, small enough to keep."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from untag.case import BOUND, DECLARED, PROSE
from untag.finding import Evidence, Hit, Mark
from untag.judge._chance import blob, cites, controls, meant
from untag.judge.around import Around
from untag.judge.identity import namesake
from untag.judge.inside import within
from untag.later import later
from untag.lexicon.sought import REACH
from untag.surface import Kind, Role, Surface, upto

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.case import Coding, Conflict, Legend, Scar
    from untag.judge.width import Heads
    from untag.lexicon import Lexicon
    from untag.place import Place

__all__ = ["Draft", "Gatherer", "Sheet", "lists"]

#: Files that say what a product is about.
_INTRODUCES = later(
    r"readme(?:[-_.][\w-]{1,20})*|model[-_]?card(?:\.\w+)?|package\.json|composer\.json|pyproject\.toml|setup\.(?:py|cfg)"
    r"|[\w.-]+\.(?:podspec|nuspec)",
    re.IGNORECASE,
)
#: Names of files that list the classes of a model or dataset and say no more.
_LISTS = later(
    r"(?:.*[/._-])?(?:labels?|class(?:es|_?names?|_?labels?)?|categor(?:y|ies)|names|label_?(?:map|list))"
    r"\.(?:txt|names|lst|list|labels|json|ya?ml|pbtxt|csv)",
    re.IGNORECASE,
)
#: Declared siblings kept of one owner.
SIBLINGS = 60
#: Marks kept of one owner; further ones are the same thing again.
MARKS = 4000
#: Characters of a surface's text that are matched.
LONGEST = 4000
#: Context families whose surfaces are kept: no tag themselves, they point to one where a tag is proven beside them.
CUES = frozenset({"layer", "spare", "wildcard"})
#: How many of them are kept of one owner.
KEPT = 24
#: Declared names remembered by path, so that what a comment describes can be shown beside it.
NAMES = 20_000
#: Rows from which texts that each name one of a few peoples are records of persons.
RECORDS = 50
_ROWS = frozenset({Role.STRING, Role.VALUE, Role.PROSE, Role.KEY, Role.OUTPUT})
#: Keys like persons from which a map to peoples is taken for rows of persons.
PERSONS = 3
#: Kinds whose owner's name none of its surfaces shows, how much of it is looked at, and which families it tells.
_TITLED = frozenset({Kind.ENUM, Kind.SCHEMA, Kind.TABLE, Kind.TREE})
OWNER = 80
_PERSONS = frozenset({"biometric", "visual"})
#: Headings and sentences of a readme that say what the product is.
TITLE = 3
#: Short texts from which a file that holds hardly anything else is a word list.
VOCABULARY = 1000
#: Most things that an owner declares which is one of a person's attributes.
_ATTRIBUTES = 100
#: Families of keys under which a people's name is not a label.
_ACTS = frozenset({"alert", "list"})
_LISTED = frozenset({Role.STRING, Role.MEMBER, Role.KEY, Role.VALUE, Role.PROSE, Role.USE})


def introduces(path: str) -> bool:
    """Whether a file says what its product is about; it is read for that, whether or not a tag stands in it."""
    return _INTRODUCES.fullmatch(path[path.rfind("/") + 1 :]) is not None


def lists(path: str) -> bool:
    """Whether a file is called a list of classes: in one, a weak word needs no other beside it to be looked at."""
    return _LISTS.fullmatch(path) is not None


@dataclasses.dataclass(slots=True)
class Draft:
    """A case in the making: what one owner shows, without what surrounds it.

    ``described`` holds the declared things that its marked comments, annotations and labels describe, ``cues`` what
    points to a tag without being one (a model's layer, reserved bytes, a request for every attribute). ``legends``,
    ``codings``, ``scars`` and ``conflicts`` are filled in by the judge, when all drafts are at hand (see ``Case``). Not
    a ``Struct``: none of its fields is set in one that is folded (``outcome.Folded``).
    """

    owner: str
    kind: Kind
    marks: list[Mark] = dataclasses.field(default_factory=list)
    siblings: list[Surface] = dataclasses.field(default_factory=list)
    size: int = 0
    context: Counter[str] = dataclasses.field(default_factory=Counter)
    near: Counter[str] = dataclasses.field(default_factory=Counter)
    described: list[Surface] = dataclasses.field(default_factory=list)
    cues: list[Mark] = dataclasses.field(default_factory=list)
    legends: tuple[Legend, ...] = ()
    codings: tuple[Coding, ...] = ()
    scars: tuple[Scar, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    within: tuple[str, ...] = ()


class Sheet(Struct):
    """What the judge keeps of one artifact.

    Attributes:
        place: The artifact.
        path: Terms in its path (context apart).
        pathway: Context families in its path.
        drafts: Marked cases, in order of first mark.
        cued: Cases that hold nothing but cues, in order; kept only beside marked ones.
        file: Context hits by family.
        terms: Distinct context terms by family.
        sample: One example a family.
        prose: Whether it is a document.
        drawn: Whether it holds what the sieve opens a file for (see ``lexicon.sought``). One that does not says nothing
            to any rule, nor to what is said of its package: whether it was opened must not matter.
        tells: Whether it is there to say what its product is about, and is heard on that even where nothing drew it.
        trigger: Whether a rule may start in it: it is drawn, and no word list.
        surfaces: How many surfaces were seen.
        excerpts: Lines around the marks, by line number.
        wordlist: Whether it is a dictionary or a tokenizer's vocabulary: words for their own sake.
        encoding: The text encoding used, or an empty string.
        asked: Comments that ask untag to allow something.
        masked: Whether rows of persons were made into one dataset, so that nothing of the artifact may be quoted.
        through: Commands that lead to it through containers (see ``Artifact.through``).
        named: The person after whom it is called, and whose name stands in it; such a sheet is never kept.
        title: Context families in the title and first sentences of a file that says what its product is about.
        telling: Whether a name in it says that race or ethnicity is inferred; None where nobody looked yet.
    """

    place: Place
    path: tuple[Hit, ...] = ()
    pathway: Counter[str] = field(default_factory=Counter)
    drafts: list[Draft] = field(default_factory=list)
    cued: list[Draft] = field(default_factory=list)
    file: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    sample: dict[str, Evidence] = field(default_factory=dict)
    prose: bool = False
    drawn: bool = False
    tells: bool = False
    trigger: bool = False
    surfaces: int = 0
    excerpts: dict[int, str] = field(default_factory=dict)
    wordlist: bool = False
    encoding: str = ""
    asked: list[Surface] = field(default_factory=list)
    masked: bool = False
    through: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    named: str = ""
    telling: bool | None = None


def _dossier(draft: Draft) -> bool:
    """Whether an owner of a few things holds a person's attributes: that is no entry of a dictionary."""
    around = draft.context
    return (
        draft.size <= _ATTRIBUTES
        and (around["demographic"] > 1 or (around["demographic"] > 0 and around["biometric"] + around["visual"] > 0))
        and any(
            m.role in DECLARED and h.kind == "attribute" and h.strength == "strong" for m in draft.marks for h in m.hits
        )
    )


class Gatherer:
    """Collects the surfaces of one artifact as they come."""

    def __init__(self, lexicon: Lexicon, place: Place, names: Lexicon | None = None) -> None:
        """Start a sheet for the artifact at ``place``.

        Args:
            lexicon: The words.
            place: The artifact.
            names: Names that stand for a tag in this package (``follow.lexicon_of``), looked for as well.
        """
        self._lexicon = lexicon
        self._look = lexicon.matcher.match
        self._names_too = names
        self._silent: set[str] = set()
        self._drafts: dict[tuple[str, Kind], Draft] = {}
        self._reach = Around()
        self._distinct: dict[str, set[str]] = {}
        self._names: dict[str, Surface] = {}
        self._prose = 0
        self._short = 0
        #: Lines of weak words and of what opens a file for them, and the same of brief ones; 0 where there are none.
        self._weak: list[int] = []
        self._gates: list[int] = []
        self._brief: list[int] = []
        self._beside: list[int] = []
        self._heads: Heads | None = None
        self.records = False
        self.sheet = Sheet(place)
        hits = lexicon.match(path_words(place.chain[-1]))
        self.sheet.path = tuple(h for h in hits if h.kind != "context")
        self.sheet.pathway = Counter(h.family for h in hits if h.kind == "context")
        self.sheet.drawn = lexicon.matcher.named(place.chain[-1].rsplit("/", 1)[-1])
        self.sheet.tells = introduces(place.chain[-1])
        # The name of a folder lets a rule start from weak words anywhere in its files.
        self._gate = any(h.kind != "colour" for h in self.sheet.path) or lists(place.chain[-1])

    def add(self, surface: Surface) -> None:
        """Match one surface and put it where it belongs."""
        self._note(surface)
        if blob(surface.text):
            return
        text = upto(surface.text, LONGEST)
        hits = self._hits(surface, text)
        if not (hits and controls(text)):
            self._put(surface, hits)

    def _put(self, surface: Surface, hits: tuple[Hit, ...]) -> None:
        """Put a surface where it belongs."""
        declared = surface.role in DECLARED
        if hits and surface.type and _DRAWN.search(surface.type) is not None:
            hits = tuple(h for h in hits if h.kind == "context")  # a picture on a button: a lantern, a mask
        if declared and len(self._names) < NAMES:
            self._names.setdefault(_path(surface.owner, surface.text), surface)
        if not hits and not declared:
            return
        key = (surface.owner, surface.kind)
        draft = self._drafts.get(key)
        if draft is None:
            draft = self._drafts[key] = Draft(surface.owner, surface.kind)
        draft.size += declared
        if hits:
            self._around(surface, hits, draft)
        if hits and any(h.kind != "context" for h in hits):
            if len(draft.marks) < MARKS:
                draft.marks.append(Mark(surface, hits))
        elif declared and len(draft.siblings) < SIBLINGS:
            draft.siblings.append(surface)

    def _called(self, draft: Draft) -> None:
        """Count what the owner itself is called: a channel ``faces/detected``, a schema "Face annotation"."""
        if draft.kind in _TITLED:
            families = {h.family for h in self._match(draft.owner[-OWNER:]) if h.kind == "context"}
            draft.context.update(families & _PERSONS)

    def _note(self, surface: Surface) -> None:
        """What a surface says of its artifact, whatever its text holds."""
        self.sheet.surfaces += 1
        role, text = surface.role, surface.text
        if len(text) <= 32 and role in _LISTED and text.count(" ") <= 1:
            self._short += 1
        if surface.kind is Kind.DATASET:
            self.records = True
        elif surface.kind is Kind.MODEL and self._heads is None:
            from untag.judge.width import Heads

            self._heads = Heads(self._lexicon)
        if self._heads is not None:
            self._heads.see(surface)
        if role in PROSE:
            self._read(text)
        elif surface.about and role is Role.VALUE and namesake(self.sheet.place.chain, surface.about, text):
            self.sheet.named = text
        if role is Role.COMMENT and "untag:" in text:
            self.sheet.asked.append(surface)

    def _read(self, text: str) -> None:
        """Count running text; of a file that says what its product is about, keep what its beginning says."""
        self._prose += 1
        if self.sheet.tells and self._prose <= TITLE:
            said = {h.family for h in self._look(upto(text, LONGEST)) if h.kind == "context"}
            self.sheet.title = tuple(sorted({*self.sheet.title, *said}))

    def extend(self, surfaces: list[Surface]) -> None:
        """Add several: which of them hold nothing is told of all at once, as far as it can be."""
        texts = {s.text for s in surfaces}
        self._silent = self._lexicon.matcher.silent(texts)
        mute = self._mute(texts)
        for surface in surfaces:
            if surface.text not in mute or surface.type or surface.role is Role.CONDITION:
                self.add(surface)
                continue
            self._note(surface)
            if surface.role in DECLARED:
                self._put(surface, ())

    def _mute(self, texts: set[str]) -> set[str]:
        """Those of some texts in which nothing stands: each is looked at once, however often it comes."""
        if self._names_too is not None:
            return set()
        silent, look = self._silent, self._look
        return {t for t in texts if len(t) <= LONGEST and (t in silent or not (blob(t) or look(t)))}

    def _hits(self, surface: Surface, text: str) -> tuple[Hit, ...]:
        """Hits of a surface: in its text, else in its declared type; of a condition and value also what it is for."""
        hits = meant(surface, text, self._match(text))
        self._draw(surface, text, hits)
        if surface.type and all(h.kind == "context" for h in hits):
            kind = upto(surface.type, 200)
            more = tuple(h for h in self._lexicon.match(kind) if h.kind != "context")
            self._draw(surface, kind, more)
            # They stand in the type, not in the text: no part of the name is the word.
            hits += tuple(replace(h, start=0, end=0) for h in more)
        if surface.value and surface.role is Role.CONDITION:
            value = upto(surface.value, 400)
            more = tuple(h for h in self._lexicon.match(value) if h.kind == "context")
            self._draw(surface, value, more)
            hits += more
        if surface.role is Role.VALUE and surface.about and any(h.kind == "group" for h in hits):
            # ``watchlist: uyghur``: the key says what is done with the value.
            hits += tuple(h for h in self._lexicon.match(upto(surface.about, 200)) if h.family in _ACTS)
        return hits

    def _draw(self, surface: Surface, text: str, hits: tuple[Hit, ...]) -> None:
        """Note what the sieve opens a file for."""
        if self.sheet.drawn or not hits:
            return
        sought = self._lexicon.sought
        for hit in hits:
            if hit.kind == "context":
                if sought.gate(hit, text):
                    self._gates.append(_line(surface, text, hit))
                if sought.beside(hit, text):
                    self._beside.append(_line(surface, text, hit))
            elif self._gate or sought.tag(hit, text):
                self.sheet.drawn = True
                return
            else:
                self._weak.append(_line(surface, text, hit))
                if sought.brief(hit, text):
                    self._brief.append(self._weak[-1])
        # What follows is not looked at for this once it is known; all is weighed at the end (``close``).
        self.sheet.drawn = _near(self._weak[-1:], self._gates[-1:])

    def _match(self, text: str) -> tuple[Hit, ...]:
        """Hits of the lexicon, and of followed names where it says nothing."""
        hits = () if text in self._silent else self._look(text)
        if self._names_too is None:
            return hits
        tags = [(h.start, h.end) for h in hits if h.kind != "context"]
        more = [h for h in self._names_too.match(text) if not any(h.start < b and a < h.end for a, b in tags)]
        return tuple(sorted((*hits, *more), key=lambda h: (h.start, -h.end))) if more else hits

    def _around(self, surface: Surface, hits: tuple[Hit, ...], draft: Draft) -> None:
        """Count the context in a surface, and keep the surface if it is a cue."""
        for hit in hits:
            if hit.kind == "context":
                self._context(surface, hit, draft)
                if hit.family in CUES and len(draft.cues) < KEPT:
                    draft.cues.append(Mark(surface, hits))

    def _context(self, surface: Surface, hit: Hit, draft: Draft) -> None:
        sheet = self.sheet
        sheet.file[hit.family] += 1
        draft.context[hit.family] += 1
        self._distinct.setdefault(hit.family, set()).add(f"{hit.term}:{surface.text[hit.start : hit.end].lower()}")
        self._reach.add(surface.place.line or 0, hit.family, id(draft))
        if hit.family not in sheet.sample:
            sheet.sample[hit.family] = Evidence("context", surface.text[:200], surface.place)

    def close(self, text: str | None) -> Sheet:
        """Finish the sheet.

        Args:
            text: The artifact's text for excerpts, or None where lines must not be quoted.

        Returns:
            The sheet; cases without a mark are gone.
        """
        sheet = self.sheet
        sheet.drawn = sheet.drawn or _near(self._weak, self._gates) or _near(self._brief, self._beside)
        texts = [m.text[:32].lower() for d in self._drafts.values() for m in d.marks]
        sheet.masked = self._records()
        text = None if sheet.masked else text
        self._reach.close()
        for draft in self._drafts.values():
            if draft.marks or draft.cues:
                self._called(draft)
            if not draft.marks:
                if draft.cues:
                    sheet.cued.append(draft)
                continue
            draft.marks.sort(key=lambda m: m.place.sort)
            draft.described = self._described(draft)
            draft.within = within(draft, self._lexicon)
            lines = [m.place.line for m in draft.marks if m.place.line]
            draft.near.update(self._reach.near(lines))
            if not sheet.masked:  # what is masked stands in its first line, whichever it stood in
                draft.context -= self._reach.far(id(draft), lines)
            sheet.drafts.append(draft)
        if self._heads is not None and (wide := self._heads.drafts()):
            sheet.drafts += wide
            sheet.drawn = True
        sheet.drafts.sort(key=lambda d: (d.marks[0].place.sort, d.owner, d.kind))
        if not sheet.drafts:
            sheet.cued = []
        sheet.cued.sort(key=lambda d: (d.cues[0].place.sort, d.owner, d.kind))
        sheet.terms = Counter({f: len(s) for f, s in self._distinct.items()})
        sheet.wordlist = (
            (not sheet.masked or len(set(texts)) * 2 > len(texts))  # a class of persons stands there over and over
            and sheet.surfaces >= VOCABULARY
            and self._short * 10 >= sheet.surfaces * 9
            and len(texts) * 50 <= sheet.surfaces
            and not any(map(_dossier, sheet.drafts))
        )
        sheet.prose = self._prose * 2 > sheet.surfaces
        sheet.trigger = sheet.drawn and not sheet.wordlist
        if text is not None:
            self._excerpt(text)
        return sheet

    def _described(self, draft: Draft) -> list[Surface]:
        """What the marked comments of a case describe: the class below the comment, the field left of it."""
        out: dict[Surface, None] = {}
        for mark in draft.marks:
            about = mark.surface.about
            if about and mark.role in BOUND:
                thing = self._names.get(_path(draft.owner, about))
                if thing is not None:
                    out[thing] = None
        return list(out)

    def _records(self) -> bool:
        """Mask what are rows of persons; whether there were any."""
        masked = [d for d in self._drafts.values() if self._rows(d)]
        for draft in masked:
            for other in self._drafts.values():
                # What a row holds in turn (the two races of one person) is a row too.
                if other not in masked and _below(other, draft):
                    draft.marks += other.marks
                    other.marks, other.siblings, other.cues = [], [], []
            if len(draft.marks) >= RECORDS:
                self._mask(draft)
            elif _plain(draft) or not self._classed(draft):
                draft.marks, draft.siblings, draft.cues = [], [], []
                self._anonymous()
            else:
                self._hide(draft)
        return bool(masked)

    def _rows(self, draft: Draft) -> bool:
        """Whether the marks of a draft are rows of persons."""
        if len(draft.marks) >= RECORDS and _records(draft):
            return True
        rows = [m for m in draft.marks if m.role is Role.VALUE and any(h.kind in {"group", "colour"} for h in m.hits)]
        named = {m.surface.about for m in rows if _PERSON.fullmatch(m.surface.about)}
        named = {n for n in named if all(h.kind == "context" for h in self._lexicon.match(n))}
        if len(named) >= PERSONS and len(named) * 2 > len(rows):
            return True
        listed = [m for m in draft.marks if m.role in {Role.PROSE, Role.STRING} and self._row(m.text)]
        return len(listed) >= 2 and len(listed) * 2 > len(draft.marks)

    def _row(self, text: str) -> bool:
        """Whether a line is delimited and one of its fields looks like a person: ``Ann Smith;f1;33``."""
        fields = [] if cites(text[:LONGEST]) else _DELIMITED.split(text[:LONGEST])
        persons = [f.strip() for f in fields if _PERSON.fullmatch(f.strip())] if len(fields) >= 3 else []
        return any(all(h.kind == "context" for h in self._lexicon.match(name)) for name in persons)

    def _classed(self, draft: Draft) -> bool:
        """Whether a row keeps a people as a value: ``Ann Smith;f1;Asian``; ``George Brown;3;4`` is a name."""
        return any(
            m.role not in {Role.PROSE, Role.STRING}
            or any(
                any((h.end - h.start) * 3 >= len(f.strip()) * 2 for h in self._lexicon.match(f) if h.kind != "context")
                for f in _DELIMITED.split(m.text[:LONGEST])
            )
            for m in draft.marks
        )

    def _hide(self, draft: Draft) -> None:
        """So few rows of persons that not even the classes are told: one column, by the name of the file."""
        place = self.sheet.place.at(line=1)
        stem = place.chain[-1].rsplit("/", 1)[-1]
        race = self._lexicon.terms["race"]
        hit = Hit(race.id, race.kind, race.family, "strong", "en", race.gloss, 0, len(stem), named=False, checked=True)
        draft.owner, draft.kind, draft.size, draft.siblings = stem, Kind.DATASET, 1, []
        draft.marks = [Mark(Surface(Role.COLUMN, stem, place, stem, Kind.DATASET), (hit,))]
        self._anonymous()

    def _anonymous(self) -> None:
        """Examples of context are lines of rows, too."""
        rows = self.sheet.sample.items()
        self.sheet.sample = {f: Evidence(e.kind, f"words of the family {f}", None) for f, e in rows}

    def _mask(self, draft: Draft) -> None:
        """Rows of persons become one dataset: its classes by the lexicon's names, no row, no line of a row."""
        first: dict[str, Hit] = {}
        for mark in draft.marks:
            for hit in mark.hits:
                if hit.kind in {"group", "colour"}:
                    first.setdefault(hit.term, hit)
        place = self.sheet.place.at(line=1)
        stem = place.chain[-1].rsplit("/", 1)[-1]
        names = {hit.term: self._lexicon.terms[hit.term].id.replace("_", " ") for hit in first.values()}
        draft.owner, draft.kind = stem, Kind.DATASET
        draft.size, draft.siblings = len(names), []
        draft.marks = [
            Mark(
                Surface(Role.MEMBER, names[t], place, stem, Kind.DATASET),
                (replace(first[t], start=0, end=len(names[t])),),
            )
            for t in sorted(first)
        ]
        self._anonymous()

    def _excerpt(self, text: str) -> None:
        wanted: set[int] = set()
        for draft in self.sheet.drafts:
            for mark in draft.marks[:40]:
                if mark.place.line:
                    wanted.update(range(max(1, mark.place.line - 2), mark.place.line + 3))
        if not wanted:
            return
        # A list of all lines would take three times the memory of a large text.
        number, start = 1, 0
        for line in sorted(wanted):
            while number < line and (end := text.find("\n", start)) >= 0:
                number, start = number + 1, end + 1
            if number < line:
                break
            end = text.find("\n", start)
            self.sheet.excerpts[line] = text[start : len(text) if end < 0 else end].rstrip("\r")[:200]


#: A key that looks like a person: two words or more, each with a capital.
_PERSON = later(r"[^\W\d_][^\W\d_A-Z]*(?:[ _][A-Z][\w'’.]*)+")

_DELIMITED = later(r"[;,\t|]")
#: Types of pictures on buttons, in libraries of them.
_DRAWN = later(r"(?<![A-Za-z])(?:Icon(?:Type|Definition|Lookup|Name|Data)|SvgIcon\w*|ImageVector)(?![A-Za-z])")


def _below(draft: Draft, rows: Draft) -> bool:
    """Whether a draft lies in a tree of rows."""
    if rows.owner:
        return draft.owner.startswith(rows.owner + ".")
    return rows.kind is Kind.TREE and draft.kind in {Kind.TREE, Kind.LIST, Kind.DICT}


def _records(draft: Draft) -> bool:
    """Whether the marks are rows of persons: text or values, over and over from a small set of peoples."""
    rows = [m for m in draft.marks if m.role in _ROWS and any(h.kind in {"group", "colour"} for h in m.hits)]
    if len(rows) < RECORDS or len(rows) * 3 < len(draft.marks) * 2:
        return False
    terms = {h.term for m in rows for h in m.hits if h.kind in {"group", "colour"}}
    return len(terms) * 5 <= len(rows)


def _plain(draft: Draft) -> bool:
    """Whether rows out of binary bytes hold nothing but weak words: a shader with its ``nBlack``."""
    return all(m.place.line is None for m in draft.marks) and not any(
        h.kind in {"attribute", "group"} and h.strength != "weak" for m in draft.marks for h in m.hits
    )


def _path(owner: str, name: str) -> str:
    """The dotted path of a declared thing; the name of a class or function is its own owner's last part."""
    return owner if owner == name or owner.endswith("." + name) else f"{owner}.{name}"


def path_words(path: str) -> str:
    """A path as words: suffixes of known formats carry no meaning."""
    return path.replace("/", " / ")


def sheet_of(lexicon: Lexicon, place: Place, surfaces: Iterable[Surface], text: str | None) -> Sheet:
    """A sheet from surfaces that are all at hand."""
    gatherer = Gatherer(lexicon, place)
    for surface in surfaces:
        gatherer.add(surface)
    return gatherer.close(text)


def _near(words: list[int], others: list[int]) -> bool:
    """Whether one of some lines lies within ``REACH`` of one of others; 0 is near every line."""
    others.sort()
    if words and others and 0 in (others[0], min(words)):
        return True
    for line in words:
        at = bisect_left(others, line - REACH)
        if at < len(others) and others[at] <= line + REACH:
            return True
    return False


def _line(surface: Surface, text: str, hit: Hit) -> int:
    """The line of a hit; 0 where there are no lines."""
    line = surface.place.line
    return line + text.count("\n", 0, hit.start) if line else 0
