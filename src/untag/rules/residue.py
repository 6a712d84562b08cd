"""A tag that is dormant or half removed: commented out, reserved where it sat, renamed, or left in a backup copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import Confidence, Purpose, Severity
from untag.rules import _weigh as weigh
from untag.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Mark

__all__ = ["ResidueRule"]

#: Rules that tell a tag in live code; sentences and sets of their own kind are not what dormant code is.
_LIVE = ("field", "labelset", "people", "proxy", "targeting", "use")


class ResidueRule:
    """What is left of a tag."""

    name = "residue"
    limits = (
        "A reserved field that no remark, name or statement ties to a tag says nothing here.",
        "Whether the running product was built from the remnant or from what replaced it is not known.",
    )
    example = ("FaceAttr.java: class FaceAttr { int age; int gender; boolean glasses; /* int ethnicity; */ }",)
    sources = ("“We removed it” was said in 2018 and contradicted by later contracts (Biometric Update, July 2023).",)

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for what would be a tag if it were live."""
        if not case.scars:
            return
        found: dict[tuple[object, ...], Mark] = {(_key(s.live)): s.mark for s in case.scars}
        ghost = replace(
            case, marks=tuple(s.live for s in case.scars), scars=(), legends=(), codings=(), conflicts=(), cues=()
        )
        table = rules()
        claims = [c for name in _LIVE for c in table[name].judge(ghost)]
        if not claims:
            return
        lead = min(claims, key=lambda c: (-(c.severity > Severity.NOTE), -c.confidence, -c.severity, c.rule))
        marks = list(dict.fromkeys(found[_key(m)] for m in lead.marks))
        how = list(dict.fromkeys(s.how for s in case.scars if s.mark in marks))
        sure = lead.confidence
        if how[0] in {"commented out", "named as what the thing was before"}:
            sure = min(sure, Confidence.FIRM)  # a line of prose may look like code
        aim = Purpose.RESIDUE if lead.severity > Severity.NOTE else lead.purpose
        why = f"{'; '.join(how)}: {weigh.quoted(m.text.strip()[:60] for m in marks)}"
        yield weigh.claim(self.name, case, marks, sure, why, aim=aim)


def _key(mark: Mark) -> tuple[object, ...]:
    return (mark.place.sort, mark.role, mark.text)
