/*
 * Certificates: what the user manages, their versions, their derived state, and what may be done when
 * (SPEC sections 1-3). Facts are stored; state and actions are derived in pure functions.
 * Slices to the right write facts through the functions here, in their own transaction.
 */
#pragma once
#include "db/step.h"
#include "http/route.h"
#include "notify/notify.h"
#include "pki/import.h"
#include "pki/names.h"
#include "policy/policy.h"

struct certificate {
    const char *id, *account_id;
    int64_t number;
    const char *kind, *brand, *vendor, *profile;
    int64_t profile_version;
    const char *grade, *domain_type, *key_algorithm, *names, *tags;
    int64_t created_at;
    const char *order_id, *order_kind;
    int64_t years, term;
    const char *predecessor_id, *successor_id;
    int64_t paid_at, active_at, submitted_at, rejected_at;
    const char *reject_reason;
    /* What keeps a submitted version from being asked for: an error code (contact_missing …), or the gate
     * that it waits at (validation, review, letter); NULL: nothing. */
    const char *waits_for, *waits_detail_en, *waits_detail_zh;
    bool in_review;
    int64_t reminded_at;
    bool letter_needed;
    int64_t letter_at, cancelled_at, refunded_at, revoke_asked_at, revoked_at, revoke_reason, superseded_at;
    bool specification_changed;
    const char *csr_choice, *own_csr;
    bool auto_versions, hosted, auto_renew, came_managed;
    int64_t key_compromised_at; /* the key of the current version was, with another certificate */
    int64_t last_threshold_at;
    int64_t covered_from, coverage_end, carried_seconds;
    /* the current version */
    const char *version_id;
    int64_t version_count, not_before, version_end;
    const char *serial, *fingerprint;
    bool key_held;
    int64_t next_issue_at, target_count;
    int64_t revision; /* of the row that was read: who changes another one is refused */
    /* derived by certificate_derive */
    int64_t phase, end_at, window_at, expires_at;
    /* for answers only, by certificate_json: not stored */
    const char *state, *state_title, *at_risk, *waits_detail, *revoked_for;
    int64_t days_left; /* -1: there is nothing that expires */
    bool lapsed;
};

extern const struct field certificate_fields[];

struct version {
    const char *id, *account_id, *certificate_id;
    int64_t number;
    const char *serial, *issuer, *subject, *key_algorithm;
    int64_t not_before, end_at;
    const char *fingerprint, *spki_sha256, *key_id, *ca_id;
    int64_t stored_at, revoked_at;
    const char *chain_id;
};

extern const struct field version_fields[];

/* ---- state.c: pure ---- */

enum certificate_state {
    STATE_PENDING_PAYMENT,
    STATE_NOT_ACTIVATED,
    STATE_PENDING_APPLICATION,
    STATE_PENDING_LETTER,
    STATE_VALIDATING,
    STATE_REJECTED,
    STATE_ISSUED,
    STATE_PENDING_EXPIRATION,
    STATE_EXPIRED,
    STATE_REVOKING,
    STATE_REVOKED,
    STATE_CANCELLED,
    STATE_COUNT
};

/* The part of the state that no time changes. Stored, for indexes; numbers never change their meaning. */
enum certificate_phase {
    PHASE_PENDING_PAYMENT = 1,
    PHASE_NOT_ACTIVATED,
    PHASE_PENDING_APPLICATION,
    PHASE_PENDING_LETTER,
    PHASE_VALIDATING,
    PHASE_REJECTED,
    PHASE_VERSIONED, /* issued, pending_expiration or expired: the time decides */
    PHASE_REVOKING,
    PHASE_REVOKED,
    PHASE_CANCELLED,
};

struct state_row {
    const char *name; /* "pending_expiration" */
    struct text title;
};
const struct state_row *state_row(enum certificate_state state);
/* STATE_COUNT for any other text. */
enum certificate_state state_parse(const char *name);

