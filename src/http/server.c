/*
 * The HTTP/1.1 server. libmicrohttpd's own time-out never ends a client that sends a byte now and then, so
 * each connection has a node here with an absolute deadline for its stage; whoever is past it is shut down,
 * and libmicrohttpd frees the connection in its next turn.
 */
#include "http/server.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/rand.h"
#include "http/address.h"
#include "http/framing.h"
#include "http/url.h"
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of a body that is too large so much is read and thrown away, so that the client listens when we answer. */
enum { DISCARD_MAX = 1 << 20, LISTEN_BACKLOG = 512 };

const struct server_options server_defaults = {
    .listen_fd = -1,
    .head_ms = 10000,
    .body_ms = 30000,
    .write_ms = 30000,
    .idle_ms = 60000,
    .drain_ms = 1000,
    .connections_max = 512,
    .connections_per_address_max = 64,
    .pool_size = 32768,
    .large_bodies_max = 4,
};

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_WRITE, STAGE_IDLE };

/* One request of a connection, from its request line to the last byte of the answer. */
struct exchange_state {
    struct exchange x;
    struct buf body;
    uint64_t discarded;
    bool target_valid;
    bool large; /* it has one of the places for large bodies */
};

struct connection {
    struct connection *next, *previous;
    struct server *server;
    int fd;
    struct address peer;
    enum stage stage;
    int64_t deadline_ms;
    bool ended;                     /* we have shut it down; libmicrohttpd has not noticed yet */
    struct exchange_state *request; /* NULL between requests */
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct connection *connections;
    int count, large_bodies;
    int64_t now;
    int64_t next_deadline_ms; /* not later than the earliest of all */
    bool draining;
};

/* ---- connections and their deadlines ---- */

static void enter_stage(struct connection *c, enum stage stage) {
    const struct server_options *o = &c->server->options;
    const int limits[] = {[STAGE_HEAD] = o->head_ms,
                          [STAGE_BODY] = o->body_ms,
                          [STAGE_WRITE] = o->write_ms,
                          [STAGE_IDLE] = o->idle_ms};
    bool hurry = c->server->draining && stage == STAGE_IDLE;
    c->stage = stage;
    if (c->ended)
        return;
    c->deadline_ms = clock_monotonic_ms() + (hurry ? 0 : limits[stage]);
    if (c->deadline_ms < c->server->next_deadline_ms)
        c->server->next_deadline_ms = c->deadline_ms;
}

static void request_begin(struct connection *c) {
    struct arena *a = arena_new();
    struct exchange_state *r = ARENA_NEW(a, struct exchange_state);
    char *peer = arena_alloc(a, INET6_ADDRSTRLEN);
    address_text(&c->peer, peer);
    r->x = (struct exchange){.arena = a,
                             .now = c->server->now,
                             .peer = peer,
                             .request_id = id_new(a, "req", c->server->now),
                             .status = 200,
                             .content_type = "application/json"};
    c->request = r;
}

static void request_end(struct connection *c) {
    if (c->request) {
        c->server->large_bodies -= c->request->large;
        arena_free(c->request->x.arena);
    }
    c->request = NULL;
}

static void end_connection(struct connection *c) {
    c->ended = true;
    c->deadline_ms = INT64_MAX;
    shutdown(c->fd, SHUT_RDWR);
}

