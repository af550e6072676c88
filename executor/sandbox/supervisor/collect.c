/* Theory: the program is dead, so nothing changes any more; but its folder may hold links, devices, pipes, holes and
 * trees as deep as it liked. No link is followed, no other file system entered, nothing but a regular file opened, and
 * all is counted. */
#include "collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol.h"

enum { CHUNK_BYTES = 64 * 1024, DEPTH_MAX = 64 };

struct collection {
    int sink;
    uint64_t bytes_left;
    uint32_t files_left;
    size_t name_length;
    char name[NAME_MAX_BYTES + 1];
};

static int open_below(int folder, const char *name, uint64_t flags) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    return (int)syscall(SYS_openat2, folder, name, &how, sizeof how);
}

static bool put(int sink, const void *data, size_t length) {
    for (const char *next = data; length > 0;) {
        ssize_t written = write(sink, next, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        next += written;
        length -= (size_t)written;
    }
    return true;
}

static bool put_content(int file, int sink, uint64_t length) {
    static char chunk[CHUNK_BYTES];
    while (length > 0) {
        ssize_t got = read(file, chunk, length < sizeof chunk ? (size_t)length : sizeof chunk);
        if (got <= 0 || !put(sink, chunk, (size_t)got)) return false;
        length -= (uint64_t)got;
    }
    return true;
}

static bool send_opened(struct collection *all, int file) {
    struct stat found;
    if (fstat(file, &found) < 0 || !S_ISREG(found.st_mode)) return false;
    uint64_t length = (uint64_t)found.st_size;
    if (all->files_left == 0 || length > all->bytes_left) return false;
    all->files_left--;
    all->bytes_left -= length;
    const struct archive_head head = {.name_bytes = (uint32_t)all->name_length,
                                      .executable = (found.st_mode & S_IXUSR) != 0,
                                      .content_bytes = length};
    return put(all->sink, &head, sizeof head) && put(all->sink, all->name, all->name_length) &&
           put_content(file, all->sink, length);
}

static bool send_file(struct collection *all, int folder, const char *name) {
    int file = open_below(folder, name, O_RDONLY);
    if (file < 0) return false;
    bool sent = send_opened(all, file);
    close(file);
    return sent;
}

static bool send_folder(struct collection *all, int folder, int depth);

static bool send_entry(struct collection *all, int folder, const char *name, int depth) {
    size_t before = all->name_length, length = strlen(name), slash = before > 0;
    if (before + slash + length > NAME_MAX_BYTES) return false;
    if (slash) all->name[before] = '/';
    memcpy(all->name + before + slash, name, length + 1);
    all->name_length = before + slash + length;
    struct stat found;
    bool sent = fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (sent && S_ISDIR(found.st_mode))
        sent = depth < DEPTH_MAX && send_folder(all, open_below(folder, name, O_RDONLY | O_DIRECTORY), depth + 1);
    else
        sent = sent && S_ISREG(found.st_mode) && send_file(all, folder, name);
    all->name_length = before;
    return sent;
}

/* Closes the folder. */
static bool send_folder(struct collection *all, int folder, int depth) {
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries) return false;
    bool sent = true;
    for (struct dirent *entry; sent && (entry = readdir(entries));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        sent = send_entry(all, dirfd(entries), entry->d_name, depth);
    }
    closedir(entries);
    return sent;
}

bool send_collected(const char *folder, int sink, uint64_t max_bytes, uint32_t max_files) {
    static struct collection all;
    all = (struct collection){.sink = sink, .bytes_left = max_bytes, .files_left = max_files};
    return send_folder(&all, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), 0);
}
