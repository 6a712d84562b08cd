"""How much the surroundings of a mark weigh: shared by the rules, no rule itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import Tier
from untag.finding import Claim, Confidence, Evidence, Purpose, Severity
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from untag.case import Case
    from untag.finding import Hit, Mark

#: Genres in which words for peoples and for race are innocent.
GENRES = ("concurrency", "conduct", "finance", "game", "geography", "locale", "news", "sport")
#: Families of records about people that are not biometric by themselves.
FILES_ON_PEOPLE = ("census", "health", "hr", "record")
_ORDER = {"strong": 2, "medium": 1, "weak": 0}


#: What a package may be about instead of faces; where one of these weighs more, a few words on faces make no product.
_OTHERS = ("census", "fairness", "health", "hr", "sport")
#: Families that every large product has some of; they must weigh twice as much.
_COMMON = ("finance", "game", "locale")


def bio(case: Case) -> Tier:
    """How near something biometric stands: a face, a camera's person attributes, a face library."""
    setting = case.setting
    if setting.path["emoji"] or setting.file["emoji"] >= 20:
        return Tier.NONE  # grinning faces with glasses in five skin tones
    about = setting.package
    weight = about["biometric"]
    other = any(about[o] > weight for o in _OTHERS) or any(about[o] > 2 * weight for o in _COMMON)
    near = setting.tier("biometric", "visual")
    if near >= Tier.NEAR:
        # In a product about something else (fonts have faces, staff have portraits) one word is not enough.
        words = sum(c[f] for c in (setting.case, setting.near) for f in ("biometric", "visual"))
        if not other or (words >= 4 and setting.terms["biometric"] + setting.terms["visual"] >= 4):
            return near
    product = weight > 0 and not other
    if setting.path["biometric"] or setting.terms["biometric"] >= (2 if product else 4):
        return Tier.FILE
    return Tier.PACKAGE if product else Tier.NONE


def demo(case: Case) -> Tier:
    """How near age, gender and their like stand."""
    return case.setting.tier("demographic")


def genre(case: Case, *names: str) -> Tier:
    """How near an innocent genre stands."""
    return case.setting.tier(*(names or GENRES))


#: Which genres speak against which words: race has contests and bugs, peoples have languages and regions.
_SPEAKS = {
    "race": ("concurrency", "sport", "game", "conduct", "news"),
    "people": ("locale", "geography", "news"),
    "class": ("finance", "geography", "locale", "conduct", "news"),
    "other": ("conduct", "news", "locale", "geography"),
}
#: Hits from which a genre that every address or menu has some of speaks against a strong word.
_ENOUGH = {"geography": 4, "locale": 2}


def innocent(case: Case, hit: Hit) -> bool:
    """Whether a genre in which this very word is innocent stands beside it."""
    if hit.kind == "group":
        key = "people" if hit.family == "people" else "class"
    else:
        key = "race" if hit.family == "race" else "other"
    around = case.setting
    for name in _SPEAKS[key]:
        count = around.case[name] + around.near[name]
        if count >= (_ENOUGH.get(name, 1) if hit.strength == "strong" and bio(case) >= Tier.PACKAGE else 1):
            return True
    return False


def strength(hit: Hit) -> int:
    """2 strong, 1 medium, 0 weak; a strong form nobody vouches for counts as medium."""
    value = _ORDER[hit.strength]
    return min(value, 1) if value == 2 and not hit.checked else value


def best(mark: Mark, kinds: Iterable[str]) -> Hit | None:
    """The strongest hit of some kinds in a mark."""
    wanted = frozenset(kinds)
    rows = [h for h in mark.hits if h.kind in wanted]
    return max(rows, key=lambda h: (strength(h), h.end - h.start, -h.start)) if rows else None


def families(mark: Mark) -> set[str]:
    """Context families inside the mark's own text."""
    return {h.family for h in mark.hits if h.kind == "context"}


#: A language tag as a key: what it maps to is the name of a language.
_TAG = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")


def tongue(mark: Mark) -> bool:
    """Whether the mark is the name of a language in a map from language tags."""
    return mark.surface.role is Role.VALUE and _TAG.fullmatch(mark.surface.about) is not None


def named(mark: Mark) -> bool:
    """Whether the mark's text is a name or a short label, not a sentence or a blob."""
    return len(mark.text) <= 80 and mark.text.count(" ") <= 6


def evidence(case: Case, *names: str) -> tuple[Evidence, ...]:
    """Examples of context families around a case, and a few siblings."""
    rows = [case.setting.sample[n] for n in names if n in case.setting.sample]
    rows += [Evidence("sibling", s.text[:80], s.place) for s in case.siblings[:4]]
    return tuple(rows[:6])


def against(case: Case) -> tuple[Evidence, ...]:
    """What speaks for an innocent reading."""
    rows = []
    for name in (*GENRES, *FILES_ON_PEOPLE, "fairness"):
        if case.setting.tier(name) >= Tier.NEAR and name in case.setting.sample:
            row = case.setting.sample[name]
            rows.append(Evidence(f"genre {name}", row.text[:80], row.place))
    return tuple(rows[:4])


def graded(purpose: Purpose, hits: Iterable[Hit]) -> Severity:
    """Severity of a purpose; a named, persecuted or single minority raises it one step, notes apart."""
    severity = purpose.severity
    if severity > Severity.NOTE and any(h.named for h in hits):
        severity = Severity(min(severity + 1, Severity.CRITICAL))
    return severity


def purpose(case: Case) -> Purpose:
    """What a declared thing with an ethnic name is for, from its surroundings."""
    setting = case.setting
    near = bio(case)
    if fair(case):
        return Purpose.FAIRNESS
    if near < Tier.PACKAGE:
        return Purpose.DECLARED
    data = case.kind == "dataset" or case.place.chain[-1].lower().endswith((".csv", ".tsv", ".parquet", ".arff"))
    if not data and any(h.kind == "group" and h.named for m in case.marks for h in m.hits):
        return Purpose.CAPABILITY
    recorded = setting.tier("record", "hr") >= Tier.NEAR and setting.tier("inference") < Tier.NEAR
    if recorded:
        return Purpose.RECORD if near >= Tier.FILE or setting.confirmed else Purpose.DECLARED
    if data:
        return Purpose.DATASET
    return Purpose.CAPABILITY


def fair(case: Case) -> bool:
    """Whether the case measures bias across groups: fairness words beside it, or all over its file."""
    setting = case.setting
    if setting.case["fairness"] + setting.near["fairness"] >= 2:
        return True
    return setting.file["fairness"] >= 3 and setting.terms["fairness"] >= 2


def claim(
    rule: str,
    case: Case,
    marks: Sequence[Mark],
    confidence: Confidence,
    why: str,
    *,
    aim: Purpose | None = None,
    seen: Sequence[str] = ("biometric", "visual", "demographic"),
) -> Claim:
    """A claim with its severity, evidence and what speaks against it."""
    aim = aim or purpose(case)
    hits = [h for m in marks for h in m.hits if h.kind != "context"]
    return Claim(rule, aim, graded(aim, hits), confidence, why, evidence(case, *seen), against(case), tuple(marks))


def _short(name: str) -> str:
    """A name on one line; of a sentence its beginning."""
    name = " ".join(name.split())
    return name if len(name) <= 60 else name[:59] + "…"


def quoted(names: Iterable[str], most: int = 4) -> str:
    """A few names for a sentence."""
    rows = list(dict.fromkeys(_short(name) for name in names))
    text = ", ".join(rows[:most])
    return text + (f" and {len(rows) - most} more" if len(rows) > most else "")
