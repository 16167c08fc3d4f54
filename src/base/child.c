/* Running another program. */
#include "base/child.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    const char *const *argv, *const *env;
    int timeout_ms;
    bool alone; /* nothing of its group outlives it */
};

struct child {
    pid_t pid;
    int ended;    /* readable from its end on */
    int out, err; /* -1: closed */
    bool alone;
    struct buf all, printed;
    bool cut;
};

size_t child_count(const char *const list[]) {
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

static bool has_variable(const char *const env[], const char *setting) {
    size_t name = strcspn(setting, "=") + 1;
    for (size_t i = 0; env && env[i]; i++)
        if (strncmp(env[i], setting, name) == 0)
            return true;
    return false;
}

const char *const *child_environment(struct arena *a, const char *const defaults[], const char *const env[]) {
    const char **all = ARENA_ARRAY(a, child_count(defaults) + child_count(env) + 1, const char *);
    size_t n = 0;
    for (size_t i = 0; defaults && defaults[i]; i++)
        if (!has_variable(env, defaults[i]))
            all[n++] = defaults[i];
    for (size_t i = 0; env && env[i]; i++)
        all[n++] = env[i];
    return all;
}

/* The child leads a process group of its own, with default signals and nothing open but the pipes. */
static int spawn(const char *const argv[], const char *const env[], int out, int err, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawn_file_actions_addchdir_np(&files, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int status = posix_spawnp(pid, argv[0], &files, &attributes, (char *const *)argv, (char *const *)env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return status;
}

/* What goes over the maximum is read and dropped. */
static void keep(struct child *c, struct buf *output, const char *chunk, size_t len) {
    size_t room = CHILD_OUTPUT_MAX - output->len;
    buf_add(output, chunk, len < room ? len : room);
    c->cut = c->cut || len > room;
}

static void take(struct child *c, const struct pollfd *ready, int *fd) {
    char chunk[4096];
    if (!ready->revents)
        return;
    ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n <= 0) {
        *fd = -1;
        return;
    }
    keep(c, &c->all, chunk, (size_t)n);
    if (fd == &c->out)
        keep(c, &c->printed, chunk, (size_t)n);
}

/*
 * True when it has ended before the deadline. It is not reaped yet, so its number still names its group and
 * no other; what holds its pipes open after its end is not waited for.
 */
static bool collect(struct child *c, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd p[] = {{.fd = c->out, .events = POLLIN},
                             {.fd = c->err, .events = POLLIN},
                             {.fd = c->ended, .events = POLLIN}};
        int ready = left <= 0 ? 0 : poll(p, 3, (int)left);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        if (p[2].revents && c->alone)
            kill(-c->pid, SIGKILL);
        if (p[2].revents && !p[0].revents && !p[1].revents)
            return true;
        take(c, &p[0], &c->out);
        take(c, &p[1], &c->err);
    }
}

/* Of control characters of terminals: those of ASCII, and U+0080 to U+009F, which have two bytes. */
static size_t control_length(const unsigned char *p) {
    if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f)
        return 1;
    return *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : 0;
}

static const char *printable(struct buf *b) {
    for (size_t i = 0; i < b->len; i++) /* a NUL stands behind the last one */
        memset(b->p + i, '?', control_length((const unsigned char *)b->p + i));
    return b->p;
}

static int reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool watch(struct child *c, struct arena *a, int64_t deadline, struct child_result *result,
                  struct error *e) {
    AUTO_FD ended = c->ended = pidfd_open(c->pid, 0);
    bool watched = ended >= 0 || fail_errno(e, ERR_SYSTEM, "pidfd_open");
    c->all = buf_new(a, CHILD_OUTPUT_MAX);
    c->printed = buf_new(a, CHILD_OUTPUT_MAX);
    bool in_time = watched && collect(c, deadline);
    if (!in_time)
        kill(-c->pid, SIGKILL);
    *result = (struct child_result){.exit_status = reap(c->pid), .timed_out = !in_time, .cut = c->cut};
    result->output = printable(&c->all);
    result->printed = printable(&c->printed);
    return watched;
}

static bool open_pipe(int ends[2], struct error *e) {
    return pipe2(ends, O_CLOEXEC) == 0 || fail_errno(e, ERR_SYSTEM, "pipe");
}

/* Our copies of the ends that it writes to are closed again: else we never saw its end. */
static bool start(struct arena *a, const struct program *p, int out, int err, struct child *c,
                  struct error *e) {
    static const char *const always[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL};
    int failed = spawn(p->argv, child_environment(a, always, p->env), out, err, &c->pid);
    close(out);
    close(err);
    errno = failed;
    if (failed == ENOENT && access(p->argv[0], F_OK) == 0)
        return fail(e, ERR_SYSTEM, "%s: the interpreter that its first line names is missing",
                    "%s:首行指定的解释器不存在", p->argv[0]);
    return failed == 0 || fail_errno(e, ERR_SYSTEM, p->argv[0]);
}

static bool run(struct arena *a, const struct program *p, struct child_result *result, struct error *e) {
    int out[2], err[2];
    struct child c = {.alone = p->alone};
    int64_t deadline = clock_monotonic_ms() + p->timeout_ms;
    if (!open_pipe(out, e))
        return false;
    AUTO_FD out_end = c.out = out[0];
    if (!open_pipe(err, e)) {
        close(out[1]);
        return false;
    }
    AUTO_FD err_end = c.err = err[0];
    (void)out_end, (void)err_end;
    return start(a, p, out[1], err[1], &c, e) && watch(&c, a, deadline, result, e);
}

bool child_run(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
               struct child_result *result, struct error *e) {
    return run(a, &(struct program){.argv = argv, .env = env, .timeout_ms = timeout_ms}, result, e);
}

bool child_run_alone(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
                     struct child_result *result, struct error *e) {
    return run(a, &(struct program){argv, env, timeout_ms, true}, result, e);
}

const char *child_last_words(struct arena *a, const char *output, size_t max) {
    size_t len = strlen(output);
    while (len && output[len - 1] == '\n')
        len--;
    const char *p = len > max ? output + len - max : output;
    while ((*p & 0xc0) == 0x80)
        p++;
    return arena_strndup(a, p, (size_t)(output + len - p));
}
