#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

#define MOUNTED "/judgestream/cgroup"
enum {
    PATH_BYTES = 512,
    NUMBER_BYTES = 32,
    TEXT_BYTES = 4096,
    REMOVAL_ATTEMPTS = 1000,
    REMOVAL_PAUSE_NS = 200000,
    NEAR_LIMIT_PART = 16,
    HELD_STEP_BYTES = 1 << 19,
    /* The kernel's memory for an init and its namespaces, and for those of the runs before, which it frees a moment
     * later: up to 3 MiB are seen. A new group for no more than that would cost a third of all runs' time. */
    HELD_MAX_BYTES = 6 << 20,
    V1_CONTROLLERS = 3,
};

static bool is_v1;
static uint32_t runs;

/* v1: the container's own groups, the number of the one inside them that is in use, and descriptors of that. */
enum { MEMORY, CPU, PIDS };
static const char *const controllers[V1_CONTROLLERS] = {"memory", "cpuacct", "pids"};
static int containers[V1_CONTROLLERS] = {-1, -1, -1}, groups[V1_CONTROLLERS] = {-1, -1, -1};
static pid_t spawner = -1;
static int memory_limit = -1, swap_limit = -1, kills = -1, processes_limit = -1, process_events = -1;
static struct run_group only = {-1, -1, -1, -1};

/* What was last written or read, so that what stays the same costs no call. */
static uint64_t limited_to = UINT64_MAX, kills_seen, refusals_seen;
static uint32_t limited_processes;

/* v2: the container's own group. */
static int own = -1;

static int open_at(int folder, const char *name, int flags) {
    int descriptor = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) fault(name);
    return descriptor;
}

static void write_text(int descriptor, const char *text, const char *what) {
    if (pwrite(descriptor, text, strlen(text), 0) < 0) fault(what);
}

static void write_number(int descriptor, uint64_t number, const char *what) {
    char text[NUMBER_BYTES];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    write_text(descriptor, text, what);
}

static void write_file(int folder, const char *name, const char *text) {
    int descriptor = open_at(folder, name, O_WRONLY);
    write_text(descriptor, text, name);
    close(descriptor);
}

/* The text of a file of the kernel's, whole and terminated; empty where it cannot be read. */
static void read_text(int descriptor, char *text, size_t size) {
    ssize_t length = pread(descriptor, text, size - 1, 0);
    text[length < 0 ? 0 : length] = '\0';
}

static uint64_t read_number(int descriptor) {
    char text[NUMBER_BYTES];
    read_text(descriptor, text, sizeof text);
    return strtoull(text, NULL, 10);
}

/* The number behind a key, of lines like `oom_kill 3`. */
static uint64_t read_keyed(int descriptor, const char *key) {
    char text[TEXT_BYTES];
    size_t length = strlen(key);
    read_text(descriptor, text, sizeof text);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, key, length) && line[length] == ' ') return strtoull(line + length, NULL, 10);
    }
    return 0;
}

/* The container's group is the only one in what is bound: its parent was made for it alone. */
static int open_own_group(const char *mounted) {
    int folder = open(mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
    if (folder < 0) fault(mounted);
    DIR *entries = fdopendir(folder);
    if (!entries) fault(mounted);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        if (found >= 0) fault_because(mounted, "holds more than one group");
        found = open_at(folder, entry->d_name, O_RDONLY | O_DIRECTORY);
    }
    if (found < 0) fault_because(mounted, "holds no group");
    closedir(entries);
    return found;
}

static int make_group(int parent, const char *name) {
    if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST) fault(name);
    return open_at(parent, name, O_RDONLY | O_DIRECTORY);
}

static void name_group(char *name, uint32_t number) { snprintf(name, NUMBER_BYTES, "run%u", number); }

