/* The roles: init prepares, web answers, worker works, signer and runner serve them. */
#include "tenure/role.h"
#include "account/account.h"
#include "base/clock.h"
#include "base/file.h"
#include "runner/runner.h"
#include "signer/signer.h"
#include "tenure/dispatch.h"
#include "tenure/node.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    WORKER_IDLE_MS = 3000,   /* without work; the next worker is forked when something is due */
    WORKER_NEAR_SECONDS = 5, /* work due so soon is waited for */
    TROUBLE_MS = 1000,       /* between attempts while the database cannot be used */
    WORKERS_MAX = 16,        /* that config.c allows */
    DRAIN_MS = 5000,
};

int role_fatal(const char *what, const struct error *e) {
    log_failure(what, e, "");
    return error_row(e->id)->exit;
}

/* ---- init ---- */

/* The one-time secret: printed, and kept in a file of 0600 until it is used. */
static bool show_first_login(const struct first_login *login, struct error *e) {
    if (!login->secret)
        return true;
    unlink(CONFIG_FIRST_LOGIN);
    if (!file_write_new(CONFIG_FIRST_LOGIN, 0600, secret_slice(login->secret), e))
        return false;
    printf("first start: `tenure login` with this secret, once (also in %s in the data folder): %s\n",
           CONFIG_FIRST_LOGIN, (const char *)secret_bytes(login->secret));
    fflush(stdout);
    return true;
}

/* The processes of an earlier run died with their supervisor: what they had claimed is free again. */
static bool release_all(struct db *db, struct error *e) {
    for (int i = 0; i <= WORKERS_MAX; i++) { /* the last one: the worker that relieves them */
        char owner[32];
        snprintf(owner, sizeof owner, "worker-%d", i);
        if (!work_give_back(db, owner, e))
            return false;
    }
    return true;
}

/* The secret's file is written before the account counts: a crash in between must not lock everybody out. */
static bool first_account(struct db *db, struct arena *a, int64_t now, struct error *e) {
    struct first_login login = {0};
    if (!db_begin(db, e))
        return false;
    if (account_bootstrap(db, a, now, &login, e) && show_first_login(&login, e) && db_commit(db, e))
        return true;
    db_rollback(db);
    return false;
}

/* It is made before the database, and never beside one: what is in there could not be opened with it. */
static bool load_master_key(struct arena *a, struct secret **key, struct error *e) {
    bool first_start = access(CONFIG_DATABASE, F_OK) != 0;
    if (master_key_load(a, CONFIG_MASTER_KEY, first_start, key, e))
        return true;
    return e->id != ERR_NOT_FOUND
               ? false
               : fail(e, ERR_BAD_CONFIG,
                      "%s is missing, and the keys in %s open with nothing else: bring its copy back",
                      "缺少 %s,而 %s 中的私钥只能由它解开:请恢复其副本", CONFIG_MASTER_KEY, CONFIG_DATABASE);
}

/* Told at the start, not by the first renewal that fails for it. */
static bool check_master_key(const struct node *node, struct arena *a, const struct secret *key,
                             struct error *e) {
    struct services services = node->services;
    services.signer = signer_local(a, key);
    return ca_keys_open(&services, a, e);
}

static bool prepare(const struct node *node, struct arena *a, const struct secret *key, int64_t now,
                    struct error *e) {
    struct db *db = node->services.db;
    return db_migrate(db, now, e) && catalog_seed(db, a, &node->catalog, now, e) &&
           check_master_key(node, a, key, e) && first_account(db, a, now, e) && release_all(db, e) &&
           flow_ensure(&node->services, now, e);
}

int role_init_at(const struct role_context *context, int64_t now) {
    AUTO_ARENA a = arena_new();
    struct node node;
    struct secret *key;
    struct error e = {0};
    if (!load_master_key(a, &key, &e) || !node_open(&node, context->config, DB_WORKER, context->port, &e))
        return role_fatal("cannot prepare the data folder", &e);
    bool prepared = prepare(&node, a, key, now, &e);
    node_close(&node);
    return prepared ? EXIT_SUCCESS : role_fatal("cannot prepare the data folder", &e);
}

int role_init(const struct role_context *context) {
    return role_init_at(context, clock_now());
}

/* ---- web ---- */

int role_term_fd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void web_loop(struct server *server) {
    AUTO_FD term = role_term_fd();
    int64_t end = 0; /* when patience ends, once draining */
    while (!end || (server_connections(server) && clock_monotonic_ms() < end)) {
        struct pollfd fds[] = {{.fd = server_poll_fd(server), .events = POLLIN},
                               {.fd = term, .events = POLLIN}};
        int timeout = server_timeout_ms(server);
        poll(fds, end ? 1 : 2, end && (timeout < 0 || timeout > 100) ? 100 : timeout);
        server_run(server, clock_now());
        if (!end && fds[1].revents) {
            server_drain(server);
            end = clock_monotonic_ms() + DRAIN_MS;
        }
    }
}

static bool web_start(struct dispatcher *d, const struct config *config, int port, struct server **server,
                      struct error *e) {
    struct server_options options = server_defaults;
    options.context = d;
    options.body_max = dispatch_body_max;
    options.handle = dispatch_handle;
    return server_listen(config->address, (uint16_t)port, &options.listen_fd, e) &&
           server_start(server, &options, e);
}

int role_web(const struct role_context *context) {
    struct node node;
    struct server *server;
    struct error e = {0};
    if (!node_open(&node, context->config, DB_WEB, context->port, &e))
        return role_fatal("cannot start", &e);
    struct dispatcher d = {
        .services = &node.services, .public_url = node.issue.public_url, .wake_fd = context->wake_fd};
    if (!web_start(&d, context->config, context->port, &server, &e) ||
        !sandbox_enter(KIND_WEB, context->config->data, &e))
        return role_fatal("cannot start", &e);
    web_loop(server);
    server_free(server);
    node_close(&node);
    return 0;
}

