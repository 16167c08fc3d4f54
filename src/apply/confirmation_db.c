/* The rows of one-time links. */
#include "apply/confirmation.h"

#define CONFIRMATION(type, member, flags, en, zh) FIELD(type, confirmation, member, flags, en, zh)

const struct field confirmation_fields[] = {
    CONFIRMATION(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    CONFIRMATION(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    CONFIRMATION(TEXT, application_id, 0, "Application", "申请"),
    CONFIRMATION(TEXT, contact_id, 0, "Contact", "联系人"),
    CONFIRMATION(TEXT, email, FIELD_COLUMN, "Sent to", "发送至"),
    CONFIRMATION(TEXT, digest, FIELD_SECRET | FIELD_HIDDEN, "", ""),
    CONFIRMATION(TIME, created_at, FIELD_COLUMN, "Asked for", "创建时间"),
    CONFIRMATION(TIME, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    CONFIRMATION(TIME, used_at, FIELD_COLUMN, "Confirmed", "确认时间"),
    CONFIRMATION(TEXT, address, 0, "From this address", "确认时的来源地址"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, application_id, contact_id, email, digest, created_at, end_at, used_at, address"

bool confirmation_insert(struct db *db, const struct confirmation *c, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO confirmation (id, account_id, application_id, contact_id, email, created_at, "
                   "end_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   DB_TEXT(c->id), DB_TEXT(c->account_id), DB_TEXT(c->application_id), DB_TEXT(c->contact_id),
                   DB_TEXT(c->email), DB_INT(c->created_at), DB_INT(c->end_at));
}

bool confirmation_get(struct db *db, struct arena *a, const char *id, struct confirmation *c,
                      struct error *e) {
    return db_get(db, a, confirmation_fields, c, e, "SELECT " COLUMNS " FROM confirmation WHERE id = $1",
                  DB_TEXT(id));
}

bool confirmation_find(struct db *db, struct arena *a, const char *digest, struct confirmation *c,
                       struct error *e) {
    return db_get(db, a, confirmation_fields, c, e, "SELECT " COLUMNS " FROM confirmation WHERE digest = $1",
                  DB_TEXT(digest));
}

bool confirmation_list(struct db *db, struct arena *a, const char *application_id,
                       struct confirmation **items, size_t *count, struct error *e) {
    return db_list(db, a, confirmation_fields, sizeof **items, items, count, e,
                   "SELECT " COLUMNS " FROM confirmation WHERE application_id = $1 ORDER BY id",
                   DB_TEXT(application_id));
}

bool confirmation_latest(struct db *db, const struct confirmation *c, int64_t n, int64_t *at,
                         struct error *e) {
    return db_int(db, at, 0, e,
                  "SELECT created_at FROM confirmation WHERE account_id = $1 AND email = $2 "
                  "ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET $3",
                  DB_TEXT(c->account_id), DB_TEXT(c->email), DB_INT(n - 1));
}

bool confirmation_set_digest(struct db *db, const struct confirmation *c, bool *set, struct error *e) {
    bool ok = db_exec(db, e, "UPDATE confirmation SET digest = $2 WHERE id = $1 AND digest IS NULL",
                      DB_TEXT(c->id), DB_TEXT(c->digest));
    *set = ok && db_changes(db) == 1;
    return ok;
}

bool confirmation_set_used(struct db *db, const struct confirmation *c, int64_t now, bool *set,
                           struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE confirmation SET used_at = $2, address = $3 "
                      "WHERE id = $1 AND used_at IS NULL AND end_at > $2",
                      DB_TEXT(c->id), DB_INT(now), DB_TEXT(c->address));
    *set = ok && db_changes(db) == 1;
    return ok;
}
