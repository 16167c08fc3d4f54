/* account: the first login, access keys, who may do what, and the routes. */
#include "account/fixture.h"

/* ---- the first login ---- */

static void the_first_start_makes_one_account_and_one_secret(void **state) {
    struct fixture *f = *state;
    struct first_login again;
    struct error e;
    int64_t accounts;
    assert_fails(account_bootstrap(f->db, f->arena, NOW, &f->login, &e), e, ERR_INTERNAL);
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    assert_non_null(f->login.secret);
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &again, &e), &e), e);
    assert_null(again.secret);
    assert_ok(db_int(f->db, &accounts, 0, &e, "SELECT count(*) FROM account"), e);
    assert_int_equal(accounts, 1);
    assert_int_equal(count_actions(f, "account.create", NULL), 1);
}

/* The caller could not write the secret to its file: the next start must not find a locked account. */
static void a_first_start_that_was_undone_is_repeated(void **state) {
    struct fixture *f = *state;
    struct error e;
    assert_ok(db_begin(f->db, &e) && account_bootstrap(f->db, f->arena, NOW, &f->login, &e), e);
    db_rollback(f->db);
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    assert_non_null(f->login.secret);
}

static void a_login_secret_works_once(void **state) {
    struct fixture *f = *state;
    struct access_key key;
    struct caller caller = {0};
    struct error e;
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    const char *secret = (const char *)secret_bytes(f->login.secret);
    assert_ok(in_transaction(f, account_login(f->db, f->arena, secret, "192.0.2.1", NOW, &key, &e), &e), e);
    assert_string_equal(key.role, "owner");
    assert_ok(account_authenticate(f->db, f->arena, bearer(f, &key), NOW, &caller, &e), e);
    assert_int_equal(caller.role, ROLE_OWNER);
    assert_string_equal(caller.key_id, key.id);
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(account_login(f->db, f->arena, secret, "192.0.2.1", NOW, &key, &e), e, ERR_UNAUTHENTICATED);
    db_rollback(f->db);
    assert_int_equal(count_actions(f, "account.login", NULL), 1);
}

static void a_wrong_login_secret_opens_nothing_and_spoils_nothing(void **state) {
    struct fixture *f = *state;
    struct access_key key;
    struct error e;
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    char *secret = arena_strdup(f->arena, (const char *)secret_bytes(f->login.secret));
    char *last = secret + strlen(secret) - 1, right = *last;
    const char *const wrong[] = {"", ".", "login_", "login_.x", NULL, secret};
    *last = right == 'A' ? 'B' : 'A';
    assert_ok(db_begin(f->db, &e), e);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(account_login(f->db, f->arena, wrong[i], NULL, NOW, &key, &e), e, ERR_UNAUTHENTICATED);
    *last = right;
    assert_ok(account_login(f->db, f->arena, secret, NULL, NOW, &key, &e) && db_commit(f->db, &e), e);
}

static void lost_keys_are_replaced_by_another_login(void **state) {
    struct fixture *f = *state;
    struct first_login login;
    struct access_key key;
    struct error e;
    assert_ok(in_transaction(f, account_new_login(f->db, f->arena, NOW, &login, &e), &e), e);
    const char *secret = (const char *)secret_bytes(login.secret);
    assert_ok(in_transaction(f, account_login(f->db, f->arena, secret, NULL, NOW, &key, &e), &e), e);
    assert_string_equal(key.user_id, f->owner.user_id);
}

static void only_digests_are_stored(void **state) {
    struct fixture *f = *state;
    const char *stored;
    struct audit_entry entry;
    struct error e;
    assert_ok(db_text(f->db, f->arena, &stored, &e, "SELECT digest FROM access_key"), e);
    assert_int_equal(strlen(stored), 64);
    assert_null(strstr(f->authorization, stored));
    const char *secret = strchr(f->authorization, '.') + 1;
    assert_int_equal(count_actions(f, "account.login", &entry), 1);
    assert_null(strstr(entry.after, secret));
    assert_null(strstr(entry.after, stored));
}

