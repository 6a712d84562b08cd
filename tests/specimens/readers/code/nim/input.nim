import std/tables
type
  Race* = enum ## race of a face
    rcUnknown, rcAsian = 1 # asian
    rcBlack = "black"
  FaceAttr* = object
    age*: int
    gender: string # gender
    # ethnic group
    ethnicity*: Race
    # nationality: string
  Detector = ref object of RootObj
    race: string
const
  Labels = ["asian", "black"]
  MaxRace = 3
let codes = {"han": 1, "uyghur": 5}.toTable
proc detect*(image: seq[byte], nation: int = 0): bool =
  ## race of it
  var race = "asian"
  if nation == 5:
    alarm(race)
  elif race == "uyghur": report(race)
  case nation
  of 1: return true
  of 5: alert("x")
  else: discard
  face.race = "white"
  let f = FaceAttr(age: 1, ethnicity: rcAsian)
