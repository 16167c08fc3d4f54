/* account: users, their roles and keys, and several accounts. */
#include "account/fixture.h"

/* ---- users ---- */

static struct user add_user(struct fixture *f, const struct caller *by, const char *name, const char *role) {
    struct user user = {.name = name, .role = role, .lang = "en", .notify = true};
    struct error e;
    assert_ok(in_transaction(f, user_create(f->db, f->arena, by, NOW, &user, &e), &e), e);
    return user;
}

static bool change(struct fixture *f, const struct caller *by, struct user *user, struct error *e) {
    bool ok = in_transaction(f, user_change(f->db, f->arena, by, user, NOW + HOUR, e), e);
    db_rollback(f->db);
    return ok;
}

static struct access_key key_for(struct fixture *f, const struct user *user, const char *role) {
    struct access_key key = {.name = "robot", .role = role, .user_id = user->id};
    struct error e;
    assert_ok(in_transaction(f, access_key_create(f->db, f->arena, &f->owner, NOW, &key, &e), &e), e);
    return key;
}

static void a_user_works_with_a_key_that_an_owner_made(void **state) {
    struct fixture *f = *state;
    struct user user = add_user(f, &f->owner, "li", "reviewer");
    struct access_key key = key_for(f, &user, NULL);
    struct caller caller = caller_with(f, &key);
    assert_string_equal(caller.user_id, user.id);
    assert_int_equal(caller.role, ROLE_REVIEWER);
    assert_int_equal(caller.user_role, ROLE_REVIEWER);
    assert_false(caller.administrator);
    assert_int_equal(count_actions(f, "user.create", NULL), 1);
}

