/* Theory: process 1 has no power to mount, and the engine's user namespace is not ours. So it makes one user
 * namespace with the ids that runs will have, and in it a process with all capabilities over that namespace alone and
 * a mount namespace of its own. There the root is built once; a run's init is cloned from here with namespaces of its
 * own, so that the kernel copies a handful of mounts instead of our making them anew each time.
 *
 * The spawner shares process 1's table of descriptors, which saves sending them, but not its memory. Inits are
 * children of process 1 (CLONE_PARENT), which alone waits for them. On cgroup v1 the spawner lives in the runs' group:
 * it sleeps whenever a program runs, and allocates nothing after its start.
 */
#include "spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"
#include "inside.h"
#include "root.h"

enum { PATH_BYTES = 64, ANSWER_PATIENCE_MS = 10000, DONE = 'd', FAILED = 'f' };

static int orders[2], answers[2], handle = -1;

static pid_t clone_process(struct clone_args *arguments) {
    return (pid_t)syscall(SYS_clone3, arguments, sizeof *arguments);
}

static int write_map(pid_t process, const char *name, uint32_t inside, uint32_t outside, uint32_t count) {
    char path[PATH_BYTES], text[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    int length = snprintf(text, sizeof text, "%u %u %u", inside, outside, count);
    int map = open(path, O_WRONLY | O_CLOEXEC);
    if (map < 0) return -1;
    ssize_t written = write(map, text, (size_t)length);
    close(map);
    return written == length ? 0 : -1;
}

static int map_ids(pid_t process, uint32_t inside, uint32_t outside, uint32_t count) {
    if (write_map(process, "gid_map", inside, outside, count) < 0) return -1;
    return write_map(process, "uid_map", inside, outside, count);
}

static const char *spawn(void) {
    const struct birth birth = board->birth;
    bool into_group = birth.group.folder >= 0;
    struct clone_args arguments = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PARENT |
                 CLONE_PIDFD | (into_group ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uintptr_t)&board->init_handle,
        .cgroup = into_group ? (uint32_t)birth.group.folder : 0,
    };
    pid_t init = clone_process(&arguments);
    if (init < 0) return "clone an init";
    if (init == 0) be_init(&birth);
    board->init = init;
    if (map_ids(init, RUN_ID, board->run_uid, 1) < 0) return "map a run's ids";
    atomic_store(&board->mapped, 1);
    syscall(SYS_futex, &board->mapped, FUTEX_WAKE, 1, NULL, NULL, 0);
    return NULL;
}

static const char *carry_out(char order) {
    switch (order) {
    case ORDER_SPAWN:
        return spawn();
    case ORDER_MOUNT_BOX:
        return mount_box(&board->box);
    case ORDER_LOCK_BOX:
        return lock_box();
    default:
        errno = EINVAL;
        return "understand an order";
    }
}

static void answer(const char *failed) {
    if (failed) {
        board->spawner_error = errno;
        snprintf(board->spawner_failed, sizeof board->spawner_failed, "%s", failed);
    }
    char said = failed ? FAILED : DONE;
    (void)!write(answers[1], &said, 1);
}

static const char *become_root(void) {
    if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return "become the runs' root";
    if (prctl(PR_SET_DUMPABLE, 1) < 0) return "own its entries in /proc"; /* to write its children's maps */
    /* Huge pages make a figure some MiB larger on one machine than on another. Whom we clone inherits it. */
    if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0) return "renounce huge pages";
    return build_root();
}

static _Noreturn void be_spawner(void) {
    char order;
    if (read(orders[0], &order, 1) != 1) _exit(1); /* its ids are mapped */
    answer(become_root());
    while (read(orders[0], &order, 1) == 1) answer(carry_out(order));
    _exit(1);
}

static void await_answer(void) {
    struct pollfd either[] = {{.fd = answers[0], .events = POLLIN}, {.fd = handle, .events = POLLIN}};
    int happened;
    do happened = poll(either, 2, ANSWER_PATIENCE_MS);
    while (happened < 0 && errno == EINTR);
    char said = 0;
    if (!(either[0].revents & POLLIN) || read(answers[0], &said, 1) != 1)
        fault_because("await the spawner", happened == 0 ? "it is silent" : "it has died");
    if (said == DONE) return;
    errno = board->spawner_error;
    fault(board->spawner_failed);
}

void give_order(enum order order) {
    char said = (char)order;
    if (write(orders[1], &said, 1) != 1) fault("tell the spawner");
    await_answer();
}

void start_spawner(uint32_t first_user) {
    if (pipe2(orders, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0) fault("make pipes for the spawner");
    struct clone_args arguments = {
        .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_FILES | CLONE_PIDFD,
        .exit_signal = SIGCHLD,
        .pidfd = (uintptr_t)&handle,
    };
    pid_t spawner = clone_process(&arguments);
    if (spawner < 0) fault("clone the spawner");
    if (spawner == 0) be_spawner();
    if (map_ids(spawner, 0, first_user, RUN_USERS + 1) < 0) fault("map the spawner's ids");
    give_order(ORDER_SPAWN); /* the first one only says that its ids are mapped */
    place_spawner(spawner);
}
