"""A set, a range or a reference belongs to a known code system for ethnicity, race, caste or skin colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import PROSE, Tier
from untag.finding import Confidence, Purpose
from untag.rules import _weigh as weigh
from untag.rules._tongue import spoken
from untag.surface import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case, Coding
    from untag.finding import Claim

__all__ = ["CodesystemRule"]

_ORDER = ("names", "letters", "numbers", "reference", "range")
#: Kinds of sets all of whose members are counted; one where fewer than a third are peoples is no set of them.
_SETS = frozenset({Kind.DICT, Kind.ENUM, Kind.LIST})
_SHARE = 3


class CodesystemRule:
    """Values of a known code system."""

    name = "codesystem"
    limits = (
        "Numbers or letters alone prove nothing: the set must be called race, nation …, or name the standard.",
        "Several label sets hold the same classes; the one whose codes fit best is named, and one that fits as well.",
        "Of long systems (the censuses of Uzbekistan, New Zealand, the United States) the lexicon holds a part.",
    )
    example = ('codes.py: NATION_CODES = ["HA", "MG", "HU", "ZA", "UG", "MH"]  # of a captured face: age, gender',)
    sources = (
        "GB/T 3304 numbers the 56 ethnic groups of China and gives each two letters.",
        (
            "GA/T 1400 and other police standards carry an ethnicity code beside a face (IPVM, March 2021, "
            "ipvm.com/reports/racial-ethnic-standards)."
        ),
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the coding that shows most."""
        rows = [(sure, c) for c in case.codings if (sure := self._weigh(case, c)) is not None]
        if not rows:
            return
        sure, best = min(rows, key=lambda r: (-r[0], _ORDER.index(r[1].how), -r[1].count, r[1].system))
        aim = None
        if all(m.role in PROSE or m.surface.kind is Kind.SECTION for m in best.marks):
            aim = Purpose.FAIRNESS if weigh.fair(case) else Purpose.CLAIM
        elif best.attribute == "skin_colour":
            aim = Purpose.PROXY
        yield weigh.claim(self.name, case, best.marks, sure, self._why(best), aim=aim)

    @staticmethod
    def _why(coding: Coding) -> str:
        if coding.how == "range":
            return f"its values run from 1 to {coding.size}, as in {coding.system}"
        if coding.how == "reference":
            return f"it refers to {coding.system}"
        if coding.how == "names":
            names = weigh.quoted(m.text.strip()[:40] for m in coding.marks)
            if coding.coded:
                return f"{coding.count} of the {coding.size} values of {coding.system}, with its codes: {names}"
            return f"{coding.count} of the {coding.size} classes of {coding.system}: {names}"
        by = "letter code" if coding.how == "letters" else "number"
        return f"{coding.count} of the {coding.size} values of {coding.system}, by {by}"

    @staticmethod
    def _weigh(case: Case, coding: Coding) -> Confidence | None:
        bio, demo = weigh.bio(case), weigh.demo(case)
        bound = bool(coding.attribute) or any(h.kind == "attribute" for h in case.path)
        if not bound and (coding.how != "names" or not coding.distinct or weigh.surnames(case, coding.marks)):
            return None
        if not bound and case.kind in _SETS and coding.count * _SHARE < case.size:
            return None  # ways to write numbers, some of them called after peoples
        if not bound and coding.how == "names" and (weigh.scattered(coding.marks) or spoken(case, coding.marks)):
            return None
        if not bound and weigh.genre(case, "locale", "geography", "finance", "conduct", "news") >= Tier.NEAR:
            return None
        if weigh.genre(case, "locale", "geography") >= Tier.CASE and bio < Tier.NEAR:
            return None
        if bio >= Tier.NEAR and (bound or demo >= Tier.NEAR):
            return Confidence.CERTAIN
        if bio >= Tier.PACKAGE:
            return Confidence.FIRM
        return Confidence.TENTATIVE if bound or demo >= Tier.NEAR else None
