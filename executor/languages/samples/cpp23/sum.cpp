#include <bits/stdc++.h>

int main() {
    // 2uz, the size literal, came with C++23.
    std::array<long long, 2uz> numbers{};
    for (auto &number : numbers) std::cin >> number;
    std::cout << std::accumulate(numbers.begin(), numbers.end(), 0LL) << '\n';
}
