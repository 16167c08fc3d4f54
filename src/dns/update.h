/*
 * Changing a zone by RFC 2136, signed with a key (TSIG, RFC 8945). ERR_DNS_KEY_REFUSED,
 * ERR_DNS_CHANGE_REFUSED, ERR_DNS_ZONE_NOT_FOUND; ERR_TIMED_OUT, ERR_UNREACHABLE and ERR_ADDRESS_NOT_ALLOWED
 * for no answer at all.
 */
#pragma once
#include "base/secret.h"
#include "dns/dns.h"

struct dns_update {
    const struct outbound_policy *policy; /* is asked unless the server is a configured one */
    struct dns_server server;
    const char *zone; /* no final dot; NULL: the server is asked */
    const char *key_name;
    const char *algorithm;    /* "hmac-sha256" */
    const struct secret *key; /* base64 */
    bool tcp;                 /* never by UDP */
    int timeout_ms;           /* for each of the two messages */
};

/* Those that ldns has and that nobody advises against. */
bool dns_update_algorithm_known(const char *algorithm);

/* One TXT value beside those that stand at the name; it may be there already. */
bool dns_update_add(struct arena *a, const struct dns_update *update, const char *name, const char *value,
                    int64_t ttl, struct error *e);
/* That value and no other; it need not be there: who refuses to take it away is asked whether it is. */
bool dns_update_remove(struct arena *a, const struct dns_update *update, const char *name, const char *value,
                       struct error *e);
