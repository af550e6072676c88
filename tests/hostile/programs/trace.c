/* A15: into other processes by ptrace, process_vm_*, /proc/PID and stolen descriptors. */
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "report.h"

static void pry(pid_t victim) {
    static const char *const doors[] = {"mem", "environ", "maps", "auxv", "syscall", "stack"};
    char path[64];
    char data[16];
    for (size_t at = 0; at < LENGTH(doors); at++) {
        snprintf(path, sizeof path, "/proc/%d/%s", victim, doors[at]);
        int fd = open(path, strcmp(doors[at], "mem") == 0 ? O_RDWR : O_RDONLY);
        if (fd != -1 && read(fd, data, sizeof data) > 0) hole("read %s", path);
        if (fd != -1) close(fd);
    }
    static const char *const links[] = {"root/etc/passwd", "cwd/.", "exe", "fd/0", "fd/1", "ns/pid", "map_files"};
    for (size_t at = 0; at < LENGTH(links); at++) {
        snprintf(path, sizeof path, "/proc/%d/%s", victim, links[at]);
        int fd = open(path, O_RDONLY | O_NONBLOCK);
        if (fd != -1) hole("opened %s", path);
        if (fd != -1) close(fd);
    }
    struct iovec here = {data, sizeof data};
    struct iovec there = {(void *)0x400000, sizeof data};
    refused("process_vm_readv", process_vm_readv(victim, &here, 1, &there, 1, 0));
    refused("process_vm_writev", process_vm_writev(victim, &here, 1, &there, 1, 0));
    refused("PTRACE_ATTACH", ptrace(PTRACE_ATTACH, victim, 0, 0));
    refused("PTRACE_SEIZE", ptrace(PTRACE_SEIZE, victim, 0, PTRACE_O_EXITKILL));
    int handle = (int)syscall(SYS_pidfd_open, victim, 0);
    if (handle != -1) refused("pidfd_getfd", syscall(SYS_pidfd_getfd, handle, 0, 0));
    if (handle != -1) refused("process_madvise", syscall(SYS_process_madvise, handle, &there, 1L, 4, 0));
}

static void own_child(void) {
    pid_t child = fork();
    if (child == 0) {
        for (;;) pause();
    }
    refused("PTRACE_SEIZE of a child", ptrace(PTRACE_SEIZE, child, 0, 0));
    kill(child, SIGKILL);
    refused("PTRACE_TRACEME", ptrace(PTRACE_TRACEME, 0, 0, 0));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    pry(1);
    if (getppid() != 1) pry(getppid());
    if (strict) own_child();
    return conclude();
}
