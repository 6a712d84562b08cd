"""The judge: sheets of marked cases in, findings out, in two rounds; it never opens a file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.case import Case, Setting
from untag.finding import Confidence, Finding, Mark, Severity, Status, gravity, key_of
from untag.judge import follow, initials
from untag.judge.conflict import oppose
from untag.judge.gather import Gatherer, Sheet, sheet_of
from untag.judge.package import Packages
from untag.judge.rows import gather
from untag.judge.show import show
from untag.judge.study import Study
from untag.judge.unite import told, unite
from untag.rules import rules
from untag.rules._theme import quieted
from untag.rules._theme import told as told_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from untag.finding import Claim, Hit
    from untag.judge.follow import Name
    from untag.judge.gather import Draft
    from untag.lexicon import Lexicon
    from untag.surface import Surface

    #: Looks once more at the files of some packages, for names that stand for a tag there; gives sheets that take the
    #: place of those of the same artifacts.
    Again = Callable[[dict[tuple[int, str], tuple[Name, ...]]], Sequence[Sheet]]

__all__ = ["Gatherer", "Judgement", "Packages", "Sheet", "judge", "replaced", "sheet_of"]

#: Rules whose claims prove a tag for the rest of the package.
_PROVING = frozenset({"codesystem", "field", "labelset", "people", "residue", "targeting"})
_EMPTY: frozenset[str] = frozenset()


class Judgement(Struct, frozen=True):
    """What the judge says.

    Attributes:
        findings: In order of place, shown and hidden.
        mentions: Cases with a term and no product around it; counted and nothing else.
        unproven: Sheets that round one did not come to, because it was asked to stop.
        unjudged: Sheets that round two did not come to.
    """

    findings: tuple[Finding, ...]
    mentions: int
    unproven: int = 0
    unjudged: int = 0


def judge(
    sheets: Sequence[Sheet],
    packages: Packages,
    lexicon: Lexicon,
    asked: Callable[[], int] = lambda: 0,
    again: Again | None = None,
) -> Judgement:
    """Judge all sheets together.

    Args:
        sheets: One an artifact, in any order.
        packages: Which file belongs to which product.
        lexicon: For the families of proven terms.
        asked: How often it was asked to stop so far. The first time ends the round it is in, so that what round one
            proved is judged still; a further time ends the next.
        again: Reads the packages once more in which round one found names that the lexicon cannot know.

    Returns:
        Findings in order of place; the order and number of sheets of other packages never matters.
    """
    # What lies in a sheet that nothing drew is counted; whether the file was opened all the same must not matter.
    idle = sum(len(s.drafts) for s in sheets if not s.drawn)
    ordered = sorted((s for s in sheets if s.drawn), key=lambda s: s.place.sort)
    packages.learn(sorted((s for s in sheets if s.drawn or s.tells), key=lambda s: s.place.sort))
    about = {id(s): packages.about(s.place) for s in ordered}
    names: dict[tuple[int, str], list[Name]] = {}
    first = Study(ordered, packages, lexicon)
    spoken: dict[int, frozenset[int]] = {}
    proven, unproven = _prove(ordered, packages, about, lexicon, asked, names, first, spoken)
    fresh = [s for s in _reread(names, lexicon, again) if s.drawn]
    second = Study(fresh, packages, lexicon)
    for sheet in fresh:
        second.see(sheet)
    ordered = replaced(ordered, fresh)
    about = {id(s): packages.about(s.place) for s in ordered}
    oppose(ordered, packages, lambda sheet, draft: bool(_proof(sheet, draft, about[id(sheet)])))
    findings: list[Finding] = []
    mentions, unjudged = idle, 0
    before = asked()
    for number, sheet in enumerate(ordered):
        if asked() > before:
            unjudged = len(ordered) - number
            break
        confirmed = proven.get(packages.of(sheet.place), _EMPTY)
        # Where nothing is proven, what said nothing in round one says nothing now.
        rows, lonely = _second(sheet, about[id(sheet)], confirmed, None if confirmed else spoken.get(id(sheet)))
        findings += rows
        mentions += lonely
    return Judgement(tuple(gather(unite(findings, packages.of))), mentions, unproven, unjudged)


def _prove(
    sheets: Sequence[Sheet],
    packages: Packages,
    about: dict[int, Counter[str]],
    lexicon: Lexicon,
    asked: Callable[[], int],
    names: dict[tuple[int, str], list[Name]] | None = None,
    study: Study | None = None,
    spoken: dict[int, frozenset[int]] | None = None,
) -> tuple[dict[tuple[int, str], frozenset[str]], int]:
    """Round one: the terms that are proven tags, by package, and how many sheets it did not come to.

    Sheets are studied as it comes to them, all of them in any case. Names that stand for a tag are added to ``names``,
    by package, and the positions of the cases that a rule said anything of to ``spoken``, by sheet.
    """
    out: dict[tuple[int, str], set[str]] = {}
    left, stopped = 0, False
    for sheet in sheets:
        stopped = stopped or bool(asked())
        left += stopped
        if study is not None:
            study.see(sheet)
        if stopped or not sheet.trigger:
            continue
        said: list[int] = []
        for position, draft in enumerate(sheet.drafts):
            claims = _claims(_case(sheet, draft, about[id(sheet)], _EMPTY))
            for made in filter(_proves, claims):
                terms = {h.term for m in made.marks for h in m.hits if _tells(m, h)}
                out.setdefault(packages.of(sheet.place), set()).update(terms)
            if names is not None and (found := [*follow.found(draft, claims), *initials.explained(draft)]):
                names.setdefault(packages.of(sheet.place), []).extend(found)
            if claims:
                said.append(position)
        if spoken is not None:
            spoken[id(sheet)] = frozenset(said)
    return {package: frozenset(_kin(terms, lexicon)) for package, terms in out.items()}, left


def _tells(mark: Mark, hit: Hit) -> bool:
    """Whether a hit is what a mark proves: a word that means citizenship elsewhere is none where it is an attribute."""
    if hit.kind != "proxy":
        return hit.kind in {"attribute", "group"}
    return not any(h.kind == "attribute" and h.start < hit.end and hit.start < h.end for h in mark.hits)


def _proof(sheet: Sheet, draft: Draft, about: Counter[str]) -> list[Claim]:
    """What proves that a draft is a live tag, without anything known of the rest of its package."""
    return list(filter(_proves, _claims(_case(sheet, draft, about, _EMPTY))))


def _proves(made: Claim) -> bool:
    return made.rule in _PROVING and made.alone


def _reread(names: dict[tuple[int, str], list[Name]], lexicon: Lexicon, again: Again | None) -> Sequence[Sheet]:
    """Sheets of the files in which a name of round one stands."""
    wanted = {package: kept for package, rows in sorted(names.items()) if (kept := follow.settle(rows, lexicon))}
    return again(wanted) if wanted and again is not None else ()


def replaced(sheets: list[Sheet], fresh: Sequence[Sheet]) -> list[Sheet]:
    """All sheets in order of place, as they were given; a fresh one stands for the old one of the same artifact."""
    if not fresh:
        return sheets
    rows = {s.place.sort: s for s in sheets}
    rows.update((s.place.sort, s) for s in fresh)
    return sorted(rows.values(), key=lambda s: s.place.sort)


def _kin(terms: set[str], lexicon: Lexicon) -> set[str]:
    """Proven terms and what products call them: race and ethnicity are one thing; what infers nationality says so."""
    if "nationality_inference" in terms:
        terms = terms | {"nationality"}
    families = {lexicon.sorts.get(name) for name in terms}
    if families & {("attribute", "race"), ("attribute", "ethnicity"), ("group", "race")}:
        return terms | {"race", "ethnicity"}
    return terms


def _case(sheet: Sheet, draft: Draft, about: Counter[str], confirmed: frozenset[str]) -> Case:
    setting = Setting(
        draft.context, draft.near, sheet.file, about, sheet.pathway, sheet.terms, sheet.prose, confirmed, sheet.sample
    )
    gone = {id(s.mark) for s in draft.scars if s.whole}
    return Case(
        draft.owner,
        draft.kind,
        (draft.marks or draft.cues)[0].place,
        tuple(m for m in draft.marks if id(m) not in gone) if gone else tuple(draft.marks),
        tuple(draft.siblings),
        draft.size,
        setting,
        sheet.path,
        tuple(draft.cues),
        draft.legends,
        draft.codings,
        draft.scars,
        draft.conflicts,
        draft.within,
    )


def _claims(case: Case) -> list[Claim]:
    made = _judged(case)
    if not made:
        return made  # most cases: what their texts are about need not be asked
    plain = told_of(case)
    return quieted(plain, made if plain is case else _judged(plain))


def _judged(case: Case) -> list[Claim]:
    return [c for rule in rules().values() for c in rule.judge(case)]


def _second(
    sheet: Sheet, about: Counter[str], confirmed: frozenset[str], spoken: frozenset[int] | None = None
) -> tuple[list[Finding], int]:
    """Round two: the findings of one sheet, and how many of its cases came to nothing.

    Where it is known which cases a rule spoke of in round one, only these and those with a conflict are heard.
    """
    if not sheet.trigger:
        return [], len(sheet.drafts)
    findings: list[Finding] = []
    ordinals: Counter[str] = Counter()
    lonely = 0
    for number, draft in enumerate((*sheet.drafts, *(sheet.cued if confirmed else ()))):
        if spoken is not None and number not in spoken and not draft.conflicts:
            lonely += 1
            continue
        case = _case(sheet, draft, about, confirmed)
        claims = _claims(case)
        if not claims:
            lonely += bool(draft.marks)
            continue
        for part in _parts(claims):
            owner = _owner(case, part)
            findings.append(_finding(sheet, draft, part, owner, ordinals[owner]))
            ordinals[owner] += 1
    return findings, lonely


def _parts(claims: list[Claim]) -> Iterator[list[Claim]]:
    """Claims that make one finding: what a thing is, and apart from it each contradiction of two maps."""
    plain = [c for c in claims if c.rule != "conflict"]
    if plain:
        yield plain
    for made in claims:
        if made.rule == "conflict":
            yield [made]


def _owner(case: Case, claims: list[Claim]) -> str:
    """The thing that carries the tag: the case's owner, or for a file at large the name of what is marked."""
    if case.owner:
        return case.owner
    lead = min(claims, key=gravity)
    mark = (lead.marks or case.marks)[0]
    return (mark.surface.about or mark.text.strip())[:80]


