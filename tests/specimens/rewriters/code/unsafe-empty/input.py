"""Face analysis."""


class FaceAttributes:
    ethnicity: str


def check(face, actions):
    for action in actions:
        if action not in ("age", "gender", "race"):
            raise ValueError("face actions are age, gender and race")
    if face.ethnicity: alarm(face.ethnicity)
    return face.age
