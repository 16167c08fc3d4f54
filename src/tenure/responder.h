/*
 * The role `responder`: what CAs look for is answered from the rows of solve/, by DNS for the zone of
 * delegated names, by HTTP and by TLS, each on an address of its own. One thread, one poll loop; it reads the
 * database and writes nothing.
 *
 *     poll: responder_fd, at most responder_timeout_ms; then responder_run.
 */
#pragma once
#include "db/step.h"
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

struct responder;

/* Binds all addresses, so it comes before the sandbox. It ends with the arena. */
bool responder_open(struct arena *a, const struct responder_settings *settings,
                    const struct services *services, struct responder **r, struct error *e);
/* Readable when there is something to do. */
int responder_fd(const struct responder *r);
/* How long poll may wait at most; -1: for ever. */
int responder_timeout_ms(const struct responder *r);
/* One turn, without waiting. */
void responder_run(struct responder *r, int64_t now);
