/* Theory: the box is a tmpfs that the spawner mounts in the root, where process 1 is not; it writes through a
 * descriptor of the folder. It does so itself, and not the spawner, so that the files are charged to the container and
 * not to the runs' group, and it does so as the spawner's user, for its own has no name in that file system. */
#include "box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "board.h"
#include "fault.h"
#include "spawner.h"

static void make_folders(char *name) {
    for (char *slash = name; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdirat(board->box, name, 0755) < 0 && errno != EEXIST) fault("make a folder of the box");
        *slash = '/';
    }
}

static void copy_content(int archive, const struct archive_file *from, int file) {
    off_t offset = (off_t)from->content_offset;
    for (uint64_t left = from->content_bytes; left > 0;) {
        ssize_t copied = sendfile(file, archive, &offset, left);
        if (copied < 0 && errno == EINTR) continue;
        if (copied <= 0) fault("write a file of the box");
        left -= (uint64_t)copied;
    }
}

static void write_file(int archive, struct archive_file *from) {
    make_folders(from->name);
    int file = openat(board->box, from->name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
                      from->executable ? 0555 : 0444);
    if (file < 0) fault("make a file of the box");
    copy_content(archive, from, file);
    close(file);
}

static void write_files(int archive) {
    static struct archive_file file;
    struct archive_position position = {0};
    int found;
    while ((found = next_in_archive(archive, &position, &file)) > 0) write_file(archive, &file);
    if (found < 0) fault_because("read the files of the box", "this is no archive");
}

void fill_box(int archive, uint32_t first_user) {
    give_order(ORDER_MOUNT_BOX);
    umask(0);
    setfsgid(first_user);
    setfsuid(first_user);
    write_files(archive);
    setfsuid(0);
    setfsgid(0);
    give_order(ORDER_LOCK_BOX);
}