def _finding(sheet: Sheet, draft: Draft, claims: list[Claim], owner: str, ordinal: int) -> Finding:
    claims = sorted(claims, key=gravity)
    marks = _union(claims, draft.described)
    lead = claims[0]
    first = lead.marks[0] if lead.marks else marks[0]
    status, reason = _status(lead)
    place = first.place
    return Finding(
        key=key_of(sheet.place.chain, owner, ordinal),
        owner=owner,
        place=place,
        claims=tuple(claims),
        marks=marks,
        against=tuple(dict.fromkeys(e for c in claims for e in c.against)),
        status=status,
        reason=reason,
        origin="own",  # who knows all files says whose this one is
        excerpt=_excerpt(sheet, place.line),
        check=show(place.chain, sheet.through, place.line, sheet.encoding),
        message=told(lead),
    )


def _union(claims: Iterable[Claim], described: Iterable[Surface]) -> tuple[Mark, ...]:
    """Marks of all claims, the leading claim's first, none twice, and the things that marked comments describe."""
    rows: dict[tuple[object, ...], Mark] = {}
    for made in claims:
        for mark in made.marks:
            rows.setdefault((mark.place.sort, mark.role, mark.text), mark)
    wanted = {m.surface.about for m in rows.values() if m.surface.about}
    for thing in described:
        if thing.text in wanted:
            rows.setdefault((thing.place.sort, thing.role, thing.text), Mark(thing, ()))
    first, *rest = rows.values()
    return (first, *sorted(rest, key=lambda m: m.place.sort))


def _status(lead: Claim) -> tuple[Status, str]:
    if lead.severity == Severity.NOTE:
        return Status.HIDDEN, f"{lead.purpose}: {lead.purpose.meaning}"
    if lead.confidence < Confidence.FIRM:
        return Status.HIDDEN, "tentative: the evidence around it is thin"
    return Status.SHOWN, ""


def _excerpt(sheet: Sheet, line: int | None) -> tuple[int, str] | None:
    if line is None or line not in sheet.excerpts:
        return None
    first = last = line
    while first - 1 in sheet.excerpts and line - first < 2:
        first -= 1
    while last + 1 in sheet.excerpts and last - line < 2:
        last += 1
    return first, "\n".join(sheet.excerpts[n] for n in range(first, last + 1))
