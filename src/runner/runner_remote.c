/* The runner in a process of its own. */
#include "base/ipc.h"
#include "base/log.h"
#include "runner/runner_message.h"
#include "runner/runner_ops.h"

/* Others' commands may be running first. */
enum { FILESET_MS = RUNNER_COMMAND_MAX_MS + 60 * 1000, RUN_MS = 2 * RUNNER_COMMAND_MAX_MS };

struct remote {
    struct runner runner;
    struct ipc_client *client;
};

static bool call(struct runner *r, struct arena *a, struct buf *message, int timeout_ms,
                 struct reader *answer, struct error *e) {
    return ipc_call(((struct remote *)r)->client, a, message, timeout_ms, answer, e) &&
           ipc_read_outcome(answer, e);
}

static bool call_fileset(struct runner *r, enum runner_code code, const struct fileset *set,
                         struct error *e) {
    AUTO_ARENA a = arena_new();
    struct buf message = ipc_message(a, IPC_MESSAGE_MAX);
    struct reader answer;
    runner_write_fileset(&message, code, set);
    return call(r, a, &message, FILESET_MS, &answer, e) && ipc_read_end(&answer, e);
}

static bool remote_put(struct runner *r, const struct fileset *set, struct error *e) {
    return call_fileset(r, RUNNER_PUT, set, e);
}

static bool remote_back(struct runner *r, const struct fileset *set, struct error *e) {
    return call_fileset(r, RUNNER_BACK, set, e);
}

static bool remote_keep(struct runner *r, const struct fileset *set, struct error *e) {
    return call_fileset(r, RUNNER_KEEP, set, e);
}

static bool remote_call(struct runner *r, struct arena *a, const struct runner_call *what,
                        struct child_result *result, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct buf message = ipc_message(scratch, IPC_MESSAGE_MAX);
    struct reader answer;
    runner_write_call(&message, what);
    if (!call(r, scratch, &message, RUN_MS, &answer, e))
        return false;
    runner_read_result(&answer, a, result);
    return ipc_read_end(&answer, e);
}

static const struct runner_ops remote_ops = {
    .put = remote_put,
    .back = remote_back,
    .keep = remote_keep,
    .call = remote_call,
};

struct runner *runner_connect(struct arena *a, const char *path) {
    struct remote *r = ARENA_NEW(a, struct remote);
    *r =
        (struct remote){.runner.ops = &remote_ops, .client = ipc_client_new(a, path, ERR_RUNNER_UNAVAILABLE)};
    return &r->runner;
}

/* A worker whose command hangs holds up its own process alone. */
int runner_serve(int listen_fd, const struct runner_policy *policy) {
    AUTO_ARENA a = arena_new();
    struct runner *local;
    struct error e = {0};
    if (!runner_local_shared(a, policy, &local, &e)) {
        log_failure("cannot start", &e, "");
        return error_row(e.id)->exit;
    }
    const struct ipc_server server = {
        .listen_fd = listen_fd, .answer = runner_answer, .context = local, .forks = true};
    return ipc_serve(&server);
}
