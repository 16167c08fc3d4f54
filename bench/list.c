/*
 * How long a page of a long list takes: bench_list TENURE FOLDER
 *
 * A million certificates in all states are put into a data folder by the functions that always store them, so
 * that derived columns, words and indexes are what they always are; only the versions behind them are left
 * out, which no list reads. The folder is kept: a second run goes on with it. Then the real daemon is asked
 * for pages of 50 over HTTP, first ones and those that follow, with each filter alone and with state and
 * text.
 */
#include "base/file.h"
#include "base/rand.h"
#include "bench/bench.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 1000000, TOGETHER = 20000, REQUESTS = 400, PAGES_DEEP = 4, VERSIONED_PERCENT = 70 };

#define KEY_FILE "bench-key"

/* ---- a million certificates ---- */

static void before_payment(struct certificate *c) {
    c->paid_at = c->active_at = c->submitted_at = 0;
}
static void before_activation(struct certificate *c) {
    c->active_at = c->submitted_at = 0;
}
static void before_application(struct certificate *c) {
    c->submitted_at = 0;
}
static void before_letter(struct certificate *c) {
    c->letter_needed = true;
}
static void in_validation(struct certificate *c) {
    (void)c;
}
static void rejected(struct certificate *c) {
    c->rejected_at = c->created_at;
    c->reject_reason = "internal";
}
static void revoking(struct certificate *c) {
    c->revoke_asked_at = c->created_at;
}
static void revoked(struct certificate *c) {
    c->revoke_asked_at = c->revoked_at = c->created_at;
}
static void cancelled(struct certificate *c) {
    c->cancelled_at = c->created_at;
}

static void (*const without_version[])(struct certificate *c) = {
    before_payment, before_activation, before_application, before_letter, in_validation, rejected,
    revoking,       revoked,           cancelled,
};

static const char *random_hex(struct arena *a, size_t digits) {
    char *hex = arena_alloc(a, digits + 1);
    for (size_t i = 0; i < digits; i++)
        hex[i] = "0123456789abcdef"[rand_below(16)];
    return hex;
}

/* From 200 days ago to a year ahead; those that are issued last half a year, within a coverage of one. */
static void set_version(struct arena *a, struct certificate *c, int64_t now) {
    static const char *const kinds[] = {"official", "official", "official", "official",
                                        "official", "official", "uploaded", "uploaded",
                                        "uploaded", "test",     "pca",      "discovered"};
    c->kind = kinds[rand_below(sizeof kinds / sizeof *kinds)];
    c->version_end = now - 200 * DAY + (int64_t)rand_below(565 * DAY);
    c->not_before = c->version_end - 199 * DAY;
    c->covered_from = c->not_before;
    c->coverage_end = c->version_end + (int64_t)rand_below(2) * 166 * DAY;
    c->version_id = id_new(a, "ver", c->not_before);
    c->version_count = 1;
    c->serial = random_hex(a, 32);
    c->fingerprint = random_hex(a, 64);
    c->key_held = true;
}

static struct certificate make_certificate(struct arena *a, const struct bench *b, int64_t number,
                                           int64_t now) {
    static const char *const environments[] = {"production", "staging", "development"};
    const struct profile *profile = policy_find(&b->policies, POLICY_DEFAULT, 0);
    int64_t created_at = now - (COUNT - number) * 60;
    long long team = (long long)rand_below(50), project = (long long)rand_below(10000);
    struct certificate c = {
        .account_id = b->account_id,
        .kind = "official",
        .brand = "Tenure",
        .profile = profile->name,
        .profile_version = profile->version,
        .grade = "dv",
        .key_algorithm = "p256",
        .names = arena_printf(a, "host%lld.team%lld.example.com", (long long)number, team),
        .tags = arena_printf(a, "team-%lld %s project-%lld", team, environments[rand_below(3)], project),
        .created_at = created_at,
        .order_kind = "purchase",
        .auto_versions = true,
        .paid_at = created_at,
        .active_at = created_at,
        .submitted_at = created_at,
    };
    if (rand_below(100) < VERSIONED_PERCENT)
        set_version(a, &c, now);
    else
        without_version[rand_below(sizeof without_version / sizeof *without_version)](&c);
    return c;
}

