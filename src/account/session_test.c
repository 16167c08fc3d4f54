/* account: passwords, sessions, invitations, and how often a password may be wrong. */
#include "account/fixture.h"
#include "account/session_db.h"
#include "signer/signer.h"

enum { WEEK = 7 * 86400, QUARTER = 900 };

#define PASSWORD "correct horse battery"

static struct secret *text(struct fixture *f, const char *s) {
    return secret_new(f->arena, s, strlen(s));
}

static struct services services_of(struct fixture *f) {
    return (struct services){.db = f->db, .signer = signer_fake(f->arena)};
}

/* A user of the owner's account with that password. */
static struct user add_user(struct fixture *f, const char *name, const char *role) {
    struct user user = {
        .name = name, .role = role, .lang = "en", .email = arena_printf(f->arena, "%s@Example.com", name)};
    struct services services = services_of(f);
    struct password_change change = {0};
    struct error e;
    assert_ok(signer_password_hash(services.signer, f->arena, text(f, PASSWORD), &change.hash, &e), e);
    assert_ok(in_transaction(f, user_create(f->db, f->arena, &f->owner, NOW, &user, &e), &e), e);
    change.user_id = user.id;
    assert_ok(in_transaction(f, password_set(f->db, f->arena, &f->owner, &change, NOW, &e), &e), e);
    return user;
}

/* As the routes do: the refusal is committed. */
static bool log_in_from(struct fixture *f, struct login_attempt *attempt, const char *password, int64_t now,
                        struct error *e) {
    struct services services = services_of(f);
    struct error ignored;
    if (!login_try(&services, f->arena, attempt, text(f, password), now, e) || !db_begin(f->db, e))
        return false;
    bool done = login_decide(f->db, f->arena, attempt, now, e);
    assert_ok(db_commit(f->db, &ignored), ignored);
    return done;
}

static bool log_in(struct fixture *f, const char *email, const char *password, int64_t now, struct error *e) {
    struct login_attempt attempt = {.email = email, .address = "127.0.0.1"};
    return log_in_from(f, &attempt, password, now, e);
}

static struct session begin(struct fixture *f, const struct user *user) {
    struct login_attempt attempt = {.email = user->email, .address = "127.0.0.1"};
    struct session session = {0};
    struct error e;
    assert_ok(log_in_from(f, &attempt, PASSWORD, NOW, &e), e);
    assert_ok(in_transaction(f, session_begin(f->db, f->arena, &attempt, NOW, &session, &e), &e), e);
    return session;
}

static bool works_at(struct fixture *f, const struct session *session, int64_t now, struct caller *caller) {
    const char *shown =
        arena_printf(f->arena, "Bearer %s.%s", session->id, (const char *)secret_bytes(session->secret));
    struct error e = {0};
    bool works = account_authenticate(f->db, f->arena, shown, now, caller, &e);
    assert_true(works || e.id == ERR_UNAUTHENTICATED);
    return works;
}

static bool works(struct fixture *f, const struct session *session, int64_t now) {
    struct caller ignored = {0};
    return works_at(f, session, now, &ignored);
}

/* ---- passwords ---- */

static void a_password_has_twelve_characters_and_is_not_the_address(void **state) {
    (void)state;
    struct error e;
    assert_ok(password_check("twelve chars", "li@example.com", &e), e);
    assert_ok(password_check("一二三四五六七八九十十一", "li@example.com", &e), e);
    assert_fails(password_check("eleven char", "li@example.com", &e), e, ERR_WEAK_PASSWORD);
    assert_fails(password_check("一二三四五六七八九十十", "li@example.com", &e), e, ERR_WEAK_PASSWORD);
    assert_fails(password_check("LI@example.com", "li@example.com", &e), e, ERR_WEAK_PASSWORD);
    char longer[1026] = {0};
    memset(longer, 'a', 1025);
    assert_fails(password_check(longer, "li@example.com", &e), e, ERR_WEAK_PASSWORD);
}

static void one_logs_in_with_address_and_password(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct error e;
    assert_ok(log_in(f, "LI@example.com", PASSWORD, NOW, &e), e);
    assert_fails(log_in(f, li.email, "another password", NOW, &e), e, ERR_PASSWORD_WRONG);
    assert_fails(log_in(f, "nobody@example.com", PASSWORD, NOW, &e), e, ERR_PASSWORD_WRONG);
}

