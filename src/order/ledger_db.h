/* Rows of balances, entries and reservations. */
#pragma once
#include "order/ledger.h"

#define LEDGER_QUOTA "quota"
#define LEDGER_MONEY "money"

#define LEDGER_MAX INT64_C(1000000000000000) /* of a balance and of a change: sums stay far from 64 bits */

struct ledger_entry {
    const char *item;
    int64_t sequence, at;
    const char *reason;
    int64_t amount, balance;
    const char *order_id, *certificate_id, *reference, *actor;
};

/* What was entered under this reference; `*found` false if nothing was. */
bool ledger_db_entered(struct db *db, const char *ledger, const struct ledger_move *m, bool *found,
                       int64_t *amount, struct error *e);
/* Changes the balance if the result lies within 0 and LEDGER_MAX, and enters it; else `*fits` is false. */
bool ledger_db_move(struct db *db, const char *ledger, const struct ledger_move *m, bool *fits,
                    struct error *e);
bool ledger_db_left(struct db *db, const char *ledger, const char *account_id, const char *item,
                    int64_t *left, struct error *e);
bool ledger_db_entry(struct db *db, struct arena *a, const char *ledger, const struct ledger_move *m,
                     struct ledger_entry *entry, struct error *e);

struct ledger_range {
    const char *account_id, *ledger, *item;
    const char *after; /* of balances: the item, or empty */
    int64_t before;    /* of entries: newest first, below this number */
    size_t limit;
};
bool ledger_db_entries(struct db *db, struct arena *a, const struct ledger_range *range,
                       struct ledger_entry **entries, size_t *count, struct error *e);

struct ledger_balance {
    const char *item;
    int64_t left, reserved;
    struct specification of; /* of quota of certificates; all NULL for managed uses */
};
extern const struct field ledger_balance_fields[];
bool ledger_db_balances(struct db *db, struct arena *a, const struct ledger_range *range,
                        struct ledger_balance **balances, size_t *count, struct error *e);

bool ledger_db_check(struct db *db, const char *account_id, struct ledger_check *check, struct error *e);

bool reservation_db_insert(struct db *db, const struct reservation *r, struct error *e);
/* The one mark that makes each of these happen once: `*first`. */
bool reservation_db_reserve(struct db *db, const struct reservation *r, int64_t now, bool *first,
                            struct error *e);
bool reservation_db_release(struct db *db, const struct reservation *r, const char *reason, int64_t now,
                            bool *first, struct error *e);
