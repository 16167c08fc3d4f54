/* The inside of the server: its rows, a request on its way, and what all resources share. */
#pragma once
#include "acme/jwk.h"
#include "acme/jws.h"
#include "acme/message.h"
#include "acmeserver/acmeserver.h"
#include "acmeserver/fault.h"
#include "acmeserver/nonce.h"
#include "issue/ca.h"

/* ---- rows ---- */

struct served_account {
    const char *id;
    struct slice spki;
    const char *thumbprint, *contact, *external_kid, *status;
    bool terms_agreed;
    int64_t created_at;
};

struct served_order {
    const char *id, *account_id;
    const char *names; /* sorted */
    const char *profile;
    int64_t not_before, not_after; /* as asked for; 0: nothing was */
    const char *replaces, *status;
    int64_t expires_at;
    const char *problem; /* JSON */
    const char *certificate_id;
    int64_t created_at;
};

struct served_authorization {
    const char *id, *account_id;
    const char *name; /* without "*." */
    bool wildcard;
    const char *status;
    int64_t expires_at;
};

struct served_challenge {
    const char *id, *account_id, *authorization_id;
    int64_t position;
    const char *type, *token, *status;
    int64_t validated_at;
    const char *problem; /* JSON */
};

struct served_certificate {
    const char *id, *account_id, *order_id, *ca_id, *serial, *names;
    struct slice spki;
    int64_t not_before, end_at;
    struct slice der; /* empty: not signed yet */
    const char *identifier;
    int64_t window_start, window_end, revoked_at, reason;
};

struct served_alternate {
    const char *id, *ca_id;
    struct slice root, crossed;
};

/* How many rows were made since a moment, and when the first of them was. */
struct served_count {
    int64_t count, oldest;
};
extern const struct field served_count_fields[];

/* ---- a request ---- */

/* What a client is told went wrong: the rows are in refusal.c. */
enum refusal {
    REFUSAL_NONE,
    REFUSAL_ACCOUNT_ABSENT,
    REFUSAL_ALREADY_REPLACED,
    REFUSAL_ALREADY_REVOKED,
    REFUSAL_BAD_CSR,
    REFUSAL_BAD_NONCE,
    REFUSAL_BAD_PUBLIC_KEY,
    REFUSAL_BAD_REASON,
    REFUSAL_BAD_SIGNATURE_ALGORITHM,
    REFUSAL_EXTERNAL_ACCOUNT,
    REFUSAL_INVALID_CONTACT,
    REFUSAL_INVALID_PROFILE,
    REFUSAL_KEY_IN_USE,
    REFUSAL_MALFORMED,
    REFUSAL_MEDIA_TYPE,
    REFUSAL_METHOD,
    REFUSAL_NOT_FOUND,
    REFUSAL_ORDER_NOT_READY,
    REFUSAL_RATE_LIMITED,
    REFUSAL_REJECTED_IDENTIFIER,
    REFUSAL_SERVER_INTERNAL,
    REFUSAL_TERMS,
    REFUSAL_UNAUTHORIZED,
    REFUSAL_UNAVAILABLE,
    REFUSAL_UNSUPPORTED_CONTACT,
    REFUSAL_UNSUPPORTED_IDENTIFIER,
    REFUSAL_COUNT
};

struct served_request {
    struct acmeserver *server;
    const struct acmeserver_settings *settings;
    struct exchange *x;
    struct arena *arena;
    struct db *db;
    int64_t now;
    enum resource resource;
    const char *args[REQUEST_PATH_ARGS_MAX];
    struct jws jws;
    struct served_account account; /* of the kid; without id: signed by a key alone */
    json_t *payload;               /* an object, {} for other bodies of tests; NULL: POST-as-GET */
    void *prepared;                /* from prepare to handle */
    /* the answer */
    int status; /* 200 unless set */
    json_t *reply;
    struct slice raw; /* with a content type, instead of `reply` */
    const char *content_type;
    enum refusal refusal;
    json_t *subproblems; /* of a refusal, kept by the arena; or NULL */
    int64_t told;        /* Retry-After of a fault on purpose; 0: none */
};

/* `return refuse(rq, REFUSAL_MALFORMED, e, "en", "中文");` */
#define refuse(rq, refusal_, e, ...) ((rq)->refusal = (refusal_), fail((e), ERR_BAD_REQUEST, __VA_ARGS__))
/* Adds one identifier that is at fault. */
void refuse_identifier(struct served_request *rq, enum refusal refusal, const char *type, const char *value,
                       const char *detail);
