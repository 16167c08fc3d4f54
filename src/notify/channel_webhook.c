/* The generic webhook: JSON, signed (http/signature.h); `Tenure-Message` is the same in every repetition. */
#include "base/clock.h"
#include "http/signature.h"
#include "notify/channel.h"

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
    return arena_printf(a, SIGNATURE_HEADER ": %s",
                        signature_make(a, slice_str(out->secret), out->now, slice_str(body)));
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
