/* Rows of balances and entries. */
#include "order/ledger_db.h"

bool ledger_db_entered(struct db *db, const char *ledger, const struct ledger_move *m, bool *found,
                       int64_t *amount, struct error *e) {
    bool ok = db_int(db, amount, 0, e,
                     "SELECT amount FROM ledger_entry "
                     "WHERE account_id = $1 AND ledger = $2 AND item = $3 AND reference = $4",
                     DB_TEXT(m->account_id), DB_TEXT(ledger), DB_TEXT(m->item), DB_TEXT(m->reference));
    *found = ok && *amount != 0; /* no entry is over 0 */
    return ok;
}

/* The balance after the move that was just made, and its number, come from the row that the move left. */
static bool enter(struct db *db, const char *ledger, const struct ledger_move *m, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO ledger_entry (account_id, ledger, item, sequence, at, reason, amount, balance, "
        "order_id, certificate_id, reference, actor) "
        "SELECT account_id, ledger, item, sequence, $4, $5, $6, balance, $7, $8, $9, $10 "
        "FROM ledger_balance WHERE account_id = $1 AND ledger = $2 AND item = $3",
        DB_TEXT(m->account_id), DB_TEXT(ledger), DB_TEXT(m->item), DB_INT(m->now), DB_TEXT(m->reason),
        DB_INT(m->amount), DB_TEXT(m->order_id), DB_TEXT(m->certificate_id), DB_TEXT(m->reference),
        DB_TEXT(m->actor));
}

/* The first credit makes the row; a debit needs one that is there. */
static bool add_row(struct db *db, const char *ledger, const struct ledger_move *m, struct error *e) {
    return m->amount < 0 ||
           db_exec(db, e,
                   "INSERT INTO ledger_balance (account_id, ledger, item, balance, sequence) "
                   "VALUES ($1, $2, $3, 0, 0) ON CONFLICT DO NOTHING",
                   DB_TEXT(m->account_id), DB_TEXT(ledger), DB_TEXT(m->item));
}

bool ledger_db_move(struct db *db, const char *ledger, const struct ledger_move *m, bool *fits,
                    struct error *e) {
    *fits = false;
    if (!add_row(db, ledger, m, e) ||
        !db_exec(db, e,
                 "UPDATE ledger_balance SET balance = balance + $4, sequence = sequence + 1 "
                 "WHERE account_id = $1 AND ledger = $2 AND item = $3 AND balance + $4 BETWEEN 0 AND $5",
                 DB_TEXT(m->account_id), DB_TEXT(ledger), DB_TEXT(m->item), DB_INT(m->amount),
                 DB_INT(LEDGER_MAX)))
        return false;
    *fits = db_changes(db) == 1;
    return !*fits || enter(db, ledger, m, e);
}

bool ledger_db_left(struct db *db, const char *ledger, const char *account_id, const char *item,
                    int64_t *left, struct error *e) {
    return db_int(db, left, 0, e,
                  "SELECT balance FROM ledger_balance WHERE account_id = $1 AND ledger = $2 AND item = $3",
                  DB_TEXT(account_id), DB_TEXT(ledger), DB_TEXT(item));
}

/* ---- entries ---- */

static const struct field entry_fields[] = {
    FIELD(TEXT, ledger_entry, item, 0, "Item", "项目"),
    FIELD(INT, ledger_entry, sequence, 0, "Number", "序号"),
    FIELD(TIME, ledger_entry, at, 0, "At", "时间"),
    FIELD(TEXT, ledger_entry, reason, 0, "Reason", "原因"),
    FIELD(INT, ledger_entry, amount, 0, "Amount", "数额"),
    FIELD(INT, ledger_entry, balance, 0, "Balance", "余额"),
    FIELD(TEXT, ledger_entry, order_id, 0, "Order", "订单"),
    FIELD(TEXT, ledger_entry, certificate_id, 0, "Certificate", "证书"),
    FIELD(TEXT, ledger_entry, reference, 0, "Reference", "凭据"),
    FIELD(TEXT, ledger_entry, actor, 0, "By", "操作者"),
    FIELD_END,
};

bool ledger_db_entry(struct db *db, struct arena *a, const char *ledger, const struct ledger_move *m,
                     struct ledger_entry *entry, struct error *e) {
    return db_get(
        db, a, entry_fields, entry, e,
        "SELECT item, sequence, at, reason, amount, balance, order_id, certificate_id, reference, actor "
        "FROM ledger_entry WHERE account_id = $1 AND ledger = $2 AND item = $3 AND reference = $4",
        DB_TEXT(m->account_id), DB_TEXT(ledger), DB_TEXT(m->item), DB_TEXT(m->reference));
}

