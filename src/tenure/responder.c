/* The responder's loop: sockets on one side, rows on the other. */
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "http/server.h"
#include "solve/solve.h"
#include "tenure/responder_peer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 64,
    DATAGRAMS_AT_ONCE = 64,
    BACKLOG = 128,
    RATES = 4096,      /* clients that are told apart */
    RATE_SECOND = 100, /* questions by UDP of one network in a second */
    HTTP_CONNECTIONS = 512,
    HTTP_MS = 5000, /* a CA asks at once, and takes its answer */
    HTTP_POOL = 8192,
    CONTROL_SIZE = 128,
};
#define CHALLENGE_PATH "/.well-known/acme-challenge/"

/* How often one network has asked within the present second. */
struct client_rate {
    int64_t second;
    uint32_t count;
};

/* ---- what is answered ---- */

/* The shape of a delegated name: there is one for every name of every account, published or not. */
static bool is_delegated(const struct responder *r, const char *name) {
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz234567");
    return len == DELEGATED_LABEL && name[len] == '.' && strcmp(name + len + 1, r->settings->zone) == 0;
}

static bool values_of(void *context, struct arena *a, const char *name, bool *exists, const char ***values,
                      size_t *count) {
    const struct responder *r = context;
    struct error e;
    *exists = is_delegated(r, name);
    if (!*exists || solution_answer_dns(r->services->db, a, name, values, count, &e))
        return true;
    log_failure("a question of DNS was not answered", &e, name);
    return false;
}

static bool key_authorization_of(void *context, struct arena *a, const char *name,
                                 const char **key_authorization) {
    const struct responder *r = context;
    struct error e;
    if (solution_answer_tls(r->services->db, a, name, key_authorization, &e))
        return true;
    if (e.id != ERR_NOT_FOUND)
        log_failure("a handshake was not answered", &e, name);
    return false;
}

static size_t no_body(void *context, const char *method, const char *path) {
    (void)context, (void)method, (void)path;
    return 0;
}

static bool http_answer(const struct responder *r, struct exchange *x, const char **answer, struct error *e) {
    if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0)
        return fail(e, ERR_METHOD_NOT_ALLOWED, "only GET is answered here", "此处仅支持 GET");
    if (strncmp(x->path, CHALLENGE_PATH, sizeof CHALLENGE_PATH - 1) != 0)
        return fail(e, ERR_NOT_FOUND, "only challenges are answered here", "此处仅应答质询");
    return solution_answer_http(r->services->db, x->arena, x->path + sizeof CHALLENGE_PATH - 1, answer, e);
}

static void handle_http(void *context, struct exchange *x) {
    const char *answer;
    struct error e;
    if (!http_answer(context, x, &answer, &e)) {
        exchange_fail(x, &e);
        return;
    }
    x->content_type = "application/octet-stream";
    x->answer = slice_str(answer);
}

/* ---- DNS ---- */

bool responder_answer(struct responder *r, struct arena *a, struct slice message, bool tcp, bool curt,
                      struct slice *answer) {
    const struct dns_asked asked = {.message = message, .tcp = tcp, .curt = curt, .now = r->now};
    return dns_serve(&r->served, a, &asked, answer);
}

/* A source that is forged gets no more than it sent. */
static bool asks_too_often(struct responder *r, const struct sockaddr_storage *from) {
    uint32_t hash = r->seed;
    uint64_t network = network_of(from);
    if (!network)
        return true;
    for (; network; network >>= 8)
        hash = (hash ^ (uint32_t)(network & 0xff)) * 16777619u;
    struct client_rate *rate = &r->rates[(hash ^ hash >> 16) % RATES];
    if (rate->second != r->now)
        *rate = (struct client_rate){.second = r->now};
    return ++rate->count > RATE_SECOND;
}

