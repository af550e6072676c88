import scala.io.StdIn

object Main {
  def main(words: Array[String]): Unit = println(StdIn.readLine().split(" ").map(_.toLong).sum)
}
