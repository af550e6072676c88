/* A39: crashes and writes to the log as often as it can. */
#include "report.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    static const char *const logs[] = {"/dev/kmsg", "/dev/log", "/run/systemd/journal/socket", "/dev/console", "/dev/tty"};
    for (size_t at = 0; at < LENGTH(logs); at++) refused(logs[at], open(logs[at], O_WRONLY | O_NONBLOCK));
    for (int times = 0; times < 300; times++) {
        pid_t child = fork();
        if (child == 0) {
            *(volatile int *)(uintptr_t)(0xdead0000u + (unsigned)times) = 1;
            __builtin_trap();
        }
        waitpid(child, NULL, 0);
    }
    return conclude();
}
