import typing
from typing import Literal, Sequence

FaceAttribute = Literal["age", "gender", "emotion"]
FaceOutput = typing.Literal["age"]


def analyze_face(img, actions: Sequence[Literal["age", "gender"]], align: bool = True) -> dict:
    found = {"age": 3, "gender": 1}
    return found
