/* The TLS client of the probe: connects, takes whatever chain is served, and says how the handshake went. */
#pragma once
#include "pki/cert.h"

enum handshake {
    HANDSHAKE_DONE,
    HANDSHAKE_UNREACHABLE, /* the network says that nobody is there */
    HANDSHAKE_REFUSED,     /* somebody is there: an alert, no TLS, or the connection was closed */
    HANDSHAKE_TIMED_OUT
};

enum { TLS_CHAIN_MAX = 16 };

struct tls_seen {
    enum handshake result;
    struct text reason; /* for people; what system and library say is English in both; NULL when done */
    const char *protocol, *cipher;
    const char *address; /* the one that was connected to, with its port */
    struct cert *chain;  /* as served, leaf first */
    size_t count;
    bool challenge; /* the server takes part in tls-alpn-01 */
};

/*
 * `fd` is a connected, non-blocking socket (the outbound policy made it); closed by the caller. `deadline_ms`
 * is an instant of clock_monotonic_ms. However the handshake ends is a result; false means that we could not
 * try. The process ignores SIGPIPE.
 */
bool tls_probe(struct arena *a, int fd, const char *server_name, int64_t deadline_ms, struct tls_seen *seen,
               struct error *e);
/*
 * The same as a CA does it for tls-alpn-01 (RFC 8737): nothing but acme-tls/1 is offered. For an IP address
 * the name is that of its reverse zone (RFC 8738).
 */
bool tls_probe_challenge(struct arena *a, int fd, const char *server_name, int64_t deadline_ms,
                         struct tls_seen *seen, struct error *e);
/*
 * Does the served chain verify at `now`, with `roots` trusted besides the system's store?
 * Chain building, signatures and dates only; names are the caller's business.
 */
bool tls_chain_trusted(struct arena *a, const struct tls_seen *seen, const struct cert *roots,
                       size_t root_count, int64_t now);
