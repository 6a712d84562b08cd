"""What a text is about by its own words: asked once, before the rules, of what no face or camera stands near.

A product about faces has a code of conduct, a page of news, a list of languages, a form of its staff; a museum, a
cookbook or a census may lie in the same folder. Words for such themes weigh nothing beside a face, an alarm or a model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.case import BOUND, PROSE
from untag.finding import Confidence
from untag.later import later
from untag.rules._deny import denied, sentence
from untag.rules._portrait import apart
from untag.rules._warn import warns
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["aside", "quieted", "themed", "told"]

#: Families of texts on other things than persons who are looked at, and of forms and counts of persons without a face.
_TOPICS = ("topic", "conduct", "culture", "game", "news", "sport")
_ROLLS = ("roll", "census")
#: Families of forms that products about faces have as well, and how many of their words weigh as one of a roll.
_FORMS, _THRICE = ("health", "hr"), 3
#: Different words of a theme in a file that make it one; what is declared in a program needs one beside it as well.
_ENOUGH = 2
#: The same where something is raised, listed or inferred beside it.
_MANY = 4
#: Families beside which no theme is heard, and those beside which it must be loud.
_FACES = ("biometric", "layer")
_DEEDS = ("alert", "inference", "list")
#: Families that a form of persons without a face has nothing of.
_PICTURED = ("visual", "image", "beauty")
#: Terms of what a text names that is no person, and families beside which it names one all the same.
_BEASTS = frozenset({"ctx_animal", "ctx_beast"})
_SPORTS = frozenset({"ctx_contest", "ctx_sport"})
_THINGS = _SPORTS | {"ctx_culture", "ctx_kitchen", "ctx_past", "ctx_worship", "ctx_tongue", "ctx_fiction"}
#: Those of them that cameras watch as well.
_FILMED = _SPORTS | {"ctx_culture", "ctx_kitchen"}
#: A key for the name of a font.
_FONT = later(r"(?:^|[._-])font(?:[_-]?(?:family|face|name))?s?$", re.IGNORECASE)
_PERSONS = frozenset({"alert", "biometric", "demographic", "filter", "inference", "layer", "list", "visual"})
_TELLING = frozenset({"demographic", "inference", "visual"})
#: Families of attributes that animals have, and the longest text that names one thing.
_BRED = frozenset({"ancestry", "caste", "ethnicity", "race", "skin_colour", "tribe"})
_LONG = 160
_TEXTS = PROSE | BOUND | {Role.STRING, Role.MEMBER}
#: What is spaced, set or written in: the three scripts of East Asia, which no list of classes goes on so with.
_WRITTEN = later(
    r"chinese\W{1,3}japanese\W{1,3}(?:(?:or|and)\W)?korean\W{1,3}"
    r"(?:(?:and|or)\W(?:english|latin|western)|characters?|text|scripts?|punctuation|fonts?|languages?|ideographs?)",
    re.IGNORECASE,
)


def told(case: Case) -> Case:
    """The case without texts that deny what they name, or say that it is a breed, a museum, a song."""
    gone = [m for m in case.marks if aside(m) or _styled(m) or (m.role in _TEXTS and denied(m))]
    # A section that warns and says nothing else is a note on bias; among other texts it is no part of them.
    warned = [m for m in case.marks if m.role in _TEXTS and warns(m)]
    if len(warned) + len(gone) < len(case.marks) or not any(m.role in PROSE for m in warned):
        gone += warned
    if not gone:
        return case
    # What a remark says so of is no tag either: ``byRaceMode; /* sports scene: track or road race */``.
    of = {m.surface.about for m in gone if m.role in BOUND and m.surface.about and _sorted(m)}
    out = {id(m) for m in gone}
    kept = (
        m
        for m in case.marks
        if id(m) not in out
        and not (m.role not in _TEXTS and (m.text in of or m.surface.owner.rpartition(".")[2] in of))
    )
    return replace(case, marks=tuple(kept))


def _sorted(mark: Mark) -> bool:
    """Whether a remark says that its field is of breeds or of sport."""
    return aside(mark) and any(h.term in _BEASTS or h.term in _SPORTS for h in mark.hits)


def aside(mark: Mark) -> bool:
    """Whether the mark's own words say that it names no person: a breed, a dish, a font, a museum."""
    tags = [h for h in mark.hits if h.kind != "context"]
    return bool(tags) and all(_aside(mark, h) for h in tags)


