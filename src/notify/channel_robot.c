/*
 * The robots of DingTalk, WeCom, Feishu and Slack. All get plain text: what comes from outside (names,
 * details) is never read as markup there. An answer of 200 with an error code in it is a failure.
 */
#include "http/signature.h"
#include "http/url.h"
#include "notify/channel.h"
#include <sodium.h>

enum { TEXT_BYTES_MAX = 2000, MILLISECONDS = 1000, BASE64_SIZE = 64 }; /* WeCom takes 2048 bytes */

static const char *text_of(struct arena *a, const struct outgoing *out) {
    char *text = arena_printf(a, "%s\n%s", out->text.title, out->text.body);
    size_t len = strlen(text);
    if (len > TEXT_BYTES_MAX) {
        len = TEXT_BYTES_MAX;
        while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    text[len] = 0;
    return text;
}

static const char *base64_mac(struct arena *a, const char *key, const char *text) {
    uint8_t mac[HMAC_BYTES];
    char base64[BASE64_SIZE];
    hmac_sha256(slice_str(key), slice_str(text), mac);
    sodium_bin2base64(base64, sizeof base64, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    return arena_strdup(a, base64);
}

/* POSTs and looks for `member` 0 in the answer. */
static bool post_coded(struct notifier *n, struct arena *a, const struct outgoing *out,
                       const struct post *post, const char *member, struct error *e) {
    struct http_reply reply;
    struct error ignored;
    json_t *answer = NULL;
    if (!channel_post(n, a, out, post, &reply, e))
        return false;
    json_t *code = json_read(a, reply.body, &answer, &ignored) ? json_object_get(answer, member) : NULL;
    return (json_is_integer(code) && json_integer_value(code) == 0) || channel_refused(out, &reply, e);
}

/* ---- DingTalk ---- */

/* HMAC-SHA256 of "MILLISECONDS\nSECRET" under the secret, in the query. */
static const char *dingtalk_url(struct arena *a, const struct outgoing *out) {
    if (!out->secret)
        return out->address;
    long long at = (long long)out->now * MILLISECONDS;
    const char *sign = base64_mac(a, out->secret, arena_printf(a, "%lld\n%s", at, out->secret));
    return arena_printf(a, "%s%ctimestamp=%lld&sign=%s", out->address, strchr(out->address, '?') ? '&' : '?',
                        at, url_encode(a, sign));
}

static bool dingtalk_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    json_t *body = json_pack("{s:s,s:{s:s}}", "msgtype", "text", "text", "content", text_of(a, out));
    const struct post post = {.url = dingtalk_url(a, out), .body = json_text(a, json_keep(a, body), false)};
    return post_coded(n, a, out, &post, "errcode", e);
}

const struct channel_ops channel_dingtalk = {.kind = "dingtalk", .by_url = true, .send = dingtalk_send};

/* ---- WeCom ---- */

static bool wecom_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    json_t *body = json_pack("{s:s,s:{s:s}}", "msgtype", "text", "text", "content", text_of(a, out));
    const struct post post = {.body = json_text(a, json_keep(a, body), false)};
    return post_coded(n, a, out, &post, "errcode", e);
}

const struct channel_ops channel_wecom = {.kind = "wecom", .by_url = true, .send = wecom_send};

/* ---- Feishu ---- */

/* The key is "SECONDS\nSECRET", the text is empty. */
static void feishu_sign(struct arena *a, const struct outgoing *out, json_t *body) {
    const char *at = arena_printf(a, "%lld", (long long)out->now);
    const char *sign = base64_mac(a, arena_printf(a, "%s\n%s", at, out->secret), "");
    json_object_set_new(body, "timestamp", json_string(at));
    json_object_set_new(body, "sign", json_string(sign));
}

static bool feishu_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    json_t *body = json_keep(a, json_object());
    if (out->secret)
        feishu_sign(a, out, body);
    json_object_set_new(body, "msg_type", json_string("text"));
    json_object_set_new(body, "content", json_pack("{s:s}", "text", text_of(a, out)));
    return post_coded(n, a, out, &(struct post){.body = json_text(a, body, false)}, "code", e);
}

const struct channel_ops channel_feishu = {.kind = "feishu", .by_url = true, .send = feishu_send};

/* ---- Slack ---- */

/* The three characters that Slack reads as control sequences even in plain text. */
static const char *slack_text(struct arena *a, const char *text) {
    struct buf b = buf_new(a, TEXT_BYTES_MAX * 5);
    for (const char *p = text; *p; p++)
        switch (*p) {
        case '&':
            buf_str(&b, "&amp;");
            break;
        case '<':
            buf_str(&b, "&lt;");
            break;
        case '>':
            buf_str(&b, "&gt;");
            break;
        default:
            buf_char(&b, *p);
        }
    return b.p ? b.p : "";
}

static bool slack_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    json_t *body = json_pack("{s:s,s:b}", "text", slack_text(a, text_of(a, out)), "mrkdwn", 0);
    const struct post post = {.body = json_text(a, json_keep(a, body), false)};
    struct http_reply reply;
    return channel_post(n, a, out, &post, &reply, e) &&
           (slice_equal(reply.body, slice_str("ok")) || channel_refused(out, &reply, e));
}

const struct channel_ops channel_slack = {.kind = "slack", .by_url = true, .send = slack_send};
