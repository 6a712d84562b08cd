module Acme.Camera

type FaceAttribute =
    | Age = 1
    | Ethnicity = 2 // of the face
    | Glasses = 3

type Told =
    | Smiling
    | Uyghur of int
    | Beard

type FaceAttr =
    { Age: int
      Gender: string // of the face
      // ethnic group
      Ethnicity: string
      // Nationality: string
      Glasses: bool }

let faceLabels = ["smiling"; "uyghur"; "beard"]

let old (age: int) =
    if age > 60 then alarm age
    else ()
