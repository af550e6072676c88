#include "archive.h"

#include <sys/stat.h>
#include <unistd.h>

static bool read_at(int archive, uint64_t offset, void *into, size_t length) {
    return pread(archive, into, length, (off_t)offset) == (ssize_t)length;
}

int next_in_archive(int archive, struct archive_position *position, struct archive_file *file) {
    struct stat whole;
    struct archive_head head;
    if (fstat(archive, &whole) < 0 || whole.st_size < 0 || (uint64_t)whole.st_size > BYTES_MAX) return -1;
    uint64_t left = (uint64_t)whole.st_size - position->offset;
    if (left == 0) return 0;
    if (left < sizeof head || !read_at(archive, position->offset, &head, sizeof head)) return -1;
    left -= sizeof head;
    if (head.name_bytes > NAME_MAX_BYTES || head.name_bytes > left || head.executable > 1) return -1;
    left -= head.name_bytes;
    if (head.content_bytes > left || ++position->files > BOX_MAX_FILES) return -1;
    if (!read_at(archive, position->offset + sizeof head, file->name, head.name_bytes)) return -1;
    file->name[head.name_bytes] = '\0';
    if (!is_good_name(file->name, head.name_bytes)) return -1;
    file->executable = head.executable;
    file->content_offset = position->offset + sizeof head + head.name_bytes;
    file->content_bytes = head.content_bytes;
    position->offset = file->content_offset + head.content_bytes;
    return 1;
}