enum certificate_state certificate_state(const struct certificate *c, int64_t now);
/* A version is live: there is one, not revoked, and its last second has not passed. */
bool certificate_live(const struct certificate *c, int64_t now);
/* Expired with coverage left: Tenure keeps trying. */
bool certificate_lapsed(const struct certificate *c, int64_t now);
/* A person must submit, correct or bring something, or a gate must open, before another version is asked for.
 */
bool certificate_waits_for_person(const struct certificate *c);
/* It was submitted and is being validated or reviewed: that goes on by itself, or was told to whom it waits
 * for. */
bool certificate_at_gate(const struct certificate *c);
/* Its current version ends before its coverage and the next one is overdue: the reason, or NULL. */
const struct text *certificate_at_risk(const struct certificate *c, int64_t now);
/* Fills phase, end_at, window_at and expires_at from the facts. Called by every function that stores. */
void certificate_derive(struct certificate *c, const struct profile *profile);
/* The index range of a state: phase, and bounds for window_at and expires_at (0: none). */
struct state_range {
    int64_t phase;
    int64_t window_above, window_upto, expires_above, expires_upto;
};
struct state_range state_range(enum certificate_state state, int64_t now);

/* ---- action.c: pure; the table of SPEC section 3 ---- */

enum action {
    ACTION_PAY,
    ACTION_SUBMIT,
    ACTION_WITHDRAW,
    ACTION_UPLOAD_LETTER,
    ACTION_CHECK_NOW,
    ACTION_REMIND,
    ACTION_APPROVE,
    ACTION_REJECT,
    ACTION_CANCEL,
    ACTION_REFUND,
    ACTION_RENEW,
    ACTION_RENEW_EARLY,
    ACTION_REPLACE,
    ACTION_UPDATE,
    ACTION_BUY_NEW,
    ACTION_REISSUE,
    ACTION_REVOKE,
    ACTION_DOWNLOAD,
    ACTION_DEPLOY,
    ACTION_SYNC,
    ACTION_DELETE,
    ACTION_AUTO_RENEW_ON,
    ACTION_AUTO_RENEW_OFF,
    ACTION_MUTE,
    ACTION_COUNT
};

const char *action_name(enum action action);
const struct text *action_title(enum action action);
enum action action_parse(const char *name);
/* False with all reason codes that apply, in the order of the column, a sentence with the way out, and the
 * present state. */
bool action_allowed(enum action action, const struct certificate *c, const struct profile *profile,
                    int64_t now, struct error *e);

/* ---- certificate_db.c ---- */

/* ERR_NOT_FOUND for unknown and foreign ids alike. */
bool certificate_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                     struct certificate *c, struct error *e);
/* For steps, whose queue row names the account already. */
bool certificate_get_any(struct db *db, struct arena *a, const char *id, struct certificate *c,
                         struct error *e);
/* The policy that it was made under; ERR_CORRUPT if it is gone. */
bool certificate_profile(const struct policies *policies, const struct certificate *c,
                         const struct profile **profile, struct error *e);
/* Gives an id unless there is one, and a number; derives, stores, indexes its words. */
bool certificate_insert(struct db *db, struct arena *a, const struct profile *profile, int64_t now,
                        struct certificate *c, struct error *e);
/*
 * Stores every fact of `c` (read in this transaction), derived anew. Names and tags have functions of their
 * own; grade, kind and vendor never change. Once cancelled or revoked it is no successor any more: its
 * predecessor may have another. ERR_CONFLICT if somebody else has changed the row since `c` was read: of two
 * who do the same thing at once one succeeds.
 */
bool certificate_store(struct db *db, struct arena *a, const struct profile *profile, struct certificate *c,
                       struct error *e);
/* `successor_id` is the one that follows; *done false: another one does. */
bool certificate_follow(struct db *db, const char *id, const char *successor_id, bool *done, struct error *e);
/* `id` follows `predecessor_id` (NULL: nothing) from now on, and is its successor unless it has one. */
bool certificate_tie(struct db *db, const char *predecessor_id, const char *id, struct error *e);
bool certificate_set_names(struct db *db, struct arena *a, struct certificate *c, const char *names,
                           struct error *e);
