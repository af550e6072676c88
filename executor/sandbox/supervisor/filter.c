/* Theory: nearly every system call is either harmless in its own namespaces or refused; four are told by an argument.
 * Refused is what has no namespace (keys, locks, leases, watches and clocks of shared things), what could build or
 * enter namespaces, what looks into other processes, what has a record of holes and no use here (io_uring, bpf,
 * userfaultfd, splice), and every socket but a pair. What is newer than the table is not implemented, as on an
 * older kernel. A program of another architecture (32 bit, x32) dies at its first call.
 *
 * The numbers form rows of equal action, and the program is a binary tree over them: the kernel tries every number
 * once when it installs a filter, which happens for each run, and remembers which are simply allowed.
 */
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "fault.h"

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif

#define NEWEST SYS_set_mempolicy_home_node
#define X32_BIT UINT32_C(0x40000000)
#define NAMESPACES UINT32_C(0x7e020080) /* every CLONE_NEW* that clone knows, NEWTIME among them */
#define ALLOW SECCOMP_RET_ALLOW
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)
#define ABSENT (SECCOMP_RET_ERRNO | ENOSYS)

/* Below SECCOMP_RET_*: the number of an argument rule. */
enum { CLONE = 1, SOCKETPAIR, FCNTL, PRLIMIT };

struct rule {
    uint32_t number;
    uint32_t action;
};

static struct rule rules[] = {
    {SYS_clone, CLONE},
    {SYS_clone3, ABSENT}, /* its flags are in memory, where a filter cannot look; everybody falls back on clone */
    {SYS_socketpair, SOCKETPAIR},
    {SYS_fcntl, FCNTL},
    {SYS_prlimit64, PRLIMIT},
    /* namespaces and mounts */
    {SYS_unshare, REFUSE},
    {SYS_setns, REFUSE},
    {SYS_mount, REFUSE},
    {SYS_umount2, REFUSE},
    {SYS_pivot_root, REFUSE},
    {SYS_chroot, REFUSE},
    {SYS_open_tree, REFUSE},
    {SYS_move_mount, REFUSE},
    {SYS_fsopen, REFUSE},
    {SYS_fsmount, REFUSE},
    {SYS_fsconfig, REFUSE},
    {SYS_fspick, REFUSE},
    {SYS_mount_setattr, REFUSE},
    /* other processes */
    {SYS_ptrace, REFUSE},
    {SYS_process_vm_readv, REFUSE},
    {SYS_process_vm_writev, REFUSE},
    {SYS_process_madvise, REFUSE},
    {SYS_process_mrelease, REFUSE},
    {SYS_pidfd_getfd, REFUSE},
    {SYS_kcmp, REFUSE},
    /* what is shared with other runs and the host */
    {SYS_flock, REFUSE},
    {SYS_inotify_init1, REFUSE},
    {SYS_fanotify_init, REFUSE},
    {SYS_fanotify_mark, REFUSE},
    {SYS_add_key, REFUSE},
    {SYS_request_key, REFUSE},
    {SYS_keyctl, REFUSE},
    {SYS_name_to_handle_at, REFUSE},
    {SYS_open_by_handle_at, REFUSE},
    {SYS_splice, REFUSE},
    {SYS_vmsplice, REFUSE},
    {SYS_tee, REFUSE},
    {SYS_syslog, REFUSE},
    {SYS_lookup_dcookie, REFUSE},
    {SYS_quotactl, REFUSE},
    {SYS_quotactl_fd, REFUSE},
    /* sockets, but for a pair */
    {SYS_socket, REFUSE},
    {SYS_bind, REFUSE},
    {SYS_connect, REFUSE},
    {SYS_listen, REFUSE},
    {SYS_accept, REFUSE},
    {SYS_accept4, REFUSE},
    /* cores and priorities */
    {SYS_sched_setaffinity, REFUSE},
    {SYS_sched_setattr, REFUSE},
    {SYS_setpriority, REFUSE},
    {SYS_ioprio_set, REFUSE},
    {SYS_mbind, REFUSE},
    {SYS_set_mempolicy, REFUSE},
    {SYS_set_mempolicy_home_node, REFUSE},
    {SYS_get_mempolicy, REFUSE},
    {SYS_migrate_pages, REFUSE},
    {SYS_move_pages, REFUSE},
    /* the machine */
    {SYS_reboot, REFUSE},
    {SYS_kexec_load, REFUSE},
    {SYS_kexec_file_load, REFUSE},
    {SYS_init_module, REFUSE},
    {SYS_finit_module, REFUSE},
    {SYS_delete_module, REFUSE},
    {SYS_swapon, REFUSE},
    {SYS_swapoff, REFUSE},
    {SYS_acct, REFUSE},
    {SYS_settimeofday, REFUSE},
    {SYS_clock_settime, REFUSE},
    {SYS_clock_adjtime, REFUSE},
    {SYS_adjtimex, REFUSE},
    {SYS_sethostname, REFUSE},
    {SYS_setdomainname, REFUSE},
    {SYS_vhangup, REFUSE},
    {SYS_nfsservctl, REFUSE},
    /* wide doors into the kernel that nobody here needs */
    {SYS_bpf, REFUSE},
    {SYS_perf_event_open, REFUSE},
    {SYS_userfaultfd, REFUSE},
    {SYS_io_uring_setup, REFUSE},
    {SYS_io_uring_enter, REFUSE},
    {SYS_io_uring_register, REFUSE},
    {SYS_memfd_secret, REFUSE},
    {SYS_personality, REFUSE},
    {SYS_seccomp, REFUSE},
    {SYS_landlock_create_ruleset, REFUSE},
    {SYS_landlock_add_rule, REFUSE},
    {SYS_landlock_restrict_self, REFUSE},
#ifdef __x86_64__
    {SYS_inotify_init, REFUSE},
    {SYS_iopl, REFUSE},
    {SYS_ioperm, REFUSE},
    {SYS_modify_ldt, REFUSE},
    {SYS_uselib, REFUSE},
    {SYS_ustat, REFUSE},
    {SYS_sysfs, REFUSE},
    {SYS__sysctl, REFUSE},
    {SYS_create_module, REFUSE},
    {SYS_get_kernel_syms, REFUSE},
    {SYS_query_module, REFUSE},
#endif
};

