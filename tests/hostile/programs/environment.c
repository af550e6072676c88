/* A33, A34: only the environment that everybody has, only the host name that everybody has, and no preload. */
#include <sys/utsname.h>

#include "report.h"

extern char **environ;

int main(int count, char **arguments) {
    static const char *const known[] = {"PATH=", "LANG=C.UTF-8", "HOME=/tmp", "HOSTNAME=box", "PWD=/", "SHLVL=", "_=", "TMPDIR=/tmp"};
    begin(count, arguments);
    for (char **entry = environ; *entry; entry++) {
        bool found = false;
        for (size_t at = 0; at < LENGTH(known); at++) found |= strncmp(*entry, known[at], strlen(known[at])) == 0;
        if (!found || strlen(*entry) > 100) hole("%s", *entry);
    }
    struct utsname machine;
    uname(&machine);
    if (*word && strcmp(machine.nodename, word) == 0) hole("the host's name is %s", machine.nodename);
    if (access("/etc/ld.so.preload", F_OK) == 0) hole("/etc/ld.so.preload");
    char folder[256];
    if (!getcwd(folder, sizeof folder) || (strcmp(folder, "/tmp") != 0 && strcmp(folder, "/box") != 0)) hole("in %s", folder);
    return conclude();
}
