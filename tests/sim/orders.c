/*
 * The simulation of orders: certificates are bought for one to three years under every profile, paid or
 * forgotten, validated, cancelled, renewed early and in their windows, and live to their end. Steps are
 * abandoned between act and save at random. The ledgers add up every day; every week it is checked that no
 * coverage was lost or left a gap, and that what was reserved was used once or given back once; in the end
 * each certificate has had the versions that its policy plans. The same seed gives the same audit head.
 *
 *     sim_orders [--certificates N] [--years N] [--seed N] [--abandon PERCENT]
 */
#include "applicant/contact.h"
#include "base/clock.h"
#include "base/rand.h"
#include "order/quote.h"
#include "sim/run.h"
#include "validate/validate.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_DAYS = 60, /* the purchases are spread over so many days */
    PRICE = 100,
    USE_PRICE = 10,
    DEPOSIT = 1000000000,
    FORGOTTEN = 8,  /* one order in so many is never paid */
    CANCELLED = 10, /* one certificate in so many that may be cancelled is, on the day it is seen */
    EARLY = 200,    /* one certificate in so many is renewed early, each day that it may be */
    MISSING = 4,    /* one look for a record in so many finds nothing */
    STANDARD_DAYS = 365,
};

static int64_t orders, forgotten, cancelled, early, ended;

static const char *contact_id;

/* ---- control over names: what is asked for is there, or not yet ---- */

static bool look_for(const struct validator *self, struct arena *a, const char *method,
                     const struct control *control, struct check *check, struct error *e) {
    (void)self, (void)method, (void)control, (void)e;
    if (rand_below(MISSING))
        return check_ends(a, check, REASON_FOUND, "found", "已找到");
    return check_ends(a, check, REASON_RECORD_MISSING, "not yet", "尚未添加");
}

static const struct validator validator = {.look = look_for};

/* ---- buying and paying ---- */

static void must(bool ok, const char *what, const struct error *e) {
    if (!ok)
        sim_die(what, e);
}

/* What is on sale for everybody: its certificates can be renewed for ever. */
static const struct brand *random_brand(const struct sim *s) {
    const struct catalog *catalog = s->services.catalog;
    struct error ignored;
    for (;;) {
        const struct brand *brand = catalog->brands[rand_below(catalog->count)];
        const struct profile *profile = policy_find(s->services.policies, brand->profile, 0);
        if (brand->demands != DEMANDS_REVIEW && !brand_is_test(brand) && brand_on_sale(brand, &ignored) &&
            policy_brand_renewable(profile, brand->vendor))
            return brand;
    }
}

static int64_t random_years(const struct sim *s, const struct brand *brand) {
    const struct day_range *offered = &policy_find(s->services.policies, brand->profile, 0)->years;
    return offered->min + (int64_t)rand_below((uint64_t)(offered->max - offered->min + 1));
}

static bool charge(struct sim *s, struct arena *a, const struct order *o, struct error *e) {
    const struct ledger_move move = {.account_id = s->account_id,
                                     .item = o->due.currency,
                                     .reason = "paid",
                                     .reference = arena_printf(a, "paid:%s", o->id),
                                     .order_id = o->id,
                                     .actor = "simulation",
                                     .amount = -o->due.amount,
                                     .now = s->now};
    bool done;
    return ledger_move_money(s->services.db, &move, &done, e);
}

/* Quoted, ordered, and paid unless it is forgotten. */
static void order(struct sim *s, struct arena *a, const struct quote_request *request, bool may_forget) {
    struct error e = {0};
    struct quote q;
    struct order o;
    struct certificate *made;
    size_t count;
    struct order_wish wish = {.account_id = s->account_id, .actor = "simulation"};
    const struct ledger_cause cause = {"simulation", s->now};
    must(quote_make(&s->services, a, request, s->now, &q, &e), "quote", &e);
    wish.quote_id = q.id;
    must(order_make(&s->services, a, &wish, s->now, &o, &made, &count, &e), "order", &e);
    orders++;
    if (o.paid_at)
        return;
    if (may_forget && rand_below(FORGOTTEN) == 0) {
        forgotten++;
        return;
    }
    must(charge(s, a, &o, &e) && order_paid(&s->services, a, &o, &cause, &e), "payment", &e);
}

