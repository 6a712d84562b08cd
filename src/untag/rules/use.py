"""A tag that is proven elsewhere in the same package is used, asked for, stored, shown or tested here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import BOUND, DECLARED, PROSE, USED, Tier
from untag.finding import FOLLOWED, Confidence, Purpose
from untag.later import later
from untag.rules import _tongue as tongues
from untag.rules import _weigh as weigh
from untag.rules._cited import cited
from untag.rules._faced import compared
from untag.rules._printed import pointed
from untag.rules._suited import suited
from untag.rules._warn import warns
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["UseRule"]

_ROLES = DECLARED | USED | BOUND
#: Somebody, and no class of people.
_ONE = later(r"(?<![a-z])(?:man|woman|guy|lady|boy|girl)(?![a-z])", re.IGNORECASE)
#: Roles of texts that may be a sentence.
_TOLD = PROSE | {Role.COMMENT}
#: The name of a set and one of its members.
_SCOPED = later(r"[A-Z][A-Za-z]*(?:\.|::)[A-Z][A-Z0-9_]*(?!\w|\s*\()")
#: A comparison with a code, and how many codes of a known system make a table of them.
_NUMBER = later(r"\w{0,20}(?:\(\))?\s*[=!]={1,2}\s*[\"']?\d{1,2}\b")
_CODES = 4
#: Spaces of a comment that is still a name or a label.
_REMARK = 3


#: Files of nothing but paths that other tools leave out.
_IGNORED = ("ignore", ".gitattributes")


class UseRule:
    """Other places of a proven tag."""

    name = "use"
    limits = ("Without a proven tag in the same package a use alone says nothing.",)
    example = (
        'setup.py: setup(name="face")',
        'model.py: race_labels = ["asian", "indian", "black", "white", "latino hispanic"]  # of a face',
        'client.py: result = service.call(face, attributes=["age", "gender", "race"])',
    )
    sources = (
        (
            "A value in a list of attributes asks for a tag more often than a parameter of its own: the "
            "references of Face++ and Baidu's face API."
        ),
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for all marks whose term is proven in the package."""
        proven = case.setting.confirmed
        if not proven or case.place.chain[-1].endswith(_IGNORED):
            return
        tongues = case.setting.case["locale"] + case.setting.near["locale"] > 0
        bio = weigh.bio(case)
        # A word that is weak by itself proves nothing where nobody is looked at: it would mark half of a large tree.
        persons = bio >= Tier.PACKAGE or weigh.demo(case) >= Tier.CASE
        # One of several peoples in a list is the business of the rule for sets: there are lists of all languages.
        listed = case.kind is Kind.LIST and len(_peoples(case)) > 1
        # Initials and short words of other languages need somebody in their own company, whatever the package is about.
        # A whole file of constants is nobody's company.
        company = weigh.demo(case) >= Tier.NEAR or (bio >= Tier.NEAR and case.kind is not Kind.FILE)
        marks = [
            m
            for m in case.marks
            if m.role in _ROLES
            and not weigh.astray(case, m)
            and not weigh.citizen(case, m)
            and not (m.surface.kind is Kind.SECTION and cited(case, m))
            and not (m.role in _TOLD and warns(m))
            and not suited(m)
            and any(
                self._same(h, proven, m)
                and (persons or h.strength != "weak" or h.gloss.startswith(FOLLOWED) or compared(case, m))
                and not weigh.innocent(case, h)
                and not weigh.folder(m.text, h, app=m.role not in DECLARED)
                and (
                    company or not weigh.stray(h) or h.gloss.startswith(FOLLOWED) or _member(m, h) or compared(case, m)
                )
                and not ((tongues or (listed and m.role is Role.MEMBER)) and h.kind == "group")
                for h in m.hits
            )
        ]
        if not marks:
            return
        hit = next(h for h in marks[0].hits if self._same(h, proven, marks[0]))
        near = bio >= Tier.FILE or weigh.demo(case) >= Tier.NEAR
        # A name that the package itself made up means the same in every file of it, whatever stands around it.
        level = weigh.strength(hit) or any(_member(m, h) for m in marks for h in m.hits if h.kind == "attribute")
        faces = (bio >= Tier.PACKAGE and not weigh.account(case, bio)) or hit.gloss.startswith(FOLLOWED)
        sound = faces or _keyed(case, marks)
        sound = sound or (level == 2 and bio < Tier.PACKAGE and not weigh.elsewhere(case))
        sound = sound and not all(weigh.swept(case, m) for m in marks) and not all(map(pointed, marks))
        sure = Confidence.FIRM if sound and (near or level) else Confidence.TENTATIVE
        why = f"{hit.gloss} is a proven tag of this package and is used here"
        aim = weigh.purpose(case)
        if aim is Purpose.DECLARED:
            aim = Purpose.CAPABILITY  # what is proven in the package is not a mere form here
        yield weigh.claim(self.name, case, marks, sure, why, aim=aim)

    @staticmethod
    def _same(hit: Hit, proven: frozenset[str], mark: Mark) -> bool:
        """Whether a hit is of a proven term; origin and ancestry are too common to follow.

        In a sentence a weak word (race, nation) counts only where age, gender or looks stand in the same sentence.
        """
        if hit.term not in proven or hit.kind not in {"attribute", "group", "proxy"} or hit.family == "skin_colour":
            return False
        if hit.kind == "group" and _ONE.search(mark.text[max(0, hit.end - 8) : hit.end + 8]):
            return False  # ``WARP_WHITE_MAN``: a picture of one person
        if weigh.common(hit):
            return False
        if hit.strength != "weak":
            return hit.kind != "group" or not (tongues.tongue(mark) or tongues.written(mark, hit) or _speech(mark))
        if hit.kind == "group":
            return False  # Indian, Roma, Bai: a weak name of a people is followed only by the rules for sets
        if weigh.families(mark) & {"demographic", "visual"}:
            return True
        # "might race us": a remark of several words is a sentence, however short.
        return weigh.named(mark) and (mark.role is not Role.COMMENT or mark.text.strip().count(" ") <= _REMARK)


def _speech(mark: Mark) -> bool:
    """Whether a text names a song, a kitchen or a language of the people, and says nothing of a person."""
    around = weigh.families(mark)
    told = {"alert", "biometric", "demographic", "filter", "list"}
    return "culture" in around or (
        ("locale" in around or any(h.term == "ctx_tongue" for h in mark.hits))
        and not around & told
        and not any(h.kind == "attribute" for h in mark.hits)
    )


def _member(mark: Mark, hit: Hit) -> bool:
    """Whether a condition compares with a member of the set that is called so: ``is Leom.ARAVI``."""
    return mark.role is Role.CONDITION and _SCOPED.match(mark.text, hit.start) is not None


def _keyed(case: Case, marks: list[Mark]) -> bool:
    """Whether it is decided by the code, beside how alike two faces are, or the codes are told in a file of faces."""
    around = case.setting
    if around.case["inference"] and any(m.role is Role.CONDITION and _numbered(m) for m in marks):
        return True
    return bool(around.file["biometric"]) and any(c.attribute and c.count >= _CODES for c in case.codings)


def _numbered(mark: Mark) -> bool:
    """Whether an attribute is compared with a number in a condition."""
    return any(
        h.kind == "attribute" and weigh.strength(h) and _NUMBER.match(mark.text, h.end) is not None for h in mark.hits
    )


def _peoples(case: Case) -> set[str]:
    """The peoples that a case names."""
    return {h.term for m in case.marks for h in m.hits if h.kind == "group" and h.family == "people"}
