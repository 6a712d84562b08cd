"""The output layer of a model that is built to tell people's race or ethnicity: where the classes sit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import DECLARED, Tier
from untag.finding import Confidence, Purpose
from untag.later import later
from untag.rules import _weigh as weigh
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Mark

__all__ = ["HeadRule"]

#: What a layer's call holds when it says how many classes there are: a number, or a variable called so.
_WIDTH = later(r"[(,]\s*\d{1,3}\s*[,)]|class", re.IGNORECASE)
_FAMILIES = frozenset({"race", "ethnicity"})


class HeadRule:
    """Output layers of models that tell race."""

    name = "head"
    limits = (
        "Which of several layers is the last, and which of its outputs are the races, is not read from code.",
        "A builder that does not name race or ethnicity itself is not seen.",
    )
    example = (
        "predict.py: def predict_race(faces):\n    model.fc = nn.Linear(512, 14)\n    race = model(faces)[:, :5]",
    )
    sources = (
        (
            "Classifiers of faces in public code set the width of the last layer in the function that names "
            "what it predicts."
        ),
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """One claim for the layers of a function or class that names race as what it builds or predicts."""
        if weigh.bio(case) < Tier.PACKAGE or weigh.fair(case):
            return
        layers = [m for m in case.cues if m.role is Role.CALL and self._layer(m)]
        if not layers or not any(self._race(m) for m in case.marks):
            return
        sure = Confidence.FIRM if _FAMILIES & case.setting.confirmed else Confidence.TENTATIVE
        why = f"the model built here has its classes in {weigh.quoted((_short(m) for m in layers), 2)}"
        yield weigh.claim(self.name, case, layers, sure, why, aim=Purpose.CAPABILITY)

    @staticmethod
    def _layer(mark: Mark) -> bool:
        return any(h.family == "layer" for h in mark.hits) and _WIDTH.search(mark.text) is not None

    @staticmethod
    def _race(mark: Mark) -> bool:
        hit = weigh.best(mark, ("attribute",))
        if hit is None or hit.family not in _FAMILIES:
            return False
        return mark.role in DECLARED or bool(weigh.families(mark) & {"inference", "layer"}) or weigh.strength(hit) > 0


def _short(mark: Mark) -> str:
    return " ".join(mark.text.split())[:60]
