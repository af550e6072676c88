/* Theory: what happens from the clone of a run's init to the end of its program. The order is the security argument.
 *
 *   init (process 1 of its namespaces)            program (its child)
 *   waits until its ids are mapped
 *   becomes them; cannot be looked into (not dumpable)
 *   keeps seven descriptors, closes all others
 *   mounts its own /tmp, /proc, /out
 *   drops its capabilities (unless collecting)
 *   waits for the command and for stdin
 *   starts the program and waits for its end      streams, limits, no capabilities, filter;
 *   takes the figures                             forgets the peak, notes CPU time and clock; execve
 *   collects /out, if asked to
 *   tells process 1, and ends: whoever is left in its process namespace ends with it
 *
 * The box is built before anybody asks for a run, so that only the right column is waited for. The program is started
 * as vfork does: nothing of the init is copied for it, and the init sleeps until execve. It is not process 1 itself,
 * since that one does not see signals' defaults. What fails here before execve is our fault and told on the board;
 * an execve that fails is the program's end with a shell's codes.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "collect.h"
#include "filter.h"
#include "root.h"

enum { OPTIONS_BYTES = 96, STACK_BYTES = 64 * 1024, EXIT_NOT_FOUND = 127, EXIT_NOT_RUN = 126 };
enum { CHARGED_AHEAD_BYTES = 64 * 4096 }; /* the kernel charges pages in batches, and what is left of one is used first */

static char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", NULL};
static const char *const folders[] = {"/usr/local/bin/", "/usr/bin/", "/bin/"};

static char *arguments[ARGUMENTS_MAX + 1];
static int given = -1; /* stdin */

static _Noreturn void fail(const char *what) {
    board->report.error = errno;
    snprintf(board->report.failed, sizeof board->report.failed, "%s", what);
    _exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void await_ids(void) {
    while (!atomic_load(&board->mapped)) syscall(SYS_futex, &board->mapped, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* The first to be killed when memory runs short anywhere. Nobody inside can take it back: their /proc is read-only. */
static void be_expendable(void) {
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0 || write(score, "1000", 4) != 4) fail("be the first to go when memory runs short");
    close(score);
}

static void become_user(void) {
    if (setresgid(RUN_ID, RUN_ID, RUN_ID) < 0 || setresuid(RUN_ID, RUN_ID, RUN_ID) < 0) fail("become the run's user");
    if (prctl(PR_SET_DUMPABLE, 0) < 0) fail("hide its memory");
}

static void keep_descriptors(const struct wires *wires, const struct run_group *group) {
    const int kept[][2] = {{wires->channel[1], KEPT_CHANNEL}, {wires->output[1], KEPT_OUTPUT},
                           {wires->errors[1], KEPT_ERRORS},   {wires->collected[1], KEPT_COLLECTED},
                           {group->cpu, KEPT_CPU},            {group->usage, KEPT_USAGE},
                           {group->peak, KEPT_PEAK}};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (kept[i][0] >= 0 && dup3(kept[i][0], kept[i][1], O_CLOEXEC) < 0) fail("keep a descriptor");
    if (syscall(SYS_close_range, KEPT_END, UINT_MAX, 0) < 0) fail("close the others");
}

static void mount_scratch(const char *path, unsigned long flags, uint64_t bytes, uint32_t files) {
    char options[OPTIONS_BYTES];
    snprintf(options, sizeof options, "mode=1777,size=%llu,nr_inodes=%u", (unsigned long long)bytes, files);
    if (mount("scratch", path, "tmpfs", MS_NOSUID | MS_NODEV | flags, options) < 0) fail(path);
}

static void mount_own(const struct plan *plan) {
    mount_scratch("/tmp", MS_NOEXEC, plan->scratch_bytes, plan->scratch_files);
    if (plan->flags & RUN_COLLECTING) mount_scratch(ROOT_OUT, 0, plan->collected_bytes, plan->collected_files);
    /* Only processes, which are its own: all else in /proc tells of the machine or of others. */
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "subset=pid") < 0)
        fail("mount /proc");
}

static void drop_capabilities(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &head, none) < 0) fail("drop capabilities");
}

