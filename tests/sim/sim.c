/*
 * The first simulation: certificates of mixed profiles live for years under a simulated clock and seeded
 * randomness. A simulated user renews each in its window; steps are abandoned between act and save at random
 * points; targets and probes are simulated. At the end of every simulated day it is checked that nothing has
 * lapsed, that nothing was issued twice, and that every version is deployed. The same seed gives the same
 * audit head.
 *
 *     sim [--certificates N] [--years N] [--seed N] [--abandon PERCENT]
 */
#include "account/account.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "flow/flow.h"
#include "signer/signer.h"
#include "sim/world.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_DAYS = 30 }; /* the purchases are spread over so many days */

struct options {
    int64_t certificates, years, seed, abandon_percent;
};

struct sim {
    struct options options;
    struct world world;
    struct services services;
    struct engine engine;
    int64_t begin, now;
    int64_t bought, renewed, steps;
    const char *account_id;
};

static _Noreturn void die(const char *what, const struct error *e) {
    fprintf(stderr, "not ok - %s: %s %s\n", what, error_row(e->id)->code, e->detail[LANG_EN]);
    exit(1);
}

static void expect(struct sim *s, const char *what, int64_t expected, const char *sql) {
    struct error e = {0};
    int64_t value;
    if (!db_int(s->services.db, &value, 0, &e, sql, DB_INT(s->now)))
        die(what, &e);
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

/* ---- the user ---- */

static void in_transaction(struct sim *s, void (*run)(struct sim *s, struct arena *a, void *subject),
                           void *subject) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    if (!db_begin(s->services.db, &e))
        die("begin", &e);
    run(s, a, subject);
    if (!db_commit(s->services.db, &e))
        die("commit", &e);
}

/* Where the profile does not go on by itself, the user does, at once. */
static void submit_if_pending(struct sim *s, struct arena *a, const char *id) {
    struct certificate c;
    struct error e = {0};
    if (!certificate_get_any(s->services.db, a, id, &c, &e))
        die("certificate", &e);
    if (certificate_state(&c, s->now) == STATE_PENDING_APPLICATION &&
        !apply_submit(&s->services, a, &c, s->now, &e))
        die("submission", &e);
}

/* The brands on sale in turn. */
static const char *next_brand(const struct catalog *catalog, int64_t turn) {
    struct error ignored;
    size_t i = 0;
    for (;; i = (i + 1) % catalog->count)
        if (brand_on_sale(catalog->brands[i], &ignored) && turn-- == 0)
            return catalog->brands[i]->id;
}

static void buy_one(struct sim *s, struct arena *a, void *subject) {
    (void)subject;
    struct order order;
    struct certificate c;
    struct error e = {0};
    const struct order_request request = {
        .brand = next_brand(s->services.catalog, (int64_t)s->bought),
        .names = arena_printf(a, "host%lld.example.com", (long long)s->bought),
        .key_algorithm = "p256",
        .years = 1,
        .created_by = "simulation",
    };
    if (!order_purchase(&s->services, a, s->account_id, &request, s->now, &order, &c, &e) ||
        !world_add_target(&s->services, a, &c, s->now, &e))
        die("purchase", &e);
    submit_if_pending(s, a, c.id);
    s->bought++;
}

static void renew_one(struct sim *s, struct arena *a, void *subject) {
    struct certificate *old = subject;
    struct order order;
    struct certificate c;
    struct error e = {0};
    const struct order_request request = {.years = 1, .created_by = "simulation"};
    if (!order_renew(&s->services, a, old, &request, s->now, &order, &c, &e))
        die("renewal", &e);
    submit_if_pending(s, a, c.id);
    s->renewed++;
}

/* Each certificate is renewed at a random moment of its window: one in four of those that can be, every third
 * day. */
static void user_renews(struct sim *s) {
    const char *cursor = NULL;
    do {
        AUTO_ARENA a = arena_new();
        struct error e = {0};
        struct certificate *page;
        size_t count;
        const struct certificate_filter filter = {.state = "pending_expiration",
                                                  .days_left_max = -1,
                                                  .renewable = true,
                                                  .cursor = cursor,
                                                  .limit = LIST_LIMIT_MAX};
        if (!certificate_page(s->services.db, a, s->services.policies, s->account_id, &filter, s->now, &page,
                              &count, &cursor, &e))
            die("list", &e);
        for (size_t i = 0; i < count; i++)
            if (rand_below(4) == 0 || page[i].end_at - s->now < 5 * DAY)
                in_transaction(s, renew_one, &page[i]);
        cursor = cursor ? arena_strdup(s->world.arena, cursor) : NULL;
    } while (cursor);
}

/* ---- time ---- */

static void run_until(struct sim *s, int64_t until) {
    struct error e = {0};
    int64_t due_at;
    for (;;) {
        if (!work_next_due(s->services.db, &due_at, &e))
            die("queue", &e);
        if (due_at > until)
            break;
        s->now = due_at > s->now ? due_at : s->now;
        if (!flow_run_all(&s->engine, s->now, &e))
            die("engine", &e);
    }
    s->now = until;
}

static void check_day(struct sim *s) {
    expect(s, "every version is deployed", 0,
           "SELECT count(*) FROM deployment WHERE finished_at IS NULL AND created_at < $1 - 3600");
}

