"""A stand-in for ethnicity: racialised skin colour or complexion, region of origin, a euphemism, a renamed field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import BOUND, DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.later import later
from untag.rules import _weigh as weigh
from untag.rules._portrait import called
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["ProxyRule"]

#: Families that stand for ethnicity when they hang on a face, without further proof.
_SHOWN = frozenset({Role.CALL, Role.LABEL, Role.STRING})
_SURE = 2
_PLAIN = frozenset({"region", "euphemism", "accent"})
#: Families that are worth a suspicion; of a religion the faithful who are singled out beside a face.
_HINTS = _PLAIN | {"appearance", "risk"}
_FAITHFUL = frozenset({"falun_gong", "muslim"})
#: Marks of an owner among which an ethnic one is sought.
_LOOKED = 256
#: Families of keys under which a list or an alarm is named.
_ACTS = frozenset({"alert", "list"})

#: How stout somebody is, in Spanish.
_BUILD = later(r"complexi[o\u00f3]n", re.IGNORECASE)
#: Words of Spanish descriptions that stand beside it.
_SPANISH = later(
    r"(?<![a-z])(?:tez|piel|etnia|estatura|cabello|frente|cejas|nariz|boca|ojos|peso|sexo|edad|se[n\u00f1]as)(?![a-z])",
    re.IGNORECASE,
)
#: Names with capitals inside are words.
_CAMEL = later(r"(?<=[a-z])(?=[A-Z])")


#: Terms for persons by the shade of their skin, how many of them or of colours make classes, and what cares for skin.
_SHADES = frozenset({"dark_skin", "light_skin"})
_SEVERAL = 2
#: A class, in a text about the colour of the skin of a face.
_CLASS = later(
    r"(?<!\w)(?:class(?:es|i)?|clas[ea]s?|classes?|kla(?:s|ss)(?:e[nr]?)?|klas[ay]?|tříd[ay]|tried[ay]|razred[ai]?|luok\w+|osztály\w*|sınıf\w*"
    r"|kelas|класс?\w{0,3}|sinf\w*|darasa|kilasi|lớp|κλάσ\w+)(?!\w)|分类|分類|類別|类别|등급|클래스",
    re.IGNORECASE,
)
_CARE = frozenset({"beauty", "culture", "health", "retouch"})


#: What is drawn, or chosen for how a program looks, and what it is called.
_DRAWN = later(
    r"(?:draw|paint|render)(?:s|_?self)?|theme|palette"
    r"|(?:fill|stroke|border|back(?:ground)?|fore(?:ground)?|font|text|line|outline|shadow|accent)_?colou?rs?",
    re.IGNORECASE,
)
_FIGURE = later(
    r"avatar|(?<![a-z])(?:sprite|cartoon|mannequin|doll|puppet|widget|shape|bitmoji|mii)s?(?![a-z])", re.IGNORECASE
)
#: Roles of what holds a value.
_HOLDS = frozenset({Role.FIELD, Role.KEY, Role.COLUMN, Role.PARAMETER, Role.MEMBER, Role.CONSTANT, Role.OUTPUT})

#: What a call is about that tells something of a face.
_MADE = frozenset({"biometric", "inference"})


class ProxyRule:
    """Stand-ins."""

    name = "proxy"
    limits = (
        "Skin colour is a proxy only as an attribute of a person beside age, gender or glasses, or as a racial set.",
        "Skin detection, beauty filters and dermatology are not.",
    )
    example = ("attr.h: struct FACE_ATTR { int nAge; int emGender; int emSkinColor; int bGlasses; int faceId; };",)
    sources = (
        (
            "Search by skin tone in video analytics (Privacy International, 2018, "
            "privacyinternational.org/examples-abuse/2469)."
        ),
        "An attribute “Xinjiang-Tibet” on camera pages (IPVM, 2022, ipvm.com/reports/dahua-abuse).",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the declared stand-ins of the case."""
        bio = weigh.bio(case)
        if (bio < Tier.PACKAGE and weigh.demo(case) < Tier.NEAR) or weigh.fair(case):
            return
        other = weigh.genre(case) >= Tier.NEAR  # a menu of languages beside it; classes of colour say what they are
        made = {m.place.line for m in case.marks if m.role is Role.CALL and weigh.families(m) >= _MADE}
        joined = any(_joins(m) for m in case.marks[:_LOOKED])
        rows = [
            (self._weigh(case, m, made, joined=joined), m)
            for m in case.marks
            if (m.role in DECLARED or (m.role in BOUND and m.surface.about) or m.role in _SHOWN or _remark(m))
            and not (other and not _classes(m))
            and not weigh.astray(case, m)
        ]
        marks = [(sure, m) for sure, m in rows if sure is not None]
        if not marks:
            return
        top = max(sure for sure, _ in marks)
        kept = [m for sure, m in marks if sure == top]
        yield weigh.claim(
            self.name,
            case,
            kept,
            top,
            f"stands in for ethnicity: {weigh.quoted(m.text for m in kept)}",
            aim=Purpose.PROXY,
        )

    @staticmethod
    def _weigh(case: Case, mark: Mark, made: set[int | None], *, joined: bool) -> Confidence | None:
        if _sorted(case, mark):
            return Confidence.FIRM
        shown = mark.role in _SHOWN and not (mark.role in BOUND and mark.surface.about)
        hit = weigh.best(mark, ("proxy",))
        if shown or weigh.bio(case) < Tier.PACKAGE:
            # What a face API calls it says enough beside age and gender; other words need a face, and a declared thing.
            if hit is None or weigh.strength(hit) < _SURE:
                return None
            if hit.family == "region" and mark.role is Role.STRING and mark.surface.about and case.kind is Kind.ENUM:
                return Confidence.FIRM if weigh.bio(case) >= Tier.NEAR else None  # what a member of the enum is called
            return Confidence.FIRM if hit.family == "euphemism" and weigh.demo(case) >= Tier.NEAR else None
        skin = weigh.best(mark, ("attribute",))
        persons = case.setting.tier("demographic", "visual") >= Tier.CASE
        if skin is not None and skin.family == "skin_colour":
            if _built(case, mark, skin) or _drawn(case) or (weigh.stray(skin) and not _alone(mark, skin)):
                return None
            if case.setting.tier("retouch") >= Tier.NEAR:
                return None
            # A sentence on how a tone is measured names no class of people.
            told = mark.role is Role.COMMENT and not weigh.named(mark)
            if persons and weigh.bio(case) >= Tier.FILE and not told:
                return Confidence.FIRM
            return Confidence.TENTATIVE if weigh.strength(skin) else None
        if hit is None or hit.strength == "weak":
            # ``nationality = guess_tone(face)``: what a call makes of a face in the same line.
            line = mark.place.line
            guessed = hit is not None and hit.family == "nationality" and line is not None and line in made
            return Confidence.FIRM if guessed else None
        listed = hit.family == "region" and set(case.within) & _ACTS and weigh.bio(case) >= Tier.FILE
        if listed or (hit.family in _PLAIN and weigh.bio(case) >= Tier.NEAR):
            return Confidence.FIRM
        # A faith, a home or a foreigner in a record says nothing of a people by itself; beside an ethnic field it does.
        hinted = joined or hit.family in _HINTS or (hit.term in _FAITHFUL and weigh.bio(case) >= Tier.NEAR)
        return Confidence.TENTATIVE if hinted else None


