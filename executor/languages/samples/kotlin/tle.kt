fun main() {
    var number = 0
    while (number < 2) number = number xor 1
}
