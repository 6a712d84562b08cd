import demo.{Base, Face}
/** A face. */
@Table("face") case class Face(race: String = "x", age: Int) extends Base {
  val nation: Int = 3 // 民族
  def handle(a: String): Int = {
    if (a == "uyghur") alarm(a) else report(1)
    nation match { case 5 => alarm(1) case _ => 2 }
  }
}
object Race extends Enumeration { val Asian, White = Value }
enum Color { case Light, Dark }
val labels = List("asian", "white")
val codes = Map("han" -> 1, "uyghur" -> 5)
