#include <vector>

int main() {
    std::vector<int> numbers = "no list of numbers";
}
