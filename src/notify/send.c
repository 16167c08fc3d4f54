/* The outbox: step `send`, and what becomes of a message and its channel. */
#include "base/clock.h"
#include "base/rand.h"
#include "notify/channel.h"
#include "signer/signer.h"

enum {
    GIVE_UP_AFTER = 7 * DAY,
    KEEP_NOTICES = 400 * DAY,
    KEEP_MESSAGES = 90 * DAY,
    PURGE_LIMIT = 5000, /* rows in one transaction */
    PURGE_PAUSE = 10,
};

struct notifier *notifier_new(struct arena *a, const struct mail_settings *mail,
                              const struct outbound_policy *outbound) {
    struct notifier *n = ARENA_NEW(a, struct notifier);
    *n = (struct notifier){.arena = a, .mail = mail, .outbound = outbound};
    return n;
}

bool notifier_mails(const struct notifier *n) {
    return n && n->mail && n->mail->host;
}

/* From act to save. */
struct sending {
    struct message message;
    enum { SENDING_OVER, SENDING_SENT, SENDING_GIVEN_UP } end; /* OVER: there was nothing left to do */
};

/* ---- act ---- */

/* `open` is false if the channel was deleted or switched off meanwhile. */
static bool channel_of(struct work *w, const struct message *m, struct channel *channel, bool *open,
                       struct error *e) {
    *channel = (struct channel){.kind = m->kind};
    *open = true;
    if (!m->channel_id)
        return true;
    if (channel_get(w->db, w->arena, m->account_id, m->channel_id, channel, e)) {
        *open = !channel->disabled_at;
        return true;
    }
    *open = false;
    return error_absent(e);
}

/* What the receiver alone may read is opened now. */
static bool params_of(struct work *w, const struct message *m, const struct notice *notice,
                      const char **params, struct error *e) {
    const struct key_ref ref = {
        .id = notice->subject, .account_id = m->account_id, .purpose = PURPOSE_SECRET, .sealed = m->sealed};
    struct secret *opened;
    json_t *values;
    *params = notice->params;
    if (!m->sealed.len)
        return true;
    if (!signer_open(w->services->signer, w->arena, &ref, &opened, e) ||
        !json_read(w->arena, slice_str(notice->params), &values, e))
        return false;
    const struct slice text = secret_slice(opened);
    json_object_set_new(values, "secret", json_stringn((const char *)text.p, text.len));
    *params = json_text(w->arena, values, false);
    return true;
}

static bool send_by(struct work *w, const struct message *m, const struct channel *channel, struct error *e) {
    const struct channel_ops *ops = channel_ops_find(m->kind);
    const char *params;
    struct notice notice;
    struct outgoing out = {
        .message = m, .notice = &notice, .shown = channel->address, .address = m->receiver, .now = w->now};
    if (!ops || !w->services->notifier)
        return fail(e, ERR_INTERNAL, "nothing here sends by '%s'", "无法通过“%s”发送", m->kind);
    if (!notice_get(w->db, w->arena, m->account_id, m->notice_id, &notice, e) ||
        (ops->by_url && !channel_open_sealed(w->services->signer, w->arena, channel, &out, e)) ||
        !params_of(w, m, &notice, &params, e))
        return false;
    out.text = event_render(w->arena, notice.event, params, lang_from(m->lang));
    return ops->send(w->services->notifier, w->arena, &out, e);
}

/* Letters to people all go to one server. */
const char *notify_party(struct work *w) {
    struct message m;
    struct error ignored;
    if (!message_get(w->db, w->arena, w->item->subject, &m, &ignored))
        return NULL;
    return m.channel_id ? arena_printf(w->arena, "channel %s", m.channel_id) : m.kind;
}

