int main() {
    for (volatile unsigned long long turns = 0;; ++turns) {
    }
}