/* Past libmicrohttpd, which would not do it: it cannot answer yet, or would do so in full. */
static void write_and_end(struct connection *c, size_t body_len) {
    const struct exchange *x = &c->request->x;
    struct buf b = buf_new(x->arena, 8192 + body_len);
    buf_printf(&b, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n",
               x->status, MHD_get_reason_phrase_for((unsigned)x->status), x->content_type, x->answer.len);
    for (size_t i = 0; i < x->header_count; i++)
        buf_printf(&b, "%s: %s\r\n", x->headers[i].name, x->headers[i].value);
    buf_printf(&b, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n\r\n",
               x->request_id);
    buf_add(&b, x->answer.p, body_len);
    /* a client that does not even take this gets nothing */
    ssize_t ignored = send(c->fd, b.p, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    end_connection(c);
}

/* Ends a connection whose request is not complete. */
static void cut_off(struct connection *c, const struct error *e) {
    if (!c->request)
        request_begin(c);
    exchange_fail(&c->request->x, e);
    write_and_end(c, c->request->x.answer.len);
}

static void expire(struct connection *c) {
    struct error e;
    if (c->stage != STAGE_HEAD && c->stage != STAGE_BODY) {
        end_connection(c);
        return;
    }
    fail(&e, ERR_REQUEST_TIMEOUT, "the request was not complete in time", "请求未在规定时间内完整到达");
    cut_off(c, &e);
}

static void sweep(struct server *s) {
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms < s->next_deadline_ms)
        return;
    s->next_deadline_ms = INT64_MAX;
    for (struct connection *c = s->connections; c; c = c->next) {
        if (c->deadline_ms <= now_ms)
            expire(c);
        if (c->deadline_ms < s->next_deadline_ms)
            s->next_deadline_ms = c->deadline_ms;
    }
}

