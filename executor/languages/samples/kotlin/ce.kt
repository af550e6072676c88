fun main() {
    val number: Int = "no number"
}
