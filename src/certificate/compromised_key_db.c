/* The rows of compromised keys, and whose keys they are. */
#include "certificate/compromised_key.h"

bool compromised_key_report(struct db *db, const char *account_id, const char *spki_sha256, int64_t now,
                            struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO compromised_key (account_id, spki_sha256, reported_at) VALUES ($1, $2, $3) "
                   "ON CONFLICT (account_id, spki_sha256) DO NOTHING",
                   DB_TEXT(account_id), DB_TEXT(spki_sha256), DB_INT(now));
}

bool compromised_key_refuse(struct db *db, const char *account_id, const char *spki_sha256, enum error_id id,
                            struct error *e) {
    int64_t reported_at;
    if (!db_int(db, &reported_at, 0, e,
                "SELECT reported_at FROM compromised_key WHERE account_id = $1 AND spki_sha256 = $2",
                DB_TEXT(account_id), DB_TEXT(spki_sha256)))
        return false;
    return !reported_at || fail(e, id, "the key (SHA-256 %s) was reported compromised: make a new one",
                                "该密钥(SHA-256 %s)已被报告泄露:请生成新密钥", spki_sha256);
}

bool compromised_key_refuse_kept(struct db *db, const char *version_id, struct error *e) {
    int64_t reported_at;
    if (!db_int(db, &reported_at, 0, e,
                "SELECT k.reported_at FROM version v JOIN compromised_key k "
                "ON k.account_id = v.account_id AND k.spki_sha256 = v.spki_sha256 WHERE v.id = $1",
                DB_TEXT(version_id)))
        return false;
    return !reported_at || fail(e, ERR_WEAK_KEY, "the old key was reported compromised: make a new one",
                                "原密钥已被报告泄露:请生成新密钥");
}

struct id_row {
    const char *id;
};

static const struct field id_fields[] = {FIELD(TEXT, id_row, id, 0, "Id", "ID"), FIELD_END};

static bool list_ids(const struct id_row *rows, size_t found, struct arena *a, const char ***ids,
                     size_t *count) {
    *count = found;
    *ids = ARENA_ARRAY(a, found, const char *);
    for (size_t i = 0; i < found; i++)
        (*ids)[i] = rows[i].id;
    return true;
}

/* budget: the contract */
bool compromised_key_exposed(struct db *db, struct arena *a, const struct certificate *reported,
                             const char *spki_sha256, int64_t now, const char ***ids, size_t *count,
                             struct error *e) {
    struct id_row *rows;
    size_t found;
    return db_list(db, a, id_fields, sizeof *rows, &rows, &found, e,
                   "SELECT c.id AS id FROM version v JOIN certificate c ON c.version_id = v.id "
                   "WHERE v.key_id IN (SELECT k.id FROM private_key k WHERE k.account_id = $1 "
                   "AND k.spki_sha256 = $2) AND c.id <> $3 AND c.key_compromised_at IS NULL "
                   "AND c.revoke_asked_at IS NULL AND v.end_at > $4 "
                   "UNION SELECT c.id AS id FROM version v JOIN certificate c ON c.version_id = v.id "
                   "WHERE v.account_id = $1 AND v.spki_sha256 = $2 AND v.key_id IS NULL AND c.id <> $3 "
                   "AND c.key_compromised_at IS NULL AND c.revoke_asked_at IS NULL AND v.end_at > $4 "
                   "ORDER BY id",
                   DB_TEXT(reported->account_id), DB_TEXT(spki_sha256), DB_TEXT(reported->id), DB_INT(now)) &&
           list_ids(rows, found, a, ids, count);
}

bool compromised_key_flag(struct db *db, struct certificate *c, int64_t at, struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE certificate SET key_compromised_at = $2, revision = $3 + 1 "
                 "WHERE id = $1 AND revision = $3",
                 DB_TEXT(c->id), DB_TIME(at), DB_INT(c->revision)))
        return false;
    if (db_changes(db) != 1)
        return fail(e, ERR_CONFLICT, "%s was changed meanwhile; read it again", "%s 已被他人更改;请重新读取",
                    c->id);
    c->key_compromised_at = at;
    c->revision++;
    return true;
}

/* budget: a page of a list, and where it is put */
bool certificate_same_key(struct db *db, struct arena *a, const char *certificate_id, const char *after,
                          size_t limit, const char ***ids, size_t *count, struct error *e) {
    struct id_row *rows;
    size_t found;
    if (!db_list(
            db, a, id_fields, sizeof *rows, &rows, &found, e,
            "SELECT certificate_id AS id FROM version WHERE certificate_id <> $1 AND certificate_id > $3 AND key_id IN "
            "(SELECT k.id FROM version v JOIN private_key k ON k.account_id = v.account_id "
            "AND k.spki_sha256 = v.spki_sha256 WHERE v.certificate_id = $1) "
            "UNION SELECT o.certificate_id AS id FROM version v JOIN version o "
            "ON o.account_id = v.account_id AND o.spki_sha256 = v.spki_sha256 AND o.key_id IS NULL "
            "WHERE v.certificate_id = $1 AND o.certificate_id <> $1 AND o.certificate_id > $3 ORDER BY id LIMIT $2",
            DB_TEXT(certificate_id), DB_INT((int64_t)limit), DB_TEXT(after)))
        return false;
    return list_ids(rows, found, a, ids, count);
}
