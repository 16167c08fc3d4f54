/* Answers kept for a repeated POST. */
#include "account/idempotency.h"
#include "base/clock.h"
#include "http/server.h"
#include <sodium.h>

enum { KEY_MAX = 200 };

struct kept {
    const char *request;
    int64_t status;
    const char *reply;
};

static const struct field kept_fields[] = {
    FIELD(TEXT, kept, request, 0, "", ""),
    FIELD(INT, kept, status, 0, "", ""),
    FIELD(TEXT, kept, reply, 0, "", ""),
    FIELD_END,
};

/* Method, path and body: the same key with another request is a mistake of the client. */
static const char *digest_of(const struct request *rq) {
    const struct exchange *x = rq->connection;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)x->method, strlen(x->method) + 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)x->path, strlen(x->path) + 1);
    crypto_hash_sha256_update(&state, rq->body.p, rq->body.len);
    crypto_hash_sha256_final(&state, digest);
    return arena_strdup(rq->arena, sodium_bin2hex(hex, sizeof hex, digest, sizeof digest));
}

bool idempotency_replay(struct request *rq, const char *key, bool *found, struct error *e) {
    struct kept kept;
    *found = false;
    if (!*key || strlen(key) > KEY_MAX)
        return fail_field(e, "Idempotency-Key", ERR_BAD_FIELD, "Idempotency-Key has 1 to %d characters",
                          "Idempotency-Key 长度为 1 至 %d 个字符", KEY_MAX);
    if (!db_get(rq->db, rq->arena, kept_fields, &kept, e,
                "SELECT request, status, reply FROM idempotency"
                " WHERE account_id = $1 AND key = $2 AND created_at > $3",
                DB_TEXT(rq->caller.account_id), DB_TEXT(key), DB_INT(rq->now - DAY)))
        return e->id == ERR_NOT_FOUND;
    if (strcmp(kept.request, digest_of(rq)) != 0)
        return fail(e, ERR_IDEMPOTENCY_MISMATCH, "Idempotency-Key '%s' came with another request before",
                    "Idempotency-Key“%s”此前用于另一个请求", key);
    *found = true;
    rq->status = (int)kept.status;
    if (!kept.reply)
        return true;
    json_t *reply;
    if (!json_read(rq->arena, slice_str(kept.reply), &reply, e))
        return false;
    rq->reply = json_incref(reply);
    return true;
}

bool idempotency_keep(struct request *rq, const char *key, struct error *e) {
    const char *reply = rq->reply ? json_text(rq->arena, rq->reply, false) : NULL;
    return db_exec(rq->db, e,
                   "INSERT INTO idempotency (account_id, key, request, status, reply, created_at)"
                   " VALUES ($1, $2, $3, $4, $5, $6)"
                   " ON CONFLICT (account_id, key) DO UPDATE SET request = excluded.request,"
                   " status = excluded.status, reply = excluded.reply, created_at = excluded.created_at",
                   DB_TEXT(rq->caller.account_id), DB_TEXT(key), DB_TEXT(digest_of(rq)),
                   DB_INT(rq->status ? rq->status : 200), DB_TEXT(reply), DB_INT(rq->now));
}

bool idempotency_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e, "DELETE FROM idempotency WHERE created_at <= $1", DB_INT(w->now - DAY));
}
