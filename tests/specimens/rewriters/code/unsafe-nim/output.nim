type
  FaceAttribute* = enum
    faAge, faGlasses
  FaceAttr* = object
    age*: int
    gender: string # of the face
    # nationality: string
    glasses: bool

const
  FaceLabels = ["smiling", "beard"]
  MaxFaces = 3
let codes = {"smiling": 1, "beard": 3}.toTable

proc detect*(image: seq[byte], age: int = 0): bool =
  if age > 3:
    alarm(image)
  result = true
