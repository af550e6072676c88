/* A13: every way of doing nothing for ever. */
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>

#include "report.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (is("pause")) pause();
    if (is("select")) select(0, NULL, NULL, NULL, NULL);
    if (is("stop")) raise(SIGSTOP);
    if (is("stop_all")) {
        for (int times = 0; times < 5; times++) {
            if (fork() == 0) raise(SIGSTOP);
        }
        kill(0, SIGSTOP);
    }
    if (is("fifo")) {
        if (mkfifo("/tmp/fifo", 0600) != 0) return 1;
        if (open("/tmp/fifo", O_RDONLY) == -1) return 1;
    }
    if (is("mutex")) {
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&mutex);
        pthread_mutex_lock(&mutex);
    }
    if (is("vfork") && vfork() == 0) {
        for (;;) pause();
    }
    for (;;) doze(60);
}
