/* Rows of reservations. What happens once is an UPDATE whose condition holds once. */
#include "order/ledger_db.h"

static const struct field reservation_fields[] = {
    FIELD(TEXT, reservation, certificate_id, 0, "Certificate", "证书"),
    FIELD(TEXT, reservation, unit, 0, "Unit", "单位"),
    FIELD(TEXT, reservation, account_id, 0, "Account", "账号"),
    FIELD(TEXT, reservation, order_id, 0, "Order", "订单"),
    FIELD(TEXT, reservation, item, 0, "Item", "项目"),
    FIELD(TEXT, reservation, source, 0, "Source", "来源"),
    FIELD(INT, reservation, amount, 0, "Amount", "金额"),
    FIELD(TIME, reservation, reserved_at, 0, "Reserved", "预留时间"),
    FIELD(TIME, reservation, consumed_at, 0, "Consumed", "使用时间"),
    FIELD(TIME, reservation, released_at, 0, "Released", "释放时间"),
    FIELD(TEXT, reservation, release_reason, 0, "Reason", "原因"),
    FIELD_END,
};

bool reservation_db_insert(struct db *db, const struct reservation *r, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO reservation (certificate_id, unit, account_id, order_id, item, source, amount, "
        "reserved_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        DB_TEXT(r->certificate_id), DB_TEXT(r->unit), DB_TEXT(r->account_id), DB_TEXT(r->order_id),
        DB_TEXT(r->item), DB_TEXT(r->source), DB_INT(r->amount), DB_TIME(r->reserved_at));
}

static bool changed(struct db *db, bool ok, bool *first) {
    *first = ok && db_changes(db) == 1;
    return ok;
}

bool reservation_db_reserve(struct db *db, const struct reservation *r, int64_t now, bool *first,
                            struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE reservation SET reserved_at = $3 WHERE certificate_id = $1 AND unit = $2 "
                      "AND reserved_at IS NULL AND released_at IS NULL",
                      DB_TEXT(r->certificate_id), DB_TEXT(r->unit), DB_INT(now));
    return changed(db, ok, first);
}

bool reservation_consume(struct db *db, const char *certificate_id, const char *unit, int64_t now,
                         bool *first, struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE reservation SET consumed_at = $3 WHERE certificate_id = $1 AND unit = $2 "
                      "AND reserved_at IS NOT NULL AND consumed_at IS NULL AND released_at IS NULL",
                      DB_TEXT(certificate_id), DB_TEXT(unit), DB_INT(now));
    return changed(db, ok, first);
}

bool reservation_db_release(struct db *db, const struct reservation *r, const char *reason, int64_t now,
                            bool *first, struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE reservation SET released_at = $3, release_reason = $4 "
                      "WHERE certificate_id = $1 AND unit = $2 AND released_at IS NULL",
                      DB_TEXT(r->certificate_id), DB_TEXT(r->unit), DB_INT(now), DB_TEXT(reason));
    return changed(db, ok, first);
}

bool reservation_of_certificate(struct db *db, struct arena *a, const char *certificate_id,
                                struct reservation **units, size_t *count, struct error *e) {
    return db_list(db, a, reservation_fields, sizeof **units, units, count, e,
                   "SELECT certificate_id, unit, account_id, order_id, item, source, amount, reserved_at, "
                   "consumed_at, released_at, release_reason FROM reservation WHERE certificate_id = $1 "
                   "ORDER BY unit",
                   DB_TEXT(certificate_id));
}

bool reservation_of_order(struct db *db, struct arena *a, const char *order_id, struct reservation **units,
                          size_t *count, struct error *e) {
    return db_list(db, a, reservation_fields, sizeof **units, units, count, e,
                   "SELECT certificate_id, unit, account_id, order_id, item, source, amount, reserved_at, "
                   "consumed_at, released_at, release_reason FROM reservation WHERE order_id = $1 "
                   "ORDER BY certificate_id, unit",
                   DB_TEXT(order_id));
}
