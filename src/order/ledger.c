/* Moves: what must hold before a balance changes. */
#include "order/ledger.h"
#include "order/ledger_db.h"

const struct field ledger_check_fields[] = {
    FIELD(BOOL, ledger_check, intact, FIELD_COLUMN, "Everything adds up", "账目是否一致"),
    FIELD(INT, ledger_check, balances, FIELD_COLUMN, "Balances that differ from their entries",
          "与记录不符的余额数"),
    FIELD(INT, ledger_check, entries, FIELD_COLUMN, "Entries that do not follow from the one before",
          "与前一条不连续的记录数"),
    FIELD(INT, ledger_check, reservations, FIELD_COLUMN, "Items whose reservations differ from their entries",
          "预留与记录不符的项目数"),
    FIELD_END,
};

/* What a ledger says when it has not enough. */
struct shortage {
    const char *ledger;
    enum error_id id;
};

static const struct shortage of_quota = {LEDGER_QUOTA, ERR_QUOTE_STALE},
                             of_money = {LEDGER_MONEY, ERR_INSUFFICIENT_BALANCE};

static bool refuse(struct db *db, const struct shortage *kind, const struct ledger_move *m, struct error *e) {
    int64_t left;
    if (!ledger_db_left(db, kind->ledger, m->account_id, m->item, &left, e))
        return false;
    if (m->amount > 0)
        return fail_field(e, "amount", ERR_BAD_FIELD, "the balance of %s would exceed %lld",
                          "%s 的余额将超过 %lld", m->item, (long long)LEDGER_MAX);
    return fail(e, kind->id, "%lld of %s are left, %lld are needed", "%2$s 剩余 %1$lld,需要 %3$lld",
                (long long)left, m->item, (long long)-m->amount);
}

static bool move(struct db *db, const struct shortage *kind, const struct ledger_move *m, bool *done,
                 struct error *e) {
    bool found, fits;
    int64_t amount;
    *done = false;
    if (m->amount == 0 || m->amount > LEDGER_MAX || m->amount < -LEDGER_MAX)
        return fail_field(e, "amount", ERR_BAD_FIELD, "an entry is not over %lld", "记录的数额不能为 %lld",
                          (long long)m->amount);
    if (!ledger_db_entered(db, kind->ledger, m, &found, &amount, e))
        return false;
    if (found)
        return amount == m->amount ||
               fail_field(e, "reference", ERR_CONFLICT, "'%s' was entered over %lld, not %lld",
                          "“%s”已按 %lld 记录,而不是 %lld", m->reference, (long long)amount,
                          (long long)m->amount);
    if (!ledger_db_move(db, kind->ledger, m, &fits, e))
        return false;
    *done = fits;
    return fits || refuse(db, kind, m, e);
}

bool ledger_move_quota(struct db *db, const struct ledger_move *m, bool *done, struct error *e) {
    return move(db, &of_quota, m, done, e);
}

bool ledger_move_money(struct db *db, const struct ledger_move *m, bool *done, struct error *e) {
    return move(db, &of_money, m, done, e);
}

bool ledger_quota_left(struct db *db, const char *account_id, const char *item, int64_t *left,
                       struct error *e) {
    return ledger_db_left(db, LEDGER_QUOTA, account_id, item, left, e);
}

bool ledger_money_left(struct db *db, const char *account_id, const char *currency, int64_t *left,
                       struct error *e) {
    return ledger_db_left(db, LEDGER_MONEY, account_id, currency, left, e);
}

bool ledger_check(struct db *db, const char *account_id, struct ledger_check *check, struct error *e) {
    *check = (struct ledger_check){0};
    if (!ledger_db_check(db, account_id, check, e))
        return false;
    check->intact = check->balances + check->entries + check->reservations == 0;
    return true;
}
