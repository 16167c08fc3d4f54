/* Asking each authoritative server by itself: who they are, and one question to one of them. */
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "dns/session.h"
#include "dns/wire.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { PACKET_MAX = 65535, TRIES = 2 };

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
    for (size_t i = 0; i < names->count; i++) {
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
        bool failed = names->timed_out || (names->rcode != DNS_NOERROR && names->rcode != DNS_NXDOMAIN);
        if (own || failed)
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
    const struct outbound_policy *policy;
    const struct dns_server *server;
    struct wire_question question;
    struct slice packet;
    int64_t deadline_ms;
    uint8_t *space; /* for the answer */
};

static socklen_t socket_address(const struct dns_server *server, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (server->address.family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(server->port);
        memcpy(&in->sin_addr, server->address.bytes, sizeof in->sin_addr);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(server->port);
    memcpy(&in6->sin6_addr, server->address.bytes, sizeof in6->sin6_addr);
    return sizeof *in6;
}

/* False when the time is over. */
static bool wait_for(int fd, short events, int64_t deadline_ms) {
    struct pollfd p = {.fd = fd, .events = events};
    int ready;
    do {
        int64_t left = deadline_ms - clock_monotonic_ms();
        ready = poll(&p, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* A connected socket takes packets from that server alone, and hears that nobody is there. */
static int connect_udp(const struct dns_server *server) {
    struct sockaddr_storage to;
    socklen_t size = socket_address(server, &to);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, size) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Packets that do not answer the question are passed over: anybody can send them. */
static enum dns_status receive(struct arena *a, struct ask *ask, int fd, int64_t until_ms,
                               struct dns_answer *answer) {
    bool garbled = false;
    while (wait_for(fd, POLLIN, until_ms)) {
        ssize_t size = recv(fd, ask->space, PACKET_MAX, 0);
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            return DNS_UNREACHABLE;
        if (size >= 0 && wire_read(a, &ask->question, slice_of(ask->space, (size_t)size), answer))
            return DNS_ANSWERED;
        garbled |= size >= 0;
    }
    return garbled ? DNS_GARBLED : DNS_TIMED_OUT;
}

static enum dns_status ask_udp(struct arena *a, struct ask *ask, struct dns_answer *answer) {
    AUTO_FD fd = connect_udp(ask->server);
    enum dns_status status = fd < 0 ? DNS_UNREACHABLE : DNS_TIMED_OUT;
    int64_t share = (ask->deadline_ms - clock_monotonic_ms()) / TRIES;
    for (int i = 1; i <= TRIES && status == DNS_TIMED_OUT; i++) {
        int64_t until = i == TRIES ? ask->deadline_ms : clock_monotonic_ms() + share;
        if (send(fd, ask->packet.p, ask->packet.len, 0) < 0)
            return DNS_UNREACHABLE;
        status = receive(a, ask, fd, until, answer);
    }
    return status;
}

static bool send_all(const struct ask *ask, int fd) {
    const uint8_t length[2] = {(uint8_t)(ask->packet.len >> 8), (uint8_t)ask->packet.len};
    uint8_t bytes[2 + 512];
    if (ask->packet.len > sizeof bytes - 2)
        return false;
    memcpy(bytes, length, 2);
    memcpy(bytes + 2, ask->packet.p, ask->packet.len);
    return send(fd, bytes, ask->packet.len + 2, MSG_NOSIGNAL) == (ssize_t)ask->packet.len + 2;
}

static bool receive_exactly(const struct ask *ask, int fd, size_t size) {
    size_t got = 0;
    while (got < size && wait_for(fd, POLLIN, ask->deadline_ms)) {
        ssize_t more = recv(fd, ask->space + got, size - got, 0);
        if (more == 0 || (more < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        got += more > 0 ? (size_t)more : 0;
    }
    return got == size;
}

static enum dns_status ask_tcp(struct arena *a, struct ask *ask, struct dns_answer *answer) {
    char text[INET6_ADDRSTRLEN];
    char connected[INET6_ADDRSTRLEN];
    struct error ignored;
    AUTO_FD fd = -1;
    address_text(&ask->server->address, text);
    if (!outbound_connect(ask->policy, text, ask->server->port, ask->deadline_ms, &fd, connected, &ignored))
        return ignored.id == ERR_TIMED_OUT ? DNS_TIMED_OUT : DNS_UNREACHABLE;
    if (!send_all(ask, fd) || !receive_exactly(ask, fd, 2))
        return DNS_UNREACHABLE;
    size_t size = (size_t)ask->space[0] << 8 | ask->space[1];
    if (!receive_exactly(ask, fd, size))
        return DNS_TIMED_OUT;
    return wire_read(a, &ask->question, slice_of(ask->space, size), answer) ? DNS_ANSWERED : DNS_GARBLED;
}

static enum dns_status ask_allowed(struct arena *a, struct ask *ask, struct dns_answer *answer) {
    struct sockaddr_storage to;
    socket_address(ask->server, &to);
    if (!outbound_allowed(ask->policy, (struct sockaddr *)&to))
        return DNS_NOT_ALLOWED;
    enum dns_status status = ask_udp(a, ask, answer);
    return status == DNS_ANSWERED && answer->truncated ? ask_tcp(a, ask, answer) : status;
}

bool dns_ask(struct dns *dns, const struct dns_server *server, const char *name, enum dns_type type,
             struct dns_answer *answer, struct error *e) {
    int64_t start = clock_monotonic_ms();
    struct ask ask = {.policy = server->configured ? &outbound_anywhere : dns->settings->policy,
                      .server = server,
                      .question = {.name = name, .type = type},
                      .deadline_ms = start + dns->settings->timeout_ms,
                      .space = arena_alloc(dns->arena, PACKET_MAX)};
    rand_bytes(&ask.question.id, sizeof ask.question.id);
    *answer = (struct dns_answer){.server = *server};
    if (!wire_write(dns->arena, &ask.question, &ask.packet))
        return fail(e, ERR_BAD_NAME, "'%s' is no name of DNS", "“%s”不是有效的 DNS 名称", name);
    answer->status = ask_allowed(dns->arena, &ask, answer);
    if (answer->status != DNS_ANSWERED) /* what was cut is no answer */
        *answer = (struct dns_answer){.server = *server, .status = answer->status};
    answer->ms = clock_monotonic_ms() - start;
    return true;
}
