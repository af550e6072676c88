#include "protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PARTS_MAX = 4 };

static void take_descriptors(struct msghdr *message, struct packet *packet) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(part) + i * sizeof descriptor, sizeof descriptor);
            if (packet->descriptors < DESCRIPTORS_MAX)
                packet->descriptor[packet->descriptors++] = descriptor;
            else
                close(descriptor);
        }
    }
}

bool receive_packet(int socket, struct packet *packet) {
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec whole = {.iov_base = packet->data, .iov_len = sizeof packet->data};
    struct msghdr message = {
        .msg_iov = &whole, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t length;
    do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (length < 0 && errno == EINTR);
    packet->descriptors = 0;
    packet->length = 0;
    if (length <= 0) return false;
    take_descriptors(&message, packet);
    if (!(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) packet->length = (size_t)length;
    return true;
}

bool send_packet(int socket, const struct part *parts, size_t count, const int *descriptors, size_t descriptor_count) {
    struct iovec pieces[PARTS_MAX];
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    for (size_t i = 0; i < count; i++)
        pieces[i] = (struct iovec){.iov_base = (void *)parts[i].data, .iov_len = parts[i].length};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    if (descriptor_count > 0) {
        size_t bytes = descriptor_count * sizeof(int);
        memset(&control, 0, sizeof control);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(bytes);
        memcpy(CMSG_DATA(&control.head), descriptors, bytes);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(bytes);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

static bool are_good_arguments(const char *arguments, uint32_t bytes, uint32_t count) {
    if (count == 0 || count > ARGUMENTS_MAX || bytes < 2 || bytes > ARGUMENTS_MAX_BYTES) return false;
    if (arguments[0] == '\0' || arguments[bytes - 1] != '\0') return false;
    uint32_t ends = 0;
    for (uint32_t i = 0; i < bytes; i++) ends += arguments[i] == '\0';
    return ends == count;
}

static bool is_good_run(const struct packet *packet) {
    struct run_request run;
    if (packet->length < sizeof run || packet->descriptors != 1) return false;
    memcpy(&run, packet->data, sizeof run);
    return (run.flags & ~(uint32_t)RUN_COLLECTING) == 0 && run.cpu_ns <= TIME_MAX_NS && run.wall_ns <= TIME_MAX_NS &&
           run.memory_bytes > 0 && run.memory_bytes <= BYTES_MAX && run.output_bytes <= BYTES_MAX &&
           run.file_bytes <= BYTES_MAX && run.scratch_bytes <= BYTES_MAX && run.collected_bytes <= BYTES_MAX &&
           run.collected_files <= SCRATCH_MAX_FILES && run.scratch_files <= SCRATCH_MAX_FILES && run.processes > 0 &&
           run.processes <= PROCESSES_MAX && run.open_files > 2 && run.open_files <= OPEN_FILES_MAX &&
           packet->length - sizeof run == run.argument_bytes &&
           are_good_arguments(packet->data + sizeof run, run.argument_bytes, run.argument_count);
}

uint32_t checked_request(const struct packet *packet) {
    uint32_t type;
    if (packet->length < sizeof type) return 0;
    memcpy(&type, packet->data, sizeof type);
    switch (type) {
    case REQUEST_BOX:
        return packet->length == sizeof type && packet->descriptors == 1 ? type : 0;
    case REQUEST_RUN:
        return is_good_run(packet) ? type : 0;
    default:
        return 0;
    }
}

void point_arguments(char *arguments, uint32_t count, char **argv) {
    for (uint32_t i = 0; i < count; i++) {
        argv[i] = arguments;
        arguments += strlen(arguments) + 1;
    }
    argv[count] = NULL;
}

bool is_good_name(const char *name, size_t length) {
    if (length == 0 || length > NAME_MAX_BYTES || memchr(name, '\0', length)) return false;
    for (size_t begin = 0; begin <= length;) {
        const char *slash = begin < length ? memchr(name + begin, '/', length - begin) : NULL;
        size_t end = slash ? (size_t)(slash - name) : length, part = end - begin;
        bool is_dots = (part == 1 || part == 2) && name[begin] == '.' && name[end - 1] == '.';
        if (part == 0 || part > PART_MAX_BYTES || is_dots) return false;
        begin = end + 1;
    }
    return true;
}