/* The address that was asked answers: `control` says which, where we listen on several. */
static bool answer_datagram(struct responder *r) {
    uint8_t bytes[DNS_QUERY_MAX];
    struct sockaddr_storage from;
    union {
        struct cmsghdr align;
        char bytes[CONTROL_SIZE];
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof from,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct slice answer;
    AUTO_ARENA a = arena_new();
    ssize_t got = recvmsg(r->udp_fd, &message, MSG_DONTWAIT);
    if (got < 0)
        return errno == EINTR;
    if (message.msg_flags & MSG_TRUNC ||
        !responder_answer(r, a, slice_of(bytes, (size_t)got), false, asks_too_often(r, &from), &answer))
        return true;
    part = (struct iovec){.iov_base = (void *)answer.p, .iov_len = answer.len};
    message.msg_flags = 0;
    ssize_t ignored = sendmsg(r->udp_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored; /* who did not get it asks again */
    return true;
}

/* ---- the loop ---- */

int responder_fd(const struct responder *r) {
    return r->epoll_fd;
}

int responder_timeout_ms(const struct responder *r) {
    int peers = peers_timeout_ms(r), http = r->http ? server_timeout_ms(r->http) : -1;
    return peers < 0 ? http : http < 0 || peers < http ? peers : http;
}

static void take_event(struct responder *r, void *source) {
    if (source == &r->udp_fd)
        for (int i = 0; i < DATAGRAMS_AT_ONCE && answer_datagram(r); i++)
            ;
    else if (source == &r->tcp_fd || source == &r->tls_fd)
        peers_accept(r, *(int *)source);
    else if (source != &r->http)
        peer_go(r, source);
}

void responder_run(struct responder *r, int64_t now) {
    struct epoll_event events[EVENTS_MAX];
    r->now = now;
    int count = epoll_wait(r->epoll_fd, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++)
        take_event(r, events[i].data.ptr);
    if (r->http)
        server_run(r->http, now);
    peers_sweep(r);
}

/* ---- set-up ---- */

static bool cannot(const struct responder_address *address, struct error *e) {
    char what[80];
    snprintf(what, sizeof what, "%.46s:%u", address->text, address->port);
    return fail_errno(e, ERR_SYSTEM, what);
}

/* Not shared with another process: who comes second must not get half of the questions. */
static bool bind_to(const struct responder_address *address, int type, int *fd, struct error *e) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    bool six = strchr(address->text, ':') != NULL;
    int on = 1;
    inet_pton(six ? AF_INET6 : AF_INET, address->text, six ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
    const struct sockaddr *name = six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    *fd = socket(six ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return cannot(address, e);
    if (type == SOCK_STREAM)
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    else
        setsockopt(*fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVPKTINFO : IP_PKTINFO, &on, sizeof on);
    return (bind(*fd, name, six ? sizeof v6 : sizeof v4) == 0 &&
            (type != SOCK_STREAM || listen(*fd, BACKLOG) == 0)) ||
           cannot(address, e);
}

static bool watch(struct responder *r, int fd, void *source, struct error *e) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 || fail_errno(e, ERR_SYSTEM, "epoll_ctl");
}

static bool open_dns(struct responder *r, struct error *e) {
    const struct responder_settings *s = r->settings;
    r->served = (struct dns_served){.zone = s->zone,
                                    .name_servers = s->name_servers,
                                    .name_server_count = s->name_server_count,
                                    .addresses = s->addresses,
                                    .address_count = s->address_count,
                                    .values = values_of,
                                    .context = r};
    return !s->dns.text ||
           (bind_to(&s->dns, SOCK_DGRAM, &r->udp_fd, e) && watch(r, r->udp_fd, &r->udp_fd, e) &&
            bind_to(&s->dns, SOCK_STREAM, &r->tcp_fd, e) && watch(r, r->tcp_fd, &r->tcp_fd, e));
}

static bool open_tls(struct responder *r, struct arena *a, struct error *e) {
    const struct responder_address *address = &r->settings->tls;
    return !address->text ||
           (challenge_tls_new(a, key_authorization_of, r, &r->tls, e) &&
            bind_to(address, SOCK_STREAM, &r->tls_fd, e) && watch(r, r->tls_fd, &r->tls_fd, e));
}

static bool open_http(struct responder *r, struct error *e) {
    struct server_options options = server_defaults;
    options.connections_max = HTTP_CONNECTIONS;
    options.head_ms = options.write_ms = options.idle_ms = HTTP_MS;
    options.pool_size = HTTP_POOL;
    options.context = r;
    options.body_max = no_body;
    options.handle = handle_http;
    if (!r->settings->http.text)
        return true;
    if (bind_to(&r->settings->http, SOCK_STREAM, &options.listen_fd, e))
        return server_start(&r->http, &options, e) && watch(r, server_poll_fd(r->http), &r->http, e);
    close_auto(&options.listen_fd);
    return false;
}

static void responder_close(void *object) {
    struct responder *r = object;
    for (size_t i = 0; i < PEERS_MAX; i++)
        peer_end(&r->peers[i]);
    server_free(r->http);
    close_auto(&r->udp_fd);
    close_auto(&r->tcp_fd);
    close_auto(&r->tls_fd);
    close_auto(&r->epoll_fd);
}

bool responder_open(struct arena *a, const struct responder_settings *settings,
                    const struct services *services, struct responder **opened, struct error *e) {
    struct responder *r = *opened = ARENA_NEW(a, struct responder);
    *r = (struct responder){.services = services,
                            .settings = settings,
                            .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                            .udp_fd = -1,
                            .tcp_fd = -1,
                            .tls_fd = -1,
                            .peers = ARENA_ARRAY(a, PEERS_MAX, struct peer),
                            .rates = ARENA_ARRAY(a, RATES, struct client_rate)};
    rand_bytes(&r->seed, sizeof r->seed);
    for (size_t i = 0; i < PEERS_MAX; i++)
        r->peers[i].fd = -1;
    if (r->epoll_fd < 0)
        return fail_errno(e, ERR_SYSTEM, "epoll_create1");
    bool good =
        open_tls(r, a, e); /* its TLS server must end after the connections, which the arena sees to */
    arena_defer(a, responder_close, r);
    return good && open_dns(r, e) && open_http(r, e);
}
