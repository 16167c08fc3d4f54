/* Connections of the responder. */
#include "tenure/responder_peer.h"
#include "base/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { PREFIX = 2, ACCEPTS_AT_ONCE = 32 };

void peer_end(struct peer *p) {
    if (p->fd < 0)
        return;
    challenge_session_free(p->session);
    close(p->fd);
    free(p->out);
    p->fd = -1;
    p->session = NULL;
    p->out = NULL;
    p->in_len = p->out_len = p->out_sent = 0;
}

/* One network: 24 bits of IPv4, 56 of IPv6. */
uint64_t network_of(const struct sockaddr_storage *from) {
    struct address address = {0};
    uint64_t network = 0;
    if (!address_from((const struct sockaddr *)from, &address))
        return 0;
    for (int i = 0; i < (address.family == AF_INET ? 3 : 7); i++)
        network = network << 8 | address.bytes[i];
    return network << 2 | (address.family == AF_INET ? 1 : 2);
}

static struct peer *older(struct peer *one, struct peer *other) {
    return !one || other->deadline_ms < one->deadline_ms ? other : one;
}

/* A free place, or that of the connection which has been there the longest. A network that has its share
 * takes none from the others. */
static struct peer *place_of(struct responder *r, uint64_t network) {
    struct peer *free_one = NULL, *oldest = NULL, *own = NULL;
    size_t count = 0;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = &r->peers[i];
        if (p->fd < 0) {
            free_one = p;
            continue;
        }
        oldest = older(oldest, p);
        if (p->network != network)
            continue;
        own = older(own, p);
        count++;
    }
    if (count < PEERS_OF_NETWORK && free_one)
        return free_one;
    struct peer *place = count < PEERS_OF_NETWORK ? oldest : own;
    peer_end(place);
    return place;
}

static void watch(struct responder *r, struct peer *p, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = p};
    if (epoll_ctl(r->epoll_fd, operation, p->fd, &event) < 0)
        peer_end(p);
}

static void take(struct responder *r, int fd, uint64_t network, bool tls) {
    struct peer *p = place_of(r, network);
    p->fd = fd;
    p->network = network;
    p->deadline_ms = clock_monotonic_ms() + PEER_MS;
    p->session = tls ? challenge_session_new(r->tls, fd, r->now) : NULL;
    if (tls && !p->session) {
        peer_end(p);
        return;
    }
    watch(r, p, EPOLL_CTL_ADD, EPOLLIN);
}

void peers_accept(struct responder *r, int listen_fd) {
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        take(r, fd, network_of(&from), listen_fd == r->tls_fd);
    }
}

/* ---- TLS ---- */

static void go_tls(struct responder *r, struct peer *p) {
    switch (challenge_session_go(p->session)) {
    case CHALLENGE_READS:
        watch(r, p, EPOLL_CTL_MOD, EPOLLIN);
        break;
    case CHALLENGE_WRITES:
        watch(r, p, EPOLL_CTL_MOD, EPOLLOUT);
        break;
    case CHALLENGE_OVER:
        peer_end(p);
        break;
    }
}

/* ---- DNS ---- */

/* False: nothing more comes now, or the connection ended. */
static bool receive(struct peer *p) {
    ssize_t got = recv(p->fd, p->in + p->in_len, sizeof p->in - p->in_len, 0);
    if (got > 0) {
        p->in_len += (size_t)got;
        return true;
    }
    if (got == 0 || (errno != EAGAIN && errno != EINTR))
        peer_end(p);
    return false;
}

static size_t message_length(const struct peer *p) {
    return p->in_len < PREFIX ? SIZE_MAX : (size_t)(p->in[0] << 8 | p->in[1]);
}

static bool is_complete(const struct peer *p) {
    return message_length(p) != SIZE_MAX && p->in_len >= PREFIX + message_length(p);
}

/* The answer to the first question of those that came. */
static void answer_first(struct responder *r, struct peer *p) {
    AUTO_ARENA a = arena_new();
    size_t len = message_length(p);
    struct slice answer;
    bool good =
        len <= DNS_QUERY_MAX && responder_answer(r, a, slice_of(p->in + PREFIX, len), true, false, &answer);
    p->out = good ? malloc(PREFIX + answer.len) : NULL;
    if (!p->out) {
        peer_end(p);
        return;
    }
    p->out[0] = (uint8_t)(answer.len >> 8);
    p->out[1] = (uint8_t)answer.len;
    memcpy(p->out + PREFIX, answer.p, answer.len);
    p->out_len = PREFIX + answer.len;
    p->out_sent = 0;
    p->in_len -= PREFIX + len;
    memmove(p->in, p->in + PREFIX + len, p->in_len);
}

/* False: the rest must wait, or the connection ended. */
static bool send_out(struct peer *p) {
    ssize_t sent = send(p->fd, p->out + p->out_sent, p->out_len - p->out_sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        peer_end(p);
    if (sent <= 0)
        return false;
    p->out_sent += (size_t)sent;
    if (p->out_sent < p->out_len)
        return false;
    free(p->out);
    p->out = NULL;
    return true;
}

/* What is sent before anything else is read: who does not take his answers asks nothing more. */
static bool dns_turn(struct responder *r, struct peer *p) {
    if (p->out)
        return send_out(p);
    if (is_complete(p)) {
        answer_first(r, p);
        return p->fd >= 0;
    }
    if (message_length(p) != SIZE_MAX && message_length(p) > DNS_QUERY_MAX) {
        peer_end(p);
        return false;
    }
    return receive(p);
}

static void go_dns(struct responder *r, struct peer *p) {
    bool goes_on = true;
    for (int i = 0; i < ACCEPTS_AT_ONCE && goes_on; i++)
        goes_on = dns_turn(r, p);
    if (p->fd >= 0)
        watch(r, p, EPOLL_CTL_MOD, p->out || is_complete(p) ? EPOLLOUT : EPOLLIN);
}

/* ---- all ---- */

void peer_go(struct responder *r, struct peer *p) {
    if (p->fd < 0) /* it gave its place to another in the same turn */
        return;
    if (p->session)
        go_tls(r, p);
    else
        go_dns(r, p);
}

void peers_sweep(struct responder *r) {
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (r->peers[i].fd >= 0 && r->peers[i].deadline_ms <= now)
            peer_end(&r->peers[i]);
}

int peers_timeout_ms(const struct responder *r) {
    int64_t least = INT64_MAX, now = clock_monotonic_ms();
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (r->peers[i].fd >= 0 && r->peers[i].deadline_ms < least)
            least = r->peers[i].deadline_ms;
    return least == INT64_MAX ? -1 : least <= now ? 0 : (int)(least - now);
}
