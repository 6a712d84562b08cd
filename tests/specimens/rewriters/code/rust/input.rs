pub struct FaceAttributes {
    pub age: u8,
    /// The ethnic group.
    pub ethnicity: String,
    pub face_score: f64,
}

const FACE_FEATURES: [&str; 3] = ["age", "gender", "race"];
