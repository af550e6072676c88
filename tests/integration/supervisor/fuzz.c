/* Throws packets and archives at the supervisor's parsers: `fuzz SEED SECONDS`. Most are good ones that were changed a
 * little, since a random one is refused at its first byte. The sanitizers tell of what goes wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "archive.h"
#include "protocol.h"

enum { ROUNDS_PER_LOOK = 256, ARCHIVE_BYTES = 600 };

static uint64_t state;

/* xorshift64*: the same seed gives the same packets everywhere. */
static uint64_t draw(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t draw_below(size_t end) { return (size_t)(draw() % end); }

static void spoil(char *bytes, size_t length) {
    static const char edges[] = {0, 1, -1, 0x7f, -0x80, '/', '.'};
    for (size_t changes = draw_below(6); changes > 0 && length > 0; changes--)
        bytes[draw_below(length)] = draw_below(2) ? edges[draw_below(sizeof edges)] : (char)draw();
}

static void fuzz_request(void) {
    static struct packet packet;
    static char *arguments[ARGUMENTS_MAX + 1];
    size_t bytes = 2 + draw_below(64);
    struct run_request run = {.type = REQUEST_RUN, .cpu_ns = 1, .wall_ns = 1, .memory_bytes = 1, .processes = 1,
                              .open_files = 16, .argument_count = 2, .argument_bytes = (uint32_t)bytes};
    memcpy(packet.data, &run, sizeof run);
    memset(packet.data + sizeof run, 'a', bytes);
    packet.data[sizeof run + bytes / 2] = packet.data[sizeof run + bytes - 1] = '\0';
    packet.length = sizeof run + bytes;
    spoil(packet.data, packet.length);
    if (!draw_below(8)) packet.length = draw_below(packet.length + 1);
    packet.descriptors = draw_below(8) ? 1 : draw_below(DESCRIPTORS_MAX + 1);
    if (checked_request(&packet) != REQUEST_RUN) return;
    memcpy(&run, packet.data, sizeof run);
    point_arguments(packet.data + sizeof run, run.argument_count, arguments);
    if (arguments[run.argument_count] != NULL || arguments[0] != packet.data + sizeof run) abort();
}

static size_t make_archive(char *bytes) {
    size_t length = 0;
    for (size_t files = draw_below(6); files > 0; files--) {
        struct archive_head head = {.name_bytes = 1 + (uint32_t)draw_below(20), .content_bytes = draw_below(40)};
        memcpy(bytes + length, &head, sizeof head);
        length += sizeof head;
        memset(bytes + length, 'n', head.name_bytes + head.content_bytes);
        if (head.name_bytes > 4) bytes[length + draw_below(head.name_bytes)] = '/';
        length += head.name_bytes + head.content_bytes;
    }
    return length;
}

static void fuzz_archive(int file) {
    static char bytes[ARCHIVE_BYTES];
    static struct archive_file found;
    size_t length = make_archive(bytes);
    spoil(bytes, length);
    if (!draw_below(4)) length = draw_below(length + 1);
    if (ftruncate(file, 0) < 0 || pwrite(file, bytes, length, 0) != (ssize_t)length) abort();
    struct archive_position position = {0};
    while (next_in_archive(file, &position, &found) > 0) {
        if (found.content_offset + found.content_bytes > length) abort();
        if (found.name[0] == '/' || strstr(found.name, "//") || !strcmp(found.name, "..")) abort();
    }
}

static void fuzz_name(void) {
    char name[NAME_MAX_BYTES + 8];
    size_t length = draw_below(sizeof name);
    memset(name, 'n', length);
    spoil(name, length);
    (void)is_good_name(name, length);
}

int main(int count, char **words) {
    if (count != 3) return 2;
    state = strtoull(words[1], NULL, 10) | 1;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    uint64_t rounds = 0;
    for (time_t end = time(NULL) + atoi(words[2]); time(NULL) < end;)
        for (int i = 0; i < ROUNDS_PER_LOOK; i++, rounds++) {
            fuzz_request();
            fuzz_archive(file);
            fuzz_name();
        }
    printf("%llu rounds\n", (unsigned long long)rounds);
    return 0;
}
