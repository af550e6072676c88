#include <iostream>

int main() {
    int n;
    std::cin >> n;
    unsigned sum = 0;  // does not fit into 32 bits
    for (long long value; n-- && std::cin >> value;) sum += static_cast<unsigned>(value);
    std::cout << sum << '\n';
}
