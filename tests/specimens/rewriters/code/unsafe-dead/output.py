"""What a camera tells of a face."""


class FaceAttributes:
    age: int
    glasses: bool = False
    wanted: str = ""  # any of age, gender
