# What a face shows.
class FaceAttributes
  attr_accessor :age, :face_score

  FIELDS = ["age", "gender"]
end
