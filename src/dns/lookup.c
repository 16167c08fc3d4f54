/*
 * The validated look-up, by libunbound. Every return code of its set-up counts: a resolver that could not be
 * set would otherwise be replaced by the root servers without a word.
 */
#include "base/clock.h"
#include "base/file.h"
#include "dns/session.h"
#include <ctype.h>
#include <poll.h>
#include <unbound.h>

enum { RESOLV_CONF_MAX = 65536, KEPT_MS = 1000, CHECK_MS = 60000 };
#define RESOLV_CONF "/etc/resolv.conf"
/* TEST-NET-1, which we also forbid to ask: whatever is sent there is not sent. */
#define NOWHERE "192.0.2.1"

/* IANA's trust anchors of the root: the keys of 2017 and 2024. */
static const char *const root_anchors[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

/* Small caches that forget at once: a check wants what stands there now. Servers on this machine are real
 * ones, and whether there is a zone `test.` the resolver may say. */
static const char *const options[][2] = {
    {"cache-max-ttl:", "0"},
    {"cache-max-negative-ttl:", "0"},
    {"msg-cache-size:", "256k"},
    {"rrset-cache-size:", "256k"},
    {"key-cache-size:", "256k"},
    {"neg-cache-size:", "64k"},
    {"msg-cache-slabs:", "1"},
    {"rrset-cache-slabs:", "1"},
    {"key-cache-slabs:", "1"},
    {"infra-cache-slabs:", "1"},
    {"outgoing-range:", "32"},
    {"num-queries-per-thread:", "16"},
    {"do-not-query-localhost:", "no"},
    {"do-not-query-address:", NOWHERE "/32"},
    {"local-zone:", "test. transparent"},
};

const struct dns_zone *zone_of(const struct dns_settings *settings, const char *name) {
    const struct dns_zone *closest = NULL;
    for (size_t i = 0; i < settings->zone_count; i++) {
        const struct dns_zone *zone = &settings->zones[i];
        if (dns_below(name, zone->name) && (!closest || strlen(zone->name) > strlen(closest->name)))
            closest = zone;
    }
    return closest;
}

bool may_look_up(const struct dns *dns, const char *name, struct error *e) {
    if (dns->resolvers.count > 0 || zone_of(dns->settings, name))
        return true;
    return fail(e, ERR_NO_RESOLVER, "no DNS server is configured for %s", "没有为 %s 配置 DNS 服务器", name);
}

/* ---- setting up ---- */

static bool good(int code, const char *what, struct error *e) {
    return code == UB_NOERROR || fail(e, ERR_INTERNAL, "libunbound does not take %s: %s",
                                      "libunbound 不接受 %s:%s", what, ub_strerror(code));
}

static bool set_option(struct dns *dns, const char *option, const char *value, struct error *e) {
    return good(ub_ctx_set_option(dns->resolver, option, value), option, e);
}

/* As libunbound writes it. */
static char *server_text(struct arena *a, const struct dns_server *server) {
    char text[INET6_ADDRSTRLEN];
    address_text(&server->address, text);
    return arena_printf(a, "%s@%u", text, server->port);
}

/* It answers for `test.`, private reverse zones and the like by itself unless told that a zone is real. */
static bool set_zone(struct dns *dns, const struct dns_zone *zone, struct error *e) {
    if (!set_option(dns, "local-zone:", arena_printf(dns->arena, "%s. transparent", zone->name), e))
        return false;
    for (size_t i = 0; i < zone->servers.count; i++) {
        char *server = server_text(dns->arena, &zone->servers.list[i]);
        if (!good(ub_ctx_set_stub(dns->resolver, zone->name, server, 0), server, e))
            return false;
    }
    if (zone->trust_anchor)
        return good(ub_ctx_add_ta(dns->resolver, zone->trust_anchor), "trust_anchor", e);
    return set_option(dns, "domain-insecure:", zone->name, e);
}

static bool set_zones(struct dns *dns, struct error *e) {
    for (size_t i = 0; i < dns->settings->zone_count; i++)
        if (*dns->settings->zones[i].name && !set_zone(dns, &dns->settings->zones[i], e))
            return false;
    return true;
}

static bool forward_to(struct dns *dns, const struct dns_servers *servers, struct error *e) {
    for (size_t i = 0; i < servers->count; i++) {
        char *server = server_text(dns->arena, &servers->list[i]);
        if (!good(ub_ctx_set_fwd(dns->resolver, server), server, e))
            return false;
    }
    return true;
}

static bool set_root_anchors(struct dns *dns, struct error *e) {
    const char *file = dns->settings->trust_anchor;
    if (file)
        return good(ub_ctx_add_ta_file(dns->resolver, file), file, e);
    for (size_t i = 0; i < sizeof root_anchors / sizeof *root_anchors; i++)
        if (!good(ub_ctx_add_ta(dns->resolver, root_anchors[i]), "trust_anchor", e))
            return false;
    return true;
}

/* Without resolvers what leads out of the zones, a CNAME perhaps, must end nowhere: not at the root servers.
 * Where the root itself is a zone, unsigned as all are, nothing leads out. */
static bool set_resolvers(struct dns *dns, struct error *e) {
    const struct dns_zone *root = zone_of(dns->settings, "");
    if (root)
        return set_option(dns, "domain-insecure:", ".", e) && forward_to(dns, &root->servers, e);
    if (dns->resolvers.count == 0)
        return good(ub_ctx_set_fwd(dns->resolver, NOWHERE), NOWHERE, e);
    return forward_to(dns, &dns->resolvers, e) && set_root_anchors(dns, e);
}

static bool set_up(struct dns *dns, struct error *e) {
    ub_ctx_debugout(dns->resolver, NULL); /* failures are results; it would write them to stderr */
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!set_option(dns, options[i][0], options[i][1], e))
            return false;
    return set_zones(dns, e) && set_resolvers(dns, e) && good(ub_ctx_async(dns->resolver, 1), "async", e);
}

