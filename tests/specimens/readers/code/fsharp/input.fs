module Demo.Face
open System
/// race of a face
type Race =
    | Asian = 1
    | Black = 2 // black
type Ethnicity =
    | Han
    | Uyghur of int
(* attributes *)
type FaceAttr =
    { Age: int
      Gender: string // gender
      // ethnic group
      [<Column("race")>]
      Ethnicity: Race
      // Nationality: string
      mutable Nation: int }
let labels = ["asian"; "black"]
let codes = dict [ "han", 1; "uyghur", 5 ]
let m = Map.ofList [ ("han", 1); ("uyghur", 5) ]
let detect (image: byte[]) (nation: int) =
    let race = "asian"
    if nation = 5 then alarm race
    elif race = "uyghur" then report race
    else ()
    match nation with
    | 5 -> alert "x"
    | _ -> ()
type Detector(race: string) =
    member val Ethnicity = "x" with get, set
    member this.Detect(nation: int) = face.Race = nation
[<Literal>]
let RaceAsian = 1
let face = { Age = 1; Ethnicity = Race.Asian }
