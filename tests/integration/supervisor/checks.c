/* Checks of the supervisor's parts that need no container; the first one that fails ends the program with its line. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archive.h"
#include "cgroup.h"
#include "collect.h"
#include "filter.h"
#include "protocol.h"
#include "sink.h"

#define CHECK(truth)                                                  \
    do {                                                              \
        if (!(truth)) {                                               \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #truth); \
            exit(1);                                                  \
        }                                                             \
    } while (0)

static int file_of(const void *data, size_t length) {
    int file = memfd_create("check", MFD_CLOEXEC);
    CHECK(file >= 0 && write(file, data, length) == (ssize_t)length);
    return file;
}

static bool is_good(const char *name) { return is_good_name(name, strlen(name)); }

static void check_names(void) {
    char longest[NAME_MAX_BYTES + 2];
    memset(longest, 'x', sizeof longest);
    for (size_t i = PART_MAX_BYTES; i < sizeof longest; i += PART_MAX_BYTES + 1) longest[i] = '/';
    CHECK(is_good("main.c") && is_good("a/b/c") && is_good("..a") && is_good("a..") && is_good("...") && is_good("a b"));
    CHECK(!is_good("") && !is_good("/") && !is_good("/a") && !is_good("a/") && !is_good("a//b"));
    CHECK(!is_good(".") && !is_good("..") && !is_good("a/..") && !is_good("../a") && !is_good("a/./b"));
    CHECK(!is_good_name("a\0b", 3));
    CHECK(is_good_name(longest, PART_MAX_BYTES) && !is_good_name(longest, NAME_MAX_BYTES + 1));
    memset(longest, 'x', sizeof longest);
    CHECK(!is_good_name(longest, PART_MAX_BYTES + 1));
}

static struct run_request good_run(void) {
    return (struct run_request){.type = REQUEST_RUN, .cpu_ns = 1, .wall_ns = 1, .memory_bytes = 1, .processes = 1,
                                .open_files = 16, .argument_count = 2, .argument_bytes = 5};
}

static uint32_t type_of(const void *head, size_t length, const char *rest, size_t rest_length, size_t descriptors) {
    static struct packet packet;
    packet.length = length + rest_length;
    packet.descriptors = descriptors;
    memcpy(packet.data, head, length);
    if (rest_length > 0) memcpy(packet.data + length, rest, rest_length);
    return checked_request(&packet);
}

static uint32_t type_of_run(const struct run_request *run, const char *arguments, size_t length) {
    return type_of(run, sizeof *run, arguments, length, 1);
}

static void check_requests(void) {
    const uint32_t box = REQUEST_BOX, ready = ANSWER_READY, none = 0;
    CHECK(type_of(&box, sizeof box, NULL, 0, 1) == REQUEST_BOX);
    CHECK(type_of(&box, sizeof box, NULL, 0, 0) == 0 && type_of(&box, sizeof box, "x", 1, 1) == 0);
    CHECK(type_of(&box, 3, NULL, 0, 1) == 0 && type_of(&box, 0, NULL, 0, 1) == 0);
    CHECK(type_of(&ready, sizeof ready, NULL, 0, 1) == 0 && type_of(&none, sizeof none, NULL, 0, 1) == 0);
    struct run_request run = good_run();
    CHECK(type_of_run(&run, "ls\0x", 5) == REQUEST_RUN);
    CHECK(type_of_run(&run, "ls\0x", 4) == 0 && type_of_run(&run, "lsxx", 5) == 0 && type_of_run(&run, "\0a\0b", 5) == 0);
    CHECK(type_of(&run, sizeof run, "ls\0x", 5, 0) == 0 && type_of(&run, sizeof run - 1, NULL, 0, 1) == 0);
    struct run_request bad[] = {run, run, run, run, run, run, run};
    bad[0].flags = 2;
    bad[1].cpu_ns = TIME_MAX_NS + 1;
    bad[2].memory_bytes = 0;
    bad[3].processes = PROCESSES_MAX + 1;
    bad[4].open_files = OPEN_FILES_MAX + 1;
    bad[5].argument_count = 0;
    bad[6].argument_bytes = 6;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK(type_of_run(&bad[i], "ls\0x", 5) == 0);
}

static void check_arguments(void) {
    char arguments[] = "ls\0-l\0";
    char *argv[4];
    point_arguments(arguments, 3, argv);
    CHECK(!strcmp(argv[0], "ls") && !strcmp(argv[1], "-l") && !strcmp(argv[2], "") && argv[3] == NULL);
}

static void check_packets(void) {
    static struct packet packet;
    static char big[PACKET_MAX_BYTES + 1];
    int ends[2], given[] = {file_of("a", 1), file_of("bc", 2)};
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
    const struct part parts[] = {{"he", 2}, {"llo", 3}};
    CHECK(send_packet(ends[0], parts, 2, given, 2) && receive_packet(ends[1], &packet));
    CHECK(packet.length == 5 && !memcmp(packet.data, "hello", 5) && packet.descriptors == 2);
    struct stat second;
    CHECK(fstat(packet.descriptor[1], &second) == 0 && second.st_size == 2);
    const struct part too_big = {big, sizeof big};
    CHECK(send_packet(ends[0], &too_big, 1, NULL, 0) && receive_packet(ends[1], &packet) && packet.length == 0);
    close(ends[0]);
    CHECK(!receive_packet(ends[1], &packet) && !send_packet(ends[1], parts, 1, NULL, 0));
    for (size_t i = 0; i < 2; i++) close(given[i]);
    close(ends[1]);
}

static void check_archives(void) {
    struct archive_head head = {.name_bytes = 1, .executable = 1, .content_bytes = 3};
    char bytes[2 * (sizeof head + 4)];
    for (size_t i = 0; i < 2; i++) {
        memcpy(bytes + i * (sizeof head + 4), &head, sizeof head);
        memcpy(bytes + i * (sizeof head + 4) + sizeof head, i ? "bxyz" : "axyz", 4);
    }
    struct archive_file file;
    struct archive_position position = {0};
    int archive = file_of(bytes, sizeof bytes);
    CHECK(next_in_archive(archive, &position, &file) == 1 && !strcmp(file.name, "a") && file.executable);
    CHECK(file.content_bytes == 3 && file.content_offset == sizeof head + 1);
    CHECK(next_in_archive(archive, &position, &file) == 1 && !strcmp(file.name, "b"));
    CHECK(next_in_archive(archive, &position, &file) == 0);
    for (size_t cut = 1; cut < sizeof head + 4; cut++) {
        struct archive_position begin = {0};
        int short_archive = file_of(bytes, cut);
        CHECK(next_in_archive(short_archive, &begin, &file) == -1);
        close(short_archive);
    }
}

static void check_sinks(void) {
    static struct sink sink;
    static char megabyte[1 << 20];
    int ends[2];
    CHECK(pipe2(ends, O_NONBLOCK) == 0);
    begin_sink(&sink, 4);
    CHECK(fill_sink(&sink, ends[0]) == 0);
    CHECK(write(ends[1], "1234", 4) == 4 && fill_sink(&sink, ends[0]) == 1 && sink.kept == 4 && !sink.overflowed);
    CHECK(write(ends[1], "5", 1) == 1 && fill_sink(&sink, ends[0]) == 1 && sink.kept == 4 && sink.overflowed);
    begin_sink(&sink, sizeof megabyte);
    for (size_t sent = 0; sent < sizeof megabyte; sent += 32768)
        CHECK(write(ends[1], megabyte, 32768) == 32768 && fill_sink(&sink, ends[0]) == 1);
    struct stat kept;
    CHECK(sink.kept == sizeof megabyte && !sink.overflowed && fstat(sink.file, &kept) == 0);
    CHECK(kept.st_size == sizeof megabyte);
    close(ends[1]);
    CHECK(fill_sink(&sink, ends[0]) == -1);
    close(ends[0]);
    close(sink.file);
}

static void check_figures(void) {
    int v1 = file_of("123456789\n", 10), v2 = file_of("usage_usec 1234\nuser_usec 1\n", 28), none = file_of("", 0);
    CHECK(read_cpu_ns(v1) == 123456789 && read_cpu_ns(v2) == 1234000 && read_cpu_ns(none) == 0);
    CHECK(read_bytes(v1) == 123456789 && read_bytes(none) == 0 && read_bytes(-1) == 0);
}

/* Where collecting runs: a folder that the caller has made. */
static bool collected(uint64_t bytes, uint32_t files, char *archive, size_t size) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    bool whole = send_collected("collected", ends[1], bytes, files);
    close(ends[1]);
    memset(archive, 0, size);
    CHECK(read(ends[0], archive, size) >= 0);
    close(ends[0]);
    return whole;
}

