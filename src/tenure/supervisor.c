/* The supervisor's loop. */
#include "tenure/supervisor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "tenure/role.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SLOTS_MAX = 40,
    QUICK_MS = 1000,  /* a role that lives shorter is started again with a delay */
    RELIEF_MS = 1000, /* when all workers have asked others for so long, one more begins with our own work */
    PASS_ON_MS = 200, /* a worker that was told of work and has not looked by then is busy */
    DELAY_MAX_MS = 5000,
    STOP_MS = 10000, /* for the roles to end after SIGTERM */
    LOCK_MS = 2000,
    PORT_MS = 1000,
};

/* One process that should be there. */
struct slot {
    enum role_kind kind;
    int index;
    pid_t pid;                    /* 0: not running */
    int64_t started_ms, start_ms; /* start_ms: when to start it again, monotonic */
    int quick_deaths;
    bool crashed; /* its last process ended by its own fault */
    bool asleep;  /* a worker that found nothing to do: forked again when something is due */
    int64_t due_at;
    int wake[2];        /* to a worker; kept over its lives, so that what one did not read wakes the next */
    int64_t pass_on_ms; /* when the next worker is told if this one has not looked, monotonic; 0: never */
    int64_t slow_ms;    /* a worker asks others since then, monotonic; 0: it does not */
    int status_fd;      /* our end, -1 if none */
};

struct supervisor {
    const struct config *config;
    struct slot slots[SLOTS_MAX];
    size_t count;
    int listen_fds[KIND_COUNT]; /* signers and runner */
    int port;
    int wake_pipe[2]; /* webs write, we read */
    int signal_fd;
    bool stopping;
};

static int (*const mains[KIND_COUNT])(const struct role_context *) = {
    [KIND_INIT] = role_init,           [KIND_WEB] = role_web,       [KIND_WORKER] = role_worker,
    [KIND_SIGNER] = role_signer,       [KIND_RUNNER] = role_runner, [KIND_SIGNER_SLOW] = role_signer_slow,
    [KIND_RESPONDER] = role_responder,
};

static void close_fd(int *fd) {
    close_auto(fd);
    *fd = -1;
}

/* ---- in the child ---- */

/* The child keeps its own ends and drops ours, so that a pipe ends when its process does. */
static void child_keep_own(struct supervisor *s, const struct slot *own) {
    close(s->signal_fd);
    close(s->wake_pipe[0]);
    for (size_t i = 0; i < s->count; i++) {
        close_auto(&s->slots[i].wake[1]);
        close_auto(&s->slots[i].status_fd);
    }
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if (kind != (int)own->kind)
            close_auto(&s->listen_fds[kind]);
}

