/* Rows of orders and their lines. */
#include "order/quote.h"

static const char *const states[] = {
    [ORDER_PENDING_PAYMENT] = "pending_payment", [ORDER_PAID] = "paid", [ORDER_CANCELLED] = "cancelled"};

const struct field order_fields[] = {
    FIELD(TEXT, order, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, order, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(INT, order, number, 0, "Number", "编号"),
    FIELD(TEXT, order, state, FIELD_COLUMN, "State: pending_payment, paid, cancelled",
          "状态:pending_payment、paid、cancelled"),
    FIELD(TEXT, order, kind, FIELD_COLUMN, "Kind: purchase, renewal, early_renewal, replacement, quota",
          "订单类型"),
    FIELD(INT, order, years, 0, "Years; 0 for quota", "年限;购买额度时为 0"),
    FIELD(TEXT, order, brand, FIELD_COLUMN, "Brand", "品牌"),
    FIELD(TEXT, order, profile, 0, "Policy profile", "策略"),
    FIELD(INT, order, profile_version, 0, "Version of the policy profile", "策略版本"),
    FIELD(TEXT, order, old_certificate_id, 0, "Renewed or replaced certificate", "原证书"),
    FIELD(TEXT, order, certificate_id, FIELD_COLUMN, "First certificate created", "创建的首张证书"),
    FIELD(TEXT, order, quote_id, 0, "The quote that it was made from", "对应的报价"),
    FIELD(MONEY, order, due, 0, "Amount due", "应付金额"),
    FIELD_MONEY_COLUMNS(order, due),
    FIELD(TEXT, order, provider, 0, "How it is paid", "支付方式"),
    FIELD(TEXT, order, created_by, 0, "Ordered by", "下单人"),
    FIELD(TIME, order, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD(TIME, order, payment_due_at, 0, "Unpaid by then it is cancelled", "付款截止时间"),
    FIELD(TIME, order, paid_at, 0, "Paid", "支付时间"),
    FIELD(TIME, order, cancelled_at, 0, "Cancelled", "取消时间"),
    FIELD(TEXT, order, cancel_reason, 0, "Why: cancelled, unpaid", "取消原因:cancelled、unpaid"),
    FIELD_ROWS_OF(quote_line_fields, order, lines, line_count, 0,
                  "What is taken from quota, then what is paid; not in lists",
                  "先使用额度,不足部分付费;列表中省略"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, number, kind, years, brand, profile, profile_version, old_certificate_id, "             \
    "certificate_id, quote_id, due_amount, due_currency, provider, created_by, created_at, "                 \
    "payment_due_at, paid_at, cancelled_at, cancel_reason"

enum order_state order_state(const struct order *o) {
    if (o->cancelled_at)
        return ORDER_CANCELLED;
    return o->paid_at ? ORDER_PAID : ORDER_PENDING_PAYMENT;
}

const char *order_state_name(enum order_state state) {
    return states[state];
}

/* ---- lines ---- */

/* A row is a line, but for the currency, which is the order's. */
struct line_row {
    const char *item, *source;
    int64_t units, unit_amount, amount;
};

static const struct field line_columns[] = {
    FIELD(TEXT, line_row, item, 0, "Item", "项目"),
    FIELD(TEXT, line_row, source, 0, "Source", "来源"),
    FIELD(INT, line_row, units, 0, "Units", "数量"),
    FIELD(INT, line_row, unit_amount, 0, "Price of one", "单价"),
    FIELD(INT, line_row, amount, 0, "Amount", "金额"),
    FIELD_END,
};

enum { NO_PRICE = -1 };

static bool insert_line(struct db *db, const struct order *o, size_t i, struct error *e) {
    const struct quote_line *line = &o->lines[i];
    return db_exec(db, e,
                   "INSERT INTO order_line (order_id, position, account_id, item, source, units, "
                   "unit_amount, amount) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(o->id), DB_INT((int64_t)i + 1), DB_TEXT(o->account_id), DB_TEXT(line->item),
                   DB_TEXT(line->source), DB_INT(line->count),
                   line->unit_price.currency ? DB_INT(line->unit_price.amount) : DB_TEXT(NULL),
                   DB_INT(line->amount.amount));
}

bool order_lines(struct db *db, struct arena *a, struct order *o, struct error *e) {
    struct line_row *rows;
    if (!db_list(db, a, line_columns, sizeof *rows, &rows, &o->line_count, e,
                 "SELECT item, source, units, COALESCE(unit_amount, $2) AS unit_amount, amount "
                 "FROM order_line WHERE order_id = $1 ORDER BY position",
                 DB_TEXT(o->id), DB_INT(NO_PRICE)))
        return false;
    o->lines = ARENA_ARRAY(a, o->line_count, struct quote_line);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct line_row *row = &rows[i];
        const char *priced = row->unit_amount == NO_PRICE ? NULL : o->due.currency;
        o->lines[i] = (struct quote_line){.item = row->item,
                                          .source = row->source,
                                          .count = row->units,
                                          .unit_price = {priced ? row->unit_amount : 0, priced},
                                          .amount = {row->amount, o->due.currency}};
    }
    return true;
}

/* ---- orders ---- */

static bool insert_row(struct db *db, const struct order *o, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO orders (id, account_id, number, kind, years, brand, profile, profile_version, "
        "old_certificate_id, certificate_id, quote_id, due_amount, due_currency, provider, created_by, "
        "created_at, payment_due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
        "$15, $16, $17)",
        DB_TEXT(o->id), DB_TEXT(o->account_id), DB_INT(o->number), DB_TEXT(o->kind), DB_INT(o->years),
        DB_TEXT(o->brand), DB_TEXT(o->profile), DB_INT(o->profile_version), DB_TEXT(o->old_certificate_id),
        DB_TEXT(o->certificate_id), DB_TEXT(o->quote_id), DB_INT(o->due.amount), DB_TEXT(o->due.currency),
        DB_TEXT(o->provider), DB_TEXT(o->created_by), DB_INT(o->created_at), DB_TIME(o->payment_due_at));
}

bool order_insert(struct db *db, struct order *o, struct error *e) {
    bool ok = db_sequence(db, "order", &o->number, e) && insert_row(db, o, e);
    for (size_t i = 0; ok && i < o->line_count; i++)
        ok = insert_line(db, o, i, e);
    return ok;
}

static bool found(bool ok, const char *id, struct error *e) {
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no order '%s'", "没有订单“%s”", id);
}

bool order_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct order *o,
               struct error *e) {
    *o = (struct order){.id = NULL};
    bool ok =
        db_get(db, a, order_fields, o, e, "SELECT " COLUMNS " FROM orders WHERE id = $1 AND account_id = $2",
               DB_TEXT(id), DB_TEXT(account_id));
    return found(ok, id, e);
}

bool order_get_any(struct db *db, struct arena *a, const char *id, struct order *o, struct error *e) {
    *o = (struct order){.id = NULL};
    bool ok = db_get(db, a, order_fields, o, e, "SELECT " COLUMNS " FROM orders WHERE id = $1", DB_TEXT(id));
    return found(ok, id, e);
}

/* Somebody else may have been first: then the facts are what he made them. */
static bool read_facts(struct db *db, struct order *o, struct error *e) {
    return db_int(db, &o->paid_at, 0, e, "SELECT paid_at FROM orders WHERE id = $1", DB_TEXT(o->id)) &&
           db_int(db, &o->cancelled_at, 0, e, "SELECT cancelled_at FROM orders WHERE id = $1",
                  DB_TEXT(o->id));
}

bool order_mark_paid(struct db *db, struct order *o, int64_t now, bool *first, struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE orders SET paid_at = $2 "
                 "WHERE id = $1 AND paid_at IS NULL AND cancelled_at IS NULL",
                 DB_TEXT(o->id), DB_INT(now)))
        return false;
    *first = db_changes(db) == 1;
    if (!*first)
        return read_facts(db, o, e);
    o->paid_at = now;
    return true;
}

