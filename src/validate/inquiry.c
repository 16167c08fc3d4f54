/* Asking DNS for one check, and noting down what came back. */
#include "validate/inquiry.h"
#include "base/buf.h"
#include "base/clock.h"
#include "validate/caa.h"
#include <stdlib.h>

enum { SHOWN_MAX = 5 };

bool inquiry_begin(const struct validator *v, struct arena *a, struct check *check, struct inquiry *q,
                   struct error *e) {
    *q = (struct inquiry){.arena = a, .check = check};
    return dns_open(a, v->dns, &q->dns, e);
}

void inquiry_end(struct inquiry *q) {
    dns_close(q->dns);
    q->dns = NULL;
}

/* ---- for people ---- */

const char *inquiry_server(struct arena *a, const struct dns_server *server) {
    char address[INET6_ADDRSTRLEN];
    if (server->configured) /* the name is what the configuration says: the address */
        return server->name;
    address_text(&server->address, address);
    const char *format = server->address.family == AF_INET ? "%s (%s:%u)" : "%s ([%s]:%u)";
    return arena_printf(a, format, server->name, address, server->port);
}

static const char *value_text(struct arena *a, enum dns_type type, struct slice data) {
    struct slice text = {0};
    struct address address = {.family = type == DNS_A ? AF_INET : AF_INET6};
    struct caa caa;
    uint32_t serial;
    const char *name;
    char shown[INET6_ADDRSTRLEN];
    if (type == DNS_TXT && dns_txt(a, data, &text))
        return quoted(a, text);
    if (type == DNS_CAA && caa_read(a, data, &caa))
        return arena_printf(a, "%u %s %s", caa.flags, caa.tag, quoted(a, slice_str(caa.value)));
    if (type == DNS_SOA && dns_serial(data, &serial))
        return arena_printf(a, "%u", serial);
    if (type == DNS_NS && dns_name_text(a, data, &name))
        return name;
    if ((type != DNS_A || data.len != 4) && (type != DNS_AAAA || data.len != 16))
        return quoted(a, data);
    memcpy(address.bytes, data.p, data.len);
    address_text(&address, shown);
    return arena_strdup(a, shown);
}

static const char *values_text(struct arena *a, enum dns_type type, const struct slice *data, size_t count) {
    struct buf text = buf_new(a, 4096);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++)
        buf_printf(&text, " %s", value_text(a, type, data[i]));
    if (count > SHOWN_MAX)
        buf_printf(&text, " … (%zu)", count);
    return text.len ? text.p : " -";
}

static const char *answer_text(struct arena *a, const struct dns_answer *answer, enum dns_type type) {
    static const char *const states[] = {[DNS_TIMED_OUT] = "time-out",
                                         [DNS_UNREACHABLE] = "connection refused",
                                         [DNS_NOT_ALLOWED] = "address not allowed",
                                         [DNS_GARBLED] = "not an answer of DNS",
                                         [DNS_CUT] = "cut, and not to be had by TCP"};
    if (answer->status != DNS_ANSWERED)
        return states[answer->status];
    if (answer->cname)
        return arena_printf(a, "CNAME %s", answer->cname);
    return arena_printf(a, "%s%s%s", dns_rcode_name(a, answer->rcode),
                        answer->authoritative || answer->rcode != DNS_NOERROR ? "" : " (not authoritative)",
                        answer->rcode == DNS_NOERROR ? values_text(a, type, answer->data, answer->count)
                                                     : "");
}

static const char *question_text(struct arena *a, enum dns_type type, const char *name) {
    return arena_printf(a, "%s %s", dns_type_name(type), name);
}

static const char *result_text(struct arena *a, const struct dns_result *result, enum dns_type type) {
    bool shown = result->rcode == DNS_NOERROR && !result->timed_out && !result->bogus;
    return arena_printf(a, "%s%s", look_up_text(a, result),
                        shown ? values_text(a, type, result->data, result->count) : "");
}

