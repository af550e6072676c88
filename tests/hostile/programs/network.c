/* A17, A18: out by every family of sockets. `reach` wants the port and the abstract name on which the judge's host
 * listens, and must get to none; `families` wants sockets of the families that are not namespaced or full of bugs. */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "report.h"

/* What becomes of a connection on its way; one that never ends left the machine. */
static int in_the_end(int fd) {
    struct pollfd change = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t bytes = sizeof error;
    if (poll(&change, 1, 500) != 1) return 1;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
    return error ? -1 : 0;
}

static void try_to(const char *what, int family, int kind, const void *address, socklen_t bytes) {
    int fd = socket(family, kind | SOCK_NONBLOCK, 0);
    refused_if_strict(what, fd);
    if (fd == -1) return;
    int connected = connect(fd, address, bytes);
    if (connected == -1 && errno == EINPROGRESS) connected = in_the_end(fd);
    if (kind != SOCK_DGRAM) refused(what, connected);
    if (kind == SOCK_DGRAM && connected == 0 && family != AF_UNIX) send(fd, "hostile", 7, 0);
    close(fd);
}

static void reach(const char *port, const char *name) {
    static const char *const hosts[] = {"127.0.0.1", "192.0.2.1", "169.254.169.254", "172.17.0.1"};
    for (size_t at = 0; at < LENGTH(hosts); at++) {
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
        inet_pton(AF_INET, hosts[at], &four.sin_addr);
        try_to(hosts[at], AF_INET, SOCK_STREAM, &four, sizeof four);
        try_to(hosts[at], AF_INET, SOCK_DGRAM, &four, sizeof four);
    }
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)atoi(port))};
    six.sin6_addr = in6addr_loopback;
    try_to("::1", AF_INET6, SOCK_STREAM, &six, sizeof six);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    memcpy(local.sun_path + 1, name, strlen(name));
    socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    try_to("an abstract socket", AF_UNIX, SOCK_STREAM, &local, bytes);
    static const char *const paths[] = {"/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"};
    for (size_t at = 0; at < LENGTH(paths); at++) {
        strcpy(local.sun_path, paths[at]);
        try_to(paths[at], AF_UNIX, SOCK_STREAM, &local, sizeof local);
    }
}

static void families(void) {
    static const struct { const char *name; int family, kind, protocol; } all[] = {
        {"AF_VSOCK", 40, SOCK_STREAM, 0}, {"AF_ALG", 38, SOCK_SEQPACKET, 0}, {"AF_RXRPC", 33, SOCK_DGRAM, AF_INET},
        {"AF_KEY", 15, SOCK_RAW, 2}, {"AF_PACKET", 17, SOCK_RAW, 0}, {"xfrm", AF_NETLINK, SOCK_RAW, NETLINK_XFRM},
        {"netfilter", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER}, {"audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT},
        {"AF_TIPC", 30, SOCK_STREAM, 0}, {"AF_BLUETOOTH", 31, SOCK_RAW, 1}, {"AF_CAN", 29, SOCK_RAW, 1},
        {"AF_XDP", 44, SOCK_RAW, 0}, {"AF_SMC", 43, SOCK_STREAM, 0}, {"raw IPv4", AF_INET, SOCK_RAW, IPPROTO_ICMP},
    };
    for (size_t at = 0; at < LENGTH(all); at++) {
        int fd = socket(all[at].family, all[at].kind, all[at].protocol);
        bool harmless = all[at].family == AF_NETLINK; /* in a network namespace of its own, without capabilities */
        if (!harmless || strict) refused(all[at].name, fd);
        if (fd != -1) close(fd);
    }
    int ends[2];
    for (int family = 0; family < 46; family++) {
        if (strict) refused("socket", socket(family, SOCK_DGRAM, 0));
        if (strict && family != AF_UNIX) refused("socketpair", socketpair(family, SOCK_STREAM, 0, ends));
    }
}

static void rings(void) {
    char parameters[256] = {0};
    forbidden("io_uring_setup", syscall(425, 4, parameters));
    forbidden("io_uring_enter", syscall(426, 0, 0, 0, 0, NULL, 0));
    forbidden("io_uring_register", syscall(427, 0, 0, NULL, 0));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("reach")) reach(word, count > 4 ? arguments[4] : "");
    if (is("families")) families();
    if (is("rings")) rings();
    return conclude();
}
