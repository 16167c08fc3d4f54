/* Rows of refunds. */
#include "order/refund.h"

const struct field refund_fields[] = {
    FIELD(TEXT, refund, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, refund, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, refund, certificate_id, FIELD_COLUMN, "Certificate", "证书"),
    FIELD(TEXT, refund, state, FIELD_COLUMN, "State: pending, done", "状态:pending、done"),
    FIELD(TEXT, refund, order_id, FIELD_COLUMN, "Order", "订单"),
    FIELD(TEXT, refund, payment_id, 0, "Payment that the money goes back by; none: it was quota alone",
          "退款对应的支付;为空表示仅退回额度"),
    FIELD(TEXT, refund, provider, 0, "Provider of that payment", "支付方式"),
    FIELD(MONEY, refund, due, 0, "Money that goes back", "退款金额"),
    FIELD_MONEY_COLUMNS(refund, due),
    FIELD(TEXT, refund, asked_by, 0, "Asked for by", "申请人"),
    FIELD(TIME, refund, asked_at, FIELD_COLUMN, "Asked for", "申请时间"),
    FIELD(TIME, refund, done_at, 0, "Done", "完成时间"),
    FIELD(TEXT, refund, done_by, 0, "Done by", "完成人"),
    FIELD(TEXT, refund, outside_reference, 0, "Reference outside", "外部凭据"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, certificate_id, order_id, payment_id, provider, due_amount, due_currency, asked_by, "   \
    "asked_at, done_at, done_by, outside_reference "

static const char *state_of(const struct refund *r) {
    return r->done_at ? "done" : "pending";
}

static bool read_one(bool found, const char *id, struct refund *r, struct error *e) {
    r->state = found ? state_of(r) : NULL;
    return found ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no refund '%s'", "没有退款记录“%s”", id));
}

bool refund_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct refund *r,
                struct error *e) {
    *r = (struct refund){.id = NULL};
    bool found =
        db_get(db, a, refund_fields, r, e, "SELECT " COLUMNS "FROM refund WHERE id = $1 AND account_id = $2",
               DB_TEXT(id), DB_TEXT(account_id));
    return read_one(found, id, r, e);
}

bool refund_get_any(struct db *db, struct arena *a, const char *id, struct refund *r, struct error *e) {
    *r = (struct refund){.id = NULL};
    bool found =
        db_get(db, a, refund_fields, r, e, "SELECT " COLUMNS "FROM refund WHERE id = $1", DB_TEXT(id));
    return read_one(found, id, r, e);
}

bool refund_list(struct db *db, struct arena *a, const struct refund_range *range, struct refund **refunds,
                 size_t *count, struct error *e) {
    static const char above_all_ids[] = "rfd~";
    if (!db_list(db, a, refund_fields, sizeof **refunds, refunds, count, e,
                 "SELECT " COLUMNS "FROM refund WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                 DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                 DB_INT((int64_t)range->limit)))
        return false;
    for (size_t i = 0; i < *count; i++)
        (*refunds)[i].state = state_of(&(*refunds)[i]);
    return true;
}

bool refund_insert(struct db *db, const struct refund *r, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO refund (id, account_id, certificate_id, order_id, payment_id, provider, "
                   "due_amount, due_currency, asked_by, asked_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   DB_TEXT(r->id), DB_TEXT(r->account_id), DB_TEXT(r->certificate_id), DB_TEXT(r->order_id),
                   DB_TEXT(r->payment_id), DB_TEXT(r->provider), DB_INT(r->due.amount),
                   DB_TEXT(r->due.currency), DB_TEXT(r->asked_by), DB_INT(r->asked_at));
}

bool refund_mark_done(struct db *db, struct refund *r, const struct payment_receipt *receipt, bool *first,
                      struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE refund SET done_at = $2, done_by = $3, outside_reference = $4 "
                 "WHERE id = $1 AND done_at IS NULL",
                 DB_TEXT(r->id), DB_INT(receipt->now), DB_TEXT(receipt->actor), DB_TEXT(receipt->reference)))
        return false;
    *first = db_changes(db) == 1;
    if (!*first)
        return true;
    r->done_at = receipt->now;
    r->done_by = receipt->actor;
    r->outside_reference = receipt->reference;
    r->state = state_of(r);
    return true;
}
