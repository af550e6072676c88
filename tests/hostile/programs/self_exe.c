/* A24: writes to the file that it runs from, and to the first process's. */
#include "report.h"

static void overwrite(const char *path) {
    static const int ways[] = {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND};
    for (size_t at = 0; at < LENGTH(ways); at++) {
        int fd = open(path, ways[at]);
        if (fd != -1) hole("opened %s to write", path);
    }
    refused("chmod", chmod(path, 0777));
    refused("unlink", unlink(path));
    refused("truncate", truncate(path, 0));
    refused("rename", rename(path, "/tmp/taken"));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    overwrite("/proc/self/exe");
    overwrite("/box/main");
    overwrite("/proc/1/exe");
    int fd = open("/proc/self/exe", O_RDONLY);
    if (fd != -1) {
        void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mapped != MAP_FAILED) hole("mapped my own file to write");
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        refused("reopened", open(path, O_RDWR));
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
    }
    refused("link", link("/proc/self/exe", "/tmp/taken"));
    return conclude();
}
