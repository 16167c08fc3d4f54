/*
 * Publishing what a CA looks for (RFC 8555, section 8): others check us here, in validate/ we check others.
 *
 * A solver is a row of an account: which names are solved in which way. A solution is one thing that is
 * published for one authorization: a row before it is made, gone only when it was taken away again. Steps:
 * solve (publish) → seen (look whether the world has it) → ready: its certificate is woken; clear.
 */
#pragma once
#include "http/route.h"
#include "validate/persist.h"
#include "validate/propagation.h"

enum challenge_type {
    CHALLENGE_HTTP_01,
    CHALLENGE_DNS_01,
    CHALLENGE_TLS_ALPN_01,
    CHALLENGE_DNS_PERSIST_01,
    CHALLENGE_TYPE_COUNT
};

/* "http-01"; CHALLENGE_TYPE_COUNT for what we do not know. */
const char *challenge_type_name(enum challenge_type type);
enum challenge_type challenge_type_parse(const char *name);

/* How names at and below `zone` are proven. */
struct solver {
    const char *id, *account_id;
    const char *zone; /* lower case, no final dot; "." for every name */
    const char *type; /* "dns-01" … */
    const char *kind;
    const char *settings;  /* JSON object of the kind's fields */
    struct slice sealed;   /* PURPOSE_SECRET, under `id`; empty: it has none */
    int64_t doubt_seconds; /* how long what we see may delay what the CA is asked */
    int64_t created_at, removed_at;
    /* of bodies and answers */
    const char *secret;
    bool has_secret;
};
enum { DOUBT_DEFAULT = 120, DOUBT_MAX = 7 * 86400 };
enum { SOLVERS_MAX = 1000 }; /* of an account */

struct solution {
    const char *id, *account_id;
    const char *application_id, *certificate_id; /* NULL: a test of a solver, or for a validation */
    const char *validation_id; /* what looks for it is Tenure itself (automatic.h); NULL: a CA does */
    const char *name;          /* identifier, without "*."; or an IP address */
    const char *type, *kind;
    const char *solver_id;                 /* NULL: a kind that needs no row */
    int64_t doubt_seconds;                 /* of the solver */
    const char *token, *key_authorization; /* base64url; token "" where the type has none */
    const char *value;  /* of the TXT record: base64url(SHA-256(key_authorization)); or of dns-persist-01 */
    const char *place;  /* the record's name behind all CNAMEs, once it is known; or the file */
    const char *handle; /* what the provider calls it; NULL: nothing */
    int64_t created_at;
    int64_t placed_at;   /* published */
    int64_t ready_at;    /* the CA may look: seen by us, or our doubt is over */
    int64_t unwanted_at; /* the CA has decided */
    int64_t removed_at;
    int64_t looks, looked_at;
    const char *reason; /* what the last look found: validate/reason.c, or an error code; NULL */
    const char *detail_en, *detail_zh;
};

extern const struct field solver_fields[], solution_fields[];

/* What one look found, and what each server answered. */
struct solution_look {
    const char *id, *account_id, *solution_id;
    int64_t at;
    const char *reason, *detail_en, *detail_zh;
    const char *answers; /* JSON: [{server, question, answer, ms}] */
};
extern const struct field solution_look_fields[];

/* ---- what a process needs to solve: services->solve ---- */

/* Where the CNAMEs of a record lead. */
struct place {
    const char *name; /* the last one */
    bool looped;
    bool wildcard; /* the first one answers for every name: a record of our own takes its place */
};

/* One at a CA. */
struct ca_account {
    const char *issuer; /* id of an issuer, or a domain name that a CA calls itself by: then the latter */
    const char *uri;    /* NULL: there is none, or nobody knows that CA */
};

/* What the role `responder` serves; where it has no address, its kinds cannot be chosen. By HTTP there is
 * always one: the daemon's own port answers, too. */
