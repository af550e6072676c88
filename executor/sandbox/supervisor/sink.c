#include "sink.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"

static char spare[INLINE_MAX_BYTES];

void begin_sink(struct sink *sink, uint64_t limit) {
    sink->limit = limit;
    sink->kept = 0;
    sink->overflowed = false;
    sink->file = -1;
}

static void write_whole(int file, const char *data, size_t length) {
    while (length > 0) {
        ssize_t written = write(file, data, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fault("keep the output of a run");
        data += written;
        length -= (size_t)written;
    }
}

static void open_file(struct sink *sink) {
    sink->file = memfd_create("output", MFD_CLOEXEC);
    if (sink->file < 0) fault("make a file for the output of a run");
    write_whole(sink->file, sink->bytes, sink->kept);
}

/* While it fits, what is read goes where it stays. */
int fill_sink(struct sink *sink, int pipe) {
    bool here = sink->file < 0 && sink->kept < sizeof sink->bytes;
    char *into = here ? sink->bytes + sink->kept : spare;
    ssize_t got = read(pipe, into, here ? sizeof sink->bytes - sink->kept : sizeof spare);
    if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (got == 0) return -1;
    size_t room = sink->limit - sink->kept < (size_t)got ? (size_t)(sink->limit - sink->kept) : (size_t)got;
    sink->overflowed |= room < (size_t)got;
    if (!here && room > 0) {
        if (sink->file < 0) open_file(sink);
        write_whole(sink->file, spare, room);
    }
    sink->kept += room;
    return 1;
}
