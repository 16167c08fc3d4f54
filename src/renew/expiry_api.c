/* What is chosen for the expiry messages of single certificates, over HTTP. */
#include "http/list.h"
#include "renew/expiry.h"

enum { MUTED_AT_ONCE_MAX = 200 };

/* ---- settings of one certificate ---- */

static bool get_choice(struct request *rq, struct error *e) {
    struct certificate c;
    struct notify_setting setting;
    if (!certificate_of_path(rq, &c, e) ||
        !notify_setting_get(rq->db, rq->arena, c.account_id, c.id, &setting, e))
        return false;
    rq->reply = json_from_row(rq->arena, notify_setting_fields, &setting);
    return true;
}

/* The next crossing lies elsewhere now. */
static bool decide_anew(struct request *rq, const struct certificate *c, struct error *e) {
    return work_enqueue(rq->db, c->account_id, c->id, "decide", rq->now, e);
}

static bool put_choice(struct request *rq, struct error *e) {
    struct certificate c;
    return certificate_of_path(rq, &c, e) && notify_setting_put(rq, c.id, e) && decide_anew(rq, &c, e);
}

static bool delete_choice(struct request *rq, struct error *e) {
    struct certificate c;
    return certificate_of_path(rq, &c, e) && notify_setting_delete(rq, c.id, e) && decide_anew(rq, &c, e);
}

/* ---- mutes ---- */

struct mute_body {
    const char *certificates, *tag;
    int64_t until;
};

static const struct field mute_body[] = {
    FIELD(WORDS, mute_body, certificates, 0, "Certificates, at most 200", "证书,最多 200 张"),
    FIELD(TEXT, mute_body, tag, 0, "Instead of them: all certificates with this tag",
          "或:带有该标签的全部证书"),
    FIELD(TIME, mute_body, until, FIELD_REQUIRED, "When it ends", "截止时间"),
    FIELD_END,
};

static bool mute_tag(struct request *rq, const struct mute_body *body, struct error *e) {
    struct mute mute = {.tag = body->tag, .until = body->until};
    if (!*body->tag || strchr(body->tag, ' '))
        return fail_field(e, "tag", ERR_BAD_FIELD, "'%s' is not one tag", "“%s”不是一个标签", body->tag);
    if (!mute_create(rq, &mute, e))
        return false;
    list_reply(rq, mute_fields, sizeof mute, &mute, 1, NULL);
    return true;
}

static bool mute_one(struct request *rq, const char *certificate_id, int64_t until, struct mute *mute,
                     struct error *e) {
    struct certificate c;
    *mute = (struct mute){.certificate_id = certificate_id, .until = until};
    return certificate_get(rq->db, rq->arena, rq->caller.account_id, certificate_id, &c, e) &&
           mute_create(rq, mute, e);
}

static bool mute_certificates(struct request *rq, const struct mute_body *body, struct error *e) {
    struct mute *mutes = ARENA_ARRAY(rq->arena, MUTED_AT_ONCE_MAX, struct mute);
    size_t count = 0;
    for (const char *p = body->certificates; p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (count == MUTED_AT_ONCE_MAX)
            return fail_field(e, "certificates", ERR_BAD_FIELD, "at most %d at once", "一次最多 %d 张",
                              MUTED_AT_ONCE_MAX);
        if (!mute_one(rq, arena_strndup(rq->arena, p, len), body->until, &mutes[count++], e))
            return false;
        p += len;
    }
    list_reply(rq, mute_fields, sizeof *mutes, mutes, count, NULL);
    return count || fail_field(e, "certificates", ERR_BAD_FIELD, "neither certificates nor a tag are named",
                               "未指定证书或标签");
}

static bool create_mutes(struct request *rq, struct error *e) {
    struct mute_body body = {.tag = NULL};
    if (!json_to_row(rq->arena, rq->json, mute_body, &body, e))
        return false;
    if (body.tag && body.certificates)
        return fail_field(e, "tag", ERR_BAD_FIELD, "either certificates or a tag", "证书与标签只能指定一种");
    rq->status = 201;
    return body.tag ? mute_tag(rq, &body, e) : mute_certificates(rq, &body, e);
}

struct mute_query {
    const char *certificate;
};

static const struct field mute_query[] = {
    FIELD(TEXT, mute_query, certificate, 0, "Only those of this certificate", "仅该证书"),
    FIELD_END,
};

static bool list_mutes(struct request *rq, struct error *e) {
    struct list_page page;
    struct mute *mutes;
    size_t found;
    if (!list_page_by_id(rq, "mute", &page, e))
        return false;
    const struct mute_filter filter = {
        .certificate_id = rq->query(rq, "certificate"), .cursor = page.cursor, .limit = page.limit + 1};
    if (!mute_list(rq, &filter, &mutes, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, mute_fields, sizeof *mutes, mutes, count, found > count ? mutes[count - 1].id : NULL);
    return true;
}

static bool end_mute(struct request *rq, struct error *e) {
    struct mute mute;
    rq->status = 204;
    return mute_end(rq, rq->path_args[0], &mute, e);
}

const struct route expiry_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates/{id}/notify",
     .access = ACCESS_READ,
     .handle = get_choice,
     .answer = notify_setting_fields,
     .summary = TEXT("What was chosen for this certificate's expiry messages; null: as for the account",
                     "该证书的到期通知设置;null 表示沿用账号设置")},
    {.method = "PUT",
     .path = "/v1/certificates/{id}/notify",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = put_choice,
     .body = notify_setting_fields,
     .answer = notify_setting_fields,
     .summary = TEXT("Chooses days, channels and receivers of this certificate's expiry messages",
                     "设置该证书到期通知的天数、渠道和收件人")},
    {.method = "DELETE",
     .path = "/v1/certificates/{id}/notify",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = delete_choice,
     .summary = TEXT("Its expiry messages are those of the account again", "恢复使用账号的到期通知设置")},
    {.method = "POST",
     .path = "/v1/mutes",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_LIST,
     .handle = create_mutes,
     .body = mute_body,
     .answer = mute_fields,
     .summary = TEXT("Silences expiry messages of certificates, or of a tag, until a date",
                     "在指定日期前忽略证书或标签的到期通知")},
    {.method = "GET",
     .path = "/v1/mutes",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_mutes,
     .query = mute_query,
     .answer = mute_fields,
     .summary = TEXT("What is muted now", "当前的免打扰设置")},
    {.method = "DELETE",
     .path = "/v1/mutes/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = end_mute,
     .summary = TEXT("Ends a mute before its date", "提前结束免打扰")},
    {.method = NULL},
};
