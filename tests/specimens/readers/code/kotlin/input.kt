package demo.face
import demo.base
/** A face. */
@Entity("face")
data class Face(@Json("race") val race: String = "x", var age: Int) : Base() {
    val nation: Int = 3 // 民族
    fun handle(a: String): Int {
        if (a == "uyghur") { alarm(a) } else report()
        return when (nation) {
            5 -> alarm(1)
            else -> 2
        }
    }
}
enum class Race(val code: Int) {
    ASIAN(1), // asian
    WHITE(2);
}
object Codes { const val HAN = 1; const val UYGHUR = 5 }
val labels = listOf("asian", "white")
val codes = mapOf("han" to 1, "uyghur" to 5)