static void what_changes_after_the_password_was_verified_counts(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct services services = services_of(f);
    struct login_attempt attempt = {.email = li.email, .address = "127.0.0.1"};
    struct error e;
    assert_ok(login_try(&services, f->arena, &attempt, text(f, PASSWORD), NOW, &e), e);
    assert_true(attempt.fits);
    struct password_change change = {.user_id = li.id, .old_hash = attempt.hash, .hash = "another"};
    assert_ok(in_transaction(f, password_set(f->db, f->arena, &f->owner, &change, NOW, &e), &e), e);
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(login_decide(f->db, f->arena, &attempt, NOW, &e), e, ERR_PASSWORD_WRONG);
    /* and of two changes from the same old password one succeeds */
    assert_fails(password_set(f->db, f->arena, &f->owner, &change, NOW, &e), e, ERR_CONFLICT);
    db_rollback(f->db);
}

static void ten_wrong_passwords_close_an_address_for_a_quarter_of_an_hour(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct login_attempt attempt = {.email = li.email, .address = "127.0.0.1"};
    struct error e;
    for (int i = 0; i < 9; i++)
        assert_fails(log_in(f, li.email, "wrong", NOW + i, &e), e, ERR_PASSWORD_WRONG);
    assert_ok(log_in(f, li.email, PASSWORD, NOW + 9, &e), e); /* which forgets the nine */
    for (int i = 0; i < 10; i++)
        assert_fails(log_in(f, li.email, "wrong", NOW + i, &e), e, ERR_PASSWORD_WRONG);
    assert_fails(log_in_from(f, &attempt, PASSWORD, NOW + QUARTER - 1, &e), e, ERR_TOO_MANY_ATTEMPTS);
    assert_int_equal(attempt.until, NOW + QUARTER);
    struct user wang = add_user(f, "wang", "operator");
    assert_ok(log_in(f, wang.email, PASSWORD, NOW, &e), e);
    assert_ok(log_in(f, li.email, PASSWORD, NOW + QUARTER, &e), e);
}

/* Else the limit would tell which addresses somebody has. */
static void an_address_that_nobody_has_is_closed_too(void **state) {
    struct fixture *f = *state;
    struct error e;
    for (int i = 0; i < 10; i++)
        assert_fails(log_in(f, "nobody@example.com", "wrong", NOW, &e), e, ERR_PASSWORD_WRONG);
    assert_fails(log_in(f, "nobody@example.com", "wrong", NOW, &e), e, ERR_TOO_MANY_ATTEMPTS);
}

/* Ten guesses that were all verified before the first of them was decided. */
static void guesses_at_once_do_not_pass_the_limit(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct services services = services_of(f);
    struct login_attempt right = {.email = li.email, .address = "127.0.0.1"};
    struct error e;
    assert_ok(login_try(&services, f->arena, &right, text(f, PASSWORD), NOW, &e), e);
    for (int i = 0; i < 10; i++)
        assert_fails(log_in(f, li.email, "wrong", NOW, &e), e, ERR_PASSWORD_WRONG);
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(login_decide(f->db, f->arena, &right, NOW, &e), e, ERR_TOO_MANY_ATTEMPTS);
    db_rollback(f->db);
}

static void fifty_wrong_passwords_close_a_machine_but_not_this_one(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    static const char *const machines[] = {"192.0.2.9", "127.0.0.1"};
    struct error e;
    for (int m = 0; m < 2; m++)
        for (int i = 0; i < 50; i++) {
            const char *email = arena_printf(f->arena, "user%d-%d@example.com", m, i);
            struct login_attempt attempt = {.email = email, .address = machines[m]};
            assert_fails(log_in_from(f, &attempt, "wrong", NOW, &e), e, ERR_PASSWORD_WRONG);
        }
    struct login_attempt there = {.email = li.email, .address = machines[0]}, here = there;
    here.address = machines[1];
    assert_fails(log_in_from(f, &there, PASSWORD, NOW, &e), e, ERR_TOO_MANY_ATTEMPTS);
    assert_ok(log_in_from(f, &here, PASSWORD, NOW, &e), e);
}

/* ---- sessions ---- */

static void a_session_may_what_its_user_may_now(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "owner");
    struct session session = begin(f, &li);
    struct caller caller = {0};
    struct error e;
    assert_true(works_at(f, &session, NOW, &caller));
    assert_string_equal(caller.user_id, li.id);
    assert_int_equal(caller.role, ROLE_OWNER);
    assert_true(caller.administrator);
    assert_ok(user_find(f->db, f->arena, li.account_id, li.id, &li, &e), e);
    li.role = "reviewer";
    assert_ok(in_transaction(f, user_change(f->db, f->arena, &f->owner, &li, NOW, &e), &e), e);
    assert_true(works_at(f, &session, NOW, &caller));
    assert_int_equal(caller.role, ROLE_REVIEWER);
    assert_int_equal(caller.user_role, ROLE_REVIEWER);
    assert_false(caller.administrator);
    ((char *)secret_bytes(session.secret))[5] ^= 1;
    assert_false(works(f, &session, NOW));
}

