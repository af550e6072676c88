/* Reads what a run has left in a folder, from inside and as its user. */
#ifndef COLLECT_H
#define COLLECT_H

#include <stdbool.h>
#include <stdint.h>

/* Writes an archive of the folder's regular files to `sink`; false where it holds anything else, or too much, or what
 * cannot be read: then the archive is not whole. Nobody may write in the folder any more. */
bool send_collected(const char *folder, int sink, uint64_t max_bytes, uint32_t max_files);

#endif
