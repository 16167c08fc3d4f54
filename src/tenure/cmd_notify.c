/* Verbs about notifications: the inbox, settings, mutes, channels, the outbox. */
#include "base/file.h"
#include "notify/notify.h"
#include "tenure/verb.h"
#include <string.h>

enum {
    KEY_UNREAD = 'n',
    KEY_DAYS = 'd',
    KEY_CHANNELS = 'c',
    KEY_RECEIVERS = 'r',
    KEY_LANGUAGE = 'l',
    KEY_TAG = 't',
    KEY_UNTIL = 'u',
    KEY_KIND = 'k',
    KEY_ADDRESS = 'a',
    KEY_SECRET_FILE = 's',
    KEY_EVENTS = 'e',
    KEY_FAILED = 'f',
    KEY_CURSOR = 700,
    KEY_ADDRESS_FILE,
    KEY_ON,
    KEY_OFF,
    FILE_MAX = 4096,
};

static const char *path_of(struct cli *cli, const char *before, const char *id, const char *behind) {
    return arena_printf(cli->arena, "%s%s%s", before, url_encode(cli->arena, id), behind);
}

/* ---- the inbox ---- */

static const struct option_row notices_options[] = {
    {"unread", KEY_UNREAD, NULL, TEXT("only those not read yet", "仅未读通知")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static const struct field notice_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("notice", "通知")},
    {.name = "at", .flags = FIELD_COLUMN, .label = TEXT("at", "时间")},
    {.name = "urgency", .flags = FIELD_COLUMN, .label = TEXT("urgency", "紧急程度")},
    {.name = "title", .flags = FIELD_COLUMN, .label = TEXT("title", "标题")},
    {.name = "read_at", .flags = FIELD_COLUMN, .label = TEXT("read", "已读时间")},
    FIELD_END,
};

static void print_notices(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), notice_columns);
}

static int notices(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_CURSOR, "cursor"}, {0}};
    const char *query = cli_query(cli, parameters);
    const char *unread = !cli->options[KEY_UNREAD] ? "" : *query ? "&unread=1" : "?unread=1";
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/notices%s%s", query, unread), NULL,
                       print_notices);
}

static int notice_read(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/notices/", cli->args[0], "/read"), json_object(),
                       cli_silent);
}

/* ---- settings: of the account, or of one certificate ---- */

static const struct option_row setting_options[] = {
    {"days", KEY_DAYS, "N,N",
     TEXT("days before the end; the end itself is always told", "到期前的天数;到期时始终通知")},
    {"channels", KEY_CHANNELS, "LIST",
     TEXT("kinds or ids of channels, separated by commas; empty: the inbox only",
          "渠道类型或ID,以逗号分隔;空为仅站内信")},
    {"receivers", KEY_RECEIVERS, "LIST",
     TEXT("e-mail addresses instead of the channels'", "代替渠道收件人的邮箱地址")},
    {"language", KEY_LANGUAGE, "LANG", TEXT("of these receivers: en or zh", "收件人的语言:en 或 zh")},
    {0},
};

static const struct field setting_columns[] = {
    {.name = "thresholds", .label = TEXT("days before the end", "到期前天数")},
    {.name = "channels", .label = TEXT("channels", "渠道")},
    {.name = "receivers", .label = TEXT("receivers", "收件人")},
    {.name = "lang", .label = TEXT("language", "语言")},
    FIELD_END,
};

static void print_setting(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, setting_columns);
}

static const char *setting_path(struct cli *cli) {
    return cli->arg_count ? path_of(cli, "/v1/certificates/", cli->args[0], "/notify")
                          : "/v1/notify/settings";
}

/* Numbers as they stand: the daemon says what is wrong with them. */
static void set_days(struct cli *cli, json_t *body) {
    const char *text = cli->options[KEY_DAYS];
    json_t *list;
    struct error ignored;
    if (!text)
        return;
    if (json_read(cli->arena, slice_str(arena_printf(cli->arena, "[%s]", text)), &list, &ignored))
        json_object_set(body, "thresholds", list);
    else
        cli_words(cli, body, "thresholds", text);
}

