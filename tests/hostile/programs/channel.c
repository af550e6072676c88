/* A19: two runs at the same time that must not know of each other. `send` leaves signs in everything that two runs
 * might share, for two seconds; `listen` looks for them for one. `keys` wants a keyring at all. */
#include <mqueue.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "report.h"

enum { KEY = 0x6a756467 };

static const char *const shared[] = {"/", "/usr", "/usr/bin", "/etc/passwd", "/usr/bin/env", "/bin/sh", "/box", "/box/main",
                                     "/tmp", "/dev/null", "/dev/zero", "/dev/urandom", "/dev", "/proc", "/usr/lib"};

static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0hostile"};

static void keys(void) {
    refused("add_key", syscall(SYS_add_key, "user", "hostile", "x", 1, -4));
    refused("request_key", syscall(SYS_request_key, "user", "hostile", NULL, -4));
    refused("keyctl", syscall(SYS_keyctl, 0, -4, 1));
    int fd = open("/proc/keys", O_RDONLY);
    char data[256];
    if (fd != -1 && read(fd, data, sizeof data) > 0) hole("/proc/keys can be read");
}

static void locks(void) {
    for (size_t at = 0; at < LENGTH(shared); at++) {
        int fd = open(shared[at], O_RDONLY);
        if (fd == -1) continue;
        struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        refused_if_strict("flock", flock(fd, LOCK_SH | LOCK_NB));
        refused_if_strict("F_NOTIFY", fcntl(fd, F_NOTIFY, DN_ACCESS | DN_MULTISHOT));
        refused_if_strict("F_SETLEASE", fcntl(fd, F_SETLEASE, F_RDLCK));
        fcntl(fd, F_SETLK, &whole);
        fcntl(fd, F_OFD_SETLK, &whole);
        close(fd);
    }
}

static void send_signs(void) {
    int ends = open("/tmp/sign", O_CREAT | O_RDWR, 0666);
    for (size_t at = 0; at < LENGTH(shared); at++) {
        int fd = open(shared[at], O_RDONLY);
        if (fd == -1) continue;
        struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        flock(fd, LOCK_EX | LOCK_NB);
        fcntl(fd, F_OFD_SETLK, &whole);
        fcntl(fd, F_SETLK, &whole);
        fcntl(fd, F_SETLEASE, F_RDLCK);
    }
    int name = socket(AF_UNIX, SOCK_STREAM, 0);
    if (name != -1 && bind(name, (const struct sockaddr *)&address, sizeof address) == 0) listen(name, 1);
    shmget(KEY, 4096, IPC_CREAT | 0666);
    semget(KEY, 1, IPC_CREAT | 0666);
    mq_open("/hostile", O_CREAT | O_RDWR, 0666, NULL);
    shm_open("/hostile", O_CREAT | O_RDWR, 0666);
    fcntl(ends, F_SETFD, 0);
    for (double end = seconds(CLOCK_MONOTONIC) + 2; seconds(CLOCK_MONOTONIC) < end; doze(0.05)) {
        char data[64];
        for (size_t at = 0; at < LENGTH(shared); at++) {
            int fd = open(shared[at], O_RDONLY | O_NONBLOCK);
            if (fd != -1 && read(fd, data, sizeof data) == -1) errno = 0;
            if (fd != -1) close(fd);
        }
    }
}

static void look_for_locks(void) {
    for (size_t at = 0; at < LENGTH(shared); at++) {
        int fd = open(shared[at], O_RDONLY);
        if (fd == -1) continue;
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (flock(fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) hole("%s is locked", shared[at]);
        if (fcntl(fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) hole("%s has a lock", shared[at]);
        whole = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK) hole("%s has an open lock", shared[at]);
        close(fd);
    }
}

static void look_for_names(void) {
    int name = socket(AF_UNIX, SOCK_STREAM, 0);
    if (name != -1) refused("connect", connect(name, (const struct sockaddr *)&address, sizeof address));
    if (name != -1) close(name);
    refused("shmget", shmget(KEY, 4096, 0));
    refused("semget", semget(KEY, 1, 0));
    refused("mq_open", mq_open("/hostile", O_RDWR));
    refused("shm_open", shm_open("/hostile", O_RDWR, 0));
    refused("/tmp/sign", open("/tmp/sign", O_RDONLY));
}

static void look_for_signs(void) {
    int watch = inotify_init1(IN_NONBLOCK);
    refused_if_strict("inotify_init1", watch);
    for (size_t at = 0; watch != -1 && at < LENGTH(shared); at++) {
        bool noisy = strncmp(shared[at], "/proc", 5) == 0 || strncmp(shared[at], "/box/", 5) == 0;
        if (!noisy) inotify_add_watch(watch, shared[at], IN_OPEN | IN_ACCESS | IN_CREATE | IN_ATTRIB);
    }
    for (double end = seconds(CLOCK_MONOTONIC) + 1; seconds(CLOCK_MONOTONIC) < end; doze(0.1)) {
        char events[4096];
        if (watch != -1 && read(watch, events, sizeof events) > 0) hole("somebody opens files");
        for (int pid = 1; pid < 400; pid++) {
            if (kill(pid, 0) == 0 && pid != getpid() && pid != getppid() && pid != 1) hole("process %d", pid);
        }
    }
    if (watch != -1) close(watch);
    look_for_locks();
    look_for_names();
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("keys")) keys();
    if (is("locks")) locks();
    if (is("send")) send_signs();
    if (is("listen")) look_for_signs();
    return conclude();
}
