"""Reserved bytes stand between the attributes of a face, in a structure that carries a tag: where another one sat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.rules import _weigh as weigh
from untag.surface import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim

__all__ = ["SpareRule"]

_KINDS = frozenset({Kind.STRUCT, Kind.CLASS, Kind.SCHEMA})
#: Face attributes that must stand in the structure.
_ATTRIBUTES = 4


class SpareRule:
    """Reserved bytes amid face attributes."""

    name = "spare"
    limits = (
        "Padding for alignment looks the same; the claim is never more than tentative, and is shown only with another.",
    )
    example = (
        (
            "face.h: struct FACE_ATTR {\n  int sex; int age;\n  char reserved1[4];\n"
            "  int glasses; int mask; int beard;\n  int race;\n  char reserved[9];\n};"
        ),
    )
    sources = ("Reserved bytes between the attributes of a face, in public copies of camera SDKs.",)

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the reserved fields that have attributes before and behind them."""
        around = case.setting.case
        if case.kind not in _KINDS or around["visual"] + around["demographic"] < _ATTRIBUTES:
            return
        if weigh.bio(case) < Tier.NEAR or not any(h.kind in {"attribute", "proxy"} for m in case.marks for h in m.hits):
            return
        lines = [s.place.line or 0 for s in (*case.siblings, *(m.surface for m in case.marks)) if s.role in DECLARED]
        first, last = min(lines, default=0), max(lines, default=0)
        marks = [
            m
            for m in case.cues
            if m.role in DECLARED
            and any(h.family == "spare" for h in m.hits)
            and first < (m.place.line or 0) < last
            and weigh.named(m)
        ]
        # The last reserved field is room to grow, as every structure of a vendor's SDK has it.
        if marks and (marks[-1].place.line or 0) >= last - 1:
            marks.pop()
        if marks:
            why = f"reserved bytes between the attributes of a face: {weigh.quoted(m.text for m in marks)}"
            yield weigh.claim(self.name, case, marks, Confidence.TENTATIVE, why, aim=Purpose.RESIDUE)
