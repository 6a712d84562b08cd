"""Codings: which known code system the values of a case belong to, by names, letters, numbers, range or reference."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.case import Coding
from untag.judge.legend import class_of, family_of, key_of, named
from untag.later import later
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from untag.case import Legend
    from untag.finding import Mark
    from untag.judge.gather import Draft
    from untag.lexicon import CodeSystem, Lexicon

__all__ = ["Systems", "systems"]

#: Peoples or classes that a set and a system must share before the system is named.
_SHARED = 3
#: Part of the set and the system together that they must share, where the system is short.
_COVER = 0.75
#: Values from which a system is long: a product holds a part of it.
_LONG = 10
#: Values of a long system that prove it by names alone; with the right codes ``_SHARED`` do.
_PART = 5
#: Letters (HA, MG, SC …) that prove a system, where it has as many; they collide with countries, languages and words.
_LETTERS, _FEWEST = 4, 3
#: Letters from which pairs of a system with nearly every pair are no chance: {HA, HB, MA, MB} may stand for anything.
_MANY = 8
#: Numbers from which a set of bare numbers may be the whole of a long system.
_NUMBERS = 30
#: Values beside the system's own that real lists of bare numbers hold: other, foreign, unknown.
_EXTRAS = 6
_WORDS = later(r"[A-Za-z0-9]{1,6}")
_RANGE = later(r"(?<![\d.])0{0,2}1\s{0,2}(?:-|~|～|–|—|to|至|到|\.\.\.?)\s{0,2}(\d{2,3})(?![\d.])")
_REMARK = later(r"(?://|/\*|#|--|<!--)[^\n]*|\bcomment\b[^\n]*", re.IGNORECASE)
_SAID = frozenset({Role.COMMENT, Role.ANNOTATION, Role.LABEL, Role.FIELD, Role.COLUMN, Role.PARAMETER, Role.PROSE})
_LISTED = frozenset({Role.MEMBER, Role.KEY, Role.COLUMN})


class _Table(Struct):
    """A code system made ready."""

    system: CodeSystem
    terms: dict[str, frozenset[str]]
    letters: frozenset[str]
    last: int


class Systems:
    """The lexicon's code systems, ready to be compared with cases."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Make the tables.

        Args:
            lexicon: The words; systems that stand for languages are left out.
        """
        self._lexicon = lexicon
        self._tables = [_table(s) for s in lexicon.codes.values() if s.family != "proxy"]
        self._lettered = [t for t in self._tables if len(t.letters) >= _FEWEST]
        self._numbered = {t.last: t for t in self._tables if t.last}
        # The name of a standard is a term of its own, under the system's id.
        self._referred = {t.system.id.replace("-", "_"): t for t in self._tables}

    def of(self, draft: Draft, legends: Iterable[Legend], excerpts: Mapping[int, str]) -> tuple[Coding, ...]:
        """The systems that a draft uses, none twice for the same reason.

        Args:
            draft: The case in the making.
            legends: Its legends.
            excerpts: Raw lines around its marks, for the remark behind a field that holds no word but a range.
        """
        rows: dict[tuple[str, str], Coding] = {}
        for coding in self._all(draft, legends, excerpts):
            rows.setdefault((coding.system, coding.how), coding)
        return tuple(rows.values())

    def _all(self, draft: Draft, legends: Iterable[Legend], excerpts: Mapping[int, str]) -> Iterator[Coding]:
        for legend in legends:
            if legend.peopled or _painted(draft, legend):
                made = self._names(legend)
                if made is not None:
                    yield made
        family = named(draft.owner, self._lexicon) or family_of(h for m in draft.marks for h in m.hits)
        if family:
            yield from self._bare(draft, family)
        for mark in draft.marks:
            yield from self._told(mark, excerpts)

    def _names(self, legend: Legend) -> Coding | None:
        """The system whose peoples a legend names; of equal ones the first by id, the others are told."""
        terms = {t for e in legend.entries for t in e.terms if not t.startswith("!")}
        if len(terms) < _SHARED:
            return None
        best: list[tuple[float, float, _Table, int]] = []
        for table in self._tables:
            shared = [t for t in terms if t in table.terms]
            if len(shared) < _SHARED:
                continue
            keyed = [e for e in legend.entries if e.key and any(t in table.terms for t in e.terms)]
            agree = sum(any(e.key in table.terms.get(t, ()) for t in e.terms) for e in keyed)
            right = agree / len(keyed) if keyed else 0.0
            if len(table.terms) >= _LONG:
                cover = len(shared) / len(terms)
                enough = len(shared) >= _PART or right == 1.0
            else:
                cover = len(shared) / len({*terms, *table.terms})
                enough = True
            if enough and cover >= _COVER:
                best.append((right, cover, table, len(shared)))
        if not best:
            return None
        # All codes right is more than all names; some codes right is chance, and only parts equals.
        best.sort(key=lambda r: (r[0] < 1.0, -r[1], -r[0], r[2].system.id))
        right, cover, table, count = best[0]
        alike = [r[2].system.title for r in best[1:] if (r[0] == 1.0, r[1]) == (right == 1.0, cover)]
        title = table.system.title + (f" (or {alike[0]})" if alike else "")
        distinct = any(r[2].system.distinct for r in best)
        marks = tuple(e.mark for e in legend.known)
        return Coding(
            title, "names", count, len(table.terms), legend.attribute, marks, coded=right == 1.0, distinct=distinct
        )

    def _bare(self, draft: Draft, family: str) -> Iterator[Coding]:
        """Letters or numbers alone, in a set that is called race, nation …."""
        surfaces = [m.surface for m in draft.marks] + draft.siblings
        texts = {s.text.strip() for s in surfaces if s.role in _LISTED and _WORDS.fullmatch(s.text.strip())}
        if len(texts) < _FEWEST:
            return
        marks = tuple(m for m in draft.marks if any(h.kind == "attribute" for h in m.hits)) or tuple(draft.marks[:1])
        upper = {t for t in texts if t.isupper()}
        for table in self._lettered:
            shared = upper & table.letters
            if _lettered(table, shared, texts, family):
                size = len(table.letters)
                yield Coding(table.system.title, "letters", len(shared), size, family, marks)
                break
        numbers = {int(t) for t in texts if t.isdigit()}
        for last, table in sorted(self._numbered.items()):
            inside = sum(1 <= n <= last for n in numbers)
            if inside >= last - 2 and len(numbers) <= last + _EXTRAS:
                yield Coding(table.system.title, "numbers", inside, last, family, marks)

    def _told(self, mark: Mark, excerpts: Mapping[int, str]) -> Iterator[Coding]:
        """A range such as 1-56 or the name of the standard, in a text that also says whose it is."""
        if mark.role not in _SAID:
            return
        surface = mark.surface
        family = family_of(mark.hits) or named(surface.about, self._lexicon)
        if not family:
            return
        ranges = [*_RANGE.finditer(surface.text[:2000])]
        if surface.role in {Role.FIELD, Role.COLUMN, Role.PARAMETER}:
            ranges += _RANGE.finditer(surface.value[:40])
            remark = _REMARK.search(excerpts.get(surface.place.line or 0, ""), surface.place.column or 0)
            ranges += _RANGE.finditer(remark[0][:300]) if remark is not None else ()
        for match in ranges:
            table = self._numbered.get(int(match[1]))
            if table is not None:
                yield Coding(table.system.title, "range", table.last, table.last, family, (mark,))
        for hit in mark.hits:
            table = self._referred.get(hit.term)
            if table is not None:
                yield Coding(table.system.title, "reference", 0, len(table.terms), family, (mark,))


def _painted(draft: Draft, legend: Legend) -> bool:
    """Whether a set of mere colours is one of people: it is called so, and holds hardly another colour or thing."""
    if not legend.attribute:
        return False
    if legend.inline:
        return len(legend.known) + 2 >= len(legend.entries)
    return not draft.context["colourword"] and draft.size <= 3 * len(legend.known)


def _lettered(table: _Table, shared: set[str], texts: set[str], family: str) -> bool:
    """Whether the letters of a set are those of a system."""
    if max(map(len, shared), default=0) < 2:
        return len(shared) >= _LETTERS and shared == table.letters == texts  # single letters prove only as a whole
    if len(shared) < min(_LETTERS, len(table.letters)):
        return False
    if len(table.letters) >= _NUMBERS:
        return len(shared) + 1 >= len(texts) and (family == "ethnicity" or len(shared) >= _MANY)
    return len(shared) >= _COVER * len(texts)


def _table(system: CodeSystem) -> _Table:
    terms: dict[str, set[str]] = {}
    for value in system.values:
        if value.term:
            keys = terms.setdefault(class_of(value.term), set())
            keys.update(key_of(k) for k in (value.code, value.letters) if k)
    numbers = {int(v.code) for v in system.values if v.code.isdigit()}
    last = len(numbers) if numbers == set(range(1, len(numbers) + 1)) and len(numbers) >= _NUMBERS else 0
    return _Table(
        system,
        {t: frozenset(k) for t, k in terms.items()},
        frozenset(v.letters.upper() for v in system.values if v.letters),
        last,
    )


@cache
def systems(lexicon: Lexicon) -> Systems:
    """The code systems of a lexicon, made ready once for a process."""
    return Systems(lexicon)
