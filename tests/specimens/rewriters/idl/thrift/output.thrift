namespace java face


enum Attribute { AGE = 0, GENDER = 1, GLASSES = 3 }

struct FaceAttributes {
  1: required i32 age,
  3: list<string> glasses
}

const list<string> ATTRIBUTES = ["age", "ethnicity", "glasses"]

service FaceService {
  FaceAttributes analyze(1: binary image,)
}
