/*
 * What an ACME server says: bodies, problem documents, chains, and the headers beside them. The first byte
 * chooses; lines of a header input are the values of one header each.
 */
#include "acme/base64url.h"
#include "acme/header.h"
#include "acme/message.h"
#include "fuzz.h"
#include <string.h>

static bool is_line(const char *text) {
    for (; text && *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static bool is_url(const char *url) {
    return !url || (is_line(url) && !strchr(url, ' ') && strlen(url) <= ACME_TEXT_MAX);
}

static void directory(struct arena *a, struct slice text) {
    struct acme_directory d;
    struct error e = {0};
    if (!acme_read_directory(a, text, &d, &e))
        return;
    CHECK(d.new_nonce && d.new_account && d.new_order && d.revoke_cert && d.key_change);
    CHECK(is_url(d.new_order) && is_url(d.renewal_info) && is_url(d.terms_of_service));
    CHECK(d.profile_count <= ACME_PROFILES_MAX);
}

static void account(struct arena *a, struct slice text) {
    struct acme_account_object o;
    struct error e = {0};
    CHECK(!acme_read_account(a, text, &o, &e) || o.status < ACME_STATUS_COUNT);
}

static void order(struct arena *a, struct slice text) {
    struct acme_order o;
    struct error e = {0};
    if (!acme_read_order(a, text, &o, &e))
        return;
    CHECK(is_url(o.finalize) && o.finalize && is_url(o.certificate) && o.status < ACME_STATUS_COUNT);
    CHECK(o.identifier_count <= ACME_IDENTIFIERS_MAX && o.authorization_count <= ACME_IDENTIFIERS_MAX);
    CHECK(o.expires >= 0 && o.not_before >= 0 && o.not_after >= 0);
    for (size_t i = 0; i < o.authorization_count; i++)
        CHECK(is_url(o.authorizations[i]));
}

static void authorization(struct arena *a, struct slice text) {
    struct acme_authorization z;
    struct error e = {0};
    if (!acme_read_authorization(a, text, &z, &e))
        return;
    CHECK(z.challenge_count <= ACME_CHALLENGES_MAX && z.identifier.value);
    for (size_t i = 0; i < z.challenge_count; i++)
        CHECK(is_url(z.challenges[i].url) && (!z.challenges[i].token || base64url_is(z.challenges[i].token)));
}

static void renewal_info(struct arena *a, struct slice text) {
    struct acme_renewal_info info;
    struct error e = {0};
    CHECK(!acme_read_renewal_info(a, text, &info, &e) || (info.start > 0 && info.start < info.end));
}

static void problem(struct arena *a, struct slice text) {
    struct acme_problem p;
    acme_read_problem(a, text, &p);
    CHECK(p.type && p.detail && is_line(p.type) && is_line(p.detail) && is_line(p.instance));
    CHECK(p.subproblem_count <= ACME_SUBPROBLEMS_MAX);
    const char *shown = acme_problem_text(a, &p);
    CHECK(is_line(shown) && strlen(shown) <= ACME_TEXT_MAX);
}

static void chain(struct arena *a, struct slice text) {
    struct cert *certs;
    struct error e = {0};
    size_t count;
    const char *id;
    if (!acme_read_chain(a, text, &certs, &count, &e))
        return;
    CHECK(count > 0 && count <= ACME_CHAIN_MAX);
    CHECK(!acme_certificate_id(a, &certs[0], &id) || is_url(id));
}

static void headers(struct arena *a, struct slice text) {
    enum { LINES = 16, NOW = 1795305600 };
    const char *values[LINES], *targets[LINES];
    size_t count = 0;
    char *rest = arena_strndup(a, (const char *)text.p, text.len);
    for (char *line; count < LINES && (line = strsep(&rest, "\n"));)
        values[count++] = line;
    for (size_t i = 0; i < count; i++) {
        int64_t seconds = header_retry_after(values[i], NOW), t;
        CHECK(seconds >= 0 && seconds <= RETRY_AFTER_MAX);
        CHECK(!header_date(values[i], &t) || t >= 0);
    }
    size_t found = header_links(a, values, count, "alternate", targets, LINES);
    CHECK(found <= LINES);
    for (size_t i = 0; i < found; i++)
        CHECK(is_url(targets[i]) && strncmp(targets[i], "http", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(struct arena * a, struct slice text) = {
        directory, account, order, authorization, renewal_info, problem, chain, headers};
    AUTO_ARENA a = arena_new();
    if (size > 0)
        readers[data[0] % (sizeof readers / sizeof *readers)](a, slice_of(data + 1, size - 1));
    return 0;
}
