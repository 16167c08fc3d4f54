/*
 * Payments (SPEC section 4): how the money for an order comes, and how it goes back. Each way to pay is a
 * provider (payment_ops.h): `balance`, the default, takes it from the ledger at once; for `invoice` an
 * administrator says that it has come; for `webhook` an outside payment system does, with a signed callback.
 * An order is paid once. Money that comes for one that is closed or paid otherwise becomes balance.
 */
#pragma once
#include "base/money.h"
#include "base/secret.h"
#include "http/outbound.h"
#include "order/ledger.h"
#include "order/order.h"

struct payment {
    const char *id, *account_id, *order_id, *provider;
    struct money due;
    const char *created_by;
    int64_t created_at, asked_at;
    const char *pay_url;
    int64_t confirmed_at;
    const char *confirmed_by, *outside_reference;
    int64_t credited_at, closed_at;
    const char *close_reason;
    const char *state; /* for answers only: pending, paid, credited, closed */
};

extern const struct field payment_fields[];

/* ---- payment.c ---- */

/*
 * How long an order by this provider may stay unpaid. ERR_BAD_FIELD "provider" if there is none;
 * ERR_PAYMENT_NOT_CONFIGURED for `webhook` without a payment system.
 */
bool payment_provider(const struct services *s, const char *provider, int64_t *due_seconds, struct error *e);
/*
 * Begins to pay an order, in the caller's transaction: writes the payment down, and whatever the provider
 * can do at once is done: `balance` pays it (ERR_INSUFFICIENT_BALANCE). One that is open is taken up again,
 * or closed if it is by another provider. ERR_ALREADY_PAID, ERR_ORDER_CLOSED.
 */
/* budget: the contract */
bool payment_begin(const struct services *s, struct arena *a, struct order *o, const char *provider,
                   const char *actor, int64_t now, struct payment *p, struct error *e);

/* Who says that the money is there. */
struct payment_receipt {
    const char *actor;
    const char *reference; /* what it is called there; or NULL */
    int64_t now;
    bool credited; /* set by payment_confirm: it became balance */
};
/*
 * The money is there: the order is paid, or its owner told that it became balance. Once: ERR_ALREADY_PAID.
 * In the caller's transaction.
 */
bool payment_confirm(const struct services *s, struct arena *a, struct payment *p,
                     const struct payment_receipt *receipt, struct error *e);
/* It will not come. ERR_ALREADY_PAID if it has. */
bool payment_close(struct db *db, struct payment *p, const char *reason, int64_t now, struct error *e);
/* The order is closed: nobody waits for its money any more. */
bool payment_close_of_order(struct db *db, const char *order_id, int64_t now, struct error *e);

/* Step `pay`: tells the payment system what is due, under the id of the payment. */
const char *payment_party(struct work *w);
bool payment_ask(struct work *w, struct error *e);
bool payment_asked(struct work *w, struct error *e);

/* ---- payment_db.c ---- */

bool payment_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct payment *p,
                 struct error *e);
/* Of any account: for steps, administrators, and what is signed by the payment system. */
bool payment_get_any(struct db *db, struct arena *a, const char *id, struct payment *p, struct error *e);
/* What paid the order; id NULL if nothing did. */
bool payment_of_order(struct db *db, struct arena *a, const char *order_id, struct payment *p,
                      struct error *e);
const char *payment_state(const struct payment *p);

/* ---- payment_event.c ---- */

/* The two halves of the route, with the header as it came: for tests. */
bool payment_event_prepare(struct request *rq, const char *signature, struct error *e);
bool payment_event_handle(struct request *rq, struct error *e);
/* Part of the step `retention`: callbacks go after 90 days. */
bool payment_purge(struct work *w, struct error *e);

/* ---- pay_webhook.c ---- */

struct payment_settings {
    const char *webhook_url; /* NULL: there is no payment system */
    const struct secret *webhook_secret;
    int64_t timeout_ms;
};
/* What talks to it, in one process: connects at first use. Both must outlive it. */
struct payment_system;
struct payment_system *payment_system_new(struct arena *a, const struct payment_settings *settings,
                                          const struct outbound_policy *outbound);
/* NULL unless there is one. */
const struct secret *payment_system_secret(const struct services *s);

extern const struct route payment_routes[], payment_event_routes[];
