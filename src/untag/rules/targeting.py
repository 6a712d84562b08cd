"""A rule, alert, filter, watch-list or gallery is keyed on ethnicity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.rules import _weigh as weigh
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Mark

__all__ = ["TargetingRule"]

_ROLES = DECLARED | {Role.CONDITION, Role.CALL, Role.STRING, Role.COMMENT, Role.LABEL, Role.VALUE, Role.ANNOTATION}
_ACTS = frozenset({"alert", "list"})


class TargetingRule:
    """Something is done to people because of it."""

    name = "targeting"
    limits = ("A rule kept in a database or typed in by an operator at run time is outside the input.",)

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for marks whose own text also alerts, lists or filters."""
        if weigh.bio(case) < Tier.PACKAGE or weigh.fair(case):
            return
        marks = [m for m in case.marks if m.role in _ROLES and self._keyed(case, m)]
        if not marks:
            return
        certain = any(m.role in {Role.CONDITION, *DECLARED} for m in marks)
        yield weigh.claim(
            self.name,
            case,
            marks,
            Confidence.CERTAIN if certain and weigh.bio(case) >= Tier.FILE else Confidence.FIRM,
            f"an alert, list or filter keyed on it: {weigh.quoted(m.text[:60] for m in marks)}",
            aim=Purpose.TARGETING,
            seen=("alert", "list", "filter", "biometric"),
        )

    @staticmethod
    def _keyed(case: Case, mark: Mark) -> bool:
        hit = weigh.best(mark, ("attribute", "group"))
        if hit is None or hit.family == "skin_colour" or weigh.innocent(case, hit):
            return False
        if weigh.strength(hit) == 0 and hit.term not in case.setting.confirmed:
            return False
        acts = weigh.families(mark)
        if acts & _ACTS:
            return True
        # A search for a named people is targeting; a search by any attribute is a capability.
        return "filter" in acts and hit.named and mark.role in {Role.CONDITION, Role.PARAMETER, Role.KEY, Role.FIELD}
