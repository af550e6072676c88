object Main {
  def main(words: Array[String]): Unit = println(words(3))
}
