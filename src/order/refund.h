/*
 * Refunds (SPEC section 3): what was paid for a certificate goes back where it came from, units of quota to
 * the quota and its share of the money by the way it came. Once for each certificate.
 */
#pragma once
#include "order/payment.h"

struct refund {
    const char *id, *account_id, *certificate_id, *order_id;
    const char *payment_id, *provider; /* NULL: no money was paid for it */
    struct money due;
    const char *asked_by;
    int64_t asked_at, done_at;
    const char *done_by, *outside_reference;
    const char *state; /* for answers only: pending, done */
};

extern const struct field refund_fields[];

/* ---- refund.c ---- */

/*
 * In the caller's transaction. What was never issued is cancelled with it; what is revoked stays revoked. The
 * money is back at once where it was balance, else it is journaled for step `refund` or an administrator.
 * ERR_CONFLICT the second time, and else what the action table says.
 */
bool order_refund(const struct services *s, struct arena *a, struct certificate *c,
                  const struct ledger_cause *by, struct refund *r, struct error *e);
/* The money is back. Once: ERR_CONFLICT. */
bool refund_finish(struct db *db, struct refund *r, const struct payment_receipt *receipt, struct error *e);

/* Step `refund`: has the payment system give the money back, under the id of the refund. */
bool refund_ask(struct work *w, struct error *e);
bool refund_asked(struct work *w, struct error *e);

/* ---- refund_db.c ---- */

bool refund_insert(struct db *db, const struct refund *r, struct error *e);
bool refund_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct refund *r,
                struct error *e);
/* Of any account: for steps and administrators. */
bool refund_get_any(struct db *db, struct arena *a, const char *id, struct refund *r, struct error *e);
bool refund_mark_done(struct db *db, struct refund *r, const struct payment_receipt *receipt, bool *first,
                      struct error *e);
struct refund_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the newest */
    size_t limit;
};
/* Newest first. */
bool refund_list(struct db *db, struct arena *a, const struct refund_range *range, struct refund **refunds,
                 size_t *count, struct error *e);

extern const struct route refund_routes[];
