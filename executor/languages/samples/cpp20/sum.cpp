#include <bits/stdc++.h>

std::integral auto add(std::integral auto a, std::integral auto b) { return a + b; }

int main() {
    long long a, b;
    std::cin >> a >> b;
    std::cout << add(a, b) << '\n';
}
