/* Rows of emergencies and of their stages. */
#include "base/rand.h"
#include "emergency/emergency.h"

#define EMERGENCY(type, member, flags, en, zh) FIELD(type, emergency, member, flags, en, zh)

const struct field emergency_fields[] = {
    EMERGENCY(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    EMERGENCY(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    EMERGENCY(TEXT, host, FIELD_COLUMN, "Host", "主机"),
    EMERGENCY(INT, port, FIELD_COLUMN, "Port", "端口"),
    EMERGENCY(TEXT, address, 0, "Where it is looked at, if not where the name leads",
              "检查地址(默认按域名解析)"),
    EMERGENCY(BOOL, force, 0, "Also from a CA that its clients may not trust",
              "允许使用客户端可能不信任的 CA"),
    EMERGENCY(TEXT, stage, FIELD_COLUMN, "Stage: find, issue, deploy, verify, follow_up, closed",
              "阶段:find、issue、deploy、verify、follow_up、closed"),
    EMERGENCY(TEXT, stage_title, 0, "The stage, for people", "阶段名称"),
    EMERGENCY(TEXT, verdict, 0, "What was seen there at first", "最初的检测结论"),
    EMERGENCY(TEXT, served_fingerprint, 0, "SHA-256 of what was served", "当时证书的 SHA-256 指纹"),
    EMERGENCY(TIME, served_end_at, 0, "End of what was served", "当时证书的到期时间"),
    EMERGENCY(WORDS, names, 0, "Names of the stopgap", "应急证书的域名"),
    EMERGENCY(LIST, targets, 0, "Targets, and where the old files are: [{id, name, paths}]",
              "部署目标及旧证书文件的位置:[{id, name, paths}]"),
    EMERGENCY(TEXT, old_certificate_id, 0, "The old certificate, if it is known", "原证书"),
    EMERGENCY(TEXT, original_brand, 0, "Its brand", "原品牌"),
    EMERGENCY(TEXT, original_grade, 0, "Its grade", "原等级"),
    EMERGENCY(TEXT, certificate_id, FIELD_COLUMN, "The stopgap", "应急证书"),
    EMERGENCY(TIME, deployed_at, 0, "Its deployment began", "开始部署的时间"),
    EMERGENCY(TIME, live_at, FIELD_COLUMN, "The site is back since", "恢复时间"),
    EMERGENCY(INT, seconds_to_live, FIELD_OPTIONAL, "Seconds until the site was back", "恢复耗时(秒)"),
    EMERGENCY(TEXT, waits_for, FIELD_COLUMN, "What a person must see to", "需要人工处理的事项"),
    EMERGENCY(TEXT, waits_detail_en, FIELD_HIDDEN, "What, in English", "事项说明(英文)"),
    EMERGENCY(TEXT, waits_detail_zh, FIELD_HIDDEN, "What, in Chinese", "事项说明(中文)"),
    EMERGENCY(TEXT, waits_detail, 0, "What a person must see to, in a sentence", "事项说明"),
    EMERGENCY(TIME, reminded_at, 0, "The follow-up was told last", "最近一次跟进提醒"),
    EMERGENCY(TEXT, created_by, 0, "Declared by", "发起人"),
    EMERGENCY(TIME, created_at, FIELD_COLUMN, "Declared", "发起时间"),
    EMERGENCY(TIME, closed_at, 0, "Closed", "关闭时间"),
    EMERGENCY(INT, revision, FIELD_HIDDEN, "Revision of the row", "修订号"),
    FIELD_END,
};

#define STAGE(type, member, flags, en, zh) FIELD(type, emergency_stage, member, flags, en, zh)

const struct field emergency_stage_fields[] = {
    STAGE(TEXT, emergency_id, FIELD_HIDDEN, "Emergency", "应急处理"),
    STAGE(TEXT, stage, FIELD_COLUMN, "Stage", "阶段"),
    STAGE(TEXT, title, 0, "The stage, for people", "阶段名称"),
    STAGE(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    STAGE(INT, number, FIELD_HIDDEN, "Number", "序号"),
    STAGE(TIME, began_at, FIELD_COLUMN, "Begun", "开始时间"),
    STAGE(TIME, ended_at, FIELD_COLUMN, "Ended", "结束时间"),
    STAGE(INT, seconds, FIELD_OPTIONAL, "Seconds it took", "耗时(秒)"),
    STAGE(TEXT, result, FIELD_COLUMN, "Result", "结果"),
    STAGE(TEXT, detail_en, FIELD_HIDDEN, "What was found or done, in English", "详情(英文)"),
    STAGE(TEXT, detail_zh, FIELD_HIDDEN, "What was found or done, in Chinese", "详情(中文)"),
    STAGE(TEXT, detail, 0, "What was found or done", "详情"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, host, port, address, force, stage, verdict, served_fingerprint, served_end_at, names, " \
    "targets, old_certificate_id, original_brand, original_grade, certificate_id, deployed_at, live_at, "    \
    "waits_for, waits_detail_en, waits_detail_zh, reminded_at, created_by, created_at, closed_at, revision"

bool emergency_find_open(struct db *db, struct arena *a, const char *account_id, const char *host,
                         int64_t port, struct emergency *em, struct error *e) {
    *em = (struct emergency){0};
    if (db_get(db, a, emergency_fields, em, e,
               "SELECT " COLUMNS " FROM emergency "
               "WHERE account_id = $1 AND host = $2 AND port = $3 AND closed_at IS NULL",
               DB_TEXT(account_id), DB_TEXT(host), DB_INT(port)))
        return true;
    if (!error_absent(e))
        return false;
    em->id = NULL;
    return true;
}

static bool refuse_second(struct db *db, struct arena *a, const struct emergency *em, struct error *e) {
    struct emergency open;
    if (!emergency_find_open(db, a, em->account_id, em->host, em->port, &open, e))
        return false;
    if (!open.id)
        return true;
    snprintf(e->object, sizeof e->object, "%s", open.id);
    fail(e, ERR_ALREADY_EXISTS, "the emergency %s at %s is open already", "%2$s 的应急处理 %1$s 正在进行",
         open.id, em->host);
    snprintf(e->object, sizeof e->object, "%s", open.id);
    return false;
}

bool emergency_insert(struct db *db, struct arena *a, struct emergency *em, struct error *e) {
    if (!refuse_second(db, a, em, e))
        return false;
    em->id = id_new(a, "emg", em->created_at);
    return db_exec(db, e,
                   "INSERT INTO emergency (id, account_id, host, port, address, force, stage, created_by, "
                   "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   DB_TEXT(em->id), DB_TEXT(em->account_id), DB_TEXT(em->host), DB_INT(em->port),
                   DB_TEXT(em->address), DB_INT(em->force), DB_TEXT(em->stage), DB_TEXT(em->created_by),
                   DB_INT(em->created_at));
}

static bool found(bool ok, const char *id, struct error *e) {
    return ok ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no emergency '%s'", "没有应急处理“%s”", id));
}

bool emergency_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                   struct emergency *em, struct error *e) {
    *em = (struct emergency){0};
    bool ok = db_get(db, a, emergency_fields, em, e,
                     "SELECT " COLUMNS " FROM emergency WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    return found(ok, id, e);
}

bool emergency_get_any(struct db *db, struct arena *a, const char *id, struct emergency *em,
                       struct error *e) {
    *em = (struct emergency){0};
    bool ok = db_get(db, a, emergency_fields, em, e, "SELECT " COLUMNS " FROM emergency WHERE id = $1",
                     DB_TEXT(id));
    return found(ok, id, e);
}

bool emergency_store(struct db *db, struct emergency *em, struct error *e) {
    if (!db_exec(
            db, e,
            "UPDATE emergency SET force = $2, stage = $3, verdict = $4, served_fingerprint = $5, "
            "served_end_at = $6, names = $7, targets = $8, old_certificate_id = $9, original_brand = $10, "
            "original_grade = $11, certificate_id = $12, deployed_at = $13, live_at = $14, "
            "waits_for = $15, waits_detail_en = $16, waits_detail_zh = $17, reminded_at = $18, "
            "closed_at = $19, revision = $20 + 1 WHERE id = $1 AND revision = $20",
            DB_TEXT(em->id), DB_INT(em->force), DB_TEXT(em->stage), DB_TEXT(em->verdict),
            DB_TEXT(em->served_fingerprint), DB_TIME(em->served_end_at), DB_TEXT(em->names),
            DB_TEXT(em->targets), DB_TEXT(em->old_certificate_id), DB_TEXT(em->original_brand),
            DB_TEXT(em->original_grade), DB_TEXT(em->certificate_id), DB_TIME(em->deployed_at),
            DB_TIME(em->live_at), DB_TEXT(em->waits_for), DB_TEXT(em->waits_detail_en),
            DB_TEXT(em->waits_detail_zh), DB_TIME(em->reminded_at), DB_TIME(em->closed_at),
            DB_INT(em->revision)))
        return false;
    if (db_changes(db) != 1)
        return fail(e, ERR_CONFLICT, "%s was changed meanwhile; read it again", "%s 已被他人更改;请重新读取",
                    em->id);
    em->revision++;
    return true;
}

bool emergency_list(struct db *db, struct arena *a, const struct emergency_range *range,
                    struct emergency **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "emg~";
    return db_list(db, a, emergency_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS
                   " FROM emergency WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}

/* ---- stages ---- */

/* The statement says nothing of one that is there: a repeated step begins nothing twice. */
bool emergency_stage_begin(struct db *db, const struct emergency *em, int64_t now, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO emergency_stage (emergency_id, stage, account_id, number, began_at) "
        "VALUES ($1, $2, $3, (SELECT count(*) + 1 FROM emergency_stage WHERE emergency_id = $1), $4) "
        "ON CONFLICT (emergency_id, stage) DO NOTHING",
        DB_TEXT(em->id), DB_TEXT(em->stage), DB_TEXT(em->account_id), DB_INT(now));
}

bool emergency_stage_note(struct db *db, const struct emergency_stage *s, struct error *e) {
    return db_exec(db, e,
                   "UPDATE emergency_stage SET ended_at = $3, result = $4, detail_en = $5, detail_zh = $6 "
                   "WHERE emergency_id = $1 AND stage = $2 AND ended_at IS NULL",
                   DB_TEXT(s->emergency_id), DB_TEXT(s->stage), DB_TIME(s->ended_at), DB_TEXT(s->result),
                   DB_TEXT(s->detail_en), DB_TEXT(s->detail_zh));
}

bool emergency_stage_list(struct db *db, struct arena *a, const char *emergency_id,
                          struct emergency_stage **list, size_t *count, struct error *e) {
    return db_list(db, a, emergency_stage_fields, sizeof **list, list, count, e,
                   "SELECT emergency_id, stage, account_id, number, began_at, ended_at, result, detail_en, "
                   "detail_zh FROM emergency_stage WHERE emergency_id = $1 ORDER BY number",
                   DB_TEXT(emergency_id));
}
