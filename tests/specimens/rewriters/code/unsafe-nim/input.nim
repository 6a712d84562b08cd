type
  FaceAttribute* = enum
    faAge, faEthnicity = 3 # of the face
    faGlasses
  FaceAttr* = object
    age*: int
    gender: string # of the face
    # ethnic group
    ethnicity*: string
    # nationality: string
    glasses: bool

const
  FaceLabels = ["smiling", "uyghur", "beard"]
  MaxFaces = 3
let codes = {"smiling": 1, "uyghur": 2, "beard": 3}.toTable

proc detect*(image: seq[byte], ethnicity: bool, age: int = 0): bool =
  if age > 3:
    alarm(image)
  result = true
