BEGIN {
    for (text = "0123456789abcdef"; ; text = text text) {
    }
}
