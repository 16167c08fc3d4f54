/* Channels and the outbox over HTTP. */
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "notify/channel.h"

/* ---- bodies ---- */

#define CHANNEL(type, member, flags, en, zh) FIELD(type, channel, member, flags, en, zh)

#define CHANGEABLE                                                                                           \
    CHANNEL(WORDS, events, 0, "Only these events; empty: all", "仅这些事件;空为全部"),                       \
        CHANNEL(TEXT, lang, FIELD_NOT_NULL, "The receiver's language: en or zh", "接收方语言:en 或 zh"),     \
        CHANNEL(BOOL, disabled, 0, "Switched off", "停用")

static const struct field create_body[] = {
    CHANNEL(TEXT, name, FIELD_REQUIRED, "Name", "名称"),
    CHANNEL(TEXT, kind, FIELD_REQUIRED, "Kind: email, webhook, dingtalk, wecom, feishu, slack",
            "类型:email、webhook、dingtalk、wecom、feishu、slack"),
    CHANNEL(TEXT, address, FIELD_REQUIRED, "E-mail addresses, separated by spaces, or an https address",
            "邮箱地址(以空格分隔)或 https 地址"),
    CHANNEL(TEXT, secret, FIELD_SECRET, "What messages are signed with: webhook, dingtalk, feishu",
            "消息签名密钥:webhook、dingtalk、feishu"),
    CHANGEABLE,
    FIELD_END,
};

static const struct field change_body[] = {
    CHANNEL(TEXT, name, FIELD_NOT_NULL, "Name", "名称"),
    CHANGEABLE,
    FIELD_END,
};

/* ---- what the handlers share ---- */

static bool path_channel(struct request *rq, struct channel *channel, struct error *e) {
    return channel_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], channel, e);
}

static json_t *channel_json(struct request *rq, const struct channel *channel) {
    return json_from_row(rq->arena, channel_fields, channel);
}

static const json_t *kept_json(struct request *rq, const struct channel *channel) {
    return json_keep(rq->arena, channel_json(rq, channel));
}

static void normalise(struct channel *channel, int64_t now) {
    if (channel->events && !*channel->events)
        channel->events = NULL;
    if (!channel->disabled)
        channel->disabled_at = 0;
    else if (!channel->disabled_at)
        channel->disabled_at = now;
}

/* ---- channels ---- */

/* Sealing waits for the signer: before the transaction. */
static bool prepare_channel(struct request *rq, struct error *e) {
    struct channel *c = rq->prepared = ARENA_NEW(rq->arena, struct channel);
    c->id = id_new(rq->arena, "chn", rq->now);
    c->account_id = rq->caller.account_id;
    c->created_at = rq->now;
    c->lang = "en";
    if (!json_to_row(rq->arena, rq->json, create_body, c, e) || !channel_check(rq->services->notifier, c, e))
        return false;
    normalise(c, rq->now);
    if (!channel_ops_find(c->kind)->by_url)
        return true;
    if (!channel_seal(rq->services->signer, rq->arena, c, e))
        return false;
    c->address = address_shown(rq->arena, c->address);
    return true;
}

static bool create_channel(struct request *rq, struct error *e) {
    const struct channel *c = rq->prepared;
    rq->status = 201;
    rq->reply = channel_json(rq, c);
    return channel_insert(rq->db, c, e) && audit_change(rq, "channel.create", c->id, NULL, rq->reply, e);
}

static bool list_channels(struct request *rq, struct error *e) {
    struct list_page page;
    struct channel *channels;
    size_t found;
    if (!list_page_by_id(rq, "chn", &page, e) ||
        !channel_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, (int64_t)page.limit + 1,
                      &channels, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, channel_fields, sizeof *channels, channels, count,
               found > count ? channels[count - 1].id : NULL);
    return true;
}

static bool change_channel(struct request *rq, struct error *e) {
    struct channel c;
    if (!path_channel(rq, &c, e))
        return false;
    const json_t *before = kept_json(rq, &c);
    if (!json_to_row(rq->arena, rq->json, change_body, &c, e) || !channel_check_changed(&c, e))
        return false;
    normalise(&c, rq->now);
    rq->reply = channel_json(rq, &c);
    return channel_store(rq->db, &c, e) && audit_change(rq, "channel.update", c.id, before, rq->reply, e);
}

static bool delete_channel(struct request *rq, struct error *e) {
    struct channel c;
    rq->status = 204;
    return path_channel(rq, &c, e) && channel_delete(rq->db, &c, e) &&
           audit_change(rq, "channel.delete", c.id, kept_json(rq, &c), NULL, e);
}

