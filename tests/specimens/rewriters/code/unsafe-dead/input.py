"""What a camera tells of a face."""


class FaceAttributes:
    age: int
    ethnicity: str  # estimated from the face
    # race: str  (its name before)
    glasses: bool = False
    wanted: str = ""  # any of age, gender, ethnicity
    # ethnicity of the face
    attr7: int = 0
