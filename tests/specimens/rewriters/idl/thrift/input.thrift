namespace java face

/** Ethnicity of a face on a camera. */
enum Ethnicity {
  HAN = 0,
  UYGHUR = 1,
}

enum Attribute { AGE = 0, GENDER = 1, ETHNICITY = 2, GLASSES = 3 }

struct FaceAttributes {
  1: required i32 age,
  2: optional Ethnicity ethnicity, // estimated
  3: list<string> glasses
}

const list<string> ATTRIBUTES = ["age", "ethnicity", "glasses"]

service FaceService {
  FaceAttributes analyze(1: binary image, 2: bool return_ethnicity)
}
