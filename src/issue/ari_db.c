/* SQL of suggested windows. */
#include "issue/ari.h"

enum { PURGE_LIMIT = 5000 };

#define ROW(type, member, en, zh) FIELD(type, suggestion, member, 0, en, zh)

static const struct field suggestion_fields[] = {
    ROW(TEXT, version_id, "Version", "版本"),
    ROW(TEXT, account_id, "Account", "账号"),
    ROW(TEXT, certificate_id, "Certificate", "证书"),
    ROW(TEXT, issuer, "Issuer", "签发机构"),
    ROW(TEXT, ari_id, "What the CA calls it", "CA 使用的标识"),
    ROW(TIME, end_at, "End", "到期时间"),
    ROW(TIME, window_start, "The window begins", "建议窗口开始"),
    ROW(TIME, window_end, "The window ends", "建议窗口结束"),
    ROW(TIME, moment, "Chosen moment", "选定时间"),
    ROW(TEXT, explanation_url, "Why", "说明"),
    ROW(TIME, set_at, "Next issue as nobody asked for it", "非人工要求的下次签发时间"),
    ROW(TIME, asked_at, "Asked last", "上次查询时间"),
    ROW(INT, failures, "Failures in a row", "连续失败次数"),
    ROW(INT, haste, "Versions before it that were replaced early", "此前连续提前替换的版本数"),
    ROW(TIME, earliest, "No moment is earlier", "最早时间"),
    FIELD_END,
};

bool suggestion_get(struct db *db, struct arena *a, const char *version_id, struct suggestion *s,
                    struct error *e) {
    *s = (struct suggestion){.version_id = NULL};
    if (db_get(
            db, a, suggestion_fields, s, e,
            "SELECT version_id, account_id, certificate_id, issuer, ari_id, end_at, window_start, "
            "window_end, moment, explanation_url, set_at, asked_at, failures, haste, earliest FROM suggestion "
            "WHERE version_id = $1",
            DB_TEXT(version_id)))
        return true;
    s->version_id = NULL;
    return error_absent(e);
}

bool suggestion_put(struct db *db, const struct suggestion *s, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO suggestion (version_id, account_id, certificate_id, issuer, ari_id, end_at, "
        "window_start, window_end, moment, explanation_url, set_at, asked_at, failures, haste, earliest) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (version_id) "
        "DO UPDATE SET window_start = excluded.window_start, window_end = excluded.window_end, "
        "moment = excluded.moment, explanation_url = excluded.explanation_url, set_at = excluded.set_at, "
        "asked_at = excluded.asked_at, failures = excluded.failures",
        DB_TEXT(s->version_id), DB_TEXT(s->account_id), DB_TEXT(s->certificate_id), DB_TEXT(s->issuer),
        DB_TEXT(s->ari_id), DB_INT(s->end_at), DB_TIME(s->window_start), DB_TIME(s->window_end),
        DB_TIME(s->moment), DB_TEXT(s->explanation_url), DB_TIME(s->set_at), DB_TIME(s->asked_at),
        DB_INT(s->failures), DB_INT(s->haste), DB_TIME(s->earliest));
}

bool suggestion_delete(struct db *db, const char *version_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM suggestion WHERE version_id = $1", DB_TEXT(version_id));
}

bool suggestion_purge(struct work *w, struct error *e) {
    return db_exec(w->db, e,
                   "DELETE FROM suggestion WHERE version_id IN (SELECT version_id FROM suggestion "
                   "WHERE end_at <= $1 ORDER BY end_at, version_id LIMIT $2)",
                   DB_INT(w->now - DAY), DB_INT(PURGE_LIMIT));
}
