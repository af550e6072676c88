#include <concepts>

// Concepts came with C++20.
std::integral auto next(std::integral auto number) { return number + 1; }

int main() { return next(0); }
