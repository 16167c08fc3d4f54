/*
 * Ways to pay. A new one: one file pay_NAME.c, ending in one of these structs; its line in payment.c, and in
 * meson.build. Internal to order/.
 */
#pragma once
#include "order/payment.h"

struct refund;

/* What a payment system answers. */
struct payment_answer {
    const char *pay_url, *reference; /* or NULL */
};

struct payment_ops {
    const char *name;
    int64_t due_seconds; /* after which an unpaid order is closed */
    bool by_hand;        /* administrators note what has come, and what has gone back */
    /* Is it possible here? NULL: always. */
    bool (*ready)(const struct services *s, struct error *e);
    /* What is done at once, in the transaction; NULL: nothing. */
    bool (*begin)(const struct services *s, struct arena *a, struct payment *p,
                  const struct payment_receipt *receipt, struct error *e);
    /* Outside, again if need be: under the id of the row, which is there already. NULL: nobody is told. A
     * refund without it and not by hand is credited to the ledger. */
    bool (*ask)(struct work *w, const struct payment *p, struct payment_answer *answer, struct error *e);
    bool (*refund)(struct work *w, const struct refund *r, struct payment_answer *answer, struct error *e);
};

/* NULL if there is none. */
const struct payment_ops *payment_ops_find(const char *provider);

/* ---- payment_db.c: each change happens once, `*first` ---- */

bool payment_insert(struct db *db, const struct payment *p, struct error *e);
/* The one that is waited for; id NULL if there is none. */
bool payment_open_of_order(struct db *db, struct arena *a, const char *order_id, struct payment *p,
                           struct error *e);
bool payment_mark_confirmed(struct db *db, struct payment *p, const struct payment_receipt *receipt,
                            bool *first, struct error *e);
bool payment_mark_closed(struct db *db, struct payment *p, const char *reason, int64_t now, bool *first,
                         struct error *e);
bool payment_mark_asked(struct db *db, const struct payment *p, struct error *e);

struct payment_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the newest */
    size_t limit;
};
/* Newest first. */
bool payment_list(struct db *db, struct arena *a, const struct payment_range *range,
                  struct payment **payments, size_t *count, struct error *e);

struct payment_event {
    const char *event_id, *account_id, *payment_id, *digest;
    int64_t at;
    const char *code, *detail_en, *detail_zh; /* of a refusal */
};
/* event_id NULL if it did not come before. */
bool payment_event_find(struct db *db, struct arena *a, const char *event_id, struct payment_event *event,
                        struct error *e);
bool payment_event_insert(struct db *db, const struct payment_event *event, struct error *e);