static void only_owners_make_keys_for_others_and_within_their_role(void **state) {
    struct fixture *f = *state;
    struct user user = add_user(f, &f->owner, "li", "operator");
    struct access_key own = key_for(f, &user, NULL), key = {.name = "x", .user_id = f->owner.user_id};
    struct caller lesser = caller_with(f, &own), key_lesser = f->owner, user_lesser = f->owner;
    key_lesser.role = user_lesser.user_role = ROLE_OPERATOR;
    struct error e;
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(access_key_create(f->db, f->arena, &lesser, NOW, &key, &e), e, ERR_FORBIDDEN);
    key = (struct access_key){.name = "x", .user_id = user.id};
    assert_fails(access_key_create(f->db, f->arena, &key_lesser, NOW, &key, &e), e, ERR_FORBIDDEN);
    assert_fails(access_key_create(f->db, f->arena, &user_lesser, NOW, &key, &e), e, ERR_FORBIDDEN);
    key.role = "reviewer";
    assert_fails(access_key_create(f->db, f->arena, &f->owner, NOW, &key, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "role");
    db_rollback(f->db);
}

static void a_disabled_user_is_believed_nothing(void **state) {
    struct fixture *f = *state;
    struct user user = add_user(f, &f->owner, "li", "operator");
    struct access_key key = key_for(f, &user, NULL), other = {.name = "x", .user_id = user.id};
    struct caller caller = caller_with(f, &key);
    struct error e;
    user.disabled = true;
    assert_ok(change(f, &f->owner, &user, &e), e);
    assert_int_equal(user.disabled_at, NOW + HOUR);
    assert_fails(account_authenticate(f->db, f->arena, bearer(f, &key), NOW, &caller, &e), e,
                 ERR_UNAUTHENTICATED);
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(access_key_create(f->db, f->arena, &f->owner, NOW, &other, &e), e, ERR_BAD_FIELD);
    db_rollback(f->db);
    assert_ok(user_find(f->db, f->arena, f->owner.account_id, user.id, &user, &e), e);
    user.disabled = false;
    assert_ok(change(f, &f->owner, &user, &e), e);
    caller_with(f, &key);
    assert_int_equal(count_actions(f, "user.change", NULL), 2);
}

static void who_changes_what_was_changed_meanwhile_is_told_so(void **state) {
    struct fixture *f = *state;
    struct user user = add_user(f, &f->owner, "li", "operator"), first, second;
    struct error e;
    assert_ok(user_find(f->db, f->arena, f->owner.account_id, user.id, &first, &e), e);
    second = first;
    first.role = "auditor";
    second.email = "li@example.com";
    assert_ok(change(f, &f->owner, &first, &e), e);
    assert_fails(change(f, &f->owner, &second, &e), e, ERR_CONFLICT);
    assert_ok(user_find(f->db, f->arena, f->owner.account_id, user.id, &second, &e), e);
    assert_string_equal(second.role, "auditor");
    assert_null(second.email);
}

/* The owner who was there first, without the keys that the case takes away. */
static void the_last_owner_who_can_get_in_stays(void **state) {
    struct fixture *f = *state;
    struct user first, second = add_user(f, &f->owner, "li", "owner");
    struct error e;
    assert_ok(user_find(f->db, f->arena, f->owner.account_id, f->owner.user_id, &first, &e), e);
    struct user lesser = first, disabled = first;
    lesser.role = "operator";
    disabled.disabled = true;
    assert_fails(change(f, &f->owner, &lesser, &e), e, ERR_LAST_OWNER); /* the second one has no key */
    assert_fails(change(f, &f->owner, &disabled, &e), e, ERR_LAST_OWNER);
    struct access_key weak = key_for(f, &second, "auditor");
    assert_fails(change(f, &f->owner, &lesser, &e), e, ERR_LAST_OWNER); /* which opens nothing */
    struct access_key key = key_for(f, &second, NULL);
    assert_ok(change(f, &f->owner, &lesser, &e), e);
    struct caller owner = caller_with(f, &key);
    assert_fails(revoke(f, &owner, key.id, &e), e,
                 ERR_CONFLICT); /* the first one's owner's key counts no more */
    assert_ok(revoke(f, &owner, weak.id, &e), e);
    second.disabled = true;
    assert_fails(change(f, &owner, &second, &e), e, ERR_LAST_OWNER);
}

static void users_are_checked_field_by_field(void **state) {
    struct fixture *f = *state;
    add_user(f, &f->owner, "li", "operator");
    static const struct {
        struct user user;
        const char *field;
        enum error_id id;
    } bad[] = {
        {{.name = "", .role = "owner", .lang = "en"}, "name", ERR_BAD_FIELD},
        {{.name = "a", .role = "king", .lang = "en"}, "role", ERR_BAD_FIELD},
        {{.name = "a", .role = NULL, .lang = "en"}, "role", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "fr"}, "lang", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = NULL}, "lang", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = ""}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "li"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "@example.com"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "li@"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "li@a@b"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "li@a\r\nBcc: x@b"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "<li@example.com>"}, "email", ERR_BAD_FIELD},
        {{.name = "a", .role = "owner", .lang = "en", .email = "李@example.com"}, "email", ERR_BAD_FIELD},
        {{.name = "li", .role = "owner", .lang = "en"}, "name", ERR_ALREADY_EXISTS},
    };
    struct error e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct user user = bad[i].user;
        assert_ok(db_begin(f->db, &e), e);
        assert_fails(user_create(f->db, f->arena, &f->owner, NOW, &user, &e), e, bad[i].id);
        assert_string_equal(e.field, bad[i].field);
        db_rollback(f->db);
    }
}

static void an_address_belongs_to_one_user_of_all_accounts(void **state) {
    struct fixture *f = *state;
    struct caller foreign = other_caller(f, "acct_other");
    struct user user = {.name = "li", .role = "owner", .lang = "zh", .email = "Li@Example.com"};
    struct error e;
    assert_ok(in_transaction(f, user_create(f->db, f->arena, &f->owner, NOW, &user, &e), &e), e);
    assert_string_equal(user.email, "li@example.com");
    user.name = "renamed";
    assert_ok(change(f, &f->owner, &user, &e), e); /* the own address does not stand in the way */
    struct user other = {.name = "li", .role = "owner", .lang = "zh", .email = "LI@example.com"};
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(user_create(f->db, f->arena, &foreign, NOW, &other, &e), e, ERR_ALREADY_EXISTS);
    assert_string_equal(e.field, "email");
    assert_string_equal(e.object, ""); /* a foreign id is nobody's business */
    other.email = NULL;
    assert_ok(user_create(f->db, f->arena, &foreign, NOW, &other, &e), e); /* the name is free here */
    db_rollback(f->db);
}

