/*
 * Ledgers (SPEC section 4): quota and money of an account. Every change is an entry with the balance after
 * it; a balance is never negative and costs the same however long its ledger is. What is promised to a
 * certificate is a reservation: made with the order, consumed by submission or activation, or given back.
 * All of it happens in the caller's transaction.
 */
#pragma once
#include "catalog/catalog.h"

struct ledger_move {
    const char *account_id;
    const char *item;      /* a specification (specification_key) or MANAGED_USE; of money: the currency */
    const char *reason;    /* see 004_order.sql */
    const char *reference; /* reason and the object that caused it: "reserved:ord_…" */
    const char *order_id, *certificate_id; /* or NULL */
    const char *actor;
    int64_t amount; /* below 0: taken away */
    int64_t now;
};

/*
 * One change of a balance, with its entry. ERR_QUOTE_STALE (quota) or ERR_INSUFFICIENT_BALANCE (money) if it
 * would be negative. The same reference again changes nothing (`*done` is false); with another amount it is
 * ERR_CONFLICT.
 */
bool ledger_move_quota(struct db *db, const struct ledger_move *move, bool *done, struct error *e);
bool ledger_move_money(struct db *db, const struct ledger_move *move, bool *done, struct error *e);
/* What is left; 0 where there never was an entry. */
bool ledger_quota_left(struct db *db, const char *account_id, const char *item, int64_t *left,
                       struct error *e);
bool ledger_money_left(struct db *db, const char *account_id, const char *currency, int64_t *left,
                       struct error *e);

/* What does not add up in the ledgers of an account: its number of faults. */
struct ledger_check {
    int64_t balances;     /* that are not what their last entry and the sum of all say */
    int64_t entries;      /* that do not follow from the one before */
    int64_t reservations; /* items whose open reservations are not what was reserved and not given back */
    bool intact;
};
extern const struct field ledger_check_fields[];
/* Reads every entry: for tests, the simulation and people. */
bool ledger_check(struct db *db, const char *account_id, struct ledger_check *check, struct error *e);

/* ---- reservation.c ---- */

/* What a certificate is promised. */
#define UNIT_CERTIFICATE "certificate"
#define UNIT_MANAGED_USE "managed_use"

#define SOURCE_QUOTA "quota" /* was there when the order was made */
#define SOURCE_PAID  "paid"  /* is bought with the order */

struct reservation {
    const char *certificate_id, *unit, *account_id, *order_id, *item, *source;
    int64_t amount; /* its share of what is paid, minor units; 0 from quota */
    int64_t reserved_at, consumed_at, released_at;
    const char *release_reason;
};

/* Who does it, and when. */
struct ledger_cause {
    const char *actor;
    int64_t now;
};

/*
 * Those of one order, at once and once: what comes from quota is taken from it now, one entry an item. Paid
 * ones are noted only. ERR_QUOTE_STALE if the quota is not there any more.
 */
bool reservation_make(struct db *db, const struct reservation *units, size_t count,
                      const struct ledger_cause *cause, struct error *e);
/* The order is paid: its paid units that are still open are bought, and reserved too. Twice is once. */
bool reservation_paid(struct db *db, struct arena *a, const char *order_id, const struct ledger_cause *cause,
                      struct error *e);
/* Marks it; `*first` is true for one call only, and false where there is nothing to consume. */
bool reservation_consume(struct db *db, const char *certificate_id, const char *unit, int64_t now,
                         bool *first, struct error *e);
/*
 * Ends it for `reason` (returned, released, refunded), consumed or not, and gives back what was reserved; `r`
 * was read in this transaction. `*first` is true for one call only.
 */
bool reservation_release(struct db *db, const struct reservation *r, const char *reason,
                         const struct ledger_cause *cause, bool *first, struct error *e);
/* Of a certificate: one or two; of an order. */
bool reservation_of_certificate(struct db *db, struct arena *a, const char *certificate_id,
                                struct reservation **units, size_t *count, struct error *e);
bool reservation_of_order(struct db *db, struct arena *a, const char *order_id, struct reservation **units,
                          size_t *count, struct error *e);

extern const struct route ledger_routes[];