bool certificate_set_tags(struct db *db, struct arena *a, struct certificate *c, const char *tags,
                          struct error *e);
/* With its versions, its words, and the keys that nothing else of certificates needs. */
bool certificate_delete(struct db *db, struct arena *a, const struct certificate *c, struct error *e);

/*
 * A new current version of `c`: stores it with its DER and chain, and makes it current in `c` (then stored
 * too), whose names, domain type and key algorithm are from then on what the version has.
 */
struct new_version {
    const struct cert *leaf;
    const struct cert *chain;
    size_t chain_count;
    const char *key_id, *ca_id; /* or NULL */
    int64_t next_issue_at;      /* 0: none */
};
bool version_add(struct db *db, struct arena *a, const struct profile *profile, struct certificate *c,
                 const struct new_version *v, int64_t now, struct version *stored, struct error *e);
bool version_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct version *v,
                 struct error *e);
bool version_list(struct db *db, struct arena *a, const char *certificate_id, struct version **versions,
                  size_t *count, struct error *e);
/* The leaf's DER and its chain as PEM. */
bool version_material(struct db *db, struct arena *a, const struct version *v, struct slice *der,
                      const char **chain_pem, struct error *e);
bool version_set_revoked(struct db *db, const char *version_id, int64_t revoked_at, struct error *e);

/* ---- held_key_db.c: private keys, sealed ---- */

struct held_key {
    const char *id, *account_id, *algorithm;
    struct slice spki, sealed;
    const char *spki_sha256;
    int64_t created_at, taken_at;
};
bool held_key_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                  struct held_key *key, struct error *e);
/* The one whose public key has this digest, pooled ones aside; *id NULL if Tenure holds none. */
bool held_key_find(struct db *db, struct arena *a, const char *account_id, const char *spki_sha256,
                   const char **id, struct error *e);
/* `key` has id and account; taken_at 0 puts it into the pool. */
bool held_key_insert(struct db *db, struct arena *a, struct held_key *key, struct error *e);
/* Takes the oldest ready key of an algorithm out of the pool; ERR_NOT_FOUND if it is empty. */
bool held_key_take(struct db *db, struct arena *a, const char *account_id, const char *algorithm, int64_t now,
                   struct held_key *key, struct error *e);
bool held_key_pool_count(struct db *db, const char *account_id, const char *algorithm, int64_t *count,
                         struct error *e);
/* Deletes a key unless a version or a request of the CSR manager has it; the caller knows that no open
 * application does. */
bool held_key_delete_unused(struct db *db, const char *account_id, const char *id, struct error *e);

/* ---- list.c, list_db.c: keyset paging ---- */

struct certificate_filter {
    const char *kind, *state, *tag;
    const char *text;      /* beginnings of words, in any case; several words must all fit */
    const char *name;      /* covers this host, itself or by a wildcard */
    int64_t days_left_max; /* expires in so many days or less, and has not expired; -1: any */
    bool renewable;        /* renew, renew_early or replace is allowed now */
    bool below;            /* of answers: with what follows each */
    /* "created": newest first; "expiry": the nearest first, those without an end last; "word": by the word of
     * the text that was found */
    const char *sort;
    const char *cursor;
    int64_t limit; /* 0: LIST_LIMIT_DEFAULT */
};
/*
 * The next page in a total order that inserts do not disturb. Without `sort` it is "expiry" where the filter
 * is about time (pending_expiration, expired, days_left_max, renewable), "word" for a text without a state,
 * else "created". The work of a page is bounded: where a filter leaves out nearly everything, a page may hold
 * fewer items than asked for, or none, and a cursor all the same; the list ends where `next` is NULL.
 * ERR_BAD_FIELD names the filter at fault.
 */
