"""Names that one file shows to stand for a tag, so that the rest of the package is read once more for them.

An opaque column that a query compares with a Uyghur flag, a class that only its comment calls one of Uyghurs, a
``Group 1`` that a document explains as East Asian, an enum ``Heritage`` of peoples that is the type of a field, a key
``face.f3`` of a message that reads "ethnic group": the lexicon cannot know such names, but the package says them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from untag.case import PROSE
from untag.finding import FOLLOWED
from untag.judge.holder import holds
from untag.later import later
from untag.lexicon import Form, Lexicon, Term, fold
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Claim, Hit, Mark
    from untag.judge.gather import Draft

__all__ = ["PLAIN", "TRIED", "Name", "bare", "found", "lexicon_of", "settle", "sole"]

#: Most names that are followed in one package.
MOST = 40
#: Letters and digits that a name must have at least.
SHORTEST = 5
#: Characters of a comment beyond which it tells a story rather than says what a thing is.
REMARK = 24
#: Rules whose claims make a name worth following.
_PROVING = frozenset({"field", "labelset", "people", "targeting", "use", "claim"})
#: What makes up names of anything: a name of nothing but these says too little to be followed.
PLAIN = frozenset(
    re.split(
        r"\s+",
        """
    a action actions add address age all amount api app appends area array attr attribute base batch bean begin
    birth bit body bool buffer by byte call camera card case casts cell channel char check child choice choices city
    class client code col color column com common config content control count create current custom data database
    date day db default del delete desc description detail dev device dic dict dir do dto dw edit em emp end entity
    enum error event ex ext face field file fillable find first flag float for form format from func gender get
    group guarded handle handler has head header hidden id idx image img impl in index info input insert int
    interface is item json key kind label last len length level lib line list load local location log long main
    manager map mapped mapper max member menu message method min mode model module msg multiple my name net new next
    no node nombre note num number obj object of off on option order org out output page para param params parent
    parse part path people per person phone photo pic picture place placeholder point port position post pre private
    process prop property public query raw rawsource read rec recog record ref refid reftarget
    refuri region register rel remark report req request
    required res reserve reserved result ret return role root row rule save score search select send server service
    session set sex show size sort source spare sql src start stat state status std str string struct sub sum sys
    system sz tab table tag target task tb temp test text the time tip title to token total type uc ul unit up
    update upload url use user uuid val value vec vector version view vo web widget word work x xml y zone
        """.strip(),
    )
)
#: What a name ends in that says what it is, so that a remark on it tells of something else.
_TELLING = frozenset(
    {"account", "address", "age", "birthday", "email", "gender", "mail", "mobile", "name", "phone", "sex", "tel"}
)
#: The same of experiments, where one name stands for another thing in each of them.
TRIED = frozenset(
    re.split(
        r"\s+",
        """
    acc accuracy avg best checkpoint classes classifier curr cv dataframe dataset datasets df epoch eval features
    final folder fold full history labels loader loss mean merged metrics net network orig original outputs pred
    predicted prediction predictions preds raw results samples scores sorted split subset test tested testing train
    trained training transform true unseen val valid validation weights
        """.strip(),
    )
)
#: A column compared with something that is put in: ``a.C5 in (%s)``, ``c5 = #{…}``, ``c5 = ?``.
_COMPARED = later(
    r"(?:\b[A-Za-z]\w{0,20}\.)?\b(?P<name>[A-Za-z]\w{2,40})\s*(?:=|<>|!=|\bin\b|\blike\b)\s*\(?\s*'?(?:%s|\?|[#$]\{|:\w|\"\s*\+|'\s*\+|\{\d?\})",
    re.IGNORECASE,
)
#: What follows a people in a document that numbers its classes: ``East Asian (Group 1)``.
_NUMBERED = later(r"\s*\(\s*(?P<name>(?P<stem>[A-Za-z]{3,12})[ _-]?\d{1,2})\s*\)")
_TAGS = frozenset({"attribute", "group", "proxy"})
#: Context families of what a record has besides: a remark that calls it by a tag was put to the wrong line.
_SAID = frozenset({"census", "demographic", "geography", "locale", "record", "visual"})
_REMARKS = frozenset({Role.COMMENT, Role.LABEL})
_WORDS = frozenset({"select", "from", "where", "and", "or", "not", "null"})
#: What stands around the name of a type: qualifiers, pointers, containers of one, and what may be there instead of it.
_QUALIFIER = later(
    r"\b(?:const|enum|struct|unsigned|volatile|static|final|optional|repeated|mut|ref|Optional|null|undefined|None)\b"
)
_NAME = later(r"\w+")
#: Characters of the longest name that is followed.
_LONG = 200
#: The number of a person, a case or a card, which a list or a test says something of: of nobody else.
_NUMBER = later(r"[A-Za-z]{0,4}[-_]?\d{3,}[-_]?[A-Za-z]{0,4}")
#: Families of groups whose sets are sets of peoples; a religion or a region is a thing of its own.
_PEOPLES = frozenset({"people", "race"})
#: What a set of peoples is about that is one of languages or countries, or of a story.
_TONGUES = frozenset({"conduct", "finance", "game", "geography", "locale", "news", "sport"})
#: Peoples that make an enum one of peoples.
_SEVERAL = 3
#: Letters of the shortest type that is looked for: a shorter one is a parameter of types, or anything.
_TYPE = 4


class Name(Struct, frozen=True):
    """A name with what it stands for.

    Attributes:
        text: As written where it was found.
        hit: A hit of the term it stands for.
        said: What shows it, for the evidence.
        mark: Where that stands.
        homes: Of a type, the files that declare it; empty for every other name. A type says something only of what is
            declared to be of it.
        key: Whether it is the key of a message, which says something only where a label is looked up by it.
        beside: Of initials and codes, what stands beside them where they are explained (see ``initials``); they say
            something only in a record that has some of that; empty for every other name.
    """

    text: str
    hit: Hit
    said: str
    mark: Mark
    homes: frozenset[tuple[str, ...]] = frozenset()
    key: bool = False
    beside: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether it means the same wherever it stands."""
        return not (self.homes or self.key or self.beside)