struct solve_settings {
    bool tls;
    const char *zone;                   /* of the delegated names; NULL: it answers no DNS */
    const struct runner_policy *policy; /* runner/runner.h: the commands that hooks may name */
    /* The account of that CA which is ours: issue/issue.h. NULL: nobody knows. */
    bool (*ca_account)(const struct services *services, struct arena *a, const char *account_id,
                       struct ca_account *wanted, struct error *e);
    /* Asking the world; tests have their own. */
    bool (*follow)(const struct services *services, struct arena *a, const char *record, struct place *place,
                   struct error *e);
    bool (*look)(const struct validator *v, struct arena *a, const struct propagation *what,
                 struct check *check, struct error *e);
};
/* place.c: along the CNAMEs as the authoritative servers tell them. Who answers nothing leads nowhere. */
bool place_follow(const struct services *services, struct arena *a, const char *record, struct place *place,
                  struct error *e);
/* The name at which what belongs to the record must stand. ERR_CNAME_LOOP. */
bool place_locate(const struct services *services, struct arena *a, const char *record, struct place *place,
                  struct error *e);

/* ---- for issuers ---- */

/* What a CA offers for one authorization. */
struct offer {
    const char *name; /* without "*." */
    bool wildcard, address;
    unsigned types; /* 1 << enum challenge_type */
};

/*
 * The best way to prove the name with what is offered. `kind` manual if nothing of our own can; false with
 * ERR_NO_SOLVER if not even that, or ERR_NAME_NOT_YOURS if what is configured is for names of the account's
 * own and this one is not known to be. Asks DNS where names can be delegated to us: outside of transactions.
 */
bool solver_choose(const struct services *services, struct arena *a, const char *account_id,
                   const struct offer *offer, struct solver *solver, struct error *e);
/* By what, and where, a name is proven by a record. */
struct proving {
    const char *account_id, *name;
    struct solver solver; /* as it was chosen by the name */
    const char *place;    /* NULL: DNS is asked */
};
/* Where the CNAMEs of its record lead. Into a zone that the account has a solver for: that one writes there;
 * to where we answer: `delegated`. ERR_CNAME_LOOP. */
bool solver_locate(const struct services *services, struct arena *a, struct proving *p, struct error *e);
/*
 * Inside a transaction. The caller gives account, application, certificate, name, token, key_authorization
 * and value; the rest is filled in. Publishing begins with the step `solve`, or has begun with the row
 * itself. A repeat for the same application, name and token finds the row that is there. When the CA may look
 * (ready_at), the certificate's step SOLVE_WAKES is due. ERR_BAD_FIELD for a token that is not base64url,
 * ERR_NAME_NOT_YOURS.
 */
#define SOLVE_WAKES "request"
bool solution_begin(const struct services *services, struct arena *a, const struct solver *solver,
                    struct solution *solution, int64_t now, struct error *e);
/* Of an application, by name, those that are not removed. */
bool solution_list(struct db *db, struct arena *a, const char *application_id, struct solution **list,
                   size_t *count, struct error *e);
/* Inside a transaction: the CA has decided, or nobody wants it any more. All of an application. */
bool solution_release(struct db *db, struct arena *a, const char *application_id, int64_t now,
                      struct error *e);

/* The same for what belongs to a validation of our own. */
bool solution_list_validation(struct db *db, struct arena *a, const char *validation_id,
                              struct solution **list, size_t *count, struct error *e);
bool solution_release_validation(struct db *db, struct arena *a, const char *validation_id, int64_t now,
                                 struct error *e);
/* Nobody asks for it but a person who tries a solver. */
static inline bool solution_is_test(const struct solution *s) {
    return !s->application_id && !s->validation_id;
}

/* ---- what the responders answer ---- */

/* The key authorization of a token; ERR_NOT_FOUND, also for what is no token. */
bool solution_answer_http(struct db *db, struct arena *a, const char *token, const char **answer,
                          struct error *e);
/* The digest that tls-alpn-01 shows for a name or an address, the newest if there are several;
 * ERR_NOT_FOUND. */
