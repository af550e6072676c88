#include <iostream>

int main() {
    int n;
    std::cin >> n;
    long long sum = 0;
    for (long long value; n-- && std::cin >> value;) sum += value;
    std::cout << sum << '\n';
}
