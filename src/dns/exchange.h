/*
 * One message to one server, and what comes back. Packets that are no answer to the message are passed over:
 * anybody can send them.
 */
#pragma once
#include "dns/dns.h"

struct exchange {
    struct arena *arena;
    const struct outbound_policy *policy;
    const struct dns_server *server;
    struct slice message;
    int64_t deadline_ms;
    bool (*take)(void *context, struct slice bytes); /* is this the answer? keeps what it needs */
    void *context;
};

/* Sent again once if nobody answers. */
enum dns_status exchange_udp(const struct exchange *x);
enum dns_status exchange_tcp(const struct exchange *x);

/* dns_ask without a check: arena, policy, server and deadline are given. */
bool exchange_ask(struct exchange *x, const char *name, enum dns_type type, struct dns_answer *answer,
                  struct error *e);
