/*
 * How many quotes and paid orders a daemon gives in a second: bench_order TENURE FOLDER
 *
 * The real daemon with its web processes, which write to the disk with synchronous=FULL, and some connections
 * that stay open, each with one request under way. First quotes; then orders from them, each paid from the
 * balance of the account at once. The brand is one whose certificates wait for a
 * person after payment, so that the engine has no part in it. Both programs share the processors.
 */
#include "base/rand.h"
#include "bench/bench.h"
#include "order/ledger.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 32, SECONDS = 10, MESSAGE_MAX = 32 << 10, TIMES_MAX = 1 << 20, ID_MAX = 40 };

#define BRAND    "GlobalSign-DV"
#define BALANCE  INT64_C(1000000000000)
#define QUOTE_ID "\"id\":\"quo_"

/* ---- the account ---- */

static bool fill_balance(struct bench *b, struct error *e) {
    const char *id = id_new(b->arena, "dep", clock_now());
    const struct ledger_move move = {.account_id = b->account_id,
                                     .item = "CNY",
                                     .reason = "deposited",
                                     .reference = arena_printf(b->arena, "deposited:%s", id),
                                     .actor = "bench",
                                     .amount = BALANCE,
                                     .now = clock_now()};
    bool done;
    return db_begin(b->services.db, e) && ledger_move_money(b->services.db, &move, &done, e) &&
           db_commit(b->services.db, e);
}

/* ---- one connection ---- */

struct connection {
    int fd;
    char text[MESSAGE_MAX]; /* of the answer, as far as it has come */
    size_t length;
    int64_t began_us;
};

struct quote_id {
    char text[ID_MAX];
};

struct load {
    const char *key;
    int port;
    bool orders; /* of the quotes that were made, not more of them */
    int64_t number;
    struct quote_id *quotes;
    size_t quoted, ordered;
    struct connection connections[CONNECTIONS];
    double *ms;
    size_t done;
};

static void fatal(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void connect_one(const struct load *l, struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)l->port)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0)
        fatal("connect");
}

static void post(const struct load *l, struct connection *c, const char *path, const char *body) {
    char request[1024];
    int length = snprintf(request, sizeof request,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          path, l->key, strlen(body), body);
    if (write(c->fd, request, (size_t)length) != length)
        fatal("write");
    c->length = 0;
}

static void ask_quote(struct load *l, struct connection *c) {
    char body[256];
    snprintf(body, sizeof body, "{\"names\":[\"host%lld.example.com\"],\"brand\":\"" BRAND "\",\"years\":1}",
             (long long)l->number++);
    post(l, c, "/v1/quotes", body);
}

static void ask_order(struct load *l, struct connection *c) {
    char body[128];
    if (l->ordered == l->quoted)
        fatal("all quotes are ordered");
    snprintf(body, sizeof body, "{\"quote_id\":\"%s\"}", l->quotes[l->ordered++].text);
    post(l, c, "/v1/orders", body);
}

static void ask(struct load *l, struct connection *c) {
    c->began_us = bench_us();
    if (l->orders)
        ask_order(l, c);
    else
        ask_quote(l, c);
}

static void keep_quote(struct load *l, const char *answer) {
    const char *id = strstr(answer, QUOTE_ID);
    if (!id || l->quoted == TIMES_MAX)
        fatal(answer);
    id += strlen("\"id\":\"");
    snprintf(l->quotes[l->quoted++].text, ID_MAX, "%.*s", (int)strcspn(id, "\""), id);
}

/* The whole answer is there: its head says how long the rest is. */
static bool complete(const struct connection *c) {
    const char *body = strstr(c->text, "\r\n\r\n"), *length = strcasestr(c->text, "content-length:");
    if (!body || !length)
        return false;
    size_t wanted = strtoul(length + strlen("content-length:"), NULL, 10);
    return c->length >= (size_t)(body + 4 - c->text) + wanted;
}

static void answered(struct load *l, struct connection *c) {
    static const char created[] = "HTTP/1.1 201";
    if (strncmp(c->text, created, sizeof created - 1) != 0)
        fatal(c->text);
    if (!l->orders)
        keep_quote(l, c->text);
    if (l->done < TIMES_MAX)
        l->ms[l->done] = (double)(bench_us() - c->began_us) / 1e3;
    l->done++;
    ask(l, c);
}

static void receive(struct load *l, struct connection *c) {
    ssize_t got = read(c->fd, c->text + c->length, MESSAGE_MAX - 1 - c->length);
    if (got <= 0)
        fatal("read");
    c->length += (size_t)got;
    c->text[c->length] = '\0';
    if (complete(c))
        answered(l, c);
}

/* ---- the measurement ---- */

static void run(struct load *l, int64_t until_us) {
    struct pollfd polled[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++)
        polled[i] = (struct pollfd){.fd = l->connections[i].fd, .events = POLLIN};
    while (bench_us() < until_us) {
        if (poll(polled, CONNECTIONS, 1000) <= 0)
            fatal("no answer for a second");
        for (int i = 0; i < CONNECTIONS; i++)
            if (polled[i].revents)
                receive(l, &l->connections[i]);
    }
}

/* What is under way at the end is not counted. */
static void measure(struct load *l, const char *what, const char *aim) {
    l->done = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        connect_one(l, &l->connections[i]);
        ask(l, &l->connections[i]);
    }
    int64_t began = bench_us();
    run(l, began + SECONDS * INT64_C(1000000));
    double seconds = (double)(bench_us() - began) / 1e6;
    bench_result(what, (double)l->done / seconds, "/s", aim);
    size_t kept = l->done < TIMES_MAX ? l->done : TIMES_MAX;
    bench_result("  p50", bench_quantile(l->ms, kept, 0.5), "ms", NULL);
    bench_result("  p99", bench_quantile(l->ms, kept, 0.99), "ms", NULL);
    for (int i = 0; i < CONNECTIONS; i++)
        close(l->connections[i].fd);
}

static void check_ledgers(struct bench *b) {
    struct error e = {0};
    struct ledger_check check = {0};
    int64_t orders;
    bench_must(
        db_int(b->services.db, &orders, 0, &e, "SELECT count(*) FROM orders WHERE paid_at IS NOT NULL") &&
            ledger_check(b->services.db, b->account_id, &check, &e),
        "ledgers", &e);
    printf("%lld paid orders; the ledgers %s\n", (long long)orders,
           check.intact ? "add up" : "DO NOT ADD UP");
}

int main(int argc, char **argv) {
    static struct load l;
    struct bench b;
    struct error e = {0};
    struct cidr loopback;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_order TENURE FOLDER\n");
        return 64;
    }
    bench_machine();
    const char *binary = realpath(argv[1], NULL);
    bench_open(&b, argv[2]);
    bench_must(cidr_parse("127.0.0.0/8", &loopback, &e) && fill_balance(&b, &e), "set-up", &e);
    const struct outbound_policy policy = {.allow = &loopback, .count = 1};
    l.key = bench_key(&b);
    l.ms = ARENA_ARRAY(b.arena, TIMES_MAX, double);
    l.quotes = ARENA_ARRAY(b.arena, TIMES_MAX, struct quote_id);
    struct daemon d = daemon_start(binary, b.folder);
    l.port = d.port;
    daemon_wait(&d, client_new(b.arena, &policy));
    measure(&l, "quotes", ">= 2000");
    l.orders = true;
    measure(&l, "orders from them, paid by balance", ">= 500");
    struct usage used = daemon_stop(&d);
    bench_result("CPU of the daemon", used.cpu_seconds, "s", NULL);
    check_ledgers(&b);
    bench_close(&b);
    return 0;
}
