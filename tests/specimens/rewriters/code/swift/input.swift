struct FaceAttributes {
    var age: Int
    /// The ethnic group.
    var ethnicity: String
    var faceScore: Double
}
let faceFeatures = ["age", "race", "gender"]
