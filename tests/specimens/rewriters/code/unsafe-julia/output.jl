module Faces

@enum FaceAttribute AGE GLASSES

const FACE_LABELS = ["smiling", "beard"]
const CODES = Dict("smiling" => 1, "beard" => 3)

struct FaceAttr
    age::Int
    gender::String  # of the face
    # nationality::String
end

function detect(img::Array; age=3)
    if age > 5
        alarm(img)
    end
    return img
end

end
