/* Asking DNS for one check, and noting down what came back. */
#pragma once
#include "validate/evidence.h"

enum { ADDRESSES_MAX = 8 };

struct inquiry {
    struct arena *arena;
    struct dns *dns;
    struct check *check;
};

bool inquiry_begin(const struct validator *v, struct arena *a, struct check *check, struct inquiry *q,
                   struct error *e);
/* Also of one that could not begin. A batch has hundreds of checks: none keeps its sockets for the others. */
void inquiry_end(struct inquiry *q);
/* The validated look-up. */
bool inquiry_look_up(struct inquiry *q, const char *name, enum dns_type type, struct dns_result *result,
                     struct error *e);
/* One that somebody else has made. */
void inquiry_note(struct inquiry *q, const char *name, enum dns_type type, const struct dns_result *result);
/* One server. */
bool inquiry_ask(struct inquiry *q, const struct dns_server *server, const char *name, enum dns_type type,
                 struct dns_answer *answer, struct error *e);

/* As people are shown it: "ns1.example.com (192.0.2.1:53)". */
const char *inquiry_server(struct arena *a, const struct dns_server *server);
/* `good`: what the look-up has found will do. */
enum look_up inquiry_ended(const struct dns_result *result, bool good);

struct addresses {
    size_t count;
    struct address list[ADDRESSES_MAX];
};

/* IPv4 first; `nowhere` is the reason, if there are none. The name may be an address itself. */
bool inquiry_addresses(struct inquiry *q, const char *name, struct addresses *addresses, enum reason *nowhere,
                       struct error *e);
