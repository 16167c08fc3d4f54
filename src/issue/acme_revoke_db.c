/* Rows of revocations at CAs. */
#include "issue/acme_revoke.h"

#define REVOCATION(type, member, en, zh) FIELD(type, acme_revocation, member, 0, en, zh)

static const struct field acme_revocation_fields[] = {
    REVOCATION(TEXT, version_id, "Version", "版本"),
    REVOCATION(TEXT, account_id, "Account", "账号"),
    REVOCATION(TEXT, certificate_id, "Certificate", "证书"),
    REVOCATION(TEXT, issuer_id, "Issuer", "签发机构"),
    REVOCATION(INT, reason, "Reason", "原因"),
    REVOCATION(TIME, asked_at, "Asked for", "申请时间"),
    REVOCATION(BOOL, by_key, "By the certificate's key", "使用证书密钥"),
    REVOCATION(TEXT, problem, "What the CA says", "CA 的说明"),
    REVOCATION(TEXT, problem_zh, "In Chinese", "中文说明"),
    REVOCATION(TIME, done_at, "Done", "完成时间"),
    FIELD_END,
};

bool acme_revocation_get(struct db *db, struct arena *a, const char *version_id, struct acme_revocation *r,
                         struct error *e) {
    *r = (struct acme_revocation){.version_id = NULL};
    bool found = db_get(db, a, acme_revocation_fields, r, e,
                        "SELECT version_id, account_id, certificate_id, issuer_id, reason, asked_at, by_key, "
                        "problem, problem_zh, done_at FROM acme_revocation WHERE version_id = $1",
                        DB_TEXT(version_id));
    return found || error_absent(e);
}

bool acme_revocation_insert(struct db *db, const struct acme_revocation *r, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO acme_revocation (version_id, account_id, certificate_id, issuer_id, reason, "
                   "asked_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (version_id) DO NOTHING",
                   DB_TEXT(r->version_id), DB_TEXT(r->account_id), DB_TEXT(r->certificate_id),
                   DB_TEXT(r->issuer_id), DB_INT(r->reason), DB_INT(r->asked_at));
}

bool acme_revocation_store(struct db *db, const struct acme_revocation *r, struct error *e) {
    return db_exec(db, e,
                   "UPDATE acme_revocation SET by_key = $2, problem = $3, done_at = $4, problem_zh = $5 "
                   "WHERE version_id = $1",
                   DB_TEXT(r->version_id), DB_INT(r->by_key), DB_TEXT(r->problem), DB_TIME(r->done_at),
                   DB_TEXT(r->problem_zh));
}

bool acme_revocation_count_open(struct db *db, const char *certificate_id, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM acme_revocation WHERE certificate_id = $1 AND done_at IS NULL",
                  DB_TEXT(certificate_id));
}
