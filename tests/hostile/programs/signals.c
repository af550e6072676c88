/* A14: signals, limits and priorities for everybody that can be reached: the judge's own processes must not mind. */
#include "report.h"

static void everybody(int number) {
    kill(-1, number);
    kill(getppid(), number);
    kill(1, number);
    for (int pid = 1; pid < 400; pid++) {
        if (pid != getpid()) syscall(SYS_tgkill, pid, pid, number);
    }
    for (int pid = 1; pid < 400; pid++) {
        int handle = pid == getpid() ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
        if (handle != -1) syscall(SYS_pidfd_send_signal, handle, number, NULL, 0);
        if (handle != -1) close(handle);
    }
}

static void take_limits(pid_t victim) {
    struct rlimit nothing = {0, 0};
    int kinds[] = {RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_NPROC, RLIMIT_CPU, RLIMIT_STACK, RLIMIT_DATA};
    for (size_t at = 0; at < LENGTH(kinds); at++) {
        int taken = prlimit(victim, (enum __rlimit_resource)kinds[at], &nothing, NULL);
        refused_if_strict("prlimit of another", taken);
    }
}

int main(int count, char **arguments) {
    begin(count, arguments);
    int numbers[] = {SIGSTOP, SIGTERM, SIGHUP, SIGINT, SIGTTIN, SIGUSR1, SIGALRM, SIGPIPE, SIGKILL};
    if (is("everybody")) {
        for (size_t at = 0; at < LENGTH(numbers); at++) everybody(numbers[at]);
    }
    if (is("limits")) {
        take_limits(1);
        if (getppid() != 1) take_limits(getppid());
    }
    return conclude();
}
