/* A4: CPU time where rusage does not see it: children that nobody waits for, orphans in other sessions, threads, and
 * many short lives. In every mode but `for_ever` half a second is burnt, which the program says in its exit code. */
#include <pthread.h>

#include "report.h"

static void *burn_some(void *nothing) {
    burn(0.125);
    return nothing;
}

static void in_child(void (*end)(void)) {
    if (fork() == 0) {
        setsid();
        burn(0.25);
        if (end) end();
        _exit(0);
    }
}

static void wait_for_all(void) {
    while (wait(NULL) != -1 || errno == EINTR) {}
}

static void orphans(void) {
    int gone[2];
    if (pipe(gone) != 0) _exit(1);
    for (int times = 0; times < 2; times++) {
        pid_t between = fork();
        if (between == 0) {
            in_child(NULL);
            _exit(0);
        }
        waitpid(between, NULL, 0);
    }
    close(gone[1]);
    char nothing;
    while (read(gone[0], &nothing, 1) > 0) {} /* ends when the last orphan has */
}

static void threads(void) {
    pthread_t thread[4];
    for (int at = 0; at < 4; at++) pthread_create(&thread[at], NULL, burn_some, NULL);
    for (int at = 0; at < 4; at++) pthread_join(thread[at], NULL);
}

static void short_lives(void) {
    for (int times = 0; times < 50; times++) {
        pid_t child = fork();
        if (child == 0) burn(0.01), _exit(0);
        waitpid(child, NULL, 0);
    }
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("for_ever")) {
        signal(SIGCHLD, SIG_IGN);
        if (fork() == 0) burn(1e9);
        for (;;) pause();
    }
    if (is("ignored")) signal(SIGCHLD, SIG_IGN);
    if (is("ignored") || is("children")) {
        in_child(NULL);
        in_child(NULL);
        wait_for_all();
    }
    if (is("orphans")) orphans();
    if (is("threads")) threads();
    if (is("short")) short_lives();
    if (is("alone")) burn(0.5);
    return conclude();
}
