/* Messages over UDP and TCP. */
#include "dns/exchange.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

enum { MESSAGE_MAX = 65535, TRIES = 2, GARBLED_MAX = 10000 };

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

/* ---- UDP ---- */

/* A connected socket takes packets from that server alone, and hears that nobody is there. */
static int connect_udp(const struct sockaddr_storage *to, socklen_t size) {
    int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)to, size) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static enum dns_status receive(const struct exchange *x, int fd, int64_t until_ms, uint8_t *space) {
    size_t garbled = 0;
    while (garbled < GARBLED_MAX && wait_for(fd, POLLIN, until_ms)) {
        ssize_t size = recv(fd, space, MESSAGE_MAX, 0);
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            return DNS_UNREACHABLE;
        if (size >= 0 && x->take(x->context, slice_of(space, (size_t)size)))
            return DNS_ANSWERED;
        garbled += size >= 0;
    }
    return garbled ? DNS_GARBLED : DNS_TIMED_OUT;
}

enum dns_status exchange_udp(const struct exchange *x) {
    struct sockaddr_storage to;
    socklen_t size = address_to(&x->server->address, x->server->port, &to);
    if (!outbound_allowed(x->policy, (struct sockaddr *)&to))
        return DNS_NOT_ALLOWED;
    AUTO_FD fd = connect_udp(&to, size);
    uint8_t *space = arena_alloc(x->arena, MESSAGE_MAX);
    enum dns_status status = fd < 0 ? DNS_UNREACHABLE : DNS_TIMED_OUT;
    int64_t share = (x->deadline_ms - clock_monotonic_ms()) / TRIES;
    for (int i = 1; i <= TRIES && status == DNS_TIMED_OUT; i++) {
        int64_t until = i == TRIES ? x->deadline_ms : clock_monotonic_ms() + share;
        if (send(fd, x->message.p, x->message.len, 0) < 0)
            return DNS_UNREACHABLE;
        status = receive(x, fd, until, space);
    }
    return status;
}

/* ---- TCP ---- */

/* Length and message in one piece: some servers read no more than the first. */
static bool send_all(const struct exchange *x, int fd) {
    if (x->message.len > MESSAGE_MAX)
        return false;
    size_t size = x->message.len + 2;
    uint8_t *bytes = arena_alloc(x->arena, size);
    bytes[0] = (uint8_t)(x->message.len >> 8);
    bytes[1] = (uint8_t)x->message.len;
    memcpy(bytes + 2, x->message.p, x->message.len);
    return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool receive_exactly(const struct exchange *x, int fd, uint8_t *space, size_t size) {
    size_t got = 0;
    while (got < size && wait_for(fd, POLLIN, x->deadline_ms)) {
        ssize_t more = recv(fd, space + got, size - got, 0);
        if (more == 0 || (more < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        got += more > 0 ? (size_t)more : 0;
    }
    return got == size;
}

static enum dns_status not_connected(const struct error *e) {
    if (e->id == ERR_ADDRESS_NOT_ALLOWED)
        return DNS_NOT_ALLOWED;
    return e->id == ERR_TIMED_OUT ? DNS_TIMED_OUT : DNS_UNREACHABLE;
}

enum dns_status exchange_tcp(const struct exchange *x) {
    char text[INET6_ADDRSTRLEN];
    char connected[INET6_ADDRSTRLEN];
    uint8_t head[2];
    struct error e;
    AUTO_FD fd = -1;
    address_text(&x->server->address, text);
    if (!outbound_connect(x->policy, text, x->server->port, x->deadline_ms, &fd, connected, &e))
        return not_connected(&e);
    if (!send_all(x, fd) || !receive_exactly(x, fd, head, sizeof head))
        return clock_monotonic_ms() < x->deadline_ms ? DNS_UNREACHABLE : DNS_TIMED_OUT;
    size_t size = (size_t)head[0] << 8 | head[1];
    uint8_t *space = arena_alloc(x->arena, size + 1);
    if (!receive_exactly(x, fd, space, size))
        return clock_monotonic_ms() < x->deadline_ms ? DNS_UNREACHABLE : DNS_TIMED_OUT;
    return x->take(x->context, slice_of(space, size)) ? DNS_ANSWERED : DNS_GARBLED;
}
