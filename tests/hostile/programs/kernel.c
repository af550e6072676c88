/* A7, A28: calls that change or read the machine itself. */
#include <linux/capability.h>
#include <sys/fanotify.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>

#include "report.h"

#ifndef SYS_kexec_file_load
#define SYS_kexec_file_load 320
#endif

static void machine(void) {
    char nothing[256] = {0};
    forbidden("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL)); /* 0: ctrl-alt-del is off */
    forbidden("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
    forbidden("kexec_file_load", syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 4));
    forbidden("init_module", syscall(SYS_init_module, nothing, 0, ""));
    forbidden("finit_module", syscall(SYS_finit_module, 0, "", 0));
    forbidden("delete_module", syscall(SYS_delete_module, "no_such_module", 0));
    forbidden("swapon", syscall(SYS_swapon, "/tmp/none", 0));
    forbidden("swapoff", syscall(SYS_swapoff, "/tmp/none"));
    forbidden("acct", syscall(SYS_acct, "/tmp/none"));
    forbidden("syslog", syscall(SYS_syslog, 3, nothing, sizeof nothing));
    forbidden("vhangup", syscall(SYS_vhangup));
    forbidden("iopl", syscall(SYS_iopl, 3));
    forbidden("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
    forbidden("quotactl", syscall(SYS_quotactl, 0, NULL, 0, NULL));
}

static void clocks_and_names(void) {
    struct timespec then = {1, 0};
    struct timex change = {.modes = ADJ_FREQUENCY, .freq = 0};
    forbidden("clock_settime", clock_settime(CLOCK_REALTIME, &then));
    forbidden("settimeofday", syscall(SYS_settimeofday, &then, NULL));
    forbidden("adjtimex", adjtimex(&change));
    forbidden("sethostname", sethostname("hostile", 7));
    forbidden("setdomainname", setdomainname("hostile", 7));
}

static void tools(void) {
    char nothing[256] = {0};
    forbidden("bpf", syscall(SYS_bpf, 0, nothing, sizeof nothing));
    forbidden("perf_event_open", syscall(SYS_perf_event_open, nothing, 0, -1, -1, 0));
    forbidden("userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
    forbidden("userfaultfd in user mode", syscall(SYS_userfaultfd, 1));
    forbidden("fanotify_init", fanotify_init(0, O_RDONLY));
    forbidden("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, nothing, O_RDONLY));
    refused("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", nothing, nothing, 0));
    forbidden("lookup_dcookie", syscall(SYS_lookup_dcookie, 1L, nothing, sizeof nothing));
    forbidden("mknod", mknod("/tmp/device", S_IFBLK | 0600, makedev(8, 0)));
    forbidden("memory of node 0", syscall(SYS_set_mempolicy, 2, nothing, 64));
    refused_if_strict("personality", syscall(SYS_personality, 0x0040000));
    refused_if_strict("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 0));
    refused_if_strict("memfd_secret", syscall(447, 0));
}

static void privileges(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct has[2] = {{0, 0, 0}, {0, 0, 0}};
    syscall(SYS_capget, &header, has);
    if (has[0].permitted || has[1].permitted || has[0].effective) hole("capabilities %x", has[0].permitted);
    for (int capability = 0; capability < 41; capability++) {
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1) hole("ambient %d", capability);
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) hole("may gain privileges");
    if (prctl(PR_GET_SECCOMP) != 2) hole("no filter");
    if (getuid() == 0 || geteuid() == 0 || getgid() == 0) hole("root");
    refused("setuid 0", setuid(0));
    refused("setgid 0", setgid(0));
    gid_t groups[64];
    gid_t root = 0;
    for (int at = getgroups(64, groups); at-- > 0;) {
        if (groups[at] == 0) hole("group root");
    }
    refused("setgroups", syscall(SYS_setgroups, 1, &root));
    struct rlimit more;
    for (int kind = 0; kind < RLIM_NLIMITS; kind++) {
        getrlimit((enum __rlimit_resource)kind, &more);
        if (more.rlim_max == RLIM_INFINITY) continue;
        more.rlim_max++;
        refused("a higher limit", setrlimit((enum __rlimit_resource)kind, &more));
    }
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("machine")) machine();
    if (is("clocks")) clocks_and_names();
    if (is("tools")) tools();
    if (is("privileges")) privileges();
    return conclude();
}
