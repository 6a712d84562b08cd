package face

data class FaceAttributes(
    val age: Int,
    // the ethnic group
    val ethnicity: String,
    val faceScore: Double
)

val faceFeatures = listOf("age", "race", "gender")