bool ledger_db_entries(struct db *db, struct arena *a, const struct ledger_range *r,
                       struct ledger_entry **entries, size_t *count, struct error *e) {
    return db_list(
        db, a, entry_fields, sizeof **entries, entries, count, e,
        "SELECT item, sequence, at, reason, amount, balance, order_id, certificate_id, reference, actor "
        "FROM ledger_entry WHERE account_id = $1 AND ledger = $2 AND item = $3 AND sequence < $4 "
        "ORDER BY sequence DESC LIMIT $5",
        DB_TEXT(r->account_id), DB_TEXT(r->ledger), DB_TEXT(r->item), DB_INT(r->before),
        DB_INT((int64_t)r->limit));
}

/* ---- balances ---- */

const struct field ledger_balance_fields[] = {
    FIELD(TEXT, ledger_balance, item, FIELD_COLUMN, "Item: a specification, or managed_use",
          "项目:规格或 managed_use"),
    {"brand", FIELD_TEXT, offsetof(struct ledger_balance, of.brand), 0, TEXT("Brand", "品牌")},
    {"grade", FIELD_TEXT, offsetof(struct ledger_balance, of.grade), 0, TEXT("Grade", "等级")},
    {"domain_type", FIELD_TEXT, offsetof(struct ledger_balance, of.domain_type), 0,
     TEXT("Domain type", "域名类型")},
    {"key_family", FIELD_TEXT, offsetof(struct ledger_balance, of.key_family), 0,
     TEXT("Key family", "密钥类型")},
    FIELD(INT, ledger_balance, left, FIELD_COLUMN, "Left to be used", "剩余"),
    FIELD(INT, ledger_balance, reserved, FIELD_COLUMN, "Promised to certificates, not consumed yet",
          "已预留,尚未使用"),
    FIELD_END,
};

bool ledger_db_balances(struct db *db, struct arena *a, const struct ledger_range *r,
                        struct ledger_balance **balances, size_t *count, struct error *e) {
    return db_list(db, a, ledger_balance_fields, sizeof **balances, balances, count, e,
                   "SELECT b.item, b.balance AS left, (SELECT COUNT(*) FROM reservation r "
                   "WHERE r.account_id = b.account_id AND r.item = b.item AND r.reserved_at IS NOT NULL "
                   "AND r.consumed_at IS NULL AND r.released_at IS NULL) AS reserved "
                   "FROM ledger_balance b WHERE b.account_id = $1 AND b.ledger = $2 AND b.item > $3 "
                   "ORDER BY b.item LIMIT $4",
                   DB_TEXT(r->account_id), DB_TEXT(r->ledger), DB_TEXT(r->after), DB_INT((int64_t)r->limit));
}

/* ---- does it add up? ---- */

static bool check_balances(struct db *db, const char *account_id, int64_t *faults, struct error *e) {
    return db_int(
        db, faults, 0, e,
        "SELECT COUNT(*) FROM ledger_balance b LEFT JOIN (SELECT ledger, item, COUNT(*) AS entries, "
        "SUM(amount) AS total, MAX(sequence) AS last FROM ledger_entry WHERE account_id = $1 "
        "GROUP BY ledger, item) s ON s.ledger = b.ledger AND s.item = b.item "
        "WHERE b.account_id = $1 AND (b.balance <> COALESCE(s.total, 0) "
        "OR b.sequence <> COALESCE(s.entries, 0) OR b.sequence <> COALESCE(s.last, 0))",
        DB_TEXT(account_id));
}

static bool check_entries(struct db *db, const char *account_id, int64_t *faults, struct error *e) {
    return db_int(
        db, faults, 0, e,
        "SELECT COUNT(*) FROM ledger_entry n LEFT JOIN ledger_entry p ON p.account_id = n.account_id "
        "AND p.ledger = n.ledger AND p.item = n.item AND p.sequence = n.sequence - 1 "
        "LEFT JOIN ledger_balance b ON b.account_id = n.account_id AND b.ledger = n.ledger "
        "AND b.item = n.item WHERE n.account_id = $1 AND (b.item IS NULL "
        "OR n.balance <> COALESCE(p.balance, 0) + n.amount OR (p.item IS NULL AND n.sequence <> 1))",
        DB_TEXT(account_id));
}

/* Both sides by item: what the entries say is promised, less what the reservations say. */
static bool check_reservations(struct db *db, const char *account_id, int64_t *faults, struct error *e) {
    return db_int(
        db, faults, 0, e,
        "SELECT COUNT(*) FROM (SELECT item, SUM(units) AS difference FROM ("
        "SELECT item, -amount AS units FROM ledger_entry WHERE account_id = $1 AND ledger = 'quota' "
        "AND reason IN ('reserved', 'returned', 'released', 'refunded') "
        "UNION ALL SELECT item, -1 AS units FROM reservation WHERE account_id = $1 "
        "AND reserved_at IS NOT NULL AND released_at IS NULL) u GROUP BY item) d "
        "WHERE d.difference <> 0",
        DB_TEXT(account_id));
}

bool ledger_db_check(struct db *db, const char *account_id, struct ledger_check *check, struct error *e) {
    return check_balances(db, account_id, &check->balances, e) &&
           check_entries(db, account_id, &check->entries, e) &&
           check_reservations(db, account_id, &check->reservations, e);
}