/* The problem document of an error as the answer. */
void refusal_answer(struct served_request *rq, const struct error *e);
/* A problem as JSON, as it is kept in rows and shown in orders and challenges. */
const char *refusal_text(struct arena *a, const char *type, const char *detail);

/* Whoever asks for this URL was told to wait. One that finds its place taken goes uncounted. */
struct wait {
    uint64_t url; /* a digest */
    int64_t until;
};
enum { WAITS_MAX = 4096 };

/* Whose the CA is: of no account of Tenure. */
#define ACMESERVER_ACCOUNT "acmeserver"

struct acmeserver {
    const struct acmeserver_settings *settings;
    struct services *services;
    struct arena *arena;
    struct nonces nonces;
    struct faults faults;
    struct wait waits[WAITS_MAX];
    int64_t clock; /* as in the settings, moved */
    const struct route *routes;
    struct {
        int64_t requests[RESOURCE_COUNT];
        int64_t answers[6];   /* by hundreds */
        int64_t too_early;    /* before the Retry-After of a 429 or 503 for the same URL was over */
        int64_t over_limit;   /* requests that a limit turned away */
        int64_t bad_nonces;   /* that the client made up or used twice */
        int64_t certificates; /* signed */
        int64_t failed_looks; /* challenges that were not met */
    } counts;
};

/* "order", id → the URL of such a resource. */
const char *served_url(const struct served_request *rq, const char *kind, const char *id);
/* A text member of the payload; NULL if it is absent. False if it is there and no text. */
bool served_text(struct served_request *rq, const char *member, const char **text, struct error *e);
/* The same for a time; `*t` stays as it is if the member is absent. */
bool served_time(struct served_request *rq, const char *member, int64_t *t, struct error *e);
/* Not for POST-as-GET. */
bool served_payload(struct served_request *rq, struct error *e);
/* What belongs to another account is not for this one. */
bool served_own(struct served_request *rq, const char *account_id, struct error *e);
void served_retry_after(struct served_request *rq, int64_t seconds);
/* A member that is left out if the text is NULL. */
void served_set(json_t *object, const char *member, const char *text);
/* The same for a time: 0 is left out. */
void served_set_time(struct served_request *rq, json_t *object, const char *member, int64_t t);
const char *resource_name(enum resource resource);
/* Profiles: their lifetimes; 0 if there is no such profile. */
int64_t served_profile_seconds(const struct acmeserver_settings *settings, const char *name);

/* ---- resources: each is a row of the table in acmeserver.c ---- */

typedef bool resource_half(struct served_request *rq, struct error *e);

resource_half account_new_prepare, account_new_handle, account_update_handle, account_orders_handle,
    account_key_prepare, account_key_handle;
resource_half order_new_prepare, order_new_handle, order_show_handle, authorization_handle, challenge_handle;
resource_half finalize_prepare, finalize_handle, finalize_after;
resource_half certificate_handle, certificate_alternate_handle, revoke_prepare, revoke_handle,
    renewal_info_handle, crl_handle, ca_handle;
resource_half test_faults_show, test_faults_change, test_windows, test_revoke, test_counts, test_roots,
    test_clock;

/* ---- served_account_db.c ---- */

bool served_account_get(struct db *db, struct arena *a, const char *id, struct served_account *account,
                        struct error *e);
/* Without id if there is none. */
bool served_account_by_key(struct db *db, struct arena *a, const char *thumbprint,
                           struct served_account *account, struct error *e);
bool served_account_insert(struct db *db, const struct served_account *account, struct error *e);
bool served_account_set(struct db *db, const struct served_account *account, struct error *e);
bool served_account_count(struct db *db, int64_t since, struct served_count *count, struct error *e);

/* ---- served_order_db.c ---- */

bool served_order_get(struct db *db, struct arena *a, const char *id, struct served_order *order,
                      struct error *e);
/* An open one for the same; without id if there is none. */
bool served_order_same(struct db *db, struct arena *a, const struct served_order *wanted, int64_t now,
                       struct served_order *order, struct error *e);
bool served_order_insert(struct db *db, const struct served_order *order, struct error *e);
bool served_order_count(struct db *db, const char *account_id, int64_t since, struct served_count *count,
                        struct error *e);
/* Behind `after`, at most `limit`. */
bool served_order_list(struct db *db, struct arena *a, const char *account_id, const char *after,
                       int64_t limit, struct served_order **orders, size_t *count, struct error *e);
/* Only from `from` (NULL: whatever it is). */
bool served_order_become(struct db *db, const char *id, const char *from, const char *to, const char *problem,
                         struct error *e);
