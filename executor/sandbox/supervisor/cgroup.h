/* The group that a run's processes are born in: its limits and its figures.
 *
 * Both versions have the same layout. The container's own group is bound below /judgestream/cgroup (v1: one folder
 * for each of memory, cpuacct and pids); runs have a group of their own inside it, so that what the engine limits the
 * container to holds for its runs as well.
 *
 *   v1  one group for all runs of a container, since making and removing three is dear and moving a process dearer:
 *       the spawner lives in it, so that whom it clones is born there. The peak is reset before each run. When a run
 *       has left memory in it, the next one gets a new group after all.
 *   v2  a new group for each run, since the peak cannot be reset before Linux 6.12; clone3 puts the child into it.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The descriptors through which a run is counted; `folder` is -1 on v1. */
struct run_group {
    int folder;
    int cpu;
    int usage;
    int peak;
};

struct run_events {
    bool out_of_memory;       /* killed for the run's own limit */
    bool killed_from_above;   /* killed although within its own limit: the container or the machine ran short */
    bool processes_exhausted;
};

/* Process 1, at its start: finds out the version and makes the groups. */
void begin_groups(void);

/* Puts the spawner where it has to be. */
void place_spawner(pid_t spawner);

/* The group of the next run: empty, and with descriptors open. `end_group` takes it away again. */
struct run_group begin_group(void);
void end_group(struct run_group *group);

/* Limits a run to so much beside what its group holds already: the kernel's own memory for the init and namespaces. */
void limit_group(const struct run_group *group, uint64_t memory_bytes, uint32_t processes);
struct run_events events_of(const struct run_group *group);

/* Called inside a run, just before the program starts: forgets the peak until now. */
void forget_peak(int peak);

/* These answer 0 where nothing can be read; `read_bytes` is for usage and peak. */
uint64_t read_cpu_ns(int cpu);
uint64_t read_bytes(int file);

#endif
