/*
 * The generic webhook: JSON, signed. `Tenure-Signature: t=SECONDS,v1=HEX` where HEX is HMAC-SHA256 of
 * "SECONDS.BODY" under the secret; `Tenure-Message` is the same in every repetition.
 */
#include "base/clock.h"
#include "notify/channel.h"
#include <sodium.h>

static const char *body_of(struct arena *a, const struct outgoing *out) {
    const struct notice *n = out->notice;
    const struct event_row *row = event_find(n->event);
    json_t *params = NULL;
    struct error e;
    if (!json_read(a, slice_str(n->params), &params, &e))
        params = json_keep(a, json_object());
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s,s:s,s:s,s:O}", "id", out->message->id, "notice_id",
                  n->id, "event", n->event, "urgency", row ? row->urgency : "info", "at",
                  time_format(a, n->at), "subject", n->subject, "certificate_id", n->certificate_id, "lang",
                  out->message->lang, "title", out->text.title, "text", out->text.body, "params", params);
    return json_text(a, json_keep(a, body), false);
}

static const char *signature(struct arena *a, const struct outgoing *out, const char *body) {
    uint8_t mac[HMAC_BYTES];
    char hex[2 * HMAC_BYTES + 1];
    const char *text = arena_printf(a, "%lld.%s", (long long)out->now, body);
    hmac_sha256(slice_str(out->secret), slice_str(text), mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    return arena_printf(a, "Tenure-Signature: t=%lld,v1=%s", (long long)out->now, hex);
}

static bool webhook_send(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e) {
    const char *body = body_of(a, out);
    const char *const headers[] = {arena_printf(a, "Tenure-Message: %s", out->message->id),
                                   signature(a, out, body), NULL};
    struct http_reply reply;
    return channel_post(n, a, out, &(struct post){.headers = headers, .body = body}, &reply, e);
}

const struct channel_ops channel_webhook = {
    .kind = "webhook", .by_url = true, .needs_secret = true, .send = webhook_send};
