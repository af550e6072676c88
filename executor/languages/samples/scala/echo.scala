object Main {
  def main(words: Array[String]): Unit = System.in.transferTo(System.out)
}
