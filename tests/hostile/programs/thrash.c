/* What a bad neighbour does to the caches and the memory bus that all cores share. */
#include "report.h"

enum { BYTES = 48 << 20 };

int main(int count, char **arguments) {
    static char memory[BYTES];
    begin(count, arguments);
    for (unsigned at = 0;; at = (at * 1103515245u + 12345u) % BYTES) memory[at] = (char)(memory[at] + 1);
}
