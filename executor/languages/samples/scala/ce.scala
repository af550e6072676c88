object Main {
  val number: Int = "no number"
}
