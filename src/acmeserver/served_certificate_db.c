/* Rows of certificates, and of the other root above an intermediate. */
#include "acmeserver/served.h"

static const struct field served_fields[] = {
    FIELD(TEXT, served_certificate, id, 0, "Id", "ID"),
    FIELD(TEXT, served_certificate, account_id, 0, "Account", "账号"),
    FIELD(TEXT, served_certificate, order_id, 0, "Order", "订单"),
    FIELD(TEXT, served_certificate, ca_id, 0, "CA", "CA"),
    FIELD(TEXT, served_certificate, serial, 0, "Serial number", "序列号"),
    FIELD(TEXT, served_certificate, names, 0, "Names", "域名"),
    FIELD(BLOB, served_certificate, spki, 0, "Public key", "公钥"),
    FIELD(TIME, served_certificate, not_before, 0, "Valid from", "生效时间"),
    FIELD(TIME, served_certificate, end_at, 0, "Valid until", "到期时间"),
    FIELD(BLOB, served_certificate, der, 0, "Certificate", "证书"),
    FIELD(TEXT, served_certificate, identifier, 0, "Identifier", "标识"),
    FIELD(TIME, served_certificate, window_start, 0, "Window from", "续期窗口开始"),
    FIELD(TIME, served_certificate, window_end, 0, "Window until", "续期窗口结束"),
    FIELD(TIME, served_certificate, revoked_at, 0, "Revoked", "吊销时间"),
    FIELD(INT, served_certificate, reason, 0, "Reason", "原因"),
    FIELD_END,
};

static const struct field alternate_fields[] = {
    FIELD(TEXT, served_alternate, id, 0, "Id", "ID"),
    FIELD(TEXT, served_alternate, ca_id, 0, "CA", "CA"),
    FIELD(BLOB, served_alternate, root, 0, "Root", "根证书"),
    FIELD(BLOB, served_alternate, crossed, 0, "Cross certificate", "交叉证书"),
    FIELD_END,
};

#define CERTIFICATE                                                                                             \
    "id, account_id, order_id, ca_id, serial, names, spki, not_before, end_at, der, identifier, window_start, " \
    "window_end, revoked_at, reason FROM served_certificate "

bool served_certificate_get(struct db *db, struct arena *a, const char *id,
                            struct served_certificate *certificate, struct error *e) {
    return db_get(db, a, served_fields, certificate, e, "SELECT " CERTIFICATE "WHERE id = $1", DB_TEXT(id));
}

bool served_certificate_by_identifier(struct db *db, struct arena *a, const char *identifier,
                                      struct served_certificate *certificate, struct error *e) {
    *certificate = (struct served_certificate){.id = NULL};
    return db_get(db, a, served_fields, certificate, e, "SELECT " CERTIFICATE "WHERE identifier = $1",
                  DB_TEXT(identifier)) ||
           error_absent(e);
}

bool served_certificate_insert(struct db *db, const struct served_certificate *certificate, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_certificate (id, account_id, order_id, ca_id, serial, names, spki, "
                   "not_before, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   DB_TEXT(certificate->id), DB_TEXT(certificate->account_id), DB_TEXT(certificate->order_id),
                   DB_TEXT(certificate->ca_id), DB_TEXT(certificate->serial), DB_TEXT(certificate->names),
                   DB_BLOB(certificate->spki), DB_INT(certificate->not_before), DB_INT(certificate->end_at));
}

bool served_certificate_set_signed(struct db *db, const struct served_certificate *certificate,
                                   struct error *e) {
    return db_exec(
        db, e, "UPDATE served_certificate SET der = $2, identifier = $3, names = $4, spki = $5 WHERE id = $1",
        DB_TEXT(certificate->id), DB_BLOB(certificate->der), DB_TEXT(certificate->identifier),
        DB_TEXT(certificate->names), DB_BLOB(certificate->spki));
}

bool served_certificate_replace(struct db *db, const char *id, const char *order_id, bool *changed,
                                struct error *e) {
    bool done = db_exec(db, e,
                        "UPDATE served_certificate SET replaced_by = $2 WHERE id = $1 AND NOT EXISTS "
                        "(SELECT 1 FROM served_order o WHERE o.id = served_certificate.replaced_by "
                        "AND o.status <> 'invalid')",
                        DB_TEXT(id), DB_TEXT(order_id));
    *changed = done && db_changes(db) == 1;
    return done;
}

bool served_certificate_set_window(struct db *db, const char *id, int64_t start, int64_t end,
                                   int64_t *changed, struct error *e) {
    bool done = db_exec(db, e,
                        "UPDATE served_certificate SET window_start = $2, window_end = $3 "
                        "WHERE der IS NOT NULL AND ($1 IS NULL OR id = $1)",
                        DB_TEXT(id), DB_TIME(start), DB_TIME(end));
    *changed = done ? db_changes(db) : 0;
    return done;
}

bool served_certificate_revoke(struct db *db, const char *id, int64_t reason, int64_t now, int64_t *changed,
                               struct error *e) {
    bool done = db_exec(db, e,
                        "UPDATE served_certificate SET revoked_at = $2, reason = $3 "
                        "WHERE der IS NOT NULL AND revoked_at IS NULL AND end_at > $2 "
                        "AND ($1 IS NULL OR id = $1)",
                        DB_TEXT(id), DB_INT(now), DB_INT(reason));
    *changed = done ? db_changes(db) : 0;
    return done;
}

bool served_certificate_list_revoked(struct db *db, struct arena *a, const char *ca_id, int64_t ends_after,
                                     struct served_certificate **list, size_t *count, struct error *e) {
    return db_list(db, a, served_fields, sizeof **list, list, count, e,
                   "SELECT serial, revoked_at, reason FROM served_certificate "
                   "WHERE ca_id = $1 AND revoked_at IS NOT NULL AND end_at > $2 ORDER BY revoked_at, serial",
                   DB_TEXT(ca_id), DB_INT(ends_after));
}

bool served_alternate_get(struct db *db, struct arena *a, const char *ca_id,
                          struct served_alternate *alternate, struct error *e) {
    *alternate = (struct served_alternate){.id = NULL};
    return db_get(db, a, alternate_fields, alternate, e,
                  "SELECT id, ca_id, root, crossed FROM served_alternate WHERE ca_id = $1", DB_TEXT(ca_id)) ||
           error_absent(e);
}

bool served_alternate_insert(struct db *db, const struct served_alternate *alternate, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_alternate (id, ca_id, root, crossed) "
                   "VALUES ($1, $2, $3, $4) ON CONFLICT (ca_id) DO NOTHING",
                   DB_TEXT(alternate->id), DB_TEXT(alternate->ca_id), DB_BLOB(alternate->root),
                   DB_BLOB(alternate->crossed));
}
