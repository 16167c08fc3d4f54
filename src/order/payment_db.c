/* Rows of payments and of the callbacks about them. What happens once is an UPDATE whose condition holds
 * once. */
#include "order/payment_ops.h"

const struct field payment_fields[] = {
    FIELD(TEXT, payment, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, payment, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, payment, order_id, FIELD_COLUMN, "Order", "订单"),
    FIELD(TEXT, payment, state, FIELD_COLUMN, "State: pending, paid, credited (became balance), closed",
          "状态:pending、paid、credited(已转入余额)、closed"),
    FIELD(TEXT, payment, provider, FIELD_COLUMN, "Provider: balance, invoice, webhook",
          "支付方式:balance、invoice、webhook"),
    FIELD(MONEY, payment, due, 0, "Amount due", "应付金额"),
    FIELD_MONEY_COLUMNS(payment, due),
    FIELD(TEXT, payment, created_by, 0, "Begun by", "发起人"),
    FIELD(TIME, payment, created_at, FIELD_COLUMN, "Begun", "发起时间"),
    FIELD(TIME, payment, asked_at, 0, "Taken by the payment system", "支付系统受理时间"),
    FIELD(TEXT, payment, pay_url, 0, "Where the payment system lets the buyer pay", "支付页面地址"),
    FIELD(TIME, payment, confirmed_at, 0, "Money received", "到账时间"),
    FIELD(TEXT, payment, confirmed_by, 0, "Confirmed by", "确认人"),
    FIELD(TEXT, payment, outside_reference, 0, "Reference outside", "外部凭据"),
    FIELD(TIME, payment, credited_at, 0, "Became balance", "转入余额时间"),
    FIELD(TIME, payment, closed_at, 0, "Closed", "关闭时间"),
    FIELD(TEXT, payment, close_reason, 0, "Closed because: failed, replaced, order_closed",
          "关闭原因:failed、replaced、order_closed"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, order_id, provider, due_amount, due_currency, created_by, created_at, asked_at, "       \
    "pay_url, confirmed_at, confirmed_by, outside_reference, credited_at, closed_at, close_reason "

const char *payment_state(const struct payment *p) {
    if (p->confirmed_at)
        return p->credited_at ? "credited" : "paid";
    return p->closed_at ? "closed" : "pending";
}

/* ---- reading ---- */

static bool read_one(bool found, const char *id, struct payment *p, struct error *e) {
    p->state = found ? payment_state(p) : NULL;
    return found ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no payment '%s'", "没有支付记录“%s”", id));
}

bool payment_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct payment *p,
                 struct error *e) {
    *p = (struct payment){.id = NULL};
    bool found = db_get(db, a, payment_fields, p, e,
                        "SELECT " COLUMNS "FROM payment WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                        DB_TEXT(account_id));
    return read_one(found, id, p, e);
}

bool payment_get_any(struct db *db, struct arena *a, const char *id, struct payment *p, struct error *e) {
    *p = (struct payment){.id = NULL};
    bool found =
        db_get(db, a, payment_fields, p, e, "SELECT " COLUMNS "FROM payment WHERE id = $1", DB_TEXT(id));
    return read_one(found, id, p, e);
}

/* A row that need not be there. */
static bool read_or_absent(bool found, struct payment *p, struct error *e) {
    if (!found && !error_absent(e))
        return false;
    p->state = found ? payment_state(p) : NULL;
    return true;
}

bool payment_of_order(struct db *db, struct arena *a, const char *order_id, struct payment *p,
                      struct error *e) {
    *p = (struct payment){.id = NULL};
    bool found =
        db_get(db, a, payment_fields, p, e,
               "SELECT " COLUMNS
               "FROM payment WHERE order_id = $1 AND confirmed_at IS NOT NULL AND credited_at IS NULL",
               DB_TEXT(order_id));
    return read_or_absent(found, p, e);
}

bool payment_open_of_order(struct db *db, struct arena *a, const char *order_id, struct payment *p,
                           struct error *e) {
    *p = (struct payment){.id = NULL};
    bool found = db_get(db, a, payment_fields, p, e,
                        "SELECT " COLUMNS
                        "FROM payment WHERE order_id = $1 AND confirmed_at IS NULL AND closed_at IS NULL",
                        DB_TEXT(order_id));
    return read_or_absent(found, p, e);
}

bool payment_list(struct db *db, struct arena *a, const struct payment_range *range,
                  struct payment **payments, size_t *count, struct error *e) {
    static const char above_all_ids[] = "pay~";
    if (!db_list(db, a, payment_fields, sizeof **payments, payments, count, e,
                 "SELECT " COLUMNS "FROM payment WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                 DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                 DB_INT((int64_t)range->limit)))
        return false;
    for (size_t i = 0; i < *count; i++)
        (*payments)[i].state = payment_state(&(*payments)[i]);
    return true;
}

/* ---- writing ---- */

bool payment_insert(struct db *db, const struct payment *p, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO payment (id, account_id, order_id, provider, due_amount, due_currency, "
                   "created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(p->id), DB_TEXT(p->account_id), DB_TEXT(p->order_id), DB_TEXT(p->provider),
                   DB_INT(p->due.amount), DB_TEXT(p->due.currency), DB_TEXT(p->created_by),
                   DB_INT(p->created_at));
}

bool payment_mark_confirmed(struct db *db, struct payment *p, const struct payment_receipt *receipt,
                            bool *first, struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE payment SET confirmed_at = $2, confirmed_by = $3, "
                 "outside_reference = coalesce($4, outside_reference), credited_at = $5 "
                 "WHERE id = $1 AND confirmed_at IS NULL",
                 DB_TEXT(p->id), DB_INT(receipt->now), DB_TEXT(receipt->actor), DB_TEXT(receipt->reference),
                 DB_TIME(receipt->credited ? receipt->now : 0)))
        return false;
    *first = db_changes(db) == 1;
    if (!*first)
        return true;
    p->confirmed_at = receipt->now;
    p->credited_at = receipt->credited ? receipt->now : 0;
    p->confirmed_by = receipt->actor;
    if (receipt->reference)
        p->outside_reference = receipt->reference;
    return true;
}

bool payment_mark_closed(struct db *db, struct payment *p, const char *reason, int64_t now, bool *first,
                         struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE payment SET closed_at = $2, close_reason = $3 "
                 "WHERE id = $1 AND confirmed_at IS NULL AND closed_at IS NULL",
                 DB_TEXT(p->id), DB_INT(now), DB_TEXT(reason)))
        return false;
    *first = db_changes(db) == 1;
    if (!*first)
        return true;
    p->closed_at = now;
    p->close_reason = reason;
    return true;
}

