/*
 * All roles in one process: for tests and the debugger. The clock is the real one, or one that a test moves;
 * between two requests everything that is due runs. The responder alone is a process of its own: steps ask it
 * what the world would see, and wait for its answer.
 */
#include "base/clock.h"
#include "base/ipc.h"
#include "signer/signer.h"
#include "tenure/dispatch.h"
#include "tenure/node.h"
#include "tenure/role.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct whole {
    struct node node;
    struct engine engine;
    struct dispatcher dispatcher;
    struct server *server;
    int64_t clock; /* 0: the real one */
};

static int64_t whole_now(const struct whole *w) {
    return w->clock ? w->clock : clock_now();
}

/* Work in the order in which it is due, the clock moving with it; or first the clock. */
static bool advance(void *context, int64_t until, bool at_once, struct error *e) {
    struct whole *w = context;
    int64_t due_at = 0;
    if (!w->clock || until < w->clock)
        return fail_field(e, "advance_to", ERR_BAD_FIELD, "the clock only moves forward", "时钟只能前进");
    w->clock = at_once ? until : w->clock;
    while (work_next_due(w->node.services.db, &due_at, e) && due_at <= until) {
        w->clock = due_at > w->clock ? due_at : w->clock;
        if (!flow_run_all(&w->engine, w->clock, e))
            return false;
    }
    w->clock = until;
    return due_at > until;
}

/* With a clock of our own all that is due is done before the next request: tests count on it. With the real
 * one a batch, so that requests wait for no more than that. True: there may be more. */
static bool run_due(struct whole *w) {
    struct error e = {0};
    size_t ran = 0;
    if (!(w->clock ? flow_run_all(&w->engine, w->clock, &e) : flow_run(&w->engine, clock_now(), &ran, &e)))
        log_failure("work is held up", &e, w->engine.owner);
    return ran > 0;
}

static void loop(struct whole *w) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int term = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd fds[] = {{.fd = server_poll_fd(w->server), .events = POLLIN},
                           {.fd = term, .events = POLLIN}};
    bool more = false;
    while (!fds[1].revents) {
        int timeout = server_timeout_ms(w->server), longest = more ? 0 : 200;
        poll(fds, 2, timeout < 0 || timeout > longest ? longest : timeout);
        server_run(w->server, whole_now(w));
        more = run_due(w);
    }
    close(term);
}

static bool start(struct whole *w, const struct config *config, struct error *e) {
    struct server_options options = server_defaults;
    struct secret *key;
    options.context = &w->dispatcher;
    options.body_max = dispatch_body_max;
    options.handle = dispatch_handle;
    if (!server_listen(config->address, (uint16_t)config->port, &options.listen_fd, e) ||
        !node_open(&w->node, config, DB_WORKER, (int)config->port, e) ||
        !master_key_load(w->node.arena, CONFIG_MASTER_KEY, true, &key, e))
        return false;
    w->node.services.signer = signer_local(w->node.arena, key);
    w->node.services.runner = runner_local(w->node.arena, &config->deploy.policy);
    w->engine = flow_engine(&w->node.services, "worker-0");
    w->dispatcher = (struct dispatcher){.services = &w->node.services,
                                        .public_url = w->node.issue.public_url,
                                        .wake_fd = -1,
                                        .advance = advance,
                                        .context = w};
    return server_start(&w->server, &options, e);
}

/* Ends with us, however we end. 0: none is wanted. */
static pid_t start_responder(const struct role_context *context) {
    if (!responder_wanted(&context->config->responder))
        return 0;
    pid_t parent = getpid(), pid = fork();
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_setup("responder", context->config->log_level);
    _exit(getppid() == parent ? role_responder(context) : 1);
}

static void end_responder(pid_t pid) {
    if (pid <= 0)
        return;
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

int role_all(const struct config *config, int64_t clock_start) {
    struct whole w = {.clock = clock_start};
    struct error e = {0};
    const struct role_context context = {.config = config, .port = (int)config->port, .listen_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    log_setup("all", config->log_level);
    int status = role_init_at(&context, whole_now(&w));
    if (status != 0)
        return status;
    pid_t responder = start_responder(&context);
    if ((responder < 0 && !fail_errno(&e, ERR_SYSTEM, "fork")) || !start(&w, config, &e)) {
        log_failure("cannot start", &e, config->data);
        return error_row(e.id)->exit;
    }
    loop(&w);
    flow_end(&w.engine);
    server_free(w.server);
    node_close(&w.node);
    end_responder(responder);
    return 0;
}
