"""Face attributes."""
from dataclasses import dataclass
from models import Age, Gender, Race

LABELS = {"gender": 2, "race": 6, "age": 1}


@dataclass
class FaceAttributes:
    """What is told of a face.

    age: years
    """

    age: int
    face_score: float = 0.0


def analyze(image, actions=("age", "gender", "race")):
    """Analyze age, gender of a face."""
    out = {}
    for action in actions:
        if action == "age":
            out["age"] = Age().predict(image)
        elif action == "race":
            out["race"] = Race().predict(image)
        else:
            out["gender"] = Gender().predict(image)
    return out