def _joins(mark: Mark) -> bool:
    """Whether a mark is an ethnic field beside which a faith or a home is one more of the same."""
    return any(h.kind == "attribute" and h.family != "skin_colour" for h in mark.hits)


def _classes(mark: Mark) -> bool:
    """Whether a text has classes of the colour (white, brown, black) or offers to search faces by it."""
    around = weigh.families(mark)
    colours = {h.term for h in mark.hits if h.kind == "colour" or h.term in _SHADES}
    # "Skin colour of the face: class 1 to 4".
    told = "filter" in around or _CLASS.search(mark.text) is not None
    searched = told and any(h.term == "ctx_face" for h in mark.hits)
    return weigh.named(mark) and not around & _CARE and (len(colours) >= _SEVERAL or searched)


def _sorted(case: Case, mark: Mark) -> bool:
    """Whether such a text stands in a file about faces, and nothing in it cares for skin."""
    skin = weigh.best(mark, ("attribute",))
    if skin is None or skin.family != "skin_colour" or not _classes(mark) or _built(case, mark, skin):
        return False
    return weigh.bio(case) >= Tier.FILE and case.setting.tier("retouch", "beauty") < Tier.NEAR


def _remark(mark: Mark) -> bool:
    """Whether a remark is a heading, "persons from Xinjiang", over a query or a function."""
    if mark.role is not Role.COMMENT or not weigh.named(mark):
        return False
    return any(h.kind == "proxy" and h.family == "region" and weigh.strength(h) >= _SURE for h in mark.hits)


def _built(case: Case, mark: Mark, hit: Hit) -> bool:
    """Whether *complexion* is the build of a body: it is spelt so, or stands in a Spanish description."""
    word = mark.text[hit.start : hit.end]
    if _BUILD.fullmatch(word) is None:
        return False
    if "\u00f3" in word.lower():
        return True
    texts = [m.text for m in case.marks if m is not mark] + [s.text for s in case.siblings]
    return any(_SPANISH.search(_CAMEL.sub(" ", text[:80]).replace("_", " ")) for text in texts)


def _drawn(case: Case) -> bool:
    """Whether the colour is that of a figure that is drawn, or of the program itself, and nobody has an age there."""
    if weigh.demo(case) >= Tier.NEAR:
        return False
    texts = [s.text for s in case.siblings] + [m.text[:80] for m in case.marks if m.role in DECLARED]
    if any(_DRAWN.fullmatch(text) is not None for text in texts):
        return True
    return _FIGURE.search(called(case)) is not None


def _alone(mark: Mark, hit: Hit) -> bool:
    """Whether a short word of another language is all that a value is called: *fuse*, not ``FuseRequest``."""
    return mark.role in _HOLDS and hit.end - hit.start == len(mark.text.strip())
