/* Rows of solvers and solutions. */
#include "solve/solve_db.h"

enum { LOOKS_KEPT = 50, ANSWERS_MAX = 50 };

/* Above every id. */
#define TOP "~"

#define SOLVER(type, member, flags, en, zh)   FIELD(type, solver, member, flags, en, zh)
#define SOLUTION(type, member, flags, en, zh) FIELD(type, solution, member, flags, en, zh)
#define LOOK(type, member, flags, en, zh)     FIELD(type, solution_look, member, flags, en, zh)

const struct field solver_fields[] = {
    SOLVER(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    SOLVER(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    SOLVER(TEXT, zone, FIELD_COLUMN, "For names at and below this one; \".\" for all",
           "适用于该域名及其下级;“.”表示全部"),
    SOLVER(TEXT, type, FIELD_COLUMN, "Type of challenge", "质询类型"),
    SOLVER(TEXT, kind, FIELD_COLUMN, "How it is solved: a kind of solver", "应答方式"),
    SOLVER(MAP, settings, 0, "Settings of the kind", "应答方式的设置"),
    SOLVER(BLOB, sealed, FIELD_HIDDEN, "", ""),
    SOLVER(BOOL, has_secret, 0, "It has a secret", "已设置密钥"),
    SOLVER(INT, doubt_seconds, 0, "So long what we see may delay what the CA is asked, in seconds",
           "本地检查未通过时最多推迟多少秒再请 CA 验证"),
    SOLVER(TIME, created_at, FIELD_COLUMN, "Made", "创建时间"),
    SOLVER(TIME, removed_at, FIELD_HIDDEN, "Removed", "删除时间"),
    FIELD_END,
};

const struct field solution_fields[] = {
    SOLUTION(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    SOLUTION(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    SOLUTION(TEXT, application_id, 0, "Application; none: a test of a solver, or for Tenure itself",
             "申请;无则为测试,或用于 Tenure 自身的验证"),
    SOLUTION(TEXT, validation_id, 0, "Domain that Tenure itself looks at", "Tenure 自身的域名验证"),
    SOLUTION(TEXT, certificate_id, FIELD_COLUMN, "Certificate", "证书"),
    SOLUTION(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    SOLUTION(TEXT, type, FIELD_COLUMN, "Type of challenge", "质询类型"),
    SOLUTION(TEXT, kind, FIELD_COLUMN, "How it is solved", "应答方式"),
    SOLUTION(TEXT, solver_id, 0, "Solver; none: a kind that needs none", "质询应答配置"),
    SOLUTION(INT, doubt_seconds, FIELD_HIDDEN, "", ""),
    SOLUTION(TEXT, token, FIELD_HIDDEN, "", ""),
    SOLUTION(TEXT, key_authorization, FIELD_HIDDEN, "", ""),
    SOLUTION(TEXT, value, 0, "Value of the TXT record", "TXT 记录值"),
    SOLUTION(TEXT, place, FIELD_COLUMN, "The record behind all CNAMEs, or the file",
             "记录名(CNAME 之后)或文件"),
    SOLUTION(TEXT, handle, FIELD_HIDDEN, "", ""),
    SOLUTION(TIME, created_at, 0, "Begun", "创建时间"),
    SOLUTION(TIME, placed_at, 0, "Published", "发布时间"),
    SOLUTION(TIME, ready_at, FIELD_COLUMN, "The CA may look since", "可供 CA 验证时间"),
    SOLUTION(TIME, unwanted_at, 0, "Not needed any more since", "不再需要时间"),
    SOLUTION(TIME, removed_at, FIELD_COLUMN, "Taken away", "清除时间"),
    SOLUTION(INT, looks, 0, "Times looked for", "检查次数"),
    SOLUTION(TIME, looked_at, 0, "Last look", "上次检查时间"),
    SOLUTION(TEXT, reason, FIELD_COLUMN, "What the last look found, or why it failed", "检查结果或失败原因"),
    SOLUTION(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    SOLUTION(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    FIELD_END,
};

const struct field solution_look_fields[] = {
    LOOK(TEXT, id, 0, "Id", "ID"),
    LOOK(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    LOOK(TEXT, solution_id, 0, "Solution", "质询应答"),
    LOOK(TIME, at, FIELD_COLUMN, "Looked", "检查时间"),
    LOOK(TEXT, reason, FIELD_COLUMN, "Found", "结果"),
    LOOK(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    LOOK(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    LOOK(LIST, answers, 0, "What each server answered", "各服务器的应答"),
    FIELD_END,
};

/* ---- solvers ---- */

#define SOLVER_COLUMNS                                                                                       \
    "id, account_id, zone, type, kind, settings, sealed, "                                                   \
    "CASE WHEN sealed IS NULL THEN 0 ELSE 1 END AS has_secret, doubt_seconds, created_at, removed_at "

bool solver_insert(struct db *db, const struct solver *s, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO solver (id, account_id, zone, type, kind, settings, sealed, doubt_seconds, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        DB_TEXT(s->id), DB_TEXT(s->account_id), DB_TEXT(s->zone), DB_TEXT(s->type), DB_TEXT(s->kind),
        DB_TEXT(s->settings), DB_BLOB(s->sealed), DB_INT(s->doubt_seconds), DB_INT(s->created_at));
}

static bool found_solver(bool ok, const char *id, struct error *e) {
    return ok ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no solver '%s'", "没有质询应答配置“%s”", id));
}

bool solver_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct solver *s,
                struct error *e) {
    return found_solver(db_get(db, a, solver_fields, s, e,
                               "SELECT " SOLVER_COLUMNS
                               "FROM solver WHERE id = $1 AND account_id = $2 AND removed_at IS NULL",
                               DB_TEXT(id), DB_TEXT(account_id)),
                        id, e);
}

bool solver_get_any(struct db *db, struct arena *a, const char *id, struct solver *s, struct error *e) {
    return found_solver(
        db_get(db, a, solver_fields, s, e, "SELECT " SOLVER_COLUMNS "FROM solver WHERE id = $1", DB_TEXT(id)),
        id, e);
}

/* budget: a page of a list, and where it is put */
bool solver_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                 struct solver **list, size_t *count, struct error *e) {
    return db_list(db, a, solver_fields, sizeof **list, list, count, e,
                   "SELECT " SOLVER_COLUMNS "FROM solver WHERE account_id = $1 AND id > $2 "
                   "AND removed_at IS NULL ORDER BY id LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(cursor ? cursor : ""), DB_INT((int64_t)limit));
}

/* budget: a list, and where it is put */
bool solver_list_zone(struct db *db, struct arena *a, const char *account_id, const char *zone,
                      struct solver **list, size_t *count, struct error *e) {
    return db_list(db, a, solver_fields, sizeof **list, list, count, e,
                   "SELECT " SOLVER_COLUMNS "FROM solver WHERE account_id = $1 AND zone = $2 "
                   "AND removed_at IS NULL ORDER BY id",
                   DB_TEXT(account_id), DB_TEXT(zone));
}

bool solver_count(struct db *db, const char *account_id, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e, "SELECT count(*) FROM solver WHERE account_id = $1 AND removed_at IS NULL",
                  DB_TEXT(account_id));
}

bool solver_remove(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE solver SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

/* Its secret is needed as long as something of it is published. */
bool solver_purge(struct db *db, int64_t limit, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM solver WHERE id IN (SELECT id FROM solver WHERE removed_at IS NOT NULL "
                   "AND NOT EXISTS (SELECT 1 FROM solution WHERE solution.solver_id = solver.id "
                   "AND solution.removed_at IS NULL) AND NOT EXISTS (SELECT 1 FROM persist_record "
                   "WHERE persist_record.solver_id = solver.id AND persist_record.removed_at IS NULL) "
                   "ORDER BY removed_at, id LIMIT $1)",
                   DB_INT(limit));
}

/* ---- solutions ---- */

#define SOLUTION_COLUMNS                                                                                     \
    "id, account_id, application_id, certificate_id, name, type, kind, solver_id, doubt_seconds, token, "    \
    "key_authorization, value, place, handle, created_at, placed_at, ready_at, unwanted_at, removed_at, "    \
    "looks, looked_at, reason, detail_en, detail_zh, validation_id "

bool solution_insert(struct db *db, const struct solution *s, bool *inserted, struct error *e) {
    if (!db_exec(
            db, e,
            "INSERT INTO solution (id, account_id, application_id, certificate_id, name, type, kind, "
            "solver_id, doubt_seconds, token, key_authorization, value, place, created_at, placed_at, validation_id) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
            "ON CONFLICT DO NOTHING",
            DB_TEXT(s->id), DB_TEXT(s->account_id), DB_TEXT(s->application_id), DB_TEXT(s->certificate_id),
            DB_TEXT(s->name), DB_TEXT(s->type), DB_TEXT(s->kind), DB_TEXT(s->solver_id),
            DB_INT(s->doubt_seconds), DB_TEXT(s->token), DB_TEXT(s->key_authorization), DB_TEXT(s->value),
            DB_TEXT(s->place), DB_INT(s->created_at), DB_TIME(s->placed_at), DB_TEXT(s->validation_id)))
        return false;
    *inserted = db_changes(db) == 1;
    return true;
}

static bool found_solution(bool ok, const char *id, struct error *e) {
    return ok ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no solution '%s'", "没有质询应答“%s”", id));
}

bool solution_find(struct db *db, struct arena *a, const struct solution *like, struct solution *s,
                   struct error *e) {
    return found_solution(db_get(db, a, solution_fields, s, e,
                                 "SELECT " SOLUTION_COLUMNS "FROM solution WHERE application_id = $1 "
                                 "AND name = $2 AND type = $3 AND token = $4 AND removed_at IS NULL",
                                 DB_TEXT(like->application_id), DB_TEXT(like->name), DB_TEXT(like->type),
                                 DB_TEXT(like->token)),
                          like->name, e);
}

bool solution_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct solution *s,
                  struct error *e) {
    return found_solution(db_get(db, a, solution_fields, s, e,
                                 "SELECT " SOLUTION_COLUMNS "FROM solution WHERE id = $1 AND account_id = $2",
                                 DB_TEXT(id), DB_TEXT(account_id)),
                          id, e);
}

bool solution_get_any(struct db *db, struct arena *a, const char *id, struct solution *s, struct error *e) {
    return found_solution(db_get(db, a, solution_fields, s, e,
                                 "SELECT " SOLUTION_COLUMNS "FROM solution WHERE id = $1", DB_TEXT(id)),
                          id, e);
}

bool solution_list(struct db *db, struct arena *a, const char *application_id, struct solution **list,
                   size_t *count, struct error *e) {
    return db_list(db, a, solution_fields, sizeof **list, list, count, e,
                   "SELECT " SOLUTION_COLUMNS "FROM solution WHERE application_id = $1 "
                   "AND removed_at IS NULL ORDER BY name, id",
                   DB_TEXT(application_id));
}

bool solution_list_validation(struct db *db, struct arena *a, const char *validation_id,
                              struct solution **list, size_t *count, struct error *e) {
    return db_list(db, a, solution_fields, sizeof **list, list, count, e,
                   "SELECT " SOLUTION_COLUMNS "FROM solution WHERE validation_id = $1 "
                   "AND removed_at IS NULL ORDER BY id",
                   DB_TEXT(validation_id));
}

/* ---- what the responders answer ---- */

bool solution_answer_http(struct db *db, struct arena *a, const char *token, const char **answer,
                          struct error *e) {
    *answer = NULL;
    if (token_valid(token) &&
        !db_text(db, a, answer, e,
                 "SELECT key_authorization FROM solution WHERE token = $1 AND type = 'http-01' "
                 "AND kind = 'responder' AND unwanted_at IS NULL AND removed_at IS NULL ORDER BY id LIMIT 1",
                 DB_TEXT(token)))
        return false;
    return *answer || fail(e, ERR_NOT_FOUND, "no challenge with that token", "没有使用该令牌的质询");
}

bool solution_answer_tls(struct db *db, struct arena *a, const char *name, const char **key_authorization,
                         struct error *e) {
    *key_authorization = NULL;
    return db_text(db, a, key_authorization, e,
                   "SELECT key_authorization FROM solution WHERE name = $1 AND type = 'tls-alpn-01' "
                   "AND kind = 'responder' AND unwanted_at IS NULL AND removed_at IS NULL "
                   "ORDER BY created_at DESC, id DESC LIMIT 1",
                   DB_TEXT(name)) &&
           (*key_authorization || fail(e, ERR_NOT_FOUND, "no challenge for %s", "没有 %s 的质询", name));
}

bool solution_answer_dns(struct db *db, struct arena *a, const char *place, const char ***values,
                         size_t *count, struct error *e) {
    static const struct field fields[] = {SOLUTION(TEXT, value, 0, "", ""), FIELD_END};
    struct solution *list;
    if (!db_list(db, a, fields, sizeof *list, &list, count, e,
                 "SELECT value FROM solution WHERE place = $1 AND type = 'dns-01' AND kind = 'delegated' "
                 "AND unwanted_at IS NULL AND removed_at IS NULL ORDER BY id LIMIT $2",
                 DB_TEXT(place), DB_INT(ANSWERS_MAX)))
        return false;
    *values = ARENA_ARRAY(a, *count + 1, const char *);
    for (size_t i = 0; i < *count; i++)
        (*values)[i] = list[i].value;
    return true;
}

/* One statement for each way to filter: an OR over parameters would use no index. */
bool solution_page(struct db *db, struct arena *a, const struct solution_filter *f, struct solution **list,
                   size_t *count, struct error *e) {
    const struct db_val account = DB_TEXT(f->account_id), below = DB_TEXT(f->cursor ? f->cursor : TOP),
                        limit = DB_INT((int64_t)f->limit), open = DB_INT(f->open);
    if (f->certificate_id)
        return db_list(db, a, solution_fields, sizeof **list, list, count, e,
                       "SELECT " SOLUTION_COLUMNS "FROM solution WHERE certificate_id = $5 "
                       "AND account_id = $1 AND id < $2 AND ($4 = 0 OR removed_at IS NULL) "
                       "ORDER BY id DESC LIMIT $3",
                       account, below, limit, open, DB_TEXT(f->certificate_id));
    return db_list(db, a, solution_fields, sizeof **list, list, count, e,
                   "SELECT " SOLUTION_COLUMNS "FROM solution WHERE account_id = $1 AND id < $2 "
                   "AND ($4 = 0 OR removed_at IS NULL) ORDER BY id DESC LIMIT $3",
                   account, below, limit, open);
}

bool solution_list_waiting(struct db *db, struct arena *a, const char *account_id, int64_t limit,
                           struct solution **list, size_t *count, struct error *e) {
    return db_list(db, a, solution_fields, sizeof **list, list, count, e,
                   "SELECT " SOLUTION_COLUMNS "FROM solution WHERE account_id = $1 AND ready_at IS NULL "
                   "AND unwanted_at IS NULL AND removed_at IS NULL ORDER BY id LIMIT $2",
                   DB_TEXT(account_id), DB_INT(limit));
}

bool solution_tests_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                          struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM solution WHERE account_id = $1 AND application_id IS NULL "
                  "AND validation_id IS NULL AND created_at > $2",
                  DB_TEXT(account_id), DB_INT(since));
}

bool solution_set_solver(struct db *db, const struct solution *s, struct error *e) {
    return db_exec(
        db, e,
        "UPDATE solution SET solver_id = $2, kind = $3, doubt_seconds = $4, place = $5, handle = $6, "
        "placed_at = NULL, looks = 0 WHERE id = $1 AND removed_at IS NULL",
        DB_TEXT(s->id), DB_TEXT(s->solver_id), DB_TEXT(s->kind), DB_INT(s->doubt_seconds), DB_TEXT(s->place),
        DB_TEXT(s->handle));
}

bool solution_set_placed(struct db *db, const struct solution *s, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE solution SET place = $2, handle = $3, placed_at = $4, reason = NULL, "
                   "detail_en = NULL, detail_zh = NULL WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(s->id), DB_TEXT(s->place), DB_TEXT(s->handle), DB_INT(now));
}

bool solution_set_ready(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE solution SET ready_at = $2 WHERE id = $1 AND ready_at IS NULL", DB_TEXT(id),
                   DB_INT(now));
}

bool solution_set_unwanted(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE solution SET unwanted_at = $2 WHERE id = $1 AND unwanted_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool solution_set_wanted(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE solution SET unwanted_at = NULL, ready_at = NULL, placed_at = $2, looks = 0 "
                   "WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool solution_set_removed(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE solution SET removed_at = $2 WHERE id = $1 AND unwanted_at IS NOT NULL "
                   "AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool solution_set_reason(struct db *db, const char *id, const char *reason, const struct text *detail,
                         struct error *e) {
    return db_exec(db, e,
                   "UPDATE solution SET reason = $2, detail_en = $3, detail_zh = $4 WHERE id = $1 "
                   "AND removed_at IS NULL",
                   DB_TEXT(id), DB_TEXT(reason), DB_TEXT(detail->in[LANG_EN]), DB_TEXT(detail->in[LANG_ZH]));
}

static bool note_look(struct db *db, const struct solution_look *l, struct error *e) {
    return db_exec(db, e,
                   "UPDATE solution SET reason = $2, detail_en = $3, detail_zh = $4, looked_at = $5, "
                   "looks = looks + 1 WHERE id = $1",
                   DB_TEXT(l->solution_id), DB_TEXT(l->reason), DB_TEXT(l->detail_en), DB_TEXT(l->detail_zh),
                   DB_INT(l->at));
}

bool solution_look_keep(struct db *db, const struct solution_look *l, struct error *e) {
    return db_exec(
               db, e,
               "INSERT INTO solution_look (id, account_id, solution_id, at, reason, detail_en, detail_zh, "
               "answers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
               DB_TEXT(l->id), DB_TEXT(l->account_id), DB_TEXT(l->solution_id), DB_INT(l->at),
               DB_TEXT(l->reason), DB_TEXT(l->detail_en), DB_TEXT(l->detail_zh), DB_TEXT(l->answers)) &&
           db_exec(db, e,
                   "DELETE FROM solution_look WHERE solution_id = $1 AND id NOT IN (SELECT id "
                   "FROM solution_look WHERE solution_id = $1 ORDER BY id DESC LIMIT $2)",
                   DB_TEXT(l->solution_id), DB_INT(LOOKS_KEPT));
}

bool solution_look_insert(struct db *db, const struct solution_look *l, struct error *e) {
    return solution_look_keep(db, l, e) && note_look(db, l, e);
}

/* budget: a page of a list, and where it is put */
bool solution_look_list(struct db *db, struct arena *a, const char *solution_id, const char *cursor,
                        size_t limit, struct solution_look **list, size_t *count, struct error *e) {
    return db_list(db, a, solution_look_fields, sizeof **list, list, count, e,
                   "SELECT id, account_id, solution_id, at, reason, detail_en, detail_zh, answers "
                   "FROM solution_look WHERE solution_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(solution_id), DB_TEXT(cursor ? cursor : TOP), DB_INT((int64_t)limit));
}

bool solution_purge(struct db *db, int64_t before, int64_t limit, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM solution_look WHERE solution_id IN (SELECT id FROM solution "
                   "WHERE removed_at < $1 ORDER BY removed_at, id LIMIT $2)",
                   DB_INT(before), DB_INT(limit)) &&
           db_exec(db, e,
                   "DELETE FROM solution WHERE id IN (SELECT id FROM solution WHERE removed_at < $1 "
                   "ORDER BY removed_at, id LIMIT $2)",
                   DB_INT(before), DB_INT(limit));
}
