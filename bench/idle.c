/*
 * What the daemon needs at rest: bench_idle TENURE FOLDER
 *
 * Time from its start on an existing data folder to the first answer, again and again; and the memory of all
 * its processes together (PSS: what they share is counted once) when the workers had nothing to do and ended.
 */
#include "bench/bench.h"
#include <dirent.h>
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

/* The field of /proc/PID/FILE that follows `name`; -1 if the process has gone. */
static long proc_number(const char *pid, const char *file, const char *name) {
    AUTO_ARENA a = arena_new();
    char text[8192];
    FILE *f = fopen(arena_printf(a, "/proc/%s/%s", pid, file), "re");
    size_t len = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[len] = 0;
    const char *found = strstr(text, name);
    return found ? strtol(found + strlen(name), NULL, 10) : -1;
}

static bool belongs_to(const char *pid, pid_t supervisor) {
    return strtol(pid, NULL, 10) == supervisor || proc_number(pid, "status", "\nPPid:") == supervisor;
}

/* KiB, and how many processes there are. */
static long pss_of(pid_t supervisor, int *processes) {
    DIR *proc = opendir("/proc");
    long sum = 0;
    *processes = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !belongs_to(entry->d_name, supervisor))
            continue;
        sum += proc_number(entry->d_name, "smaps_rollup", "\nPss:");
        ++*processes;
    }
    if (proc)
        closedir(proc);
    return sum;
}

static void measure_memory(struct client *client, const char *binary, const char *folder) {
    int processes;
    struct daemon d = daemon_start(binary, folder);
    daemon_wait(&d, client);
    sleep(WORKERS_END_SECONDS);
    long kib = pss_of(d.pid, &processes);
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