static int notify_set(struct cli *cli) {
    static const struct cli_member members[] = {{KEY_LANGUAGE, "lang", cli_string},
                                                {KEY_CHANNELS, "channels", cli_words},
                                                {KEY_RECEIVERS, "receivers", cli_words},
                                                {0}};
    json_t *body = json_object();
    set_days(cli, body);
    cli_members(cli, body, members); /* no text is wrong */
    return cli_request(cli, "PUT", setting_path(cli), body, print_setting);
}

static int notify_show(struct cli *cli) {
    return cli_request(cli, "GET", setting_path(cli), NULL, print_setting);
}

static int notify_reset(struct cli *cli) {
    return cli_request(cli, "DELETE", setting_path(cli), NULL, cli_silent);
}

/* ---- mutes ---- */

static const struct option_row mute_options[] = {
    {"tag", KEY_TAG, "TAG",
     TEXT("instead of certificates: all with this tag", "代替证书:带有该标签的全部证书")},
    {"until", KEY_UNTIL, "TIME", TEXT("when it ends", "截止时间")},
    {0},
};

static void print_mutes(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), mute_fields);
}

static int mute(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TAG, "tag"}, {KEY_UNTIL, "until"}, {0}};
    json_t *body = cli_body(cli, members);
    for (size_t i = 0; i < cli->arg_count; i++) {
        if (i == 0)
            json_object_set_new(body, "certificates", json_array());
        json_array_append_new(json_object_get(body, "certificates"), json_string(cli->args[i]));
    }
    return cli_request(cli, "POST", "/v1/mutes", body, print_mutes);
}

static int mutes(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/mutes?limit=500", NULL, print_mutes);
}

static bool end_mute(struct cli *cli, const char *id) {
    json_t *answer;
    return cli_call(cli, "DELETE", path_of(cli, "/v1/mutes/", id, ""), NULL, &answer);
}

/* All that are of this certificate itself. */
static bool end_mutes_of(struct cli *cli, const char *certificate) {
    json_t *answer, *item;
    size_t i;
    if (!cli_call(cli, "GET", path_of(cli, "/v1/mutes?limit=500&certificate=", certificate, ""), NULL,
                  &answer))
        return false;
    const json_t *items = json_object_get(answer, "items");
    json_array_foreach(items, i, item) if (!end_mute(cli, cli_text(item, "id"))) return false;
    return i || fail(&cli->error, ERR_NOT_FOUND, "nothing mutes %s itself; `tenure mutes` shows tags too",
                     "没有针对 %s 的免打扰设置;`tenure mutes` 可查看标签", certificate);
}

static int unmute(struct cli *cli) {
    for (size_t i = 0; i < cli->arg_count; i++) {
        const char *id = cli->args[i];
        if (!(strncmp(id, "mute_", 5) == 0 ? end_mute : end_mutes_of)(cli, id))
            return cli_failed(cli);
    }
    return EXIT_OK;
}

/* ---- channels ---- */

static const struct option_row channel_add_options[] = {
    {"kind", KEY_KIND, "KIND",
     TEXT("email, webhook, dingtalk, wecom, feishu or slack",
          "email、webhook、dingtalk、wecom、feishu 或 slack")},
    {"address", KEY_ADDRESS, "ADDRESS",
     TEXT("e-mail addresses, or where to post to", "邮箱地址,或接收消息的网址")},
    {"address-file", KEY_ADDRESS_FILE, "FILE",
     TEXT("the same from a file: a robot's address holds a token", "从文件读取地址:机器人的地址含有令牌")},
    {"secret-file", KEY_SECRET_FILE, "FILE",
     TEXT("what messages are signed with: webhook, dingtalk, feishu",
          "消息签名密钥:webhook、dingtalk、feishu")},
    {"events", KEY_EVENTS, "LIST", TEXT("only these events", "仅这些事件")},
    {"language", KEY_LANGUAGE, "LANG", TEXT("the receiver's: en or zh", "接收方语言:en 或 zh")},
    {0},
};

