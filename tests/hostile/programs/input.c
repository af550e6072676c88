/* A12, A20: stdin never read, closed early, read only after much was written, and changed for whoever reads it next. */
#include "report.h"

static void deadlock(void) {
    static char data[64 << 10];
    memset(data, 'x', sizeof data);
    for (int times = 0; times < 12; times++) {
        for (size_t put = 0; put < sizeof data;) {
            ssize_t now = write(1, data, sizeof data - put);
            put += now > 0 ? (size_t)now : 0;
        }
    }
    while (read(0, data, sizeof data) > 0) {}
}

/* The same input stands before every run of a case: nobody may change it. */
static void rewrite(void) {
    char first;
    signal(SIGXFSZ, SIG_IGN);
    refused("write to stdin", write(0, "9", 1));
    refused("pwrite to stdin", pwrite(0, "9", 1, 0));
    refused("ftruncate of stdin", ftruncate(0, 0));
    int again = open("/proc/self/fd/0", O_RDWR);
    if (again != -1 && (pwrite(again, "9", 1, 0) == 1 || ftruncate(again, 0) == 0)) hole("stdin opened to write");
    void *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 0, 0);
    if (mapped != MAP_FAILED) hole("stdin mapped to write");
    if (read(0, &first, 1) != 1 || first != '1') hole("stdin was changed");
    lseek(0, 1000, SEEK_SET);
}

static void swallow(void) {
    char part[1024];
    signal(SIGPIPE, SIG_IGN);
    if (read(0, part, 10) != 10) hole("no input");
    close(0);
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("deadlock")) {
        deadlock();
        return 0;
    }
    if (is("rewrite")) rewrite();
    if (is("swallow")) swallow();
    if (is("closed")) close(0);
    return conclude();
}