/* Makes the groups of the next number and opens what is needed of them. */
static void open_v1(void) {
    char name[NUMBER_BYTES];
    name_group(name, runs++);
    for (size_t i = 0; i < V1_CONTROLLERS; i++) groups[i] = make_group(containers[i], name);
    memory_limit = open_at(groups[MEMORY], "memory.limit_in_bytes", O_WRONLY);
    swap_limit = openat(groups[MEMORY], "memory.memsw.limit_in_bytes", O_WRONLY | O_CLOEXEC);
    kills = open_at(groups[MEMORY], "memory.oom_control", O_RDONLY);
    processes_limit = open_at(groups[PIDS], "pids.max", O_WRONLY);
    process_events = open_at(groups[PIDS], "pids.events", O_RDONLY);
    only.cpu = open_at(groups[CPU], "cpuacct.usage", O_RDONLY);
    only.usage = open_at(groups[MEMORY], "memory.usage_in_bytes", O_RDONLY);
    only.peak = open_at(groups[MEMORY], "memory.max_usage_in_bytes", O_RDWR);
    limited_to = UINT64_MAX;
    kills_seen = refusals_seen = limited_processes = 0;
}

static void close_v1(void) {
    const int all[] = {memory_limit, swap_limit, kills, processes_limit, process_events, only.cpu, only.usage, only.peak};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] >= 0) close(all[i]);
    for (size_t i = 0; i < V1_CONTROLLERS; i++) close(groups[i]);
}

static void begin_v1(void) {
    char path[PATH_BYTES];
    for (size_t i = 0; i < V1_CONTROLLERS; i++) {
        snprintf(path, sizeof path, MOUNTED "/%s", controllers[i]);
        containers[i] = open_own_group(path);
    }
    open_v1();
}

/* A group with controllers for its children may hold no process itself: all move to a leaf first. */
static void begin_v2(void) {
    own = open_own_group(MOUNTED);
    int leaf = make_group(own, "supervisor");
    write_file(leaf, "cgroup.procs", "1");
    close(leaf);
    write_file(own, "cgroup.subtree_control", "+memory +pids");
    /* The spawner is another user; to clone into a sibling group it must be allowed to write here and there. Nobody
     * else sees this folder. */
    if (fchmodat(own, "cgroup.procs", 0666, 0) < 0) fault("let the spawner into groups");
}

void begin_groups(void) {
    is_v1 = access(MOUNTED "/memory", F_OK) == 0;
    if (is_v1)
        begin_v1();
    else
        begin_v2();
}

/* What has just left a group can still be seen in it for a moment. */
static void remove_group(int parent, const char *name) {
    const struct timespec pause = {.tv_nsec = REMOVAL_PAUSE_NS};
    for (int attempt = 0; unlinkat(parent, name, AT_REMOVEDIR) < 0; attempt++) {
        if (errno != EBUSY || attempt == REMOVAL_ATTEMPTS) fault("remove the group of a run");
        nanosleep(&pause, NULL);
    }
}

static void move_spawner(void) {
    char text[NUMBER_BYTES];
    snprintf(text, sizeof text, "%d", spawner);
    for (size_t i = 0; i < V1_CONTROLLERS; i++) write_file(groups[i], "cgroup.procs", text);
}

void place_spawner(pid_t placed) {
    spawner = placed;
    if (is_v1) move_spawner(); /* on v2 it was born in the leaf */
}

/* A run can leave memory that the kernel frees late or never: files it read, a segment, a file in flight between
 * sockets. The next run shall neither pay for it nor, once it is freed, have it on top of its limit. */
static void renew_v1(void) {
    char old[NUMBER_BYTES];
    name_group(old, runs - 1);
    close_v1();
    open_v1();
    move_spawner();
    for (size_t i = 0; i < V1_CONTROLLERS; i++) remove_group(containers[i], old);
}

struct run_group begin_group(void) {
    if (is_v1) {
        if (read_bytes(only.usage) > HELD_MAX_BYTES) renew_v1();
        return only;
    }
    char name[NUMBER_BYTES];
    name_group(name, runs++);
    struct run_group group = {.folder = make_group(own, name)};
    group.cpu = open_at(group.folder, "cpu.stat", O_RDONLY);
    group.usage = open_at(group.folder, "memory.current", O_RDONLY);
    group.peak = openat(group.folder, "memory.peak", O_RDWR | O_CLOEXEC);
    if (group.peak < 0) group.peak = open_at(group.folder, "memory.peak", O_RDONLY); /* before Linux 6.12 */
    write_file(group.folder, "memory.oom.group", "1");
    if (fchmodat(group.folder, "cgroup.procs", 0666, 0) < 0) fault("let the spawner into a group");
    return group;
}