static const struct option_row channel_set_options[] = {
    {"events", KEY_EVENTS, "LIST", TEXT("only these events; empty: all", "仅这些事件;空为全部")},
    {"language", KEY_LANGUAGE, "LANG", TEXT("the receiver's: en or zh", "接收方语言:en 或 zh")},
    {"on", KEY_ON, NULL, TEXT("switch it on", "启用")},
    {"off", KEY_OFF, NULL, TEXT("switch it off", "停用")},
    {0},
};

static const struct field channel_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("channel", "渠道")},
    {.name = "name", .flags = FIELD_COLUMN, .label = TEXT("name", "名称")},
    {.name = "kind", .flags = FIELD_COLUMN, .label = TEXT("kind", "类型")},
    {.name = "address", .flags = FIELD_COLUMN, .label = TEXT("address", "地址")},
    {.name = "lang", .flags = FIELD_COLUMN, .label = TEXT("language", "语言")},
    {.name = "disabled", .flags = FIELD_COLUMN, .label = TEXT("off", "已停用")},
    {.name = "failing_since", .flags = FIELD_COLUMN, .label = TEXT("failing since", "持续失败自")},
    {.name = "last_error", .flags = FIELD_COLUMN, .label = TEXT("last error", "最近错误")},
    FIELD_END,
};

static void print_channel(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, channel_columns);
}

static void print_channels(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), channel_columns);
}

/* The first line of the file becomes the member. */
static bool set_from_file(struct cli *cli, json_t *body, int key, const char *member) {
    struct slice content;
    if (!cli->options[key])
        return true;
    if (!file_read(cli->arena, cli->options[key], FILE_MAX, &content, &cli->error))
        return false;
    json_object_set_new(body, member,
                        json_stringn((const char *)content.p, strcspn((const char *)content.p, "\r\n")));
    return true;
}

static int channel_add(struct cli *cli) {
    static const struct cli_member members[] = {{KEY_KIND, "kind", cli_string},
                                                {KEY_ADDRESS, "address", cli_string},
                                                {KEY_LANGUAGE, "lang", cli_string},
                                                {KEY_EVENTS, "events", cli_words},
                                                {0}};
    json_t *body = json_object();
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (cli_members(cli, body, members) && set_from_file(cli, body, KEY_ADDRESS_FILE, "address") &&
        set_from_file(cli, body, KEY_SECRET_FILE, "secret"))
        return cli_request(cli, "POST", "/v1/channels", body, print_channel);
    json_decref(body);
    return cli_failed(cli);
}

static int channel_set(struct cli *cli) {
    static const struct cli_member members[] = {
        {KEY_LANGUAGE, "lang", cli_string}, {KEY_EVENTS, "events", cli_words}, {0}};
    json_t *body = json_object();
    cli_members(cli, body, members); /* no text is wrong */
    if (cli->options[KEY_ON] || cli->options[KEY_OFF])
        json_object_set_new(body, "disabled", json_boolean(cli->options[KEY_OFF] != NULL));
    return cli_request(cli, "PATCH", path_of(cli, "/v1/channels/", cli->args[0], ""), body, print_channel);
}

static int channel_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/channels?limit=500", NULL, print_channels);
}

static int channel_test(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/channels/", cli->args[0], "/test"), json_object(),
                       cli_silent);
}

static int channel_delete(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/channels/", cli->args[0], ""), NULL, cli_silent);
}

/* ---- the outbox ---- */

static const struct option_row message_options[] = {
    {"failed", KEY_FAILED, NULL, TEXT("only those that have not arrived", "仅未送达的消息")},
    {0},
};