/* To `processing`, if it is ready: `changed` tells. */
bool served_order_begin(struct db *db, const char *id, const char *certificate_id, bool *changed,
                        struct error *e);
bool served_order_states(struct db *db, const char *status, int64_t *count, struct error *e);
bool served_order_abandoned(struct db *db, int64_t before, int64_t *count, struct error *e);

/* ---- served_authorization_db.c ---- */

bool served_authorization_get(struct db *db, struct arena *a, const char *id,
                              struct served_authorization *authorization, struct error *e);
/* The newest valid one; without id if there is none. */
bool served_authorization_find(struct db *db, struct arena *a, const char *account_id,
                               const struct served_authorization *wanted, int64_t now,
                               struct served_authorization *found, struct error *e);
bool served_authorization_insert(struct db *db, const struct served_authorization *authorization,
                                 struct error *e);
bool served_authorization_link(struct db *db, const char *order_id, int64_t position, const char *id,
                               struct error *e);
/* Of an order, in its order. */
bool served_authorization_list(struct db *db, struct arena *a, const char *order_id,
                               struct served_authorization **list, size_t *count, struct error *e);
/* And all that depends on it: orders that now have what they need become ready; those that cannot have it
 * any more become invalid. */
bool served_authorization_become(struct db *db, const char *id, const char *to, int64_t expires_at,
                                 const char *problem, struct error *e);
bool served_challenge_get(struct db *db, struct arena *a, const char *id, struct served_challenge *challenge,
                          struct error *e);
bool served_challenge_insert(struct db *db, const struct served_challenge *challenge, struct error *e);
bool served_challenge_list(struct db *db, struct arena *a, const char *authorization_id,
                           struct served_challenge **list, size_t *count, struct error *e);
bool served_challenge_set(struct db *db, const struct served_challenge *challenge, struct error *e);

/* ---- served_certificate_db.c ---- */

bool served_certificate_get(struct db *db, struct arena *a, const char *id,
                            struct served_certificate *certificate, struct error *e);
/* Without id if there is none. */
bool served_certificate_by_identifier(struct db *db, struct arena *a, const char *identifier,
                                      struct served_certificate *certificate, struct error *e);
bool served_certificate_insert(struct db *db, const struct served_certificate *certificate, struct error *e);
/* der, identifier, names, spki: what was signed. */
bool served_certificate_set_signed(struct db *db, const struct served_certificate *certificate,
                                   struct error *e);
/* Unless an order that is not invalid has replaced it already. */
bool served_certificate_replace(struct db *db, const char *id, const char *order_id, bool *changed,
                                struct error *e);
/* `id` NULL: of all; 0, 0: as its dates have it. `changed`: how many. */
bool served_certificate_set_window(struct db *db, const char *id, int64_t start, int64_t end,
                                   int64_t *changed, struct error *e);
bool served_certificate_revoke(struct db *db, const char *id, int64_t reason, int64_t now, int64_t *changed,
                               struct error *e);
/* For a CRL: serial, revoked_at, reason. */
bool served_certificate_list_revoked(struct db *db, struct arena *a, const char *ca_id, int64_t ends_after,
                                     struct served_certificate **list, size_t *count, struct error *e);
bool served_alternate_get(struct db *db, struct arena *a, const char *ca_id,
                          struct served_alternate *alternate, struct error *e);
bool served_alternate_insert(struct db *db, const struct served_alternate *alternate, struct error *e);

/* ---- what depends on rows and time ---- */

const char *served_order_status(const struct served_order *order, int64_t now);
const char *served_authorization_status(const struct served_authorization *authorization, int64_t now);

/* The order of the path, if it is the account's; and its answer, read afresh. */
bool served_order_own(struct served_request *rq, struct served_order *order, struct error *e);
bool served_order_show(struct served_request *rq, const char *id, struct error *e);

/* ---- looking ---- */

struct challenge_kind {
    const char *type;
    bool wildcards, addresses, token;
};
extern const struct challenge_kind challenge_kinds[]; /* ends with a row without a type */
/* By which the CA is named in CAA records and those of dns-persist-01. */
#define ACMESERVER_DOMAIN "test-ca.invalid"

/* ---- steps ---- */

bool served_look(struct work *w, struct error *e);
bool served_look_save(struct work *w, struct error *e);
bool served_sign(struct work *w, struct error *e);
bool served_sign_save(struct work *w, struct error *e);
bool served_crl(struct work *w, struct error *e);
bool served_crl_save(struct work *w, struct error *e);
/* The alternate chain of the intermediate, made if it is not there. */
bool alternate_ensure(struct acmeserver *server, struct arena *a, int64_t now, struct error *e);
