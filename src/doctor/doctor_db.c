/* Rows of looks at names. */
#include "doctor/doctor.h"

#define ROW(type, member, flags, en, zh) FIELD(type, preflight, member, flags, en, zh)

const struct field preflight_fields[] = {
    ROW(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    ROW(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    ROW(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    ROW(TEXT, issuer_id, FIELD_COLUMN, "For this issuer alone", "仅针对该签发机构"),
    ROW(TEXT, application_id, 0, "The application that needs it", "所属申请"),
    ROW(TIME, created_at, FIELD_COLUMN, "Asked for", "发起时间"),
    ROW(TIME, ended_at, 0, "Looked at", "完成时间"),
    ROW(TEXT, worst, FIELD_COLUMN, "Worst that was found: note, warning, fatal",
        "最严重的结果:note、warning、fatal"),
    ROW(LIST, findings, FIELD_HIDDEN, "What was found", "检查结果"),
    ROW(LIST, answers, FIELD_HIDDEN, "What each server answered", "各服务器的应答"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, name, issuer_id, application_id, created_at, ended_at, worst, findings, answers"

bool preflight_insert(struct db *db, const struct preflight *p, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO preflight (id, account_id, name, issuer_id, application_id, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6)",
                   DB_TEXT(p->id), DB_TEXT(p->account_id), DB_TEXT(p->name), DB_TEXT(p->issuer_id),
                   DB_TEXT(p->application_id), DB_INT(p->created_at));
}

/* Names what was looked for. */
static bool named(bool found, const char *id, struct error *e) {
    if (found || e->id != ERR_NOT_FOUND)
        return found;
    return fail(e, ERR_NOT_FOUND, "no preflight '%s'", "没有预检“%s”", id);
}

bool preflight_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                   struct preflight *p, struct error *e) {
    return named(db_get(db, a, preflight_fields, p, e,
                        "SELECT " COLUMNS " FROM preflight WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                        DB_TEXT(account_id)),
                 id, e);
}

bool preflight_get_any(struct db *db, struct arena *a, const char *id, struct preflight *p, struct error *e) {
    return named(
        db_get(db, a, preflight_fields, p, e, "SELECT " COLUMNS " FROM preflight WHERE id = $1", DB_TEXT(id)),
        id, e);
}

bool preflight_list(struct db *db, struct arena *a, const struct preflight_query *query,
                    struct preflight **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "pfl~";
    const char *cursor = query->cursor ? query->cursor : above_all_ids;
    if (!query->name)
        return db_list(db, a, preflight_fields, sizeof **list, list, count, e,
                       "SELECT " COLUMNS
                       " FROM preflight WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                       DB_TEXT(query->account_id), DB_TEXT(cursor), DB_INT((int64_t)query->limit));
    return db_list(
        db, a, preflight_fields, sizeof **list, list, count, e,
        "SELECT " COLUMNS
        " FROM preflight WHERE account_id = $1 AND name = $4 AND id < $2 ORDER BY id DESC LIMIT $3",
        DB_TEXT(query->account_id), DB_TEXT(cursor), DB_INT((int64_t)query->limit), DB_TEXT(query->name));
}

bool preflight_recent(struct db *db, const char *account_id, const char *name, int64_t after, bool *is_there,
                      struct error *e) {
    int64_t count;
    if (!db_int(db, &count, 0, e,
                "SELECT count(*) FROM preflight WHERE account_id = $1 AND name = $2 AND created_at > $3 "
                "AND issuer_id IS NULL",
                DB_TEXT(account_id), DB_TEXT(name), DB_INT(after)))
        return false;
    *is_there = count > 0;
    return true;
}

bool preflight_asked_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                           struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM preflight WHERE account_id = $1 AND created_at > $2 "
                  "AND application_id IS NULL",
                  DB_TEXT(account_id), DB_INT(since));
}

bool preflight_waiting(struct db *db, struct arena *a, const char *account_id, const char *but, int64_t after,
                       const char **id, struct error *e) {
    struct preflight first;
    *id = NULL;
    if (!db_get(db, a, preflight_fields, &first, e,
                "SELECT " COLUMNS " FROM preflight WHERE account_id = $1 AND application_id IS NOT NULL "
                "AND ended_at IS NULL AND id <> $2 AND created_at > $3 ORDER BY id LIMIT 1",
                DB_TEXT(account_id), DB_TEXT(but ? but : ""), DB_INT(after)))
        return error_absent(e);
    *id = first.id;
    return true;
}

bool preflight_delete(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e, "DELETE FROM preflight WHERE id = $1", DB_TEXT(id));
}

bool preflight_end(struct db *db, const struct preflight *p, struct error *e) {
    return db_exec(db, e,
                   "UPDATE preflight SET ended_at = $2, worst = $3, findings = $4, answers = $5 "
                   "WHERE id = $1 AND ended_at IS NULL",
                   DB_TEXT(p->id), DB_INT(p->ended_at), DB_TEXT(p->worst), DB_TEXT(p->findings),
                   DB_TEXT(p->answers));
}

bool preflight_purge(struct db *db, int64_t before, int64_t limit, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM preflight WHERE id IN (SELECT id FROM preflight WHERE created_at < $1 "
                   "ORDER BY created_at, id LIMIT $2)",
                   DB_INT(before), DB_INT(limit));
}
