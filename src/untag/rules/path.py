"""Files and folders are named by ethnicity: a folder per class, files coded by class, a model called by it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from untag.case import PICTURED, Tier
from untag.finding import Confidence, Purpose
from untag.rules import _weigh as weigh
from untag.surface import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.case import Case
    from untag.finding import Claim, Mark

__all__ = ["PathRule"]

#: Suffixes of weights and graphs.
_MODEL = (
    ".caffemodel", ".ckpt", ".h5", ".hdf5", ".keras", ".mlmodel", ".mnn", ".onnx", ".param", ".params", ".pb",
    ".pdmodel", ".pt", ".pth", ".rknn", ".safetensors", ".tflite", ".torchscript", ".trt",
)  # fmt: skip
_CLASSES = 3
#: How a code in the names of files is written, which no file is called itself.
_SCHEME = re.compile(r"\[race\]")


class PathRule:
    """Names of files and folders."""

    name = "path"
    limits = (
        "Names say what somebody called a thing, not what it holds.",
        "Classes that are only numbered (race/0, race/1) are seen where the folder itself is named so.",
    )
    example = (
        "README.md: Face recognition with embeddings and landmarks of faces on camera.",
        "weights/face_ethnicity_model.onnx: (any bytes)",
    )
    sources = (
        "UTKFace codes race as the third part of each picture's name (susanqq.github.io/UTKFace).",
        "Public face data sets keep one folder for each group.",
    )

    def judge(self, case: Case) -> Iterator[Claim]:
        """A claim for a set of classes among the names of a folder, and one for models that are called by the tag."""
        marks = [m for m in case.marks if m.role is Role.PATH]
        near = weigh.bio(case)
        if not marks or weigh.genre(case, "locale", "geography") >= Tier.FILE:
            return
        if near < Tier.PACKAGE:
            if case.setting.case[PICTURED] and not weigh.bred(case):
                yield from self._pictured(case, marks)
            return
        yield from self._classes(case, marks, near)
        yield from self._models(case, marks)
        yield from self._coded(case, marks)

    def _pictured(self, case: Case, marks: list[Mark]) -> Iterator[Claim]:
        """Pictures in folders by class where nothing says of whom: of people, if the folders above say what by.

        There are Asian, Indian and African elephants, black and white rhinos, and races of Persian and Siamese cats.
        """
        peoples = {h.term for m in marks for h in m.hits if h.kind == "group"}
        colours = {h.term for m in marks for h in m.hits if h.kind == "colour"}
        called = any(h.kind == "attribute" and h.family in {"ethnicity", "race"} for h in case.path)
        races = any(h.family == "race" for m in marks for h in m.hits if h.kind == "group")
        if called and races and len(peoples) + len(colours) >= _CLASSES:
            members = [m for m in marks if any(h.kind in {"group", "colour"} for h in m.hits)]
            count = len(peoples) + len(colours)
            why = f"folders of pictures are named by {count} peoples or races: {_names(members)}"
            aim = Purpose.FAIRNESS if weigh.fair(case) else Purpose.DATASET
            yield weigh.claim(self.name, case, members, Confidence.FIRM, why, aim=aim)

    def _classes(self, case: Case, marks: list[Mark], near: Tier) -> Iterator[Claim]:
        races = {h.term for m in marks for h in m.hits if h.kind == "group" and h.family == "race"}
        peoples = {h.term for m in marks for h in m.hits if h.kind == "group"}
        colours = {h.term for m in marks for h in m.hits if h.kind == "colour"}
        persons = case.setting.case["demographic"] > 0
        called = any(h.kind == "attribute" for hits in (case.path, *(m.hits for m in marks)) for h in hits)
        if not peoples or len(peoples) + len(colours) < (_CLASSES if races or persons or called else _CLASSES + 2):
            return
        members = [m for m in marks if any(h.kind in {"group", "colour"} for h in m.hits)]
        # Asian, Black and White beside a word for faces are the classes of a set of them.
        faced = near >= Tier.FILE and bool(races) and len(colours) > 1
        sure = Confidence.FIRM if persons or called or faced or len(races) >= _CLASSES else Confidence.TENTATIVE
        why = f"files or folders are named by {len(peoples) + len(colours)} peoples or races: {_names(members)}"
        aim = Purpose.FAIRNESS if weigh.fair(case) else Purpose.DATASET
        yield weigh.claim(self.name, case, members, sure, why, aim=aim)

    def _models(self, case: Case, marks: list[Mark]) -> Iterator[Claim]:
        rows = [m for m in marks if m.text.lower().endswith(_MODEL) and self._told(m)]
        if rows:
            why = f"a model is called so: {_names(rows)}"
            yield weigh.claim(self.name, case, rows, Confidence.FIRM, why, aim=Purpose.CAPABILITY)

    def _coded(self, case: Case, marks: list[Mark]) -> Iterator[Claim]:
        rows = [m for m in marks if _SCHEME.search(m.text) and any(h.kind == "attribute" for h in m.hits)]
        if rows:
            why = f"files are named by a code of which one part is a race: {_names(rows)}"
            yield weigh.claim(self.name, case, rows, Confidence.FIRM, why, aim=Purpose.DATASET)

    @staticmethod
    def _told(mark: Mark) -> bool:
        hit = weigh.best(mark, ("attribute", "group"))
        if hit is None or hit.family not in {"ethnicity", "people", "race"}:
            return False
        return weigh.strength(hit) > 0 or bool(weigh.families(mark) & {"biometric", "demographic", "inference"})


def _names(marks: list[Mark]) -> str:
    return weigh.quoted(m.text for m in marks)
