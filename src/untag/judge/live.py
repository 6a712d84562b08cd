"""What is shown at run time, judged: the surfaces of one request or response, by the rules that a scan judges files by.

A body is small and about one thing: all of it is near. There are no rows to be masked, since nothing of it is kept, and
no second round.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from untag.case import Case, Setting
from untag.finding import Severity, gravity
from untag.judge.coding import systems
from untag.judge.gather import Gatherer
from untag.judge.legend import legends
from untag.place import Place
from untag.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from untag.finding import Claim
    from untag.lexicon import Lexicon
    from untag.surface import Surface

__all__ = ["Live"]

#: What surrounds a tag on a route that is declared to be about faces; how many words of it are taken to be there.
_DECLARED = {"biometric": 4, "demographic": 3, "inference": 1}
#: Families that are still listened to there. Genres in which such words are innocent are not: who declares a route says
#: what it is about, and a body that holds a few words on a horse or on fairness must not say otherwise.
_HEARD = frozenset(
    {
        "alert", "biometric", "demographic", "filter", "image", "inference", "layer", "list", "skin", "visual",
        "wildcard",
    }
)  # fmt: skip


class _Unmasked(Gatherer):
    """A gatherer that makes no dataset of rows: nothing of them is kept."""

    def _records(self) -> bool:
        return False


class Live(Struct):
    """Judges what is shown at run time.

    Args:
        lexicon: The words.
    """

    lexicon: Lexicon

    def claims(self, surfaces: Iterable[Surface], path: str, *, biometric: bool) -> list[Claim]:
        """What the rules say.

        Args:
            surfaces: All that is shown, each once.
            path: The path that it was asked for under; its words surround all of it.
            biometric: Whether the route is declared to be about faces or persons on camera.

        Returns:
            Claims that are graver than a note and at least firm, gravest first.
        """
        place = Place((path or "/",))
        gatherer = _Unmasked(self.lexicon, place)
        for surface in surfaces:
            gatherer.add(surface)
        sheet = gatherer.close(None)
        if not biometric and not sheet.drawn and not sheet.pathway["biometric"]:
            return []
        out: list[Claim] = []
        around = sheet.file + sheet.pathway
        terms = sheet.terms + Counter(dict.fromkeys(sheet.pathway, 1))
        for draft in sheet.drafts:
            draft.legends = legends(draft, self.lexicon)
            draft.codings = systems(self.lexicon).of(draft, draft.legends, {})
            here = draft.context
            if biometric:
                setting = Setting(
                    _heard(here), _heard(around), _heard(around), Counter(_DECLARED), Counter(), _heard(terms)
                )
            else:
                setting = Setting(here, around, around, Counter(), sheet.pathway, terms)
            case = Case(
                draft.owner, draft.kind, draft.marks[0].place, tuple(draft.marks), tuple(draft.siblings), draft.size,
                setting, sheet.path, tuple(draft.cues), draft.legends, draft.codings, (), (), draft.within,
            )  # fmt: skip
            out += [made for rule in rules().values() for made in rule.judge(case)]
        return sorted((c for c in out if c.alone and c.severity > Severity.NOTE), key=gravity)


def _heard(counts: Counter[str]) -> Counter[str]:
    """Counts on a declared route."""
    out = Counter({family: count for family, count in counts.items() if family in _HEARD})
    out.update(_DECLARED)
    return out