/* The command is on the board; what comes through the channel is stdin. */
static void await_command(void) {
    char go;
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec byte = {.iov_base = &go, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (recvmsg(KEPT_CHANNEL, &message, MSG_CMSG_CLOEXEC) != 1) _exit(0); /* nobody wants this box any more */
    struct cmsghdr *sent = CMSG_FIRSTHDR(&message);
    if (!sent || sent->cmsg_type != SCM_RIGHTS) {
        errno = EBADMSG;
        fail("get stdin");
    }
    memcpy(&given, CMSG_DATA(sent), sizeof given);
    point_arguments(board->arguments, board->request.argument_count, arguments);
}

static void limit(int resource, rlim_t value) {
    const struct rlimit both = {value, value};
    if (setrlimit(resource, &both) < 0) fail("set a limit");
}

static void limit_self(void) {
    limit(RLIMIT_CORE, 1); /* 0 would still feed a core_pattern that is a pipe */
    limit(RLIMIT_NOFILE, board->request.open_files);
    limit(RLIMIT_FSIZE, board->request.file_bytes);
    limit(RLIMIT_STACK, RLIM_INFINITY);
}

static void connect_streams(bool collecting) {
    int output = collecting ? KEPT_ERRORS : KEPT_OUTPUT;
    if (dup2(given, 0) < 0 || dup2(output, 1) < 0 || dup2(KEPT_ERRORS, 2) < 0) fail("connect the streams");
    if (syscall(SYS_close_range, 3, UINT_MAX, CLOSE_RANGE_CLOEXEC) < 0) fail("close all else");
}

static void confine(void) {
    drop_capabilities();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("renounce privileges");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0) fail("install the filter");
}

static void begin_to_count(void) {
    uint64_t held = read_bytes(KEPT_USAGE);
    board->report.began_bytes = held > CHARGED_AHEAD_BYTES ? held - CHARGED_AHEAD_BYTES : 0;
    forget_peak(KEPT_PEAK);
    board->report.began_cpu_ns = read_cpu_ns(KEPT_CPU);
    board->report.began_wall_ns = now_ns();
}

/* As a shell does it, with our own PATH. */
static void execute(void) {
    char path[PATH_MAX];
    int worst = ENOENT;
    if (strchr(arguments[0], '/')) {
        execve(arguments[0], arguments, environment);
        worst = errno;
    } else {
        for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
            if ((size_t)snprintf(path, sizeof path, "%s%s", folders[i], arguments[0]) >= sizeof path) break;
            execve(path, arguments, environment);
            if (errno != ENOENT) worst = errno;
        }
    }
    errno = worst;
}

static _Noreturn void give_up(void) {
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case EIO:
    case EAGAIN:
        fail("execute the program");
    case ENOENT:
    case ENOTDIR:
        _exit(EXIT_NOT_FOUND);
    default:
        _exit(EXIT_NOT_RUN);
    }
}

static int be_program(void *unused) {
    (void)unused;
    bool collecting = board->request.flags & RUN_COLLECTING;
    connect_streams(collecting);
    if (chdir(collecting ? ROOT_BOX : "/tmp") < 0) fail("enter its folder");
    if (setsid() < 0) fail("begin a session");
    umask(022);
    limit_self();
    confine();
    begin_to_count();
    execute();
    give_up();
}

static pid_t start_program(void) {
    static char stack[STACK_BYTES] __attribute__((aligned(16)));
    pid_t program = clone(be_program, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (program < 0) fail("start the program");
    return program;
}

/* Orphans come to the init and are waited for on the way. */
static int await_end(pid_t program) {
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, __WALL);
        if (ended == program) return status;
        if (ended < 0 && errno != EINTR) fail("wait for the program");
    }
}

static void take_figures(int status) {
    struct report *report = &board->report;
    report->ended_wall_ns = now_ns();
    report->ended_cpu_ns = read_cpu_ns(KEPT_CPU);
    report->peak_bytes = read_bytes(KEPT_PEAK);
    report->status = status;
    report->ended = true;
}

static void kill_the_rest(void) {
    if (kill(-1, SIGKILL) < 0 && errno != ESRCH) fail("kill what is left");
    while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR) continue;
}

_Noreturn void be_init(const struct birth *birth) {
    await_ids();
    be_expendable();
    become_user();
    keep_descriptors(&birth->wires, &birth->group);
    mount_own(&birth->plan);
    bool collecting = birth->plan.flags & RUN_COLLECTING;
    if (!collecting) drop_capabilities();
    await_command();
    int status = await_end(start_program());
    if (board->report.error) _exit(1); /* it failed before execve */
    take_figures(status);
    if (collecting && status == 0) {
        kill_the_rest();
        board->report.collection_refused =
            !send_collected(ROOT_OUT, KEPT_COLLECTED, birth->plan.collected_bytes, birth->plan.collected_files);
    }
    (void)!send(KEPT_CHANNEL, "", 1, MSG_NOSIGNAL);
    _exit(0);
}
