/* The certificates of an order, one a year: how they follow each other, and what is reserved for each. */
#include "applicant/form.h"
#include "base/rand.h"
#include "order/quote.h"

enum { UNITS_PER_TERM = 2 };

struct terms {
    const struct services *services;
    struct arena *arena;
    const struct order *order;
    const struct draft *draft;
    struct certificate *items;
    size_t count;
};

/* ---- making ---- */

static bool is_early(const char *order_kind) {
    return strcmp(order_kind, order_kind_name(ORDER_EARLY_RENEWAL)) == 0;
}

/* The later ones renew what the first one is: only that one may differ from what it follows. */
static struct certificate term_of(const struct terms *t, size_t i) {
    struct certificate c = t->draft->c;
    c.id = t->items[i].id;
    c.account_id = t->order->account_id;
    c.kind = t->draft->brand->kind;
    c.tags = t->draft->old ? t->draft->old->tags : NULL;
    c.order_id = t->order->id;
    c.order_kind = t->order->kind;
    c.term = (int64_t)i + 1;
    c.predecessor_id = i ? t->items[i - 1].id : t->order->old_certificate_id;
    c.successor_id = i + 1 < t->count ? t->items[i + 1].id : NULL;
    c.specification_changed = i == 0 && t->draft->c.specification_changed;
    c.auto_versions = true;
    c.vendor = t->draft->brand->vendor;
    return c;
}

/* What was chosen for the application, or taken over from the old certificate. */
static bool store_form(const struct terms *t, const struct certificate *c, int64_t now, struct error *e) {
    struct application_form form = t->draft->form;
    if (!form.contact_id && !form.organization_id && !form.validation_method)
        return true;
    form.certificate_id = c->id;
    form.account_id = c->account_id;
    form.changed_at = now;
    form.revision = 0;
    return form_store(t->services->db, &form, e);
}

static bool create_each(const struct terms *t, int64_t now, struct error *e) {
    bool ok = true;
    for (size_t i = 0; i < t->count; i++)
        t->items[i].id = id_new(t->arena, "cert", now);
    for (size_t i = 0; ok && i < t->count; i++) {
        struct certificate *c = &t->items[i];
        *c = term_of(t, i);
        ok = certificate_insert(t->services->db, t->arena, t->draft->profile, now, c, e) &&
             draft_note_csr(t->draft, c, e) && store_form(t, c, now, e);
    }
    return ok;
}

/* Whoever was first has the place. */
static bool follow_old(const struct terms *t, struct error *e) {
    const char *old = t->order->old_certificate_id;
    bool done;
    if (!old)
        return true;
    if (!certificate_follow(t->services->db, old, t->items[0].id, &done, e))
        return false;
    return done || fail(e, ERR_HAS_SUCCESSOR, "%s was renewed meanwhile", "%s 已被续费", old);
}

/* ---- what is reserved ---- */

/* What is left of the lines for the next certificate: quota first, as the lines say. */
struct shares {
    const struct quote_line *quota[UNITS_PER_TERM], *paid[UNITS_PER_TERM]; /* certificates, uses */
    int64_t quota_left[UNITS_PER_TERM];
};

static struct shares shares_of(const struct order *o) {
    static const struct quote_line none; /* what a quote forgot cannot be reserved: its item is NULL */
    struct shares s = {.quota = {&none, &none}, .paid = {&none, &none}};
    for (size_t i = 0; i < o->line_count; i++) {
        const struct quote_line *line = &o->lines[i];
        bool use = strcmp(line->item, MANAGED_USE) == 0, quota = strcmp(line->source, SOURCE_QUOTA) == 0;
        *(quota ? &s.quota[use] : &s.paid[use]) = line;
        s.quota_left[use] += quota ? line->count : 0;
    }
    return s;
}

static struct reservation take_share(struct shares *s, bool use, const struct certificate *c) {
    static const char *const units[] = {UNIT_CERTIFICATE, UNIT_MANAGED_USE};
    bool quota = s->quota_left[use] > 0;
    const struct quote_line *line = quota ? s->quota[use] : s->paid[use];
    s->quota_left[use] -= quota;
    return (struct reservation){.certificate_id = c->id,
                                .unit = units[use],
                                .account_id = c->account_id,
                                .order_id = c->order_id,
                                .item = line->item,
                                .source = line->source,
                                .amount = quota ? 0 : line->unit_price.amount};
}

