/* Rows of channels and messages. */
#include "base/rand.h"
#include "notify/notify_db.h"

#define TOP "~"

#define CHANNEL(type, member, flags, en, zh) FIELD(type, channel, member, flags, en, zh)

const struct field channel_fields[] = {
    CHANNEL(TEXT, id, FIELD_COLUMN, "channel", "渠道"),
    CHANNEL(TEXT, account_id, FIELD_HIDDEN, "", ""),
    CHANNEL(TEXT, name, FIELD_COLUMN, "name", "名称"),
    CHANNEL(TEXT, kind, FIELD_COLUMN, "kind", "类型"),
    CHANNEL(TEXT, address, FIELD_COLUMN, "address, without what may be a token", "地址(不含可能的令牌)"),
    CHANNEL(WORDS, events, FIELD_COLUMN, "events; none: all", "事件;空为全部"),
    CHANNEL(TEXT, lang, FIELD_COLUMN, "language", "语言"),
    CHANNEL(BOOL, disabled, FIELD_COLUMN, "off", "已停用"),
    CHANNEL(TIME, failing_since, FIELD_COLUMN, "failing since", "持续失败自"),
    CHANNEL(TEXT, last_error, FIELD_COLUMN, "last error", "最近错误"),
    CHANNEL(TIME, created_at, 0, "made at", "创建时间"),
    CHANNEL(TIME, disabled_at, FIELD_HIDDEN, "", ""),
    CHANNEL(BLOB, sealed, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

#define CHANNEL_COLUMNS                                                                                      \
    "id, account_id, name, kind, address, sealed, events, lang, created_at, disabled_at, "                   \
    "CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END AS disabled, failing_since, last_error "

static bool name_is_free(bool ok, const struct channel *c, struct error *e) {
    return ok ||
           (e->id == ERR_CONFLICT && fail_field(e, "name", ERR_ALREADY_EXISTS, "there is a channel '%s'",
                                                "已有名为“%s”的通知渠道", c->name));
}

bool channel_insert(struct db *db, const struct channel *c, struct error *e) {
    bool ok = db_exec(db, e,
                      "INSERT INTO channel (id, account_id, name, kind, address, sealed, events, lang, "
                      "created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                      DB_TEXT(c->id), DB_TEXT(c->account_id), DB_TEXT(c->name), DB_TEXT(c->kind),
                      DB_TEXT(c->address), DB_BLOB(c->sealed), DB_TEXT(c->events), DB_TEXT(c->lang),
                      DB_INT(c->created_at), DB_TIME(c->disabled_at));
    return name_is_free(ok, c, e);
}

bool channel_store(struct db *db, const struct channel *c, struct error *e) {
    bool ok = db_exec(
        db, e, "UPDATE channel SET name = $2, events = $3, lang = $4, disabled_at = $5 WHERE id = $1",
        DB_TEXT(c->id), DB_TEXT(c->name), DB_TEXT(c->events), DB_TEXT(c->lang), DB_TIME(c->disabled_at));
    return name_is_free(ok, c, e);
}

bool channel_delete(struct db *db, const struct channel *c, struct error *e) {
    return db_exec(db, e, "DELETE FROM channel WHERE id = $1", DB_TEXT(c->id));
}

bool channel_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                 struct channel *channel, struct error *e) {
    return db_get(db, a, channel_fields, channel, e,
                  "SELECT " CHANNEL_COLUMNS "FROM channel WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                  DB_TEXT(account_id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no channel '%s'", "没有通知渠道“%s”", id));
}

/* budget: a list, and where it is put */
bool channel_list(struct db *db, struct arena *a, const char *account_id, const char *after, int64_t limit,
                  struct channel **channels, size_t *count, struct error *e) {
    return db_list(db, a, channel_fields, sizeof **channels, channels, count, e,
                   "SELECT " CHANNEL_COLUMNS "FROM channel WHERE account_id = $1 AND id > $2 "
                   "ORDER BY id LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(after ? after : ""), DB_INT(limit));
}

bool channel_open(struct db *db, struct arena *a, const char *account_id, struct channel **channels,
                  size_t *count, struct error *e) {
    return db_list(db, a, channel_fields, sizeof **channels, channels, count, e,
                   "SELECT " CHANNEL_COLUMNS "FROM channel WHERE account_id = $1 AND disabled_at IS NULL "
                   "ORDER BY id",
                   DB_TEXT(account_id));
}

bool channel_fails(struct db *db, const char *id, const char *code, int64_t now, bool *first,
                   struct error *e) {
    if (!db_exec(db, e, "UPDATE channel SET failing_since = $2 WHERE id = $1 AND failing_since IS NULL",
                 DB_TEXT(id), DB_INT(now)))
        return false;
    *first = db_changes(db) > 0;
    return db_exec(db, e, "UPDATE channel SET last_error = $2 WHERE id = $1", DB_TEXT(id), DB_TEXT(code));
}

bool channel_works(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e,
                   "UPDATE channel SET failing_since = NULL, last_error = NULL "
                   "WHERE id = $1 AND failing_since IS NOT NULL",
                   DB_TEXT(id));
}

