struct FaceAttributes {
    var age: Int
    var faceScore: Double
}
let faceFeatures = ["age", "gender"]