bool notify_send(struct work *w, struct error *e) {
    struct sending *s = w->prepared = ARENA_NEW(w->arena, struct sending);
    struct message *m = &s->message;
    struct channel channel;
    bool open;
    if (!message_get(w->db, w->arena, w->item->subject, m, e) || !channel_of(w, m, &channel, &open, e))
        return false;
    s->end = SENDING_OVER;
    if (m->sent_at || m->failed_at)
        return true;
    s->end = SENDING_GIVEN_UP;
    if (!open || w->now >= m->created_at + GIVE_UP_AFTER)
        return true;
    s->end = SENDING_SENT;
    return send_by(w, m, &channel, e);
}

/* ---- save ---- */

bool notify_sent(struct work *w, struct error *e) {
    struct sending *s = w->prepared;
    struct message *m = &s->message;
    if (s->end == SENDING_OVER)
        return work_goes(w, OUTCOME_DONE);
    if (s->end == SENDING_GIVEN_UP)
        m->failed_at = w->now;
    else
        *m = (struct message){
            .id = m->id, .channel_id = m->channel_id, .attempts = m->attempts, .sent_at = w->now};
    bool works = s->end == SENDING_SENT && m->channel_id;
    return message_store(w->db, m, e) && (!works || channel_works(w->db, m->channel_id, e)) &&
           work_goes(w, OUTCOME_DONE);
}

/* ---- a failed attempt ---- */

static bool tell_failure(struct work *w, const struct message *m, const char *name, const struct error *cause,
                         struct error *e) {
    const struct error_row *row = error_row(cause->id);
    json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "channel", name, "kind", m->kind,
                               "reason_en", row->title.in[LANG_EN], "reason_zh", row->title.in[LANG_ZH],
                               "detail_en", cause->detail[LANG_EN], "detail_zh", cause->detail[LANG_ZH],
                               "remedy_en", row->remedy.in[LANG_EN], "remedy_zh", row->remedy.in[LANG_ZH]);
    const struct notify_event event = {
        .event = "channel_failed",
        .account_id = m->account_id,
        .subject = m->channel_id ? m->channel_id : m->id,
        .once = m->channel_id
                    ? NULL
                    : arena_printf(w->arena, "receiver:%s:%lld", m->receiver, (long long)(w->now / DAY)),
        .params = json_keep(w->arena, params),
        .now = w->now};
    return notify_tell_chosen(w->db, w->arena, &event, &(struct tell_choice){.except = m->channel_id}, e);
}

/* Our own stumbling says nothing about the channel. */
static bool note_in_channel(struct work *w, const struct message *m, const struct error *cause,
                            struct error *e) {
    const struct error_row *row = error_row(cause->id);
    struct channel channel;
    bool first = true, open;
    if (row->retry == RETRY_SOON)
        return true;
    if (!channel_of(w, m, &channel, &open, e))
        return false;
    if (!open)
        return true;
    if (m->channel_id && !channel_fails(w->db, m->channel_id, row->code, w->now, &first, e))
        return false;
    return !first || tell_failure(w, m, m->channel_id ? channel.name : m->receiver, cause, e);
}

bool notify_failed(struct work *w, const struct error *cause, struct error *e) {
    struct message m;
    if (!message_get(w->db, w->arena, w->item->subject, &m, e))
        return e->id == ERR_NOT_FOUND; /* nothing to note it in */
    m.attempts++;
    m.error = error_row(cause->id)->code;
    m.detail_en = cause->detail[LANG_EN];
    m.detail_zh = cause->detail[LANG_ZH];
    return message_store(w->db, &m, e) && note_in_channel(w, &m, cause, e);
}

/* ---- retention ---- */

bool notify_purge(struct work *w, struct error *e) {
    int64_t notices, messages;
    if (!notice_purge(w->db, id_new(w->arena, "ntc", w->now - KEEP_NOTICES), PURGE_LIMIT, &notices, e) ||
        !message_purge(w->db, id_new(w->arena, "msg", w->now - KEEP_MESSAGES), PURGE_LIMIT, &messages, e))
        return false;
    if (notices == PURGE_LIMIT || messages == PURGE_LIMIT)
        work_by(w, w->now + PURGE_PAUSE);
    return true;
}
