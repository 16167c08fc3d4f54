/* What the benchmarks share. */
#include "bench/bench.h"
#include "account/account.h"
#include "base/file.h"
#include "base/log.h"
#include "signer/signer.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DAEMON_PATIENCE_US = 20000000, TRY_AGAIN_US = 500 };

void bench_must(bool ok, const char *what, const struct error *e) {
    if (ok)
        return;
    fprintf(stderr, "%s: %s\n", what, e->detail[LANG_EN]);
    exit(1);
}

static void must_call(bool ok, const char *what) {
    struct error e = {0};
    if (!ok)
        fail_errno(&e, ERR_SYSTEM, what);
    bench_must(ok, what, &e);
}

/* ---- an installation ---- */

/* The login secret is kept where a first start of the daemon keeps it. */
static bool make_account(struct bench *b, int64_t now, struct error *e) {
    struct first_login login = {0};
    return db_begin(b->services.db, e) && account_bootstrap(b->services.db, b->arena, now, &login, e) &&
           (!login.secret || file_write_new(CONFIG_FIRST_LOGIN, 0600, secret_slice(login.secret), e)) &&
           db_commit(b->services.db, e) &&
           db_text(b->services.db, b->arena, &b->account_id, e, "SELECT id FROM account ORDER BY id LIMIT 1");
}

void bench_enter(const char *folder) {
    must_call((mkdir(folder, 0700) == 0 || errno == EEXIST) && chdir(folder) == 0, folder);
}

void bench_open(struct bench *b, const char *folder) {
    struct error e = {0};
    struct secret *key;
    *b = (struct bench){
        .arena = arena_new(),
        .issue = {.public_url = "http://ca.example", .ca_algorithm = KEY_P256, .backdate_seconds = 60}};
    log_setup("bench", LOG_WARNING);
    bench_enter(folder);
    b->folder = arena_strdup(b->arena, realpath(".", NULL));
    b->services = (struct services){.policies = &b->policies, .catalog = &b->catalog, .issue = &b->issue};
    bench_must(policy_load(b->arena, NULL, &b->policies, &e) &&
                   catalog_load(b->arena, NULL, &b->policies, &b->catalog, &e) &&
                   master_key_load(b->arena, CONFIG_MASTER_KEY, true, &key, &e) &&
                   db_open(&b->services.db, CONFIG_DATABASE, DB_WORKER, &e) &&
                   db_migrate(b->services.db, clock_now(), &e) && make_account(b, clock_now(), &e),
               "cannot make the data folder", &e);
    b->services.signer = signer_local(b->arena, key);
}

const char *bench_key(struct bench *b) {
    struct error e = {0};
    struct access_key key;
    struct slice secret;
    bool made =
        file_read(b->arena, CONFIG_FIRST_LOGIN, 1024, &secret, &e) && db_begin(b->services.db, &e) &&
        account_login(b->services.db, b->arena, (const char *)secret.p, "bench", clock_now(), &key, &e) &&
        db_commit(b->services.db, &e);
    bench_must(made, "access key", &e);
    return arena_printf(b->arena, "%s.%s", key.id, (const char *)secret_bytes(key.secret));
}

void bench_close(struct bench *b) {
    db_close(b->services.db);
    arena_free(b->arena);
}

struct engine bench_engine(const struct bench *b) {
    return flow_engine(&b->services, "bench");
}

/* ---- a daemon ---- */

static int free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_call(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
                  getsockname(fd, (struct sockaddr *)&address, &len) == 0,
              "a free port");
    return ntohs(address.sin_port);
}

struct daemon daemon_start(const char *binary, const char *folder) {
    return daemon_start_with(binary, folder, "");
}

struct daemon daemon_start_with(const char *binary, const char *folder, const char *yaml) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct daemon d = {.port = free_port()};
    const char *config = arena_printf(a, "%s/tenure.yaml", folder);
    const char *text = arena_printf(a, "listen: 127.0.0.1:%d\nlog_level: error\n%s", d.port, yaml);
    bench_must(file_replace(config, 0600, slice_str(text), &e), config, &e);
    d.started_us = bench_us();
    d.pid = fork();
    must_call(d.pid >= 0, "fork");
    if (d.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execl(binary, binary, "serve", "--config", config, "--data", folder, (char *)NULL);
        _exit(127);
    }
    return d;
}

double daemon_wait(const struct daemon *d, struct client *client) {
    AUTO_ARENA a = arena_new();
    struct error e;
    struct http_reply reply;
    const char *url = arena_printf(a, "http://127.0.0.1:%d/v1/health", d->port);
    const struct http_request request = {.method = "GET", .url = url, .timeout_ms = 1000};
    while (!http_call(client, a, &request, &reply, &e)) {
        bool gone = waitpid(d->pid, NULL, WNOHANG) != 0;
        bench_must(!gone && bench_us() - d->started_us < DAEMON_PATIENCE_US, "the daemon does not answer",
                   &e);
        usleep(TRY_AGAIN_US);
    }
    return (double)(bench_us() - d->started_us) / 1e3;
}

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

long daemon_memory(const struct daemon *d, int *processes) {
    DIR *proc = opendir("/proc");
    long sum = 0;
    *processes = 0;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !belongs_to(entry->d_name, d->pid))
            continue;
        sum += proc_number(entry->d_name, "smaps_rollup", "\nPss:");
        ++*processes;
    }
    if (proc)
        closedir(proc);
    return sum;
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The supervisor has waited for its roles: what they used is in its own account. */
struct usage daemon_stop(const struct daemon *d) {
    struct rusage used;
    int status;
    kill(d->pid, SIGTERM);
    must_call(wait4(d->pid, &status, 0, &used) == d->pid, "wait4");
    return (struct usage){.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime),
                          .written_bytes = (double)used.ru_oublock * 512};
}

/* ---- results ---- */

int64_t bench_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double bench_quantile(double *values, size_t count, double part) {
    qsort(values, count, sizeof *values, by_value);
    size_t place = (size_t)((double)count * part);
    return values[place < count ? place : count - 1];
}

void bench_result(const char *what, double value, const char *unit, const char *aim) {
    printf("%-52s %10.3f %-4s%s%s\n", what, value, unit, aim ? "  aim " : "", aim ? aim : "");
    fflush(stdout);
}

static const char *cpu_model(struct arena *a) {
    static const char key[] = "model name";
    char line[256];
    const char *model = "unknown processor";
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, key, sizeof key - 1) == 0 && strchr(line, ':'))
            model = arena_strndup(a, strchr(line, ':') + 2, strcspn(strchr(line, ':') + 2, "\n"));
    if (f)
        fclose(f);
    return model;
}

void bench_machine(void) {
    AUTO_ARENA a = arena_new();
    double load[1] = {0};
    getloadavg(load, 1);
    printf("machine: %ld x %s, load %.1f before\n", sysconf(_SC_NPROCESSORS_ONLN), cpu_model(a), load[0]);
}
