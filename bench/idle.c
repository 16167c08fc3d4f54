/*
 * What the daemon needs at rest: bench_idle TENURE FOLDER
 *
 * Time from its start on an existing data folder to the first answer, again and again; and the memory of all
 * its processes together (PSS: what they share is counted once) when the workers had nothing to do and ended.
 */
#include "bench/bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STARTS = 21, WORKERS_END_SECONDS = 8 };

/* ---- start ---- */

static void measure_starts(struct client *client, const char *binary, const char *folder) {
    double ms[STARTS];
    for (int i = 0; i < STARTS; i++) {
        struct daemon d = daemon_start(binary, folder);
        ms[i] = daemon_wait(&d, client);
        daemon_stop(&d);
    }
    bench_result("start to first answer: median", bench_quantile(ms, STARTS, 0.5), "ms", "< 100");
    bench_result("start to first answer: slowest", ms[STARTS - 1], "ms", NULL);
}

/* ---- memory ---- */

static void measure_memory(struct client *client, const char *binary, const char *folder) {
    int processes;
    struct daemon d = daemon_start(binary, folder);
    daemon_wait(&d, client);
    sleep(WORKERS_END_SECONDS);
    long kib = daemon_memory(&d, &processes);
    daemon_stop(&d);
    bench_result("processes at rest", processes, "", NULL);
    bench_result("their memory together (PSS)", (double)kib / 1024, "MiB", "<= 16");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: bench_idle TENURE FOLDER\n");
        return 64;
    }
    AUTO_ARENA a = arena_new();
    char *binary = realpath(argv[1], NULL), *folder = realpath(argv[2], NULL);
    struct client *client = client_new(a, &outbound_anywhere);
    bench_machine();
    measure_starts(client, binary, folder);
    measure_memory(client, binary, folder);
    free(binary);
    free(folder);
    return 0;
}
