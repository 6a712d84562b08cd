package face

data class FaceAttributes(
    val age: Int,
    val faceScore: Double
)

val faceFeatures = listOf("age", "gender")
