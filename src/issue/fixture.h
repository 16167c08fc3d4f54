/* For the tests of this slice: the world of order/fixture.h with a CA, the steps to a version, and openssl as
 * judge. */
#pragma once
#include "base/child.h"
#include "base/file.h"
#include "issue/ca.h"
#include "issue/issue_db.h"
#include "order/fixture.h"
#include "renew/renew_step.h"
#include "unit.h"
#include <dirent.h>
#include <unistd.h>

static const struct half_steps decide = {NULL, {renew_decide}};
static const struct half_steps apply = {apply_prepare, {apply_record, issue_journal}};
static const struct half_steps issue = {issue_ask, {issue_record}};
static const struct half_steps crl_step = {crl_sign, {crl_record}};

static const struct issue_settings settings = {
    .public_url = "http://ca.example.com", .ca_algorithm = KEY_P256, .backdate_seconds = 0};

static struct world w;
static struct error e;

static inline void begin_at(const char *now) {
    world_close(&w);
    world_open(&w, now);
    w.services.issue = &settings;
}

static inline int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    w.services.issue = &settings;
    return 0;
}

static inline int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static inline enum outcome run(const struct half_steps *steps, const char *subject) {
    enum outcome outcome;
    assert_ok(step_run(&w, steps, subject, &outcome, &e), e);
    return outcome;
}

/* What a person does where the profile does not go on by itself. */
static inline void submit(const char *id) {
    struct certificate c = certificate_now(&w, id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, apply_submit(&w.services, w.arena, &c, w.now, &e), &e), e);
}

static inline void submit_if_pending(const char *id) {
    struct certificate c = certificate_now(&w, id);
    if (certificate_state(&c, w.now) == STATE_PENDING_APPLICATION)
        submit(id);
}

/* Until a version is stored: the first time a CA is made on the way. */
static inline struct certificate issue_now(const char *id) {
    enum outcome outcome = OUTCOME_AGAIN;
    submit_if_pending(id);
    assert_int_equal(run(&decide, id), OUTCOME_NEXT);
    assert_int_equal(run(&apply, id), OUTCOME_NEXT);
    for (int tries = 0; outcome == OUTCOME_AGAIN && tries < 2; tries++)
        outcome = run(&issue, id);
    assert_int_equal(outcome, OUTCOME_NEXT);
    return certificate_now(&w, id);
}

static inline struct certificate bought(struct order_request request) {
    struct certificate c;
    request.created_by = "user";
    if (!request.names)
        request.names = "www.example.com";
    assert_ok(purchase(&w, &request, &c, &e), e);
    return c;
}

static inline struct certificate bought_and_issued(const char *brand) {
    return issue_now(bought((struct order_request){.brand = brand}).id);
}

static inline struct certificate renewed(const char *id, struct order_request request) {
    struct certificate c;
    request.created_by = "user";
    assert_ok(renew(&w, id, &request, &c, &e), e);
    return c;
}

static inline struct cert leaf_of(const struct certificate *c) {
    struct version version;
    struct slice der;
    const char *chain;
    struct cert leaf;
    assert_ok(version_get(w.services.db, w.arena, ACCOUNT, c->version_id, &version, &e), e);
    assert_ok(version_material(w.services.db, w.arena, &version, &der, &chain, &e), e);
    assert_ok(cert_parse(w.arena, der, &leaf, &e), e);
    return leaf;
}

static inline struct ca newest(const char *role) {
    struct ca ca;
    assert_ok(ca_newest(w.services.db, w.arena, ACCOUNT, role, &ca, &e), e);
    return ca;
}

/* ---- openssl as the judge ---- */

struct bench {
    char folder[32];
};

static inline struct bench bench_open(void) {
    struct bench b = {.folder = "/tmp/issue-test-XXXXXX"};
    assert_non_null(mkdtemp(b.folder));
    return b;
}

static inline const char *bench_file(const struct bench *b, const char *name) {
    return arena_printf(w.arena, "%s/%s", b->folder, name);
}

static inline void bench_put(const struct bench *b, const char *name, struct slice content) {
    assert_ok(file_write_new(bench_file(b, name), 0600, content, &e), e);
}

static inline void bench_close(const struct bench *b) {
    DIR *folder = opendir(b->folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        unlink(bench_file(b, entry->d_name));
    closedir(folder);
    rmdir(b->folder);
}

/* PEM of a CRL: base64 by the tool, since nothing in Tenure needs it. */
static inline void bench_crl(const struct bench *b, const char *name, const char *ca_id) {
    struct crl crl;
    struct child_result result;
    assert_ok(crl_find(w.services.db, w.arena, ca_id, &crl, &e), e);
    assert_non_null(crl.ca_id);
    const char *der = arena_printf(w.arena, "%s.der", name);
    bench_put(b, der, crl.der);
    const char *argv[] = {"openssl",          "crl",  "-inform",           "DER", "-in",
                          bench_file(b, der), "-out", bench_file(b, name), NULL};
    assert_ok(child_run(w.arena, argv, NULL, 10000, &result, &e), e);
    assert_int_equal(result.exit_status, 0);
}

/* What a strict client that trusts roots.pem and reads both CRLs says of the current version. */
static inline const char *verify(const struct certificate *c) {
    struct bench b = bench_open();
    struct version version;
    struct ca intermediate;
    struct cert *roots;
    struct slice der;
    const char *chain;
    size_t count;
    struct child_result result;
    assert_ok(version_get(w.services.db, w.arena, ACCOUNT, c->version_id, &version, &e), e);
    assert_ok(version_material(w.services.db, w.arena, &version, &der, &chain, &e), e);
    assert_ok(ca_get(w.services.db, w.arena, version.ca_id, &intermediate, &e), e);
    assert_ok(ca_roots(w.services.db, w.arena, ACCOUNT, &roots, &count, &e), e);
    bench_put(&b, "leaf.pem", slice_str(cert_to_pem(w.arena, der)));
    bench_put(&b, "chain.pem", slice_str(chain));
    bench_put(&b, "roots.pem", slice_str(cert_to_pem(w.arena, roots[count - 1].der)));
    bench_crl(&b, "leaf.crl", intermediate.id);
    bench_crl(&b, "intermediate.crl", intermediate.parent_id);
    const char *argv[] = {"openssl",
                          "verify",
                          "-x509_strict",
                          "-crl_check_all",
                          "-purpose",
                          "sslserver",
                          "-attime",
                          arena_printf(w.arena, "%lld", (long long)w.now),
                          "-CAfile",
                          bench_file(&b, "roots.pem"),
                          "-untrusted",
                          bench_file(&b, "chain.pem"),
                          "-CRLfile",
                          bench_file(&b, "leaf.crl"),
                          "-CRLfile",
                          bench_file(&b, "intermediate.crl"),
                          bench_file(&b, "leaf.pem"),
                          NULL};
    assert_ok(child_run(w.arena, argv, NULL, 10000, &result, &e), e);
    bench_close(&b);
    return result.output;
}

static inline void sign_crls(const struct certificate *c) {
    struct version version;
    struct ca intermediate;
    assert_ok(version_get(w.services.db, w.arena, ACCOUNT, c->version_id, &version, &e), e);
    assert_ok(ca_get(w.services.db, w.arena, version.ca_id, &intermediate, &e), e);
    assert_int_equal(run(&crl_step, intermediate.id), OUTCOME_WAIT);
    assert_int_equal(run(&crl_step, intermediate.parent_id), OUTCOME_WAIT);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