static void buy_one(struct sim *s, struct arena *a, void *subject) {
    const struct brand *brand = random_brand(s);
    const struct quote_request request = {
        .account_id = s->account_id,
        .order = {.brand = brand->id,
                  .names = arena_printf(a, "host%lld.example.com", (long long)s->bought),
                  .key_algorithm = "p256",
                  .contact_id = contact_id,
                  .years = random_years(s, brand),
                  .created_by = "simulation"}};
    (void)subject;
    s->bought++;
    order(s, a, &request, true);
}

static void renew_one(struct sim *s, struct arena *a, void *subject) {
    struct certificate *old = subject;
    const struct brand *brand = catalog_find(s->services.catalog, old->brand);
    const struct quote_request request = {
        .account_id = s->account_id,
        .old = old,
        .order = {.years = random_years(s, brand), .created_by = "simulation"}};
    order(s, a, &request, old->end_at - s->now > 5 * DAY);
    s->renewed++;
}

/* ---- what a person does each day ---- */

static void submit_one(struct sim *s, struct arena *a, void *subject) {
    struct error e = {0};
    must(apply_submit(&s->services, a, subject, s->now, &e), "submission", &e);
}

static void cancel_one(struct sim *s, struct arena *a, void *subject) {
    struct error e = {0};
    const struct ledger_cause cause = {"simulation", s->now};
    must(order_cancel(&s->services, a, subject, &cause, &e), "cancellation", &e);
    cancelled++;
}

static bool may_renew_early(struct sim *s, const struct certificate *c) {
    const struct profile *profile;
    struct error e = {0};
    must(certificate_profile(s->services.policies, c, &profile, &e), "profile", &e);
    return action_allowed(ACTION_RENEW_EARLY, c, profile, s->now, &e);
}

/* Most submit at once; some think better of it. */
static void look_pending(struct sim *s, struct certificate *c) {
    sim_in_transaction(s, rand_below(CANCELLED) ? submit_one : cancel_one, c);
}

static void look_waiting(struct sim *s, struct certificate *c) {
    if (rand_below(CANCELLED * STANDARD_DAYS) == 0)
        sim_in_transaction(s, cancel_one, c);
}

static void look_issued(struct sim *s, struct certificate *c) {
    if (rand_below(EARLY) != 0 || !may_renew_early(s, c))
        return;
    sim_in_transaction(s, renew_one, c);
    early++;
}

/* At a random moment of the window, at its end at the latest. */
static void look_renewable(struct sim *s, struct certificate *c) {
    if (rand_below(8) == 0 || c->end_at - s->now < 5 * DAY)
        sim_in_transaction(s, renew_one, c);
}

struct look {
    const char *state;
    bool renewable;
    void (*look)(struct sim *s, struct certificate *c);
};

static const struct look daily[] = {
    {"pending_application", false, look_pending},
    {"not_activated", false, look_waiting},
    {"issued", false, look_issued},
    {"pending_expiration", true, look_renewable},
};

static void look_at_all(struct sim *s, const struct look *look) {
    const char *cursor = NULL;
    AUTO_ARENA cursors = arena_new();
    do {
        AUTO_ARENA a = arena_new();
        struct error e = {0};
        struct certificate *page;
        size_t count;
        const struct certificate_filter filter = {.state = look->state,
                                                  .days_left_max = -1,
                                                  .renewable = look->renewable,
                                                  .cursor = cursor,
                                                  .limit = LIST_LIMIT_MAX};
        must(certificate_page(s->services.db, a, s->services.policies, s->account_id, &filter, s->now, &page,
                              &count, &cursor, &e),
             "list", &e);
        for (size_t i = 0; i < count; i++)
            look->look(s, &page[i]);
        cursor = cursor ? arena_strdup(cursors, cursor) : NULL;
    } while (cursor);
}

/* ---- what must hold ---- */

static void check_day(struct sim *s) {
    struct error e = {0};
    struct ledger_check check;
    must(ledger_check(s->services.db, s->account_id, &check, &e), "ledgers", &e);
    if (check.intact)
        return;
    fprintf(stderr, "not ok - the ledgers do not add up: %lld balances, %lld entries, %lld reservations\n",
            (long long)check.balances, (long long)check.entries, (long long)check.reservations);
    exit(1);
}

