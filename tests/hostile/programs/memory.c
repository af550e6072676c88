/* A5, A6, A7: more memory than allowed, by every way to it: heap, static, stack, shared with children, in memfds, in
 * SysV and POSIX shared memory, in the scratch folder, in pipes. What can be had without end must end at the limit;
 * what has a limit of its own below must end there, with an error that is an answer. */
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "report.h"

static char big[512 * MIB];

static void heap(void) {
    for (;;) {
        void *block = malloc(MIB);
        if (block) fill(block, MIB);
    }
}

static int stack(volatile char *above) {
    volatile char here[64 << 10];
    if (above == NULL) return 0;
    here[0] = above[0];
    return stack(here) + here[9];
}

static void children(void) {
    for (int times = 0; times < 8; times++) {
        if (fork() == 0) {
            fill(big, 16 * MIB);
            for (;;) pause();
        }
    }
    for (;;) pause();
}

static void memfds(void) {
    static char data[MIB];
    for (;;) {
        int fd = memfd_create("x", 0);
        if (fd == -1) return;
        for (int written = 0; written < 32 && write(fd, data, sizeof data) > 0; written++) {}
    }
}

/* Anonymous memory that is shared outlives its mapping only through a descriptor; huge pages are counted apart. */
static void mapped(void) {
    for (;;) {
        char *block = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (block != MAP_FAILED) fill(block, 4 * MIB);
    }
}

static void huge_pages(void) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
    for (int times = 0; times < 256; times++) {
        char *block = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, flags, -1, 0);
        if (block == MAP_FAILED) return;
        fill(block, 2 * MIB);
    }
    hole("512 MiB of huge pages");
}

static void system_v(void) {
    for (int times = 0; times < 200; times++) {
        int id = shmget(IPC_PRIVATE, 4 * MIB, IPC_CREAT | 0600);
        char *block = id == -1 ? (char *)-1 : shmat(id, NULL, 0);
        if (block == (char *)-1) break;
        fill(block, 4 * MIB);
        shmdt(block);
    }
    for (int times = 0; times < 20000; times++) {
        if (msgget(IPC_PRIVATE, IPC_CREAT | 0600) == -1 && semget(IPC_PRIVATE, 1000, IPC_CREAT | 0600) == -1) break;
    }
}

/* Ends while the kernel still holds its memory: in a segment that nobody removes, or in a file that is on its way in a
 * ring of sockets which only the kernel's own garbage collector takes apart. */
static void keep_segment(void) {
    int id = shmget(IPC_PRIVATE, 40 * MIB, IPC_CREAT | 0600);
    char *block = id == -1 ? (char *)-1 : shmat(id, NULL, 0);
    if (block != (char *)-1) fill(block, 40 * MIB);
}

static void send_descriptor(int through, int what) {
    char byte = 0;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.head), &what, sizeof what);
    sendmsg(through, &message, 0);
}

static void keep_in_flight(void) {
    int file = memfd_create("x", 0);
    int first[2], second[2];
    if (ftruncate(file, 40 * MIB) != 0) return;
    char *block = mmap(NULL, 40 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (block != MAP_FAILED) fill(block, 40 * MIB);
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, first) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, second) != 0) return;
    send_descriptor(first[0], file);
    send_descriptor(first[0], second[1]);
    send_descriptor(second[0], first[1]);
}

static void posix(void) {
    static char data[MIB];
    int fd = shm_open("/hostile", O_RDWR | O_CREAT, 0600);
    int written = 0;
    while (fd != -1 && written < 512 && write(fd, data, sizeof data) == (ssize_t)sizeof data) written++;
    if (written > 64) hole("%d MiB in /dev/shm", written);
}

static void pipes(void) {
    static char data[MIB];
    int ends[2];
    while (pipe2(ends, O_NONBLOCK) == 0) {
        fcntl(ends[1], F_SETPIPE_SZ, (int)MIB);
        while (write(ends[1], data, sizeof data) > 0) {}
    }
}

static void locked(void) {
    refused("mlock of 256 MiB", mlock(big, 256 * MIB));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("heap")) heap();
    if (is("static")) fill(big, sizeof big);
    if (is("stack")) return stack((volatile char *)"");
    if (is("children")) children();
    if (is("memfd")) memfds();
    if (is("mapped")) mapped();
    if (is("huge")) huge_pages();
    if (is("sysv")) system_v();
    if (is("posix")) posix();
    if (is("pipes")) pipes();
    if (is("locked")) locked();
    if (is("segment")) keep_segment();
    if (is("flight")) keep_in_flight();
    if (is("known")) { /* 40 MiB, and nothing else */
        fill(big, 40 * MIB);
    }
    if (is("more")) fill(big, 80 * MIB);
    if (is("shared")) { /* 40 MiB in all, 10 in each of four at the same time */
        int together[2];
        char nothing;
        if (pipe(together) != 0) return 1;
        for (int times = 0; times < 4; times++) {
            if (fork() == 0) {
                close(together[0]);
                fill(big, 10 * MIB);
                doze(0.3);
                _exit(0);
            }
        }
        close(together[1]);
        while (read(together[0], &nothing, 1) > 0) {}
    }
    return conclude();
}
