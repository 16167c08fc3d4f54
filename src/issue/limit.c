/* Taking slots: from all buckets of an order, or from none. */
#include "issue/limit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "catalog/issuer.h"
#include "issue/limit_db.h"
#include "pki/digest.h"
#include "pki/names.h"
#include "pki/registered_domain.h"
#include <stdlib.h>

enum { CLOSED_MAX_DAYS = 8, ACCOUNT_CLOSED_SECONDS = 60, MICROSECONDS = 1000000 };

/* What a CA refuses beyond the limits that are known closes these; a colon is in no name of a limit. */
static const struct rate_limit refused_names = {
    .name = "ca:names", .kind = RATE_PER_NAMES, .count = MICROSECONDS, .seconds = 1};
static const struct rate_limit refused_account = {
    .name = "ca:account", .kind = RATE_PER_ACCOUNT, .count = MICROSECONDS, .seconds = 1};

/* A bucket that the request depends on. */
struct part {
    const struct rate_limit *limit;
    struct bucket bucket;
    bool charged;    /* a slot is taken; else there must only be one */
    int64_t slot_at; /* 0: now */
};

struct taking {
    struct db *db;
    struct arena *arena;
    const struct limit_ask *ask;
    int64_t now, since, end_at;
    struct part *parts;
    size_t count, room;
};

/* ---- which buckets ---- */

static bool add(struct taking *t, const struct rate_limit *limit, const char *of, bool charged,
                struct error *e) {
    bool own = limit->kind == RATE_PER_ACCOUNT || limit->kind == RATE_PER_FAILURES;
    const char *id = arena_printf(t->arena, "%s %s %s", t->ask->directory, limit->name, of);
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->parts[i].bucket.id, id) == 0)
            return true;
    if (t->count == t->room) {
        struct part *more = ARENA_ARRAY(t->arena, 2 * t->room + 8, struct part);
        if (t->count)
            memcpy(more, t->parts, t->count * sizeof *more);
        t->parts = more;
        t->room = 2 * t->room + 8;
    }
    struct part *p = &t->parts[t->count++];
    *p = (struct part){.limit = limit, .charged = charged};
    if (!bucket_get(t->db, t->arena, id, &p->bucket, e))
        return false;
    p->bucket.account_id = own ? t->ask->account_id : ISSUER_ACCOUNT;
    return true;
}