static const struct field message_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("message", "消息")},
    {.name = "kind", .flags = FIELD_COLUMN, .label = TEXT("kind", "类型")},
    {.name = "receiver", .flags = FIELD_COLUMN, .label = TEXT("receiver", "接收方")},
    {.name = "created_at", .flags = FIELD_COLUMN, .label = TEXT("made at", "创建时间")},
    {.name = "sent_at", .flags = FIELD_COLUMN, .label = TEXT("sent at", "发送时间")},
    {.name = "attempts", .flags = FIELD_COLUMN, .label = TEXT("failed attempts", "失败次数")},
    {.name = "error", .flags = FIELD_COLUMN, .label = TEXT("last error", "最近错误")},
    {.name = "detail", .flags = FIELD_COLUMN, .label = TEXT("detail", "详情")},
    FIELD_END,
};

static void print_messages(struct cli *cli, const json_t *answer) {
    json_t *items = json_object_get(answer, "items"), *item;
    size_t i;
    json_array_foreach(items, i, item) /* stored in both languages */
        json_object_set(item, "detail",
                        json_object_get(item, cli->lang == LANG_ZH ? "detail_zh" : "detail_en"));
    cli_table(cli, items, message_columns);
}

static int messages(struct cli *cli) {
    const char *failed = cli->options[KEY_FAILED] ? "&failed=1" : "";
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/messages?limit=100%s", failed), NULL,
                       print_messages);
}

static int message_again(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/messages/", cli->args[0], "/again"), json_object(),
                       cli_silent);
}

const struct verb notify_verbs[] = {
    {"notices", TEXT("the inbox: what happened, newest first", "站内信,最新的在前"), TEXT("", ""), 0, 0,
     notices_options, notices},
    {"notice read", TEXT("note that you have read it", "标记为已读"), TEXT("NOTICE", "通知ID"), 1, 1, NULL,
     notice_read},
    {"notify show", TEXT("when and how a coming expiry is told", "查看到期通知设置"),
     TEXT("[CERTIFICATE]", "[证书ID]"), 0, 1, NULL, notify_show},
    {"notify set", TEXT("choose it, for the account or one certificate", "为账号或单个证书设置到期通知"),
     TEXT("[CERTIFICATE]", "[证书ID]"), 0, 1, setting_options, notify_set},
    {"notify reset", TEXT("a certificate's are those of the account again", "恢复使用账号的到期通知设置"),
     TEXT("CERTIFICATE", "证书ID"), 1, 1, NULL, notify_reset},
    {"mute", TEXT("no expiry messages until a date", "在指定日期前忽略到期通知"),
     TEXT("[CERTIFICATE...]", "[证书ID...]"), 0, CLI_ARGS_MAX, mute_options, mute},
    {"mutes", TEXT("what is muted now", "列出当前的免打扰设置"), TEXT("", ""), 0, 0, NULL, mutes},
    {"unmute", TEXT("end mutes before their date", "提前结束免打扰"),
     TEXT("MUTE|CERTIFICATE...", "免打扰ID|证书ID..."), 1, CLI_ARGS_MAX, NULL, unmute},
    {"channel add", TEXT("tell people by e-mail, webhook or robot", "添加通知渠道"), TEXT("NAME", "名称"), 1,
     1, channel_add_options, channel_add},
    {"channel list", TEXT("list channels, and which of them fail", "列出通知渠道及其状态"), TEXT("", ""), 0,
     0, NULL, channel_list},
    {"channel set", TEXT("change a channel, or switch it on or off", "修改、启用或停用通知渠道"),
     TEXT("CHANNEL", "渠道ID"), 1, 1, channel_set_options, channel_set},
    {"channel test", TEXT("send a test message", "发送测试消息"), TEXT("CHANNEL", "渠道ID"), 1, 1, NULL,
     channel_test},
    {"channel delete", TEXT("delete a channel", "删除通知渠道"), TEXT("CHANNEL", "渠道ID"), 1, 1, NULL,
     channel_delete},
    {"messages", TEXT("the outbox: what was sent, and what was not", "发件箱:已发送和未送达的消息"),
     TEXT("", ""), 0, 0, message_options, messages},
    {"message again", TEXT("try to send it again now", "立即重新发送"), TEXT("MESSAGE", "消息ID"), 1, 1, NULL,
     message_again},
    {0},
};
