/* Theory: process 1 sleeps in poll while a program runs. It wakes for output, for the end, for the host's going, and
 * when a limit could be reached at the earliest: CPU time grows at most by the clock times the cores, so that a run
 * far from its limits is never disturbed. At a limit it kills the init, and with it every process of the run.
 *
 * A run that ended by itself is answered before its namespaces are taken down, for nothing of that can change the
 * facts; the next run waits for it. While the host looks at the answer, the next box is built.
 */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "fault.h"
#include "sink.h"
#include "spawner.h"

enum { CHECK_MIN_NS = 1000000, DEATH_PATIENCE_MS = 10000, NS_PER_S = 1000000000 };
#define COLLECTING_PATIENCE_NS (UINT64_C(30) * NS_PER_S)

struct watched {
    int host;
    uint64_t released_ns; /* when the command was given: the clock until the program tells its own */
    uint64_t next_check_ns;
    uint32_t halted; /* LIMIT_*, or 0 */
    bool ended;      /* the init has told, or has died */
};

static bool is_prepared;
static int init_status; /* of the last init that was waited for */
static uint32_t users_given;
static struct sink output, errors, collected;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) fault("make a pipe");
}

static void close_end(int *end) {
    if (*end >= 0) close(*end);
    *end = -1;
}

static void make_wires(bool collecting) {
    struct wires *wires = &board->birth.wires;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires->channel) < 0) fault("make a channel");
    make_pipe(wires->output);
    make_pipe(wires->errors);
    if (collecting)
        make_pipe(wires->collected);
    else
        wires->collected[0] = wires->collected[1] = -1;
}

static void close_ends(size_t end) {
    struct wires *wires = &board->birth.wires;
    close_end(&wires->channel[end]);
    close_end(&wires->output[end]);
    close_end(&wires->errors[end]);
    close_end(&wires->collected[end]);
}

static struct plan plan_of(const struct run_request *request) {
    struct plan plan;
    memset(&plan, 0, sizeof plan); /* it is compared as a whole */
    plan.flags = request->flags;
    plan.scratch_files = request->scratch_files;
    plan.scratch_bytes = request->scratch_bytes;
    plan.collected_files = request->collected_files;
    plan.collected_bytes = request->collected_bytes;
    return plan;
}

static void prepare(void) {
    make_wires(board->birth.plan.flags & RUN_COLLECTING);
    atomic_store(&board->mapped, 0);
    memset(&board->report, 0, sizeof board->report);
    board->birth.group = begin_group();
    board->run_uid = 1 + users_given++ % RUN_USERS;
    give_order(ORDER_SPAWN);
    close_ends(1);
    is_prepared = true;
}

static void kill_init(void) { syscall(SYS_pidfd_send_signal, board->init_handle, SIGKILL, NULL, 0); }

/* The kernel tells of an init's end when all of its namespace has ended. */
static void bury_init(void) {
    struct pollfd death = {.fd = board->init_handle, .events = POLLIN};
    int happened;
    do happened = poll(&death, 1, DEATH_PATIENCE_MS);
    while (happened < 0 && errno == EINTR);
    if (happened != 1) fault_because("end a run", "its processes do not die");
    if (waitpid(board->init, &init_status, __WALL) != board->init) fault("wait for a run's init");
    close_end(&board->init_handle);
}

static void clear(void) {
    close_ends(0);
    end_group(&board->birth.group);
    is_prepared = false;
}

void discard_prepared(void) {
    if (!is_prepared) return;
    kill_init();
    bury_init();
    clear();
}

static void take_request(const struct packet *packet) {
    memcpy(&board->request, packet->data, sizeof board->request);
    struct plan plan = plan_of(&board->request);
    if (is_prepared && memcmp(&plan, &board->birth.plan, sizeof plan) != 0) discard_prepared();
    board->birth.plan = plan;
    if (!is_prepared) prepare();
    memcpy(board->arguments, packet->data + sizeof board->request, board->request.argument_bytes);
}

/* Gives the init its command and its stdin. A failure shows as the init's end. */
static void release(int given) {
    const struct part go = {.data = "", .length = 1};
    (void)send_packet(board->birth.wires.channel[0], &go, 1, &given, 1);
    close(given);
}

static uint64_t cores(void) {
    static uint64_t count;
    cpu_set_t set;
    if (count == 0) count = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
    return count;
}

static uint64_t left(uint64_t limit, uint64_t used) { return limit > used ? limit - used : 0; }

