"""Initials and opaque codes that one file explains, and the records of other files in which they mean the same.

A column ``mz`` that its comment calls 民族, a row ``('mz', '民族')`` of a dictionary, an entry ``{prop: 'f3', label:
'Ethnicity'}`` of a list of columns: such a name is too short to mean the same wherever it stands. It does in a record
that has another name in common with the one that explains it, or that is called as that one is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import DECLARED, PROSE
from untag.judge.follow import PLAIN, TRIED, Name, sole
from untag.judge.holder import asked, holds, points
from untag.later import later
from untag.lexicon import fold
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from untag.finding import Hit, Mark
    from untag.judge.gather import Draft
    from untag.surface import Surface

__all__ = ["company", "explained", "heard", "known", "merged", "same", "searched"]

#: Roles of texts that say what a name stands for.
_SAYS = frozenset({Role.COMMENT, Role.LABEL, Role.VALUE, Role.STRING, Role.MEMBER, *PROSE})
#: Characters of a text that says what a name stands for and tells no story.
_BRIEF = 60
#: A name as software writes it, alone or behind the path of its bundle; in a document, what it says behind it.
_NAME = later(r"(?:[A-Za-z]\w*\.)*(?P<name>[A-Za-z_]\w{1,39})")
_LINE = later(
    r"\s*(?:[-*+|•]\s*)?[`'\"]?(?P<name>[A-Za-z_]\w{1,39})[`'\"]?\s*(?:\([^()\n]{1,30}\)\s*)?(?:[:=：|]|--?>?|—|–)\s"
)
#: What names of records are written with besides.
_BEFORE = later(r"(?:tbl?|sys|biz|app|base)_|t_")
_BEHIND = later(r"(?:entity|dto|vo|po|bo|model|mapper|bean|schema|serializer|form|request|response|record|info)s?$")
#: Letters of the shortest name of a record by which it is known again.
_CALLED = 5
#: Letters below which the sieve looks for no name.
_SHORT = 4
#: Names that a record has in common with others.
_MOST = 200
#: Kinds of owners that are records with a name of their own.
_RECORDS = frozenset({Kind.CLASS, Kind.SCHEMA, Kind.TABLE})


def explained(draft: Draft) -> Iterator[Name]:
    """Names that a case explains; whether they are a tag elsewhere, what stands around them there says.

    Args:
        draft: The case.

    Yields:
        Names with what stands beside them, in order of place.
    """
    beside: frozenset[str] | None = None
    gone = {id(s.mark) for s in draft.scars}  # code that is commented out explains nothing
    for mark in draft.marks:
        said = mark.text.strip()
        if id(mark) in gone or mark.role not in _SAYS or len(said) > _BRIEF + 40 * (mark.role in PROSE):
            continue
        hit = sole(mark)
        name = _named(mark, hit) if hit is not None and hit.kind == "attribute" and _plainly(mark, hit) else ""
        if hit is None or not _opaque(name) or holds(name) or points(said):
            continue
        if asked(mark.surface, (*draft.siblings, *(m.surface for m in draft.marks))):
            continue
        if beside is None:
            beside = company((*draft.siblings, *(m.surface for m in draft.marks)), draft.owner, draft.kind)
        if others := beside - {known(name)}:
            yield Name(name, hit, said[:_BRIEF], mark, beside=others)


def _named(mark: Mark, hit: Hit) -> str:
    """The name that a text explains, or an empty string."""
    surface = mark.surface
    if surface.role in PROSE and not surface.about:
        found = _LINE.match(surface.text)
        return found["name"] if found and found.end() <= hit.start else ""
    for text in (surface.value if surface.role is Role.MEMBER else "", surface.about):
        found = _NAME.fullmatch(text)
        if found and found["name"].lower() not in PLAIN:
            return found["name"]
    return ""


def _plainly(mark: Mark, hit: Hit) -> bool:
    """Whether a word means one thing: a medium one in plain letters is a duck in another language."""
    word = mark.text[hit.start : hit.end]
    return hit.strength == "strong" or " " in word or not word.isascii()


def _opaque(name: str) -> bool:
    """Whether a name is one that says nothing by itself; a number makes it one."""
    words = [w.lower() for w in fold.words_of(name)]
    return (
        bool(words)
        and name.isascii()
        and (any(w.isdigit() for w in words) or any(w not in PLAIN and w not in TRIED for w in words))
    )


def known(name: str) -> str:
    """A name as it is compared: ``dt_code`` and ``dtCode`` are one.

    Args:
        name: As written.
    """
    return name.replace("_", "").replace("-", "").lower()


def company(surfaces: Iterable[Surface], owner: str, kind: Kind) -> frozenset[str]:
    """What a record is known by: the names in it that are its own, and what it is called.

    Args:
        surfaces: What it declares, and what is said of that.
        owner: Its path.
        kind: What it is.
    """
    out: set[str] = set()
    for surface in surfaces:
        said = (surface.text,) if surface.role in DECLARED else ()
        for text in (*said, surface.value if surface.role is Role.MEMBER else "", surface.about):
            found = _NAME.fullmatch(text) if text else None
            if found and len(out) < _MOST and _opaque(found["name"]):
                out.add(known(found["name"]))
    called = _BEHIND.sub("", known(_BEFORE.sub("", owner.rpartition(".")[2].lower())))
    if kind in _RECORDS and len(called) >= _CALLED and called not in PLAIN:
        out.add("@" + called)
    return frozenset(out)


def same(name: Name, surface: Surface, record: frozenset[str]) -> bool:
    """Whether a name means in another record what it means in the one that explains it.

    Args:
        name: One that was explained.
        surface: Where it stands.
        record: What the record around that is known by (``company``).
    """
    home = name.mark.surface
    own = home.owner == surface.owner and home.place.chain == surface.place.chain
    return not own and not name.beside.isdisjoint(record)


def heard(name: Name, start: int, end: int) -> Hit:
    """The hit of an explained name.

    Args:
        name: The name.
        start: Where it stands in a text.
        end: Where it ends.
    """
    gloss = f"what is called {name.said} elsewhere in the package"
    return replace(name.hit, strength="medium", language="code", gloss=gloss, start=start, end=end)


def merged(names: Iterable[Name]) -> dict[str, Name]:
    """Explained names by how they are compared.

    Args:
        names: Names of one package, those that are no initials among them.
    """
    out: dict[str, Name] = {}
    for name in names:
        if name.beside:
            text = known(name.text)
            out[text] = replace(name, beside=name.beside | out[text].beside) if text in out else name
    return out


def searched(names: Iterable[Name]) -> re.Pattern[bytes] | None:
    """What finds the explained names that are too short for the sieve, as words of their own.

    Args:
        names: Names of one package.

    Returns:
        An expression over bytes, or None where there are none.
    """
    short = sorted({n.text for n in names if n.beside and sum(c.isalnum() for c in n.text) < _SHORT})
    if not short:
        return None
    either = "|".join(map(re.escape, short))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{either})(?![A-Za-z0-9])".encode(), re.IGNORECASE)