static void put_file(const char *path, const char *content) {
    int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    CHECK(file >= 0 && write(file, content, strlen(content)) == (ssize_t)strlen(content));
    close(file);
}

static void check_collecting(void) {
    char archive[4096];
    struct archive_head head;
    CHECK(mkdir("collected", 0755) == 0 && collected(0, 0, archive, sizeof archive));
    CHECK(mkdir("collected/d", 0755) == 0);
    put_file("collected/d/f", "xyz");
    CHECK(collected(3, 1, archive, sizeof archive));
    memcpy(&head, archive, sizeof head);
    CHECK(head.name_bytes == 3 && head.executable == 0 && head.content_bytes == 3);
    CHECK(!memcmp(archive + sizeof head, "d/fxyz", 6));
    CHECK(!collected(2, 1, archive, sizeof archive) && !collected(3, 0, archive, sizeof archive));
    CHECK(symlink("d/f", "collected/link") == 0 && !collected(99, 9, archive, sizeof archive));
    CHECK(unlink("collected/link") == 0 && mkfifo("collected/pipe", 0644) == 0);
    CHECK(!collected(99, 9, archive, sizeof archive) && unlink("collected/pipe") == 0);
    CHECK(symlink("d", "collected/e") == 0 && !collected(99, 9, archive, sizeof archive));
    CHECK(unlink("collected/e") == 0 && truncate("collected/d/f", (off_t)1 << 40) == 0);
    CHECK(!collected(UINT64_C(1) << 26, 9, archive, sizeof archive));
}

