/*
 * Asking DNS. Two ways: each authoritative server of a name by itself, and the validated look-up (DNSSEC)
 * through resolvers. Configured zones have servers of their own; every other name goes to the resolvers of
 * the configuration or of the system, never to the root servers, and nowhere at all if it says `refuse`.
 *
 * What DNS answers, or that it does not, is a result; false means that we could not ask.
 */
#pragma once
#include "http/outbound.h"

enum { DNS_NAME_MAX = 253, DNS_VALUES_MAX = 64, DNS_SERVERS_MAX = 16, DNS_PORT = 53 };

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_SOA = 6,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_DNSKEY = 48,
    DNS_CAA = 257
};
enum dns_rcode { DNS_NOERROR, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN, DNS_NOTIMP, DNS_REFUSED };

struct dns_server {
    const char *name; /* for people: "ns1.example.com", or the address */
    struct address address;
    uint16_t port;
    bool configured; /* by an administrator: the outbound policy is not asked */
};

struct dns_servers {
    size_t count;
    struct dns_server list[DNS_SERVERS_MAX];
};

/* A zone of the configuration. Without a trust anchor of its own it counts as unsigned. */
struct dns_zone {
    const char *name; /* lower case, no final dot; empty: the root */
    struct dns_servers servers;
    const char *trust_anchor; /* a DS or DNSKEY record in zone file format, or NULL */
};

struct dns_settings {
    const struct dns_zone *zones;
    size_t zone_count;
    bool outside_refused;         /* names outside of the zones: ERR_NO_RESOLVER */
    struct dns_servers resolvers; /* none: those of /etc/resolv.conf */
    const char *trust_anchor;     /* file in zone file format; NULL: the root's keys of 2017 and 2024 */
    const struct outbound_policy *policy;
    int timeout_ms;            /* for one question */
    int check_ms;              /* for all of one check; 0: a minute */
    struct dns_keeper *keeper; /* NULL: each check sets up a resolver of its own */
};

/*
 * Setting up a resolver takes a hundred times as long as a look-up. A keeper, one for each process and its
 * settings, lends the same to checks that follow each other within a second. Each question is asked anew;
 * what a resolver remembers all the same, a server that is dead or a key that is wrong, ends its use. Ends
 * with the arena.
 */
struct dns_keeper;
struct dns_keeper *dns_keeper_new(struct arena *a);

/* One check: what was found out is kept until the arena ends, and no longer. When its time is over nobody is
 * asked any more, and every answer is a time-out. */
struct dns;
bool dns_open(struct arena *a, const struct dns_settings *settings, struct dns **dns, struct error *e);
/* Lets its sockets and memory go before the arena ends; what was found out stays. NULL is nothing. */
void dns_close(struct dns *dns);

/* ---- the validated look-up ---- */

struct dns_result {
    int rcode; /* DNS_SERVFAIL also for an answer whose signatures are wrong */
    bool timed_out, secure, bogus;
    const char *why;       /* what is wrong with the signatures, or why nobody can tell; empty if nothing */
    const char *canonical; /* the name behind all CNAMEs */
    size_t count;
    const struct slice *data; /* RDATA */
};

bool dns_validated(struct dns *dns, const char *name, enum dns_type type, struct dns_result *result,
                   struct error *e);
/* It tells neither what is there nor that nothing is. */
bool dns_failed(const struct dns_result *result);

/* ---- each server by itself ---- */

struct dns_zone_found {
    const char *zone; /* the closest zone cut at the name or above */
    struct dns_servers servers;
    struct dns_result failure; /* without servers: the look-up that found none, or names without addresses */
};

bool dns_authorities(struct dns *dns, const char *name, struct dns_zone_found *found, struct error *e);

enum dns_status {
    DNS_ANSWERED,
    DNS_TIMED_OUT,
    DNS_UNREACHABLE, /* the network says so: refused, no route */
    DNS_NOT_ALLOWED, /* the outbound policy says so */
    DNS_GARBLED,     /* not an answer to the question */
    DNS_CUT,         /* the beginning of an answer, and by TCP it is not to be had */
};

struct dns_answer {
    struct dns_server server;
    enum dns_status status;
    int rcode;
    bool authoritative, truncated;
    const char *cname; /* what stands at the name instead of data, or NULL */
    size_t count;
    const struct slice *data; /* RDATA of the type asked for */
    int64_t ms;
};

/* UDP, again by TCP if the answer was cut. */
bool dns_ask(struct dns *dns, const struct dns_server *server, const char *name, enum dns_type type,
             struct dns_answer *answer, struct error *e);
/* It says what stands at the name. Behind a CNAME that leads in a circle a server may find an error; what
 * stands at the name itself counts. */
bool dns_tells(const struct dns_answer *answer);

/* ---- names and data ---- */

/* "name" is `zone` or lies below it; no case. */
bool dns_below(const char *name, const char *zone);
/* One label less; NULL at the root. */
const char *dns_parent(const char *name);
/* A name below `parent` that nobody has made: what answers for it answers for every name there. NULL if it
 * would be too long. */
const char *dns_nobody(struct arena *a, const char *parent);
/* A name in RDATA, lower case; false unless it consists of letters, digits, '-' and '_'. */
bool dns_name_text(struct arena *a, struct slice rdata, const char **name);
/* The strings of a TXT record, joined; false if they do not fill it exactly. */
bool dns_txt(struct arena *a, struct slice rdata, struct slice *text);
/* The serial number of an SOA; false if it is none. */
bool dns_serial(struct slice rdata, uint32_t *serial);
/* "192.0.2.1", "192.0.2.1:5353", "[2001:db8::1]:53" */
bool dns_server_parse(struct arena *a, const char *text, struct dns_server *server, struct error *e);
const char *dns_type_name(enum dns_type type);
/* "NXDOMAIN", or the number */
const char *dns_rcode_name(struct arena *a, int rcode);
