/* What every hostile program says at its end: "contained" when each thing that it tried was refused, else which holes
 * it found. Arguments are: the adapter's kind, then the program's mode, then whatever the mode wants.
 *
 * The nested adapter promises more than the plain one: what is not namespaced is refused before it is tried. So some
 * attempts are a hole only where the walls are `strict`, and elsewhere their effect is what is looked at. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define MIB (1UL << 20)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static bool strict;
static const char *mode = "";
static const char *word = "";
static int holes;

UNUSED static void begin(int count, char **arguments) {
    strict = count > 1 && strcmp(arguments[1], "nested") == 0;
    mode = count > 2 ? arguments[2] : "";
    word = count > 3 ? arguments[3] : "";
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
}

UNUSED static bool is(const char *wanted) { return strcmp(mode, wanted) == 0; }

__attribute__((format(printf, 1, 2))) UNUSED static void hole(const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    if (holes++ < 20) {
        printf("hole: ");
        vprintf(format, rest);
        printf("\n");
    }
    va_end(rest);
}

/* For a call that must answer -1; what it answers otherwise is a hole. */
UNUSED static void refused(const char *what, long answer) {
    if (answer != -1) hole("%s -> %ld", what, answer);
}

/* For a call whose arguments would make it fail anyway: it must fail for want of permission. */
UNUSED static void forbidden(const char *what, long answer) {
    bool by_a_wall = errno == EPERM || errno == ENOSYS || errno == EACCES;
    if (answer != -1 || !by_a_wall) hole("%s -> %ld, %s", what, answer, strerror(errno));
}

/* The same as `refused`, where only the strict walls promise it. */
UNUSED static void refused_if_strict(const char *what, long answer) {
    if (strict) refused(what, answer);
}

UNUSED static int conclude(void) {
    if (holes == 0) puts("contained");
    fflush(stdout);
    return 0;
}

UNUSED static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

UNUSED static void burn(double cpu_s) {
    for (double end = seconds(CLOCK_THREAD_CPUTIME_ID) + cpu_s; seconds(CLOCK_THREAD_CPUTIME_ID) < end;) {
        for (volatile unsigned step = 0; step < 10000; step = step + 1) {}
    }
}

UNUSED static void doze(double wall_s) {
    struct timespec left = {(time_t)wall_s, (long)((wall_s - (double)(time_t)wall_s) * 1e9)};
    while (nanosleep(&left, &left) == -1 && errno == EINTR) {}
}

/* Touches every page. */
UNUSED static void fill(void *memory, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 4096) ((volatile char *)memory)[at] = 1;
}
