/* A26: the kernel's own files: settings to write, secrets to read, groups to leave. */
#include <dirent.h>

#include "report.h"

static void write_nowhere(void) {
    static const char *const paths[] = {
        "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/overcommit_memory",
        "/proc/sys/kernel/modprobe", "/proc/sys/fs/binfmt_misc/register", "/proc/irq/0/smp_affinity", "/proc/1/oom_score_adj",
        "/proc/1/coredump_filter", "/proc/1/uid_map", "/proc/1/clear_refs", "/proc/1/loginuid", "/proc/self/uid_map",
        "/proc/self/setgroups", "/proc/acpi/wakeup", "/proc/bus", "/proc/fs", "/sys/power/state", "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/tasks", "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/release_agent"};
    for (size_t at = 0; at < LENGTH(paths); at++) {
        bool own_gate = !strict && (strstr(paths[at], "oom_score_adj") || strstr(paths[at], "coredump_filter")
                                    || strstr(paths[at], "/clear_refs") || strstr(paths[at], "loginuid"));
        bool own_map = strstr(paths[at], "self/uid_map") || strstr(paths[at], "setgroups") || strstr(paths[at], "1/uid_map");
        int fd = open(paths[at], O_WRONLY);
        if (fd != -1 && !own_gate && !own_map) hole("opened %s to write", paths[at]);
        if (fd != -1 && own_map && write(fd, "0 0 1", 5) > 0) hole("wrote %s", paths[at]);
        if (fd != -1) close(fd);
    }
}

static void lower_own_score(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    if (fd != -1) refused("a lower oom score", write(fd, "-500", 4));
}

static void read_nothing(void) {
    static const char *const paths[] = {"/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/sched_debug",
                                        "/proc/kallsyms", "/proc/kmsg", "/proc/latency_stats", "/proc/vmcore",
                                        "/proc/kpagecount", "/proc/kpageflags", "/proc/self/pagemap", "/dev/mem", "/dev/kmem",
                                        "/dev/port", "/proc/scsi/scsi", "/sys/firmware/dmi/tables/DMI", "/sys/kernel/debug"};
    uint64_t data[2];
    for (size_t at = 0; at < LENGTH(paths); at++) {
        int fd = open(paths[at], O_RDONLY | O_NONBLOCK);
        ssize_t bytes = fd == -1 ? -1 : read(fd, data, sizeof data);
        bool blank = strstr(paths[at], "pagemap") || strstr(paths[at], "kallsyms"); /* readable, its addresses are not */
        bool counts = !strict && strstr(paths[at], "key-users"); /* Docker masks the keys themselves */
        if (bytes > 0 && !blank && !counts) hole("read %s", paths[at]);
        if (fd != -1) close(fd);
    }
}

/* Only our own processes, the init and the gate among them. */
static void see_nobody(void) {
    DIR *processes = opendir("/proc");
    int seen = 0;
    for (struct dirent *entry; processes && (entry = readdir(processes));) seen += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    if (seen > 2) hole("%d processes", seen);
}

int main(int count, char **arguments) {
    begin(count, arguments);
    write_nowhere();
    lower_own_score();
    read_nothing();
    see_nobody();
    return conclude();
}
