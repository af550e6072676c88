/* A program that does nothing wrong: `sum` adds two numbers, `work` does an amount of work that is always the same, so
 * that its CPU time tells what its neighbours do to it. */
#include "report.h"

enum { WORDS = 1 << 18, ROUNDS = 160 };

static int sum(void) {
    long long first, second;
    if (scanf("%lld %lld", &first, &second) != 2) return 1;
    printf("%lld\n", first + second);
    return 0;
}

static int work(void) {
    static uint32_t table[WORDS];
    uint32_t state = 1;
    for (int round = 0; round < ROUNDS; round++) {
        for (int at = 0; at < WORDS; at++) {
            state = state * 1664525u + 1013904223u;
            table[at] += state >> 7;
        }
    }
    printf("%u\n", table[WORDS / 2]);
    return 0;
}

int main(int count, char **arguments) {
    begin(count, arguments);
    return is("work") ? work() : sum();
}
