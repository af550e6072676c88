/* A29: system calls by the 32-bit gate and the x32 numbers, where a filter that knows one architecture is blind. */
#include "report.h"

#ifndef __x86_64__
int main(void) { return conclude(); }
#else

static void stopped(int number) {
    (void)number;
    static const char said[] = "contained\n";
    if (write(1, said, sizeof said - 1) > 0) _exit(0);
    _exit(1);
}

static long old_call(long number, long a, long b, long c) {
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return (int)answer;
}

static long x32_call(long number, long a, long b, long c) { return syscall(0x40000000 | number, a, b, c); }

static void old_gate(void) {
    static const struct { const char *name; long number, a, b; } calls[] = {
        {"mount", 21, 0, 0}, {"ptrace", 26, 0, 0}, {"reboot", 88, 0, 0}, {"swapon", 87, 0, 0}, {"sethostname", 74, 0, 0},
        {"keyctl", 288, 0, -4}, {"add_key", 286, 0, 0}, {"unshare", 310, CLONE_NEWUSER, 0}, {"bpf", 357, 0, 0},
        {"perf_event_open", 336, 0, 0}, {"userfaultfd", 374, 1, 0}, {"io_uring_setup", 425, 4, 0}, {"setns", 346, 0, 0},
        {"clone", 120, CLONE_NEWUSER, 0}};
    if (strict && old_call(20, 0, 0, 0) > 0) hole("getpid by int 0x80");
    for (size_t at = 0; at < LENGTH(calls); at++) {
        long answer = old_call(calls[at].number, calls[at].a, calls[at].b, 0);
        if (answer >= 0 && calls[at].number != 26) hole("%s by int 0x80 -> %ld", calls[at].name, answer);
    }
    static uint32_t vsock[] = {40, 1, 0};
    if ((uintptr_t)vsock < UINT32_MAX && old_call(102, 1, (long)(uintptr_t)vsock, 0) >= 0) hole("vsock by socketcall");
}

int main(int count, char **arguments) {
    begin(count, arguments);
    signal(SIGSYS, stopped);
    signal(SIGSEGV, stopped);
    if (is("x32")) {
        if (strict && x32_call(SYS_getpid, 0, 0, 0) > 0) hole("getpid as x32");
        if (x32_call(SYS_unshare, CLONE_NEWUSER, 0, 0) == 0) hole("unshare as x32");
        if (x32_call(SYS_add_key, 0, 0, 0) > 0) hole("add_key as x32");
    } else {
        old_gate();
    }
    return conclude();
}
#endif
