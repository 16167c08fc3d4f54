/* The rows of private keys. What they hold is sealed; only the signer can open it. */
#include "certificate/certificate.h"

static const struct field held_key_fields[] = {
    FIELD(TEXT, held_key, id, 0, "Id", "ID"),
    FIELD(TEXT, held_key, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, held_key, algorithm, 0, "Algorithm", "算法"),
    FIELD(BLOB, held_key, spki, 0, "Public key", "公钥"),
    FIELD(BLOB, held_key, sealed, FIELD_SECRET, "Sealed private key", "封装的私钥"),
    FIELD(TEXT, held_key, spki_sha256, 0, "SHA-256 of the public key", "公钥 SHA-256"),
    FIELD(TIME, held_key, created_at, 0, "Created", "创建时间"),
    FIELD(TIME, held_key, taken_at, 0, "Taken out of the pool", "取用时间"),
    FIELD_END,
};

#define COLUMNS "id, account_id, algorithm, spki, sealed, spki_sha256, created_at, taken_at"

bool held_key_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                  struct held_key *key, struct error *e) {
    bool ok = db_get(db, a, held_key_fields, key, e,
                     "SELECT " COLUMNS " FROM private_key WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no key '%s'", "没有密钥“%s”", id);
}

/* Keys of the pool are nobody's yet. */
bool held_key_find(struct db *db, struct arena *a, const char *account_id, const char *spki_sha256,
                   const char **id, struct error *e) {
    return db_text(
        db, a, id, e,
        "SELECT id FROM private_key WHERE account_id = $1 AND spki_sha256 = $2 AND taken_at IS NOT NULL "
        "ORDER BY id LIMIT 1",
        DB_TEXT(account_id), DB_TEXT(spki_sha256));
}

bool held_key_insert(struct db *db, struct arena *a, struct held_key *key, struct error *e) {
    (void)a;
    return db_exec(db, e, "INSERT INTO private_key (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(key->id), DB_TEXT(key->account_id), DB_TEXT(key->algorithm), DB_BLOB(key->spki),
                   DB_BLOB(key->sealed), DB_TEXT(key->spki_sha256), DB_TIME(key->created_at),
                   DB_TIME(key->taken_at));
}

/* budget: as the header has it */
bool held_key_take(struct db *db, struct arena *a, const char *account_id, const char *algorithm, int64_t now,
                   struct held_key *key, struct error *e) {
    bool ok = db_get(
        db, a, held_key_fields, key, e,
        "UPDATE private_key SET taken_at = $3 WHERE id = (SELECT id FROM private_key WHERE account_id = $1 "
        "AND algorithm = $2 AND taken_at IS NULL ORDER BY id LIMIT 1) RETURNING " COLUMNS,
        DB_TEXT(account_id), DB_TEXT(algorithm), DB_TIME(now));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no %s key is ready", "没有可用的 %s 密钥", algorithm);
}

bool held_key_pool_count(struct db *db, const char *account_id, const char *algorithm, int64_t *count,
                         struct error *e) {
    return db_int(
        db, count, 0, e,
        "SELECT COUNT(*) FROM private_key WHERE account_id = $1 AND algorithm = $2 AND taken_at IS NULL",
        DB_TEXT(account_id), DB_TEXT(algorithm));
}

bool held_key_delete_unused(struct db *db, const char *account_id, const char *id, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM private_key WHERE id = $1 AND account_id = $2 AND NOT EXISTS "
                   "(SELECT 1 FROM version WHERE version.key_id = private_key.id) AND NOT EXISTS "
                   "(SELECT 1 FROM csr WHERE csr.key_id = private_key.id)",
                   DB_TEXT(id), DB_TEXT(account_id));
}