/* ---- authentication ---- */

static void only_the_right_key_is_believed(void **state) {
    struct fixture *f = *state;
    struct caller caller = {0};
    struct error e;
    const char *const wrong[] = {
        NULL,
        "",
        "Bearer ",
        "Bearer x.y",
        "Basic dXNlcjpwYXNz",
        f->authorization + strlen("Bearer "),
        arena_printf(f->arena, "%sx", f->authorization),
        arena_strndup(f->arena, f->authorization, strlen(f->authorization) - 1),
        arena_strndup(f->arena, f->authorization, strcspn(f->authorization, ".") + 1),
        arena_printf(f->arena, "Bearer %s.%s", id_new(f->arena, "key", NOW),
                     strchr(f->authorization, '.') + 1),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(account_authenticate(f->db, f->arena, wrong[i], NOW, &caller, &e), e,
                     ERR_UNAUTHENTICATED);
    assert_null(caller.account_id);
    assert_ok(account_authenticate(f->db, f->arena, f->authorization, NOW, &caller, &e), e);
}

static void a_key_never_has_more_than_its_users_role(void **state) {
    struct fixture *f = *state;
    struct caller caller;
    struct error e;
    assert_true(caller_permitted(&f->owner, ACCESS_OPERATE) && f->owner.administrator);
    assert_ok(db_exec(f->db, &e, "UPDATE account_user SET role = 'reviewer'"), e);
    assert_ok(account_authenticate(f->db, f->arena, f->authorization, NOW, &caller, &e), e);
    assert_true(caller_permitted(&caller, ACCESS_READ) && caller_permitted(&caller, ACCESS_REVIEW));
    assert_false(caller_permitted(&caller, ACCESS_REQUEST) || caller.administrator);
    /* a reviewer's key of somebody who is an operator now: neither the one nor the other */
    assert_ok(db_exec(f->db, &e, "UPDATE access_key SET role = 'reviewer'"), e);
    assert_ok(db_exec(f->db, &e, "UPDATE account_user SET role = 'operator'"), e);
    assert_ok(account_authenticate(f->db, f->arena, f->authorization, NOW, &caller, &e), e);
    assert_true(caller_permitted(&caller, ACCESS_READ));
    assert_false(caller_permitted(&caller, ACCESS_REVIEW) || caller_permitted(&caller, ACCESS_REQUEST));
}

static void use_is_noted_at_most_once_an_hour(void **state) {
    struct fixture *f = *state;
    static const struct {
        int64_t now, expected;
    } uses[] = {{NOW + HOUR - 1, NOW}, {NOW + HOUR, NOW + HOUR}, {NOW + HOUR + 1, NOW + HOUR}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        int64_t at;
        struct error e;
        assert_ok(account_authenticate(f->db, f->arena, f->authorization, uses[i].now, &f->owner, &e), e);
        assert_ok(db_int(f->db, &at, 0, &e, "SELECT last_used_at FROM access_key"), e);
        assert_int_equal(at, uses[i].expected);
    }
}

static void a_database_that_takes_no_writes_still_believes(void **state) {
    struct fixture *f = *state;
    struct error e;
    assert_ok(db_exec(f->db, &e, "PRAGMA query_only = ON"), e);
    assert_ok(account_authenticate(f->db, f->arena, f->authorization, NOW + DAY, &f->owner, &e), e);
}

/* ---- access keys ---- */

static void a_key_may_have_its_makers_role_or_less(void **state) {
    struct fixture *f = *state;
    struct error e;
    struct access_key made = create_key(f, &f->owner, "operator");
    struct caller lesser = caller_with(f, &made);
    assert_int_equal(lesser.role, ROLE_OPERATOR);
    struct access_key same = create_key(f, &lesser, NULL), more = {.name = "x", .role = "owner"};
    assert_string_equal(same.role, "operator");
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(access_key_create(f->db, f->arena, &lesser, NOW, &more, &e), e, ERR_FORBIDDEN);
    more.role = "king";
    assert_fails(access_key_create(f->db, f->arena, &lesser, NOW, &more, &e), e, ERR_BAD_FIELD);
    db_rollback(f->db);
    assert_int_equal(count_actions(f, "access_key.create", NULL), 2);
}

/* A reviewer approves what an operator orders: neither makes a key of the other kind. */
static void a_key_never_reaches_further_than_its_maker(void **state) {
    struct fixture *f = *state;
    static const struct {
        enum role maker, key;
        bool made;
    } cases[] = {
        {ROLE_OPERATOR, ROLE_REVIEWER, false},  {ROLE_REVIEWER, ROLE_OPERATOR, false},
        {ROLE_REVIEWER, ROLE_REQUESTER, false}, {ROLE_REVIEWER, ROLE_AUDITOR, true},
        {ROLE_OPERATOR, ROLE_REQUESTER, true},  {ROLE_AUDITOR, ROLE_REVIEWER, false},
        {ROLE_OWNER, ROLE_REVIEWER, true},      {ROLE_OPERATOR, ROLE_OWNER, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int by_user = 0; by_user < 2; by_user++) { /* the lesser one may be the key or the user */
            struct caller maker = f->owner;
            struct access_key key = {.name = "x", .role = role_name(cases[i].key)};
            struct error e = {0};
            *(by_user ? &maker.user_role : &maker.role) = cases[i].maker;
            assert_ok(db_begin(f->db, &e), e);
            assert_int_equal(access_key_create(f->db, f->arena, &maker, NOW, &key, &e), cases[i].made);
            assert_true(cases[i].made || e.id == ERR_FORBIDDEN);
            db_rollback(f->db);
        }
}

static void a_key_has_a_printable_name(void **state) {
    struct fixture *f = *state;
    struct error e;
    const char *const wrong[] = {NULL, "", "a\nb", "\x1b[2J", arena_printf(f->arena, "%0101d", 0)};
    assert_ok(db_begin(f->db, &e), e);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct access_key key = {.name = wrong[i]};
        assert_fails(access_key_create(f->db, f->arena, &f->owner, NOW, &key, &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, "name");
    }
    db_rollback(f->db);
}

static void a_revoked_key_is_no_longer_believed(void **state) {
    struct fixture *f = *state;
    struct access_key key = create_key(f, &f->owner, "auditor");
    struct caller caller;
    struct error e;
    assert_ok(revoke(f, &f->owner, key.id, &e), e);
    assert_fails(account_authenticate(f->db, f->arena, bearer(f, &key), NOW, &caller, &e), e,
                 ERR_UNAUTHENTICATED);
    assert_ok(revoke(f, &f->owner, key.id, &e), e);
    assert_int_equal(count_actions(f, "access_key.revoke", NULL), 1);
}

/* Whoever has found the auditor's key must not be able to lock the owner out. */
static void a_key_cannot_revoke_a_stronger_one(void **state) {
    struct fixture *f = *state;
    struct access_key weak = create_key(f, &f->owner, "auditor");
    struct caller auditor = caller_with(f, &weak);
    struct error e;
    assert_string_equal(auditor.user_id, f->owner.user_id);
    assert_fails(revoke(f, &auditor, f->owner.key_id, &e), e, ERR_FORBIDDEN);
    assert_ok(revoke(f, &auditor, weak.id, &e), e);
}

static void the_last_key_of_an_owner_stays(void **state) {
    struct fixture *f = *state;
    struct error e;
    create_key(f, &f->owner, "operator");
    assert_fails(revoke(f, &f->owner, f->owner.key_id, &e), e, ERR_CONFLICT);
    struct access_key second = create_key(f, &f->owner, "owner");
    assert_ok(revoke(f, &f->owner, f->owner.key_id, &e), e);
    struct caller owner = caller_with(f, &second);
    assert_fails(revoke(f, &owner, second.id, &e), e, ERR_CONFLICT);
}

static void keys_of_other_accounts_do_not_exist(void **state) {
    struct fixture *f = *state;
    struct caller foreign = other_caller(f, "acct_other"), foreign_owner = foreign;
    struct access_key own = create_key(f, &f->owner, NULL), theirs = create_key(f, &foreign, NULL);
    struct error e;
    foreign_owner.role = foreign_owner.user_role = ROLE_OWNER;
    assert_fails(revoke(f, &foreign_owner, own.id, &e), e, ERR_NOT_FOUND);
    assert_fails(revoke(f, &f->owner, theirs.id, &e), e, ERR_NOT_FOUND);
    assert_fails(revoke(f, &f->owner, "key_absent", &e), e, ERR_NOT_FOUND);
    caller_with(f, &own);
    caller_with(f, &theirs);
}

static void an_owner_reaches_all_keys_of_the_account_others_their_own(void **state) {
    struct fixture *f = *state;
    struct caller colleague = other_caller(f, f->owner.account_id);
    struct access_key owners = create_key(f, &f->owner, NULL), theirs = create_key(f, &colleague, NULL);
    struct error e;
    assert_fails(revoke(f, &colleague, owners.id, &e), e, ERR_NOT_FOUND);
    assert_ok(revoke(f, &f->owner, theirs.id, &e), e);
}

/* ---- routes ---- */

static struct fixture *asking;

static const char *query_of_fixture(struct request *rq, const char *name) {
    (void)rq;
    return strcmp(name, "limit") == 0 ? asking->limit : strcmp(name, "cursor") == 0 ? asking->cursor : NULL;
}

struct exchange_case {
    const char *method, *path, *body, *id;
    const struct caller *caller;
};

/* The handler's answer; its status in `status`. */
static bool call(struct fixture *f, const struct exchange_case *x, json_t **reply, int *status,
                 struct error *e) {
    struct request rq = {.arena = f->arena, .db = f->db, .now = NOW, .query = query_of_fixture};
    const struct route *route = account_routes;
    asking = f;
    rq.caller = x->caller ? *x->caller : (struct caller){.address = "192.0.2.9"};
    rq.path_args[0] = x->id;
    while (strcmp(route->path, x->path) != 0 || strcmp(route->method, x->method) != 0)
        route++;
    if (x->body && !json_read(f->arena, slice_str(x->body), &rq.json, e))
        return false;
    bool ok =
        (route->flags & ROUTE_WRITES) ? in_transaction(f, route->handle(&rq, e), e) : route->handle(&rq, e);
    db_rollback(f->db);
    *reply = rq.reply ? json_keep(f->arena, rq.reply) : NULL;
    *status = rq.status;
    return ok;
}

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static void login_over_http_answers_the_key_once(void **state) {
    struct fixture *f = *state;
    struct error e;
    json_t *reply;
    int status;
    assert_ok(in_transaction(f, account_bootstrap(f->db, f->arena, NOW, &f->login, &e), &e), e);
    struct exchange_case x = {.method = "POST", .path = "/v1/login"};
    x.body = arena_printf(f->arena, "{\"secret\": \"%s\"}", (const char *)secret_bytes(f->login.secret));
    assert_ok(call(f, &x, &reply, &status, &e), e);
    assert_int_equal(status, 201);
    const char *authorization =
        arena_printf(f->arena, "bearer %s.%s", text_of(reply, "id"), text_of(reply, "secret"));
    assert_ok(account_authenticate(f->db, f->arena, authorization, NOW, &f->owner, &e), e);
    assert_fails(call(f, &x, &reply, &status, &e), e, ERR_UNAUTHENTICATED);
    x.body = "{\"secret\": null}";
    assert_false(call(f, &x, &reply, &status, &e));
    x.body = "{\"secret\": \"x\", \"other\": 1}";
    assert_fails(call(f, &x, &reply, &status, &e), e, ERR_UNKNOWN_FIELD);
}

static void the_account_says_who_asks(void **state) {
    struct fixture *f = *state;
    struct exchange_case x = {.method = "GET", .path = "/v1/account", .caller = &f->owner};
    struct error e;
    json_t *reply;
    int status;
    assert_ok(call(f, &x, &reply, &status, &e), e);
    assert_string_equal(text_of(reply, "id"), f->owner.account_id);
    assert_string_equal(text_of(reply, "user_id"), f->owner.user_id);
    assert_string_equal(text_of(reply, "role"), "owner");
    assert_string_equal(text_of(reply, "key_id"), f->owner.key_id);
}

static void keys_are_made_listed_and_revoked_over_http(void **state) {
    struct fixture *f = *state;
    struct caller foreign = other_caller(f, "acct_other");
    struct error e;
    json_t *reply;
    int status;
    create_key(f, &foreign, NULL);
    struct exchange_case create = {"POST", "/v1/access-keys", "{\"name\": \"ci\", \"role\": \"auditor\"}",
                                   NULL, &f->owner};
    assert_ok(call(f, &create, &reply, &status, &e), e);
    assert_int_equal(status, 201);
    assert_int_equal(strlen(text_of(reply, "secret")), 43);
    struct exchange_case revoke_it = {"DELETE", "/v1/access-keys/{id}", NULL, text_of(reply, "id"),
                                      &f->owner};
    assert_ok(call(f, &revoke_it, &reply, &status, &e), e);
    assert_int_equal(status, 204);

    struct exchange_case list = {"GET", "/v1/access-keys", NULL, NULL, &f->owner};
    f->limit = "1";
    size_t seen = 0, revoked = 0;
    do {
        assert_ok(call(f, &list, &reply, &status, &e), e);
        const json_t *key = json_array_get(json_object_get(reply, "items"), 0);
        seen += json_array_size(json_object_get(reply, "items"));
        revoked += text_of(key, "revoked_at") != NULL;
        assert_null(json_object_get(key, "digest"));
        f->cursor = text_of(reply, "next");
    } while (f->cursor);
    assert_int_equal(seen, 2);
    assert_int_equal(revoked, 1);
    f->cursor = "'; --";
    assert_fails(call(f, &list, &reply, &status, &e), e, ERR_BAD_FIELD);
    f->cursor = NULL;
    f->limit = "501";
    assert_fails(call(f, &list, &reply, &status, &e), e, ERR_BAD_FIELD);
}

static void every_change_left_its_entry_in_an_intact_log(void **state) {
    struct fixture *f = *state;
    struct audit_check check;
    struct error e;
    struct access_key key = create_key(f, &f->owner, NULL);
    assert_ok(revoke(f, &f->owner, key.id, &e), e);
    assert_ok(audit_verify(f->db, 0, 100, &check, &e), e);
    assert_true(check.intact);
    assert_int_equal(check.end, 5); /* account, login secret, login, created, revoked */
}

TEST_MAIN(account, fresh_test(the_first_start_makes_one_account_and_one_secret),
          fresh_test(a_first_start_that_was_undone_is_repeated), fresh_test(a_login_secret_works_once),
          fresh_test(a_wrong_login_secret_opens_nothing_and_spoils_nothing),
          owner_test(lost_keys_are_replaced_by_another_login), owner_test(only_digests_are_stored),
          owner_test(only_the_right_key_is_believed), owner_test(a_key_never_has_more_than_its_users_role),
          owner_test(use_is_noted_at_most_once_an_hour),
          owner_test(a_database_that_takes_no_writes_still_believes),
          owner_test(a_key_may_have_its_makers_role_or_less),
          owner_test(a_key_never_reaches_further_than_its_maker), owner_test(a_key_has_a_printable_name),
          owner_test(a_revoked_key_is_no_longer_believed), owner_test(a_key_cannot_revoke_a_stronger_one),
          owner_test(the_last_key_of_an_owner_stays), owner_test(keys_of_other_accounts_do_not_exist),
          owner_test(an_owner_reaches_all_keys_of_the_account_others_their_own),
          fresh_test(login_over_http_answers_the_key_once), owner_test(the_account_says_who_asks),
          owner_test(keys_are_made_listed_and_revoked_over_http),
          owner_test(every_change_left_its_entry_in_an_intact_log))