/* What the filter answers, by a machine for the few instructions that it is made of. */
static uint32_t filtered(struct seccomp_data data) {
    uint32_t accumulator = 0;
    for (size_t at = 0; at < filter.len; at++) {
        struct sock_filter now = filter.filter[at];
        switch (now.code) {
        case BPF_LD | BPF_W | BPF_ABS:
            CHECK(now.k + sizeof accumulator <= sizeof data);
            memcpy(&accumulator, (char *)&data + now.k, sizeof accumulator);
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += accumulator == now.k ? now.jt : now.jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += accumulator >= now.k ? now.jt : now.jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += accumulator & now.k ? now.jt : now.jf;
            break;
        case BPF_RET | BPF_K:
            return now.k;
        default:
            CHECK(!"an instruction that this machine knows");
        }
    }
    CHECK(!"an end");
    return 0;
}

#if defined(__x86_64__)
#define HERE AUDIT_ARCH_X86_64
#define ELSEWHERE AUDIT_ARCH_I386
#else
#define HERE AUDIT_ARCH_AARCH64
#define ELSEWHERE AUDIT_ARCH_ARM
#endif
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

static uint32_t call(long number, uint64_t first, uint64_t second) {
    return filtered((struct seccomp_data){.nr = (int)number, .arch = HERE, .args = {first, second}});
}

static void check_filter(void) {
    static const long allowed[] = {SYS_read, SYS_write, SYS_mmap, SYS_futex, SYS_execve, SYS_exit_group, SYS_openat,
                                   SYS_sched_getaffinity, SYS_membarrier, SYS_rseq, SYS_memfd_create, SYS_kill,
                                   SYS_sendfile, SYS_shmget, SYS_pipe2, SYS_epoll_wait, SYS_getrandom};
    static const long refused[] = {SYS_mount, SYS_unshare, SYS_setns, SYS_ptrace, SYS_socket, SYS_connect, SYS_bpf,
                                   SYS_io_uring_setup, SYS_keyctl, SYS_flock, SYS_splice, SYS_vmsplice, SYS_tee,
                                   SYS_sched_setaffinity, SYS_userfaultfd, SYS_personality, SYS_memfd_secret,
                                   SYS_perf_event_open, SYS_process_vm_readv, SYS_open_by_handle_at, SYS_reboot};
    build_filter();
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) CHECK(call(allowed[i], 0, 0) == SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) CHECK(call(refused[i], 0, 0) == REFUSED);
    CHECK(call(SYS_clone3, 0, 0) == ABSENT && call(100000, 0, 0) == ABSENT && call(470, 0, 0) == ABSENT);
    CHECK(call(SYS_clone, 0x3d0f00, 0) == SECCOMP_RET_ALLOW);
    CHECK(call(SYS_clone, 0x10000000, 0) == REFUSED && call(SYS_clone, 0x00020000, 0) == REFUSED);
    CHECK(call(SYS_socketpair, AF_UNIX, 0) == SECCOMP_RET_ALLOW && call(SYS_socketpair, AF_VSOCK, 0) == REFUSED);
    CHECK(call(SYS_fcntl, 0, F_GETFL) == SECCOMP_RET_ALLOW && call(SYS_fcntl, 0, F_SETLK) == REFUSED);
    CHECK(call(SYS_fcntl, 0, F_SETLEASE) == REFUSED && call(SYS_fcntl, 0, F_OFD_SETLKW) == REFUSED);
    CHECK(call(SYS_prlimit64, 0, 0) == SECCOMP_RET_ALLOW && call(SYS_prlimit64, 1, 0) == REFUSED);
    CHECK(filtered((struct seccomp_data){.nr = SYS_read, .arch = ELSEWHERE}) == SECCOMP_RET_KILL_PROCESS);
#ifdef __x86_64__
    CHECK(call(0x40000000 | SYS_read, 0, 0) == SECCOMP_RET_KILL_PROCESS);
#endif
}

int main(void) {
    check_names();
    check_requests();
    check_arguments();
    check_packets();
    check_archives();
    check_sinks();
    check_figures();
    check_collecting();
    check_filter();
    puts("all well");
    return 0;
}