bool certificate_page(struct db *db, struct arena *a, const struct policies *policies, const char *account_id,
                      const struct certificate_filter *filter, int64_t now, struct certificate **items,
                      size_t *count, const char **next, struct error *e);

/* ---- count_db.c ---- */

bool certificate_count(struct db *db, const char *account_id, enum certificate_state state, int64_t now,
                       int64_t *count, struct error *e);

/* How many have a version, whether it is still good or not. */
bool certificate_count_versioned(struct db *db, const char *account_id, int64_t *count, struct error *e);
/*
 * Those of them whose id, but for its beginning, is a random number below `below` (of two digits, "~": all):
 * the next `limit` behind `after`. Filled in as far as a forecast asks: kind, brand, policy, names, order
 * kind, successor, the current version, the coverage, and the next issue.
 */
struct certificate_walk {
    const char *account_id, *after, *below;
    size_t limit;
};
bool certificate_walk(struct db *db, struct arena *a, const struct certificate_walk *walk,
                      struct certificate **rows, size_t *count, struct error *e);
/* The certificates of an account whose versions end first. */
bool certificate_ending(struct db *db, struct arena *a, const char *account_id, int64_t now, size_t limit,
                        struct certificate **rows, size_t *count, struct error *e);

/* ---- intake.c: import ---- */

struct intake {
    struct import import;
    struct held_key *key; /* sealed, or NULL */
    const char *tags;
    const char *kind;       /* uploaded unless given, or pca */
    const char *source_url; /* of pca: where newer versions are published; or NULL */
};
/* Before the transaction: reads what was brought (SPEC section 18), and has its key sealed. */
bool intake_prepare(const struct services *services, struct arena *a, const char *account_id,
                    struct slice certificate, struct slice key, const struct secret *pass_phrase, int64_t now,
                    struct intake *intake, struct error *e);
/* Stores an uploaded certificate. ERR_ALREADY_EXISTS names the certificate that has it. A key that Tenure
 * already holds for it is linked. */
bool intake_store(const struct services *services, struct arena *a, const char *account_id,
                  const struct intake *intake, int64_t now, struct certificate *c, struct error *e);
/* The same as a new version of an uploaded certificate (action update); its targets follow. ERR_NOT_NEWER. */
bool intake_update(const struct services *services, struct arena *a, const struct intake *intake, int64_t now,
                   struct certificate *c, struct error *e);

/* The same for one of a private CA (action sync). Without its key it must be for the one that is held. */
bool intake_sync(const struct services *services, struct arena *a, const struct intake *intake, int64_t now,
                 struct certificate *c, struct error *e);

/* ---- download.c ---- */

struct download {
    const char *file_name, *content_type;
    struct slice content; /* in memory that is wiped with the arena where it holds a key in the clear */
    bool holds_key;
};
/*
 * format: pem and haproxy (certificate, chain and key in one file), nginx (certificate and chain), apache or
 * cert, chain, key, root, der, pkcs12, pkcs12_legacy; jks is refused with the way to make it from pkcs12.
 * ERR_NO_KEY_HELD where the key is needed. Asks the signer: not within a transaction.
 */
bool download_make(const struct services *services, struct arena *a, const struct certificate *c,
                   const char *format, const struct secret *pass_phrase, struct download *d, struct error *e);

/* ---- tell.c ---- */

/* notify_tell of a certificate: fills in account, certificate, tags and names; the subject unless there is
 * another. */
bool certificate_tell(struct db *db, struct arena *a, const struct certificate *c,
                      const struct notify_event *event, struct error *e);

/* ---- certificate_api.c ---- */

/* What answers tell of a certificate: json_from_row alone would lack its state. New reference. */
json_t *certificate_json(struct arena *a, const struct certificate *c, int64_t now, enum lang lang);

/* The one that the path's first argument names, if it is the caller's. */
bool certificate_of_path(struct request *rq, struct certificate *c, struct error *e);

extern const struct route certificate_routes[];
