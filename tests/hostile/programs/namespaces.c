/* A27: namespaces, mounts and roots of one's own, by every call that makes them. */
#include <linux/sched.h>
#include <sys/mount.h>

#include "report.h"

static const struct { const char *name; unsigned long flag; } kinds[] = {
    {"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME}, {"user and mount", CLONE_NEWUSER | CLONE_NEWNS},
};

static void new_ones(void) {
    for (size_t at = 0; at < LENGTH(kinds); at++) {
        if (unshare((int)kinds[at].flag) == 0) hole("unshare %s", kinds[at].name);
        if (kinds[at].flag == CLONE_NEWTIME) continue; /* clone has no such flag: its bit is the exit signal's */
        long child = syscall(SYS_clone, kinds[at].flag | SIGCHLD, 0, 0, 0, 0);
        if (child == 0) _exit(0);
        if (child > 0) hole("clone %s", kinds[at].name);
        struct clone_args three = {.flags = kinds[at].flag, .exit_signal = SIGCHLD};
        child = syscall(SYS_clone3, &three, sizeof three);
        if (child == 0) _exit(0);
        if (child > 0) hole("clone3 %s", kinds[at].name);
    }
}

static void others(void) {
    static const char *const names[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    char path[64];
    for (size_t at = 0; at < LENGTH(names); at++) {
        for (int pid = 0; pid < 3; pid++) {
            snprintf(path, sizeof path, "/proc/%d/ns/%s", pid ? pid : getpid(), names[at]);
            int fd = open(path, O_RDONLY);
            if (fd != -1) forbidden(path, syscall(SYS_setns, fd, 0));
            if (fd != -1) close(fd);
        }
    }
}

static void mounts(void) {
    forbidden("mount tmpfs", mount("x", "/tmp", "tmpfs", 0, NULL));
    forbidden("mount proc", mount("proc", "/tmp", "proc", 0, NULL));
    forbidden("bind", mount("/", "/tmp", NULL, MS_BIND, NULL));
    forbidden("remount", mount(NULL, "/", NULL, MS_REMOUNT, NULL));
    forbidden("remount the box", mount(NULL, "/box", NULL, MS_REMOUNT | MS_BIND, NULL));
    forbidden("make shared", mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
    forbidden("umount /box", umount2("/box", MNT_DETACH));
    forbidden("umount /proc", umount2("/proc", MNT_DETACH));
    forbidden("umount /tmp", umount2("/tmp", MNT_DETACH));
    forbidden("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    forbidden("chroot", chroot("/tmp"));
    forbidden("open_tree", syscall(428, AT_FDCWD, "/", 1));
    forbidden("move_mount", syscall(429, AT_FDCWD, "/tmp", AT_FDCWD, "/box", 0));
    forbidden("fsopen", syscall(430, "tmpfs", 0));
    forbidden("fsconfig", syscall(431, 0, 0, NULL, NULL, 0));
    forbidden("fsmount", syscall(432, 0, 0, 0));
    forbidden("fspick", syscall(433, AT_FDCWD, "/", 0));
    forbidden("mount_setattr", syscall(442, AT_FDCWD, "/", 0, NULL, 0));
    forbidden("open_tree_attr", syscall(467, AT_FDCWD, "/", 1, NULL, 0));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    new_ones();
    others();
    mounts();
    return conclude();
}
