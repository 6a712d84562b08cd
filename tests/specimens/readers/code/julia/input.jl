module Face
using HTTP
export detect
"race of a face"
@enum Race ASIAN=1 BLACK WHITE
# ethnic group
const RACES = ["asian", "black"]
const CODES = Dict("han" => 1, "uyghur" => 5)
"""
Attributes.
"""
struct FaceAttr
    age::Int
    gender::String  # gender
    # ethnic group
    ethnicity::Race
    # nationality::String
end
Base.@kwdef mutable struct Opt
    race::String = "asian"
end
function detect(img::Array, nation::Int=0; race="x")::Bool
    label = :asian
    if nation == 5
        alarm(label)
    elseif race == "uyghur"
        report(race)
    end
    return face.race
end
go(race) = race == "asian" ? 1 : 2
d = (race=1, age=2)
face.race = "white"
codes["han"] = 5
end