/* One certificate each; a use of the managed service for each that waits for the one before. */
static bool reserve(const struct terms *t, const struct ledger_cause *by, struct error *e) {
    struct reservation *units = ARENA_ARRAY(t->arena, UNITS_PER_TERM * t->count, struct reservation);
    struct shares shares = shares_of(t->order);
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++) {
        units[count++] = take_share(&shares, false, &t->items[i]);
        if (i || is_early(t->order->kind))
            units[count++] = take_share(&shares, true, &t->items[i]);
    }
    return reservation_make(t->services->db, units, count, by, e);
}

bool order_terms_create(const struct services *services, struct arena *a, struct order *o,
                        const struct quote_taken *taken, struct certificate **certificates, size_t *count,
                        struct error *e) {
    const struct terms t = {.services = services,
                            .arena = a,
                            .order = o,
                            .draft = &taken->draft,
                            .items = ARENA_ARRAY(a, (size_t)o->years, struct certificate),
                            .count = (size_t)o->years};
    const struct ledger_cause by = {o->created_by, o->created_at};
    *certificates = t.items;
    *count = t.count;
    if (!create_each(&t, o->created_at, e) || !follow_old(&t, e))
        return false;
    o->certificate_id = t.items[0].id;
    return reserve(&t, &by, e);
}

/* ---- paid ---- */

/*
 * The first one is active, but for an early renewal's, which waits for the window of its predecessor; it is
 * submitted where the policy says so, if nothing is missing.
 */
static bool begin_first(const struct services *services, const struct profile *profile, struct certificate *c,
                        int64_t now, struct error *e) {
    if (c->term > 1 || is_early(c->order_kind))
        return true;
    c->active_at = now;
    enum first_state first = profile->after_payment.of[grade_parse(c->grade)];
    return first == FIRST_PENDING_APPLICATION || order_submit(services, c, SUBMIT_BY_PAYMENT, now, e);
}

/* A successor that has a use of the managed service makes its predecessor a hosted one. */
static bool host_old(const struct services *services, struct arena *a, const struct order *o,
                     struct error *e) {
    struct certificate old;
    const struct profile *profile;
    if (!is_early(o->kind))
        return true;
    if (!certificate_get(services->db, a, o->account_id, o->old_certificate_id, &old, e) ||
        !certificate_profile(services->policies, &old, &profile, e))
        return false;
    old.hosted = true;
    return certificate_store(services->db, a, profile, &old, e);
}

/* A later term has nothing to decide until its predecessor is issued. */
static bool wake_term(struct db *db, const struct certificate *c, int64_t now, struct error *e) {
    return c->term > 1 || work_enqueue(db, c->account_id, c->id, "decide", now, e);
}

bool order_terms_paid(const struct services *services, struct arena *a, const struct order *o,
                      struct certificate *certificates, size_t count, struct error *e) {
    bool ok = host_old(services, a, o, e);
    for (size_t i = 0; ok && i < count; i++) {
        struct certificate *c = &certificates[i];
        const struct profile *profile;
        c->paid_at = o->paid_at;
        c->hosted = i + 1 < count;
        ok = certificate_profile(services->policies, c, &profile, e) &&
             begin_first(services, profile, c, o->paid_at, e) &&
             certificate_store(services->db, a, profile, c, e) && wake_term(services->db, c, o->paid_at, e);
    }
    return ok;
}

/* ---- finding them ---- */

static void insert_by_term(struct certificate *items, size_t count, const struct certificate *c) {
    size_t i = count;
    for (; i > 0 && items[i - 1].term > c->term; i--)
        items[i] = items[i - 1];
    items[i] = *c;
}

/* Each certificate of an order has had its unit reserved with it. */
bool order_certificates(struct db *db, struct arena *a, const char *order_id,
                        struct certificate **certificates, size_t *count, struct error *e) {
    struct reservation *units;
    size_t unit_count;
    *count = 0;
    if (!reservation_of_order(db, a, order_id, &units, &unit_count, e))
        return false;
    *certificates = ARENA_ARRAY(a, unit_count + 1, struct certificate);
    for (size_t i = 0; i < unit_count; i++) {
        struct certificate c;
        if (strcmp(units[i].unit, UNIT_CERTIFICATE) != 0)
            continue;
        if (certificate_get_any(db, a, units[i].certificate_id, &c, e))
            insert_by_term(*certificates, (*count)++, &c);
        else if (e->id != ERR_NOT_FOUND)
            return false;
    }
    error_clear(e);
    return true;
}
