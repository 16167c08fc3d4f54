/* What the simulations share. */
#include "sim/run.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "signer/signer.h"
#include <stdio.h>
#include <stdlib.h>

_Noreturn void sim_die(const char *what, const struct error *e) {
    fprintf(stderr, "not ok - %s: %s %s\n", what, error_row(e->id)->code, e->detail[LANG_EN]);
    exit(1);
}

void sim_expect(struct sim *s, const char *what, int64_t expected, const char *sql) {
    struct error e = {0};
    int64_t value;
    if (!db_int(s->services.db, &value, 0, &e, sql, DB_INT(s->now)))
        sim_die(what, &e);
    if (value == expected)
        return;
    AUTO_ARENA a = arena_new();
    fprintf(stderr, "not ok - %s: %lld instead of %lld at %s\n", what, (long long)value, (long long)expected,
            time_format(a, s->now));
    exit(1);
}

/* ---- faults ---- */

static bool abandon(void *context, const struct step *step) {
    struct sim *s = context;
    (void)step;
    s->steps++;
    return (int64_t)rand_below(100) < s->options.abandon_percent;
}

/* ---- time ---- */

void sim_in_transaction(struct sim *s, void (*run)(struct sim *s, struct arena *a, void *subject),
                        void *subject) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    if (!db_begin(s->services.db, &e))
        sim_die("begin", &e);
    run(s, a, subject);
    if (!db_commit(s->services.db, &e))
        sim_die("commit", &e);
}

void sim_run_until(struct sim *s, int64_t until) {
    struct error e = {0};
    int64_t due_at;
    for (;;) {
        if (!work_next_due(s->services.db, &due_at, &e))
            sim_die("queue", &e);
        if (due_at > until)
            break;
        s->now = due_at > s->now ? due_at : s->now;
        if (!flow_run_all(&s->engine, s->now, &e))
            sim_die("engine", &e);
    }
    s->now = until;
}

/* ---- set-up ---- */

static void read_options(struct options *o, int argc, char **argv) {
    const struct {
        const char *name;
        int64_t *value;
    } known[] = {{"--certificates", &o->certificates},
                 {"--years", &o->years},
                 {"--seed", &o->seed},
                 {"--abandon", &o->abandon_percent}};
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strcmp(argv[i], known[k].name) == 0)
                *known[k].value = strtoll(argv[i + 1], NULL, 10);
}

void sim_start(struct sim *s, int argc, char **argv) {
    struct error e = {0};
    static struct policies policies;
    static struct catalog catalog;
    static const struct issue_settings issue = {
        .public_url = "http://ca.example", .ca_algorithm = KEY_P256, .backdate_seconds = 60};
    struct arena *a = arena_new();
    log_setup("simulation", LOG_ERROR);
    read_options(&s->options, argc, argv);
    rand_seed((uint64_t)s->options.seed);
    s->begin = s->now = days_from_civil(2026, 1, 1) * DAY;
    if (!policy_load(a, NULL, &policies, &e) || !catalog_load(a, NULL, &policies, &catalog, &e) ||
        !db_open(&s->services.db, ":memory:", DB_WORKER, &e) || !db_migrate(s->services.db, s->now, &e))
        sim_die("set-up", &e);
    s->account_id = "acct_simulation";
    s->services.policies = &policies;
    s->services.catalog = &catalog;
    s->services.issue = &issue;
    s->services.signer = signer_fake(a);
    world_start(&s->world, a, &s->services);
    s->engine = flow_engine(&s->services, "worker-0");
    s->engine.abandon = abandon;
    s->engine.context = s;
    if (!flow_ensure(&s->services, s->now, &e) ||
        !db_exec(s->services.db, &e,
                 "CREATE INDEX unfinished ON deployment (created_at) WHERE finished_at IS NULL"))
        sim_die("set-up", &e);
}

const char *sim_audit_head(struct sim *s, struct arena *a) {
    struct error e = {0};
    struct audit_check check = {0};
    const char *head;
    if (!audit_verify(s->services.db, 0, INT64_MAX, &check, &e) ||
        !db_text(s->services.db, a, &head, &e, "SELECT hash FROM audit_head WHERE id = 1"))
        sim_die("audit", &e);
    if (check.intact)
        return head;
    fprintf(stderr, "not ok - the audit chain is broken at %lld\n", (long long)check.broken_at);
    exit(1);
}
