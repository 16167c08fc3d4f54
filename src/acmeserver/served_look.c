/* Looking whether a challenge is met, and what follows for authorization and orders (RFC 8555, 7.1.6 and 8).
 */
#include "acmeserver/served.h"
#include "solve/solve.h"
#include "validate/persist.h"
#include "validate/propagation.h"

const struct challenge_kind challenge_kinds[] = {
    {"http-01", .addresses = true, .token = true},
    {"dns-01", .wildcards = true, .token = true},
    {"tls-alpn-01", .addresses = true, .token = true},
    {"dns-persist-01", .wildcards = true},
    {0},
};

struct look {
    struct served_challenge challenge;
    struct served_authorization authorization;
    const char *type, *detail; /* why it is not met; NULL: it is */
};

/* What we saw, in the words of RFC 8555, 6.7. */
static const char *problem_of(enum reason reason) {
    static const char *const types[REASON_COUNT] = {
        [REASON_NXDOMAIN] = "dns",        [REASON_SERVFAIL] = "dns",
        [REASON_DNSSEC_BROKEN] = "dns",   [REASON_CNAME_LOOP] = "dns",
        [REASON_TIME_OUT] = "connection", [REASON_CONNECTION_REFUSED] = "connection",
        [REASON_CAA_FORBIDS] = "caa",     [REASON_REDIRECT_REFUSED] = "connection",
    };
    return types[reason] ? types[reason] : "unauthorized";
}

/* What must be found for this account: its key is part of it. */
static bool what_for(struct work *w, const struct look *look, struct propagation *what, struct error *e) {
    struct acmeserver *server = w->services->acmeserver;
    struct served_account account;
    if (!served_account_get(w->db, w->arena, look->challenge.account_id, &account, e))
        return false;
    *what =
        (struct propagation){.type = look->challenge.type, .name = look->authorization.name, .now = w->now};
    const char *token = what->token = look->challenge.token;
    if (!token) {
        const struct persist wanted = {
            .issuer = ACMESERVER_DOMAIN,
            .account_uri = arena_printf(w->arena, "%s/acme/account/%s", server->settings->url, account.id),
            .wildcard = look->authorization.wildcard};
        what->value = persist_value(w->arena, &wanted);
        return true;
    }
    what->key_authorization = key_authorization(w->arena, token, account.thumbprint);
    what->value = key_authorization_dns_value(w->arena, what->key_authorization);
    return true;
}

/* ---- records: what a resolver finds, as CAs have it; they ask no server by itself ---- */

static bool has_value(struct arena *a, const struct propagation *what, struct slice text) {
    struct persist found, wanted;
    if (what->token)
        return slice_equal(text, slice_str(what->value));
    return persist_read(a, slice_str(what->value), &wanted) && persist_read(a, text, &found) &&
           persist_serves(&found, &wanted, what->now);
}

static bool holds(struct arena *a, const struct propagation *what, const struct dns_result *result) {
    struct slice text;
    for (size_t i = 0; i < result->count; i++)
        if (dns_txt(a, result->data[i], &text) && has_value(a, what, text))
            return true;
    return false;
}

static bool look_for_record(struct work *w, struct look *look, const struct propagation *what,
                            const char *host, struct error *e) {
    struct dns_result result;
    struct dns *dns = NULL;
    bool asked = dns_open(w->arena, w->services->validator->dns, &dns, e) &&
                 dns_validated(dns, host, DNS_TXT, &result, e);
    dns_close(dns);
    if (!asked)
        return false;
    bool failed = dns_failed(&result);
    if (!failed && holds(w->arena, what, &result))
        return true;
    look->type = failed ? "dns" : "unauthorized";
    look->detail = arena_printf(w->arena, "TXT %s: %s, %zu records, none with the right value", host,
                                look_up_text(w->arena, &result), result.count);
    return true;
}

/* ---- files and handshakes ---- */

static bool look_at_addresses(struct work *w, struct look *look, const struct propagation *what,
                              struct error *e) {
    struct check *check = ARENA_NEW(w->arena, struct check);
    if (!propagation_look(w->services->validator, w->arena, what, check, e))
        return false;
    if (check->reason == REASON_FOUND)
        return true;
    look->type = problem_of(check->reason);
    look->detail = arena_printf(w->arena, "%s: %s", reason_row(check->reason)->title.in[LANG_EN],
                                check->detail.in[LANG_EN]);
    return true;
}

static bool ask_the_world(struct work *w, struct look *look, struct error *e) {
    struct propagation what;
    if (!what_for(w, look, &what, e))
        return false;
    const char *host = propagation_record(w->arena, what.type, what.name);
    return host ? look_for_record(w, look, &what, host, e) : look_at_addresses(w, look, &what, e);
}

bool served_look(struct work *w, struct error *e) {
    struct look *look = w->prepared = ARENA_NEW(w->arena, struct look);
    struct acmeserver *server = w->services->acmeserver;
    if (!served_challenge_get(w->db, w->arena, w->item->subject, &look->challenge, e) ||
        !served_authorization_get(w->db, w->arena, look->challenge.authorization_id, &look->authorization, e))
        return false;
    if (fault_happens(&server->faults, FAULT_VALIDATION_FAILED, RESOURCE_CHALLENGE)) {
        look->type = "unauthorized";
        look->detail = "a fault on purpose: validation_failed";
        return true;
    }
    return server->settings->always_valid || ask_the_world(w, look, e);
}

/* Only an open authorization is decided; another challenge, or its account, may have been faster. */
bool served_look_save(struct work *w, struct error *e) {
    struct look *look = w->prepared;
    struct acmeserver *server = w->services->acmeserver;
    struct served_authorization now;
    if (!served_authorization_get(w->db, w->arena, look->authorization.id, &now, e))
        return false;
    if (strcmp(now.status, "pending") != 0)
        return true;
    server->counts.failed_looks += look->type != NULL;
    look->challenge.status = look->type ? "invalid" : "valid";
    look->challenge.problem = look->type ? refusal_text(w->arena, look->type, look->detail) : NULL;
    look->challenge.validated_at = look->type ? 0 : w->now;
    return served_challenge_set(w->db, &look->challenge, e) &&
           served_authorization_become(w->db, now.id, look->challenge.status,
                                       look->type ? now.expires_at
                                                  : w->now + server->settings->authorization_seconds,
                                       look->challenge.problem, e);
}