/* ---- the system's resolvers ---- */

static void add_nameserver(struct arena *a, const char *line, struct dns_servers *servers) {
    static const char keyword[] = "nameserver";
    struct error ignored;
    if (strncmp(line, keyword, sizeof keyword - 1) != 0 || !isblank((unsigned char)line[sizeof keyword - 1]))
        return;
    const char *start = line + sizeof keyword + strspn(line + sizeof keyword, " \t");
    const char *text = arena_strndup(a, start, strcspn(start, " \t\r"));
    if (servers->count < DNS_SERVERS_MAX &&
        dns_server_parse(a, text, &servers->list[servers->count], &ignored))
        servers->count++;
}

static bool system_resolvers(struct arena *a, struct dns_servers *servers, struct error *e) {
    struct slice content;
    if (!file_read(a, RESOLV_CONF, RESOLV_CONF_MAX, &content, e))
        return false;
    for (const char *line = (const char *)content.p; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        add_nameserver(a, arena_strndup(a, line, strcspn(line, "\n")), servers);
    }
    return servers->count > 0 ||
           fail(e, ERR_NO_RESOLVER, RESOLV_CONF " names no DNS server", RESOLV_CONF " 中没有 DNS 服务器");
}

/* ---- keeping ---- */

struct dns_keeper {
    struct ub_ctx *resolver; /* NULL before the first check */
    int64_t made_ms;
    size_t users;
    bool spent; /* it knows something that the next check must find out by itself */
};

static void drop_kept(void *object) {
    struct dns_keeper *keeper = object;
    ub_ctx_delete(keeper->resolver);
}

struct dns_keeper *dns_keeper_new(struct arena *a) {
    struct dns_keeper *keeper = ARENA_NEW(a, struct dns_keeper);
    arena_defer(a, drop_kept, keeper);
    return keeper;
}

static bool lends(const struct dns_keeper *keeper) {
    return keeper->resolver && !keeper->spent && clock_monotonic_ms() - keeper->made_ms < KEPT_MS;
}

static void borrow(struct dns *dns, struct dns_keeper *keeper) {
    dns->resolver = keeper->resolver;
    dns->keeper = keeper;
    keeper->users++;
}

/* One that is lent is not taken away: the next check has another chance. */
static void keep(struct dns *dns, struct dns_keeper *keeper) {
    if (keeper->users > 0)
        return;
    ub_ctx_delete(keeper->resolver);
    *keeper = (struct dns_keeper){.resolver = dns->resolver, .made_ms = clock_monotonic_ms()};
    borrow(dns, keeper);
}

void dns_close(struct dns *dns) {
    if (!dns || !dns->resolver)
        return;
    if (dns->keeper)
        dns->keeper->users--;
    else
        ub_ctx_delete(dns->resolver);
    dns->resolver = NULL;
}

static void close_at_end(void *object) {
    dns_close(object);
}

static bool make_resolver(struct dns *dns, struct error *e) {
    dns->resolver = ub_ctx_create();
    return dns->resolver ? set_up(dns, e) : fail_errno(e, ERR_SYSTEM, "libunbound");
}

bool dns_open(struct arena *a, const struct dns_settings *settings, struct dns **opened, struct error *e) {
    struct dns *dns = ARENA_NEW(a, struct dns);
    *dns = (struct dns){.arena = a, .settings = settings, .resolvers = settings->resolvers};
    dns->deadline_ms = clock_monotonic_ms() + (settings->check_ms ? settings->check_ms : CHECK_MS);
    if (settings->outside_refused)
        dns->resolvers.count = 0;
    else if (dns->resolvers.count == 0 && !system_resolvers(a, &dns->resolvers, e))
        return false;
    arena_defer(a, close_at_end, dns);
    *opened = dns;
    if (!settings->keeper)
        return make_resolver(dns, e);
    if (lends(settings->keeper)) {
        borrow(dns, settings->keeper);
        return true;
    }
    bool made = make_resolver(dns, e);
    if (made)
        keep(dns, settings->keeper);
    return made;
}

