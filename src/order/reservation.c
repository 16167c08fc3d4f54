/* Units that are promised to certificates: each move of the ledger beside the mark that lets it happen once.
 */
#include "order/ledger_db.h"
#include <stdio.h>

/* A reference is reason and object; longer ones do not occur. */
struct reference {
    char text[128];
};

static struct reference refer(const char *reason, const char *source, const char *object) {
    struct reference r;
    snprintf(r.text, sizeof r.text, "%s%s%s:%s", reason, *source ? "-" : "", source, object);
    return r;
}

/* ---- making and paying ---- */

/* How many of the units are of this source and item; 0 for an item that an earlier unit has stood for. */
static int64_t count_item(const struct reservation *units, size_t count, size_t at, const char *source) {
    int64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].source, source) != 0 || strcmp(units[i].item, units[at].item) != 0)
            continue;
        if (i < at)
            return 0;
        found++;
    }
    return strcmp(units[at].source, source) == 0 ? found : 0;
}

static struct ledger_move move_of_order(const struct reservation *unit, const char *reason,
                                        const struct ledger_cause *cause) {
    return (struct ledger_move){.account_id = unit->account_id,
                                .item = unit->item,
                                .reason = reason,
                                .order_id = unit->order_id,
                                .actor = cause->actor,
                                .now = cause->now};
}

/* One entry an item: what is bought with an order and what it takes from quota are two. */
static bool move_items(struct db *db, const struct reservation *units, size_t count, const char *source,
                       struct ledger_move move, struct error *e) {
    const char *reason = move.reason;
    int64_t sign = move.amount;
    bool done, ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        const int64_t found = count_item(units, count, i, source);
        if (!found)
            continue;
        struct reference reference =
            refer(reason, strcmp(source, SOURCE_PAID) == 0 ? source : "", move.order_id);
        move.item = units[i].item;
        move.reference = reference.text;
        move.amount = sign * found;
        ok = ledger_move_quota(db, &move, &done, e);
    }
    return ok;
}

bool reservation_make(struct db *db, const struct reservation *units, size_t count,
                      const struct ledger_cause *cause, struct error *e) {
    for (size_t i = 0; i < count; i++) {
        struct reservation unit = units[i];
        unit.reserved_at = strcmp(unit.source, SOURCE_QUOTA) == 0 ? cause->now : 0;
        if (!reservation_db_insert(db, &unit, e))
            return false;
    }
    if (count == 0)
        return true;
    struct ledger_move move = move_of_order(&units[0], "reserved", cause);
    move.amount = -1;
    return move_items(db, units, count, SOURCE_QUOTA, move, e);
}

/* Those that this call has marked, in the order they had. */
static bool mark_paid(struct db *db, struct reservation *units, size_t *count,
                      const struct ledger_cause *cause, struct error *e) {
    size_t marked = 0;
    for (size_t i = 0; i < *count; i++) {
        bool first;
        if (!reservation_db_reserve(db, &units[i], cause->now, &first, e))
            return false;
        if (first)
            units[marked++] = units[i];
    }
    *count = marked;
    return true;
}

bool reservation_paid(struct db *db, struct arena *a, const char *order_id, const struct ledger_cause *cause,
                      struct error *e) {
    struct reservation *units;
    size_t count;
    if (!reservation_of_order(db, a, order_id, &units, &count, e) || !mark_paid(db, units, &count, cause, e))
        return false;
    if (count == 0)
        return true;
    struct ledger_move bought = move_of_order(&units[0], "bought", cause),
                       reserved = move_of_order(&units[0], "reserved", cause);
    bought.amount = 1;
    reserved.amount = -1;
    return move_items(db, units, count, SOURCE_PAID, bought, e) &&
           move_items(db, units, count, SOURCE_PAID, reserved, e);
}

/* ---- giving back ---- */

/* A certificate may have two units, of different items: the reference need not tell them apart. */
bool reservation_release(struct db *db, const struct reservation *r, const char *reason,
                         const struct ledger_cause *cause, bool *first, struct error *e) {
    bool done;
    if (!reservation_db_release(db, r, reason, cause->now, first, e))
        return false;
    if (!*first || !r->reserved_at)
        return true;
    struct reference reference = refer(reason, "", r->certificate_id);
    struct ledger_move move = move_of_order(r, reason, cause);
    move.reference = reference.text;
    move.certificate_id = r->certificate_id;
    move.amount = 1;
    return ledger_move_quota(db, &move, &done, e);
}
