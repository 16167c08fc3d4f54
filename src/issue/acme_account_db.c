/* Rows of accounts at ACME CAs. */
#include "acme/jwk.h"
#include "issue/acme_account.h"

const struct field acme_account_fields[] = {
    FIELD(TEXT, acme_account, id, FIELD_COLUMN, "Account at a CA", "CA 账户"),
    FIELD(TEXT, acme_account, account_id, FIELD_HIDDEN, "Account", "账号"),
    {"issuer", FIELD_TEXT, offsetof(struct acme_account, issuer_id), FIELD_COLUMN,
     TEXT("Issuer", "签发机构")},
    FIELD(TEXT, acme_account, state, FIELD_COLUMN, "State: registering, valid, changing, deactivated, gone",
          "状态:registering、valid、changing、deactivated、gone"),
    FIELD(TEXT, acme_account, url, FIELD_COLUMN, "What the CA calls it; CAA records may name it",
          "CA 的账户地址,可用于 CAA 记录"),
    FIELD(TEXT, acme_account, key_id, FIELD_HIDDEN, "", ""),
    FIELD(TEXT, acme_account, key_algorithm, 0, "Key algorithm", "密钥算法"),
    FIELD(TEXT, acme_account, thumbprint, 0, "Thumbprint of its key (RFC 7638)", "密钥指纹(RFC 7638)"),
    FIELD(BLOB, acme_account, spki, FIELD_HIDDEN, "", ""),
    FIELD(BLOB, acme_account, key_sealed, FIELD_SECRET, "", ""),
    FIELD(TEXT, acme_account, next_key_id, FIELD_HIDDEN, "", ""),
    FIELD(BLOB, acme_account, next_spki, FIELD_HIDDEN, "", ""),
    FIELD(BLOB, acme_account, next_sealed, FIELD_SECRET, "", ""),
    FIELD(WORDS, acme_account, contact, 0, "E-mail addresses, instead of the issuer's",
          "邮箱,代替签发机构的设置"),
    FIELD(TEXT, acme_account, told_contact, FIELD_HIDDEN, "", ""),
    FIELD(TEXT, acme_account, eab_kid, 0, "External account that it was bound to", "所绑定的外部账户"),
    FIELD(BLOB, acme_account, eab_sealed, FIELD_SECRET, "", ""),
    FIELD(TIME, acme_account, created_at, 0, "Created", "创建时间"),
    FIELD(TIME, acme_account, registered_at, 0, "Registered", "注册时间"),
    FIELD(TIME, acme_account, rolled_at, 0, "Key changed", "密钥更换时间"),
    FIELD(TIME, acme_account, roll_asked_at, 0, "New key asked for", "申请更换密钥时间"),
    FIELD(TIME, acme_account, deactivate_at, 0, "To be deactivated since", "申请停用时间"),
    FIELD(TIME, acme_account, deactivated_at, 0, "Deactivated", "停用时间"),
    FIELD(TIME, acme_account, gone_at, 0, "Unknown to the CA since", "CA 不再承认的时间"),
    FIELD(TEXT, acme_account, error, 0, "Error of the last attempt", "最近错误"),
    FIELD(TEXT, acme_account, detail, 0, "In words", "详细信息"),
    FIELD(TEXT, acme_account, detail_en, FIELD_HIDDEN, "", ""),
    FIELD(TEXT, acme_account, detail_zh, FIELD_HIDDEN, "", ""),
    FIELD(INT, acme_account, revision, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

#define COLUMNS                                                                                                    \
    "id, account_id, issuer_id AS issuer, url, key_id, key_algorithm, thumbprint, spki, key_sealed, "              \
    "next_key_id, next_spki, next_sealed, contact, told_contact, eab_kid, eab_sealed, created_at, registered_at, " \
    "rolled_at, roll_asked_at, deactivate_at, deactivated_at, gone_at, error, detail_en, detail_zh, revision "

static const char *state_of(const struct acme_account *p) {
    if (acme_account_over(p))
        return p->gone_at ? "gone" : "deactivated";
    if (!p->url)
        return "registering";
    return p->next_key_id || p->deactivate_at ? "changing" : "valid";
}

static bool complete(struct acme_account *p, const char *id, struct error *e, bool found) {
    if (found)
        p->state = state_of(p);
    return found || (e->id == ERR_NOT_FOUND &&
                     fail(e, ERR_NOT_FOUND, "no account '%s' at a CA", "没有 CA 账户“%s”", id));
}

bool acme_account_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                      struct acme_account *p, struct error *e) {
    *p = (struct acme_account){0};
    return complete(p, id, e,
                    db_get(db, a, acme_account_fields, p, e,
                           "SELECT " COLUMNS "FROM acme_account WHERE id = $1 AND account_id = $2",
                           DB_TEXT(id), DB_TEXT(account_id)));
}

bool acme_account_get_any(struct db *db, struct arena *a, const char *id, struct acme_account *p,
                          struct error *e) {
    *p = (struct acme_account){0};
    return complete(p, id, e,
                    db_get(db, a, acme_account_fields, p, e,
                           "SELECT " COLUMNS "FROM acme_account WHERE id = $1", DB_TEXT(id)));
}

/* An open one comes before those that are over, which may have been made within the same second. */
bool acme_account_of(struct db *db, struct arena *a, const char *account_id, const char *issuer_id,
                     struct acme_account *p, struct error *e) {
    *p = (struct acme_account){0};
    if (db_get(
            db, a, acme_account_fields, p, e,
            "SELECT " COLUMNS "FROM acme_account WHERE account_id = $1 AND issuer_id = $2 "
            "ORDER BY CASE WHEN deactivated_at IS NULL AND gone_at IS NULL THEN 0 ELSE 1 END, id DESC LIMIT 1",
            DB_TEXT(account_id), DB_TEXT(issuer_id)))
        return complete(p, p->id, e, true);
    return error_absent(e);
}

bool acme_account_followed(struct db *db, const struct acme_account *account, int64_t since, bool *followed,
                           struct error *e) {
    int64_t ended;
    if (!db_int(db, &ended, 0, e,
                "SELECT count(*) FROM acme_account WHERE account_id = $1 AND issuer_id = $2 AND id <> $3 "
                "AND (gone_at >= $4 OR deactivated_at >= $4)",
                DB_TEXT(account->account_id), DB_TEXT(account->issuer_id), DB_TEXT(account->id),
                DB_INT(since)))
        return false;
    *followed = ended > 0;
    return true;
}

bool acme_account_list(struct db *db, struct arena *a, const struct acme_account_range *range,
                       struct acme_account **accounts, size_t *count, struct error *e) {
    if (!db_list(db, a, acme_account_fields, sizeof **accounts, accounts, count, e,
                 "SELECT " COLUMNS "FROM acme_account WHERE account_id = $1 AND ($2 IS NULL OR id < $2) "
                 "ORDER BY id DESC LIMIT $3",
                 DB_TEXT(range->account_id), DB_TEXT(range->below), DB_INT((int64_t)range->limit)))
        return false;
    for (size_t i = 0; i < *count; i++)
        complete(&(*accounts)[i], NULL, e, true);
    return true;
}

bool acme_account_sharing(struct db *db, struct arena *a, const char *issuer_id,
                          struct acme_account **accounts, size_t *count, struct error *e) {
    return db_list(db, a, acme_account_fields, sizeof **accounts, accounts, count, e,
                   "SELECT " COLUMNS "FROM acme_account WHERE issuer_id = $1 AND url IS NOT NULL "
                   "AND contact IS NULL AND deactivated_at IS NULL AND gone_at IS NULL ORDER BY id",
                   DB_TEXT(issuer_id));
}

bool acme_account_insert(struct db *db, const struct acme_account *p, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO acme_account (id, account_id, issuer_id, key_id, key_algorithm, thumbprint, spki, "
        "key_sealed, contact, created_at, eab_kid, eab_sealed, revision) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0) "
        "ON CONFLICT DO NOTHING",
        DB_TEXT(p->id), DB_TEXT(p->account_id), DB_TEXT(p->issuer_id), DB_TEXT(p->key_id),
        DB_TEXT(p->key_algorithm), DB_TEXT(p->thumbprint), DB_BLOB(p->spki), DB_BLOB(p->key_sealed),
        DB_TEXT(p->contact), DB_INT(p->created_at), DB_TEXT(p->eab_kid), DB_BLOB(p->eab_sealed));
}

bool acme_account_store(struct db *db, struct acme_account *p, struct error *e) {
    bool ok = db_exec(
        db, e,
        "UPDATE acme_account SET url = $3, key_id = $4, thumbprint = $5, spki = $6, key_sealed = $7, "
        "next_key_id = $8, next_spki = $9, next_sealed = $10, contact = $11, told_contact = $12, eab_kid = $13, "
        "registered_at = $14, rolled_at = $15, deactivate_at = $16, deactivated_at = $17, gone_at = $18, "
        "error = $19, detail_en = $20, detail_zh = $21, eab_sealed = $22, roll_asked_at = $23, "
        "revision = revision + 1 WHERE id = $1 AND revision = $2",
        DB_TEXT(p->id), DB_INT(p->revision), DB_TEXT(p->url), DB_TEXT(p->key_id), DB_TEXT(p->thumbprint),
        DB_BLOB(p->spki), DB_BLOB(p->key_sealed), DB_TEXT(p->next_key_id), DB_BLOB(p->next_spki),
        DB_BLOB(p->next_sealed), DB_TEXT(p->contact), DB_TEXT(p->told_contact), DB_TEXT(p->eab_kid),
        DB_TIME(p->registered_at), DB_TIME(p->rolled_at), DB_TIME(p->deactivate_at),
        DB_TIME(p->deactivated_at), DB_TIME(p->gone_at), DB_TEXT(p->error), DB_TEXT(p->detail_en),
        DB_TEXT(p->detail_zh), DB_BLOB(p->eab_sealed), DB_TIME(p->roll_asked_at));
    if (ok && db_changes(db) != 1)
        return fail(e, ERR_CONFLICT, "the account %s has been changed meanwhile", "账户 %s 已被更改", p->id);
    p->revision++;
    p->state = state_of(p);
    return ok;
}

bool acme_account_has_key(struct db *db, struct arena *a, struct slice spki, bool *has, struct error *e) {
    const char *thumbprint;
    int64_t one;
    *has = false;
    if (!jwk_thumbprint(a, spki, &thumbprint, e) ||
        !db_int(db, &one, 0, e, "SELECT 1 FROM acme_account WHERE thumbprint = $1 OR next_spki = $2 LIMIT 1",
                DB_TEXT(thumbprint), DB_BLOB(spki)))
        return false;
    *has = one;
    return true;
}
