/* For the tests of this slice: a database in memory, a signer, the policies, and certificates made to
 * measure. */
#pragma once
#include "catalog/catalog.h"
#include "certificate/certificate.h"
#include "http/url.h"
#include "pki/fixture.h"
#include "signer/signer.h"
#include "unit.h"

enum { NOW = 1795219200 }; /* 2026-11-21 */

#define ACCOUNT  "acct_00000000000000000000000001"
#define STRANGER "acct_00000000000000000000000002"

struct world {
    struct arena *arena;
    struct db *db;
    struct policies policies;
    struct catalog catalog;
    struct services services;
    int64_t made; /* certificates so far: gives each its own serial number and second of creation */
};

static inline int world_open(void **state) {
    struct arena *a = arena_new();
    struct world *w = ARENA_NEW(a, struct world);
    struct error e = {0};
    struct secret *master_key = secret_new(a, "0123456789abcdef0123456789abcdef", 32);
    w->arena = a;
    if (!db_open(&w->db, ":memory:", DB_WEB, &e) || !db_migrate(w->db, NOW, &e) ||
        !policy_load(a, NULL, &w->policies, &e) || !catalog_load(a, NULL, &w->policies, &w->catalog, &e)) {
        print_error("%s\n", e.detail[LANG_EN]);
        return -1;
    }
    w->services = (struct services){
        .db = w->db, .signer = signer_local(a, master_key), .policies = &w->policies, .catalog = &w->catalog};
    *state = w;
    return 0;
}

static inline int world_close(void **state) {
    struct world *w = *state;
    db_close(w->db);
    arena_free(w->arena);
    return 0;
}

static inline const struct profile *world_profile(const struct world *w) {
    return policy_find(&w->policies, POLICY_DEFAULT, 0);
}

/* A certificate without a version; what `like` leaves open is that of an official one in validation. */
static inline struct certificate world_order(struct world *w, struct certificate like) {
    struct error e = {0};
    const struct profile *profile = world_profile(w);
    struct certificate c = like;
    c.account_id = like.account_id ? like.account_id : ACCOUNT;
    c.kind = like.kind ? like.kind : "official";
    c.names = like.names ? like.names : "www.example.com";
    c.profile = profile->name;
    c.profile_version = profile->version;
    c.grade = "dv";
    c.key_algorithm = "p256";
    c.paid_at = c.active_at = c.submitted_at = NOW;
    c.auto_versions = true;
    assert_ok(certificate_insert(w->db, w->arena, profile, NOW + w->made++, &c, &e), e);
    return c;
}

static inline struct cert world_leaf(struct world *w, const char *names, int64_t not_before, int64_t end) {
    const char *serial = arena_printf(w->arena, "abc%05llx", (unsigned long long)w->made++);
    return (struct cert){.der = slice_str(serial),
                         .serial = serial,
                         .issuer = "CN=Test",
                         .subject = "",
                         .names = names,
                         .not_before = not_before,
                         .end = end,
                         .fingerprint = arena_printf(w->arena, "f%s", serial),
                         .spki_sha256 = arena_printf(w->arena, "5%s", serial),
                         .algorithm = KEY_P256};
}

/* A version over the whole coverage, which is then what is left of 365 days. */
static inline struct certificate world_issue(struct world *w, struct certificate like, int64_t left) {
    struct error e = {0};
    struct version stored;
    struct certificate c = world_order(w, like);
    struct cert leaf = world_leaf(w, c.names, NOW + left - 365 * DAY, NOW + left);
    struct new_version v = {.leaf = &leaf};
    c.covered_from = leaf.not_before;
    c.coverage_end = leaf.end;
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
    return c;
}

static inline int64_t world_count(struct world *w, const char *sql) {
    struct error e = {0};
    int64_t count;
    assert_ok(db_int(w->db, &count, 0, &e, sql), e);
    return count;
}