void end_group(struct run_group *group) {
    if (is_v1) return;
    char name[NUMBER_BYTES];
    name_group(name, runs - 1);
    close(group->cpu);
    close(group->usage);
    close(group->peak);
    close(group->folder);
    remove_group(own, name);
}

/* The limit with swap is never below the one without, on the way neither. */
static void limit_v1_memory(uint64_t bytes) {
    if (swap_limit >= 0 && bytes > limited_to) write_number(swap_limit, bytes, "limit memory and swap");
    write_number(memory_limit, bytes, "limit memory");
    if (swap_limit >= 0 && bytes < limited_to) write_number(swap_limit, bytes, "limit memory and swap");
    limited_to = bytes;
}

static void limit_v2(const struct run_group *group, uint64_t memory_bytes, uint32_t processes) {
    char text[NUMBER_BYTES];
    snprintf(text, sizeof text, "%llu", (unsigned long long)memory_bytes);
    write_file(group->folder, "memory.max", text);
    if (faccessat(group->folder, "memory.swap.max", F_OK, 0) == 0) write_file(group->folder, "memory.swap.max", "0");
    snprintf(text, sizeof text, "%u", processes + 1); /* the init is one */
    write_file(group->folder, "pids.max", text);
}

/* In steps, so that the limit is seldom written anew; bounded, so that nobody can add to a limit. */
static uint64_t held_already(const struct run_group *group) {
    uint64_t held = (read_bytes(group->usage) + HELD_STEP_BYTES - 1) / HELD_STEP_BYTES * HELD_STEP_BYTES;
    return held < HELD_MAX_BYTES ? held : HELD_MAX_BYTES;
}

void limit_group(const struct run_group *group, uint64_t memory_bytes, uint32_t processes) {
    memory_bytes += held_already(group);
    if (!is_v1) {
        limit_v2(group, memory_bytes, processes);
        return;
    }
    if (memory_bytes != limited_to) limit_v1_memory(memory_bytes);
    if (processes != limited_processes) write_number(processes_limit, processes + 2, "limit processes"); /* spawner */
    limited_processes = processes;
}

static bool has_grown(uint64_t *seen, uint64_t now) {
    bool grown = now > *seen;
    *seen = now;
    return grown;
}

/* v1 counts who was killed, but not for whose limit (memory.failcnt stays 0 on newer kernels): the peak tells. */
static struct run_events v1_events(void) {
    struct run_events events = {.processes_exhausted = has_grown(&refusals_seen, read_keyed(process_events, "max"))};
    if (!has_grown(&kills_seen, read_keyed(kills, "oom_kill"))) return events;
    events.out_of_memory = read_number(only.peak) >= limited_to - limited_to / NEAR_LIMIT_PART;
    events.killed_from_above = !events.out_of_memory;
    return events;
}

static uint64_t read_event(int folder, const char *name, const char *key) {
    int descriptor = open_at(folder, name, O_RDONLY);
    uint64_t number = read_keyed(descriptor, key);
    close(descriptor);
    return number;
}

struct run_events events_of(const struct run_group *group) {
    if (is_v1) return v1_events();
    struct run_events events = {.processes_exhausted = read_event(group->folder, "pids.events", "max") > 0};
    bool killed = read_event(group->folder, "memory.events", "oom_kill") > 0;
    bool refused = read_event(group->folder, "memory.events", "oom") > 0;
    events.out_of_memory = killed && refused;
    events.killed_from_above = killed && !refused;
    return events;
}

void forget_peak(int peak) { (void)!pwrite(peak, "0", 1, 0); /* not possible on v2 before 6.12, nor needed */ }

uint64_t read_cpu_ns(int cpu) {
    char text[NUMBER_BYTES];
    read_text(cpu, text, sizeof text);
    if (text[0] == 'u') return strtoull(text + sizeof "usage_usec", NULL, 10) * 1000;
    return strtoull(text, NULL, 10);
}

uint64_t read_bytes(int file) { return read_number(file); }
