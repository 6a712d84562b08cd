module Faces

@enum FaceAttribute AGE ETHNICITY GLASSES

const FACE_LABELS = ["smiling", "uyghur", "beard"]
const CODES = Dict("smiling" => 1, "uyghur" => 2, "beard" => 3)

struct FaceAttr
    age::Int
    gender::String  # of the face
    # ethnic group
    ethnicity::String
    # nationality::String
end

function detect(img::Array, ethnicity::Bool; age=3)
    if age > 5
        alarm(img)
    end
    return img
end

end