/* What reads whole tables: a lapse stays visible for longer than a week. */
static void check_week(struct sim *s) {
    expect(s, "no certificate lapses", 0,
           "SELECT count(*) FROM certificate WHERE phase = 7 AND successor_id IS NULL AND expires_at <= $1");
    expect(
        s, "no version ended before the next one was stored", 0,
        "SELECT count(*) FROM version v JOIN version w ON w.certificate_id = v.certificate_id AND w.number = v.number + 1"
        " WHERE w.stored_at >= v.end_at AND v.stored_at <= $1");
    expect(
        s, "no target serves an expired version", 0,
        "SELECT count(*) FROM target JOIN version ON version.id = target.version_id WHERE version.end_at <= $1");
}

static void check_end(struct sim *s) {
    expect(s, "no step waits in failure", 0, "SELECT count(*) FROM work WHERE attempts > 3 AND due_at <= $1");
    expect(
        s, "each application gave one version", 0,
        "SELECT count(*) FROM application WHERE closed_at IS NOT NULL AND created_at <= $1 AND version_id IS NULL");
    expect(
        s, "no application gave the version of another", 0,
        "SELECT count(*) - count(DISTINCT version_id) FROM application WHERE version_id IS NOT NULL AND created_at <= $1");
    expect(
        s, "no version came without an application", 0,
        "SELECT count(*) FROM version WHERE stored_at <= $1 AND id NOT IN (SELECT version_id FROM application WHERE version_id IS NOT NULL)");
    expect(
        s, "no certificate got two versions within a day", 0,
        "SELECT count(*) FROM version v JOIN version w ON w.certificate_id = v.certificate_id AND w.number = v.number + 1"
        " WHERE w.stored_at < v.stored_at + 86400 AND v.stored_at <= $1");
    expect(
        s, "every version has a finished deployment", 0,
        "SELECT count(*) FROM version WHERE stored_at <= $1 AND id NOT IN (SELECT version_id FROM deployment WHERE state = 'done')");
}

/* ---- set-up ---- */

static void set_up(struct sim *s) {
    struct error e = {0};
    static struct policies policies;
    static struct catalog catalog;
    static const struct issue_settings issue = {
        .public_url = "http://ca.example", .ca_algorithm = KEY_P256, .backdate_seconds = 60};
    struct arena *a = arena_new();
    rand_seed((uint64_t)s->options.seed);
    s->begin = s->now = days_from_civil(2026, 1, 1) * DAY;
    if (!policy_load(a, NULL, &policies, &e) || !catalog_load(a, NULL, &policies, &catalog, &e) ||
        !db_open(&s->services.db, ":memory:", DB_WORKER, &e) || !db_migrate(s->services.db, s->now, &e))
        die("set-up", &e);
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
        die("set-up", &e);
}

static void buy_for_today(struct sim *s, int64_t day) {
    int64_t goal =
        day >= FIRST_DAYS ? s->options.certificates : s->options.certificates * (day + 1) / FIRST_DAYS;
    while (s->bought < goal)
        in_transaction(s, buy_one, NULL);
}

static void report(struct sim *s, int64_t began_ms) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct audit_check check = {0};
    const char *head;
    int64_t versions, ms = clock_monotonic_ms() - began_ms;
    if (!db_int(s->services.db, &versions, 0, &e, "SELECT count(*) FROM version") ||
        !audit_verify(s->services.db, 0, INT64_MAX, &check, &e) ||
        !db_text(s->services.db, a, &head, &e, "SELECT hash FROM audit_head WHERE id = 1"))
        die("report", &e);
    if (!check.intact) {
        fprintf(stderr, "not ok - the audit chain is broken at %lld\n", (long long)check.broken_at);
        exit(1);
    }
    printf(
        "ok - %lld certificates lived %lld years: %lld renewals, %lld versions, %lld steps; nothing lapsed, nothing twice, all deployed\n",
        (long long)s->bought, (long long)s->options.years, (long long)s->renewed, (long long)versions,
        (long long)s->steps);
    printf("# %lld ms; audit head %s\n", (long long)ms, head);
}

static struct options read_options(int argc, char **argv) {
    struct options o = {.certificates = 10000, .years = 3, .seed = 1, .abandon_percent = 2};
    const struct {
        const char *name;
        int64_t *value;
    } known[] = {{"--certificates", &o.certificates},
                 {"--years", &o.years},
                 {"--seed", &o.seed},
                 {"--abandon", &o.abandon_percent}};
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (strcmp(argv[i], known[k].name) == 0)
                *known[k].value = strtoll(argv[i + 1], NULL, 10);
    return o;
}

int main(int argc, char **argv) {
    static struct sim s;
    s.options = read_options(argc, argv);
    int64_t began_ms = clock_monotonic_ms();
    log_setup("simulation", LOG_ERROR);
    set_up(&s);
    for (int64_t day = 0; day < s.options.years * 365; day++) {
        buy_for_today(&s, day);
        run_until(&s, s.begin + (day + 1) * DAY);
        if (day % 3 == 0)
            user_renews(&s);
        check_day(&s);
        if (day % 7 == 0)
            check_week(&s);
    }
    run_until(&s, s.now + DAY);
    check_end(&s);
    report(&s, began_ms);
    db_close(s.services.db);
    return 0;
}
