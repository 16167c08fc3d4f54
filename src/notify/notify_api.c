/* The inbox and the settings over HTTP. */
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "notify/channel.h"

enum { THRESHOLDS_MAX = 16, THRESHOLD_DAYS_MAX = 3650 };

/* ---- the inbox ---- */

struct notice_query {
    bool unread;
};

static const struct field notice_query[] = {
    FIELD(BOOL, notice_query, unread, 0, "1: only those that the caller has not read", "1:仅未读通知"),
    FIELD_END,
};

static void fill_texts(struct request *rq, struct notice *n) {
    const struct event_row *row = event_find(n->event);
    const struct rendered text = event_render(rq->arena, n->event, n->params, rq->lang);
    n->urgency = row ? row->urgency : "info";
    n->title = text.title;
    n->text = text.body;
}

/* Where most are read already, a page of unread ones may hold few: its work is bounded all the same. */
static size_t keep_wanted(struct request *rq, struct notice *notices, size_t count, bool unread) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (unread && notices[i].read_at)
            continue;
        notices[kept] = notices[i];
        fill_texts(rq, &notices[kept++]);
    }
    return kept;
}

static bool list_notices(struct request *rq, struct error *e) {
    struct list_page page;
    struct notice *notices;
    size_t found;
    int64_t unread;
    if (!list_page_by_id(rq, "ntc", &page, e) || !query_number(rq, "unread", 0, 0, 1, &unread, e))
        return false;
    const struct notice_range range = {.account_id = rq->caller.account_id,
                                       .user_id = rq->caller.user_id,
                                       .below = page.cursor,
                                       .role = 1 << rq->caller.role,
                                       .user_role = 1 << rq->caller.user_role,
                                       .limit = page.limit + 1};
    if (!notice_list(rq->db, rq->arena, &range, &notices, &found, e))
        return false;
    size_t count = list_count(&page, found);
    const char *next = found > count ? notices[count - 1].id : NULL;
    list_reply(rq, notice_fields, sizeof *notices, notices, keep_wanted(rq, notices, count, unread), next);
    return true;
}

static bool notice_of_path(struct request *rq, struct notice *notice, struct error *e) {
    if (!notice_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], notice, e))
        return false;
    return caller_permitted(&rq->caller, (enum access)notice->roles) ||
           fail(e, ERR_NOT_FOUND, "no notice '%s'", "没有通知“%s”", rq->path_args[0]);
}

static bool read_notice(struct request *rq, struct error *e) {
    struct notice notice;
    if (!notice_of_path(rq, &notice, e) || !notice_set_read(rq->db, &notice, rq->caller.user_id, rq->now, e))
        return false;
    rq->status = 204;
    return true;
}

/* ---- settings ---- */

static bool check_thresholds(struct request *rq, const char *list, struct error *e) {
    json_t *days, *item;
    size_t i;
    if (!list)
        return true;
    if (!json_read(rq->arena, slice_str(list), &days, e))
        return false;
    bool good = json_array_size(days) <= THRESHOLDS_MAX;
    json_array_foreach(days, i, item) {
        json_int_t number = json_integer_value(item);
        good = good && number >= 1 && number <= THRESHOLD_DAYS_MAX;
    }
    return good || fail_field(e, "thresholds", ERR_BAD_FIELD, "at most %d whole numbers of days from 1 to %d",
                              "最多 %d 个 1 至 %d 的整数(天)", THRESHOLDS_MAX, THRESHOLD_DAYS_MAX);
}

static bool check_channels(struct request *rq, const char *words, struct error *e) {
    struct channel ignored;
    for (const char *p = words; p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        const char *word = arena_strndup(rq->arena, p, len);
        if (!channel_ops_find(word) &&
            !channel_get(rq->db, rq->arena, rq->caller.account_id, word, &ignored, e))
            return e->id == ERR_NOT_FOUND &&
                   fail_field(e, "channels", ERR_BAD_FIELD, "'%s' is neither a kind nor the id of a channel",
                              "“%s”不是渠道类型或渠道ID", word);
        p += len;
    }
    return true;
}

