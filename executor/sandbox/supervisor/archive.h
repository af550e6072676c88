/* Reads an archive (see protocol.h) from a descriptor that can be read at any place. Trusts nothing of it. */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

struct archive_file {
    char name[NAME_MAX_BYTES + 1];
    bool executable;
    uint64_t content_offset;
    uint64_t content_bytes;
};

struct archive_position {
    uint64_t offset;
    uint32_t files;
};

/* 1 with the next file, 0 at the end, -1 where this is no archive. The content is all there. */
int next_in_archive(int archive, struct archive_position *position, struct archive_file *file);

#endif
