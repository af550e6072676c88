/* What a run writes, kept by process 1: so it is never charged to the run. */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* Keeps `limit` bytes: the first in memory, all of them in a memfd once they are more than fit in a packet. */
struct sink {
    uint64_t limit;
    uint64_t kept;
    bool overflowed; /* there was at least one byte more */
    int file;        /* -1 while all fits in `bytes` */
    char bytes[INLINE_MAX_BYTES];
};

void begin_sink(struct sink *sink, uint64_t limit);

/* Reads once from a pipe that does not block: 1 if there was something, 0 if there is nothing now, -1 at its end. */
int fill_sink(struct sink *sink, int pipe);

#endif