static _Noreturn void child_main(struct supervisor *s, const struct slot *own, pid_t parent, int status) {
    sigset_t none;
    sigemptyset(&none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    prctl(PR_SET_NAME, role_kind_name(own->kind)); /* what `ps` and `top` show */
    child_keep_own(s, own);
    sigprocmask(SIG_SETMASK, &none, NULL);
    log_setup(role_kind_name(own->kind), s->config->log_level);
    struct role_context context = {
        .config = s->config,
        .index = own->index,
        .listen_fd = s->listen_fds[own->kind],
        .port = s->port,
        .wake_fd = own->kind == KIND_WEB ? s->wake_pipe[1] : own->wake[0],
        .status_fd = status,
        .crashed = own->crashed,
    };
    _exit(mains[own->kind](&context));
}

/* ---- starting ---- */

static void slot_start(struct supervisor *s, struct slot *slot) {
    int status[2] = {-1, -1};
    pid_t parent = getpid();
    slot->asleep = false;
    slot->slow_ms = 0;
    slot->started_ms = clock_monotonic_ms();
    slot->pid = slot->kind == KIND_WORKER && pipe2(status, O_CLOEXEC) < 0 ? -1 : fork();
    if (slot->pid == 0)
        child_main(s, slot, parent, status[1]);
    close_auto(&status[1]);
    slot->status_fd = status[0];
    if (slot->pid > 0)
        return;
    slot->pid = 0; /* no process could be made: later again */
    slot->start_ms = slot->started_ms + QUICK_MS;
    close_fd(&slot->status_fd);
}

static void slot_add(struct supervisor *s, enum role_kind kind, int count) {
    for (int i = 0; i < count && s->count < SLOTS_MAX; i++) {
        struct slot *slot = &s->slots[s->count++];
        *slot = (struct slot){.kind = kind, .index = i, .wake = {-1, -1}, .status_fd = -1};
        if (kind == KIND_WORKER && pipe2(slot->wake, O_CLOEXEC | O_NONBLOCK) < 0)
            slot->wake[0] = slot->wake[1] = -1; /* it still looks at its times */
    }
}

static void start_due(struct supervisor *s, int64_t now_ms, int64_t now) {
    for (size_t i = 0; i < s->count; i++) {
        struct slot *slot = &s->slots[i];
        bool due = slot->asleep ? slot->due_at <= now : slot->start_ms <= now_ms;
        if (slot->pid == 0 && due && !s->stopping)
            slot_start(s, slot);
    }
}

/* Milliseconds until some slot is to be started; -1: nothing planned. */
static int until_next(const struct supervisor *s, int64_t now_ms, int64_t now) {
    int64_t least = INT32_MAX;
    for (size_t i = 0; i < s->count; i++) {
        const struct slot *slot = &s->slots[i];
        if (slot->pass_on_ms && slot->pass_on_ms - now_ms < least)
            least = slot->pass_on_ms < now_ms ? 0 : slot->pass_on_ms - now_ms;
        if (slot->pid)
            continue;
        /* Far times are looked at again every minute: the wall clock may jump. */
        int64_t seconds = slot->due_at - now < 60 ? slot->due_at - now : 60;
        int64_t wait = slot->asleep ? seconds * 1000 : slot->start_ms - now_ms;
        if (wait < least)
            least = wait < 0 ? 0 : wait;
    }
    return least == INT32_MAX ? -1 : (int)least;
}

/* ---- workers ---- */

/* The worker after the last one: for what asks nobody outside. It is told of work when no other looks. */
static bool is_relief(const struct supervisor *s, const struct slot *slot) {
    return slot->kind == KIND_WORKER && slot->index == s->config->workers;
}

/* Since when all the others have been asking outside, monotonic; 0: not all do. */
static int64_t all_slow_since(const struct supervisor *s) {
    int64_t since = 1;
    for (size_t i = 0; i < s->count && since; i++) {
        const struct slot *slot = &s->slots[i];
        if (slot->kind == KIND_WORKER && !is_relief(s, slot))
            since = !slot->pid || !slot->slow_ms ? 0 : slot->slow_ms > since ? slot->slow_ms : since;
    }
    return since;
}

/* What came due by time meanwhile has woken nobody. */
static void call_relief(struct supervisor *s, int64_t now_ms, int64_t now) {
    struct slot *last = &s->slots[s->count - 1];
    int64_t since = all_slow_since(s);
    if (last->asleep && since && now_ms - since >= RELIEF_MS)
        last->due_at = now;
}

static int until_relief(const struct supervisor *s, int64_t now_ms) {
    int64_t since = all_slow_since(s), wait = since + RELIEF_MS - now_ms;
    if (!since || !s->slots[s->count - 1].asleep)
        return -1;
    return wait < 0 ? 0 : (int)wait;
}

/* Tells one worker that there is work: a sleeping one is started. */
static void worker_wake(struct slot *slot, int64_t now) {
    slot->due_at = now;
    if (!slot->pass_on_ms)
        slot->pass_on_ms = clock_monotonic_ms() + PASS_ON_MS;
    ssize_t ignored = write(slot->wake[1], "w", 1); /* a full pipe says it too */
    (void)ignored;
}

static bool worker_has_mail(const struct slot *slot) {
    struct pollfd p = {.fd = slot->wake[0], .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* The first from this slot on. */
static void wake_worker_from(struct supervisor *s, size_t slot, int64_t now) {
    for (size_t i = slot; i < s->count; i++)
        if (s->slots[i].kind == KIND_WORKER) {
            worker_wake(&s->slots[i], now);
            return;
        }
}

static void wake_first_worker(struct supervisor *s, int64_t now) {
    char drained[256];
    while (read(s->wake_pipe[0], drained, sizeof drained) > 0)
        ;
    wake_worker_from(s, 0, now);
}

/* A worker may be held up for minutes, by a reload command for instance: new work must not wait for it. */
static void pass_on(struct supervisor *s, int64_t now_ms, int64_t now) {
    for (size_t i = 0; i < s->count; i++) {
        struct slot *slot = &s->slots[i];
        if (!slot->pass_on_ms || slot->pass_on_ms > now_ms)
            continue;
        slot->pass_on_ms = 0;
        if (worker_has_mail(slot))
            wake_worker_from(s, i + 1, now);
    }
}

/* A worker has more than one batch: the sleeping ones help. */
static void wake_sleeping_workers(struct supervisor *s, int64_t now) {
    for (size_t i = 0; i < s->count; i++)
        if (s->slots[i].kind == KIND_WORKER && s->slots[i].pid == 0 && !is_relief(s, &s->slots[i]))
            s->slots[i].due_at = now;
}

static void worker_status(struct supervisor *s, struct slot *slot, int64_t now) {
    char status;
    if (read(slot->status_fd, &status, 1) != 1) {
        close_fd(&slot->status_fd); /* its end is reaped */
        return;
    }
    if (status == STATUS_MORE)
        wake_sleeping_workers(s, now);
    if (status == STATUS_SLOW || status == STATUS_FREE)
        slot->slow_ms = status == STATUS_SLOW ? clock_monotonic_ms() : 0;
    if (status == STATUS_IDLE &&
        read(slot->status_fd, &slot->due_at, sizeof slot->due_at) == sizeof slot->due_at)
        slot->asleep = true;
    if (slot->asleep && is_relief(s, slot))
        slot->due_at = INT64_MAX; /* it is called */
}

/* ---- ends ---- */

/* SIGKILL comes from outside, and says nothing about what the process was doing. */
static bool crashed(int status) {
    return WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0;
}

static void read_last_words(struct supervisor *s, struct slot *slot, int64_t now) {
    if (slot->status_fd < 0)
        return;
    fcntl(slot->status_fd, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 64 && slot->status_fd >= 0; i++)
        worker_status(s, slot, now);
    close_fd(&slot->status_fd);
}

/* Only a role that crashes again and again is held back: what was killed from outside must be there again at
 * once. */
static void plan_start(struct slot *slot, int64_t now_ms) {
    bool quick = slot->crashed && now_ms - slot->started_ms < QUICK_MS;
    slot->quick_deaths = quick ? slot->quick_deaths + 1 : 0;
    int64_t delay = slot->quick_deaths ? 100LL << (slot->quick_deaths < 6 ? slot->quick_deaths : 6) : 0;
    slot->start_ms = now_ms + (delay < DELAY_MAX_MS ? delay : DELAY_MAX_MS);
}

static void log_end(const struct slot *slot, int status) {
    log_event(LOG_WARNING, "a role ended and is started again", LOG_S("ended", role_kind_name(slot->kind)),
              LOG_I("status", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)));
}

static void slot_ended(struct supervisor *s, struct slot *slot, int status) {
    int64_t now = clock_now();
    read_last_words(s, slot, now);
    slot->pid = 0;
    slot->crashed = crashed(status);
    slot->asleep = slot->asleep && WIFEXITED(status) && !slot->crashed;
    if (slot->asleep && worker_has_mail(slot))
        slot->due_at = now; /* it was told of work while it was leaving */
    if (slot->kind == KIND_WEB)
        wake_first_worker(s, now); /* it may have committed work, and died before it could tell */
    plan_start(slot, clock_monotonic_ms());
    if (!slot->asleep && !s->stopping)
        log_end(slot, status);
}

static void reap(struct supervisor *s) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (size_t i = 0; i < s->count; i++)
            if (s->slots[i].pid == pid)
                slot_ended(s, &s->slots[i], status);
}

static void handle_signals(struct supervisor *s) {
    struct signalfd_siginfo info;
    while (read(s->signal_fd, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            s->stopping = true;
    reap(s);
}

/* ---- the loop ---- */

static void wait_for_events(struct supervisor *s, int timeout_ms) {
    struct pollfd fds[SLOTS_MAX + 2] = {{.fd = s->signal_fd, .events = POLLIN},
                                        {.fd = s->wake_pipe[0], .events = POLLIN}};
    for (size_t i = 0; i < s->count; i++)
        fds[i + 2] = (struct pollfd){.fd = s->slots[i].status_fd, .events = POLLIN};
    if (poll(fds, s->count + 2, timeout_ms) < 0)
        return;
    int64_t now = clock_now();
    for (size_t i = 0; i < s->count; i++)
        if (fds[i + 2].revents)
            worker_status(s, &s->slots[i], now);
    if (fds[1].revents)
        wake_first_worker(s, now);
    if (fds[0].revents)
        handle_signals(s);
}

static size_t running(const struct supervisor *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += s->slots[i].pid != 0;
    return n;
}

static void signal_all(struct supervisor *s, int number) {
    for (size_t i = 0; i < s->count; i++)
        if (s->slots[i].pid)
            kill(s->slots[i].pid, number);
}

/* Web and workers finish what they do; the signers and the runner serve them until then. */
static void stop_all(struct supervisor *s) {
    int64_t deadline = clock_monotonic_ms() + STOP_MS;
    for (size_t i = 0; i < s->count; i++)
        if (s->slots[i].pid && (s->slots[i].kind == KIND_WEB || s->slots[i].kind == KIND_WORKER))
            kill(s->slots[i].pid, SIGTERM);
    bool told_helpers = false;
    while (running(s) && clock_monotonic_ms() < deadline) {
        wait_for_events(s, 50);
        size_t busy = 0;
        for (size_t i = 0; i < s->count; i++)
            busy += s->slots[i].pid && (s->slots[i].kind == KIND_WEB || s->slots[i].kind == KIND_WORKER);
        if (!busy && !told_helpers) {
            signal_all(s, SIGTERM);
            told_helpers = true;
        }
    }
    signal_all(s, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
}

/* -1: never */
static int sooner(int one_ms, int other_ms) {
    return one_ms < 0 || (other_ms >= 0 && other_ms < one_ms) ? other_ms : one_ms;
}

static int loop(struct supervisor *s) {
    while (!s->stopping) {
        pass_on(s, clock_monotonic_ms(), clock_now());
        call_relief(s, clock_monotonic_ms(), clock_now());
        start_due(s, clock_monotonic_ms(), clock_now());
        wait_for_events(s, sooner(until_next(s, clock_monotonic_ms(), clock_now()),
                                  until_relief(s, clock_monotonic_ms())));
    }
    stop_all(s);
    log_event(LOG_INFO, "stopped");
    return 0;
}

/* ---- set-up ---- */

/* One supervisor for a data folder: the lock ends with the process, however it ends. */
static bool lock_data(struct error *e) {
    int fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(e, ERR_SYSTEM, "lock");
    /* The children of a killed supervisor may need a moment to follow it. */
    int64_t deadline = clock_monotonic_ms() + LOCK_MS;
    while (flock(fd, LOCK_EX | LOCK_NB) < 0 && clock_monotonic_ms() < deadline)
        usleep(10000);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return fail(e, ERR_CONFLICT, "another `tenure serve` uses this data folder",
                    "另一个 `tenure serve` 正在使用该数据目录");
    return true; /* kept open for good */
}

/* The processes of a killed supervisor may hold the port a moment longer than the lock. */
static bool bind_patiently(int fd, const struct sockaddr_in *address) {
    int64_t deadline = clock_monotonic_ms() + PORT_MS;
    int bound;
    while ((bound = bind(fd, (const struct sockaddr *)address, sizeof *address)) < 0 && errno == EADDRINUSE &&
           clock_monotonic_ms() < deadline)
        usleep(10000);
    return bound == 0;
}

static bool fail_port(const struct config *config, struct error *e) {
    char listen[64];
    snprintf(listen, sizeof listen, "%s:%lld", config->address, (long long)config->port);
    return fail_errno(e, ERR_SYSTEM, listen);
}

/*
 * Reserves the port for all web processes, which listen on it with SO_REUSEPORT; learns it if it was 0. That
 * option comes after bind(): before, it would share the port of another daemon of the same user.
 */
static bool reserve_port(struct supervisor *s, struct error *e) {
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->config->port)};
    socklen_t len = sizeof address;
    if (inet_pton(AF_INET, s->config->address, &address.sin_addr) != 1)
        return fail(e, ERR_BAD_CONFIG, "listen: '%s' is not an IPv4 address", "listen:“%s”不是 IPv4 地址",
                    s->config->address);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        !bind_patiently(fd, &address) || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return fail_port(s->config, e);
    s->port = ntohs(address.sin_port);
    return true;
}

static bool open_sockets(struct supervisor *s, struct error *e) {
    for (int kind = 0; kind < KIND_COUNT; kind++)
        s->listen_fds[kind] = -1;
    return lock_data(e) && reserve_port(s, e) &&
           ipc_listen(CONFIG_SIGNER_SOCKET, &s->listen_fds[KIND_SIGNER], e) &&
           ipc_listen(CONFIG_SIGNER_SOCKET ".slow", &s->listen_fds[KIND_SIGNER_SLOW], e) &&
           ipc_listen(CONFIG_RUNNER_SOCKET, &s->listen_fds[KIND_RUNNER], e);
}

static bool catch_signals(struct supervisor *s, struct error *e) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    struct sigaction hangup;
    if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup asks to go on */
        sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    s->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s->signal_fd < 0 || pipe2(s->wake_pipe, O_NONBLOCK | O_CLOEXEC) < 0)
        return fail_errno(e, ERR_SYSTEM, "signalfd");
    return true;
}