def _aside(mark: Mark, tag: Hit) -> bool:
    """Whether the sentence around a tag says so."""
    low, high = sentence(mark.text, tag.start, min(tag.end, len(mark.text)))
    if high - low > _LONG:
        return False
    around = [h for h in mark.hits if h.kind == "context" and low <= h.start < high]
    families = {h.family for h in around}
    terms = {h.term for h in around}
    if terms & _BEASTS:
        # A dog has an age and is seen by cameras, too.
        return not families & {"alert", "list"} and (tag.family in _BRED or tag.kind == "group")
    if "concurrency" in families:
        return tag.family == "race"
    if terms & _FILMED:
        families = {h.family for h in around if h.term != "ctx_camera"}  # a camera at the race, at the feast
    return not families & _PERSONS and bool(terms & _THINGS)


def _styled(mark: Mark) -> bool:
    """Whether the mark is what a font is called, after a people and what it writes, or tells how scripts are set."""
    return mark.role in _TEXTS and (
        _FONT.search(mark.surface.about) is not None or _WRITTEN.search(mark.text[:_LONG]) is not None
    )


def quieted(case: Case, claims: list[Claim]) -> list[Claim]:
    """The claims, none of them more than a suspicion where the case is about something else by its own words."""
    if not any(c.alone for c in claims) or not themed(case):
        return claims
    return [replace(c, confidence=Confidence.TENTATIVE) for c in claims]


def themed(case: Case) -> bool:
    """Whether a case is about something else than persons who are looked at."""
    around = case.setting
    if case.kind is Kind.MODEL or around.path["biometric"] or _near(case, _FACES):
        return False
    if around.file["image"] and apart(case):
        return False  # a register of persons with their pictures, in which a people stands beside the citizenship
    topics = sum(around.terms[f] for f in _TOPICS)
    rolls = sum(around.terms[f] for f in _ROLLS) + sum(around.terms[f] for f in _FORMS) // _THRICE
    if not topics + rolls:
        return False
    texts = all(m.role in _TEXTS for m in case.marks)
    if texts and rolls < _ENOUGH and any(_product(m) for m in case.marks if m.role in PROSE):
        return False
    wanted = _ENOUGH
    if _near(case, _DEEDS):
        wanted = _MANY
    if around.file["biometric"]:
        # Of a file that tells of faces elsewhere only what stands among words of the theme itself.
        return (
            _near(case, (*_TOPICS, *_ROLLS)) >= 2 * wanted and topics + rolls >= wanted and not _near(case, ("visual",))
        )
    if topics >= wanted and (texts or _near(case, _TOPICS)):
        return True
    if texts and wanted == _ENOUGH and _near(case, _TOPICS) and not _near(case, ("demographic", "visual")):
        return True
    if _near(case, _PICTURED) or around.file["image"]:
        return False
    return topics + rolls >= wanted and _near(case, (*_TOPICS, *_ROLLS)) > 0


def _product(mark: Mark) -> bool:
    """Whether a sentence with a tag tells of age, looks or an inference, and has no word of a theme itself."""
    for tag in mark.hits:
        if tag.kind not in {"attribute", "group"}:
            continue
        low, high = sentence(mark.text, tag.start, min(tag.end, len(mark.text)))
        around = {h.family for h in mark.hits if h.kind == "context" and low <= h.start < high}
        if around & _TELLING and not around & {*_TOPICS, *_ROLLS}:
            return True
    return False


def _near(case: Case, families: Iterable[str]) -> int:
    """Words of some families in the same owner or within a few lines."""
    around = case.setting
    return sum(around.case[f] + around.near[f] for f in families)
