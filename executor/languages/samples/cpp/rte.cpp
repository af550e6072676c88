#include <bits/stdc++.h>

int main() {
    std::vector<int> numbers(3);
    return numbers.at(3);
}
