module Acme.Camera

type FaceAttribute =
    | Age = 1
    | Glasses = 3

type Told =
    | Smiling
    | Beard

type FaceAttr =
    { Age: int
      Gender: string // of the face
      // Nationality: string
      Glasses: bool }

let faceLabels = ["smiling"; "beard"]

let old (age: int) =
    if age > 60 then alarm age
    else ()