static bool load_one(struct bench *b, int64_t number, int64_t now, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct certificate c = make_certificate(a, b, number, now);
    const struct profile *profile = policy_find(&b->policies, POLICY_DEFAULT, 0);
    return certificate_insert(b->services.db, a, profile, c.created_at, &c, e);
}

/* Pages that are written to again and again stay in memory. */
static bool load_together(struct bench *b, int64_t from, int64_t now, struct error *e) {
    bool ok = db_begin(b->services.db, e) && db_script(b->services.db, "PRAGMA cache_size = -2000000", e);
    for (int64_t i = from; ok && i < from + TOGETHER; i++)
        ok = load_one(b, i, now, e);
    return ok && db_commit(b->services.db, e);
}

static void load(struct bench *b) {
    struct error e = {0};
    int64_t there;
    bench_must(db_int(b->services.db, &there, 0, &e, "SELECT count(*) FROM certificate"), "count", &e);
    for (int64_t i = there; i < COUNT; i += TOGETHER) {
        bench_must(load_together(b, i, clock_now(), &e), "load", &e);
        fprintf(stderr, "\r%lld certificates", (long long)i + TOGETHER);
    }
    if (there < COUNT)
        fputc('\n', stderr);
    bench_must(db_checkpoint(b->services.db, &e), "checkpoint", &e);
}

/* ---- who asks ---- */

static bool keep_key(struct bench *b, struct error *e) {
    const char *header = arena_printf(b->arena, "Authorization: Bearer %s", bench_key(b));
    return file_write_new(KEY_FILE, 0600, slice_str(header), e);
}

static const char *access_header(struct bench *b) {
    struct error e = {0};
    struct slice header;
    bench_must(access(KEY_FILE, F_OK) == 0 || keep_key(b, &e), "access key", &e);
    bench_must(file_read(b->arena, KEY_FILE, 4096, &header, &e), KEY_FILE, &e);
    return (const char *)header.p;
}

/* ---- the measurement ---- */

/* A random number is put into the query, so that no two requests are alike; `below` says how many there are.
 */
