/* The inside of one check, shared by look-ups and direct questions. */
#pragma once
#include "dns/dns.h"

struct ub_ctx;

struct dns {
    struct arena *arena;
    const struct dns_settings *settings;
    struct dns_servers resolvers; /* as asked; none if names outside of the zones are refused */
    struct ub_ctx *resolver;
    struct dns_keeper *keeper; /* whose the resolver is; NULL: ours */
    int64_t deadline_ms;       /* of the check */
};

/* When a question that is asked now has had its time. */
int64_t question_deadline(const struct dns *dns);
/* The configured zone that the name lies in, the closest one; NULL if none. */
const struct dns_zone *zone_of(const struct dns_settings *settings, const char *name);
/* ERR_NO_RESOLVER unless there is somebody to ask for the name. */
bool may_look_up(const struct dns *dns, const char *name, struct error *e);