/* Phase 7: there is a version, nothing is revoked or cancelled. */
static const struct {
    const char *what, *sql;
} weekly[] = {
    {"no certificate ends without a successor that serves",
     "SELECT count(*) FROM certificate c LEFT JOIN certificate s ON s.id = c.successor_id "
     "WHERE c.phase = 7 AND c.expires_at <= $1 AND coalesce(s.version_count, 0) = 0"},
    {"no version ended before the next one was stored",
     "SELECT count(*) FROM version v JOIN version w ON w.certificate_id = v.certificate_id "
     "AND w.number = v.number + 1 WHERE w.stored_at >= v.end_at AND v.stored_at <= $1"},
    {"later terms begin where the one before ends, and lose nothing",
     "SELECT count(*) FROM certificate c JOIN certificate p ON p.id = c.predecessor_id "
     "WHERE c.version_count > 0 AND c.term > 1 AND p.version_count > 0 AND c.covered_from <= $1 "
     "AND c.coverage_end <> max(p.coverage_end, c.covered_from) + 365 * 86400"},
    {"a first term has its year, what it carries and its bonus",
     "SELECT count(*) FROM certificate c LEFT JOIN certificate p ON p.id = c.predecessor_id "
     "WHERE c.version_count > 0 AND c.term = 1 AND c.covered_from <= $1 "
     "AND (c.coverage_end - c.covered_from - c.carried_seconds - 365 * 86400) NOT IN (0, 90 * 86400) "
     "OR (c.version_count > 0 AND c.term = 1 AND p.version_count > 0 "
     "AND c.carried_seconds <> min(max(p.coverage_end - c.covered_from, 0), 30 * 86400))"},
    {"a use is consumed exactly where the managed service was to activate, and did",
     "SELECT count(*) FROM reservation r JOIN certificate c ON c.id = r.certificate_id "
     "WHERE r.unit = 'managed_use' AND (r.consumed_at IS NOT NULL) <> (c.active_at IS NOT NULL) "
     "AND c.created_at <= $1"},
    {"a certificate's reservation is consumed where it was submitted",
     "SELECT count(*) FROM reservation r JOIN certificate c ON c.id = r.certificate_id "
     "WHERE r.unit = 'certificate' AND r.consumed_at IS NULL AND c.version_count > 0 AND c.created_at <= $1"},
    {"what was reserved is given back exactly where it was cancelled",
     "SELECT count(*) FROM reservation r JOIN certificate c ON c.id = r.certificate_id "
     "WHERE (r.released_at IS NOT NULL) <> (c.cancelled_at IS NOT NULL) AND c.created_at <= $1"},
    {"an order has as many certificates as years",
     "SELECT count(*) FROM orders o WHERE o.created_at <= $1 "
     "AND o.years <> (SELECT count(*) FROM certificate c WHERE c.order_id = o.id)"},
    {"what is paid or over in a day is all there is",
     "SELECT count(*) FROM orders WHERE paid_at IS NULL AND cancelled_at IS NULL "
     "AND created_at < $1 - 86400 - 60"},
    {"successor and predecessor name each other",
     "SELECT count(*) FROM certificate c JOIN certificate s ON s.id = c.successor_id "
     "WHERE s.predecessor_id <> c.id AND c.created_at <= $1"},
    {"a certificate has one live successor",
     "SELECT count(*) FROM (SELECT predecessor_id FROM certificate WHERE predecessor_id IS NOT NULL "
     "AND cancelled_at IS NULL AND created_at <= $1 GROUP BY predecessor_id HAVING count(*) > 1)"},
};

static void check_week(struct sim *s) {
    for (size_t i = 0; i < sizeof weekly / sizeof *weekly; i++)
        sim_expect(s, weekly[i].what, 0, weekly[i].sql);
}

/* ---- versions: as the policy plans them ---- */

/* From its first issue to the end of its coverage, or to what follows it. */
static int64_t planned_versions(struct sim *s, const struct certificate *c) {
    const struct profile *profile;
    struct error e = {0};
    struct next_issue next = {.at = c->covered_from};
    int64_t count = 0;
    must(certificate_profile(s->services.policies, c, &profile, &e), "profile", &e);
    do {
        const struct validity v =
            policy_validity(profile, &(struct issuer_rules){0}, c->coverage_end, next.at);
        const struct term_state state = {.order_kind = order_kind_parse(c->order_kind),
                                         .next_term = c->successor_id,
                                         .not_before = v.not_before,
                                         .end = v.end,
                                         .coverage_end = c->coverage_end};
        next = policy_next_issue(profile, &state);
        count++;
    } while (next.kind == NEXT_VERSION);
    return count;
}

