import typing
from typing import Literal, Sequence

FaceAttribute = Literal["age", "gender", "race", "emotion"]
FaceOutput = typing.Literal["ethnicity", "age"]


def analyze_face(img, actions: Sequence[Literal["age", "ethnicity", "gender"]], align: bool = True) -> dict:
    found = {"age": 3, "ethnicity": ask(img), "gender": 1}
    return found
