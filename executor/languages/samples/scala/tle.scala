object Main {
  def main(words: Array[String]): Unit = {
    var number = 0
    while (number < 2) number ^= 1
  }
}