enum { RULES = sizeof rules / sizeof rules[0], ROWS_MAX = 2 * RULES + 3, CODE_MAX = 512 };

/* From this number on, up to the next row's, this is what happens. */
static struct rule rows[ROWS_MAX];
static size_t row_count;
static struct sock_filter code[CODE_MAX];
struct sock_fprog filter = {.filter = code};

static void put(struct sock_filter instruction) {
    if (filter.len >= CODE_MAX) fault_because("build the filter", "it is too long");
    code[filter.len++] = instruction;
}

static void put_return(uint32_t action) { put((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action)); }

/* Only the lower half of an argument: each is an int or a flag below 2^32, and the kernel ignores the rest, too. */
static void put_load_argument(size_t index) {
    put((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[index])));
}

static void put_refuse_if(uint16_t test, uint32_t value) {
    put((struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, 1));
    put_return(REFUSE);
}

static void put_refuse_unless(uint16_t test, uint32_t value) {
    put((struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 1, 0));
    put_return(REFUSE);
}

static void put_fcntl(void) {
    static const uint32_t refused[] = {F_GETLK,     F_SETLK,    F_SETLKW,   F_OFD_GETLK, F_OFD_SETLK,
                                       F_OFD_SETLKW, F_SETLEASE, F_GETLEASE, F_NOTIFY};
    put_load_argument(1);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) put_refuse_if(BPF_JEQ, refused[i]);
}