static bool test_channel(struct request *rq, struct error *e) {
    struct channel c;
    if (!path_channel(rq, &c, e))
        return false;
    if (c.disabled_at)
        return fail(e, ERR_CONFLICT, "channel '%s' is switched off", "通知渠道“%s”已停用", c.name);
    const struct notify_event event = {.event = "test",
                                       .account_id = c.account_id,
                                       .subject = c.id,
                                       .params = json_keep(rq->arena, json_pack("{s:s}", "channel", c.name)),
                                       .now = rq->now};
    rq->status = 202;
    rq->reply = channel_json(rq, &c);
    return notify_tell_chosen(rq->db, rq->arena, &event,
                              &(struct tell_choice){.only = c.id, .whatever_events = true}, e);
}

/* ---- messages ---- */

struct message_query {
    bool failed;
};

static const struct field message_query[] = {
    FIELD(BOOL, message_query, failed, 0, "1: only those that have not arrived", "1:仅未送达的消息"),
    FIELD_END,
};

static bool list_messages(struct request *rq, struct error *e) {
    struct list_page page;
    struct message *messages;
    size_t found;
    int64_t failed;
    if (!list_page_by_id(rq, "msg", &page, e) || !query_number(rq, "failed", 0, 0, 1, &failed, e))
        return false;
    const struct message_range range = {
        .account_id = rq->caller.account_id, .below = page.cursor, .open = failed, .limit = page.limit + 1};
    if (!message_list(rq->db, rq->arena, &range, &messages, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, message_fields, sizeof *messages, messages, count,
               found > count ? messages[count - 1].id : NULL);
    return true;
}

static bool own_message(struct request *rq, struct message *m, struct error *e) {
    return message_get(rq->db, rq->arena, rq->path_args[0], m, e) &&
           (strcmp(m->account_id, rq->caller.account_id) == 0 ||
            fail(e, ERR_NOT_FOUND, "no message '%s'", "没有消息“%s”", rq->path_args[0]));
}

/* Also what was given up: its week begins anew. */
static bool send_again(struct request *rq, struct error *e) {
    struct message m;
    if (!own_message(rq, &m, e))
        return false;
    if (m.sent_at)
        return fail(e, ERR_CONFLICT, "message %s has arrived already", "消息 %s 已送达", m.id);
    m.failed_at = 0;
    rq->status = 202;
    rq->reply = json_from_row(rq->arena, message_fields, &m);
    return message_restart(rq->db, m.id, rq->now, e) &&
           work_enqueue(rq->db, m.account_id, m.id, "send", rq->now, e) &&
           audit_change(rq, "message.again", m.id, NULL, rq->reply, e);
}

const struct route channel_routes[] = {
    {.method = "POST",
     .path = "/v1/channels",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .prepare = prepare_channel,
     .handle = create_channel,
     .body = create_body,
     .answer = channel_fields,
     .summary = TEXT("Makes a channel: a way to tell people beside the inbox", "创建通知渠道")},
    {.method = "GET",
     .path = "/v1/channels",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_channels,
     .answer = channel_fields,
     .summary = TEXT("The channels of the account, and which of them fail", "账号的通知渠道及其状态")},
    {.method = "PATCH",
     .path = "/v1/channels/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = change_channel,
     .body = change_body,
     .answer = channel_fields,
     .summary = TEXT("Changes a channel, or switches it on or off", "修改、启用或停用通知渠道")},
    {.method = "DELETE",
     .path = "/v1/channels/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = delete_channel,
     .summary = TEXT("Deletes a channel; what it has not sent yet is given up",
                     "删除通知渠道,未发送的消息不再发送")},
    {.method = "POST",
     .path = "/v1/channels/{id}/test",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = test_channel,
     .answer = channel_fields,
     .summary =
         TEXT("Sends a test message; the outbox tells what became of it", "发送测试消息,结果见发件箱")},
    {.method = "GET",
     .path = "/v1/messages",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_messages,
     .query = message_query,
     .answer = message_fields,
     .summary = TEXT("The outbox: messages and what became of them, newest first", "发件箱,按时间倒序")},
    {.method = "POST",
     .path = "/v1/messages/{id}/again",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = send_again,
     .answer = message_fields,
     .summary = TEXT("Tries a message again now", "立即重新发送消息")},
    {.method = NULL},
};
