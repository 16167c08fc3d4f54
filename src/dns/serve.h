/*
 * Answering as the authoritative server of one zone: its apex, its name servers, and names with TXT records
 * that somebody else knows. One message in, one out, by ldns; no sockets here.
 */
#pragma once
#include "dns/dns.h"

enum { DNS_QUERY_MAX = 4096, DNS_UDP_MAX = 1232, DNS_MESSAGE_MAX = 65535 };

struct dns_served {
    const char *zone; /* lower case, no final dot */
    const char *const *name_servers;
    size_t name_server_count;
    const struct address *addresses; /* of the zone, and of the servers whose names lie in it */
    size_t address_count;
    /*
     * The TXT values at a name of the zone (lower case, no final dot). `*exists` false: there is no such
     * name. False: we cannot say, SERVFAIL.
     */
    bool (*values)(void *context, struct arena *a, const char *name, bool *exists, const char ***values,
                   size_t *count);
    void *context;
};

struct dns_asked {
    struct slice message;
    bool tcp;
    bool curt; /* the client asks too often: told to come by TCP, in no more bytes than it sent */
    int64_t now;
};

/* False: nothing is to be sent. What is no question, is not ours, or would copy the zone is refused. */
bool dns_serve(const struct dns_served *served, struct arena *a, const struct dns_asked *asked,
               struct slice *answer);