bool order_mark_closed(struct db *db, struct order *o, const char *reason, int64_t now, bool *first,
                       struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE orders SET cancelled_at = $2, cancel_reason = $3 "
                 "WHERE id = $1 AND paid_at IS NULL AND cancelled_at IS NULL",
                 DB_TEXT(o->id), DB_INT(now), DB_TEXT(reason)))
        return false;
    *first = db_changes(db) == 1;
    if (!*first)
        return read_facts(db, o, e);
    o->cancelled_at = now;
    o->cancel_reason = reason;
    return true;
}

bool order_set_provider(struct db *db, struct order *o, const char *provider, int64_t due_at,
                        struct error *e) {
    o->provider = provider;
    o->payment_due_at = due_at;
    return db_exec(db, e,
                   "UPDATE orders SET provider = $2, payment_due_at = $3 "
                   "WHERE id = $1 AND paid_at IS NULL AND cancelled_at IS NULL",
                   DB_TEXT(o->id), DB_TEXT(provider), DB_TIME(due_at));
}

bool order_list(struct db *db, struct arena *a, const struct order_range *range, struct order **orders,
                size_t *count, struct error *e) {
    static const char above_all_ids[] = "ord~";
    return db_list(db, a, order_fields, sizeof **orders, orders, count, e,
                   "SELECT " COLUMNS
                   " FROM orders WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}
