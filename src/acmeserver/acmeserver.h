/*
 * An ACME server (RFC 8555; RFC 9773; the profiles draft) over plain HTTP on one address: `tenure test-ca`,
 * a CA to rehearse with that can misbehave on purpose. It has a database, a CA and a process of its own:
 *
 *     acmeserver_open, then in a loop: http/server with acmeserver_handle, and flow_run_all over
 *     acmeserver_steps.
 */
#pragma once
#include "flow/flow.h"
#include "http/server.h"

/* What the CA has given out, for external account binding. */
struct external_key {
    const char *kid;
    struct slice mac_key;
};

enum { EXTERNAL_KEYS_MAX = 16, BLOCKED_MAX = 16 };

/* At most `count` in any `seconds`; 0: as many as they like. */
struct request_limit {
    int64_t count, seconds;
};

struct acmeserver_settings {
    const char *url;   /* that all of its URLs begin with; no slash at its end */
    bool always_valid; /* every challenge is taken as met; otherwise services->validator looks */
    int64_t lifetime_seconds;
    int64_t reuse_percent; /* of valid authorizations that another order may use */
    int64_t order_seconds, authorization_seconds;
    int64_t abandoned_seconds;                       /* an open order of this age counts as abandoned */
    int64_t suggest_seconds;                         /* Retry-After of renewalInfo; 0: it has none */
    struct request_limit orders;                     /* of an account */
    struct request_limit accounts;                   /* of everybody */
    struct external_key external[EXTERNAL_KEYS_MAX]; /* none: accounts need no binding */
    size_t external_count;
    const char *blocked[BLOCKED_MAX]; /* these names and those below are refused */
    size_t blocked_count;
    uint64_t seed; /* of the faults */
    int64_t clock; /* tests: it begins then and is moved by them; 0: the real one */
};

extern const struct acmeserver_settings acmeserver_defaults;

struct acmeserver;

/* In the open, migrated database of `services`: makes the CA if there is none. `settings` must live as long
 * as the server does; services->acmeserver is set. */
bool acmeserver_open(struct acmeserver **server, struct arena *a, struct services *services,
                     const struct acmeserver_settings *settings, int64_t now, struct error *e);
/* "bad_nonce=30": how many of a hundred; ERR_BAD_FIELD. */
bool acmeserver_set_fault(struct acmeserver *server, const char *text, struct error *e);

/* The time that is to be handed down: the real one, unless a test moves it. */
int64_t acmeserver_now(const struct acmeserver *server, int64_t real);

/* For http/server.h; the context is the server. */
size_t acmeserver_body_max(void *context, const char *method, const char *path);
void acmeserver_handle(void *context, struct exchange *x);

/* What goes on between the requests. */
extern const struct step acmeserver_steps[];
