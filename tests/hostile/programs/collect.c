/* A22: what a compiler might leave to be collected: links, devices, pipes, folders without end, files without
 * permission, files that change while they are looked at. */
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "report.h"

static void put(const char *path, const char *text) {
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    if (fd != -1 && write(fd, text, strlen(text)) > 0) close(fd);
}

/* Goes on after its parent has ended, if anybody lets it. */
static void swap_for_ever(void) {
    if (fork() != 0) return;
    setsid();
    for (;;) {
        unlink("/out/main");
        if (symlink("/etc/passwd", "/out/main") != 0) put("/out/other", "x");
        unlink("/out/main");
        put("/out/main", "x");
        rename("/out/main", "/out/other");
        rename("/out/other", "/out/main");
    }
}

static void folders(void) {
    if (chdir("/out") != 0) return;
    for (int depth = 0; depth < 3000 && mkdir("d", 0755) == 0 && chdir("d") == 0; depth++) {}
    put("main", "x");
}

static void many(void) {
    char path[32];
    for (int file = 0; file < 100000; file++) {
        snprintf(path, sizeof path, "/out/%d", file);
        if (mknod(path, S_IFREG | 0755, 0) != 0) break;
    }
}

static void no_permission(void) {
    put("/out/main", "x");
    mkdir("/out/closed", 0755);
    put("/out/closed/main", "x");
    chmod("/out/main", 0);
    chmod("/out/closed", 0);
    chmod("/out", 0);
}

static void too_big(void) {
    static char data[MIB];
    int fd = open("/out/main", O_CREAT | O_WRONLY, 0755);
    signal(SIGXFSZ, SIG_IGN);
    if (is("sparse")) ftruncate(fd, 60 * (off_t)MIB), lseek(fd, 0, SEEK_END);
    for (int written = 0; written < 100 && write(fd, data, sizeof data) > 0; written++) {}
    if (is("sparse")) fd = open("/out/second", O_CREAT | O_WRONLY, 0755), ftruncate(fd, 60 * (off_t)MIB);
}

static void special(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/out/socket"};
    if (is("symlink")) symlink("/etc/passwd", "/out/main");
    if (is("folder_link")) symlink("/etc", "/out/etc");
    if (is("hardlink") && link("/etc/passwd", "/out/main") != 0) put("/out/main", "x"), link("/out/main", "/out/too");
    if (is("fifo")) mkfifo("/out/main", 0666);
    if (is("device")) mknod("/out/main", S_IFCHR | 0666, 0x105);
    if (is("setuid")) put("/out/main", "x"), chmod("/out/main", 06755);
    int fd = is("socket") ? socket(AF_UNIX, SOCK_STREAM, 0) : -1;
    if (fd != -1 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0) listen(fd, 1);
    if (is("names")) {
        put("/out/a\nb", "x"), put("/out/-rf", "x"), put("/out/\xff\xfe", "x"), put("/out/ ..", "x");
    }
    if (is("empty")) unlink("/out/main");
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("swap")) swap_for_ever();
    if (is("deep")) folders();
    if (is("many")) many();
    if (is("closed")) no_permission();
    if (is("big") || is("sparse")) too_big();
    special();
    return 0;
}
