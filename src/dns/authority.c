/* Asking each authoritative server by itself: who they are, and one question to one of them. */
#include "base/clock.h"
#include "base/rand.h"
#include "dns/exchange.h"
#include "dns/session.h"
#include "dns/wire.h"
#include <stdlib.h>
#include <strings.h>

/* Of so many the addresses are looked up: somebody with a hundred would keep us for minutes. */
enum { NAMES_MAX = 16 };

/* ---- who they are ---- */

static void add_server(struct dns_servers *servers, const char *name, int family, struct slice address) {
    struct dns_server *server = &servers->list[servers->count];
    size_t expected = family == AF_INET ? 4 : 16;
    if (servers->count == DNS_SERVERS_MAX || address.len != expected)
        return;
    *server = (struct dns_server){.name = name, .address = {.family = family}, .port = DNS_PORT};
    memcpy(server->address.bytes, address.p, address.len);
    servers->count++;
}

static bool add_addresses(struct dns *dns, const char *name, struct dns_servers *servers, struct error *e) {
    static const struct {
        enum dns_type type;
        int family;
    } kinds[] = {{DNS_A, AF_INET}, {DNS_AAAA, AF_INET6}};
    for (size_t kind = 0; kind < 2; kind++) {
        struct dns_result result;
        if (!dns_validated(dns, name, kinds[kind].type, &result, e))
            return false;
        for (size_t i = 0; i < result.count; i++)
            add_server(servers, name, kinds[kind].family, result.data[i]);
    }
    return true;
}

static bool add_name_servers(struct dns *dns, const struct dns_result *names, struct dns_servers *servers,
                             struct error *e) {
    for (size_t i = 0; i < names->count && i < NAMES_MAX; i++) {
        const char *name;
        if (dns_name_text(dns->arena, names->data[i], &name) && !add_addresses(dns, name, servers, e))
            return false;
    }
    return true;
}

/* DNS gives them in any order; people and tests see the same one each time. */
static int by_name(const void *left, const void *right) {
    const struct dns_server *a = left, *b = right;
    int names = strcmp(a->name, b->name);
    return names ? names : memcmp(&a->address, &b->address, sizeof a->address);
}

/* The closest ancestor with NS records of its own: those behind a CNAME belong to another place. */
static bool find_cut(struct dns *dns, const char *name, struct dns_zone_found *found,
                     struct dns_result *names, struct error *e) {
    for (found->zone = name; found->zone && *found->zone; found->zone = dns_parent(found->zone)) {
        if (!dns_validated(dns, found->zone, DNS_NS, names, e))
            return false;
        bool own = names->count > 0 && strcasecmp(names->canonical, found->zone) == 0;
        if (own || dns_failed(names))
            return true;
    }
    found->zone = "";
    names->count = 0;
    return true;
}

bool dns_authorities(struct dns *dns, const char *name, struct dns_zone_found *found, struct error *e) {
    const struct dns_zone *zone = zone_of(dns->settings, name);
    *found = (struct dns_zone_found){.zone = ""};
    if (zone) {
        found->zone = zone->name;
        found->servers = zone->servers;
        return true;
    }
    if (!find_cut(dns, name, found, &found->failure, e) ||
        !add_name_servers(dns, &found->failure, &found->servers, e))
        return false;
    qsort(found->servers.list, found->servers.count, sizeof *found->servers.list, by_name);
    return true;
}

/* ---- one question ---- */

/* One question to one server, on its way. */
struct ask {
    struct arena *arena;
    struct wire_question question;
    struct dns_answer *answer;
};

static bool take(void *context, struct slice bytes) {
    const struct ask *ask = context;
    return wire_read(ask->arena, &ask->question, bytes, ask->answer);
}

static enum dns_status ask_by(const struct exchange *x, const struct dns_answer *answer) {
    enum dns_status status = exchange_udp(x);
    if (status != DNS_ANSWERED || !answer->truncated)
        return status;
    bool whole = exchange_tcp(x) == DNS_ANSWERED && !answer->truncated;
    return whole ? DNS_ANSWERED : DNS_CUT;
}

bool exchange_ask(struct exchange *x, const char *name, enum dns_type type, struct dns_answer *answer,
                  struct error *e) {
    struct ask ask = {.arena = x->arena, .question = {.name = name, .type = type}, .answer = answer};
    int64_t start = clock_monotonic_ms();
    rand_bytes(&ask.question.id, sizeof ask.question.id);
    x->take = take;
    x->context = &ask;
    *answer = (struct dns_answer){.server = *x->server};
    if (!wire_write(x->arena, &ask.question, &x->message))
        return fail(e, ERR_BAD_NAME, "'%s' is no name of DNS", "“%s”不是有效的 DNS 名称", name);
    answer->status = ask_by(x, answer);
    if (answer->status != DNS_ANSWERED) /* what was cut is no answer */
        *answer = (struct dns_answer){.server = *x->server, .status = answer->status};
    answer->ms = clock_monotonic_ms() - start;
    return true;
}

bool dns_ask(struct dns *dns, const struct dns_server *server, const char *name, enum dns_type type,
             struct dns_answer *answer, struct error *e) {
    struct exchange x = {.arena = dns->arena,
                         .policy = server->configured ? &outbound_anywhere : dns->settings->policy,
                         .server = server,
                         .deadline_ms = question_deadline(dns)};
    *answer = (struct dns_answer){.server = *server, .status = DNS_TIMED_OUT};
    if (clock_monotonic_ms() >= dns->deadline_ms)
        return true;
    return exchange_ask(&x, name, type, answer, e);
}

bool dns_tells(const struct dns_answer *answer) {
    bool good = answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN;
    return answer->status == DNS_ANSWERED && (answer->cname || (answer->authoritative && good));
}
