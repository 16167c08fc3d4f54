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
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 8192, ENV_MAX = 32 };

static void make_environment(const char *const env[], const char *all[ENV_MAX]) {
    size_t n = 0;
    all[n++] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    all[n++] = "LANG=C.UTF-8";
    for (size_t i = 0; env && env[i] && n < ENV_MAX - 1; i++)
        all[n++] = env[i];
    all[n] = NULL;
}

/* The child leads a process group of its own, with default signals and nothing open but the pipe. */
static int spawn(const char *const argv[], const char *const env[], int out, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, out, 2);
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

/* True when the output has ended before the deadline. What goes over the maximum is read and dropped. */
static bool collect(int fd, struct buf *output, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - clock_monotonic_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left <= 0 ? 0 : poll(&p, 1, (int)left);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char chunk[1024];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0)
            return true;
        buf_add(output, chunk, (size_t)n < OUTPUT_MAX - output->len ? (size_t)n : OUTPUT_MAX - output->len);
    }
}

static const char *printable(struct buf *b) {
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->p[i] < 0x20 && b->p[i] != '\n' && b->p[i] != '\t')
            b->p[i] = '?';
    return b->p;
}

/* A program may close its output and run on: it still has only until the deadline. */
static int wait_until(pid_t pid, int64_t deadline, bool *timed_out) {
    int status = 0;
    while (!*timed_out && waitpid(pid, &status, WNOHANG) == 0) {
        if (clock_monotonic_ms() >= deadline)
            *timed_out = true;
        else
            usleep(2000);
    }
    if (*timed_out) {
        kill(-pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool child_run(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
               struct child_result *result, struct error *e) {
    int pipe_fd[2];
    if (pipe2(pipe_fd, O_CLOEXEC) < 0)
        return fail_errno(e, ERR_SYSTEM, "pipe");
    AUTO_FD in = pipe_fd[0];
    const char *all[ENV_MAX];
    make_environment(env, all);
    pid_t pid;
    int64_t deadline = clock_monotonic_ms() + timeout_ms;
    int failed = spawn(argv, all, pipe_fd[1], &pid);
    close(pipe_fd[1]);
    errno = failed;
    if (failed)
        return fail_errno(e, ERR_SYSTEM, argv[0]);
    struct buf output = buf_new(a, OUTPUT_MAX);
    *result = (struct child_result){.timed_out = !collect(in, &output, deadline)};
    result->exit_status = wait_until(pid, deadline, &result->timed_out);
    result->output = printable(&output);
    return true;
}
