/* Rows of orders. */
#include "order/order.h"

const struct field order_fields[] = {
    FIELD(TEXT, order, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, order, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(INT, order, number, 0, "Number", "编号"),
    FIELD(TEXT, order, kind, FIELD_COLUMN, "Kind: purchase, renewal, early_renewal, replacement", "订单类型"),
    FIELD(INT, order, years, 0, "Years", "年限"),
    FIELD(TEXT, order, brand, FIELD_COLUMN, "Brand", "品牌"),
    FIELD(TEXT, order, profile, 0, "Policy profile", "策略"),
    FIELD(INT, order, profile_version, 0, "Version of the policy profile", "策略版本"),
    FIELD(TEXT, order, old_certificate_id, 0, "Renewed or replaced certificate", "原证书"),
    FIELD(TEXT, order, certificate_id, FIELD_COLUMN, "First certificate created", "创建的首张证书"),
    FIELD(INT, order, amount, 0, "Amount in minor units", "金额(最小货币单位)"),
    FIELD(TEXT, order, currency, 0, "Currency", "货币"),
    FIELD(TEXT, order, created_by, 0, "Ordered by", "下单人"),
    FIELD(TIME, order, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD(TIME, order, paid_at, 0, "Paid", "支付时间"),
    FIELD_END,
};

bool order_insert(struct db *db, struct order *order, struct error *e) {
    const struct order *o = order;
    return db_sequence(db, "order", &order->number, e) &&
           db_exec(
               db, e,
               "INSERT INTO orders (id, account_id, number, kind, years, brand, profile, profile_version, "
               "old_certificate_id, certificate_id, amount, currency, created_by, created_at, paid_at) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
               DB_TEXT(o->id), DB_TEXT(o->account_id), DB_INT(o->number), DB_TEXT(o->kind), DB_INT(o->years),
               DB_TEXT(o->brand), DB_TEXT(o->profile), DB_INT(o->profile_version),
               DB_TEXT(o->old_certificate_id), DB_TEXT(o->certificate_id), DB_INT(o->amount),
               DB_TEXT(o->currency), DB_TEXT(o->created_by), DB_INT(o->created_at), DB_TIME(o->paid_at));
}

bool order_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct order *order,
               struct error *e) {
    return db_get(db, a, order_fields, order, e,
                  "SELECT id, account_id, number, kind, years, brand, profile, profile_version, "
                  "old_certificate_id, certificate_id, amount, currency, created_by, created_at, paid_at "
                  "FROM orders WHERE id = $1 AND account_id = $2",
                  DB_TEXT(id), DB_TEXT(account_id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no order '%s'", "没有订单“%s”", id));
}

bool order_list(struct db *db, struct arena *a, const struct order_range *range, struct order **orders,
                size_t *count, struct error *e) {
    static const char above_all_ids[] = "ord~";
    return db_list(db, a, order_fields, sizeof **orders, orders, count, e,
                   "SELECT id, account_id, number, kind, years, brand, profile, profile_version, "
                   "old_certificate_id, certificate_id, amount, currency, created_by, created_at, paid_at "
                   "FROM orders WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}
