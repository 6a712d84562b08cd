"""A face API is asked for every attribute at once, in a product that reads race or ethnicity out of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from untag.case import Tier
from untag.finding import Confidence, Purpose
from untag.rules import _weigh as weigh
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Hit, Mark

__all__ = ["WildcardRule"]

_ROLES = frozenset({Role.CALL, Role.VALUE, Role.STRING, Role.OPERATION, Role.ANNOTATION})
_TAGS = frozenset({"race", "ethnicity"})


def _asks(mark: Mark, hit: Hit) -> bool:
    """Whether a hit is a request, and not the end of a longer name: ``file2featuresAll`` holds what was read before."""
    return hit.family == "wildcard" and not (hit.start and mark.text[hit.start - 1].isalnum())


class WildcardRule:
    """Requests such as ``attributes=all``."""

    name = "wildcard"
    limits = (
        "Seen only where the same package names race or ethnicity as a tag; what an API answers unasked is not known.",
    )
    example = (
        'package.json: {"name": "faces", "description": "face detection demo"}',
        'upload.js: form.append("attributes", "all"); show(face.gender.value, face.age.value, face.ethnicity.value);',
    )
    sources = ("Face APIs take “all” for every attribute they know, ethnicity among them.",)

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the requests of a case."""
        if not _TAGS & case.setting.confirmed or weigh.bio(case) < Tier.FILE:
            return
        marks = [m for m in case.cues if m.role in _ROLES and weigh.named(m) and any(_asks(m, h) for h in m.hits)]
        if marks:
            why = f"asks for every attribute, race or ethnicity among them: {weigh.quoted(m.text for m in marks)}"
            yield weigh.claim(self.name, case, marks, Confidence.FIRM, why, aim=Purpose.CAPABILITY)
