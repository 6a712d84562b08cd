"""Face analysis."""


class FaceAttributes:
    pass


def check(face, actions):
    for action in actions:
        if action not in ("age", "gender"):
            raise ValueError("face actions are age, gender")
    return face.age
