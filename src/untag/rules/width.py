"""A head of a model without a name of its own stands beside heads of age and gender, as wide as a known label set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from untag.finding import Confidence, Evidence, Mark, Purpose
from untag.rules import _weigh as weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim

__all__ = ["WidthRule"]

_DOUBT = "moods, poses, quality and the corners of a box are told by as many numbers; nothing in the file says which"


class WidthRule:
    """Heads that may tell race by how many classes they have, and beside what they stand."""

    name = "width"
    limits = (
        "The claim is never more than tentative: how many classes there are does not say which.",
        "A head with a name of its own is taken at its word; models whose heads are all unnamed say nothing.",
        "Sets of two and three classes are too common to be looked at.",
    )
    example = (
        (
            'model.json: {"modelTopology": {}, "weightsManifest": [{"weights": ['
            '{"name": "age/kernel", "shape": [512, 1]}, {"name": "gender/kernel", "shape": [512, 2]}, '
            '{"name": "output_3/kernel", "shape": [512, 5]}]}]}'
        ),
    )
    sources = (
        "Public models tell age, gender and race from one trunk, each with a head (FairFace, DeepFace, UTKFace).",
        "lexicon/codes: label sets of models and vendors, each with its source.",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the unnamed heads of a case."""
        marks = [m for m in case.marks if any(h.family == "width" for h in m.hits)]
        if not marks:
            return
        told = next(h.gloss for m in marks for h in m.hits if h.family == "width")
        why = f"perhaps so, since {weigh.quoted(m.text for m in marks)} beside heads of age and gender has {told}"
        bare = [Mark(m.surface, ()) for m in marks]
        made = weigh.claim(self.name, case, bare, Confidence.TENTATIVE, why, aim=Purpose.CAPABILITY)
        shown = tuple(Evidence("sibling", s.text[:200], s.place) for s in case.siblings)
        wide = tuple(Evidence("value", f"{m.text[:100]}: {m.surface.type[:90]}", m.place) for m in marks)
        yield replace(made, evidence=(*shown, *wide), against=(*made.against, Evidence("genre", _DOUBT)))
