/* SQL of limits. */
#include "issue/limit_db.h"
#include "base/clock.h"

/* Who stands further back is not told apart: he asks again before his turn. */
enum { COUNT_MAX = 10000, PURGE_LIMIT = 5000 };

/* ---- buckets ---- */

static const struct field bucket_fields[] = {
    FIELD(TEXT, bucket, id, 0, "Bucket", "限额"),
    FIELD(TEXT, bucket, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(INT, bucket, full_at, 0, "Full again (microseconds)", "恢复时间(微秒)"),
    FIELD(INT, bucket, closed_until, 0, "Closed until", "关闭至"),
    FIELD(TEXT, bucket, last_account_id, FIELD_HIDDEN, "Who took last", "最近使用者"),
    FIELD_END,
};

bool bucket_get(struct db *db, struct arena *a, const char *id, struct bucket *bucket, struct error *e) {
    *bucket = (struct bucket){.id = id};
    if (db_get(
            db, a, bucket_fields, bucket, e,
            "SELECT id, account_id, full_at, closed_until, last_account_id FROM limit_bucket WHERE id = $1",
            DB_TEXT(id)))
        return true;
    *bucket = (struct bucket){.id = id};
    return error_absent(e);
}

bool bucket_put(struct db *db, const struct bucket *b, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO limit_bucket (id, account_id, full_at, closed_until, last_account_id) "
                   "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET full_at = excluded.full_at, "
                   "closed_until = excluded.closed_until, last_account_id = excluded.last_account_id",
                   DB_TEXT(b->id), DB_TEXT(b->account_id), DB_INT(b->full_at), DB_INT(b->closed_until),
                   DB_TEXT(b->last_account_id));
}

/* ---- places ---- */

static const struct field wait_fields[] = {
    FIELD(TEXT, limit_wait, bucket, 0, "Bucket", "限额"),
    FIELD(TEXT, limit_wait, subject, 0, "Certificate", "证书"),
    FIELD(TEXT, limit_wait, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, limit_wait, issuer, 0, "Issuer", "签发机构"),
    FIELD(TEXT, limit_wait, limit_name, 0, "Limit", "限额名称"),
    FIELD(BOOL, limit_wait, binds, 0, "Its slot comes last", "决定等待时间"),
    FIELD(TIME, limit_wait, since, 0, "Waits since", "开始等待时间"),
    FIELD(TIME, limit_wait, end_at, 0, "End", "到期时间"),
    FIELD(TIME, limit_wait, due_at, 0, "Asks again", "下次尝试时间"),
    FIELD_END,
};

bool limit_waiting(struct db *db, struct arena *a, const char *subject, struct limit_wait *wait,
                   struct error *e) {
    *wait = (struct limit_wait){.subject = NULL};
    if (db_get(db, a, wait_fields, wait, e,
               "SELECT bucket, subject, account_id, issuer, limit_name, binds, since, end_at, due_at "
               "FROM limit_wait WHERE subject = $1 AND binds = 1",
               DB_TEXT(subject)))
        return true;
    wait->subject = NULL;
    return error_absent(e);
}

bool limit_wait_since(struct db *db, const char *subject, int64_t *since, struct error *e) {
    return db_int(db, since, 0, e, "SELECT min(since) FROM limit_wait WHERE subject = $1", DB_TEXT(subject));
}

bool limit_wait_put(struct db *db, const struct limit_wait *w, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO limit_wait (bucket, subject, account_id, issuer, limit_name, binds, since, "
                   "end_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   DB_TEXT(w->bucket), DB_TEXT(w->subject), DB_TEXT(w->account_id), DB_TEXT(w->issuer),
                   DB_TEXT(w->limit_name), DB_INT(w->binds), DB_INT(w->since), DB_INT(w->end_at),
                   DB_INT(w->due_at));
}

bool limit_forget(struct db *db, const char *subject, struct error *e) {
    return db_exec(db, e, "DELETE FROM limit_wait WHERE subject = $1", DB_TEXT(subject));
}

bool limit_wait_before(struct db *db, const struct limit_queue *q, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM (SELECT 1 FROM limit_wait WHERE bucket = $1 AND account_id = $2 AND "
                  "(end_at < $3 OR (end_at = $3 AND subject < $4)) AND subject <> $4 AND "
                  "(binds = 1 OR due_at <= $5) AND due_at > $6 LIMIT $7) AS before",
                  DB_TEXT(q->bucket), DB_TEXT(q->account_id), DB_INT(q->end_at), DB_TEXT(q->subject),
                  DB_INT(q->soon), DB_INT(q->lost), DB_INT(COUNT_MAX));
}

static const struct field crowd_fields[] = {
    FIELD(TEXT, limit_crowd, account_id, 0, "Account", "账号"),
    FIELD(INT, limit_crowd, count, 0, "How many", "数量"),
    FIELD_END,
};

/* budget: what is looked for, and where it is put */
bool limit_wait_others(struct db *db, struct arena *a, const struct limit_queue *q,
                       struct limit_crowd **crowds, size_t *count, struct error *e) {
    return db_list(db, a, crowd_fields, sizeof **crowds, crowds, count, e,
                   "SELECT account_id, count(*) AS count FROM (SELECT account_id FROM limit_wait "
                   "WHERE bucket = $1 AND account_id <> $2 AND (binds = 1 OR due_at <= $3) AND due_at > $4 "
                   "LIMIT $5) AS waiting GROUP BY account_id ORDER BY account_id",
                   DB_TEXT(q->bucket), DB_TEXT(q->account_id), DB_INT(q->soon), DB_INT(q->lost),
                   DB_INT(COUNT_MAX));
}

/* ---- retention ---- */

bool limit_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e,
                   "DELETE FROM limit_bucket WHERE id IN (SELECT id FROM limit_bucket WHERE full_at <= $1 "
                   "AND closed_until <= $2 ORDER BY full_at, id LIMIT $3)",
                   DB_INT(w->now * 1000000), DB_INT(w->now), DB_INT(PURGE_LIMIT)) &&
           db_exec(w->db, e,
                   "DELETE FROM limit_wait WHERE due_at <= $1 AND subject IN (SELECT subject FROM limit_wait "
                   "WHERE due_at <= $1 ORDER BY due_at, bucket, subject LIMIT $2)",
                   DB_INT(w->now - DAY), DB_INT(PURGE_LIMIT));
}
