/* Rows of quotes. */
#include "base/rand.h"
#include "order/quote.h"

static const struct field row_fields[] = {
    FIELD(TEXT, quote, id, 0, "Quote", "报价"),
    FIELD(TEXT, quote, account_id, 0, "Account", "账号"),
    FIELD(TEXT, quote, created_by, 0, "By", "操作者"),
    FIELD(TIME, quote, created_at, 0, "Created", "创建时间"),
    FIELD(TIME, quote, expires_at, 0, "Expires", "失效时间"),
    FIELD(TEXT, quote, kind, 0, "Kind", "类型"),
    FIELD(INT, quote, years, 0, "Years", "年限"),
    FIELD(TEXT, quote, old_certificate_id, 0, "Old certificate", "原证书"),
    FIELD(TEXT, quote, brand, 0, "Brand", "品牌"),
    FIELD(TEXT, quote, profile, 0, "Profile", "策略"),
    FIELD(INT, quote, profile_version, 0, "Its version", "策略版本"),
    FIELD(TEXT, quote, content, 0, "Content", "内容"),
    FIELD_MONEY_COLUMNS(quote, due),
    FIELD(TEXT, quote, order_id, 0, "Order", "订单"),
    FIELD_END,
};

bool quote_insert(struct db *db, const struct quote *q, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO quote (id, account_id, created_by, created_at, expires_at, kind, years, "
                   "old_certificate_id, brand, profile, profile_version, content, due_amount, due_currency) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                   DB_TEXT(q->id), DB_TEXT(q->account_id), DB_TEXT(q->created_by), DB_INT(q->created_at),
                   DB_INT(q->expires_at), DB_TEXT(q->kind), DB_INT(q->years), DB_TEXT(q->old_certificate_id),
                   DB_TEXT(q->brand), DB_TEXT(q->profile), DB_INT(q->profile_version), DB_TEXT(q->content),
                   DB_INT(q->due.amount), DB_TEXT(q->due.currency));
}

bool quote_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct quote *q,
               struct error *e) {
    *q = (struct quote){.id = NULL};
    if (db_get(db, a, row_fields, q, e,
               "SELECT id, account_id, created_by, created_at, expires_at, kind, years, old_certificate_id, "
               "brand, profile, profile_version, content, due_amount, due_currency, order_id "
               "FROM quote WHERE id = $1 AND account_id = $2",
               DB_TEXT(id), DB_TEXT(account_id)))
        return quote_read_content(a, q, e);
    return e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no quote '%s'", "没有报价“%s”", id);
}

bool quote_mark(struct db *db, const struct quote_use *use, int64_t now, bool *done, struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE quote SET order_id = $3 "
                      "WHERE id = $1 AND account_id = $2 AND order_id IS NULL AND expires_at > $4",
                      DB_TEXT(use->id), DB_TEXT(use->account_id), DB_TEXT(use->order_id), DB_INT(now));
    *done = ok && db_changes(db) == 1;
    return ok;
}

enum { KEEP_SECONDS = 7 * DAY, PURGE_LIMIT = 20000 };

/* More than the limit in one day is left for the next. An order has lines of its own. */
bool quote_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e,
                   "DELETE FROM quote WHERE id IN (SELECT id FROM quote WHERE id < $1 ORDER BY id LIMIT $2)",
                   DB_TEXT(id_floor(w->arena, "quo", w->now - KEEP_SECONDS)), DB_INT(PURGE_LIMIT));
}
