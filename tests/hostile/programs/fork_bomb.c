/* A1: as many processes as there can be, which spin, sleep, or start themselves anew. */
#include "report.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    signal(SIGTERM, SIG_IGN);
    if (is("vfork")) {
        for (;;) {
            if (vfork() == 0) execv("/proc/self/exe", arguments), execv("/box/main", arguments), _exit(1);
        }
    }
    for (;;) {
        pid_t child = fork();
        if (is("sleep") && child == -1) pause();
        if (is("exec") && child == 0) execv("/box/main", arguments);
        if (is("session") && child == 0) setsid();
    }
}
