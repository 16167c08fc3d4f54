/* Telling: the notice, and who gets a message of it. */
#include "notify/notify.h"
#include "base/rand.h"
#include "notify/event.h"
#include "notify/notify_db.h"

bool words_hold(const char *words, const char *word) {
    size_t len = strlen(word);
    for (const char *p = words; p && *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == len && strncmp(p, word, len) == 0)
            return true;
    return false;
}

/* ---- expiry ---- */

bool notify_choice(struct db *db, struct arena *a, const char *account_id, const char *certificate_id,
                   struct notify_choice *choice, struct error *e) {
    struct notify_setting all, own = {.thresholds = NULL};
    if (!notify_setting_get(db, a, account_id, "", &all, e) ||
        (certificate_id && !notify_setting_get(db, a, account_id, certificate_id, &own, e)))
        return false;
    const char *thresholds = own.thresholds ? own.thresholds : all.thresholds;
    *choice = (struct notify_choice){
        .thresholds = thresholds ? thresholds : THRESHOLDS_DEFAULT,
        .channels = own.channels ? own.channels : all.channels,
        .receivers = own.receivers ? own.receivers : all.receivers,
        .lang = own.receivers ? own.lang : all.lang,
        .own_thresholds = own.thresholds != NULL,
    };
    return true;
}

/* ---- the outbox ---- */

/* A notice on its way to those who are told of it. */
struct telling {
    struct db *db;
    struct arena *a;
    const struct notify_event *event;
    const char *notice_id;
    const struct tell_choice *chosen;
    struct notify_choice choice; /* of events about expiry; otherwise empty */
};

static bool add_message(const struct telling *t, const struct channel *channel, const char *receiver,
                        struct error *e) {
    struct message message = {.account_id = t->event->account_id,
                              .notice_id = t->notice_id,
                              .channel_id = channel->id,
                              .kind = channel->kind,
                              .receiver = receiver,
                              .lang = channel->lang};
    return message_insert(t->db, t->a, &message, t->event->now, e);
}

static bool add_messages(const struct telling *t, const struct channel *channel, const char *receivers,
                         struct error *e) {
    for (const char *p = receivers; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");
        if (!add_message(t, channel, arena_strndup(t->a, p, len), e))
            return false;
        p += len;
    }
    return true;
}

/* Those chosen for the certificate take the place of the channel's own. */
static bool tell_channel(const struct telling *t, const struct channel *channel, struct error *e) {
    bool email = strcmp(channel->kind, "email") == 0;
    if (!t->chosen->whatever_events && channel->events && !words_hold(channel->events, t->event->event))
        return true;
    if (t->choice.channels && !words_hold(t->choice.channels, channel->id) &&
        !words_hold(t->choice.channels, channel->kind))
        return true;
    if (!email)
        return add_message(t, channel, channel->id, e);
    return t->choice.receivers || add_messages(t, channel, channel->address, e);
}

static bool tell_chosen_receivers(const struct telling *t, struct error *e) {
    const struct channel none = {.kind = "email", .lang = t->choice.lang ? t->choice.lang : "en"};
    bool by_email = !t->choice.channels || words_hold(t->choice.channels, "email");
    return !t->choice.receivers || !by_email || add_messages(t, &none, t->choice.receivers, e);
}

static bool is_chosen(const struct tell_choice *chosen, const char *id) {
    return (!chosen->only || strcmp(chosen->only, id) == 0) &&
           (!chosen->except || strcmp(chosen->except, id) != 0);
}

static bool tell_channels(const struct telling *t, struct error *e) {
    struct channel *channels;
    size_t count;
    if (!channel_open(t->db, t->a, t->event->account_id, &channels, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_chosen(t->chosen, channels[i].id) && !tell_channel(t, &channels[i], e))
            return false;
    return tell_chosen_receivers(t, e);
}

/* ---- the notice ---- */

static bool add_notice(struct telling *t, const struct event_row *row, bool *told, struct error *e) {
    const struct notify_event *event = t->event;
    const struct notice notice = {.id = t->notice_id,
                                  .account_id = event->account_id,
                                  .event = event->event,
                                  .subject = event->subject,
                                  .certificate_id = event->certificate_id,
                                  .params = event->params ? json_text(t->a, event->params, false) : "{}",
                                  .once = event->once,
                                  .roles = row->roles,
                                  .at = event->now};
    return notice_insert(t->db, &notice, told, e);
}

static bool read_choice(struct telling *t, const struct event_row *row, struct error *e) {
    return !row->about_expiry ||
           notify_choice(t->db, t->a, t->event->account_id, t->event->certificate_id, &t->choice, e);
}

bool notify_tell_chosen(struct db *db, struct arena *a, const struct notify_event *event,
                        const struct tell_choice *chosen, struct error *e) {
    const struct event_row *row = event_find(event->event);
    struct telling t = {
        .db = db, .a = a, .event = event, .chosen = chosen, .notice_id = id_new(a, "ntc", event->now)};
    bool muted = false, told;
    if (!row)
        return fail(e, ERR_INTERNAL, "there is no event '%s'", "没有事件“%s”", event->event);
    if (row->about_expiry && !is_muted(db, a, event, &muted, e))
        return false;
    if (muted)
        return true;
    if (!add_notice(&t, row, &told, e))
        return false;
    return !told || (read_choice(&t, row, e) && tell_channels(&t, e));
}

bool notify_tell(struct db *db, struct arena *a, const struct notify_event *event, struct error *e) {
    return notify_tell_chosen(db, a, event, &(struct tell_choice){.only = NULL}, e);
}

bool notify_mail(struct db *db, struct arena *a, const struct notify_event *event,
                 const struct notify_receiver *receiver, struct error *e) {
    const struct event_row *row = event_find(event->event);
    struct telling t = {.db = db, .a = a, .event = event, .notice_id = id_new(a, "ntc", event->now)};
    struct message message = {.account_id = event->account_id,
                              .notice_id = t.notice_id,
                              .kind = "email",
                              .receiver = receiver->email,
                              .lang = receiver->lang == LANG_ZH ? "zh" : "en",
                              .sealed = receiver->sealed};
    bool told;
    if (!row)
        return fail(e, ERR_INTERNAL, "there is no event '%s'", "没有事件“%s”", event->event);
    return add_notice(&t, row, &told, e) && (!told || message_insert(db, a, &message, event->now, e));
}
