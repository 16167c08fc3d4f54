/* For the tests of this slice: a database in memory with its first account, and people who ask for things. */
#pragma once
#include "account/account.h"
#include "audit/audit_db.h"
#include "base/clock.h"
#include "base/rand.h"
#include "unit.h"

enum { NOW = 1800000000, HOUR = 3600 };

struct fixture {
    struct arena *arena;
    struct db *db;
    struct first_login login;
    struct caller owner;
    const char *authorization;  /* of the owner's key */
    const char *limit, *cursor; /* the query of the next request */
};

/* Every change in a transaction, as the dispatcher has it. */
#define in_transaction(f, call, e) (db_begin((f)->db, (e)) && (call) && db_commit((f)->db, (e)))

static inline const char *bearer(struct fixture *f, const struct access_key *key) {
    return arena_printf(f->arena, "Bearer %s.%s", key->id, (const char *)secret_bytes(key->secret));
}

static inline int open_fresh(void **state) {
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    struct error e;
    f->arena = a;
    *state = f;
    return db_open(&f->db, ":memory:", DB_WEB, &e) && db_migrate(f->db, NOW, &e) ? 0 : -1;
}

static inline int open_logged_in(void **state) {
    struct access_key key;
    struct error e;
    if (open_fresh(state) < 0)
        return -1;
    struct fixture *f = *state;
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    const char *secret = (const char *)secret_bytes(f->login.secret);
    assert_ok(in_transaction(f, account_login(f->db, f->arena, secret, "192.0.2.1", NOW, &key, &e), &e), e);
    f->authorization = bearer(f, &key);
    assert_ok(account_authenticate(f->db, f->arena, f->authorization, NOW, &f->owner, &e), e);
    return 0;
}

static inline int close_fixture(void **state) {
    struct fixture *f = *state;
    db_close(f->db);
    arena_free(f->arena);
    return 0;
}

static inline struct access_key create_key(struct fixture *f, const struct caller *caller, const char *role) {
    struct access_key key = {.name = "robot", .role = role};
    struct error e;
    assert_ok(in_transaction(f, access_key_create(f->db, f->arena, caller, NOW, &key, &e), &e), e);
    return key;
}

static inline struct caller caller_with(struct fixture *f, const struct access_key *key) {
    struct caller caller = {.address = "192.0.2.2"};
    struct error e;
    assert_ok(account_authenticate(f->db, f->arena, bearer(f, key), NOW, &caller, &e), e);
    return caller;
}

/* A second user of the owner's account, or of an account of its own. */
static inline struct caller other_caller(struct fixture *f, const char *account_id) {
    struct error e;
    assert_ok(db_exec(f->db, &e,
                      "INSERT INTO account (id, name, created_at) VALUES ($1, 'other', 1) "
                      "ON CONFLICT (id) DO NOTHING",
                      DB_TEXT(account_id)),
              e);
    assert_ok(db_exec(f->db, &e,
                      "INSERT INTO account_user (id, account_id, name, role, created_at) "
                      "VALUES ('user_other', $1, 'other', 'operator', 1)",
                      DB_TEXT(account_id)),
              e);
    return (struct caller){.account_id = account_id,
                           .user_id = "user_other",
                           .key_id = "key_other",
                           .role = ROLE_OPERATOR,
                           .user_role = ROLE_OPERATOR};
}

static inline bool revoke(struct fixture *f, const struct caller *caller, const char *id, struct error *e) {
    bool ok = in_transaction(f, access_key_revoke(f->db, f->arena, caller, id, NOW, e), e);
    db_rollback(f->db);
    return ok;
}

/* How many entries tell of the action; the last of them in `entry`, which may be NULL. */
static inline size_t count_actions(struct fixture *f, const char *action, struct audit_entry *entry) {
    struct audit_range range = {.up_to = INT64_MAX, .limit = 100};
    struct audit_entry *entries;
    size_t count, found = 0;
    struct error e;
    assert_ok(audit_db_forwards(f->db, f->arena, &range, &entries, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].action, action) == 0 && ++found && entry)
            *entry = entries[i];
    return found;
}

#define fresh_test(f) cmocka_unit_test_setup_teardown(f, open_fresh, close_fixture)
#define owner_test(f) cmocka_unit_test_setup_teardown(f, open_logged_in, close_fixture)
