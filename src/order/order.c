/*
 * Orders: what each kind of them creates. The old certificate is untouched but for the link to its successor,
 * which is set in the same transaction: of two renewals one is refused.
 */
#include "order/order.h"
#include "applicant/submit.h"
#include "base/rand.h"
#include "order/quote.h"

/* ---- what every order does ---- */

/*
 * Early renewals wait for the window of their predecessor. The others are active, and submitted where the
 * profile says so: nobody has to validate anything for the issuers there are, nor to see a letter.
 */
static bool set_first_state(struct draft *d, int64_t paid_at, int64_t now, struct error *e) {
    d->c.paid_at = paid_at;
    if (!paid_at || d->kind == ORDER_EARLY_RENEWAL)
        return true;
    d->c.active_at = now;
    enum first_state first = d->profile->after_payment.of[grade_parse(d->c.grade)];
    return first == FIRST_PENDING_APPLICATION ||
           applicant_submit(d->services, &d->c, SUBMIT_BY_PAYMENT, now, e);
}

static bool create_certificate(struct draft *d, const struct order *order, int64_t now, struct error *e) {
    struct db *db = d->services->db;
    d->c.account_id = order->account_id;
    d->c.kind = d->brand->kind;
    d->c.tags = d->old ? d->old->tags : NULL;
    d->c.order_id = order->id;
    d->c.order_kind = order->kind;
    d->c.predecessor_id = order->old_certificate_id;
    d->c.auto_versions = true;
    d->c.vendor = d->brand->vendor;
    return set_first_state(d, order->paid_at, now, e) &&
           certificate_insert(db, d->arena, d->profile, now, &d->c, e) && draft_note_csr(d, &d->c, e) &&
           work_enqueue(db, d->c.account_id, d->c.id, "decide", now, e);
}

/* Quotes say what more years will give; orders make one certificate. */
static bool check_years(const struct draft *d, struct error *e) {
    return d->c.years == 1 ||
           fail_field(e, "years", ERR_YEARS_NOT_OFFERED,
                      "orders are for one year at a time: renew before the end of the year",
                      "目前每个订单为一年:请在到期前续费");
}

/* A free certificate takes its quota; those that are sold come from quotes. */
static bool reserve_test(const struct draft *d, const struct order *order, struct error *e) {
    const struct specification s = {d->c.brand, d->c.grade, d->c.domain_type,
                                    specification_family(d->c.key_algorithm)};
    const struct reservation unit = {.certificate_id = d->c.id,
                                     .unit = UNIT_CERTIFICATE,
                                     .account_id = order->account_id,
                                     .order_id = order->id,
                                     .item = specification_key(d->arena, &s),
                                     .source = SOURCE_QUOTA};
    const struct ledger_cause cause = {order->created_by, order->created_at};
    int64_t left;
    if (!brand_is_test(d->brand))
        return true;
    return ledger_quota_left(d->services->db, order->account_id, unit.item, &left, e) &&
           quote_check_test(d, unit.item, left, e) && reservation_make(d->services->db, &unit, 1, &cause, e);
}

static bool create_order(struct draft *d, const char *account_id, int64_t now, struct order *order,
                         struct error *e) {
    if (!check_years(d, e))
        return false;
    *order = (struct order){.id = id_new(d->arena, "ord", now),
                            .account_id = account_id,
                            .kind = order_kind_name(d->kind),
                            .years = d->c.years,
                            .brand = d->brand->id,
                            .profile = d->profile->name,
                            .profile_version = d->profile->version,
                            .old_certificate_id = d->old ? d->old->id : NULL,
                            .amount = brand_price(d->brand, d->c.domain_type, now)->per_year * d->c.years,
                            .currency = d->brand->currency,
                            .created_by = d->request->created_by,
                            .created_at = now};
    order->paid_at = order->amount ? 0 : now;
    if (!create_certificate(d, order, now, e) || !reserve_test(d, order, e))
        return false;
    order->certificate_id = d->c.id;
    return order_insert(d->services->db, order, e);
}

/* budget: the contract */
bool order_purchase(const struct services *services, struct arena *a, const char *account_id,
                    const struct order_request *request, int64_t now, struct order *order,
                    struct certificate *first, struct error *e) {
    struct draft d = {.services = services, .arena = a, .account_id = account_id, .request = request};
    if (!draft_make(&d, now, e) || !create_order(&d, account_id, now, order, e))
        return false;
    *first = d.c;
    return true;
}

/* ---- renewal, early renewal, replacement ---- */

/* budget: the contract */
bool order_renew(const struct services *services, struct arena *a, struct certificate *old,
                 const struct order_request *request, int64_t now, struct order *order,
                 struct certificate *first, struct error *e) {
    const struct profile *old_profile;
    struct draft d = {
        .services = services, .arena = a, .account_id = old->account_id, .request = request, .old = old};
    if (!draft_make(&d, now, e) || !create_order(&d, old->account_id, now, order, e) ||
        !certificate_profile(services->policies, old, &old_profile, e))
        return false;
    old->successor_id = d.c.id;
    *first = d.c;
    return certificate_store(services->db, a, old_profile, old, e);
}

/* ---- reissue ---- */

static bool apply_draft(struct draft *d, struct certificate *c, int64_t now, struct error *e) {
    struct db *db = d->services->db;
    if (strcmp(c->names, d->c.names) != 0 && !certificate_set_names(db, d->arena, c, d->c.names, e))
        return false;
    c->key_algorithm = d->c.key_algorithm;
    c->csr_choice = d->c.csr_choice;
    c->own_csr = d->c.own_csr;
    c->next_issue_at = now; /* what the engine goes by */
    c->rejected_at = 0;
    c->reject_reason = NULL;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return certificate_store(db, d->arena, d->profile, c, e) && draft_note_csr(d, c, e) &&
           work_enqueue(db, c->account_id, c->id, "decide", now, e);
}

bool order_reissue(const struct services *services, struct arena *a, struct certificate *c,
                   const struct order_request *request, int64_t now, struct error *e) {
    struct draft d = {.services = services,
                      .arena = a,
                      .account_id = c->account_id,
                      .request = request,
                      .old = c,
                      .reissue = true};
    if (!certificate_profile(services->policies, c, &d.profile, e) ||
        !action_allowed(ACTION_REISSUE, c, d.profile, now, e) || !order_brand(services, c, &d.brand, e))
        return false;
    d.c.brand = c->brand;
    if (!draft_complete(&d, e))
        return false;
    if (draft_differs(&d))
        return fail(e, ERR_SPECIFICATION_CHANGE_BUY_NEW, "%s is reissued within its specification only",
                    "%s 只能在原规格内重新签发", c->id);
    return apply_draft(&d, c, now, e);
}

/* ---- cancel ---- */

bool order_cancel(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                  struct error *e) {
    const struct profile *profile;
    if (!certificate_profile(services->policies, c, &profile, e) ||
        !action_allowed(ACTION_CANCEL, c, profile, now, e))
        return false;
    c->cancelled_at = now;
    return certificate_store(services->db, a, profile, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}
