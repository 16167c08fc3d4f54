/*
 * What an ACME server says (RFC 8555, section 7.1; RFC 9773; the profiles draft). What is needed must be
 * there; members, challenge types and states that we do not know are kept as unknown and are never an error.
 * Numbers and sizes are bounded. All readers: ERR_ACME_ANSWER names what is wrong.
 */
#pragma once
#include "base/error.h"
#include "pki/cert.h"

enum acme_status {
    ACME_UNKNOWN, /* a state that we do not know */
    ACME_PENDING,
    ACME_READY,
    ACME_PROCESSING,
    ACME_VALID,
    ACME_INVALID,
    ACME_DEACTIVATED,
    ACME_REVOKED,
    ACME_EXPIRED,
    ACME_STATUS_COUNT
};

const char *acme_status_name(enum acme_status status); /* "unknown", "pending" … */
enum acme_status acme_status_parse(const char *name);  /* ACME_UNKNOWN for NULL, too */

enum {
    ACME_IDENTIFIERS_MAX = 1000,
    ACME_CHALLENGES_MAX = 32,
    ACME_PROFILES_MAX = 64,
    ACME_SUBPROBLEMS_MAX = 100,
    ACME_TEXT_MAX = 2000, /* URLs, details; longer details are cut */
    ACME_CHAIN_MAX = 16
};

struct acme_identifier {
    const char *type, *value; /* "dns", "ip" */
};

struct acme_subproblem {
    const char *type, *detail;         /* as in a problem */
    struct acme_identifier identifier; /* NULL, NULL: none */
};

/* RFC 8555, 6.7. */
struct acme_problem {
    const char *type;     /* "rateLimited": without "urn:ietf:params:acme:error:"; others as they are */
    const char *detail;   /* as the CA wrote it; empty if it wrote nothing */
    const char *instance; /* or NULL: where a person goes on (userActionRequired) */
    int64_t status;       /* 0: none */
    struct acme_subproblem *subproblems;
    size_t subproblem_count;
};

struct acme_profile {
    const char *name, *description;
};

struct acme_directory {
    const char *new_nonce, *new_account, *new_order, *revoke_cert, *key_change;
    const char *new_authz, *renewal_info; /* or NULL */
    const char *terms_of_service, *website;
    const char *caa_identities; /* one space between; NULL: none */
    bool external_account_required;
    struct acme_profile *profiles;
    size_t profile_count;
};

/* What newAccount answers. */
struct acme_account_object {
    enum acme_status status;
    const char *contact; /* "mailto:a@example.com …", one space between; NULL: none */
    const char *orders;
    bool terms_agreed;
};

struct acme_order {
    enum acme_status status;
    int64_t expires, not_before, not_after; /* 0: none */
    struct acme_identifier *identifiers;
    size_t identifier_count;
    const char **authorizations;
    size_t authorization_count;
    const char *finalize;
    const char *certificate, *replaces, *profile; /* or NULL */
    const struct acme_problem *problem;           /* or NULL */
};

struct acme_challenge {
    const char *type; /* "http-01" … any other too */
    const char *url;
    const char *token;               /* NULL: a type without one; else base64url, checked */
    const char *issuer_domain_names; /* of dns-persist-01, one space between; NULL */
    enum acme_status status;
    int64_t validated;
    const struct acme_problem *problem;
};

struct acme_authorization {
    struct acme_identifier identifier; /* without "*." */
    enum acme_status status;
    int64_t expires;
    bool wildcard;
    struct acme_challenge *challenges;
    size_t challenge_count;
};

struct acme_renewal_info {
    int64_t start, end; /* start < end */
    const char *explanation_url;
};

bool acme_read_directory(struct arena *a, struct slice json, struct acme_directory *directory,
                         struct error *e);
/* The CA has a certificate profile of that name. */
bool acme_offers(const struct acme_directory *directory, const char *profile);
bool acme_read_account(struct arena *a, struct slice json, struct acme_account_object *account,
                       struct error *e);
bool acme_read_order(struct arena *a, struct slice json, struct acme_order *order, struct error *e);
bool acme_read_authorization(struct arena *a, struct slice json, struct acme_authorization *authorization,
                             struct error *e);
bool acme_read_challenge(struct arena *a, struct slice json, struct acme_challenge *challenge,
                         struct error *e);
bool acme_read_renewal_info(struct arena *a, struct slice json, struct acme_renewal_info *info,
                            struct error *e);
/* Of whatever a server that fails may send: what cannot be read is a problem of no type without detail. */
void acme_read_problem(struct arena *a, struct slice json, struct acme_problem *problem);
/* True if it is of that type. */
bool acme_problem_is(const struct acme_problem *problem, const char *type);
/* For people: the detail, then each subproblem with its identifier; one line, bounded. */
const char *acme_problem_text(struct arena *a, const struct acme_problem *problem);

/* A downloaded chain: PEM certificates, the leaf first, and nothing between them (RFC 8555, 9.1). */
bool acme_read_chain(struct arena *a, struct slice pem, struct cert **certs, size_t *count, struct error *e);
/* RFC 9773, 4.1: what renewalInfo and `replaces` call a certificate. False if it has no authority key id. */
bool acme_certificate_id(struct arena *a, const struct cert *cert, const char **id);
