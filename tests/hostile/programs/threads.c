/* A3: threads without end, threads on other cores, CPU time spread over many threads. */
#include <pthread.h>

#include "report.h"

static void *spin(void *nothing) {
    for (volatile unsigned step = 0;; step = step + 1) {}
    return nothing;
}

static void *sleep_on(void *nothing) {
    for (;;) pause();
    return nothing;
}

static void bomb(void) {
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    int threads = 0;
    while (threads < 5000 && pthread_create(&thread, &small, sleep_on, NULL) == 0) threads++;
    if (threads >= 1000) hole("%d threads", threads);
}

/* To every core that was not ours from the beginning. */
static void wander(void) {
    cpu_set_t ours, wanted;
    sched_getaffinity(0, sizeof ours, &ours);
    if (strict && CPU_COUNT(&ours) != 1) hole("%d cores", CPU_COUNT(&ours));
    for (int cpu = 0; cpu < 64; cpu++) {
        CPU_ZERO(&wanted);
        CPU_SET(cpu, &wanted);
        int moved = sched_setaffinity(0, sizeof wanted, &wanted);
        if (moved == 0 && !CPU_ISSET(cpu, &ours)) hole("on core %d", cpu);
        if (strict) refused("sched_setaffinity", moved);
    }
    struct sched_param most = {.sched_priority = 1};
    refused("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &most));
    refused("SCHED_RR", sched_setscheduler(0, SCHED_RR, &most));
    errno = 0;
    refused("nice -1", setpriority(PRIO_PROCESS, 0, -1));
}

int main(int count, char **arguments) {
    begin(count, arguments);
    if (is("wander")) {
        wander();
    } else if (is("burn")) {
        pthread_t thread;
        for (int started = 0; started < 4; started++) pthread_create(&thread, NULL, spin, NULL);
        spin(NULL);
    } else {
        bomb();
    }
    return conclude();
}
