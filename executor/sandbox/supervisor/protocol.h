/* What the host and the supervisor say to each other, over one SOCK_SEQPACKET socket: a packet is a message.
 *
 * Numbers are little-endian, structures have no gaps, and every length has a bound that is checked before it is used.
 * The host asks one thing at a time and gets one answer to it.
 *
 *   host                                  supervisor
 *   (connected)                           READY   the container is ready
 *   BOX  + descriptor of an archive       READY   the files stand in /box
 *   RUN  + descriptor of stdin            RESULT  + descriptors, by its flags: output, then collected archive
 *   anything that is not as written here  FAULT   and the supervisor ends, with its container
 *
 * An archive is a row of files: the head below, the name (not terminated), the content. It ends with its descriptor's
 * content. Names are relative; their parts are neither empty nor `.` nor `..`.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_BOX = 1, REQUEST_RUN = 2, ANSWER_READY = 3, ANSWER_RESULT = 4, ANSWER_FAULT = 5 };

enum {
    PACKET_MAX_BYTES = 160 * 1024,
    ARGUMENTS_MAX_BYTES = 128 * 1024,
    ARGUMENTS_MAX = 4096,
    NAME_MAX_BYTES = 1024,
    PART_MAX_BYTES = 255,
    BOX_MAX_FILES = 4096,
    INLINE_MAX_BYTES = 64 * 1024, /* of output; more travels as a memfd */
    STDERR_KEPT_BYTES = 64 * 1024,
    DESCRIPTORS_MAX = 2,
    PROCESSES_MAX = 4096,
    OPEN_FILES_MAX = 4096,
    SCRATCH_MAX_FILES = 1 << 20,
};

#define BYTES_MAX (UINT64_C(1) << 40)
#define TIME_MAX_NS (UINT64_C(86400) * 1000000000)

enum { RUN_COLLECTING = 1 };

struct run_request {
    uint32_t type;
    uint32_t flags;
    uint64_t cpu_ns;  /* CPU time at which the run is ended, all its processes together */
    uint64_t wall_ns; /* the same of the monotonic clock */
    uint64_t memory_bytes;
    uint64_t output_bytes; /* of stdout; one more byte ends the run */
    uint64_t file_bytes;   /* of each file that it writes */
    uint64_t scratch_bytes; /* of /tmp, which is /dev/shm as well */
    uint64_t collected_bytes; /* of /out */
    uint32_t collected_files;
    uint32_t scratch_files;
    uint32_t processes;
    uint32_t open_files;
    uint32_t argument_count;
    uint32_t argument_bytes; /* what follows: the arguments, each ended by NUL */
};

enum { ENDED_EXITED = 1, ENDED_SIGNALLED = 2, ENDED_HALTED = 3 };
enum { LIMIT_CPU = 1, LIMIT_WALL = 2, LIMIT_OUTPUT = 3 };
enum {
    RESULT_OUT_OF_MEMORY = 1,       /* the kernel killed for the run's own memory limit */
    RESULT_PROCESSES_EXHAUSTED = 2, /* a fork was refused for the run's own limit */
    RESULT_OUTPUT_ATTACHED = 4,     /* stdout is in a memfd, not in the packet */
    RESULT_COLLECTED_ATTACHED = 8,  /* /out is in a memfd, as an archive */
    RESULT_COLLECTED_REFUSED = 16,  /* /out holds what is not a regular file, or too much */
};

struct run_result {
    uint32_t type;
    uint32_t flags;
    uint32_t ending;
    uint32_t code; /* exit code, signal or LIMIT_* */
    uint64_t cpu_ns;
    uint64_t wall_ns;
    uint64_t memory_bytes;
    uint64_t output_bytes;
    uint32_t output_here_bytes; /* what follows: stdout, unless it is attached, ... */
    uint32_t stderr_bytes;      /* ... and the beginning of stderr */
};

struct archive_head {
    uint32_t name_bytes;
    uint32_t executable;
    uint64_t content_bytes;
};

/* A packet as it came. `data` holds `length` bytes; descriptors are ours to close. */
struct packet {
    size_t length;
    size_t descriptors;
    int descriptor[DESCRIPTORS_MAX];
    _Alignas(8) char data[PACKET_MAX_BYTES];
};

/* Receives one packet; false when the host has gone. What is too long comes with length 0. */
bool receive_packet(int socket, struct packet *packet);

/* Sends two parts as one packet with descriptors; false where the host has gone. */
struct part {
    const void *data;
    size_t length;
};
bool send_packet(int socket, const struct part *parts, size_t count, const int *descriptors, size_t descriptor_count);

/* The type of a request, with all its lengths and bounds checked; 0 for what is none. */
uint32_t checked_request(const struct packet *packet);

/* Points argv at the arguments of a checked RUN; argv has room for argument_count + 1. */
void point_arguments(char *arguments, uint32_t count, char **argv);

/* Whether a name of an archive may be made below a folder. */
bool is_good_name(const char *name, size_t length);

#endif
