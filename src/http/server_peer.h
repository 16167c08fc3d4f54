/*
 * A real server in a child process, for the tests of server and client: it echoes what it was asked as JSON,
 * and the test fails if it leaks, trips a sanitizer, or keeps a connection when it is told to end.
 */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "http/client.h"
#include "http/server.h"
#include "unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BODY_MAX = 1000, BIG_ANSWER = 8 << 20, SHORT_MS = 300, PATIENCE_MS = 5000 };
static const int64_t noon = 1795262400;

/* ---- the server's side ---- */

static inline size_t body_max(void *context, const char *method, const char *path) {
    (void)context, (void)method, (void)path;
    return BODY_MAX;
}

static inline void echo(struct exchange *x) {
    const char *q = exchange_query(x, "q"), *header = exchange_header(x, "X-Test");
    json_t *seen = json_pack("{ss ss ss? ss? ss sI}", "method", x->method, "path", x->path, "q", q, "header",
                             header, "peer", x->peer, "length", (json_int_t)x->body.len);
    x->answer = slice_str(json_text(x->arena, json_keep(x->arena, seen), false));
}

static inline void handle(void *context, struct exchange *x) {
    (void)context;
    struct error e;
    if (strcmp(x->path, "/big") == 0) {
        x->answer = slice_of(arena_alloc(x->arena, BIG_ANSWER), BIG_ANSWER);
    } else if (strcmp(x->path, "/huge") == 0) {
        x->answer = slice_of(arena_alloc(x->arena, HTTP_REPLY_MAX + 1), HTTP_REPLY_MAX + 1);
    } else if (strcmp(x->path, "/moved") == 0) {
        x->status = 302;
        exchange_answer_header(x, "Location", "/elsewhere");
    } else if (strcmp(x->path, "/cached") == 0) {
        exchange_answer_header(x, "Cache-Control", "max-age=60");
        exchange_answer_header(x, "X-Evil", "a\r\nSet-Cookie: b");
    } else if (strcmp(x->path, "/dropped") == 0) {
        x->end = EXCHANGE_DROPS;
    } else if (strcmp(x->path, "/truncated") == 0) {
        x->answer = slice_str("0123456789");
        x->end = EXCHANGE_TRUNCATES;
    } else if (strcmp(x->path, "/missing") == 0) {
        fail(&e, ERR_NOT_FOUND, "no certificate '%s'", "没有证书“%s”", "cert_1");
        exchange_fail(x, &e);
    } else {
        echo(x);
    }
}

/* Ends when the parent closes its end of the pipe. The exit status is that of the leak check, too. */
static inline void serve(const struct server_options *options, int parent) {
    struct server *server;
    struct error e;
    if (!server_start(&server, options, &e))
        exit(2);
    int64_t end = INT64_MAX;
    while (clock_monotonic_ms() < end && (end == INT64_MAX || server_connections(server) > 0)) {
        struct pollfd p[] = {{.fd = server_poll_fd(server), .events = POLLIN},
                             {.fd = end == INT64_MAX ? parent : -1, .events = POLLIN}};
        int timeout = server_timeout_ms(server);
        poll(p, 2, timeout < 0 || timeout > 1000 ? 1000 : timeout);
        if (p[1].revents) {
            server_drain(server);
            end = clock_monotonic_ms() + PATIENCE_MS;
        }
        server_run(server, noon);
    }
    int left = server_connections(server);
    server_free(server);
    exit(left ? 3 : 0);
}

/* ---- the client's side ---- */

struct peer {
    struct arena *arena;
    pid_t pid;
    int pipe;
    struct sockaddr_in address;
};

static inline struct server_options with_deadlines(int ms) {
    struct server_options o = server_defaults;
    o.head_ms = o.body_ms = o.write_ms = o.idle_ms = ms;
    o.drain_ms = SHORT_MS;
    return o;
}

static inline struct peer peer_start(const char *listen_on, struct server_options options) {
    struct peer peer = {.arena = arena_new()};
    struct error e;
    socklen_t len = sizeof peer.address;
    int ends[2];
    assert_ok(server_listen(listen_on, 0, &options.listen_fd, &e), e);
    assert_int_equal(getsockname(options.listen_fd, (struct sockaddr *)&peer.address, &len), 0);
    assert_int_equal(pipe(ends), 0);
    options.body_max = body_max;
    options.handle = options.handle ? options.handle : handle;
    fflush(NULL);
    peer.pid = fork();
    if (peer.pid == 0) {
        close(ends[1]);
        arena_free(peer.arena);
        serve(&options, ends[0]);
    }
    close(ends[0]);
    close(options.listen_fd);
    peer.pipe = ends[1];
    return peer;
}

/* Asks the server to drain, and waits for its end: no leak, no sanitizer finding, no connection left. */
static inline void peer_end(struct peer *peer) {
    int status;
    close(peer->pipe);
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    arena_free(peer->arena);
}

static inline int dial(const struct peer *peer) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&peer->address, sizeof peer->address), 0);
    return fd;
}

/* A server that has closed already is an answer, too. */
static inline void say(int fd, const char *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t n = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        done += (size_t)n;
    }
}

static inline void say_text(int fd, const char *text) {
    say(fd, text, strlen(text));
}

struct reply {
    int status; /* 0: closed without an answer */
    const char *head, *body;
    size_t len;
};

static inline char *read_bytes_until(struct peer *peer, int fd, const char *end, size_t want) {
    struct buf b = buf_new(peer->arena, 2 * BIG_ANSWER);
    char c;
    while ((end ? !strstr(b.p, end) : b.len < want) && recv(fd, &c, 1, 0) == 1)
        buf_char(&b, c);
    return b.p;
}

static inline struct reply hear(struct peer *peer, int fd) {
    struct reply r = {.head = read_bytes_until(peer, fd, "\r\n\r\n", 0), .body = ""};
    if (strncmp(r.head, "HTTP/1.", 7) != 0)
        return r;
    const char *len = strcasestr(r.head, "\r\nContent-Length: ");
    r.status = (int)strtol(r.head + 9, NULL, 10);
    r.len = len ? strtoul(len + 18, NULL, 10) : 0;
    r.body = read_bytes_until(peer, fd, NULL, r.len);
    return r;
}

static inline struct reply ask(struct peer *peer, const char *request) {
    AUTO_FD fd = dial(peer);
    say_text(fd, request);
    return hear(peer, fd);
}

/* Nothing more comes, and the connection ends. */
static inline void assert_closed(int fd) {
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

/* The code of a problem document. */
static inline const char *code_of(struct peer *peer, const struct reply *r) {
    json_t *problem;
    struct error e;
    assert_non_null(strstr(r->head, PROBLEM_TYPE));
    assert_ok(json_read(peer->arena, slice_of(r->body, r->len), &problem, &e), e);
    return json_string_value(json_object_get(problem, "code"));
}