/* ---- asking ---- */

static void add_result(struct inquiry *q, const char *name, enum dns_type type,
                       const struct dns_result *result, int64_t ms) {
    check_add(q->check, &(struct check_answer){.server = "resolver",
                                               .question = question_text(q->arena, type, name),
                                               .answer = result_text(q->arena, result, type),
                                               .ms = ms});
}

bool inquiry_look_up(struct inquiry *q, const char *name, enum dns_type type, struct dns_result *result,
                     struct error *e) {
    int64_t start = clock_monotonic_ms();
    if (!dns_validated(q->dns, name, type, result, e))
        return false;
    add_result(q, name, type, result, clock_monotonic_ms() - start);
    return true;
}

void inquiry_note(struct inquiry *q, const char *name, enum dns_type type, const struct dns_result *result) {
    add_result(q, name, type, result, 0);
}

enum look_up inquiry_ended(const struct dns_result *result, bool good) {
    if (result->timed_out)
        return LOOK_UP_TIMED_OUT;
    if (result->bogus)
        return LOOK_UP_BOGUS;
    if (dns_failed(result))
        return LOOK_UP_FAILED;
    return good ? LOOK_UP_GOOD : LOOK_UP_OTHER;
}

bool inquiry_ask(struct inquiry *q, const struct dns_server *server, const char *name, enum dns_type type,
                 struct dns_answer *answer, struct error *e) {
    if (!dns_ask(q->dns, server, name, type, answer, e))
        return false;
    check_add(q->check, &(struct check_answer){.server = inquiry_server(q->arena, server),
                                               .question = question_text(q->arena, type, name),
                                               .answer = answer_text(q->arena, answer, type),
                                               .ms = answer->ms});
    return true;
}

/* ---- addresses ---- */

static void add_addresses(struct addresses *addresses, int family, const struct dns_result *result) {
    size_t expected = family == AF_INET ? 4 : 16;
    for (size_t i = 0; i < result->count && addresses->count < ADDRESSES_MAX; i++) {
        struct address *address = &addresses->list[addresses->count];
        if (result->data[i].len != expected)
            continue;
        *address = (struct address){.family = family};
        memcpy(address->bytes, result->data[i].p, expected);
        addresses->count++;
    }
}

/* Two look-ups that found no address: why there is none. */
static enum reason why_nowhere(const struct dns_result *a, const struct dns_result *aaaa) {
    if (a->timed_out || aaaa->timed_out)
        return REASON_TIME_OUT;
    if (a->bogus || aaaa->bogus)
        return REASON_DNSSEC_BROKEN;
    if (a->rcode == DNS_NXDOMAIN)
        return REASON_NXDOMAIN;
    return a->rcode == DNS_NOERROR && aaaa->rcode == DNS_NOERROR ? REASON_RECORD_MISSING : REASON_SERVFAIL;
}

/* DNS gives them in any order; people and tests see the same one each time. */
static int by_address(const void *left, const void *right) {
    const struct address *a = left, *b = right;
    int families = a->family - b->family; /* IPv4 is the smaller one */
    return families ? families : memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool inquiry_addresses(struct inquiry *q, const char *name, struct addresses *addresses, enum reason *nowhere,
                       struct error *e) {
    struct dns_result a, aaaa;
    *addresses = (struct addresses){.count = 0};
    if (address_parse(name, &addresses->list[0])) {
        addresses->count = 1;
        return true;
    }
    if (!inquiry_look_up(q, name, DNS_A, &a, e) || !inquiry_look_up(q, name, DNS_AAAA, &aaaa, e))
        return false;
    add_addresses(addresses, AF_INET, &a);
    add_addresses(addresses, AF_INET6, &aaaa);
    qsort(addresses->list, addresses->count, sizeof *addresses->list, by_address);
    *nowhere = why_nowhere(&a, &aaaa);
    return true;
}