static struct connection *connection_of(struct MHD_Connection *mhd) {
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

/* libmicrohttpd's limit for each address would hold for the reverse proxy on this machine, too. */
static enum MHD_Result on_accept(void *context, const struct sockaddr *sa, socklen_t len) {
    const struct server *s = context;
    struct address peer;
    (void)len;
    if (!address_from(sa, &peer))
        return MHD_NO;
    if (address_is_loopback(&peer))
        return MHD_YES;
    int count = 0;
    for (const struct connection *c = s->connections; c; c = c->next)
        count += address_equal(&c->peer, &peer);
    return count < s->options.connections_per_address_max ? MHD_YES : MHD_NO;
}

static void connection_open(struct server *s, struct MHD_Connection *mhd, void **socket_context) {
    struct connection *c = calloc(1, sizeof *c);
    if (!c)
        abort(); /* as the arena does: the supervisor starts the role again */
    c->server = s;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    address_from(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr, &c->peer);
    c->next = s->connections;
    if (c->next)
        c->next->previous = c;
    s->connections = c;
    s->count++;
    enter_stage(c, STAGE_HEAD);
    *socket_context = c;
}

static void connection_close(struct connection *c) {
    struct server *s = c->server;
    request_end(c);
    if (c->next)
        c->next->previous = c->previous;
    if (c->previous)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    s->count--;
    free(c);
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_open(context, mhd, socket_context);
    else
        connection_close(*socket_context);
}

/* ---- requests ---- */

/* The request line is there. Only here is the target seen before it is decoded. */
static void *on_target(void *context, const char *target, struct MHD_Connection *mhd) {
    (void)context;
    struct connection *c = connection_of(mhd);
    request_end(c);
    request_begin(c);
    struct exchange_state *r = c->request;
    r->target_valid = url_target_valid(target);
    size_t path_len = strcspn(target, "?");
    r->x.path = arena_strndup(r->x.arena, target, path_len);
    r->x.query = target[path_len] ? arena_strdup(r->x.arena, target + path_len + 1) : NULL;
    enter_stage(c, STAGE_HEAD);
    return NULL;
}

/* We decode paths and queries ourselves, once (http/url.h). */
static size_t leave_encoded(void *context, struct MHD_Connection *mhd, char *s) {
    (void)context, (void)mhd;
    return strlen(s);
}

static bool has_header(const struct exchange *x, const char *name) {
    for (size_t i = 0; i < x->header_count; i++)
        if (strcasecmp(x->headers[i].name, name) == 0)
            return true;
    return false;
}

static enum MHD_Result send_answer(struct connection *c, struct MHD_Connection *mhd, bool close_after) {
    const struct exchange *x = &c->request->x;
    /* the arena outlives the answer, and libmicrohttpd does not write into it */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(x->answer.len, (void *)x->answer.p, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (x->answer.len)
        MHD_add_response_header(response, "Content-Type", x->content_type);
    if (!has_header(x, "Cache-Control"))
        MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Request-Id", x->request_id);
    if (close_after || c->server->draining)
        MHD_add_response_header(response, "Connection", "close");
    for (size_t i = 0; i < x->header_count; i++)
        MHD_add_response_header(response, x->headers[i].name, x->headers[i].value);
    enter_stage(c, STAGE_WRITE);
    enum MHD_Result result = MHD_queue_response(mhd, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct connection *c, struct MHD_Connection *mhd, const struct error *e) {
    exchange_fail(&c->request->x, e);
    return send_answer(c, mhd, true);
}

static enum MHD_Result see_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                  const char *value, size_t value_len) {
    (void)kind;
    framing_header(context, name, name_len, value, value_len);
    return MHD_YES;
}

static void too_large(size_t max, struct error *e) {
    fail(e, ERR_BODY_TOO_LARGE, "the body may have %zu bytes here", "此处请求体不能超过 %zu 字节", max);
}

/* Too large, and either too much to throw away or not yet on its way. */
static bool hopeless(const struct exchange *x, uint64_t len, size_t max) {
    return len > max && (len - max > DISCARD_MAX || exchange_header(x, "Expect"));
}

/* The headers are complete, nothing of the body is read. */
static enum MHD_Result begin(struct connection *c, struct MHD_Connection *mhd, const char *method,
                             const char *version) {
    struct exchange_state *r = c->request;
    struct framing framing = {0};
    struct error e;
    r->x.connection = mhd;
    r->x.method = method;
    r->x.lang = lang_from(exchange_header(&r->x, "Accept-Language"));
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, see_header, &framing);
    if (!r->target_valid)
        fail(&e, ERR_BAD_REQUEST, "the address is malformed", "请求地址格式错误");
    if (!r->target_valid || !framing_allowed(&framing, version, &e))
        return refuse(c, mhd, &e);
    const struct server_options *o = &c->server->options;
    r->body = buf_new(r->x.arena, o->body_max(o->context, method, r->x.path));
    if (hopeless(&r->x, framing.content_length, r->body.max)) {
        too_large(r->body.max, &e);
        return refuse(c, mhd, &e);
    }
    if (framing_has_body(&framing))
        enter_stage(c, STAGE_BODY);
    return MHD_YES;
}

/* Memory is bounded by places, taken once there is something to hold: whoever only announces much takes
 * none. */
static bool has_place(struct connection *c, size_t len) {
    struct exchange_state *r = c->request;
    struct server *s = c->server;
    if (r->large || len <= LARGE_BODY)
        return true;
    if (s->large_bodies >= s->options.large_bodies_max)
        return false;
    s->large_bodies++;
    r->large = true;
    buf_reserve(&r->body);
    return true;
}

static void take_body(struct connection *c, const char *data, size_t len) {
    struct exchange_state *r = c->request;
    struct error e;
    if (c->ended)
        return;
    if (!has_place(c, r->body.len + len)) {
        fail(&e, ERR_TOO_MANY_UPLOADS, "%d large requests are being taken at the moment",
             "当前已有 %d 个大型请求正在处理", c->server->options.large_bodies_max);
        cut_off(c, &e);
        return;
    }
    buf_add(&r->body, data, len);
    r->discarded += r->body.overflow ? len : 0;
    if (r->discarded <= DISCARD_MAX || c->ended)
        return;
    too_large(r->body.max, &e);
    cut_off(c, &e);
}

static enum MHD_Result finish(struct connection *c, struct MHD_Connection *mhd) {
    struct exchange_state *r = c->request;
    struct error e;
    if (r->body.overflow) {
        too_large(r->body.max, &e);
        return refuse(c, mhd, &e);
    }
    r->x.body = buf_slice(&r->body);
    c->server->options.handle(c->server->options.context, &r->x);
    if (r->x.end == EXCHANGE_ANSWERS)
        return send_answer(c, mhd, false);
    if (r->x.end == EXCHANGE_TRUNCATES)
        write_and_end(c, r->x.answer.len / 2);
    else
        end_connection(c);
    return MHD_NO;
}

/* Called once when the headers are complete, then for each part of the body, then at its end. */
/* budget: libmicrohttpd prescribes the parameters */
static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data, size_t *len,
                                  void **begun) {
    (void)context, (void)url;
    struct connection *c = connection_of(mhd);
    if (!*begun) {
        *begun = c;
        return begin(c, mhd, method, version);
    }
    if (*len == 0)
        return finish(c, mhd);
    take_body(c, data, *len);
    *len = 0;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *mhd, void **begun,
                         enum MHD_RequestTerminationCode code) {
    (void)context, (void)begun, (void)code;
    struct connection *c = connection_of(mhd);
    request_end(c);
    enter_stage(c, STAGE_IDLE);
}