/* Looks at CPU time and clock, and says when to look again. */
static void check_limits(struct watched *run, uint64_t now) {
    const struct report *report = &board->report;
    uint64_t began = report->began_wall_ns ? report->began_wall_ns : run->released_ns;
    if (report->ended) { /* it is collecting */
        if (now > report->ended_wall_ns + COLLECTING_PATIENCE_NS) fault_because("collect", "it does not end");
        run->next_check_ns = now + NS_PER_S;
        return;
    }
    uint64_t wall_left = left(board->request.wall_ns, now - began), cpu_left = board->request.cpu_ns;
    if (report->began_wall_ns)
        cpu_left = left(board->request.cpu_ns, read_cpu_ns(board->birth.group.cpu) - report->began_cpu_ns);
    if (cpu_left == 0)
        run->halted = LIMIT_CPU;
    else if (wall_left == 0)
        run->halted = LIMIT_WALL;
    uint64_t pause = cpu_left / cores() < wall_left ? cpu_left / cores() : wall_left;
    run->next_check_ns = now + (pause < CHECK_MIN_NS ? CHECK_MIN_NS : pause);
}

static void take_output(struct sink *sink, int *pipe) {
    if (fill_sink(sink, *pipe) < 0) close_end(pipe);
}

static void drain(struct sink *sink, int *pipe) {
    while (*pipe >= 0) {
        int got = fill_sink(sink, *pipe);
        if (got < 0) close_end(pipe);
        if (got <= 0 || (sink == &output && sink->overflowed)) return;
    }
}

static void wait_for_anything(struct watched *run) {
    struct wires *wires = &board->birth.wires;
    struct pollfd all[] = {{.fd = run->host, .events = POLLRDHUP},
                           {.fd = wires->channel[0], .events = POLLIN},
                           {.fd = wires->output[0], .events = POLLIN},
                           {.fd = wires->errors[0], .events = POLLIN},
                           {.fd = wires->collected[0], .events = POLLIN}};
    uint64_t now = now_ns(), pause = left(run->next_check_ns, now);
    const struct timespec at_most = {.tv_sec = (time_t)(pause / NS_PER_S), .tv_nsec = (long)(pause % NS_PER_S)};
    if (ppoll(all, sizeof all / sizeof all[0], &at_most, NULL) < 0 && errno != EINTR) fault("wait for a run");
    if (all[0].revents) _exit(0); /* the host has gone, and with process 1 the run goes */
    if (all[2].revents) take_output(&output, &wires->output[0]);
    if (all[3].revents) take_output(&errors, &wires->errors[0]);
    if (all[4].revents) take_output(&collected, &wires->collected[0]);
    if (all[1].revents) run->ended = true;
    if (output.overflowed) run->halted = LIMIT_OUTPUT;
}

static void watch(struct watched *run) {
    run->next_check_ns = run->released_ns;
    while (!run->ended && !run->halted) {
        uint64_t now = now_ns();
        if (now >= run->next_check_ns) check_limits(run, now);
        if (!run->halted) wait_for_anything(run);
    }
}

/* For a run that did not end by itself: its figures, once all of it is dead. */
static void end_by_force(const struct watched *run) {
    struct report *report = &board->report;
    uint64_t now = now_ns();
    kill_init();
    bury_init();
    if (report->ended) return; /* a moment before */
    if (!report->began_wall_ns) report->began_cpu_ns = read_cpu_ns(board->birth.group.cpu);
    report->ended_wall_ns = now;
    report->began_wall_ns = report->began_wall_ns ? report->began_wall_ns : run->released_ns;
    report->ended_cpu_ns = read_cpu_ns(board->birth.group.cpu);
    report->peak_bytes = read_bytes(board->birth.group.peak);
}

static void check_faults(const struct watched *run, const struct run_events *events) {
    const struct report *report = &board->report;
    if (report->error) {
        errno = report->error;
        fault(report->failed);
    }
    if (events->killed_from_above) fault_because("run", "the container or the machine is short of memory");
    if (report->ended || run->halted || events->out_of_memory) return;
    fault_because("run", WIFSIGNALED(init_status) ? "somebody killed its init" : "its init gave up");
}