static void a_session_ends_unused_after_12_hours_and_always_after_7_days(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct session session = begin(f, &li), second = begin(f, &li);
    assert_false(works(f, &second, NOW + 12 * HOUR));
    assert_true(works(f, &second, NOW + 12 * HOUR - 1));
    for (int64_t now = NOW; now < NOW + WEEK; now += 11 * HOUR)
        assert_true(works(f, &session, now));
    assert_true(works(f, &session, NOW + WEEK - 1));
    assert_false(works(f, &session, NOW + WEEK));
}

static void a_new_password_ends_all_sessions(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator"), wang = add_user(f, "wang", "operator");
    struct session first = begin(f, &li), second = begin(f, &li), other = begin(f, &wang);
    struct password_change change = {.user_id = li.id, .hash = "another"};
    struct error e;
    assert_ok(password_db_hash(f->db, f->arena, li.id, &change.old_hash, &e), e);
    assert_ok(in_transaction(f, password_set(f->db, f->arena, &f->owner, &change, NOW, &e), &e), e);
    assert_false(works(f, &first, NOW) || works(f, &second, NOW));
    assert_true(works(f, &other, NOW));
}

/* ---- resets ---- */

static struct password_reset reset_of(struct fixture *f, const struct user *user) {
    struct password_reset reset = {0};
    struct error e;
    assert_ok(in_transaction(f, reset_create(f->db, f->arena, &f->owner, user->id, NOW, &reset, &e), &e), e);
    return reset;
}

static bool reset_with(struct fixture *f, const struct password_reset *reset, int64_t now, struct error *e) {
    struct acceptance acceptance = {
        .secret = (const char *)secret_bytes(credential_join(f->arena, reset->id, reset->secret))};
    struct services services = services_of(f);
    assert_ok(signer_password_hash(services.signer, f->arena, text(f, "another horse battery"),
                                   &acceptance.hash, e),
              *e);
    bool ok = in_transaction(f, reset_use(f->db, f->arena, &acceptance, now, e), e);
    db_rollback(f->db);
    return ok;
}

static void a_forgotten_password_is_reset_once_and_within_an_hour(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct session session = begin(f, &li);
    struct error e;
    struct password_reset first = reset_of(f, &li), reset = reset_of(f, &li);
    for (int i = 0; i < 10; i++)
        assert_fails(log_in(f, li.email, "forgotten", NOW, &e), e, ERR_PASSWORD_WRONG);
    assert_fails(reset_with(f, &first, NOW, &e), e, ERR_UNAUTHENTICATED);
    assert_fails(reset_with(f, &reset, NOW + HOUR, &e), e, ERR_UNAUTHENTICATED);
    assert_true(works(f, &session, NOW)); /* nothing has changed so far */
    assert_ok(reset_with(f, &reset, NOW + HOUR - 1, &e), e);
    assert_false(works(f, &session, NOW));
    assert_ok(log_in(f, li.email, "another horse battery", NOW, &e), e);
    assert_fails(reset_with(f, &reset, NOW, &e), e, ERR_UNAUTHENTICATED);
}

static void a_reset_ends_with_its_maker_its_user_and_a_new_password(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct error e;
    struct password_reset reset = reset_of(f, &li);
    struct password_change change = {.user_id = li.id, .hash = "another"};
    assert_ok(password_db_hash(f->db, f->arena, li.id, &change.old_hash, &e), e);
    assert_ok(in_transaction(f, password_set(f->db, f->arena, &f->owner, &change, NOW, &e), &e), e);
    assert_fails(reset_with(f, &reset, NOW, &e), e, ERR_UNAUTHENTICATED);
    reset = reset_of(f, &li);
    assert_ok(user_find(f->db, f->arena, li.account_id, li.id, &li, &e), e);
    li.disabled = true;
    assert_ok(in_transaction(f, user_change(f->db, f->arena, &f->owner, &li, NOW, &e), &e), e);
    assert_fails(reset_with(f, &reset, NOW, &e), e, ERR_UNAUTHENTICATED);
    assert_fails(in_transaction(f, reset_create(f->db, f->arena, &f->owner, li.id, NOW, &reset, &e), &e), e,
                 ERR_CONFLICT);
}

