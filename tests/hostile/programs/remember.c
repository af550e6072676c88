/* A21: looks for what an earlier run of itself may have left, then leaves as much as it can. */
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "report.h"

enum { KEY = 0x6a756467 };

static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/run/lock", "/box", ".", "/", "/out",
                                     "/mnt", "/home", "/usr/local", "/usr/lib/locale", "/proc/self", "/sys/fs/cgroup"};

static void look_in(const char *folder) {
    char path[128];
    snprintf(path, sizeof path, "%s/.note", folder);
    if (open(path, O_RDONLY) != -1) hole("%s is there", path);
}

static void leave_in(const char *folder) {
    char path[128];
    snprintf(path, sizeof path, "%s/.note", folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0666);
    if (fd != -1 && write(fd, "x", 1) == 1) close(fd);
    chmod(folder, 0700);
    syscall(SYS_setxattr, folder, "user.note", "x", 1, 0);
}

int main(int count, char **arguments) {
    begin(count, arguments);
    struct stat about;
    if (stat("/tmp", &about) != 0 || (about.st_mode & 01777) != 01777) hole("/tmp has mode %o", about.st_mode);
    refused("shmget", shmget(KEY, 4096, 0));
    refused("semget", semget(KEY, 1, 0));
    refused("mq_open", mq_open("/note", O_RDONLY));
    for (size_t at = 0; at < LENGTH(places); at++) look_in(places[at]);
    for (size_t at = 0; at < LENGTH(places); at++) leave_in(places[at]);
    shmget(KEY, 4096, IPC_CREAT | 0666);
    semget(KEY, 1, IPC_CREAT | 0666);
    mq_open("/note", O_CREAT | O_RDWR, 0666, NULL);
    char host[65];
    gethostname(host, sizeof host);
    if (strcmp(host, "hostile") == 0) hole("the host's name stayed");
    sethostname("hostile", 7);
    return conclude();
}