/* ---- worker ---- */

static void tell(const struct role_context *context, char status) {
    ssize_t ignored = write(context->status_fd, &status, 1);
    (void)ignored; /* without its supervisor the process ends anyway */
}

static void tell_idle(const struct role_context *context, int64_t due_at) {
    struct __attribute__((packed)) {
        char status;
        int64_t due_at;
    } message = {STATUS_IDLE, due_at};
    ssize_t ignored = write(context->status_fd, &message, sizeof message);
    (void)ignored;
}

static void tell_slow(void *context, bool slow) {
    tell(context, slow ? STATUS_SLOW : STATUS_FREE);
}

/* Waits for new work, for the end, or for the time; true to go on. What is drained here is looked at right
 * after. */
static bool worker_wait(const struct role_context *context, int term, int timeout_ms) {
    struct pollfd fds[] = {{.fd = context->wake_fd, .events = POLLIN}, {.fd = term, .events = POLLIN}};
    poll(fds, 2, timeout_ms);
    char drained[64];
    while (read(context->wake_fd, drained, sizeof drained) > 0)
        ;
    return !fds[1].revents;
}

/* Milliseconds to wait before the next look; -1: nothing is near, the worker may end. */
static int worker_pause(int64_t due_at, int64_t now, int64_t idle_since) {
    if (due_at <= now)
        return 0;
    if (due_at - now <= WORKER_NEAR_SECONDS)
        return 1000;
    int64_t left = idle_since + WORKER_IDLE_MS - clock_monotonic_ms();
    return left > 0 ? (int)left : -1;
}

static bool worker_turn(struct engine *engine, size_t *ran, int64_t *due_at, struct error *e) {
    *due_at = INT64_MAX;
    return flow_run(engine, clock_now(), ran, e) &&
           (*ran || work_next_due_of(engine->services->db, engine->only, due_at, e));
}

/* While the database cannot be used, nothing is lost: steps are repeated when it is back. */
static bool worker_trouble(const struct role_context *context, struct engine *engine, int term,
                           struct error *e) {
    struct error ignored = {0};
    log_failure("work is held up", e, engine->owner);
    db_rollback(engine->services->db);
    bool goes_on = worker_wait(context, term, TROUBLE_MS);
    work_give_back(engine->services->db, engine->owner, &ignored);
    return goes_on;
}

static void worker_loop(const struct role_context *context, struct engine *engine) {
    AUTO_FD term = role_term_fd();
    int64_t idle_since = clock_monotonic_ms(), due_at = 0;
    bool goes_on = worker_wait(context, term, 0);
    while (goes_on) {
        struct error e = {0};
        size_t ran;
        if (!worker_turn(engine, &ran, &due_at, &e)) {
            goes_on = worker_trouble(context, engine, term, &e);
            continue;
        }
        if (ran)
            idle_since = clock_monotonic_ms();
        if (ran == engine->batch)
            tell(context, STATUS_MORE);
        int pause = ran ? 0 : worker_pause(due_at, clock_now(), idle_since);
        goes_on = pause >= 0 && worker_wait(context, term, pause);
    }
    flow_end(engine);
    tell_idle(context, due_at);
}

/* Whoever had this name before is dead. What it had in hand is suspected only if it died by its own fault. */
static bool take_over(struct db *db, const char *owner, bool crashed, struct error *e) {
    int64_t released;
    return crashed ? work_release(db, owner, clock_now(), &released, e) : work_give_back(db, owner, e);
}

/* One worker more than there are is for what asks nobody outside: whoever keeps the others, that goes on. */
static struct engine worker_engine(const struct role_context *context, struct node *node, const char *owner) {
    if (context->index >= context->config->workers)
        return flow_engine_own(&node->services, owner, node->arena);
    struct engine engine = flow_engine(&node->services, owner);
    engine.laggards_max = context->config->workers - 1;
    engine.tell = tell_slow;
    engine.told = (void *)context;
    return engine;
}

int role_worker(const struct role_context *context) {
    struct node node;
    struct error e = {0};
    if (!node_open(&node, context->config, DB_WORKER, context->port, &e) ||
        !sandbox_enter(KIND_WORKER, context->config->data, &e))
        return role_fatal("cannot start", &e);
    char owner[32];
    snprintf(owner, sizeof owner, "worker-%d", context->index);
    struct engine engine = worker_engine(context, &node, owner);
    if (!take_over(node.services.db, owner, context->crashed, &e))
        return role_fatal("cannot start", &e);
    worker_loop(context, &engine);
    struct error ignored = {0};
    db_checkpoint(node.services.db, &ignored);
    node_close(&node);
    return 0;
}

/* ---- signer and runner ---- */

static void enter_signer_sandbox(void *context) {
    const struct role_context *role = context;
    struct error e = {0};
    if (!sandbox_enter(KIND_SIGNER, role->config->data, &e))
        _exit(role_fatal("cannot enter the sandbox", &e));
}

int role_signer(const struct role_context *context) {
    const struct signer_options options = {.listen_fd = context->listen_fd,
                                           .master_key_path = CONFIG_MASTER_KEY,
                                           .enter_sandbox = enter_signer_sandbox,
                                           .context = (void *)context};
    return signer_serve(&options);
}

/* The same, for RSA keys, which take 150 ms and more to make. */
int role_signer_slow(const struct role_context *context) {
    return role_signer(context);
}

int role_runner(const struct role_context *context) {
    return runner_serve(context->listen_fd, &context->config->deploy.policy);
}