static void who_administers_resets_users_of_all_accounts_and_nobody_else_does(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct password_reset reset;
    struct caller stranger = f->owner;
    struct error e;
    stranger.account_id = "acct_2";
    stranger.administrator = false;
    assert_fails(in_transaction(f, reset_create(f->db, f->arena, &stranger, li.id, NOW, &reset, &e), &e), e,
                 ERR_NOT_FOUND);
    db_rollback(f->db);
    stranger.administrator = true;
    assert_ok(in_transaction(f, reset_create(f->db, f->arena, &stranger, li.id, NOW, &reset, &e), &e), e);
    assert_string_equal(reset.account_id, li.account_id);
}

static void a_user_who_was_disabled_logs_in_again(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct session session = begin(f, &li);
    struct error e;
    for (int disabled = 1; disabled >= 0; disabled--) {
        assert_ok(user_find(f->db, f->arena, li.account_id, li.id, &li, &e), e);
        li.disabled = disabled;
        assert_ok(in_transaction(f, user_change(f->db, f->arena, &f->owner, &li, NOW, &e), &e), e);
        assert_false(works(f, &session, NOW)); /* nor when the user is back */
        assert_int_equal(log_in(f, li.email, PASSWORD, NOW, &e), !disabled);
    }
}

static bool end(struct fixture *f, const struct caller *caller, const char *id, struct error *e) {
    bool ok = in_transaction(f, session_end(f->db, f->arena, caller, id, NOW, e), e);
    db_rollback(f->db);
    return ok;
}

static void one_ends_the_own_sessions_and_an_owner_all(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator"), wang = add_user(f, "wang", "operator");
    struct session first = begin(f, &li), second = begin(f, &li), other = begin(f, &wang);
    struct caller caller = {0}, auditor;
    struct error e;
    assert_true(works_at(f, &other, NOW, &caller));
    assert_fails(end(f, &caller, first.id, &e), e, ERR_NOT_FOUND);
    auditor = caller;
    auditor.role = ROLE_AUDITOR;
    assert_fails(end(f, &auditor, other.id, &e), e, ERR_FORBIDDEN);
    assert_ok(end(f, &caller, other.id, &e), e);
    assert_false(works(f, &other, NOW));
    assert_ok(end(f, &f->owner, first.id, &e), e);
    assert_ok(end(f, &f->owner, first.id, &e), e);
    assert_false(works(f, &first, NOW));
    assert_true(works(f, &second, NOW));
    assert_int_equal(count_actions(f, "session.end", NULL), 2);
    struct caller stranger = f->owner;
    stranger.account_id = "acct_other";
    assert_fails(end(f, &stranger, second.id, &e), e, ERR_NOT_FOUND);
}

/* ---- invitations ---- */

static struct invitation invite(struct fixture *f, const char *email, const char *role) {
    struct invitation invitation = {.email = email, .name = "zhang", .role = role, .lang = "zh"};
    struct error e;
    assert_ok(in_transaction(f, invitation_create(f->db, f->arena, &f->owner, NOW, &invitation, &e), &e), e);
    return invitation;
}

static bool accept_at(struct fixture *f, const struct invitation *invitation, int64_t now, struct user *user,
                      struct error *e) {
    const char *shown =
        arena_printf(f->arena, "%s.%s", invitation->id, (const char *)secret_bytes(invitation->secret));
    struct acceptance acceptance = {.secret = shown};
    struct services services = services_of(f);
    bool ok = signer_password_hash(services.signer, f->arena, text(f, PASSWORD), &acceptance.hash, e) &&
              in_transaction(f, invitation_accept(f->db, f->arena, &acceptance, now, user, e), e);
    db_rollback(f->db);
    return ok;
}

static void an_invitation_makes_one_user_who_logs_in(void **state) {
    struct fixture *f = *state;
    struct invitation invitation = invite(f, "Zhang@example.com", "reviewer");
    struct user user;
    struct error e;
    assert_ok(accept_at(f, &invitation, NOW + WEEK - 1, &user, &e), e);
    assert_string_equal(user.role, "reviewer");
    assert_string_equal(user.account_id, f->owner.account_id);
    assert_string_equal(user.email, "zhang@example.com");
    assert_ok(log_in(f, "zhang@example.com", PASSWORD, NOW, &e), e);
    assert_fails(accept_at(f, &invitation, NOW, &user, &e), e, ERR_UNAUTHENTICATED);
    struct audit_entry entry;
    assert_int_equal(count_actions(f, "invitation.accept", &entry), 1);
    assert_string_equal(entry.actor, invitation.id);
}