/* A program sets its own limits only: its neighbour would be the init, which must keep its own. */
static void put_prlimit(void) {
    put_load_argument(0);
    put_refuse_unless(BPF_JEQ, 0);
}

static void put_action(uint32_t action) {
    switch (action) {
    case CLONE:
        put_load_argument(0);
        put_refuse_if(BPF_JSET, NAMESPACES);
        break;
    case SOCKETPAIR:
        put_load_argument(0);
        put_refuse_unless(BPF_JEQ, AF_UNIX);
        break;
    case FCNTL:
        put_fcntl();
        break;
    case PRLIMIT:
        put_prlimit();
        break;
    default:
        put_return(action);
        return;
    }
    put_return(ALLOW);
}

/* What a jump of the tree aims at, until all places are known: a node, or an action. */
struct aim {
    bool is_node;
    uint32_t value;
};

struct node {
    size_t place;
    struct aim below, from;
};

static struct node nodes[ROWS_MAX];
static size_t node_count;

/* The tree over rows begin <= i < end, each node before its children. */
static struct aim put_tree(size_t begin, size_t end) {
    if (end - begin == 1) return (struct aim){.value = rows[begin].action};
    size_t middle = begin + (end - begin) / 2, here = node_count++;
    nodes[here].place = filter.len;
    put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, rows[middle].number, 0, 0));
    nodes[here].below = put_tree(begin, middle);
    nodes[here].from = put_tree(middle, end);
    return (struct aim){.is_node = true, .value = (uint32_t)nodes[here].place};
}

/* Each action stands once, behind the tree. */
static void aim_at(uint32_t action, size_t place) {
    for (size_t i = 0; i < node_count; i++) {
        struct aim *both[] = {&nodes[i].below, &nodes[i].from};
        for (size_t j = 0; j < 2; j++)
            if (!both[j]->is_node && both[j]->value == action)
                *both[j] = (struct aim){.is_node = true, .value = (uint32_t)place};
    }
}

static uint8_t distance(size_t from, uint32_t to) {
    if (to - from - 1 > UINT8_MAX) fault_because("build the filter", "a jump is too far");
    return (uint8_t)(to - from - 1);
}

static void connect_tree(void) {
    static const uint32_t actions[] = {ALLOW, REFUSE, ABSENT, SECCOMP_RET_KILL_PROCESS, CLONE, SOCKETPAIR, FCNTL, PRLIMIT};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        aim_at(actions[i], filter.len);
        put_action(actions[i]);
    }
    for (size_t i = 0; i < node_count; i++) {
        code[nodes[i].place].jf = distance(nodes[i].place, nodes[i].below.value);
        code[nodes[i].place].jt = distance(nodes[i].place, nodes[i].from.value);
    }
}

static int by_number(const void *left, const void *right) {
    uint32_t a = ((const struct rule *)left)->number, b = ((const struct rule *)right)->number;
    return (a > b) - (a < b);
}

static void begin_row(uint32_t number, uint32_t action) {
    if (row_count > 0 && rows[row_count - 1].number == number) row_count--; /* it was empty */
    if (row_count > 0 && rows[row_count - 1].action == action) return;
    rows[row_count++] = (struct rule){number, action};
}

static void make_rows(void) {
    qsort(rules, RULES, sizeof rules[0], by_number);
    begin_row(0, ALLOW);
    for (size_t i = 0; i < RULES; i++) {
        begin_row(rules[i].number, rules[i].action);
        begin_row(rules[i].number + 1, ALLOW);
    }
    begin_row(NEWEST + 1, ABSENT);
#ifdef __x86_64__
    begin_row(X32_BIT, SECCOMP_RET_KILL_PROCESS);
#endif
}

void build_filter(void) {
    make_rows();
    put((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, arch)));
    put((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0));
    put_return(SECCOMP_RET_KILL_PROCESS);
    put((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, nr)));
    put_tree(0, row_count);
    connect_tree();
}
