/* Rows of targets and deployments. */
#include "deploy/deploy_db.h"

#define TARGET(type, member, flags, en, zh) FIELD(type, target, member, flags, en, zh)

const struct field target_fields[] = {
    TARGET(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    TARGET(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    TARGET(INT, number, 0, "Number", "编号"),
    TARGET(TEXT, name, FIELD_COLUMN, "Name", "名称"),
    TARGET(TEXT, kind, FIELD_COLUMN, "Kind: file", "类型:file"),
    TARGET(LIST, files, 0, "Files: path, content, mode, owner", "文件:path、content、mode、owner"),
    TARGET(TEXT, test_command, 0, "Configuration test: name of a command", "配置检测命令的名称"),
    TARGET(TEXT, reload_command, 0, "Reload: name of a command", "重新加载命令的名称"),
    TARGET(TEXT, probe_address, FIELD_COLUMN, "Where it is probed: ADDRESS:PORT", "检查地址:地址:端口"),
    TARGET(TEXT, server_name, 0, "Server name (SNI) of the probe", "检查时使用的服务器名称(SNI)"),
    TARGET(TEXT, certificate_id, FIELD_COLUMN, "Certificate that it is to serve", "应部署的证书"),
    TARGET(TEXT, version_id, 0, "Version last seen there", "最近确认生效的版本"),
    TARGET(TIME, created_at, 0, "Created", "创建时间"),
    TARGET(TIME, deleted_at, FIELD_HIDDEN, "Deleted", "删除时间"),
    FIELD_END,
};

#define TARGET_COLUMNS                                                                                       \
    "id, account_id, number, name, kind, files, test_command, reload_command, probe_address, server_name, "  \
    "certificate_id, version_id, created_at, deleted_at"

#define DEPLOYMENT(type, member, flags, en, zh) FIELD(type, deployment, member, flags, en, zh)

const struct field deployment_fields[] = {
    DEPLOYMENT(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    DEPLOYMENT(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    DEPLOYMENT(INT, number, 0, "Number", "编号"),
    DEPLOYMENT(TEXT, version_id, 0, "Version", "版本"),
    DEPLOYMENT(TEXT, certificate_id, FIELD_COLUMN, "Certificate", "证书"),
    DEPLOYMENT(TEXT, target_id, 0, "Target", "部署目标"),
    DEPLOYMENT(TEXT, target_name, FIELD_COLUMN, "Name of the target", "部署目标名称"),
    DEPLOYMENT(TEXT, state, FIELD_COLUMN, "State: waiting, running, verifying, done, failed, rolled_back",
               "状态"),
    DEPLOYMENT(TEXT, cause, 0, "Cause: issued, requested, drift", "原因:issued、requested、drift"),
    DEPLOYMENT(INT, attempts, FIELD_COLUMN, "Attempts", "尝试次数"),
    DEPLOYMENT(INT, probes, FIELD_HIDDEN, "Probes of this attempt", "本次尝试的检查次数"),
    DEPLOYMENT(TIME, created_at, FIELD_COLUMN, "Created", "创建时间"),
    DEPLOYMENT(TIME, changed_at, 0, "Last change of state", "状态变更时间"),
    DEPLOYMENT(TIME, finished_at, 0, "Finished; until then it is tried again", "结束时间;在此之前会继续重试"),
    DEPLOYMENT(TEXT, reason, FIELD_COLUMN, "Why it failed: error code or verdict",
               "失败原因:错误码或检测结论"),
    DEPLOYMENT(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    DEPLOYMENT(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    FIELD_END,
};

#define DEPLOYMENT_COLUMNS                                                                                          \
    "d.id, d.account_id, d.number, d.version_id, d.certificate_id, d.target_id, t.name AS target_name, d.state, "   \
    "d.cause, d.attempts, d.probes, d.created_at, d.changed_at, d.finished_at, d.reason, d.detail_en, d.detail_zh " \
    "FROM deployment d JOIN target t ON t.id = d.target_id "

/* ---- targets ---- */

/* Unknown, foreign and deleted ones are told apart by nobody. */
static bool found_target(bool ok, const char *id, struct error *e) {
    return ok || (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no target '%s'", "没有部署目标“%s”", id));
}

bool target_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct target *target,
                struct error *e) {
    bool ok = db_get(db, a, target_fields, target, e,
                     "SELECT " TARGET_COLUMNS
                     " FROM target WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",
                     DB_TEXT(id), DB_TEXT(account_id));
    return found_target(ok, id, e);
}

bool target_get_any(struct db *db, struct arena *a, const char *id, struct target *target, struct error *e) {
    bool ok = db_get(db, a, target_fields, target, e, "SELECT " TARGET_COLUMNS " FROM target WHERE id = $1",
                     DB_TEXT(id));
    return found_target(ok, id, e);
}

bool target_list_of(struct db *db, struct arena *a, const char *certificate_id, struct target **targets,
                    size_t *count, struct error *e) {
    return db_list(db, a, target_fields, sizeof **targets, targets, count, e,
                   "SELECT " TARGET_COLUMNS
                   " FROM target WHERE certificate_id = $1 AND deleted_at IS NULL ORDER BY id",
                   DB_TEXT(certificate_id));
}

/* budget: a page of a list, and where it is put */
bool target_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                 struct target **targets, size_t *count, struct error *e) {
    return db_list(
        db, a, target_fields, sizeof **targets, targets, count, e,
        "SELECT " TARGET_COLUMNS
        " FROM target WHERE account_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3",
        DB_TEXT(account_id), DB_TEXT(cursor ? cursor : ""), DB_INT((int64_t)limit));
}

static bool name_is_free(bool ok, const struct target *t, struct error *e) {
    if (ok || e->id != ERR_CONFLICT)
        return ok;
    return fail_field(e, "name", ERR_ALREADY_EXISTS, "there is a target '%s' already", "部署目标“%s”已存在",
                      t->name);
}

bool target_insert(struct db *db, struct target *t, struct error *e) {
    if (!db_sequence(db, "target", &t->number, e))
        return false;
    bool ok = db_exec(db, e,
                      "INSERT INTO target (" TARGET_COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL)",
                      DB_TEXT(t->id), DB_TEXT(t->account_id), DB_INT(t->number), DB_TEXT(t->name),
                      DB_TEXT(t->kind), DB_TEXT(t->files), DB_TEXT(t->test_command),
                      DB_TEXT(t->reload_command), DB_TEXT(t->probe_address), DB_TEXT(t->server_name),
                      DB_TEXT(t->certificate_id), DB_TEXT(t->version_id), DB_INT(t->created_at));
    return name_is_free(ok, t, e);
}

bool target_store(struct db *db, const struct target *t, struct error *e) {
    bool ok = db_exec(
        db, e,
        "UPDATE target SET name = $2, files = $3, test_command = $4, reload_command = $5, "
        "probe_address = $6, server_name = $7, certificate_id = $8, version_id = $9, deleted_at = $10 "
        "WHERE id = $1",
        DB_TEXT(t->id), DB_TEXT(t->name), DB_TEXT(t->files), DB_TEXT(t->test_command),
        DB_TEXT(t->reload_command), DB_TEXT(t->probe_address), DB_TEXT(t->server_name),
        DB_TEXT(t->certificate_id), DB_TEXT(t->version_id), DB_TIME(t->deleted_at));
    return name_is_free(ok, t, e);
}

static const struct field owner_fields[] = {
    TARGET(TEXT, id, 0, "Id", "ID"),
    TARGET(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD_END,
};

/* What others have is not told. */
static bool name_owner(struct db *db, struct arena *a, const struct target *target, const char *path,
                       struct error *e) {
    struct target owner;
    if (!db_get(db, a, owner_fields, &owner, e,
                "SELECT target_id AS id, account_id FROM target_file WHERE path = $1", DB_TEXT(path)))
        return false;
    if (strcmp(owner.account_id, target->account_id) != 0)
        return fail_field(e, "files", ERR_ALREADY_EXISTS, "%s is a file of another account's target",
                          "%s 已属于其他账号的部署目标", path);
    return fail_field(e, "files", ERR_ALREADY_EXISTS, "%s is a file of the target %s", "%s 已属于部署目标 %s",
                      path, owner.id);
}

static bool take_file(struct db *db, struct arena *a, const struct target *target, const char *path,
                      struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO target_file (path, account_id, target_id) VALUES ($1, $2, $3) "
                   "ON CONFLICT DO NOTHING",
                   DB_TEXT(path), DB_TEXT(target->account_id), DB_TEXT(target->id)) &&
           (db_changes(db) == 1 || name_owner(db, a, target, path, e));
}

bool target_db_take_files(struct db *db, struct arena *a, const struct target *target,
                          const char *const *paths, size_t count, struct error *e) {
    if (!db_exec(db, e, "DELETE FROM target_file WHERE target_id = $1", DB_TEXT(target->id)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_file(db, a, target, paths[i], e))
            return false;
    return true;
}

bool target_set_version(struct db *db, const char *target_id, const char *version_id, struct error *e) {
    return db_exec(db, e, "UPDATE target SET version_id = $2 WHERE id = $1", DB_TEXT(target_id),
                   DB_TEXT(version_id));
}

bool target_move(struct db *db, const char *from_certificate, const char *to_certificate, int64_t *moved,
                 struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE target SET certificate_id = $2 WHERE certificate_id = $1 AND deleted_at IS NULL",
                 DB_TEXT(from_certificate), DB_TEXT(to_certificate)))
        return false;
    *moved = db_changes(db);
    return true;
}

/* ---- deployments ---- */

static bool found_deployment(bool ok, const char *id, struct error *e) {
    return ok || (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no deployment '%s'", "没有部署“%s”", id));
}

bool deployment_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct deployment *d, struct error *e) {
    bool ok = db_get(db, a, deployment_fields, d, e,
                     "SELECT " DEPLOYMENT_COLUMNS "WHERE d.id = $1 AND d.account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    return found_deployment(ok, id, e);
}

bool deployment_get_any(struct db *db, struct arena *a, const char *id, struct deployment *d,
                        struct error *e) {
    bool ok =
        db_get(db, a, deployment_fields, d, e, "SELECT " DEPLOYMENT_COLUMNS "WHERE d.id = $1", DB_TEXT(id));
    return found_deployment(ok, id, e);
}

/* Above every id of a deployment. */
#define DEPLOYMENT_TOP "dep~"

bool deployment_list_of(struct db *db, struct arena *a, const char *certificate_id, struct deployment **list,
                        size_t *count, struct error *e) {
    return db_list(db, a, deployment_fields, sizeof **list, list, count, e,
                   "SELECT " DEPLOYMENT_COLUMNS "WHERE d.certificate_id = $1 ORDER BY d.id DESC",
                   DB_TEXT(certificate_id));
}

/* One statement for each way to filter: an OR over parameters would use no index. */
bool deployment_list(struct db *db, struct arena *a, const struct deployment_filter *f,
                     struct deployment **list, size_t *count, struct error *e) {
    const struct db_val account = DB_TEXT(f->account_id),
                        below = DB_TEXT(f->cursor ? f->cursor : DEPLOYMENT_TOP),
                        limit = DB_INT((int64_t)f->limit);
    if (f->target_id)
        return db_list(
            db, a, deployment_fields, sizeof **list, list, count, e,
            "SELECT " DEPLOYMENT_COLUMNS
            "WHERE d.account_id = $1 AND d.target_id = $4 AND ($5 IS NULL OR d.certificate_id = $5) "
            "AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
            account, below, limit, DB_TEXT(f->target_id), DB_TEXT(f->certificate_id));
    if (f->certificate_id)
        return db_list(
            db, a, deployment_fields, sizeof **list, list, count, e,
            "SELECT " DEPLOYMENT_COLUMNS
            "WHERE d.account_id = $1 AND d.certificate_id = $4 AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
            account, below, limit, DB_TEXT(f->certificate_id));
    return db_list(db, a, deployment_fields, sizeof **list, list, count, e,
                   "SELECT " DEPLOYMENT_COLUMNS
                   "WHERE d.account_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
                   account, below, limit);
}

/* Within one second ids have no order, numbers have. */
bool deployment_newest(struct db *db, struct arena *a, const char *target_id, struct deployment *d,
                       struct error *e) {
    *d = (struct deployment){.id = NULL};
    if (db_get(db, a, deployment_fields, d, e,
               "SELECT " DEPLOYMENT_COLUMNS "WHERE d.target_id = $1 ORDER BY d.number DESC LIMIT 1",
               DB_TEXT(target_id)))
        return true;
    return error_absent(e);
}

/* budget: a list, and where it is put */
bool deployment_list_superseded(struct db *db, struct arena *a, const char *target_id, int64_t since,
                                struct deployment **list, size_t *count, struct error *e) {
    return db_list(db, a, deployment_fields, sizeof **list, list, count, e,
                   "SELECT " DEPLOYMENT_COLUMNS "WHERE d.target_id = $1 AND d.finished_at >= $2 "
                   "AND d.reason = '" DEPLOYMENT_SUPERSEDED "' ORDER BY d.id",
                   DB_TEXT(target_id), DB_INT(since));
}

bool deployment_insert(struct db *db, struct deployment *d, struct error *e) {
    return db_sequence(db, "deployment", &d->number, e) &&
           db_exec(
               db, e,
               "INSERT INTO deployment (id, account_id, number, version_id, certificate_id, target_id, state, "
               "cause, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
               DB_TEXT(d->id), DB_TEXT(d->account_id), DB_INT(d->number), DB_TEXT(d->version_id),
               DB_TEXT(d->certificate_id), DB_TEXT(d->target_id), DB_TEXT(d->state), DB_TEXT(d->cause),
               DB_INT(d->created_at), DB_INT(d->changed_at));
}

bool deployment_store(struct db *db, const struct deployment *d, struct error *e) {
    return db_exec(
        db, e,
        "UPDATE deployment SET state = $2, attempts = $3, probes = $4, changed_at = $5, finished_at = $6, "
        "reason = $7, detail_en = $8, detail_zh = $9 WHERE id = $1 AND finished_at IS NULL",
        DB_TEXT(d->id), DB_TEXT(d->state), DB_INT(d->attempts), DB_INT(d->probes), DB_INT(d->changed_at),
        DB_TIME(d->finished_at), DB_TEXT(d->reason), DB_TEXT(d->detail_en), DB_TEXT(d->detail_zh));
}
