#include <vector>

int main() {
    std::vector<std::vector<int>> kept;
    for (int i = 0;; i++) kept.emplace_back(1 << 18, i);
}
