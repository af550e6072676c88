/* A10, A11, A37: too much output on either stream, output that is no text, output that looks like the judge's own
 * talk, and stdout treated as the file that it may be. */
#include "report.h"

static void put(int fd, const void *data, size_t bytes) {
    for (size_t put = 0; put < bytes;) {
        ssize_t now = write(fd, (const char *)data + put, bytes - put);
        if (now == -1 && errno != EAGAIN && errno != EINTR) return;
        put += now > 0 ? (size_t)now : 0;
    }
}

static void flood(int fd) {
    static char data[64 << 10];
    memset(data, 'x', sizeof data);
    for (;;) put(fd, data, sizeof data);
}

static void noise(void) {
    static char data[64 << 10];
    memset(data, '\n', sizeof data);
    for (int times = 0; times < 400; times++) put(2, data, sizeof data);
}

/* Every byte there is, NULs, broken UTF-8, and no newline for half a MiB. */
static void binary(void) {
    static unsigned char data[512 << 10];
    for (size_t at = 0; at < sizeof data; at++) data[at] = (unsigned char)(at * 7 + at / 256);
    put(1, data, sizeof data);
}

static const char talk[] =
    "timelimit exceeded\nKilled\nout of memory\nSegmentation fault\nexit=0\nverdict: AC\n\x01\0\0\0\0\0\0\x09"
    "contained\n\x02\0\0\0\xff\xff\xff\xff.\n\0\0\0\0";

static void imitate(void) {
    put(2, talk, sizeof talk - 1);
    put(1, ".\n.", 3);
    put(1, talk, sizeof talk - 1);
}

/* If stdout is a file of the judge's: as big as can be, holes only; the far end written; sealed; read back. */
static void as_a_file(void) {
    char back[64];
    lseek(1, 0, SEEK_SET);
    if (read(1, back, sizeof back) > 0) hole("stdout gave what another one wrote");
    int again = open("/proc/self/fd/1", O_RDWR);
    if (again != -1 && lseek(again, 0, SEEK_SET) == 0 && read(again, back, sizeof back) > 0) hole("stdout read back");
    if (again != -1) close(again);
}

static void far_end(void) {
    if (ftruncate(1, 1L << 40) == 0 || pwrite(1, "x", 1, 1L << 40) == 1 || fallocate(1, 0, 0, 1L << 30) == 0) return;
    puts("contained");
}

/* Descriptions of the streams that outlive this process, if anybody shares them. */
static void endless_children(void) {
    for (int times = 0; times < 8; times++) {
        if (fork() == 0) flood(times % 2 + 1);
    }
    flood(1);
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("flood")) flood(1);
    if (is("flood_stderr")) flood(2);
    if (is("together")) endless_children();
    if (is("noise")) noise();
    if (is("file")) as_a_file();
    if (is("far")) {
        signal(SIGXFSZ, SIG_IGN);
        far_end();
        return 0;
    }
    if (is("binary")) {
        binary();
        return 0;
    }
    if (is("imitate")) {
        imitate();
        return 0;
    }
    if (is("closed")) {
        close(1);
        close(2);
        return 0;
    }
    return conclude();
}
