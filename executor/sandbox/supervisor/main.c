/* The supervisor: process 1 of a slot's container. Theory of operation.
 *
 * A judge's slot has one hardened container per runner image: no network, no capabilities but SETUID and SETGID, a
 * system call filter of ours, a read-only image. That is the outer wall, and it stands for as long as the slot. Inside
 * it every run gets an inner wall of its own, in about a millisecond:
 *
 *   process 1   talks to the host, keeps what runs write, holds the limits. In the container's own control group.
 *   spawner     root of a user namespace that is made here: builds the root that runs see, once (spawner.c, root.c).
 *   init        one for each run, cloned from the spawner into fresh user, mount, pid, ipc and uts namespaces and into
 *               the run's control group (inside.c).
 *   program     the init's child.
 *
 * Who may what: process 1 is the container's root with hardly a capability; it can map ids and signal, but not mount.
 * The spawner is nobody on the host and may mount in its own namespaces. An init is the run's own host id, a different
 * one each time; its program has no capability anywhere and a filter that lets it get none.
 *
 * Where bytes go: stdin is a sealed memfd of the host's; stdout and stderr are pipes that process 1 reads; the files
 * of a box are copied once into a tmpfs and are read-only from then on; what a compiler leaves is read from inside by
 * the run's init, and travels as one archive. The host opens no path that a program could have written, and results
 * come on descriptors that programs never have.
 *
 * Errors: what a program does is data in a RESULT. What fails on our side is a FAULT (fault.c): the supervisor says so
 * and ends, the container ends with it, and the host makes another. So no state has to be repaired here, and the two
 * cannot be taken for one another.
 *
 * When the host goes, its socket closes and process 1 ends; when process 1 is killed, the kernel ends everything in
 * the container. There is nothing to clean up but the container's control group, which the host finds by its owner.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "board.h"
#include "box.h"
#include "cgroup.h"
#include "fault.h"
#include "filter.h"
#include "inside.h"
#include "protocol.h"
#include "run.h"
#include "spawner.h"
#include "warm.h"

#define SOCKET_PATH "/judgestream/socket/supervisor"

static int connect_to_host(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
    int host = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (host < 0 || connect(host, (struct sockaddr *)&address, sizeof address) < 0) fault("connect to the host");
    return host;
}

/* The numbers that an init moves its descriptors to are in nobody's use, nor are the three streams'. */
static void hold_numbers(void) {
    int null;
    do null = open("/dev/null", O_RDWR | O_CLOEXEC);
    while (null >= 0 && null < KEPT_END);
    if (null < 0) fault("open /dev/null");
    close(null);
}

static void say_ready(int host) {
    const uint32_t type = ANSWER_READY;
    const struct part ready = {.data = &type, .length = sizeof type};
    if (!send_packet(host, &ready, 1, NULL, 0)) _exit(0);
}

static void close_descriptors(const struct packet *packet) {
    for (size_t i = 0; i < packet->descriptors; i++) close(packet->descriptor[i]);
}

static void serve(int host, const struct packet *packet, uint32_t first_user) {
    switch (checked_request(packet)) {
    case REQUEST_BOX:
        discard_prepared();
        fill_box(packet->descriptor[0], first_user);
        close_descriptors(packet);
        say_ready(host);
        return;
    case REQUEST_RUN:
        serve_run(host, packet);
        return;
    default:
        fault_because("read a request", "it is not as the protocol has it");
    }
}

/* The first of this slot's host ids: `supervisor FIRST_USER`. */
static uint32_t first_user_of(int count, char **words) {
    char *end = NULL;
    unsigned long user = count == 2 ? strtoul(words[1], &end, 10) : 0;
    if (!end || *end || user == 0 || user > UINT32_MAX - RUN_USERS) fault_because("start", "no first user is given");
    return (uint32_t)user;
}

/* Whoever started the engine may have ignored some, and programs would inherit that. */
static void take_usual_signals(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL); /* two cannot be, and need not */
}

int main(int count, char **words) {
    static struct packet packet;
    take_usual_signals();
    uint32_t first_user = first_user_of(count, words);
    hold_numbers();
    int host = connect_to_host();
    faults_go_to(host);
    make_board();
    build_filter();
    begin_groups();
    start_spawner(first_user);
    warm_up();
    say_ready(host);
    while (receive_packet(host, &packet)) serve(host, &packet, first_user);
    return 0;
}
