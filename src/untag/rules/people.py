"""A declared thing, label, parameter or value names one people: a detector for that people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import BOUND, DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.rules import _tongue as tongues
from untag.rules import _weigh as weigh
from untag.rules._suited import suited
from untag.surface import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["PeopleRule"]

_SETS = frozenset({Kind.LIST, Kind.DICT, Kind.TREE, Kind.ENUM, Kind.TABLE, Kind.DATASET})
_ROLES = DECLARED | BOUND | {Role.CONDITION, Role.CALL, Role.STRING, Role.USE}
#: Words of a text that is a sentence.
_SENTENCE = 6
#: Characters from which a text is more than a sentence.
_STORY = 160
#: Roles of what may be a whole sentence.
_TEXTS = frozenset({Role.COMMENT, Role.LABEL, Role.MEMBER, Role.STRING, Role.VALUE})


class PeopleRule:
    """One named people in the name of a thing."""

    name = "people"
    limits = ("A people that is named only by a place (a gallery called after a province) is a proxy, judged apart.",)
    example = (
        "Face.java: class FaceCapture { int age; int gender; boolean glasses; boolean recUygur; float similarity; }",
    )
    sources = (
        "A column rec_uygur in a database of faces (The New York Times, April 2019).",
        "A face attribute “is it Uyghur” in a cloud API (IPVM, December 2020).",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the case, by the surest mark."""
        rows: list[tuple[Confidence, Mark, Hit]] = []
        names = {h.term for m in case.marks for h in m.hits if h.kind == "group" and h.family == "people"}
        if len(names) > 1 and case.kind in _SETS:
            return  # several peoples in one set are the business of the rule for sets
        if len(names) > 1 and tongues.scripts(case.marks):
            return
        if tongues.lingual(case, case.marks) or tongues.spoken(case, case.marks) or tongues.block(case.owner):
            return
        if tongues.state(case):
            return
        for mark in case.marks:
            described = mark.role is Role.PROSE and bool(mark.surface.about)  # a cell of a table of fields
            if not (described or mark.role in _ROLES) or weigh.astray(case, mark):
                continue
            hit = weigh.best(mark, ("group",))
            if hit is None or hit.strength == "weak" or tongues.block(mark.text) or tongues.written(mark, hit):
                continue
            if (described or mark.role in _TEXTS) and not weigh.named(mark) and not hit.named:
                continue  # a line of a dialogue, a story about somebody
            if mark.role in _TEXTS and case.setting.path["news"] and len(mark.text.split()) >= _SENTENCE:
                continue  # a line of the news
            if mark.role in _TEXTS and len(mark.text) > _STORY and weigh.bio(case) < Tier.NEAR:
                continue  # a page of a book that a product carries along
            sure = self._weigh(case, mark, hit)
            if sure is not None:
                rows.append((sure, mark, hit))
        if not rows:
            return
        rows.sort(key=lambda r: (-r[0], r[1].place.sort))
        marks = [m for sure, m, _ in rows if sure >= min(rows[0][0], Confidence.FIRM)]
        # How well it does on whose faces sorts nobody; a name of a thing in the program is another matter.
        aim = Purpose.FAIRNESS if all(map(suited, marks)) else None
        why = f"{weigh.quoted(m.text for m in marks)}: {rows[0][2].gloss}"
        yield weigh.claim(self.name, case, marks, rows[0][0], why, aim=aim)

    @staticmethod
    def _weigh(case: Case, mark: Mark, hit: Hit) -> Confidence | None:
        bio = weigh.bio(case)
        if bio < Tier.PACKAGE or (weigh.innocent(case, hit) and bio < Tier.CASE):
            return None
        if case.setting.case["locale"] >= 2 or tongues.tongue(mark) or weigh.families(mark) & {"culture", "locale"}:
            return None  # a language, a script, a kind of music or a kitchen of that name
        level = weigh.strength(hit)
        if hit.family == "people" and hit.strength == "strong":
            if bio >= Tier.NEAR:
                return Confidence.CERTAIN if level == 2 and mark.role in DECLARED else Confidence.FIRM
            if bio >= Tier.FILE:
                return Confidence.FIRM
            return Confidence.FIRM if hit.named else Confidence.TENTATIVE
        if bio >= Tier.NEAR and level and mark.role in DECLARED and "biometric" in weigh.families(mark):
            return Confidence.FIRM  # ``faces_look__asian``
        if bio >= Tier.NEAR and case.setting.tier("demographic", "alert", "list") >= Tier.NEAR:
            sure = level == 2 or (level == 1 and hit.family == "people")
            return Confidence.FIRM if sure else Confidence.TENTATIVE
        return Confidence.TENTATIVE if bio >= Tier.NEAR or weigh.demo(case) >= Tier.NEAR else None
