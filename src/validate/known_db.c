/* SQL of what is known to be proven. */
#include "base/clock.h"
#include "base/rand.h"
#include "validate/known.h"

enum { KEEP_DAYS = 2 * 398 /* it could be used again for half of that at most */, PURGE_LIMIT = 5000 };

#define KNOWN(type, member, flags, en, zh) FIELD(type, known_validation, member, flags, en, zh)

const struct field known_validation_fields[] = {
    KNOWN(TEXT, id, 0, "Id", "ID"),
    KNOWN(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    KNOWN(TEXT, what, FIELD_COLUMN, "What: domain, organization", "对象:domain(域名)、organization(组织)"),
    KNOWN(TEXT, name, FIELD_COLUMN, "Name, or id of the organisation", "域名或组织 ID"),
    KNOWN(BOOL, wildcard, 0, "For wildcards below it, too", "同时用于其下的通配符域名"),
    KNOWN(TEXT, method, FIELD_COLUMN, "How", "验证方式"),
    KNOWN(TEXT, issuer, FIELD_COLUMN, "For which issuer; tenure: checked by Tenure itself",
          "适用的签发机构;tenure 表示由 Tenure 验证"),
    KNOWN(TIME, validated_at, FIELD_COLUMN, "Proven", "验证通过时间"),
    KNOWN(TIME, reusable_until, FIELD_COLUMN, "Can be used again until, as far as is known",
          "可复用至(如已知)"),
    KNOWN(BOOL, reusable, FIELD_COLUMN, "Now for certain", "当前确定可复用"),
    FIELD_END,
};

bool known_note(struct db *db, struct arena *a, struct known_validation *v, struct error *e) {
    v->id = id_new(a, "val", v->validated_at);
    return db_exec(db, e,
                   "INSERT INTO ca_validation (id, account_id, issuer, name, wildcard, method, validated_at, "
                   "reusable_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
                   "ON CONFLICT (account_id, issuer, name, wildcard, method) DO UPDATE SET id = excluded.id, "
                   "validated_at = excluded.validated_at, reusable_until = excluded.reusable_until "
                   "WHERE excluded.validated_at >= ca_validation.validated_at",
                   DB_TEXT(v->id), DB_TEXT(v->account_id), DB_TEXT(v->issuer), DB_TEXT(v->name),
                   DB_INT(v->wildcard), DB_TEXT(v->method), DB_INT(v->validated_at),
                   DB_TIME(v->reusable_until));
}

/* budget: a page of a list, and where it is put */
bool known_list(struct db *db, struct arena *a, const struct known_validation *like, const char *cursor,
                size_t limit, struct known_validation **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "val~";
    return db_list(db, a, known_validation_fields, sizeof **list, list, count, e,
                   "SELECT id, account_id, 'domain' AS what, name, wildcard, method, '" KNOWN_BY_TENURE
                   "' AS issuer, validated_at, NULL AS reusable_until FROM validation "
                   "WHERE account_id = $1 AND id < $2 AND validated_at IS NOT NULL AND removed_at IS NULL "
                   "AND ($3 IS NULL OR name = $3) AND ($4 IS NULL OR $4 = '" KNOWN_BY_TENURE "') "
                   "UNION ALL SELECT id, account_id, 'domain' AS what, name, wildcard, method, issuer, "
                   "validated_at, reusable_until FROM ca_validation WHERE account_id = $1 AND id < $2 "
                   "AND ($3 IS NULL OR name = $3) AND ($4 IS NULL OR issuer = $4) ORDER BY id DESC LIMIT $5",
                   DB_TEXT(like->account_id), DB_TEXT(cursor ? cursor : above_all_ids), DB_TEXT(like->name),
                   DB_TEXT(like->issuer), DB_INT((int64_t)limit));
}

bool known_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e,
                   "DELETE FROM ca_validation WHERE id IN (SELECT id FROM ca_validation "
                   "WHERE validated_at <= $1 ORDER BY validated_at, id LIMIT $2)",
                   DB_INT(w->now - KEEP_DAYS * DAY), DB_INT(PURGE_LIMIT));
}
