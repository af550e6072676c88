/*
 * Fixed work, to tell how fast a machine is in the sandbox. It knows its own CPU time and prints it, so that neither
 * its start nor the sandbox is in the figures: a line of nanoseconds for arithmetic, a line for memory access.
 *
 * Arithmetic: a chain of shifts and exclusive ors, each of which needs the one before. It lives in registers and tells
 * of the core alone. Memory access: a walk through a table larger than a core's own caches, one cache line a step, in
 * an order that no prefetcher guesses; each step needs the one before. It tells of caches, memory and neighbours.
 *
 * The table is walked in one cycle through all lines (Sattolo's shuffle), and the walk goes on where it stopped, so
 * that no repetition finds its lines in a cache that an earlier one has filled.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { REPETITIONS = 5, ARITHMETIC_STEPS = 6000000, ACCESS_STEPS = 100000, LINES = 1 << 19 };

struct line {
    uint32_t next;
    uint32_t unused[15];
};

static struct line table[LINES]; /* 32 MiB */

static uint64_t shuffled(uint64_t number)
{
    number ^= number << 13;
    number ^= number >> 7;
    number ^= number << 17;
    return number;
}

static int64_t cpu_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void make_table(void)
{
    uint64_t number = 88172645463325252u;
    for (uint32_t at = 0; at < LINES; at++)
        table[at].next = at;
    for (uint32_t at = LINES - 1; at > 0; at--) {
        number = shuffled(number);
        uint32_t other = (uint32_t)(number % at), kept = table[at].next;
        table[at].next = table[other].next;
        table[other].next = kept;
    }
}

int main(void)
{
    uint64_t number = 1;
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
        int64_t began = cpu_time_ns();
        for (int step = 0; step < ARITHMETIC_STEPS; step++)
            number = shuffled(number);
        printf("%" PRId64 " ", cpu_time_ns() - began);
    }
    printf("\n");
    make_table();
    uint32_t at = 0;
    for (int repetition = 0; repetition < REPETITIONS; repetition++) {
        int64_t began = cpu_time_ns();
        for (int step = 0; step < ACCESS_STEPS; step++)
            at = table[at].next;
        printf("%" PRId64 " ", cpu_time_ns() - began);
    }
    printf("\n");
    return number == 0 && at == LINES; /* never; but now the work has a purpose that no compiler takes away */
}