/* ---- asking ---- */

/* What the callback fills. */
struct pending {
    struct arena *arena;
    struct dns_result *result;
    bool done;
    bool remembered; /* asked again, the resolver would not ask anybody */
};

/* Without its final dot. libunbound names none where there was no CNAME. */
static const char *canonical_of(struct arena *a, const struct ub_result *result) {
    const char *name = result->canonname ? result->canonname : result->qname;
    size_t length = strlen(name);
    return arena_strndup(a, name, length && name[length - 1] == '.' ? length - 1 : length);
}

static void copy_data(struct arena *a, const struct ub_result *from, struct dns_result *result) {
    struct slice *data = ARENA_ARRAY(a, DNS_VALUES_MAX, struct slice);
    for (size_t i = 0; from->havedata && from->data[i] && i < DNS_VALUES_MAX; i++)
        data[result->count++] = arena_slice(a, slice_of(from->data[i], (size_t)from->len[i]));
    result->data = data;
}

/* That there is nothing is remembered for some seconds, whatever it was told, if nobody has said for how
 * long: without an SOA record. */
static bool is_remembered(const struct ub_result *from) {
    enum { AUTHORITY_COUNT = 8, HEADER = 12 };
    const uint8_t *packet = from->answer_packet;
    bool authority = from->answer_len >= HEADER && (packet[AUTHORITY_COUNT] || packet[AUTHORITY_COUNT + 1]);
    return from->ttl > 0 || (!from->havedata && !authority);
}

static void take_result(void *context, int problem, struct ub_result *from) {
    struct pending *pending = context;
    struct dns_result *result = pending->result;
    pending->done = true;
    if (problem || !from)
        return; /* stays SERVFAIL */
    pending->remembered = is_remembered(from);
    *result = (struct dns_result){.rcode = from->bogus ? DNS_SERVFAIL : from->rcode,
                                  .secure = from->secure,
                                  .bogus = from->bogus,
                                  .why = arena_strdup(pending->arena, from->why_bogus ? from->why_bogus : ""),
                                  .canonical = canonical_of(pending->arena, from)};
    if (!from->bogus)
        copy_data(pending->arena, from, result);
    ub_resolve_free(from);
}

int64_t question_deadline(const struct dns *dns) {
    int64_t own = clock_monotonic_ms() + dns->settings->timeout_ms;
    return own < dns->deadline_ms ? own : dns->deadline_ms;
}

/* Until the callback was called or the time is over. */
static bool await(struct dns *dns, const struct pending *pending, struct error *e) {
    int64_t deadline = question_deadline(dns);
    while (!pending->done) {
        int64_t left = deadline - clock_monotonic_ms();
        if (left <= 0)
            return true;
        struct pollfd readable = {.fd = ub_fd(dns->resolver), .events = POLLIN};
        if (poll(&readable, 1, (int)left) > 0 && !good(ub_process(dns->resolver), "answers", e))
            return false;
    }
    return true;
}

static bool look_up(struct dns *dns, const char *name, enum dns_type type, struct dns_result *result,
                    struct error *e) {
    struct pending pending = {.arena = dns->arena, .result = result};
    int id = 0;
    *result = (struct dns_result){.rcode = DNS_SERVFAIL, .why = "", .canonical = name};
    result->timed_out = clock_monotonic_ms() >= dns->deadline_ms;
    if (result->timed_out)
        return true;
    int code = ub_resolve_async(dns->resolver, name, (int)type, 1, &pending, take_result, &id);
    if (!good(code, name, e) || !await(dns, &pending, e))
        return false;
    result->timed_out = !pending.done;
    if (dns->keeper && (pending.remembered || dns_failed(result)))
        dns->keeper->spent = true;
    /* The callback must not come later: `pending` ends with this call. */
    return pending.done || good(ub_cancel(dns->resolver, id), "cancel", e);
}

/*
 * Many resolvers leave signatures out. Then everything that the root vouches for looks forged, and no zone is
 * to blame: not even the root's own keys hold.
 */
static bool blame_resolvers(struct dns *dns, struct dns_result *result, struct error *e) {
    struct dns_result root;
    if (!look_up(dns, ".", DNS_DNSKEY, &root, e))
        return false;
    if (root.secure)
        return true;
    result->bogus = false;
    result->why = "the DNS servers that are asked leave signatures out";
    return true;
}

bool dns_validated(struct dns *dns, const char *name, enum dns_type type, struct dns_result *result,
                   struct error *e) {
    if (!may_look_up(dns, name, e) || !look_up(dns, name, type, result, e))
        return false;
    bool by_root = result->bogus && !zone_of(dns->settings, name);
    return !by_root || blame_resolvers(dns, result, e);
}

bool dns_failed(const struct dns_result *result) {
    return result->timed_out || (result->rcode != DNS_NOERROR && result->rcode != DNS_NXDOMAIN);
}
