/* Rows of notices, settings and mutes. */
#include "notify/notify_db.h"
#include "base/rand.h"

/* Above every id. */
#define TOP "~"

#define NOTICE(type, member, flags, en, zh) FIELD(type, notice, member, flags, en, zh)

const struct field notice_fields[] = {
    NOTICE(TEXT, id, FIELD_COLUMN, "notice", "通知"),
    NOTICE(TEXT, account_id, FIELD_HIDDEN, "", ""),
    NOTICE(TIME, at, FIELD_COLUMN, "at", "时间"),
    NOTICE(TEXT, event, 0, "event", "事件"),
    NOTICE(TEXT, urgency, FIELD_COLUMN, "urgency", "紧急程度"),
    NOTICE(TEXT, subject, 0, "about", "对象"),
    NOTICE(TEXT, certificate_id, FIELD_COLUMN, "certificate", "证书"),
    NOTICE(TEXT, title, FIELD_COLUMN, "title", "标题"),
    NOTICE(TEXT, text, 0, "text", "内容"),
    NOTICE(TIME, read_at, FIELD_COLUMN, "read", "已读时间"),
    NOTICE(TEXT, params, FIELD_HIDDEN, "", ""),
    NOTICE(TEXT, once, FIELD_HIDDEN, "", ""),
    NOTICE(INT, roles, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

/* ---- notices ---- */

bool notice_insert(struct db *db, const struct notice *n, bool *told, struct error *e) {
    if (!db_exec(
            db, e,
            "INSERT INTO notice (id, account_id, event, subject, certificate_id, params, once, roles, at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
            "ON CONFLICT (account_id, once) WHERE once IS NOT NULL DO NOTHING",
            DB_TEXT(n->id), DB_TEXT(n->account_id), DB_TEXT(n->event), DB_TEXT(n->subject),
            DB_TEXT(n->certificate_id), DB_TEXT(n->params), DB_TEXT(n->once), DB_INT(n->roles),
            DB_INT(n->at)))
        return false;
    *told = db_changes(db) > 0;
    return true;
}

bool notice_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct notice *notice,
                struct error *e) {
    return db_get(db, a, notice_fields, notice, e,
                  "SELECT id, account_id, event, subject, certificate_id, params, roles, at "
                  "FROM notice WHERE id = $1 AND account_id = $2",
                  DB_TEXT(id), DB_TEXT(account_id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no notice '%s'", "没有通知“%s”", id));
}

/* budget: a list, and where it is put */
bool notice_list(struct db *db, struct arena *a, const struct notice_range *range, struct notice **notices,
                 size_t *count, struct error *e) {
    return db_list(db, a, notice_fields, sizeof **notices, notices, count, e,
                   "SELECT n.id, n.account_id, n.event, n.subject, n.certificate_id, n.params, n.at, "
                   "r.at AS read_at FROM notice n "
                   "LEFT JOIN notice_read r ON r.notice_id = n.id AND r.user_id = $2 "
                   "WHERE n.account_id = $1 AND (n.roles & $3) <> 0 AND (n.roles & $6) <> 0 AND n.id < $4 "
                   "ORDER BY n.id DESC LIMIT $5",
                   DB_TEXT(range->account_id), DB_TEXT(range->user_id), DB_INT(range->role),
                   DB_TEXT(range->below ? range->below : TOP), DB_INT((int64_t)range->limit),
                   DB_INT(range->user_role));
}

bool notice_set_read(struct db *db, const struct notice *notice, const char *user_id, int64_t now,
                     struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO notice_read (notice_id, user_id, account_id, at) VALUES ($1, $2, $3, $4) "
                   "ON CONFLICT (notice_id, user_id) DO NOTHING",
                   DB_TEXT(notice->id), DB_TEXT(user_id), DB_TEXT(notice->account_id), DB_INT(now));
}

bool notice_purge(struct db *db, const char *below, int64_t limit, int64_t *purged, struct error *e) {
    if (!db_exec(db, e,
                 "DELETE FROM notice_read WHERE notice_id IN "
                 "(SELECT id FROM notice WHERE id < $1 ORDER BY id LIMIT $2)",
                 DB_TEXT(below), DB_INT(limit)) ||
        !db_exec(db, e,
                 "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE id < $1 ORDER BY id LIMIT $2)",
                 DB_TEXT(below), DB_INT(limit)))
        return false;
    *purged = db_changes(db);
    return true;
}

/* ---- settings ---- */

#define SETTING(type, member, flags, en, zh) FIELD(type, notify_setting, member, flags, en, zh)

const struct field notify_setting_fields[] = {
    SETTING(LIST, thresholds, 0, "Days before the end at which it is told, beside the end itself",
            "到期前多少天通知(到期时始终通知)"),
    SETTING(WORDS, channels, 0, "Kinds or ids of channels that get it, beside the inbox; absent: all",
            "除站内信外使用的渠道类型或ID;缺省为全部"),
    SETTING(WORDS, receivers, 0, "E-mail addresses in the place of those of the e-mail channels",
            "代替邮件渠道收件人的邮箱地址"),
    SETTING(TEXT, lang, 0, "Language of these receivers: en or zh", "收件人的语言:en 或 zh"),
    SETTING(TEXT, certificate_id, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

bool notify_setting_get(struct db *db, struct arena *a, const char *account_id, const char *certificate_id,
                        struct notify_setting *setting, struct error *e) {
    *setting = (struct notify_setting){.certificate_id = certificate_id};
    if (db_get(db, a, notify_setting_fields, setting, e,
               "SELECT thresholds, channels, receivers, lang FROM notify_setting "
               "WHERE account_id = $1 AND certificate_id = $2",
               DB_TEXT(account_id), DB_TEXT(certificate_id)))
        return true;
    return error_absent(e);
}

bool setting_store(struct db *db, const char *account_id, const struct notify_setting *s, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO notify_setting (account_id, certificate_id, thresholds, channels, receivers, lang) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, certificate_id) DO UPDATE SET "
        "thresholds = excluded.thresholds, channels = excluded.channels, "
        "receivers = excluded.receivers, lang = excluded.lang",
        DB_TEXT(account_id), DB_TEXT(s->certificate_id), DB_TEXT(s->thresholds), DB_TEXT(s->channels),
        DB_TEXT(s->receivers), DB_TEXT(s->lang));
}

bool setting_delete(struct db *db, const char *account_id, const char *certificate_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM notify_setting WHERE account_id = $1 AND certificate_id = $2",
                   DB_TEXT(account_id), DB_TEXT(certificate_id));
}

/* ---- thresholds ---- */

bool threshold_set_seen(struct db *db, const char *account_id, const char *certificate_id, int64_t now,
                        struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO threshold_seen (certificate_id, account_id, seen_at) VALUES ($1, $2, $3) "
                   "ON CONFLICT (certificate_id) DO UPDATE SET seen_at = excluded.seen_at",
                   DB_TEXT(certificate_id), DB_TEXT(account_id), DB_INT(now));
}

