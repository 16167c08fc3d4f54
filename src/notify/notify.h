/*
 * Notifications (SPEC section 13): what happened is told in the transaction in which it happened. A notice is
 * a row of the inbox; for each channel that wants it there is a row of the outbox, which step `send` sends.
 *
 * Slices to the right say what happened in words; no certificate type is known here. A new event: one row in
 * event.c and the line that tells it.
 */
#pragma once
#include "http/mail.h"
#include "http/outbound.h"
#include "http/route.h"

struct notify_event {
    const char *event; /* a row of event.c */
    const char *account_id;
    const char *subject;               /* the id of the object that it is about */
    const char *certificate_id, *tags; /* the certificate behind it and its tags; or NULL */
    const char *once;                  /* told only once under this name; NULL: each time */
    json_t *params; /* texts by name, name_en and name_zh for its texts; kept in the arena */
    int64_t now;
};
/*
 * The notice, its messages and their queue rows. Needs an open transaction. Nothing happens if it was told
 * before, or is about an expiry that is muted.
 */
bool notify_tell(struct db *db, struct arena *a, const struct notify_event *event, struct error *e);

/* One who is no user: he gets an e-mail, and nobody's inbox has it. */
struct notify_receiver {
    const char *email;
    enum lang lang;
    struct slice sealed; /* for his eyes alone: a secret under the id of the event's subject, for {secret} */
};
bool notify_mail(struct db *db, struct arena *a, const struct notify_event *event,
                 const struct notify_receiver *receiver, struct error *e);

/* ---- expiry ---- */

/* Where the thresholds of one certificate lie. */
struct thresholds {
    const char *days; /* JSON list of days; the end itself always counts, as 0 */
    bool literal; /* days as they stand; else scaled by the lead (SPEC section 2) where that is under 30 d */
    int64_t lead, end;
};
#define THRESHOLDS_DEFAULT "[30, 15, 7, 3, 1]"
/* The next crossing behind `after`; 0: none. */
int64_t threshold_next(const struct thresholds *t, int64_t after);
/* The latest crossing up to `now`; 0: none yet. `days` says which. */
int64_t threshold_last(const struct thresholds *t, int64_t now, int64_t *days);

/* What was chosen for the expiry messages of one certificate, else of the account, else the defaults. */
struct notify_choice {
    const char *thresholds, *channels, *receivers, *lang;
    bool own_thresholds; /* of the certificate itself */
};
bool notify_choice(struct db *db, struct arena *a, const char *account_id, const char *certificate_id,
                   struct notify_choice *choice, struct error *e);

/* One certificate's thresholds, looked at once up to `now`: `*crossed` is the days of the crossing that is to
 * be told, -1 if there is none. Needs an open transaction. */
struct threshold_look {
    const char *account_id, *certificate_id;
    struct thresholds thresholds;
};
bool notify_look(struct db *db, const struct threshold_look *look, int64_t now, int64_t *crossed,
                 struct error *e);

/* ---- what people choose, for the routes of certificates in renew/ ---- */

extern const struct field notify_setting_fields[];
struct notify_setting {
    const char *certificate_id; /* "": the account's */
    const char *thresholds, *channels, *receivers, *lang;
};
bool notify_setting_get(struct db *db, struct arena *a, const char *account_id, const char *certificate_id,
                        struct notify_setting *setting, struct error *e);
/* The body of the request into what was chosen for that certificate; what has passed under it is not told. */
bool notify_setting_put(struct request *rq, const char *certificate_id, struct error *e);
bool notify_setting_delete(struct request *rq, const char *certificate_id, struct error *e);

struct mute {
    const char *id, *account_id, *certificate_id, *tag;
    int64_t until;
    const char *created_by;
    int64_t created_at;
};
extern const struct field mute_fields[];
struct mute_filter {
    const char *certificate_id; /* NULL: all */
    const char *cursor;
    size_t limit;
};
/* Gives the id. */
bool mute_create(struct request *rq, struct mute *mute, struct error *e);
/* ERR_NOT_FOUND if it is over or somebody else's. */
bool mute_end(struct request *rq, const char *id, struct mute *mute, struct error *e);
bool mute_list(struct request *rq, const struct mute_filter *filter, struct mute **mutes, size_t *count,
               struct error *e);

/* ---- sending ---- */

/* What sends, in one process: connects at first use and keeps its connections. */
struct notifier;
/* `mail` NULL: no mail server is configured. Both must outlive it. */
struct notifier *notifier_new(struct arena *a, const struct mail_settings *mail,
                              const struct outbound_policy *outbound);
/* There is a mail server; NULL: there is nothing at all. */
bool notifier_mails(const struct notifier *n);

/*
 * Step `send` of a message. What fails is tried again after 1, 10 and 100 minutes, then daily, for a week;
 * the channel shows it, and the others tell it. A receiver may get a message twice, under the same id.
 */
const char *notify_party(struct work *w);
bool notify_send(struct work *w, struct error *e);
bool notify_sent(struct work *w, struct error *e);
bool notify_failed(struct work *w, const struct error *cause, struct error *e);
/* Part of the step `retention`: notices go after 400 days, messages after 90. */
bool notify_purge(struct work *w, struct error *e);
/* How many channels of the account fail, for metrics. */
bool notify_failing(struct db *db, const char *account_id, int64_t *count, struct error *e);

extern const struct route notify_routes[], channel_routes[];