bool notify_setting_put(struct request *rq, const char *certificate_id, struct error *e) {
    struct notify_setting setting = {.certificate_id = certificate_id}, before;
    const char *account_id = rq->caller.account_id;
    if (!json_to_row(rq->arena, rq->json, notify_setting_fields, &setting, e))
        return false;
    if (setting.receivers && !*setting.receivers)
        setting.receivers = NULL;
    if (!check_thresholds(rq, setting.thresholds, e) || !check_channels(rq, setting.channels, e) ||
        !lang_check(setting.lang, e) ||
        (setting.receivers && !addresses_check(rq->services->notifier, "receivers", setting.receivers, e)) ||
        !notify_setting_get(rq->db, rq->arena, account_id, certificate_id, &before, e) ||
        !setting_store(rq->db, account_id, &setting, e) ||
        (*certificate_id && !threshold_set_seen(rq->db, account_id, certificate_id, rq->now, e)))
        return false;
    rq->reply = json_from_row(rq->arena, notify_setting_fields, &setting);
    return audit_change(rq, "notify.set", *certificate_id ? certificate_id : account_id,
                        json_keep(rq->arena, json_from_row(rq->arena, notify_setting_fields, &before)),
                        rq->reply, e);
}

bool notify_setting_delete(struct request *rq, const char *certificate_id, struct error *e) {
    struct notify_setting before;
    rq->status = 204;
    return notify_setting_get(rq->db, rq->arena, rq->caller.account_id, certificate_id, &before, e) &&
           setting_delete(rq->db, rq->caller.account_id, certificate_id, e) &&
           threshold_set_seen(rq->db, rq->caller.account_id, certificate_id, rq->now, e) &&
           audit_change(rq, "notify.reset", certificate_id,
                        json_keep(rq->arena, json_from_row(rq->arena, notify_setting_fields, &before)), NULL,
                        e);
}

static bool put_settings(struct request *rq, struct error *e) {
    return notify_setting_put(rq, "", e);
}

static bool get_settings(struct request *rq, struct error *e) {
    struct notify_setting setting;
    const struct notifier *n = rq->services->notifier;
    if (!notify_setting_get(rq->db, rq->arena, rq->caller.account_id, "", &setting, e))
        return false;
    if (!setting.thresholds)
        setting.thresholds = THRESHOLDS_DEFAULT;
    rq->reply = json_from_row(rq->arena, notify_setting_fields, &setting);
    json_object_set_new(rq->reply, "mail_configured", json_boolean(n && n->mail && n->mail->host));
    return true;
}

/* ---- mutes ---- */

static const json_t *mute_json(struct request *rq, const struct mute *mute) {
    return json_keep(rq->arena, json_from_row(rq->arena, mute_fields, mute));
}

bool mute_create(struct request *rq, struct mute *mute, struct error *e) {
    mute->id = id_new(rq->arena, "mute", rq->now);
    mute->account_id = rq->caller.account_id;
    mute->created_by = rq->caller.user_id;
    mute->created_at = rq->now;
    if (mute->until <= rq->now)
        return fail_field(e, "until", ERR_BAD_FIELD, "a mute ends at a date that is still to come",
                          "免打扰的截止时间必须晚于现在");
    return mute_insert(rq->db, mute, e) &&
           audit_change(rq, "mute.create", mute->id, NULL, mute_json(rq, mute), e);
}

bool mute_end(struct request *rq, const char *id, struct mute *mute, struct error *e) {
    return mute_get(rq->db, rq->arena, rq->caller.account_id, id, mute, e) &&
           mute_set_ended(rq->db, id, rq->now, e) &&
           audit_change(rq, "mute.end", id, mute_json(rq, mute), NULL, e);
}

const struct route notify_routes[] = {
    {.method = "GET",
     .path = "/v1/notices",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_notices,
     .query = notice_query,
     .answer = notice_fields,
     .summary = TEXT("The inbox: what happened, newest first", "站内信,按时间倒序")},
    {.method = "POST",
     .path = "/v1/notices/{id}/read",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES,
     .handle = read_notice,
     .summary = TEXT("Notes that the caller has read a notice", "标记通知为已读")},
    {.method = "GET",
     .path = "/v1/notify/settings",
     .access = ACCESS_READ,
     .handle = get_settings,
     .answer = notify_setting_fields,
     .summary =
         TEXT("When and how a coming expiry is told, for the whole account; mail_configured: whether a mail "
              "server is configured",
              "整个账号的到期通知设置;mail_configured 表示是否配置了邮件服务器")},
    {.method = "PUT",
     .path = "/v1/notify/settings",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = put_settings,
     .body = notify_setting_fields,
     .answer = notify_setting_fields,
     .summary = TEXT("Chooses when and how a coming expiry is told; what is left out has its default",
                     "设置到期通知的时间与方式;缺省项使用默认值")},
    {.method = NULL},
};
