"""What each rule said of one artifact, case by case and round by round, and what it would have said otherwise."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from untag.case import Case, Tier
from untag.finding import Confidence, Mark, Severity, gravity
from untag.judge import _case, _claims, _prove, _second
from untag.judge._chance import blob, cased, raw
from untag.judge.gather import LONGEST, Gatherer
from untag.judge.refer import refers
from untag.rules import _weigh as weigh
from untag.surface import Role, upto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from untag.finding import Claim, Finding, Hit
    from untag.judge.gather import Draft, Sheet
    from untag.judge.package import Packages
    from untag.lexicon import Lexicon
    from untag.surface import Surface

__all__ = ["Hearing", "Lack", "hear", "hits_of", "lacks", "passed_over", "weights"]


class Hearing(Struct, frozen=True):
    """One case as the judge heard it.

    Attributes:
        draft: The case as it was gathered.
        case: The case of the second round, with what was proven in its package.
        first: Claims of the first round.
        second: Claims of the second round; those make the finding.
        findings: What came of it, before any policy; none where no rule made a claim.
    """

    draft: Draft
    case: Case
    first: tuple[Claim, ...]
    second: tuple[Claim, ...]
    findings: tuple[Finding, ...]


class Lack(Struct, frozen=True):
    """Something that would have made a claim, or a surer one.

    Attributes:
        what: The changed circumstances, in words that follow "if".
        claim: The gravest and surest claim that would follow.
    """

    what: tuple[str, ...]
    claim: Claim


def hear(sheet: Sheet, sheets: Sequence[Sheet], packages: Packages, lexicon: Lexicon) -> list[Hearing]:
    """Hear the cases of one sheet once more.

    Args:
        sheet: The sheet in question.
        sheets: All sheets of the scan.
        packages: The packages as they were when the judge was done.
        lexicon: For the families of proven terms.

    Returns:
        One hearing a case, in order of place. Of a sheet that did not trigger no rule was asked.
    """
    home = packages.of(sheet.place)
    peers = [s for s in sorted(sheets, key=lambda s: s.place.sort) if packages.of(s.place) == home]
    abouts = {id(s): packages.about(s.place) for s in peers}
    proven = _prove(peers, packages, abouts, lexicon, lambda: 0)[0].get(home, frozenset())
    about = packages.about(sheet.place)
    findings, _ = _second(sheet, about, proven)
    out: list[Hearing] = []
    for draft in sheet.drafts:
        case = _case(sheet, draft, about, proven)
        if not sheet.trigger:
            out.append(Hearing(draft, case, (), (), ()))
            continue
        first = tuple(_claims(_case(sheet, draft, about, frozenset())))
        second = tuple(_claims(case))
        made = tuple(f for f in findings if all(c in second for c in f.claims))
        out.append(Hearing(draft, case, first, second, made))
    return out


def hits_of(surface: Surface, lexicon: Lexicon) -> tuple[Hit, ...]:
    """The hits that a gatherer takes from a surface."""
    if blob(surface.text):
        return ()
    return Gatherer(lexicon, surface.place)._hits(surface, upto(surface.text, LONGEST))  # noqa: SLF001 - the same room


def passed_over(surface: Surface, hits: Iterable[Hit]) -> str:
    """Why a surface, or some of its hits, was not looked at; an empty string where all were."""
    text = surface.text
    if blob(text):
        return "it looks like an encoded blob or a digest, so no word is looked for in it"
    if raw(surface) and any(not cased(text, h) for h in hits):
        return "words among the bytes of a binary count only where they stand whole and in one case"
    if len(text) > LONGEST:
        return f"only its first {LONGEST:,} characters are looked at"
    if refers(surface, hits):
        return "its words stand in a link, a command that clones, the folders of a path or a digest: they name a place"
    return ""


def weights(case: Case) -> list[tuple[str, str]]:
    """How the rules weigh what surrounds a case: a question and its answer, each in a few words."""
    rows = [
        ("a face or camera stands", _tier(weigh.bio(case))),
        ("age, gender or the like stands", _tier(weigh.demo(case))),
        ("an innocent genre stands", _tier(weigh.genre(case))),
        ("it measures bias across groups", "yes" if weigh.fair(case) else "no"),
        ("its purpose would be", str(weigh.purpose(case))),
    ]
    hits: dict[str, Hit] = {h.term: h for m in case.marks for h in m.hits if h.kind != "context"}
    innocent = [term for term, hit in sorted(hits.items()) if weigh.innocent(case, hit)]
    if innocent:
        rows.append(("innocent here by its neighbours", ", ".join(innocent)))
    return rows


def _tier(tier: Tier) -> str:
    return {
        Tier.CASE: "in the same owner",
        Tier.NEAR: "within a few lines",
        Tier.FILE: "in the same file",
        Tier.PACKAGE: "in the same package only",
        Tier.NONE: "nowhere near enough to count",
    }[tier]


# -- what would have had to be different: the rules themselves are asked, with one circumstance changed


def lacks(case: Case, most: int = 3) -> list[Lack]:
    """What was missing for a finding that is shown.

    Every rule is asked again with one circumstance changed, and where no single one suffices, with two. That is what
    the rules do, not a guess at it; a change that nobody thought of here is not tried.

    Args:
        case: A case of the second round.
        most: Most answers given.

    Returns:
        The changes that would have led to a claim of at least firm confidence above a note, fewest first.
    """
    out = [Lack((what,), made) for what, change in _CHANGES if (made := _would(change(case)))]
    if not out:
        out = [
            Lack((one, other), made)
            for i, (one, first) in enumerate(_CHANGES)
            for other, second in _CHANGES[i + 1 :]
            if (made := _would(second(first(case))))
        ]
    return out[:most]


def _would(case: Case) -> Claim | None:
    rows = sorted(_claims(case), key=gravity)
    lead = rows[0] if rows else None
    return lead if lead and lead.severity > Severity.NOTE and lead.confidence >= Confidence.FIRM else None


def _beside(*families: str) -> Callable[[Case], Case]:
    def change(case: Case) -> Case:
        more = Counter(dict.fromkeys(families, 4))
        around = case.setting
        wider = replace(around, case=around.case + more, near=around.near + more, file=around.file + more,
                        terms=around.terms + more, package=around.package + more)  # fmt: skip
        return replace(case, setting=wider)

    return change


def _plain(case: Case) -> Case:
    """Without the genres and records in which such words are innocent."""
    gone = {*weigh.GENRES, *weigh.FILES_ON_PEOPLE, "fairness", "emoji", "colourword"}

    def kept(tally: Counter[str]) -> Counter[str]:
        return Counter({f: n for f, n in tally.items() if f not in gone})

    around = case.setting
    return replace(case, setting=replace(
        around, case=kept(around.case), near=kept(around.near), file=kept(around.file), package=kept(around.package),
        path=kept(around.path), terms=kept(around.terms),
    ))  # fmt: skip


def _proven(case: Case) -> Case:
    terms = {h.term for m in case.marks for h in m.hits if h.kind != "context"}
    return replace(case, setting=replace(case.setting, confirmed=case.setting.confirmed | terms))


def _strong(case: Case) -> Case:
    def louder(mark: Mark) -> Mark:
        hits = (h if h.kind == "context" else replace(h, strength="strong", checked=True) for h in mark.hits)
        return Mark(mark.surface, tuple(hits))

    return replace(case, marks=tuple(map(louder, case.marks)))


def _declared(case: Case) -> Case:
    marks = (Mark(replace(m.surface, role=Role.FIELD, text=m.text[:80]), m.hits) for m in case.marks)
    return replace(case, marks=tuple(marks))


_CHANGES: tuple[tuple[str, Callable[[Case], Case]], ...] = (
    ("a face, camera or other biometric word stood beside it", _beside("biometric")),
    ("age, gender or the like stood beside it", _beside("demographic")),
    ("a word for inference (detect, predict, score) stood beside it", _beside("inference")),
    ("the word were proven to be a tag elsewhere in the same package", _proven),
    ("the word were a stronger one (a full name instead of a weak or unreviewed form)", _strong),
    ("it were the name of a declared thing (a field, a column)", _declared),
    ("no innocent genre, record of persons or measure of bias stood around it", _plain),
)
