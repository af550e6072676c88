fun main(words: Array<String>) {
    println(words[3])
}
