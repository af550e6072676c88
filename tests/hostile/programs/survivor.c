/* A2: daemons that would outlive their program: forked twice, in sessions of their own, deaf to every signal that
 * can be ignored, with stdout held open or everything closed. */
#include "report.h"

static void ignore_everything(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
}

static void live_on(bool closed) {
    if (fork() != 0) return;
    setsid();
    if (fork() != 0) _exit(0);
    ignore_everything();
    if (closed) {
        for (int fd = 0; fd < 64; fd++) close(fd);
        if (chdir("/") != 0) _exit(1);
    }
    for (;;) pause();
}

/* Forks away from its own death for ever, so that whoever kills by pid always comes too late. */
static void hop(void) {
    if (fork() != 0) return;
    for (;;) {
        setsid();
        if (fork() != 0) _exit(0);
    }
}

/* Writes on after its program has ended, for as long as anybody reads. */
static void babble(void) {
    static char data[64 << 10];
    if (fork() != 0) return;
    setsid();
    for (;;) {
        if (write(2, data, sizeof data) == -1) burn(0.001);
    }
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("hop")) {
        hop();
    } else if (is("babble")) {
        for (int times = 0; times < 8; times++) babble();
    } else {
        for (int times = 0; times < 3; times++) live_on(is("closed"));
    }
    return conclude();
}
