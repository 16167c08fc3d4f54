/*
 * The one policy for connections that somebody else's input makes us open (probes, webhooks, issuers):
 * loopback, private, link-local, multicast and reserved ranges are closed unless the configuration allows
 * them. It is asked after resolution, about the very address that is connected to.
 */
#pragma once
#include "http/address.h"

struct outbound_policy {
    const struct cidr *allow;
    size_t count;
};

/* For a command run by a person on their own machine: wherever that person points it. */
extern const struct outbound_policy outbound_anywhere;

bool outbound_allowed(const struct outbound_policy *policy, const struct sockaddr *address);

/*
 * A connected, non-blocking TCP socket to the first allowed address of `host` that answers; `address` says
 * which. The deadline (clock_monotonic_ms) covers connecting; resolution has the system resolver's own
 * time-out. ERR_ADDRESS_NOT_ALLOWED if no address is allowed, ERR_TIMED_OUT, ERR_UNREACHABLE.
 */
bool outbound_connect(const struct outbound_policy *policy, const char *host, uint16_t port,
                      int64_t deadline_ms, int *fd, char address[INET6_ADDRSTRLEN], struct error *e);
