/*
 * The role `responder`: what CAs look for is answered from the rows of solve/, by DNS for the zone of
 * delegated names, by HTTP and by TLS, each on an address of its own. One thread, one poll loop, no secrets.
 */
#pragma once
#include "base/error.h"
#include "http/address.h"

enum { RESPONDER_SERVERS_MAX = 8, RESPONDER_ADDRESSES_MAX = 16 };

struct responder_address {
    const char *text; /* numeric, without the port; NULL: nothing listens */
    uint16_t port;
};

/* tenure.yaml, section responder. */
struct responder_settings {
    struct responder_address http, tls, dns;
    const char *zone; /* lower case, no final dot; NULL: no DNS */
    const char *name_servers[RESPONDER_SERVERS_MAX];
    size_t name_server_count;
    struct address addresses[RESPONDER_ADDRESSES_MAX]; /* of the zone and of name servers below it */
    size_t address_count;
};

static inline bool responder_wanted(const struct responder_settings *s) {
    return s->http.text || s->tls.text || s->dns.text;
}