static const struct question {
    const char *what, *query;
    uint64_t below;
} questions[] = {
    {"no filter", "", 0},
    {"kind=official", "&kind=official", 0},
    {"kind=uploaded", "&kind=uploaded", 0},
    {"kind=discovered", "&kind=discovered", 0},
    {"state=pending_payment", "&state=pending_payment", 0},
    {"state=not_activated", "&state=not_activated", 0},
    {"state=pending_application", "&state=pending_application", 0},
    {"state=pending_letter", "&state=pending_letter", 0},
    {"state=validating", "&state=validating", 0},
    {"state=rejected", "&state=rejected", 0},
    {"state=issued", "&state=issued", 0},
    {"state=pending_expiration", "&state=pending_expiration", 0},
    {"state=expired", "&state=expired", 0},
    {"state=revoking", "&state=revoking", 0},
    {"state=revoked", "&state=revoked", 0},
    {"state=cancelled", "&state=cancelled", 0},
    {"name (one has it)", "&name=host%d.team7.example.com", COUNT},
    {"days_left_max=7 to 90", "&days_left_max=%d", 90},
    {"tag (a third has it)", "&tag=production", 0},
    {"tag (20,000 have it)", "&tag=team-%d", 50},
    {"tag (100 have it)", "&tag=project-%d", 10000},
    {"text: one host", "&text=host%d.", COUNT},
    {"text: a beginning of 11 to 1,111 hosts", "&text=host%d", 10000},
    {"text: what all have", "&text=example", 0},
    {"text: two words", "&text=team-%d%%20staging", 50},
    {"text: a serial number's beginning", "&text=%04x", 65536},
    {"renewable", "&renewable=true", 0},
    {"sort=expiry", "&sort=expiry", 0},
    {"state=issued + text of 20,000", "&state=issued&text=team-%d", 50},
    {"state=expired + text of 20,000", "&state=expired&text=team-%d", 50},
    {"state=pending_expiration + text of 20,000", "&state=pending_expiration&text=team-%d", 50},
    {"state=revoked + text of 100", "&state=revoked&text=project-%d", 10000},
    {"state=validating + text of all", "&state=validating&text=example", 0},
    {"state=rejected + text of 20,000", "&state=rejected&text=team-%d", 50},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

struct asker {
    struct client *client;
    const char *const *headers;
    int port;
};

/* Milliseconds; `*cursor` is that of the next page, or NULL. */
static double ask(const struct asker *asker, struct arena *a, const char *query, const char **cursor) {
    struct error e = {0};
    struct http_reply reply;
    struct http_request request = {.method = "GET", .headers = asker->headers, .timeout_ms = 30000};
    request.url = arena_printf(a, "http://127.0.0.1:%d/v1/certificates?limit=50%s%s%s", asker->port, query,
                               *cursor ? "&cursor=" : "", *cursor ? *cursor : "");
    int64_t begin = bench_us();
    bench_must(http_call(asker->client, a, &request, &reply, &e), request.url, &e);
    double ms = (double)(bench_us() - begin) / 1e3;
    json_t *page = json_loadb((const char *)reply.body.p, reply.body.len, 0, NULL);
    if (reply.status != 200) {
        fprintf(stderr, "%s: %d\n%s\n", request.url, reply.status, (const char *)reply.body.p);
        exit(1);
    }
    *cursor = arena_strdup(a, json_string_value(json_object_get(page, "next")));
    json_decref(page);
    return ms;
}

static double ask_all(const struct asker *asker, const struct question *q) {
    double ms[REQUESTS];
    AUTO_ARENA a = arena_new();
    const char *cursor = NULL, *query = "";
    for (int i = 0; i < REQUESTS; i++) {
        if (!cursor || i % PAGES_DEEP == 0) {
            arena_reset(a);
            cursor = NULL;
            query = arena_printf(a, q->query, (int)rand_below(q->below ? q->below : 1));
        }
        ms[i] = ask(asker, a, query, &cursor);
    }
    double half = bench_quantile(ms, REQUESTS, 0.5), most = bench_quantile(ms, REQUESTS, 0.99);
    printf("%-44s p50 %7.3f ms  p99 %7.3f ms  aim p99 < 5 ms\n", q->what, half, most);
    fflush(stdout);
    return most;
}

static void measure(struct bench *b, const char *binary) {
    struct error e = {0};
    struct cidr loopback;
    bench_must(cidr_parse("127.0.0.0/8", &loopback, &e), "loopback", &e);
    const struct outbound_policy policy = {.allow = &loopback, .count = 1};
    const char *const headers[] = {access_header(b), NULL};
    struct daemon d = daemon_start(binary, b->folder);
    struct asker asker = {.client = client_new(b->arena, &policy), .headers = headers, .port = d.port};
    double worst = 0;
    daemon_wait(&d, asker.client);
    for (size_t i = 0; i < QUESTIONS; i++) {
        double ms = ask_all(&asker, &questions[i]);
        worst = ms > worst ? ms : worst;
    }
    daemon_stop(&d);
    bench_result("the slowest filter, p99", worst, "ms", "< 5");
}

int main(int argc, char **argv) {
    struct bench b;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_list TENURE FOLDER\n");
        return 64;
    }
    bench_machine();
    const char *binary = realpath(argv[1], NULL);
    bench_open(&b, argv[2]);
    load(&b);
    measure(&b, binary);
    bench_close(&b);
    return 0;
}
