/*
 * The first simulation: certificates of mixed profiles live for years under a simulated clock and seeded
 * randomness. A simulated user renews each in its window; steps are abandoned between act and save at random
 * points; targets and probes are simulated. At the end of every simulated day it is checked that nothing has
 * lapsed, that nothing was issued twice, and that every version is deployed. The same seed gives the same
 * audit head.
 *
 *     sim [--certificates N] [--years N] [--seed N] [--abandon PERCENT]
 */
#include "base/clock.h"
#include "base/rand.h"
#include "sim/run.h"
#include <stdio.h>

enum { FIRST_DAYS = 30 }; /* the purchases are spread over so many days */

/* ---- the user ---- */

/* Where the profile does not go on by itself, the user does, at once. */
static void submit_if_pending(struct sim *s, struct arena *a, const char *id) {
    struct certificate c;
    struct error e = {0};
    if (!certificate_get_any(s->services.db, a, id, &c, &e))
        sim_die("certificate", &e);
    if (certificate_state(&c, s->now) == STATE_PENDING_APPLICATION &&
        !apply_submit(&s->services, a, &c, s->now, &e))
        sim_die("submission", &e);
}

static bool is_free(const struct brand *brand) {
    return brand->demands == DEMANDS_NONE && !brand_is_test(brand);
}

/* The brands that cost and demand nothing, in turn. */
static const char *next_brand(const struct catalog *catalog, int64_t turn) {
    size_t i = 0;
    for (;; i = (i + 1) % catalog->count)
        if (is_free(catalog->brands[i]) && turn-- == 0)
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
        sim_die("purchase", &e);
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
        sim_die("renewal", &e);
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
            sim_die("list", &e);
        for (size_t i = 0; i < count; i++)
            if (rand_below(4) == 0 || page[i].end_at - s->now < 5 * DAY)
                sim_in_transaction(s, renew_one, &page[i]);
        cursor = cursor ? arena_strdup(s->world.arena, cursor) : NULL;
    } while (cursor);
}

/* ---- what must hold ---- */

static void check_day(struct sim *s) {
    sim_expect(s, "every version is deployed", 0,
               "SELECT count(*) FROM deployment WHERE finished_at IS NULL AND created_at < $1 - 3600");
}

/* What reads whole tables: a lapse stays visible for longer than a week. */
static void check_week(struct sim *s) {
    sim_expect(
        s, "no certificate lapses", 0,
        "SELECT count(*) FROM certificate WHERE phase = 7 AND successor_id IS NULL AND expires_at <= $1");
    sim_expect(
        s, "no version ended before the next one was stored", 0,
        "SELECT count(*) FROM version v JOIN version w ON w.certificate_id = v.certificate_id AND w.number = v.number + 1"
        " WHERE w.stored_at >= v.end_at AND v.stored_at <= $1");
    sim_expect(
        s, "no target serves an expired version", 0,
        "SELECT count(*) FROM target JOIN version ON version.id = target.version_id WHERE version.end_at <= $1");
}

static void check_end(struct sim *s) {
    sim_expect(s, "no step waits in failure", 0,
               "SELECT count(*) FROM work WHERE attempts > 3 AND due_at <= $1");
    sim_expect(
        s, "each application gave one version", 0,
        "SELECT count(*) FROM application WHERE closed_at IS NOT NULL AND created_at <= $1 AND version_id IS NULL");
    sim_expect(
        s, "no application gave the version of another", 0,
        "SELECT count(*) - count(DISTINCT version_id) FROM application WHERE version_id IS NOT NULL AND created_at <= $1");
    sim_expect(
        s, "no version came without an application", 0,
        "SELECT count(*) FROM version WHERE stored_at <= $1 AND id NOT IN (SELECT version_id FROM application WHERE version_id IS NOT NULL)");
    sim_expect(
        s, "no certificate got two versions within a day", 0,
        "SELECT count(*) FROM version v JOIN version w ON w.certificate_id = v.certificate_id AND w.number = v.number + 1"
        " WHERE w.stored_at < v.stored_at + 86400 AND v.stored_at <= $1");
    sim_expect(
        s, "every version has a finished deployment", 0,
        "SELECT count(*) FROM version WHERE stored_at <= $1 AND id NOT IN (SELECT version_id FROM deployment WHERE state = 'done')");
}

/* ---- the life ---- */

static void buy_for_today(struct sim *s, int64_t day) {
    int64_t goal =
        day >= FIRST_DAYS ? s->options.certificates : s->options.certificates * (day + 1) / FIRST_DAYS;
    while (s->bought < goal)
        sim_in_transaction(s, buy_one, NULL);
}

static void report(struct sim *s, int64_t began_ms) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    int64_t versions, ms = clock_monotonic_ms() - began_ms;
    if (!db_int(s->services.db, &versions, 0, &e, "SELECT count(*) FROM version"))
        sim_die("report", &e);
    printf(
        "ok - %lld certificates lived %lld years: %lld renewals, %lld versions, %lld steps; nothing lapsed, nothing twice, all deployed\n",
        (long long)s->bought, (long long)s->options.years, (long long)s->renewed, (long long)versions,
        (long long)s->steps);
    printf("# %lld ms; audit head %s\n", (long long)ms, sim_audit_head(s, a));
}

int main(int argc, char **argv) {
    static struct sim s = {.options = {.certificates = 10000, .years = 3, .seed = 1, .abandon_percent = 2}};
    int64_t began_ms = clock_monotonic_ms();
    sim_start(&s, argc, argv);
    for (int64_t day = 0; day < s.options.years * 365; day++) {
        buy_for_today(&s, day);
        sim_run_until(&s, s.begin + (day + 1) * DAY);
        if (day % 3 == 0)
            user_renews(&s);
        check_day(&s);
        if (day % 7 == 0)
            check_week(&s);
    }
    sim_run_until(&s, s.now + DAY);
    check_end(&s);
    report(&s, began_ms);
    db_close(s.services.db);
    return 0;
}
