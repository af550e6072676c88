/* A program that does nothing wrong: `sum` adds two numbers, `near` and `far` do an amount of work that is always the
 * same, in a core's own cache and in memory, so that their CPU time tells what their neighbours do to them. */
#include "report.h"

enum { WORDS = 1 << 16, ROUNDS = 640, FAR_WORDS = 8 << 20, STEPS = 1 << 20 };

static int sum(void) {
    long long first, second;
    if (scanf("%lld %lld", &first, &second) != 2) return 1;
    printf("%lld\n", first + second);
    return 0;
}

static int near(void) {
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

/* Each step waits for the one before. */
static int far(void) {
    static uint32_t next[FAR_WORDS];
    for (uint32_t at = 0; at < FAR_WORDS; at++) next[at] = (at * 1664525u + 1013904223u) % FAR_WORDS;
    uint32_t at = 1;
    for (int step = 0; step < STEPS; step++) at = next[at] ^ (uint32_t)(step & 1);
    printf("%u\n", at);
    return 0;
}

int main(int count, char **arguments) {
    begin(count, arguments);
    return is("near") ? near() : is("far") ? far() : sum();
}