static void an_invitation_ends_with_its_time_a_newer_one_or_its_owner(void **state) {
    struct fixture *f = *state;
    struct invitation late = invite(f, "late@example.com", "owner"),
                      newer = invite(f, "late@example.com", "auditor");
    struct user user;
    struct error e;
    assert_fails(accept_at(f, &late, NOW, &user, &e), e, ERR_UNAUTHENTICATED);
    assert_fails(accept_at(f, &newer, NOW + WEEK, &user, &e), e, ERR_UNAUTHENTICATED);
    assert_ok(in_transaction(f, invitation_revoke(f->db, f->arena, &f->owner, newer.id, NOW, &e), &e), e);
    assert_fails(accept_at(f, &newer, NOW, &user, &e), e, ERR_UNAUTHENTICATED);
    struct invitation promised = invite(f, "promised@example.com", "owner");
    assert_ok(db_exec(f->db, &e, "UPDATE account_user SET role = 'operator' WHERE id = $1",
                      DB_TEXT(f->owner.user_id)),
              e);
    assert_fails(accept_at(f, &promised, NOW, &user, &e), e, ERR_UNAUTHENTICATED);
}

static void nobody_is_invited_who_is_there(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct invitation again = {.email = li.email, .name = "li2", .role = "auditor", .lang = "en"},
                      odd = {.email = "x@example.com", .name = "x", .role = "king", .lang = "en"};
    struct error e;
    assert_ok(db_begin(f->db, &e), e);
    assert_fails(invitation_create(f->db, f->arena, &f->owner, NOW, &again, &e), e, ERR_ALREADY_EXISTS);
    assert_fails(invitation_create(f->db, f->arena, &f->owner, NOW, &odd, &e), e, ERR_BAD_FIELD);
    db_rollback(f->db);
}

/* ---- who can get in ---- */

static void an_owner_with_a_password_is_one_who_can_get_in(void **state) {
    struct fixture *f = *state;
    struct error e;
    assert_fails(revoke(f, &f->owner, f->owner.key_id, &e), e, ERR_CONFLICT);
    add_user(f, "li", "owner");
    assert_ok(revoke(f, &f->owner, f->owner.key_id, &e), e);
}

static void what_ended_long_ago_is_forgotten(void **state) {
    struct fixture *f = *state;
    struct user li = add_user(f, "li", "operator");
    struct error e;
    int64_t left;
    begin(f, &li);
    invite(f, "late@example.com", "auditor");
    assert_fails(log_in(f, li.email, "wrong", NOW, &e), e, ERR_PASSWORD_WRONG);
    static const struct {
        int64_t now, left;
    } looks[] = {{NOW + QUARTER - 1, 3},
                 {NOW + QUARTER, 2},
                 {NOW + WEEK + 30 * 86400 - 1, 2},
                 {NOW + WEEK + 30 * 86400, 0}};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        struct work work = {.db = f->db, .now = looks[i].now};
        assert_ok(in_transaction(f, session_purge(&work, &e), &e), e);
        assert_ok(db_int(f->db, &left, 0, &e,
                         "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM invitation) + "
                         "(SELECT count(*) FROM login_failure)"),
                  e);
        assert_int_equal(left, looks[i].left);
    }
}

TEST_MAIN(session, test(a_password_has_twelve_characters_and_is_not_the_address),
          owner_test(one_logs_in_with_address_and_password),
          owner_test(a_forgotten_password_is_reset_once_and_within_an_hour),
          owner_test(a_reset_ends_with_its_maker_its_user_and_a_new_password),
          owner_test(who_administers_resets_users_of_all_accounts_and_nobody_else_does),
          owner_test(what_changes_after_the_password_was_verified_counts),
          owner_test(ten_wrong_passwords_close_an_address_for_a_quarter_of_an_hour),
          owner_test(an_address_that_nobody_has_is_closed_too),
          owner_test(guesses_at_once_do_not_pass_the_limit),
          owner_test(fifty_wrong_passwords_close_a_machine_but_not_this_one),
          owner_test(a_session_may_what_its_user_may_now),
          owner_test(a_session_ends_unused_after_12_hours_and_always_after_7_days),
          owner_test(a_new_password_ends_all_sessions), owner_test(a_user_who_was_disabled_logs_in_again),
          owner_test(one_ends_the_own_sessions_and_an_owner_all),
          owner_test(an_invitation_makes_one_user_who_logs_in),
          owner_test(an_invitation_ends_with_its_time_a_newer_one_or_its_owner),
          owner_test(nobody_is_invited_who_is_there),
          owner_test(an_owner_with_a_password_is_one_who_can_get_in),
          owner_test(what_ended_long_ago_is_forgotten))