bool notify_failing(struct db *db, const char *account_id, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM channel WHERE account_id = $1 AND failing_since IS NOT NULL "
                  "AND disabled_at IS NULL",
                  DB_TEXT(account_id));
}

/* ---- messages ---- */

#define MESSAGE(type, member, flags, en, zh) FIELD(type, message, member, flags, en, zh)

const struct field message_fields[] = {
    MESSAGE(TEXT, id, FIELD_COLUMN, "message", "消息"),
    MESSAGE(TEXT, account_id, FIELD_HIDDEN, "", ""),
    MESSAGE(TEXT, notice_id, FIELD_COLUMN, "notice", "通知"),
    MESSAGE(TEXT, channel_id, 0, "channel", "渠道"),
    MESSAGE(TEXT, kind, FIELD_COLUMN, "kind", "类型"),
    MESSAGE(TEXT, receiver, FIELD_COLUMN, "receiver", "接收方"),
    MESSAGE(TEXT, lang, 0, "language", "语言"),
    MESSAGE(TIME, created_at, FIELD_COLUMN, "made at", "创建时间"),
    MESSAGE(INT, attempts, FIELD_COLUMN, "failed attempts", "失败次数"),
    MESSAGE(TIME, sent_at, FIELD_COLUMN, "sent at", "发送时间"),
    MESSAGE(TIME, failed_at, FIELD_COLUMN, "given up at", "放弃时间"),
    MESSAGE(TEXT, error, FIELD_COLUMN, "last error", "最近错误"),
    MESSAGE(TEXT, detail_en, 0, "detail in English", "英文详情"),
    MESSAGE(TEXT, detail_zh, 0, "detail in Chinese", "中文详情"),
    MESSAGE(BLOB, sealed, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

#define MESSAGE_COLUMNS                                                                                      \
    "id, account_id, notice_id, channel_id, kind, receiver, lang, created_at, attempts, sent_at, "           \
    "failed_at, error, detail_en, detail_zh, sealed "

bool message_insert(struct db *db, struct arena *a, struct message *m, int64_t now, struct error *e) {
    m->id = id_new(a, "msg", now);
    m->created_at = now;
    if (!db_exec(
            db, e,
            "INSERT INTO message (id, account_id, notice_id, channel_id, kind, receiver, lang, created_at, sealed) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (notice_id, receiver) DO NOTHING",
            DB_TEXT(m->id), DB_TEXT(m->account_id), DB_TEXT(m->notice_id), DB_TEXT(m->channel_id),
            DB_TEXT(m->kind), DB_TEXT(m->receiver), DB_TEXT(m->lang), DB_INT(m->created_at),
            DB_BLOB(m->sealed)))
        return false;
    return !db_changes(db) || work_enqueue(db, m->account_id, m->id, "send", now, e);
}

bool message_get(struct db *db, struct arena *a, const char *id, struct message *message, struct error *e) {
    return db_get(db, a, message_fields, message, e, "SELECT " MESSAGE_COLUMNS "FROM message WHERE id = $1",
                  DB_TEXT(id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no message '%s'", "没有消息“%s”", id));
}

bool message_store(struct db *db, const struct message *m, struct error *e) {
    return db_exec(
        db, e,
        "UPDATE message SET attempts = $2, sent_at = $3, failed_at = $4, error = $5, detail_en = $6, "
        "detail_zh = $7, sealed = CASE WHEN $3 IS NULL THEN sealed END WHERE id = $1 AND sent_at IS NULL",
        DB_TEXT(m->id), DB_INT(m->attempts), DB_TIME(m->sent_at), DB_TIME(m->failed_at), DB_TEXT(m->error),
        DB_TEXT(m->detail_en), DB_TEXT(m->detail_zh));
}

bool message_restart(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE message SET failed_at = NULL, created_at = $2 WHERE id = $1 AND sent_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

/* budget: a list, and where it is put */
bool message_list(struct db *db, struct arena *a, const struct message_range *range,
                  struct message **messages, size_t *count, struct error *e) {
    const struct db_val account = DB_TEXT(range->account_id),
                        below = DB_TEXT(range->below ? range->below : TOP),
                        limit = DB_INT((int64_t)range->limit);
    if (range->open)
        return db_list(db, a, message_fields, sizeof **messages, messages, count, e,
                       "SELECT " MESSAGE_COLUMNS "FROM message WHERE account_id = $1 AND id < $2 "
                       "AND sent_at IS NULL ORDER BY id DESC LIMIT $3",
                       account, below, limit);
    return db_list(db, a, message_fields, sizeof **messages, messages, count, e,
                   "SELECT " MESSAGE_COLUMNS "FROM message WHERE account_id = $1 AND id < $2 "
                   "ORDER BY id DESC LIMIT $3",
                   account, below, limit);
}

bool message_purge(struct db *db, const char *below, int64_t limit, int64_t *purged, struct error *e) {
    if (!db_exec(
            db, e,
            "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE id < $1 ORDER BY id LIMIT $2)",
            DB_TEXT(below), DB_INT(limit)))
        return false;
    *purged = db_changes(db);
    return true;
}
