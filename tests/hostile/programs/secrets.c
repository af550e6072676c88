/* A20: looks through every file for a word that it is given on stdin: it stands in the files of another box, in the
 * judge's environment, and in files of the host, some of whose paths are given too. */
#include <dirent.h>
#include <ftw.h>

#include "report.h"

enum { MOST = 1 << 20 };
static char secret[128];
static char content[MOST + 1];

static void read_it(const char *path) {
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    if (fd == -1) return;
    ssize_t bytes = read(fd, content, MOST);
    close(fd);
    if (bytes > 0 && memmem(content, (size_t)bytes, secret, strlen(secret))) hole("%s tells the secret", path);
}

static bool is_own(const char *path) {
    char own[32];
    snprintf(own, sizeof own, "/proc/%d/", getpid()); /* its stdin tells the secret, as it should */
    return strncmp(path, own, strlen(own)) == 0;
}

static int look(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)where;
    if (strcmp(path, "/usr") == 0 || strcmp(path, "/dev") == 0 || strcmp(path, "/sys") == 0) return FTW_SKIP_SUBTREE;
    if (kind == FTW_D && strncmp(path, "/proc/self/task", 15) == 0) return FTW_SKIP_SUBTREE;
    if ((S_ISREG(about->st_mode) || S_ISLNK(about->st_mode)) && !is_own(path)) read_it(path);
    return 0;
}

static void box_only(void) {
    DIR *box = opendir("/box");
    for (struct dirent *entry; box && (entry = readdir(box));) {
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "main") != 0) hole("/box/%s", entry->d_name);
    }
}

static void private_files(void) {
    static const char *const paths[] = {"/etc/shadow", "/root/.bashrc", "/proc/1/environ", "/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/.dockerenv/../etc/shadow"};
    for (size_t at = 0; at < LENGTH(paths); at++) {
        int fd = open(paths[at], O_RDONLY | O_NONBLOCK);
        if (fd != -1 && read(fd, content, 16) > 0) hole("read %s", paths[at]);
        if (fd != -1) close(fd);
    }
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (scanf("%127s", secret) != 1) return 1;
    for (int at = 3; at < count; at++) read_it(arguments[at]);
    nftw("/", look, 32, FTW_PHYS | FTW_ACTIONRETVAL);
    box_only();
    private_files();
    return conclude();
}