bool solution_answer_tls(struct db *db, struct arena *a, const char *name, const char **key_authorization,
                         struct error *e);
/* The values at a delegated name. */
bool solution_answer_dns(struct db *db, struct arena *a, const char *place, const char ***values,
                         size_t *count, struct error *e);

/* ---- for kinds ---- */

struct solving {
    struct arena *arena;
    const struct services *services;
    int64_t now;
    void *settings;              /* the kind's own struct, filled from its fields */
    const struct secret *secret; /* opened; NULL: none */
    struct solution *solution;   /* place and value are set; `handle` may be set by place() */
};

/* A way to publish: one file solve_KIND.c that ends in this struct, one line in solver.c: kinds[], one in
 * meson.build. */
struct solver_ops {
    const char *kind;
    struct text title;
    unsigned types;  /* 1 << enum challenge_type */
    bool at_once;    /* the row itself is what is served: no place, no remove */
    bool by_person;  /* somebody else places it: it is ready when it is seen, and not before */
    bool stands;     /* by a person, once for many: he is asked if it is not there already */
    bool shared;     /* its means are the installation's: for names of the account's own (name_grant.h) */
    bool any_record; /* place() puts `value` at `place`, whatever these are: of no challenge, too */
    bool secret;     /* needs one */
    const struct field *settings;
    size_t settings_size;
    /* It can be done with what tenure.yaml has; NULL: always. */
    bool (*possible)(const struct services *services, enum challenge_type type);
    /* The settings by themselves; NULL: their fields say all. ERR_BAD_FIELD. */
    bool (*check)(const struct services *services, const void *settings, struct error *e);
    /* Where it is published, if that does not depend on the world; NULL: the record behind all CNAMEs. */
    const char *(*place_of)(const struct services *services, struct arena *a, const struct solution *s,
                            const void *settings);
    /* Outside of transactions; both may be repeated. place() leaves other values at the same name alone;
     * remove() takes away what `solution` names and nothing else, and is content if it is not there. What
     * either has to tell people stands in the solution's detail_en and detail_zh afterwards. */
    bool (*place)(struct solving *s, struct error *e);
    bool (*remove)(struct solving *s, struct error *e);
};
const struct solver_ops *solver_kind(const char *kind);
extern const struct solver_ops *const solver_kinds[]; /* NULL-terminated */

enum { DELEGATED_LABEL = 32 }; /* letters of its first label */
/* The name below the responder's zone that an account's name is delegated to: nobody else can answer there.
 * NULL without a zone. */
const char *delegated_name(struct arena *a, const struct solve_settings *settings, const char *account_id,
                           const char *name);

/* What may be a token or a key authorization of a CA: base64url, with one dot in the latter. */
bool token_valid(const char *text);
bool key_authorization_valid(const char *text);
/* The TXT record of dns-persist-01 that says this: the value of such a solution. */
const char *persist_value(struct arena *a, const struct persist *persist);
/* base64url(SHA-256(text)). */
const char *challenge_digest(struct arena *a, const char *text);

/* ---- steps ---- */

bool solve_place(struct work *w, struct error *e);
bool solve_placed(struct work *w, struct error *e);
bool solve_look(struct work *w, struct error *e);
bool solve_seen(struct work *w, struct error *e);
bool solve_remove(struct work *w, struct error *e);
bool solve_removed(struct work *w, struct error *e);
/* Notes why publishing or taking away failed; a person is told when it goes on failing. */
bool solve_failed(struct work *w, const struct error *cause, struct error *e);
/* Part of the step `retention`: what was taken away 30 days ago, and removed solvers without solutions. */
bool solve_purge(struct work *w, struct error *e);

/* Step `delegated` of a delegation: does the CNAME lead to us? At first after minutes, then daily. */
bool delegation_look(struct work *w, struct error *e);
bool delegation_seen(struct work *w, struct error *e);

extern const struct route solver_routes[], solution_routes[], delegation_routes[], name_grant_routes[];
