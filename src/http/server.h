/*
 * The HTTP/1.1 server: libmicrohttpd in one thread, driven by the poll loop of the role. Handlers run to
 * their end in server_run, so none may take longer than a few milliseconds. Every stage of a connection has a
 * deadline, every buffer a maximum, and requests that two parsers could read differently are refused.
 *
 *     poll: server_poll_fd, at most server_timeout_ms; then server_run. To end: server_drain, go on until
 *     server_connections is 0 or patience ends, server_free.
 *
 * libmicrohttpd itself answers what it cannot parse (400, 413, 414, 431, 505), with a line of HTML; all other
 * errors are problems (http/problem.h).
 */
#pragma once
#include "http/problem.h"

enum { EXCHANGE_HEADERS_MAX = 8, LARGE_BODY = 1 << 20 };

struct exchange_header {
    const char *name, *value;
};

/* What becomes of the answer; all but the first are for servers that misbehave on purpose. */
enum exchange_end {
    EXCHANGE_ANSWERS,
    EXCHANGE_DROPS,     /* the connection is closed without a word */
    EXCHANGE_TRUNCATES, /* and here after half of the body that was announced */
};

/* One request and its answer. Everything lives in `arena`, until the answer is sent. */
struct exchange {
    struct arena *arena;
    int64_t now;
    const char *method;
    const char *path;  /* as it came, percent-encoded, for route_match */
    const char *query; /* behind the question mark, or NULL */
    const char *peer;  /* the address of the client */
    const char *request_id;
    enum lang lang; /* of Accept-Language */
    struct slice body;
    void *connection;
    /* the answer, filled by the handler */
    int status;               /* 200 unless set */
    const char *content_type; /* application/json unless set */
    struct slice answer;
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    enum exchange_end end;
};

/* A header of the request, NULL if absent; the first if repeated. */
const char *exchange_header(const struct exchange *x, const char *name);
/* A query parameter, decoded, NULL if absent. */
const char *exchange_query(const struct exchange *x, const char *name);
/* A header of the answer; one with control characters is left out. Cache-Control replaces the usual no-store.
 */
void exchange_answer_header(struct exchange *x, const char *name, const char *value);
/* The error as the answer, with the headers that its status asks for. */
void exchange_fail(struct exchange *x, const struct error *e);

struct server_options {
    int listen_fd; /* from server_listen; the server closes it */
    int head_ms, body_ms, write_ms, idle_ms;
    int drain_ms; /* what a silent connection may still use to send a request while the server drains */
    int connections_max, connections_per_address_max; /* the second not for loopback */
    size_t pool_size;     /* of a connection: bounds the request line with all headers */
    int large_bodies_max; /* requests at a time with more than LARGE_BODY in memory; 503 for others */
    void *context;
    /* The largest body that a request may have, asked when its headers are complete. */
    size_t (*body_max)(void *context, const char *method, const char *path);
    void (*handle)(void *context, struct exchange *x);
};

/* The values of production, without listen_fd and callbacks. */
extern const struct server_options server_defaults;

struct server;

/* A listening socket on a numeric address that several processes may share; port 0 chooses one. */
bool server_listen(const char *address, uint16_t port, int *fd, struct error *e);
/* After the fork. */
bool server_start(struct server **server, const struct server_options *options, struct error *e);
/* Readable when there is something to do. */
int server_poll_fd(const struct server *server);
/* How long poll may wait at most; -1: for ever. */
int server_timeout_ms(const struct server *server);
/* One turn, without waiting: accepts, reads, handles, writes, and ends what is past its deadline. */
void server_run(struct server *server, int64_t now);
/* Closes the listening socket; connections end after their request, silent ones soon. */
void server_drain(struct server *server);
int server_connections(const struct server *server);
/* Cuts off what is left. NULL is allowed. */
void server_free(struct server *server);