bool notify_look(struct db *db, const struct threshold_look *look, int64_t now, int64_t *crossed,
                 struct error *e) {
    int64_t days, seen_at, last = threshold_last(&look->thresholds, now, &days);
    *crossed = -1;
    if (!last)
        return true;
    if (!db_int(db, &seen_at, 0, e, "SELECT seen_at FROM threshold_seen WHERE certificate_id = $1",
                DB_TEXT(look->certificate_id)))
        return false;
    if (last <= seen_at)
        return true;
    *crossed = days;
    return threshold_set_seen(db, look->account_id, look->certificate_id, now, e);
}

/* ---- mutes ---- */

#define MUTE(type, member, flags, en, zh) FIELD(type, mute, member, flags, en, zh)

const struct field mute_fields[] = {
    MUTE(TEXT, id, FIELD_COLUMN, "mute", "免打扰"),
    MUTE(TEXT, certificate_id, FIELD_COLUMN, "certificate", "证书"),
    MUTE(TEXT, tag, FIELD_COLUMN, "tag", "标签"),
    MUTE(TIME, until, FIELD_COLUMN, "until", "截止时间"),
    MUTE(TEXT, created_by, FIELD_COLUMN, "by", "创建者"),
    MUTE(TIME, created_at, 0, "since", "创建时间"),
    MUTE(TEXT, account_id, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

#define MUTE_COLUMNS "id, account_id, certificate_id, tag, until_at AS until, created_by, created_at "

bool mute_insert(struct db *db, const struct mute *m, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO mute (id, account_id, certificate_id, tag, until_at, created_by, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   DB_TEXT(m->id), DB_TEXT(m->account_id), DB_TEXT(m->certificate_id), DB_TEXT(m->tag),
                   DB_INT(m->until), DB_TEXT(m->created_by), DB_INT(m->created_at));
}

bool mute_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct mute *mute,
              struct error *e) {
    return db_get(db, a, mute_fields, mute, e,
                  "SELECT " MUTE_COLUMNS "FROM mute WHERE id = $1 AND account_id = $2 AND ended_at IS NULL",
                  DB_TEXT(id), DB_TEXT(account_id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no mute '%s'", "没有免打扰设置“%s”", id));
}

bool mute_set_ended(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE mute SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", DB_TEXT(id),
                   DB_INT(now));
}

bool mute_list(struct request *rq, const struct mute_filter *filter, struct mute **mutes, size_t *count,
               struct error *e) {
    return db_list(rq->db, rq->arena, mute_fields, sizeof **mutes, mutes, count, e,
                   "SELECT " MUTE_COLUMNS "FROM mute WHERE account_id = $1 AND ended_at IS NULL "
                   "AND until_at > $2 AND id > $3 AND ($4 IS NULL OR certificate_id = $4) "
                   "ORDER BY id LIMIT $5",
                   DB_TEXT(rq->caller.account_id), DB_INT(rq->now),
                   DB_TEXT(filter->cursor ? filter->cursor : ""), DB_TEXT(filter->certificate_id),
                   DB_INT((int64_t)filter->limit));
}

static bool tag_is_muted(struct db *db, const struct notify_event *event, const char *tag, bool *muted,
                         struct error *e) {
    int64_t until;
    if (!db_int(db, &until, 0, e,
                "SELECT max(until_at) FROM mute WHERE account_id = $1 AND tag = $2 AND ended_at IS NULL",
                DB_TEXT(event->account_id), DB_TEXT(tag)))
        return false;
    *muted = until > event->now;
    return true;
}

bool is_muted(struct db *db, struct arena *a, const struct notify_event *event, bool *muted,
              struct error *e) {
    int64_t until;
    if (!db_int(db, &until, 0, e,
                "SELECT max(until_at) FROM mute "
                "WHERE account_id = $1 AND certificate_id = $2 AND ended_at IS NULL",
                DB_TEXT(event->account_id), DB_TEXT(event->certificate_id)))
        return false;
    *muted = until > event->now;
    for (const char *p = event->tags; !*muted && p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (!tag_is_muted(db, event, arena_strndup(a, p, len), muted, e))
            return false;
        p += len;
    }
    return true;
}