def found(draft: Draft, claims: Iterable[Claim]) -> Iterator[Name]:
    """Names in one case.

    Args:
        draft: The case.
        claims: What round one says of it; only marks of firm claims above a note are looked at. An enum of peoples
            needs none: whether a field of that type is a tag, what stands around the field says.

    Yields:
        Names, in order of place; a name may come more than once.
    """
    marks: dict[int, Mark] = {}
    for made in claims:
        if made.rule in _PROVING and made.alone:
            marks.update((id(m), m) for m in made.marks)
    if draft.kind is Kind.ENUM:
        yield from _typed(draft)
    rows = sorted(marks.values(), key=lambda m: m.place.sort)
    if not rows:
        return
    yield from _described(draft, rows)
    for mark in rows:
        if mark.role in {Role.CALL, Role.CONDITION, Role.STRING, Role.VALUE}:
            yield from _compared(mark)
    if any(m.role in PROSE for m in rows):
        yield from _numbered(draft)
    if draft.kind in {Kind.DICT, Kind.TREE}:
        yield from _messages(draft, rows)


def _typed(draft: Draft) -> Iterator[Name]:
    """An enum of peoples, as the type of whatever is declared to be one of them."""
    text = draft.owner.rpartition(".")[2]
    if len(text) < _TYPE or not text.isidentifier() or any(draft.context[f] + draft.near[f] for f in _TONGUES):
        return
    rows = [
        (m, h)
        for m in draft.marks
        for h in m.hits
        if m.role is Role.MEMBER and h.kind == "group" and h.family in _PEOPLES
    ]
    if len({h.term for _, h in rows}) < _SEVERAL or len(rows) * 3 < draft.size:
        return
    mark, hit = rows[0]
    attribute = replace(hit, term="ethnicity", kind="attribute", family="ethnicity", strength="medium", named=False)
    said = f"{text}: {', '.join(m.text.strip() for m, _ in rows[:4])}"
    yield Name(text, attribute, said, mark, frozenset({mark.place.chain}))


def _messages(draft: Draft, rows: Iterable[Mark]) -> Iterator[Name]:
    """Keys, dotted ones, of short texts about one tag: a bundle of messages, by which a template labels its fields."""
    for mark in rows:
        key, said = mark.surface.about, mark.text.strip()
        if mark.role not in {Role.STRING, Role.VALUE} or not key or len(said) > REMARK:
            continue
        if draft.owner and not key.startswith(draft.owner + "."):
            key = f"{draft.owner}.{key}"
        hit = sole(mark)
        if hit is not None and "." in key.strip(".") and len(key) >= SHORTEST:
            yield Name(key, hit, said, mark, key=True)


def bare(written: str) -> str:
    """The name of a type without what stands around it.

    Args:
        written: As declared: ``const Heritage *``, ``List<Heritage>``, ``Heritage | null``.

    Returns:
        The name, or an empty string where there is none.
    """
    names = _NAME.findall(_QUALIFIER.sub(" ", written))
    return names[-1] if names else ""


def _described(draft: Draft, rows: Iterable[Mark]) -> Iterator[Name]:
    """Things that a short remark calls by one tag; a thing that several remarks explain is the attribute itself."""
    things = {s.text for s in draft.described}
    about: dict[str, list[tuple[Hit, Mark]]] = {}
    for mark in rows:
        thing, said = mark.surface.about, mark.text.strip()
        if mark.role not in _REMARKS or thing not in things or len(said) > REMARK or said.startswith(("@", "\\")):
            continue
        hit = sole(mark)
        if hit is not None and distinct(thing):
            about.setdefault(thing, []).append((hit, mark))
    for thing, pairs in about.items():
        own = [pair for pair in pairs if pair[0].kind != "group"] or pairs
        if len({hit.term for hit, _ in own}) == 1:
            hit, mark = own[0]
            yield Name(thing, hit, mark.text.strip(), mark)