/* The first process prepares database and account, and must end well before the others begin. Its exit
 * status: it has said why. */
static int run_init(struct supervisor *s) {
    struct slot init = {.kind = KIND_INIT, .wake = {-1, -1}, .status_fd = -1};
    int status;
    slot_start(s, &init);
    bool ended = init.pid > 0 && waitpid(init.pid, &status, 0) == init.pid && WIFEXITED(status);
    return ended ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int supervisor_run(const struct config *config) {
    struct supervisor s = {.config = config};
    struct error e = {0};
    log_setup("supervisor", config->log_level);
    if (!catch_signals(&s, &e) || !open_sockets(&s, &e)) {
        log_failure("cannot start", &e, config->data);
        return error_row(e.id)->exit;
    }
    int prepared = run_init(&s);
    if (prepared != EXIT_SUCCESS)
        return prepared;
    slot_add(&s, KIND_SIGNER, 1);
    slot_add(&s, KIND_SIGNER_SLOW, 1);
    slot_add(&s, KIND_RUNNER, 1);
    if (responder_wanted(&config->responder))
        slot_add(&s, KIND_RESPONDER, 1);
    slot_add(&s, KIND_WEB, (int)config->web_processes);
    slot_add(&s, KIND_WORKER, (int)config->workers + 1);
    s.slots[s.count - 1].asleep = true;
    s.slots[s.count - 1].due_at = INT64_MAX;
    log_event(LOG_INFO, "started", LOG_S("address", config->address), LOG_I("port", s.port));
    return loop(&s);
}
