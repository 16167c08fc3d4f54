/*
 * Orders (SPEC section 4): what was bought, and which certificates it created. An order is made from a quote
 * and costs what that said; its certificates are there at once, and wait for the payment. All of it happens
 * in the caller's transaction.
 */
#pragma once
#include "applicant/submit.h"
#include "base/money.h"
#include "certificate/certificate.h"
#include "order/ledger.h"

#define ORDER_QUOTA "quota" /* the kind of an order without certificates; the others: order_kind_name */

struct order {
    const char *id, *account_id;
    int64_t number;
    const char *kind;
    int64_t years;
    const char *brand, *profile;
    int64_t profile_version;
    const char *old_certificate_id, *certificate_id;
    const char *quote_id;
    struct money due;
    const char *provider, *created_by;
    int64_t created_at, payment_due_at, paid_at, cancelled_at;
    const char *cancel_reason;
    struct quote_line *lines; /* by order_lines */
    size_t line_count;
    const char *state; /* for answers only */
};

extern const struct field order_fields[];

enum order_state { ORDER_PENDING_PAYMENT, ORDER_PAID, ORDER_CANCELLED };

/* What the buyer chose; NULL or 0 takes what the old certificate (or the brand's default) has. */
struct order_request {
    const char *brand, *names, *key_algorithm, *csr_choice, *own_csr, *grade;
    const char *csr_id; /* of the CSR manager, instead of own_csr */
    const char *contact_id, *organization_id, *validation_method;
    int64_t years; /* 1 */
    const char *created_by;
};

/* ---- order.c ---- */

#define PROVIDER_DEFAULT "balance"

struct order_wish {
    const char *account_id, *quote_id, *actor;
    const char *provider; /* how it is to be paid; NULL: PROVIDER_DEFAULT */
    int64_t due_seconds;  /* until then; 0: a day */
};

/*
 * Makes the order of a quote, and uses the quote up; what it takes from quota is reserved. Where nothing is
 * due it is paid at once, else its certificates wait in pending_payment, and step `unpaid` ends that in time.
 * Refused as quote_take says; ERR_HAS_SUCCESSOR if another order was first. `certificates`: those that it
 * made, in the order of their terms.
 */
bool order_make(const struct services *services, struct arena *a, const struct order_wish *wish, int64_t now,
                struct order *o, struct certificate **certificates, size_t *count, struct error *e);
/*
 * The money is there, or nothing was due: what was bought is credited and reserved, the first certificate is
 * active (but for an early renewal's) and submitted where the policy says so, the others wait for their
 * predecessors. Once: ERR_ALREADY_PAID, or ERR_ORDER_CLOSED, with the state of the order.
 */
bool order_paid(const struct services *services, struct arena *a, struct order *o,
                const struct ledger_cause *by, struct error *e);
/* It waits for its money still: else ERR_ALREADY_PAID, or ERR_ORDER_CLOSED, with its state. */
bool order_payable(const struct order *o, struct error *e);
/* An order that is not paid is over, and so are its certificates; what it reserved is released. Once:
 * ERR_ALREADY_PAID, or ERR_ORDER_CLOSED. */
bool order_close(const struct services *services, struct arena *a, struct order *o, const char *reason,
                 const struct ledger_cause *by, struct error *e);

/*
 * Quote and order in one, for what costs nothing: ERR_QUOTE_NEEDED, naming the quote, if something is due. A
 * purchase, or whatever the kind and state of `old` allow. `first`: the first certificate.
 */
bool order_purchase(const struct services *services, struct arena *a, const char *account_id,
                    const struct order_request *request, int64_t now, struct order *order,
                    struct certificate *first, struct error *e);
bool order_renew(const struct services *services, struct arena *a, struct certificate *old,
                 const struct order_request *request, int64_t now, struct order *order,
                 struct certificate *first, struct error *e);

/* ---- term.c ---- */

struct quote_taken;
/* The certificates of an order, each following the one before and the first one the old certificate, with
 * what is reserved for them. */
bool order_terms_create(const struct services *services, struct arena *a, struct order *o,
                        const struct quote_taken *taken, struct certificate **certificates, size_t *count,
                        struct error *e);
bool order_terms_paid(const struct services *services, struct arena *a, const struct order *o,
                      struct certificate *certificates, size_t count, struct error *e);
/* Those that are still there, by their terms. */
bool order_certificates(struct db *db, struct arena *a, const char *order_id,
                        struct certificate **certificates, size_t *count, struct error *e);

/* ---- cancel.c ---- */

/*
 * Cancels a certificate that was never issued (SPEC section 3): its quota and its use of the managed service
 * come back, and its successor follows its predecessor. One that is not paid: the whole order.
 */
bool order_cancel(const struct services *services, struct arena *a, struct certificate *c,
                  const struct ledger_cause *by, struct error *e);
/* The same where somebody else has decided that it may be: for `reason`, "returned" or "refunded". */
bool order_withdraw_certificate(const struct services *services, struct arena *a, struct certificate *c,
                                const char *reason, const struct ledger_cause *by, struct error *e);

/* ---- reissue.c ---- */

/* Another version of `c` now, within its coverage and specification: with a new key or CSR, or changed names.
 */
bool order_reissue(const struct services *services, struct arena *a, struct certificate *c,
                   const struct order_request *request, int64_t now, struct error *e);

/* ---- order_step.c ---- */

/* Step `unpaid` of an order: once its time is over it is closed, and its owner is told. */
bool order_unpaid(struct work *w, struct error *e);

/* ---- order_start.c: in the transaction that stores `c` ---- */

/* applicant_submit for all who are right of here: the first submission consumes the certificate's
 * reservation. */
bool order_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                  struct error *e);
/*
 * The managed service begins: `c`, which waited for its predecessor, is active from now on, and its use of
 * the service is consumed. Then it is submitted, or waits for what is missing (waits_for).
 */
bool order_activate(const struct services *services, struct certificate *c, int64_t now, struct error *e);

/* ---- draft.c ---- */

/* The line of the catalogue that a certificate was bought as; ERR_CORRUPT if that was taken away. */
bool order_brand(const struct services *services, const struct certificate *c, const struct brand **brand,
                 struct error *e);

/* ---- order_db.c ---- */

/* Gives the number; with its lines. */
bool order_insert(struct db *db, struct order *order, struct error *e);
/* ERR_NOT_FOUND for unknown and foreign ids alike. */
bool order_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct order *order,
               struct error *e);
/* For steps, whose queue row names the account already. */
bool order_get_any(struct db *db, struct arena *a, const char *id, struct order *order, struct error *e);
bool order_lines(struct db *db, struct arena *a, struct order *order, struct error *e);
enum order_state order_state(const struct order *o);
const char *order_state_name(enum order_state state);
/* Each happens once, and only one of them: `*first`. Their facts are set in `o`. */
bool order_mark_paid(struct db *db, struct order *o, int64_t now, bool *first, struct error *e);
bool order_mark_closed(struct db *db, struct order *o, const char *reason, int64_t now, bool *first,
                       struct error *e);
/* How it is paid now, and until when; changes nothing once it is paid or closed. */
bool order_set_provider(struct db *db, struct order *o, const char *provider, int64_t due_at,
                        struct error *e);

struct order_range {
    const char *account_id;
    const char *cursor; /* the order after which it begins; NULL: the newest */
    size_t limit;
};

/* Newest first. */
bool order_list(struct db *db, struct arena *a, const struct order_range *range, struct order **orders,
                size_t *count, struct error *e);

extern const struct route order_routes[];
