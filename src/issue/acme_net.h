/*
 * Talking to ACME servers (RFC 8555, section 6), one request a call: directories, nonces, signed POSTs. What
 * a server refuses becomes an ERR_ACME_… with its own words, and error.retry_after if it said when to come
 * again. Nothing waits here but for one answer. URLs come from the CA; only https is followed, and http on
 * this machine.
 */
#pragma once
#include "acme/message.h"
#include "catalog/issuer.h"
#include "http/client.h"
#include "signer/signer.h"

struct acme_net;
struct acme_account;

/* One for each process: it keeps connections, directories and nonces. Ends with the arena. */
struct acme_net *acme_net_new(struct arena *a, const struct outbound_policy *outbound);

/* Who answers: http/client.h, or a test. */
struct acme_transport {
    bool (*call)(void *context, struct arena *a, const struct http_request *request, struct http_reply *reply,
                 struct error *e);
    void *context;
};
struct acme_net *acme_net_over(struct arena *a, const struct acme_transport *transport);

/* One step's dealings with one CA. */
struct acme_session {
    const struct services *services; /* signer, acme */
    struct arena *arena;
    int64_t now;
    const struct issuer *issuer;
    const struct acme_account *account; /* signs; NULL: nothing that must be signed by an account is asked */
    bool once;                          /* what is posted must not be sent again by the HTTP client itself */
};

enum { ACME_LINKS_MAX = 8 };

struct acme_reply {
    int status;    /* 2xx */
    bool repeated; /* a nonce was refused before: perhaps that of a request whose answer was lost */
    struct slice body;
    const char *location; /* or NULL */
    int64_t retry_after;  /* seconds from now on; 0: not said */
    const char *alternates[ACME_LINKS_MAX];
    size_t alternate_count;
    /* also of a call that failed with ERR_ACME_…: `type` is empty if the server sent no problem document */
    struct acme_problem problem;
    const char *terms, *help; /* Link terms-of-service and help; or NULL */
};

/* For `party` of a step: who may keep a worker for long. NULL without an issuer. */
const char *issuer_party(struct arena *a, const char *issuer_id);

/* Kept for a day: what it points to is there for as long as nobody asks at a later `now`. */
bool acme_net_directory(const struct acme_session *s, struct acme_directory *directory, struct error *e);
/* By the account; `payload` NULL: POST-as-GET. `reply` is filled as far as there was one, also on failure. */
bool acme_net_post(const struct acme_session *s, const char *url, const char *payload,
                   struct acme_reply *reply, struct error *e);
/* With a key instead of an account: newAccount, revocation by the certificate's key. */
struct acme_key {
    const struct key_ref *ref;
    struct slice spki;
};
bool acme_net_post_by_key(const struct acme_session *s, const struct acme_key *key, const char *url,
                          const char *payload, struct acme_reply *reply, struct error *e);
/* A message inside of another one (keyChange). */
struct jws_request;
bool acme_net_sign(const struct acme_session *s, const struct jws_request *request, const struct key_ref *key,
                   const char **text, struct error *e);
/* What needs no account: renewalInfo. */
bool acme_net_get(const struct acme_session *s, const char *url, struct acme_reply *reply, struct error *e);
