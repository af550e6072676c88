/* A9, A25: descriptors until there are no more, descriptors that somebody forgot to close, and the three that are
 * ours turned into something else for whoever has the other end. */
#include <dirent.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include "report.h"

static void exhaust(void) {
    int made = 0;
    while (made < 100000 && open("/dev/null", O_RDONLY) != -1) made++;
    if (made > 1024) hole("%d descriptors", made);
    for (int fd = 3; fd < 1100; fd++) close(fd);
    for (int kind = 0; kind < 4; kind++) {
        for (made = 0; made < 5000; made++) {
            int fd = kind == 0 ? epoll_create1(0) : kind == 1 ? eventfd(0, 0) : kind == 2 ? inotify_init1(0)
                                                            : timerfd_create(CLOCK_MONOTONIC, 0);
            if (fd == -1) break;
        }
        if (made > 1024) hole("%d descriptors of kind %d", made, kind);
        for (int fd = 3; fd < 1100; fd++) close(fd);
    }
}

static void leaked(void) {
    for (int fd = 3; fd < 4096; fd++) {
        if (fcntl(fd, F_GETFD) != -1) hole("descriptor %d is open", fd);
    }
    for (int fd = 0; fd < 3; fd++) {
        struct stat about;
        if (fstat(fd, &about) == 0 && (S_ISDIR(about.st_mode) || S_ISBLK(about.st_mode))) hole("%d is a folder", fd);
        if (openat(fd, "..", O_PATH) != -1) hole("%d leads somewhere", fd);
    }
}

/* Leaves its standard streams in a state that would hurt whoever reads or uses them next. */
static void spoil(void) {
    for (int fd = 0; fd < 3; fd++) {
        fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_ASYNC | O_DIRECT);
        fcntl(fd, F_SETOWN, 1);
        fcntl(fd, F_SETSIG, SIGKILL);
        fcntl(fd, F_SETPIPE_SZ, 4096);
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
        fchmod(fd, 0);
    }
    fcntl(1, F_SETFL, 0);
    refused("fchown", fchown(0, 0, 0));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("exhaust")) exhaust();
    if (is("leaked")) leaked();
    if (is("spoil")) spoil();
    return conclude();
}
