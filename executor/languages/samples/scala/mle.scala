import scala.collection.mutable.ArrayBuffer

object Main {
  def main(words: Array[String]): Unit = {
    val kept = ArrayBuffer.empty[Array[Byte]]
    while (true) kept += new Array[Byte](1 << 20)
  }
}
