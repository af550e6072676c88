/* Theory: only what the image has at its top, read-only, and nothing of the engine's: no /sys, no /run, no /tmp of
 * the container's. /proc is the container's own here, for the spawner needs it and since the kernel lets a user
 * namespace mount a new one only where it sees one already; each run puts its own over it. */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEW "/tmp" /* any folder that every image has */
enum { PATH_BYTES = 512 };
#define BOX_OPTIONS "mode=755,size=256m,nr_inodes=16384"

static const char *const ours[] = {"box", "out", "tmp", "proc", "dev"};
static const char *const left_out[] = {"box",  "out",  "tmp",   "proc", "dev",         "sys",       "run", "mnt",
                                       "root", "boot", "media", "home", "judgestream", "lost+found"};
static const char *const devices[] = {"null", "zero", "full", "random", "urandom"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_in(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!strcmp(name, names[i])) return true;
    return false;
}

static int lock_tree(const char *path) {
    struct mount_attr locked = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &locked, sizeof locked);
}

static int bind_locked(const char *from, const char *to) {
    if (mkdir(to, 0755) < 0 || mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0) return -1;
    return lock_tree(to);
}

static int copy_link(const char *from, const char *to) {
    char target[PATH_BYTES];
    ssize_t length = readlink(from, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = '\0';
    return symlink(target, to);
}

static int copy_entry(const struct dirent *entry) {
    char from[PATH_BYTES], to[PATH_BYTES];
    if (entry->d_name[0] == '.' || is_in(entry->d_name, left_out, COUNT(left_out))) return 0;
    snprintf(from, sizeof from, "/%s", entry->d_name);
    snprintf(to, sizeof to, NEW "/%s", entry->d_name);
    if (entry->d_type == DT_DIR) return bind_locked(from, to);
    return entry->d_type == DT_LNK ? copy_link(from, to) : 0;
}

static const char *copy_image(void) {
    DIR *top = opendir("/");
    if (!top) return "open the image";
    for (struct dirent *entry; (entry = readdir(top));)
        if (copy_entry(entry) < 0) return "bind the image";
    closedir(top);
    return NULL;
}

static int make_device(const char *name) {
    char from[PATH_BYTES], to[PATH_BYTES];
    snprintf(from, sizeof from, "/dev/%s", name);
    snprintf(to, sizeof to, NEW "/dev/%s", name);
    int file = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
    if (file < 0) return -1;
    close(file);
    return mount(from, to, NULL, MS_BIND, NULL);
}

static const char *make_devices(void) {
    for (size_t i = 0; i < COUNT(devices); i++)
        if (make_device(devices[i]) < 0) return "make devices";
    if (symlink("/proc/self/fd", NEW "/dev/fd") < 0 || symlink("/proc/self/fd/0", NEW "/dev/stdin") < 0 ||
        symlink("/proc/self/fd/1", NEW "/dev/stdout") < 0 || symlink("/proc/self/fd/2", NEW "/dev/stderr") < 0 ||
        symlink("/tmp", NEW "/dev/shm") < 0) /* one scratch folder with one limit; a second mount is not cheap */
        return "make /dev";
    return NULL;
}

static const char *make_folders(void) {
    for (size_t i = 0; i < COUNT(ours); i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, NEW "/%s", ours[i]);
        if (mkdir(path, 0755) < 0) return "make the root's folders";
    }
    return NULL;
}

static const char *enter_root(void) {
    if (mount("/proc", NEW "/proc", NULL, MS_BIND | MS_REC, NULL) < 0) return "bind /proc";
    if (chdir(NEW) < 0 || syscall(SYS_pivot_root, ".", ".") < 0) return "pivot";
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) return "let go of the old root";
    if (mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
        return "lock the root";
    return NULL;
}

const char *build_root(void) {
    const char *failed;
    umask(0);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return "leave the container's mounts";
    if (mount("root", NEW, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m,nr_inodes=512") < 0) return "mount a root";
    if ((failed = make_folders()) || (failed = copy_image()) || (failed = make_devices())) return failed;
    return enter_root();
}

const char *mount_box(int *folder) {
    if (*folder >= 0) {
        close(*folder);
        *folder = -1;
        if (umount2(ROOT_BOX, MNT_DETACH) < 0) return "let go of the box";
    }
    if (mount("box", ROOT_BOX, "tmpfs", MS_NOSUID | MS_NODEV, BOX_OPTIONS) < 0) return "mount a box";
    *folder = open(ROOT_BOX, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *folder < 0 ? "open the box" : NULL;
}

const char *lock_box(void) {
    return mount(NULL, ROOT_BOX, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0
               ? "lock the box"
               : NULL;
}