/* ---- the server ---- */

static bool parse_endpoint(const char *text, uint16_t port, struct sockaddr_storage *sa, socklen_t *len) {
    struct address address;
    if (!address_parse(text, &address))
        return false;
    *len = address_to(&address, port, sa);
    return true;
}

static bool listens(int fd, const struct sockaddr *sa, socklen_t len) {
    const int on = 1;
    bool only_v6 =
        sa->sa_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
    return only_v6 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 && bind(fd, sa, len) == 0 &&
           listen(fd, LISTEN_BACKLOG) == 0;
}

bool server_listen(const char *address, uint16_t port, int *fd, struct error *e) {
    struct sockaddr_storage sa = {0};
    socklen_t len;
    if (!parse_endpoint(address, port, &sa, &len))
        return fail(e, ERR_BAD_CONFIG, "'%s' is not an IP address", "“%s”不是 IP 地址", address);
    *fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd >= 0 && listens(*fd, (struct sockaddr *)&sa, len))
        return true;
    char what[80];
    snprintf(what, sizeof what, "%.46s:%u", address, port);
    fail_errno(e, ERR_SYSTEM, what);
    if (*fd >= 0)
        close(*fd);
    return false;
}

/* Not strict: libmicrohttpd would refuse a missing Host with HTML; the gate does it with a problem, and
 * closes. */
bool server_start(struct server **server, const struct server_options *options, struct error *e) {
    struct server *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->options = *options;
    s->next_deadline_ms = INT64_MAX;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, on_accept, s, on_request, s, MHD_OPTION_LISTEN_SOCKET, options->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        options->pool_size, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, s,
        MHD_OPTION_END);
    if (!s->daemon) {
        close(options->listen_fd);
        free(s);
        return fail_errno(e, ERR_SYSTEM, "libmicrohttpd");
    }
    *server = s;
    return true;
}

int server_poll_fd(const struct server *s) {
    return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int server_timeout_ms(const struct server *s) {
    int64_t wait = s->next_deadline_ms == INT64_MAX ? INT64_MAX : s->next_deadline_ms - clock_monotonic_ms();
    unsigned MHD_LONG_LONG pending;
    if (MHD_get_timeout(s->daemon, &pending) == MHD_YES && (int64_t)pending < wait)
        wait = (int64_t)pending;
    return wait == INT64_MAX ? -1 : wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

void server_run(struct server *s, int64_t now) {
    s->now = now;
    MHD_run(s->daemon);
    sweep(s);
}

void server_drain(struct server *s) {
    if (s->draining)
        return;
    s->draining = true;
    MHD_socket listener = MHD_quiesce_daemon(s->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    int64_t soon = clock_monotonic_ms() + s->options.drain_ms;
    for (struct connection *c = s->connections; c; c = c->next)
        if ((c->stage == STAGE_HEAD || c->stage == STAGE_IDLE) && c->deadline_ms > soon)
            c->deadline_ms = soon;
    s->next_deadline_ms = 0; /* the next sweep finds the earliest */
}

int server_connections(const struct server *s) {
    return s->count;
}

void server_free(struct server *s) {
    if (!s)
        return;
    MHD_stop_daemon(s->daemon);
    free(s);
}
