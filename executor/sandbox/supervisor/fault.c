#include "fault.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol.h"

static int host_socket = -1;

void faults_go_to(int host) { host_socket = host; }

_Noreturn void fault(const char *what) { fault_because(what, strerror(errno)); }

_Noreturn void fault_because(const char *what, const char *why) {
    struct {
        uint32_t type;
        char text[500];
    } answer = {.type = ANSWER_FAULT};
    int length = snprintf(answer.text, sizeof answer.text, "%s: %s", what, why);
    if (length < 0) _exit(1);
    if ((size_t)length >= sizeof answer.text) length = sizeof answer.text - 1;
    if (host_socket >= 0) (void)!send(host_socket, &answer, sizeof answer.type + (size_t)length, MSG_NOSIGNAL);
    (void)!write(STDERR_FILENO, answer.text, (size_t)length);
    (void)!write(STDERR_FILENO, "\n", 1);
    _exit(1);
}
