/* A16: dies with as big a core as it can ask for. */
#include <sys/prctl.h>

#include "report.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &unlimited) == 0) return 1;
    prctl(PR_SET_DUMPABLE, 1);
    if (chdir("/tmp") != 0) return 1;
    abort();
}
