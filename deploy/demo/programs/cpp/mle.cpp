#include <cstring>
#include <vector>

int main() {
    std::vector<char*> kept;
    for (;;) {
        char* block = new char[1 << 20];
        std::memset(block, 1, 1 << 20);
        kept.push_back(block);
    }
}
