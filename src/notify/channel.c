/* Channels: what a person may configure, and what their kinds share. */
#include "notify/channel.h"
#include "signer/signer.h"

enum {
    NAME_MAX_BYTES = 100,
    ADDRESS_MAX_BYTES = 2000,
    CALL_MS = 10000,
    SHOWN_BYTES = 200,
    READ_MAX = 64 << 10
};

/* ---- kinds: one file channel_kind.c, its line here, and in meson.build ---- */

extern const struct channel_ops channel_email, channel_webhook, channel_dingtalk, channel_wecom,
    channel_feishu, channel_slack;
static const struct channel_ops *const kinds[] = {&channel_email, &channel_webhook, &channel_dingtalk,
                                                  &channel_wecom, &channel_feishu,  &channel_slack};

const struct channel_ops *channel_ops_find(const char *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->kind, kind) == 0)
            return kinds[i];
    return NULL;
}

/* ---- what is possible ---- */

bool lang_check(const char *lang, struct error *e) {
    return !lang || strcmp(lang, "en") == 0 || strcmp(lang, "zh") == 0 ||
           fail_field(e, "lang", ERR_BAD_FIELD, "'%s' is neither en nor zh", "“%s”不是 en 或 zh", lang);
}

static bool is_event(const char *word, size_t len) {
    for (const struct event_row *row = events; row->name; row++)
        if (strlen(row->name) == len && strncmp(row->name, word, len) == 0)
            return true;
    return false;
}

static bool check_events(const char *words, struct error *e) {
    for (const char *p = words; p && *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (!is_event(p, len))
            return fail_field(e, "events", ERR_BAD_FIELD, "there is no event '%.*s'", "没有事件“%.*s”",
                              (int)len, p);
        p += len;
    }
    return true;
}

bool addresses_check(const struct notifier *n, const char *field, const char *addresses, struct error *e) {
    AUTO_ARENA a = arena_new();
    if (!n || !n->mail || !n->mail->host)
        return fail_field(e, field, ERR_MAIL_NOT_CONFIGURED, "there is no mail server in tenure.yaml",
                          "tenure.yaml 未配置邮件服务器");
    const char *p = addresses;
    do {
        size_t len = strcspn(p, " ");
        const char *address = arena_strndup(a, p, len);
        if (!mail_address_valid(address))
            return fail_field(e, field, ERR_BAD_FIELD, "'%s' is no e-mail address", "“%s”不是有效的邮箱地址",
                              address);
        p += len + strspn(p + len, " ");
    } while (*p);
    return true;
}

static bool check_name(const char *name, struct error *e) {
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return fail_field(e, "name", ERR_BAD_FIELD, "a name has no control characters",
                              "名称不能包含控制字符");
    return (*name && strlen(name) <= NAME_MAX_BYTES) ||
           fail_field(e, "name", ERR_BAD_FIELD, "a name has 1 to %d bytes", "名称须为 1 至 %d 字节",
                      NAME_MAX_BYTES);
}

static bool check_address(const struct notifier *n, const struct channel_ops *ops, const struct channel *c,
                          struct error *e) {
    if (strlen(c->address) > ADDRESS_MAX_BYTES)
        return fail_field(e, "address", ERR_BAD_FIELD, "an address has at most %d bytes", "地址最长 %d 字节",
                          ADDRESS_MAX_BYTES);
    if (!ops->by_url)
        return addresses_check(n, "address", c->address, e);
    return http_url_check("address", c->address, e) &&
           (c->secret || !ops->needs_secret ||
            fail_field(e, "secret", ERR_BAD_FIELD, "a %s needs a secret to sign with", "%s 需要签名密钥",
                       c->kind));
}

bool channel_check_changed(const struct channel *c, struct error *e) {
    return check_name(c->name, e) && lang_check(c->lang, e) && check_events(c->events, e);
}

bool channel_check(const struct notifier *n, const struct channel *c, struct error *e) {
    const struct channel_ops *ops = channel_ops_find(c->kind);
    if (!ops)
        return fail_field(e, "kind", ERR_BAD_FIELD, "there is no kind of channel '%s'",
                          "没有通知渠道类型“%s”", c->kind);
    return channel_check_changed(c, e) && check_address(n, ops, c, e);
}

const char *address_shown(struct arena *a, const char *url) {
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;
    return arena_printf(a, "%.*s/…", (int)len, url);
}

/* ---- secrets ---- */

static struct key_ref sealed_ref(const struct channel *c) {
    return (struct key_ref){
        .id = c->id, .account_id = c->account_id, .purpose = PURPOSE_SECRET, .sealed = c->sealed};
}

bool channel_seal(struct signer *signer, struct arena *a, struct channel *c, struct error *e) {
    json_t *parts = json_keep(a, json_pack("{s:s,s:s?}", "address", c->address, "secret", c->secret));
    const char *text = json_text(a, parts, false);
    const struct key_ref owner = sealed_ref(c);
    struct key_made made;
    if (!signer_seal(signer, a, secret_new(a, text, strlen(text)), &owner, &made, e))
        return false;
    c->sealed = made.sealed;
    return true;
}

bool channel_open_sealed(struct signer *signer, struct arena *a, const struct channel *c,
                         struct outgoing *out, struct error *e) {
    const struct key_ref ref = sealed_ref(c);
    struct secret *text;
    json_t *parts;
    if (!signer_open(signer, a, &ref, &text, e) || !json_read(a, secret_slice(text), &parts, e))
        return false;
    out->address = json_string_value(json_object_get(parts, "address"));
    out->secret = json_string_value(json_object_get(parts, "secret"));
    return out->address || fail(e, ERR_CORRUPT, "channel %s has no address", "通知渠道 %s 没有地址", c->id);
}

/* ---- HTTP ---- */

bool channel_refused(const struct outgoing *out, const struct http_reply *reply, struct error *e) {
    AUTO_ARENA a = arena_new();
    size_t len = reply->body.len < SHOWN_BYTES ? reply->body.len : SHOWN_BYTES;
    struct buf b = buf_new(a, SHOWN_BYTES * 6);
    json_write_string(&b, arena_strndup(a, (const char *)reply->body.p, len));
    return fail(e, ERR_CHANNEL_REFUSED, "%s answers with status %d: %s", "%s 的应答状态为 %d:%s", out->shown,
                reply->status, b.p);
}

/* The client's own words name the whole address. */
static bool call_failed(const struct outgoing *out, struct error *e) {
    const struct error_row *row = error_row(e->id);
    return fail(e, e->id, "%s: %s", "%s:%s", out->shown, row->code);
}

bool channel_post(struct notifier *n, struct arena *a, const struct outgoing *out, const struct post *post,
                  struct http_reply *reply, struct error *e) {
    const char *headers[6] = {"Content-Type: application/json; charset=utf-8"};
    for (size_t i = 0; post->headers && post->headers[i] && i < 4; i++)
        headers[i + 1] = post->headers[i];
    if (!n->client)
        n->client = client_new(n->arena, n->outbound);
    const struct http_request request = {.method = "POST",
                                         .url = post->url ? post->url : out->address,
                                         .headers = headers,
                                         .body = slice_str(post->body),
                                         .timeout_ms = CALL_MS,
                                         .reply_max = READ_MAX,
                                         .cut_allowed = true};
    if (!http_call(n->client, a, &request, reply, e))
        return call_failed(out, e);
    return reply->status / 100 == 2 || channel_refused(out, reply, e);
}
