/* For tests of what is bought: prices, quota, and certificates that can be renewed. */
#pragma once
#include "order/fixture.h"
#include "order/quote.h"

static inline void set_price(struct world *w, const char *id, int64_t per_year, int64_t managed_use) {
    struct brand *brand = (struct brand *)catalog_find(&w->catalog, id);
    brand->prices[0].per_year = per_year;
    brand->prices[0].managed_use = managed_use;
}

static inline void grant(struct world *w, const char *item, int64_t units) {
    const struct ledger_move move = {.account_id = ACCOUNT,
                                     .item = item,
                                     .reason = units > 0 ? "granted" : "withdrawn",
                                     .reference = id_new(w->arena, "ref", w->now),
                                     .actor = "user_1",
                                     .amount = units,
                                     .now = w->now};
    struct error e;
    bool done;
    world_must(ledger_move_quota(w->services.db, &move, &done, &e), &e);
}

static inline int64_t quota_left(struct world *w, const char *item) {
    struct error e;
    int64_t left;
    world_must(ledger_quota_left(w->services.db, ACCOUNT, item, &left, &e), &e);
    return left;
}

static inline bool ledgers_intact(struct world *w) {
    struct error e;
    struct ledger_check check;
    world_must(ledger_check(w->services.db, ACCOUNT, &check, &e), &e);
    return check.intact;
}

/* Gives a certificate one version from now on for as long as its coverage, as issuing will. */
static inline void world_issue(struct world *w, struct certificate *c, int64_t end) {
    struct error e;
    const struct profile *profile;
    c->covered_from = c->not_before = w->now;
    c->coverage_end = c->version_end = end;
    c->version_id = "ver_1";
    c->version_count = 1;
    c->key_held = true;
    world_must(certificate_profile(&w->policies, c, &profile, &e), &e);
    world_must(db_begin(w->services.db, &e), &e);
    world_must(world_end(w, certificate_store(w->services.db, w->arena, profile, c, &e), &e), &e);
}

/* An official certificate with one version of 365 days, the last of which ends at `end`; bought for nothing.
 */
static inline struct certificate served(struct world *w, const char *brand, const char *names,
                                        const char *end) {
    const struct order_request request = {.brand = brand, .names = names, .created_by = "user_1"};
    int64_t now = w->now;
    struct error e;
    struct certificate c;
    w->now = at(end) - 365 * DAY;
    world_must(purchase(w, &request, &c, &e), &e);
    world_issue(w, &c, at(end));
    w->now = now;
    return c;
}

static inline struct certificate brought_in(struct world *w, const char *kind, const char *names,
                                            const char *end) {
    const struct profile *profile = policy_find(&w->policies, POLICY_DEFAULT, 0);
    struct error e;
    struct certificate c = {.account_id = ACCOUNT,
                            .kind = kind,
                            .profile = profile->name,
                            .profile_version = profile->version,
                            .grade = "dv",
                            .key_algorithm = "rsa2048",
                            .names = names,
                            .not_before = at(end) - 365 * DAY,
                            .version_end = at(end),
                            .version_id = "ver_2",
                            .version_count = 1};
    world_must(db_begin(w->services.db, &e), &e);
    world_must(world_end(w, certificate_insert(w->services.db, w->arena, profile, w->now, &c, &e), &e), &e);
    return c;
}

static inline bool make_quote(struct world *w, const struct quote_request *given, struct quote *q,
                              struct error *e) {
    struct quote_request r = *given;
    r.account_id = ACCOUNT;
    r.order.created_by = "user_1";
    return db_begin(w->services.db, e) &&
           world_end(w, quote_make(&w->services, w->arena, &r, w->now, q, e), e);
}

/* ---- over HTTP ---- */

struct world_request {
    const struct route *routes;
    const char *method, *path, *id, *body;
};

static inline const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

/* What the dispatcher does around a handler that it has found: what belongs to a refusal stays. */
static inline bool world_call(struct world *w, const struct world_request *asked, struct request *rq,
                              struct error *e) {
    const struct route *r = asked->routes;
    while (strcmp(r->method, asked->method) != 0 || strcmp(r->path, asked->path) != 0)
        r++;
    *rq = (struct request){.arena = w->arena,
                           .services = &w->services,
                           .db = w->services.db,
                           .caller = {.account_id = ACCOUNT, .user_id = "user_1", .key_id = "key_1"},
                           .now = w->now,
                           .route = r,
                           .query = no_query,
                           .status = 200};
    rq->path_args[0] = asked->id;
    if (!json_read(w->arena, slice_str(asked->body ? asked->body : "{}"), &rq->json, e))
        return false;
    bool writes = r->flags & ROUTE_WRITES;
    if (writes && !db_begin(w->services.db, e))
        return false;
    bool ok = r->handle(rq, e);
    if (rq->reply)
        json_keep(w->arena, rq->reply);
    if (!writes)
        return ok;
    struct error ended;
    world_must(world_end(w, ok || rq->keep_on_refusal, &ended) || !(ok || rq->keep_on_refusal), &ended);
    return ok;
}
