/*
 * Kinds of channels. A new one: one file channel_kind.c, ending in one of these structs; its line in
 * channel.c, and in meson.build. Internal to notify/.
 */
#pragma once
#include "http/client.h"
#include "notify/event.h"
#include "notify/notify_db.h"

struct notifier {
    struct arena *arena;
    const struct mail_settings *mail;
    const struct outbound_policy *outbound;
    struct mailer *mailer;
    struct client *client; /* NULL before the first call */
};

/* One message on its way. */
struct outgoing {
    const struct message *message;
    const struct notice *notice;
    struct rendered text;
    const char *shown;   /* the address, for errors */
    const char *address; /* an e-mail address, or the whole URL */
    const char *secret;  /* NULL: none was given */
    int64_t now;
};

struct channel_ops {
    const char *kind;
    bool by_url;       /* the address is an URL, which is sealed: it may hold a token */
    bool needs_secret; /* what it sends must be signed */
    bool (*send)(struct notifier *n, struct arena *a, const struct outgoing *out, struct error *e);
};
/* NULL if there is no such kind. */
const struct channel_ops *channel_ops_find(const char *kind);

/* Is what a person gave possible? ERR_BAD_FIELD, ERR_MAIL_NOT_CONFIGURED. */
bool channel_check(const struct notifier *n, const struct channel *channel, struct error *e);
/* The same of what can change later. */
bool channel_check_changed(const struct channel *channel, struct error *e);
bool lang_check(const char *lang, struct error *e);
bool addresses_check(const struct notifier *n, const char *field, const char *addresses, struct error *e);
/* What may be shown of an URL: its host. */
const char *address_shown(struct arena *a, const char *url);

/* Opens what channel_seal has sealed; both ask the signer. */
bool channel_seal(struct signer *signer, struct arena *a, struct channel *channel, struct error *e);
bool channel_open_sealed(struct signer *signer, struct arena *a, const struct channel *channel,
                         struct outgoing *out, struct error *e);

/* POSTs JSON to the message's address, or to `url`. ERR_CHANNEL_REFUSED unless the status is 2xx; no error
 * tells more of the address than may be shown. */
struct post {
    const char *url;
    const char *const *headers; /* beside the content type; NULL: none */
    const char *body;
};
bool channel_post(struct notifier *n, struct arena *a, const struct outgoing *out, const struct post *post,
                  struct http_reply *reply, struct error *e);
/* The other side has answered that it did not take the message. */
bool channel_refused(const struct outgoing *out, const struct http_reply *reply, struct error *e);
