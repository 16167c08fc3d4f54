/* The SQL of notices, settings, mutes, channels and messages. Internal to notify/. */
#pragma once
#include "notify/notify.h"

struct notice {
    const char *id, *account_id, *event, *subject, *certificate_id, *params, *once;
    int64_t roles, at, read_at;
    /* for answers only: made from event and params */
    const char *urgency, *title, *text;
};
extern const struct field notice_fields[];

/* `told` is false if there is one under the same name already. */
bool notice_insert(struct db *db, const struct notice *notice, bool *told, struct error *e);
bool notice_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct notice *notice,
                struct error *e);
struct notice_range {
    const char *account_id, *user_id, *below;
    int64_t role, user_role; /* bits of the key and of its user: a notice is for both, or for neither */
    size_t limit;
};
/* Newest first. */
bool notice_list(struct db *db, struct arena *a, const struct notice_range *range, struct notice **notices,
                 size_t *count, struct error *e);
bool notice_set_read(struct db *db, const struct notice *notice, const char *user_id, int64_t now,
                     struct error *e);

bool setting_store(struct db *db, const char *account_id, const struct notify_setting *setting,
                   struct error *e);
bool setting_delete(struct db *db, const char *account_id, const char *certificate_id, struct error *e);
/* Crossings up to now are not told any more. */
bool threshold_set_seen(struct db *db, const char *account_id, const char *certificate_id, int64_t now,
                        struct error *e);

bool mute_insert(struct db *db, const struct mute *mute, struct error *e);
bool mute_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct mute *mute,
              struct error *e);
bool mute_set_ended(struct db *db, const char *id, int64_t now, struct error *e);
bool is_muted(struct db *db, struct arena *a, const struct notify_event *event, bool *muted, struct error *e);

struct channel {
    const char *id, *account_id, *name, *kind, *address;
    struct slice sealed;
    const char *events, *lang;
    int64_t created_at, disabled_at, failing_since;
    const char *last_error;
    bool disabled;      /* in bodies and answers */
    const char *secret; /* in bodies */
};
extern const struct field channel_fields[];

bool channel_insert(struct db *db, const struct channel *channel, struct error *e);
/* Name, events, language, whether it is disabled. */
bool channel_store(struct db *db, const struct channel *channel, struct error *e);
bool channel_delete(struct db *db, const struct channel *channel, struct error *e);
bool channel_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                 struct channel *channel, struct error *e);
/* Behind the id `after`, in the order of their ids. */
bool channel_list(struct db *db, struct arena *a, const char *account_id, const char *after, int64_t limit,
                  struct channel **channels, size_t *count, struct error *e);
/* Not the disabled ones. */
bool channel_open(struct db *db, struct arena *a, const char *account_id, struct channel **channels,
                  size_t *count, struct error *e);
/* `first`: it did not fail before. */
bool channel_fails(struct db *db, const char *id, const char *code, int64_t now, bool *first,
                   struct error *e);
bool channel_works(struct db *db, const char *id, struct error *e);

struct message {
    const char *id, *account_id, *notice_id, *channel_id, *kind, *receiver, *lang;
    int64_t created_at, attempts, sent_at, failed_at;
    const char *error, *detail_en, *detail_zh;
    struct slice sealed; /* under the id of the notice's subject */
};
extern const struct field message_fields[];

/* Nothing if the receiver gets the notice already. With its queue row. */
bool message_insert(struct db *db, struct arena *a, struct message *message, int64_t now, struct error *e);
bool message_get(struct db *db, struct arena *a, const char *id, struct message *message, struct error *e);
bool message_store(struct db *db, const struct message *message, struct error *e);
/* What was given up is open again, and its week begins anew. */
bool message_restart(struct db *db, const char *id, int64_t now, struct error *e);
struct message_range {
    const char *account_id, *below;
    bool open; /* only what has not arrived */
    size_t limit;
};
/* Newest first. */
bool message_list(struct db *db, struct arena *a, const struct message_range *range,
                  struct message **messages, size_t *count, struct error *e);

/* Everything older than the row that would have this id. */
bool notice_purge(struct db *db, const char *below, int64_t limit, int64_t *purged, struct error *e);
bool message_purge(struct db *db, const char *below, int64_t limit, int64_t *purged, struct error *e);

/* For one channel only, or for all but one. */
struct tell_choice {
    const char *only, *except; /* ids; or NULL */
    bool whatever_events;      /* also if the channel is not for this one: a test */
};
bool notify_tell_chosen(struct db *db, struct arena *a, const struct notify_event *event,
                        const struct tell_choice *chosen, struct error *e);

/* Is the word one of `words`? NULL holds none. */
bool words_hold(const char *words, const char *word);
