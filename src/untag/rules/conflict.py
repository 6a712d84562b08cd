"""Two maps of one package give the same number or code to different peoples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import Confidence, Evidence
from untag.rules import _weigh as weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case, Conflict, Legend
    from untag.finding import Claim, Mark

__all__ = ["ConflictRule"]

#: Keys that two maps bound to the same attribute must share before their disagreement is more than a guess.
_SHARED = 3


class ConflictRule:
    """Maps that contradict each other."""

    name = "conflict"
    limits = (
        "Which of the two maps is right is not known; people are mislabelled by one of them.",
        "Places in a list are no keys, and only maps of the same package are compared.",
        "Maps that share fewer than three keys, or are bound to different attributes, are reported as tentative.",
    )
    example = (
        "README.md: Each face has an age, a gender and a race: 0=White, 1=Black, 2=Asian, 3=Indian.",
        (
            'race.py: RACE = {0: "White", 1: "Asian", 2: "Black", 3: "Indian"}  # race of a face, beside its '
            "age and gender"
        ),
    )
    sources = ("Metadata and head of one model can disagree (github.com/ultralytics/ultralytics/issues/8940).",)

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for each map of this case that another one contradicts."""
        first: dict[int, list[Conflict]] = {}
        for conflict in case.conflicts:
            first.setdefault(id(conflict.own), []).append(conflict)
        for rows in first.values():
            rows.sort(key=lambda c: (-c.same, -c.shared))
            yield self._claim(case, rows[0], len(rows) - 1)

    @staticmethod
    def _claim(case: Case, conflict: Conflict, more: int) -> Claim:
        rows = [(k, _said(conflict.own, k), _said(conflict.other, k)) for k in conflict.keys]
        told = "; ".join(
            f"{k} is {own.text.strip()[:40]} here, {two.text.strip()[:40]} there" for k, own, two in rows[:3]
        )
        other = conflict.other.entries[0].mark.place
        rest = f", and {more} more" if more else ""
        why = f"two maps disagree ({other.chain[-1]}:{other.line or 1} is the other{rest}): {told}"
        sure = Confidence.FIRM if conflict.same and conflict.shared >= _SHARED else Confidence.TENTATIVE
        made = weigh.claim("conflict", case, [own for _, own, _ in rows], sure, why)
        seen = [
            Evidence("value", f"{k} = {m.text.strip()[:80]}", m.place) for k, own, two in rows[:3] for m in (own, two)
        ]
        return replace(made, evidence=(*seen, *made.evidence[:2]))


def _said(legend: Legend, key: str) -> Mark:
    """The mark of the entry that says what a key is."""
    return next(e.mark for e in legend.entries if e.key == key and e.terms)