static void users_of_other_accounts_do_not_exist(void **state) {
    struct fixture *f = *state;
    struct caller foreign = other_caller(f, "acct_other");
    struct user user = add_user(f, &f->owner, "li", "operator");
    struct access_key key = {.name = "x", .user_id = user.id};
    struct error e;
    foreign.role = foreign.user_role = ROLE_OWNER;
    user.disabled = true;
    assert_fails(change(f, &foreign, &user, &e), e, ERR_NOT_FOUND);
    assert_fails(user_find(f->db, f->arena, foreign.account_id, user.id, &user, &e), e, ERR_NOT_FOUND);
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(access_key_create(f->db, f->arena, &foreign, NOW, &key, &e), e, ERR_NOT_FOUND);
    db_rollback(f->db);
}

/* ---- several accounts ---- */

static struct new_account make_account(struct fixture *f, const char *name) {
    struct new_account made = {.account = {.name = name, .default_profile = "tencent-2024"},
                               .owner = {.name = "wang", .lang = "zh", .notify = true}};
    struct error e;
    assert_ok(in_transaction(f, account_create(f->db, f->arena, &f->owner, NOW, &made, &e), &e), e);
    return made;
}

static void another_account_has_an_owner_who_administers_nothing_else(void **state) {
    struct fixture *f = *state;
    struct new_account made = make_account(f, "branch");
    struct access_key key;
    struct error e;
    const char *secret = (const char *)secret_bytes(made.login.secret);
    assert_ok(in_transaction(f, account_login(f->db, f->arena, secret, NULL, NOW, &key, &e), &e), e);
    struct caller owner = caller_with(f, &key);
    assert_string_equal(owner.account_id, made.account.id);
    assert_string_equal(owner.user_id, made.owner.id);
    assert_true(caller_permitted(&owner, ACCESS_OWN) && !owner.administrator);
    assert_true(f->owner.administrator);
    assert_int_equal(count_actions(f, "account.create", NULL), 2);
}

static void settings_are_those_of_the_account(void **state) {
    struct fixture *f = *state;
    struct new_account made = make_account(f, "branch");
    struct account_settings settings;
    struct account account;
    struct error e;
    assert_ok(account_settings(f->db, f->arena, made.account.id, &settings, &e), e);
    assert_string_equal(settings.default_profile, "tencent-2024");
    assert_ok(account_settings(f->db, f->arena, f->owner.account_id, &settings, &e), e);
    assert_string_equal(settings.default_profile, "modern");
    assert_ok(account_settings(f->db, f->arena, "acct_absent", &settings, &e), e);
    assert_null(settings.default_profile);
    assert_ok(account_find(f->db, f->arena, f->owner.account_id, &account, &e), e);
    account.default_profile = "alibaba-2021";
    assert_ok(in_transaction(f, account_change(f->db, f->arena, &f->owner, &account, NOW, &e), &e), e);
    assert_ok(account_settings(f->db, f->arena, f->owner.account_id, &settings, &e), e);
    assert_string_equal(settings.default_profile, "alibaba-2021");
    assert_ok(account_settings(f->db, f->arena, made.account.id, &settings, &e), e);
    assert_string_equal(settings.default_profile, "tencent-2024");
    struct audit_entry entry;
    assert_int_equal(count_actions(f, "account.change", &entry), 1);
    assert_non_null(strstr(entry.before, "modern"));
    assert_non_null(strstr(entry.after, "alibaba-2021"));
}

TEST_MAIN(user, owner_test(a_user_works_with_a_key_that_an_owner_made),
          owner_test(only_owners_make_keys_for_others_and_within_their_role),
          owner_test(a_disabled_user_is_believed_nothing),
          owner_test(who_changes_what_was_changed_meanwhile_is_told_so),
          owner_test(the_last_owner_who_can_get_in_stays), owner_test(users_are_checked_field_by_field),
          owner_test(an_address_belongs_to_one_user_of_all_accounts),
          owner_test(users_of_other_accounts_do_not_exist),
          owner_test(another_account_has_an_owner_who_administers_nothing_else),
          owner_test(settings_are_those_of_the_account))