static int by_bytes(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The names in an order of their own, as a digest: an id must not grow with them. */
static const char *digest_of(struct arena *a, const char *names) {
    size_t count = 0;
    const char **sorted = ARENA_ARRAY(a, names_count(names), const char *);
    char hex[SHA256_HEX_SIZE];
    struct buf text = buf_new(a, strlen(names) + 2);
    struct slice name;
    for (const char *rest = names; names_next(&rest, &name);)
        sorted[count++] = arena_strndup(a, (const char *)name.p, name.len);
    qsort(sorted, count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < count; i++) {
        buf_str(&text, sorted[i]);
        buf_char(&text, ' ');
    }
    digest_sha256_hex(buf_slice(&text), hex);
    return arena_strdup(a, hex);
}

/* A failure belongs to a name and the ACME account that tried. */
static const char *failure_of(struct arena *a, const struct limit_ask *ask, const char *name) {
    return arena_printf(a, "%s %s", ask->acme_account, name_bare(name));
}

static bool add_each_name(struct taking *t, const struct rate_limit *limit, struct error *e) {
    struct slice name;
    for (const char *rest = t->ask->names; names_next(&rest, &name);) {
        const char *text = arena_strndup(t->arena, (const char *)name.p, name.len);
        bool failures = limit->kind == RATE_PER_FAILURES;
        const char *of = failures ? failure_of(t->arena, t->ask, text) : registered_domain(t->arena, text);
        if (!add(t, limit, of, !failures, e))
            return false;
    }
    return true;
}

static bool add_limit(struct taking *t, const struct rate_limit *limit, struct error *e) {
    switch (limit->kind) {
    case RATE_PER_ACCOUNT:
        return add(t, limit, t->ask->acme_account, true, e);
    case RATE_PER_NAMES:
        return add(t, limit, digest_of(t->arena, t->ask->names), true, e);
    case RATE_PER_DOMAIN:
    case RATE_PER_FAILURES:
        return add_each_name(t, limit, e);
    default:
        return true; /* of new accounts, not of orders */
    }
}

static bool is_exempt(const struct limit_ask *ask, const struct rate_limit *limit) {
    return (ask->ari && limit->ari_exempt) || (ask->renewal && limit->renewal_exempt);
}

static bool gather_order(struct taking *t, struct error *e) {
    const struct limit_ask *ask = t->ask;
    for (size_t i = 0; i < ask->limits->count; i++)
        if (!is_exempt(ask, &ask->limits->items[i]) && !add_limit(t, &ask->limits->items[i], e))
            return false;
    return add(t, &refused_names, digest_of(t->arena, ask->names), false, e) &&
           add(t, &refused_account, ask->acme_account, false, e);
}

static bool gather_account(struct taking *t, struct error *e) {
    const struct rate_limits *limits = t->ask->limits;
    for (size_t i = 0; i < limits->count; i++)
        if (limits->items[i].kind == RATE_PER_ADDRESS && !add(t, &limits->items[i], "-", true, e))
            return false;
    return true;
}

/* ---- places ---- */

/* Accounts come in the order of their ids, from the one behind who took last, round and round. */
static bool comes_before(const char *last, const char *one, const char *other) {
    bool one_wraps = last && strcmp(one, last) <= 0, other_wraps = last && strcmp(other, last) <= 0;
    return one_wraps != other_wraps ? other_wraps : strcmp(one, other) < 0;
}

/* How many are served before: those of the same account whose end is nearer, and as many of each other one.
 */
static bool count_ahead(struct taking *t, const struct part *p, int64_t *ahead, struct error *e) {
    const char *account = t->ask->account_id;
    const struct limit_queue like = {.bucket = p->bucket.id,
                                     .account_id = account,
                                     .subject = t->ask->subject,
                                     .end_at = t->end_at,
                                     .soon = t->now + rate_interval(p->limit) / MICROSECONDS,
                                     .lost = t->now - LIMIT_GRACE};
    struct limit_crowd *crowds;
    size_t count;
    int64_t own;
    if (!limit_wait_before(t->db, &like, &own, e) ||
        !limit_wait_others(t->db, t->arena, &like, &crowds, &count, e))
        return false;
    *ahead = own;
    for (size_t i = 0; i < count; i++) {
        int64_t most = own + comes_before(p->bucket.last_account_id, crowds[i].account_id, account);
        *ahead += crowds[i].count < most ? crowds[i].count : most;
    }
    return true;
}

static int64_t latest(int64_t one, int64_t other) {
    return one > other ? one : other;
}

static bool find_slot(struct taking *t, struct part *p, struct error *e) {
    const struct bucket *b = &p->bucket;
    int64_t ahead = 0;
    if (p->charged && !count_ahead(t, p, &ahead, e))
        return false;
    bool closed = b->closed_until > t->now;
    if (!closed && rate_free(p->limit, b->full_at, t->now) > ahead)
        return true;
    p->slot_at = latest(rate_slot(p->limit, b->full_at, ahead, t->now), latest(b->closed_until, t->now + 1));
    return true;
}

/* ---- taking, waiting ---- */

static bool charge(struct taking *t, struct part *p, struct error *e) {
    if (!p->charged)
        return true;
    p->bucket.full_at = rate_taken(p->limit, p->bucket.full_at, t->now);
    p->bucket.last_account_id = t->ask->account_id;
    return bucket_put(t->db, &p->bucket, e);
}

static bool charge_all(struct taking *t, struct error *e) {
    for (size_t i = 0; i < t->count; i++)
        if (!charge(t, &t->parts[i], e))
            return false;
    return true;
}

static bool take_all(struct taking *t, struct limit_answer *answer, struct error *e) {
    *answer = (struct limit_answer){.taken = true};
    return charge_all(t, e) && (!t->since || limit_forget(t->db, t->ask->subject, e));
}

static bool wait_at(struct taking *t, const struct part *p, const struct part *last, struct error *e) {
    const struct limit_wait wait = {.bucket = p->bucket.id,
                                    .subject = t->ask->subject,
                                    .account_id = t->ask->account_id,
                                    .issuer = t->ask->issuer,
                                    .limit_name = p->limit->name,
                                    .binds = p == last,
                                    .since = t->since ? t->since : t->now,
                                    .end_at = t->end_at,
                                    .due_at = last->slot_at};
    return limit_wait_put(t->db, &wait, e);
}

static bool wait_for(struct taking *t, const struct part *last, struct limit_answer *answer,
                     struct error *e) {
    *answer = (struct limit_answer){.slot_at = last->slot_at, .limit = last->limit->name};
    if (!limit_forget(t->db, t->ask->subject, e))
        return false;
    for (size_t i = 0; i < t->count; i++)
        if ((t->parts[i].charged || &t->parts[i] == last) && !wait_at(t, &t->parts[i], last, e))
            return false;
    return true;
}

static bool begin(struct taking *t, struct error *e) {
    const struct limit_ask *ask = t->ask;
    if (!limit_wait_since(t->db, ask->subject, &t->since, e))
        return false;
    t->end_at = ask->end_at ? ask->end_at : (t->since ? t->since : t->now) + DAY;
    return true;
}

static bool take(struct taking *t, struct limit_answer *answer, struct error *e) {
    const struct part *last = NULL;
    for (size_t i = 0; i < t->count; i++) {
        struct part *p = &t->parts[i];
        if (!find_slot(t, p, e))
            return false;
        if (p->slot_at && (!last || p->slot_at > last->slot_at))
            last = p;
    }
    return last ? wait_for(t, last, answer, e) : take_all(t, answer, e);
}

bool limit_take(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t now,
                struct limit_answer *answer, struct error *e) {
    struct taking t = {.db = db, .arena = a, .ask = ask, .now = now};
    return begin(&t, e) && gather_order(&t, e) && take(&t, answer, e);
}

bool limit_take_account(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t now,
                        struct limit_answer *answer, struct error *e) {
    struct taking t = {.db = db, .arena = a, .ask = ask, .now = now};
    return begin(&t, e) && gather_account(&t, e) && take(&t, answer, e);
}

/* ---- what the CA says ---- */

/* budget: as the header has it */
bool limit_failed(struct db *db, struct arena *a, const struct limit_ask *ask, const char *name, int64_t now,
                  struct error *e) {
    struct taking t = {.db = db, .arena = a, .ask = ask, .now = now};
    for (size_t i = 0; i < ask->limits->count; i++) {
        const struct rate_limit *limit = &ask->limits->items[i];
        if (limit->kind == RATE_PER_FAILURES && !add(&t, limit, failure_of(a, ask, name), true, e))
            return false;
    }
    return charge_all(&t, e);
}

/* What is full at once when it opens needs a row all the same. */
static bool close_until(struct taking *t, struct part *p, int64_t until, struct error *e) {
    if (until <= p->bucket.closed_until)
        return true;
    p->bucket.closed_until = until;
    return bucket_put(t->db, &p->bucket, e);
}

static bool close_part(struct taking *t, struct part *p, int64_t until, struct error *e) {
    int64_t one = rate_interval(p->limit) / MICROSECONDS;
    if (p->limit->kind == RATE_PER_NAMES)
        return close_until(t, p, until, e);
    if (p->limit->kind == RATE_PER_FAILURES)
        return true;
    if (one < ACCOUNT_CLOSED_SECONDS)
        one = ACCOUNT_CLOSED_SECONDS;
    return close_until(t, p, until - t->now < one ? until : t->now + one, e);
}

bool limit_refused(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t until, int64_t now,
                   struct error *e) {
    struct taking t = {.db = db, .arena = a, .ask = ask, .now = now};
    if (until > now + CLOSED_MAX_DAYS * DAY)
        until = now + CLOSED_MAX_DAYS * DAY;
    if (!gather_order(&t, e))
        return false;
    for (size_t i = 0; i < t.count; i++)
        if (!close_part(&t, &t.parts[i], until, e))
            return false;
    return true;
}

/* ---- suggested windows ---- */

static const char *suggest_id(struct arena *a, const char *directory) {
    return arena_printf(a, "%s ca:suggest -", directory);
}

bool limit_suggest_closed(struct db *db, struct arena *a, const char *directory, int64_t *until,
                          struct error *e) {
    struct bucket bucket;
    if (!bucket_get(db, a, suggest_id(a, directory), &bucket, e))
        return false;
    *until = bucket.closed_until;
    return true;
}

bool limit_suggest_close(struct db *db, struct arena *a, const char *directory, int64_t until,
                         struct error *e) {
    const struct bucket bucket = {
        .id = suggest_id(a, directory), .account_id = ISSUER_ACCOUNT, .closed_until = until};
    return bucket_put(db, &bucket, e);
}
