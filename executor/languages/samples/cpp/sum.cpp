#include <bits/stdc++.h>

int main() {
    std::array<long long, 2> numbers{};
    for (auto &number : numbers) std::cin >> number;
    if (auto [a, b] = numbers; std::cin) std::cout << a + b << '\n';
}