static void tell_ending(struct run_result *result, const struct watched *run) {
    int status = board->report.status;
    if (run->halted || output.overflowed) {
        result->ending = ENDED_HALTED;
        result->code = output.overflowed ? LIMIT_OUTPUT : run->halted;
    } else if (!board->report.ended) { /* the init itself was killed for the memory limit */
        result->ending = ENDED_SIGNALLED;
        result->code = SIGKILL;
    } else if (WIFSIGNALED(status)) {
        result->ending = ENDED_SIGNALLED;
        result->code = (uint32_t)WTERMSIG(status);
    } else {
        result->ending = ENDED_EXITED;
        result->code = (uint32_t)WEXITSTATUS(status);
    }
}

static uint32_t collected_flags(const struct run_result *result) {
    if (!(board->birth.plan.flags & RUN_COLLECTING) || result->ending != ENDED_EXITED || result->code != 0) return 0;
    if (board->report.collection_refused || collected.overflowed) return RESULT_COLLECTED_REFUSED;
    return RESULT_COLLECTED_ATTACHED;
}

static struct run_result conclude(const struct watched *run) {
    const struct report *report = &board->report;
    struct run_events events = events_of(&board->birth.group);
    check_faults(run, &events);
    struct run_result result = {.type = ANSWER_RESULT,
                                .cpu_ns = left(report->ended_cpu_ns, report->began_cpu_ns),
                                .wall_ns = left(report->ended_wall_ns, report->began_wall_ns),
                                .memory_bytes = left(report->peak_bytes, report->began_bytes),
                                .output_bytes = output.kept,
                                .output_here_bytes = output.file < 0 ? (uint32_t)output.kept : 0,
                                .stderr_bytes = (uint32_t)errors.kept};
    tell_ending(&result, run);
    result.flags = (events.out_of_memory ? RESULT_OUT_OF_MEMORY : 0u) |
                   (events.processes_exhausted ? RESULT_PROCESSES_EXHAUSTED : 0u) |
                   (output.file >= 0 ? RESULT_OUTPUT_ATTACHED : 0u) | collected_flags(&result);
    return result;
}

/* The archive was kept as output is; all of it goes into a memfd, however short. */
static int collected_file(void) {
    if (collected.file < 0) {
        collected.file = memfd_create("collected", MFD_CLOEXEC);
        if (collected.file < 0 ||
            write(collected.file, collected.bytes, collected.kept) != (ssize_t)collected.kept)
            fault("make a file for what was collected");
    }
    return collected.file;
}

static void answer(int host, const struct run_result *result) {
    int descriptors[DESCRIPTORS_MAX];
    size_t count = 0;
    if (result->flags & RESULT_OUTPUT_ATTACHED) descriptors[count++] = output.file;
    if (result->flags & RESULT_COLLECTED_ATTACHED) descriptors[count++] = collected_file();
    const struct part parts[] = {{.data = result, .length = sizeof *result},
                                 {.data = output.bytes, .length = result->output_here_bytes},
                                 {.data = errors.bytes, .length = result->stderr_bytes}};
    if (!send_packet(host, parts, sizeof parts / sizeof parts[0], descriptors, count)) fault("answer");
    close_end(&output.file);
    close_end(&errors.file);
    close_end(&collected.file);
}

/* Room for the heads and names of an archive beside its files' content. */
static uint64_t archive_limit(const struct plan *plan) {
    return plan->collected_bytes + (uint64_t)plan->collected_files * (sizeof(struct archive_head) + NAME_MAX_BYTES);
}

static bool somebody_waits(int host) {
    struct pollfd asked = {.fd = host, .events = POLLIN};
    return poll(&asked, 1, 0) != 0;
}

void serve_run(int host, const struct packet *packet) {
    take_request(packet);
    limit_group(&board->birth.group, board->request.memory_bytes, board->request.processes);
    begin_sink(&output, board->request.output_bytes);
    begin_sink(&errors, STDERR_KEPT_BYTES);
    begin_sink(&collected, archive_limit(&board->birth.plan));
    struct watched run = {.host = host, .released_ns = now_ns()};
    release(packet->descriptor[0]);
    watch(&run);
    bool by_itself = run.ended && board->report.ended;
    if (!by_itself) end_by_force(&run);
    drain(&output, &board->birth.wires.output[0]);
    drain(&errors, &board->birth.wires.errors[0]);
    drain(&collected, &board->birth.wires.collected[0]);
    struct run_result result = conclude(&run);
    answer(host, &result);
    if (by_itself) bury_init();
    clear();
    if (!somebody_waits(host)) prepare();
}
