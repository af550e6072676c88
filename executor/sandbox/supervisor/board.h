/* The page that process 1, the spawner and a run's init share. A program never has it: it ends with execve. */
#ifndef BOARD_H
#define BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "protocol.h"

/* What of a run is fixed when its box is built, before anybody has asked for it. */
struct plan {
    uint32_t flags;
    uint32_t scratch_files;
    uint32_t collected_files;
    uint64_t scratch_bytes;
    uint64_t collected_bytes;
};

/* Pipes and the channel of one run: numbers of the table that process 1 and the spawner share. */
struct wires {
    int channel[2]; /* [0] ours, [1] the init's */
    int output[2];
    int errors[2];
    int collected[2]; /* -1 unless collecting */
};

/* What an init is born with. It has its own copy, for process 1 goes on with the board. */
struct birth {
    struct plan plan;
    struct wires wires;
    struct run_group group;
};

enum order { ORDER_SPAWN = 'S', ORDER_MOUNT_BOX = 'M', ORDER_LOCK_BOX = 'L' };

/* What a run's init and program tell; figures are written just before execve and just after the program's end. */
struct report {
    uint64_t began_wall_ns; /* 0: not begun */
    uint64_t began_cpu_ns;
    uint64_t ended_wall_ns;
    uint64_t ended_cpu_ns;
    uint64_t began_bytes; /* what the group held before execve */
    uint64_t peak_bytes;
    int status; /* as of waitpid */
    bool ended;
    bool collection_refused;
    int error; /* an errno that is our fault, and what failed */
    char failed[100];
};

struct board {
    /* To and from the spawner. */
    struct birth birth;
    uint32_t run_uid; /* in the spawner's user namespace */
    int box;          /* the folder of the box, once mounted */
    pid_t init;
    int init_handle; /* a pidfd */
    int spawner_error;
    char spawner_failed[100];

    /* To the run's init. */
    _Atomic uint32_t mapped; /* a futex: the init's ids are there */
    struct run_request request;
    char arguments[ARGUMENTS_MAX_BYTES];

    struct report report;
};

extern struct board *board;

/* Makes the page; all of it belongs to the caller's group. */
void make_board(void);

#endif