def sole(mark: Mark) -> Hit | None:
    """The one tag a remark is about; a remark that lists age, sex and nation describes a record, not a tag.

    Args:
        mark: The remark.
    """
    hits = [h for h in mark.hits if h.kind in _TAGS and h.strength != "weak"]
    if len({h.term for h in hits}) != 1 or any(h.family in {"demographic", "locale"} for h in mark.hits):
        return None
    return hits[0]


def _compared(mark: Mark) -> Iterator[Name]:
    """An opaque column that a tag is compared with, in a text with one comparison."""
    rows = [m for m in _COMPARED.finditer(mark.text) if m["name"].lower() not in _WORDS]
    if len(rows) != 1:
        return
    name, behind = rows[0]["name"], rows[0].end("name")
    hits = [h for h in mark.hits if h.kind in _TAGS]
    if any(h.start < behind for h in hits) or not distinct(name):
        return
    for hit in hits[:1]:
        yield Name(name, hit, " ".join(mark.text.split())[:80], mark)


def _numbered(draft: Draft) -> Iterator[Name]:
    """``East Asian (Group 1)``, if a section has two of them or more."""
    rows: list[tuple[str, Name]] = []
    for mark in draft.marks:
        if mark.role not in PROSE:
            continue
        for hit in mark.hits:
            made = _NUMBERED.match(mark.text, hit.end) if hit.kind == "group" else None
            if made:
                text = made["name"]
                rows.append((made["stem"].lower(), Name(text, hit, mark.text[hit.start : made.end()], mark)))
    stems = [stem for stem, _ in rows]
    yield from (name for stem, name in rows if stems.count(stem) >= 2)


def distinct(name: str) -> bool:
    """Whether a name is so much its own that it means the same thing elsewhere in the package."""
    words = [w.lower() for w in fold.words_of(name)]
    if sum(map(len, words)) < SHORTEST or not name.isascii() or _NUMBER.fullmatch(name) is not None:
        return False
    if len(words) < 2 and name.isalpha() and len(name) < 12:
        return False  # one plain word
    if holds(name):
        return False
    if words[-1] in _TELLING:
        return False  # ``realName``: a remark that only Han names are checked makes it no tag
    return any(w not in PLAIN and w not in TRIED and not w.isdigit() for w in words)


def settle(names: Iterable[Name], lexicon: Lexicon) -> tuple[Name, ...]:
    """The names of one package that are followed.

    Args:
        names: As found, in order.
        lexicon: A name in which it knows a word for peoples or race is seen anyway.

    Returns:
        At most ``MOST``; one that stands for two things is left out, since one of them is wrong.
    """
    rows: dict[tuple[bool, str, bool, bool], list[Name]] = {}
    for name in names:
        rows.setdefault((bool(name.beside), name.text, bool(name.homes), name.key), []).append(name)
    out = [
        replace(
            same[0],
            homes=frozenset[tuple[str, ...]]().union(*(n.homes for n in same)),
            beside=frozenset[str]().union(*(n.beside for n in same)),
        )
        for (opaque, text, kind, key), same in sorted(rows.items())
        if len({n.hit.term for n in same}) == 1
        and not any(_known(h) and not _vague(h, typed=kind, told=opaque or key) for h in lexicon.match(text))
    ]
    return tuple(out[:MOST])


def _vague(hit: Hit, *, typed: bool, told: bool) -> bool:
    """Whether a word is too weak to make a name known: of a type any such, of initials one of a tag."""
    return hit.strength == "weak" and (typed or (told and hit.kind != "context"))


def _known(hit: Hit) -> bool:
    """Whether a word in a name says already what it is: a tag, or a sex, an identity number, a pair of glasses."""
    return hit.kind != "context" or hit.family in _SAID


def lexicon_of(names: Iterable[Name], base: Lexicon) -> Lexicon:
    """A small lexicon of names, under the terms that they stand for.

    Args:
        names: Names of one package.
        base: The lexicon they add to.

    Returns:
        A lexicon for a matcher and a sieve; the strength of a followed name is medium, since the package itself
        vouches for it.
    """
    forms: dict[tuple[str, str, str, str, bool], dict[str, Form]] = {}
    for name in names:
        if len(name.text) > _LONG:
            continue  # no name: what a sieve is made of has a size, too
        hit = name.hit
        gloss = f"{FOLLOWED}: {name.said[:60]}"
        form = Form(name.text, "code", "token", "medium", "the package", "checked: the package says so", gloss)
        forms.setdefault((hit.term, hit.kind, hit.family, hit.gloss, hit.named), {}).setdefault(name.text, form)
    terms = [
        Term(term, kind, family, gloss, named, "", (), (), (), tuple(rows.values()))
        for (term, kind, family, gloss, named), rows in sorted(forms.items())
    ]
    total = hashlib.sha256(repr(sorted((t.id, f.word) for t in terms for f in t.forms)).encode())
    return Lexicon({f"{t.id} {i}": t for i, t in enumerate(terms)}, {}, base.hant, "sha256:" + total.hexdigest())
