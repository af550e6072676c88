/* A8: the scratch folder filled with bytes, with files, with folders inside each other; and every other place that
 * might be written. */
#include <dirent.h>
#include <ftw.h>

#include "report.h"

static void fill_up(void) {
    static char data[MIB];
    char name[32];
    int written = 0;
    for (int file = 0; file < 200; file++) {
        snprintf(name, sizeof name, "/tmp/f%d", file);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd == -1) break;
        while (written < 200 && write(fd, data, sizeof data) == (ssize_t)sizeof data) written++;
    }
    if (written > 16) hole("%d MiB in the scratch folder", written);
}

static void many(void) {
    char name[64];
    int made = 0;
    for (; made < 100000; made++) {
        snprintf(name, sizeof name, "/tmp/%d", made);
        if (mknod(name, S_IFREG | 0600, 0) != 0) break;
    }
    if (made > 4096) hole("%d files", made);
    for (int links = 0; links < 100000; links++) {
        snprintf(name, sizeof name, "/tmp/link%d", links);
        if (link("/tmp/0", name) != 0) break;
        if (links == 50000) hole("50000 links");
    }
}

static void deep(void) {
    if (chdir("/tmp") != 0) return;
    int depth = 0;
    while (depth < 100000 && mkdir("d", 0700) == 0 && chdir("d") == 0) depth++;
    if (depth > 4096) hole("%d folders deep", depth);
    chmod("..", 0);
}

static void sparse(void) {
    int fd = open("/tmp/sparse", O_CREAT | O_RDWR, 0600);
    if (ftruncate(fd, 1L << 40) == 0) hole("a file of a tebibyte");
    if (fallocate(fd, 0, 0, 1L << 34) == 0) hole("16 GiB allocated");
}

/* The scratch folders, and in the plain adapter the queues of the run's own ipc namespace. */
static bool is_scratch(const char *path) {
    static const char *const folders[] = {"/tmp", "/dev/shm", "/dev/mqueue"};
    for (size_t at = 0; at < LENGTH(folders); at++) {
        if (strncmp(path, folders[at], strlen(folders[at])) == 0) return at == 0 || strict == (at == 1);
    }
    return false;
}

static int look(const char *path, const struct stat *about, int kind, struct FTW *where) {
    char name[4200];
    (void)where;
    if (is_scratch(path)) return FTW_SKIP_SUBTREE;
    if (kind == FTW_D) {
        snprintf(name, sizeof name, "%s/hostile", path);
        int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0600);
        if (fd != -1) hole("wrote %s", name);
        if (fd != -1) close(fd);
    }
    if (S_ISREG(about->st_mode)) {
        int fd = open(path, O_WRONLY);
        if (fd != -1) hole("opened %s to write", path);
        if (fd != -1) close(fd);
    }
    return strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0 ? FTW_SKIP_SUBTREE : 0;
}

/* The scratch folder may hold data, never programs. */
static void run_from_scratch(void) {
    static char data[4 * MIB];
    int from = open("/proc/self/exe", O_RDONLY);
    if (from == -1) from = open("/box/main", O_RDONLY);
    int to = open("/tmp/main", O_CREAT | O_WRONLY, 0700);
    ssize_t bytes = read(from, data, sizeof data);
    if (bytes <= 0 || write(to, data, (size_t)bytes) != bytes) hole("could not copy myself");
    close(to);
    char *arguments[] = {"main", NULL};
    refused("execve from the scratch folder", execv("/tmp/main", arguments));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("fill")) fill_up();
    if (is("many")) many();
    if (is("deep")) deep();
    if (is("sparse")) {
        signal(SIGXFSZ, SIG_IGN);
        sparse();
    }
    if (is("everywhere")) nftw("/", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
    if (is("exec")) run_from_scratch();
    return conclude();
}
