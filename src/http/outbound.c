/* What may be connected to, and connecting to it. */
#include "http/outbound.h"
#include "base/clock.h"
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* The special-purpose registries of IANA (RFC 6890 and successors), and what tunnels to them. */
static const struct cidr closed[] = {
    {{AF_INET, {0}}, 8},                           /* this network; 0.0.0.0 is ourselves */
    {{AF_INET, {10}}, 8},                          /* private */
    {{AF_INET, {100, 64}}, 10},                    /* carrier-grade NAT; metadata services live here too */
    {{AF_INET, {127}}, 8},                         /* loopback */
    {{AF_INET, {169, 254}}, 16},                   /* link-local; metadata services */
    {{AF_INET, {172, 16}}, 12},                    /* private */
    {{AF_INET, {192, 0, 0}}, 24},                  /* protocol assignments */
    {{AF_INET, {192, 0, 2}}, 24},                  /* documentation */
    {{AF_INET, {192, 88, 99}}, 24},                /* 6to4 relays */
    {{AF_INET, {192, 168}}, 16},                   /* private */
    {{AF_INET, {198, 18}}, 15},                    /* benchmarks */
    {{AF_INET, {198, 51, 100}}, 24},               /* documentation */
    {{AF_INET, {203, 0, 113}}, 24},                /* documentation */
    {{AF_INET, {224}}, 4},                         /* multicast */
    {{AF_INET, {240}}, 4},                         /* reserved, broadcast */
    {{AF_INET6, {0}}, 96},                         /* unspecified, loopback, IPv4-compatible */
    {{AF_INET6, {0, 0x64, 0xff, 0x9b, 0, 1}}, 48}, /* local NAT64 */
    {{AF_INET6, {1}}, 64},                         /* discard */
    {{AF_INET6, {0x20, 1}}, 23},                   /* protocol assignments, Teredo */
    {{AF_INET6, {0x20, 1, 0x0d, 0xb8}}, 32},       /* documentation */
    {{AF_INET6, {0x3f, 0xff}}, 20},                /* documentation */
    {{AF_INET6, {0x5f}}, 16},                      /* segment routing */
    {{AF_INET6, {0xfc}}, 7},                       /* unique local */
    {{AF_INET6, {0xfe, 0x80}}, 10},                /* link-local */
    {{AF_INET6, {0xfe, 0xc0}}, 10},                /* site-local */
    {{AF_INET6, {0xff}}, 8},                       /* multicast */
};

/* Prefixes behind which an IPv4 address stands that the packets go to in the end. */
static const struct {
    struct cidr prefix;
    size_t offset;
} embedding[] = {
    {{{AF_INET6, {0, 0x64, 0xff, 0x9b}}, 96}, 12}, /* NAT64 */
    {{{AF_INET6, {0x20, 2}}, 16}, 2},              /* 6to4 */
};

static const struct cidr anywhere[] = {{{AF_INET, {0}}, 0}, {{AF_INET6, {0}}, 0}};
const struct outbound_policy outbound_anywhere = {anywhere, 2};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool contains(const struct cidr *ranges, size_t count, const struct address *address) {
    for (size_t i = 0; i < count; i++)
        if (cidr_contains(&ranges[i], address))
            return true;
    return false;
}

static struct address innermost(const struct address *address) {
    for (size_t i = 0; i < COUNT(embedding); i++)
        if (cidr_contains(&embedding[i].prefix, address)) {
            struct address inner = {.family = AF_INET};
            memcpy(inner.bytes, address->bytes + embedding[i].offset, 4);
            return inner;
        }
    return *address;
}

bool outbound_allowed(const struct outbound_policy *policy, const struct sockaddr *sa) {
    struct address address;
    if (!address_from(sa, &address))
        return false;
    struct address inner = innermost(&address);
    return contains(policy->allow, policy->count, &inner) || !contains(closed, COUNT(closed), &inner);
}

/* Waits until the connection stands; false with errno set. */
static bool wait_connected(int fd, int64_t deadline_ms) {
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int ready;
    do {
        int64_t left = deadline_ms - clock_monotonic_ms();
        ready = poll(&p, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        errno = ready == 0 ? ETIMEDOUT : errno;
        return false;
    }
    int problem = 0;
    socklen_t len = sizeof problem;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len);
    errno = problem;
    return problem == 0;
}

static bool connects(int fd, const struct addrinfo *to, int64_t deadline_ms) {
    bool begun = connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS;
    return begun && wait_connected(fd, deadline_ms);
}

/* -1 with errno set. */
static int connect_to(const struct addrinfo *to, int64_t deadline_ms) {
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connects(fd, to, deadline_ms))
        return fd;
    int problem = errno;
    close(fd);
    errno = problem;
    return -1;
}

static int count_allowed(const struct outbound_policy *policy, const struct addrinfo *list) {
    int count = 0;
    for (const struct addrinfo *to = list; to; to = to->ai_next)
        count += outbound_allowed(policy, to->ai_addr);
    return count;
}

/* Each address gets its share of the time that is left, so that a silent one does not use it up. */
static int connect_first(const struct outbound_policy *policy, const struct addrinfo *list,
                         int64_t deadline_ms, struct address *address) {
    int left = count_allowed(policy, list);
    for (const struct addrinfo *to = list; to && left > 0; to = to->ai_next) {
        if (!outbound_allowed(policy, to->ai_addr))
            continue;
        int64_t now = clock_monotonic_ms();
        int fd = connect_to(to, now + (deadline_ms - now) / left--);
        if (fd >= 0 && address_from(to->ai_addr, address))
            return fd;
    }
    return -1;
}

static void free_list(struct addrinfo **list) {
    if (*list)
        freeaddrinfo(*list);
}

static bool resolve(const char *host, uint16_t port, struct addrinfo **list, struct error *e) {
    char service[6];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    int problem = getaddrinfo(host, service, &hints, list);
    if (problem)
        return fail(e, ERR_UNREACHABLE, "%s: %s", "%s:%s", host, gai_strerror(problem));
    return true;
}

/* budget: what to reach, until when, and the two things that come back */
bool outbound_connect(const struct outbound_policy *policy, const char *host, uint16_t port,
                      int64_t deadline_ms, int *fd, char address[INET6_ADDRSTRLEN], struct error *e) {
    __attribute__((cleanup(free_list))) struct addrinfo *list = NULL;
    if (!resolve(host, port, &list, e))
        return false;
    if (count_allowed(policy, list) == 0)
        return fail(e, ERR_ADDRESS_NOT_ALLOWED,
                    "%s lies in an address range that is closed to outgoing connections",
                    "%s 位于禁止对外连接的地址段内", host);
    struct address connected;
    *fd = connect_first(policy, list, deadline_ms, &connected);
    if (*fd < 0) {
        char what[300];
        snprintf(what, sizeof what, "%.253s:%u", host, port);
        return fail_errno(e, errno == ETIMEDOUT ? ERR_TIMED_OUT : ERR_UNREACHABLE, what);
    }
    address_text(&connected, address);
    return true;
}
