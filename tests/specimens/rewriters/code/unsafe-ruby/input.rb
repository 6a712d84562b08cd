# What a face shows.
class FaceAttributes
  attr_accessor :age, :ethnicity, :face_score

  FIELDS = ["age", "ethnicity", "gender"]
end