/* Each version may come earlier by its jitter, a tenth of its lead: over a year that may make one more, and a
 * term that comes in the place of a stub makes one less. Where one version is enough there is one. */
static void look_ended(struct sim *s, struct certificate *c) {
    int64_t had = c->version_count, planned = planned_versions(s, c);
    bool right = planned == 1 ? had == 1 : llabs(had - planned) <= 1;
    ended++;
    if (right)
        return;
    fprintf(stderr, "not ok - %s (%s) had %lld versions instead of %lld\n", c->id, c->brand, (long long)had,
            (long long)planned);
    exit(1);
}

/* ---- the life ---- */

static void deposit(struct sim *s, struct arena *a, void *subject) {
    struct error e = {0};
    bool done;
    struct ledger_move move = {.account_id = s->account_id,
                               .item = subject,
                               .reason = "deposited",
                               .reference = arena_printf(a, "deposited:%s", (const char *)subject),
                               .actor = "simulation",
                               .amount = DEPOSIT,
                               .now = s->now};
    must(ledger_move_money(s->services.db, &move, &done, &e), "deposit", &e);
}

static void add_contact(struct sim *s, struct arena *a, void *subject) {
    struct error e = {0};
    struct contact contact = {.account_id = s->account_id,
                              .name = "Simulated Person",
                              .email = "person@example.com",
                              .mobile = "+8613800138000"};
    (void)subject;
    must(contact_create(s->services.db, a, s->now, &contact, &e), "contact", &e);
    contact_id = arena_strdup(s->world.arena, contact.id);
}

/* All lines cost the same, also those that cost nothing. */
static void set_prices(const struct sim *s) {
    const struct catalog *catalog = s->services.catalog;
    for (size_t i = 0; i < catalog->count; i++) {
        struct price *price = catalog->brands[i]->prices;
        price->per_year = PRICE;
        price->managed_use = USE_PRICE;
    }
}

static void live_a_day(struct sim *s, int64_t day) {
    int64_t goal =
        day >= FIRST_DAYS ? s->options.certificates : s->options.certificates * (day + 1) / FIRST_DAYS;
    while (s->bought < goal)
        sim_in_transaction(s, buy_one, NULL);
    sim_run_until(s, s->begin + (day + 1) * DAY);
    for (size_t i = 0; i < sizeof daily / sizeof *daily; i++)
        look_at_all(s, &daily[i]);
    check_day(s);
    if (day % 7 == 0)
        check_week(s);
}

static void report(struct sim *s, int64_t began_ms) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    int64_t versions = 0, managed = 0;
    must(
        db_int(s->services.db, &versions, 0, &e, "SELECT count(*) FROM version") &&
            db_int(s->services.db, &managed, 0, &e,
                   "SELECT count(*) FROM reservation WHERE unit = 'managed_use' AND consumed_at IS NOT NULL"),
        "report", &e);
    printf(
        "ok - %lld orders in %lld years: %lld renewals, %lld of them early, %lld never paid, %lld certificates "
        "cancelled, %lld uses of the managed service, %lld versions, %lld lives ended; sums, coverage, uses and versions right\n",
        (long long)orders, (long long)s->options.years, (long long)s->renewed, (long long)early,
        (long long)forgotten, (long long)cancelled, (long long)managed, (long long)versions,
        (long long)ended);
    printf("# %lld ms; audit head %s\n", (long long)(clock_monotonic_ms() - began_ms), sim_audit_head(s, a));
}

int main(int argc, char **argv) {
    static struct sim s = {.options = {.certificates = 600, .years = 5, .seed = 1, .abandon_percent = 2}};
    static char cny[] = "CNY", usd[] = "USD";
    int64_t began_ms = clock_monotonic_ms();
    sim_start(&s, argc, argv);
    set_prices(&s);
    s.services.validator = &validator;
    sim_in_transaction(&s, add_contact, NULL);
    sim_in_transaction(&s, deposit, cny);
    sim_in_transaction(&s, deposit, usd);
    for (int64_t day = 0; day < s.options.years * STANDARD_DAYS; day++)
        live_a_day(&s, day);
    look_at_all(&s, &(struct look){"expired", false, look_ended});
    report(&s, began_ms);
    db_close(s.services.db);
    return 0;
}