bool payment_close_of_order(struct db *db, const char *order_id, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE payment SET closed_at = $2, close_reason = 'order_closed' "
                   "WHERE order_id = $1 AND confirmed_at IS NULL AND closed_at IS NULL",
                   DB_TEXT(order_id), DB_INT(now));
}

/* What it is called outside may have come with a callback already. */
bool payment_mark_asked(struct db *db, const struct payment *p, struct error *e) {
    return db_exec(db, e,
                   "UPDATE payment SET asked_at = $2, pay_url = $3, "
                   "outside_reference = coalesce(outside_reference, $4) WHERE id = $1",
                   DB_TEXT(p->id), DB_INT(p->asked_at), DB_TEXT(p->pay_url), DB_TEXT(p->outside_reference));
}

/* ---- callbacks ---- */

static const struct field event_fields[] = {
    FIELD(TEXT, payment_event, event_id, 0, "Event", "事件"),
    FIELD(TEXT, payment_event, account_id, 0, "Account", "账号"),
    FIELD(TEXT, payment_event, payment_id, 0, "Payment", "支付记录"),
    FIELD(TEXT, payment_event, digest, 0, "SHA-256 of the body", "请求体 SHA-256"),
    FIELD(TIME, payment_event, at, 0, "At", "时间"),
    FIELD(TEXT, payment_event, code, 0, "Refused because", "拒绝原因"),
    FIELD(TEXT, payment_event, detail_en, 0, "Detail", "详细信息"),
    FIELD(TEXT, payment_event, detail_zh, 0, "Detail in Chinese", "详细信息(中文)"),
    FIELD_END,
};

bool payment_event_find(struct db *db, struct arena *a, const char *event_id, struct payment_event *event,
                        struct error *e) {
    *event = (struct payment_event){.event_id = NULL};
    bool found = db_get(db, a, event_fields, event, e,
                        "SELECT event_id, account_id, payment_id, digest, at, code, detail_en, detail_zh "
                        "FROM payment_event WHERE event_id = $1",
                        DB_TEXT(event_id));
    return found || error_absent(e);
}

bool payment_event_insert(struct db *db, const struct payment_event *event, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO payment_event (event_id, account_id, payment_id, digest, at, code, detail_en, "
        "detail_zh) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        DB_TEXT(event->event_id), DB_TEXT(event->account_id), DB_TEXT(event->payment_id),
        DB_TEXT(event->digest), DB_INT(event->at), DB_TEXT(event->code), DB_TEXT(event->detail_en),
        DB_TEXT(event->detail_zh));
}

enum { KEEP_EVENTS = 90 * DAY, PURGE_LIMIT = 5000 };

/* More than the limit in one day is left for the next. */
bool payment_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e,
                   "DELETE FROM payment_event WHERE event_id IN "
                   "(SELECT event_id FROM payment_event WHERE at < $1 ORDER BY at, event_id LIMIT $2)",
                   DB_INT(w->now - KEEP_EVENTS), DB_INT(PURGE_LIMIT));
}
