/* audit: the chain, what tears it, and the routes. */
#include "audit/audit.h"
#include "unit.h"

enum { NOW = 1800000000, ALL = INT32_MAX };

struct fixture {
    struct arena *arena;
    struct db *db;
    const char *cursor, *after, *subject; /* the query of the next request */
};

static int open_log(void **state) {
    struct arena *a = arena_new();
    struct fixture *f = ARENA_NEW(a, struct fixture);
    struct error e;
    f->arena = a;
    if (!db_open(&f->db, ":memory:", DB_WEB, &e) || !db_migrate(f->db, NOW, &e))
        return -1;
    *state = f;
    return 0;
}

static int close_log(void **state) {
    struct fixture *f = *state;
    db_close(f->db);
    arena_free(f->arena);
    return 0;
}

static struct audit_entry write_entry(struct fixture *f, const char *account_id, const char *subject) {
    struct caller caller = {.account_id = account_id, .key_id = "key_1", .address = "192.0.2.1"};
    struct audit_entry entry = audit_by(&caller, NOW, "target.update", subject);
    struct error e;
    entry.before = "{\"port\": 80}";
    entry.after = "{\"port\": 443}";
    assert_ok(db_begin(f->db, &e) && audit_write(f->db, f->arena, &entry, &e) && db_commit(f->db, &e), e);
    return entry;
}

static void write_entries(struct fixture *f, int count) {
    for (int i = 0; i < count; i++)
        write_entry(f, "acct_1", arena_printf(f->arena, "target_%d", i));
}

static void run_sql(struct fixture *f, const char *sql) {
    struct error e;
    assert_ok(db_exec(f->db, &e, sql), e);
}

static struct audit_check check_all(struct fixture *f) {
    struct audit_check check;
    struct error e;
    assert_ok(audit_verify(f->db, 0, ALL, &check, &e), e);
    return check;
}

static void assert_broken(struct fixture *f, int64_t at, const char *fault) {
    struct audit_check check = check_all(f);
    assert_false(check.intact);
    assert_int_equal(check.broken_at, at);
    assert_string_equal(check.fault, fault);
    assert_int_equal(check.checked_to, at - 1);
}

/* ---- the chain ---- */

static void an_untouched_log_is_intact(void **state) {
    struct fixture *f = *state;
    assert_true(check_all(f).intact);
    write_entries(f, 1200);
    struct audit_check check = check_all(f);
    assert_true(check.intact);
    assert_int_equal(check.checked_to, 1200);
    assert_int_equal(check.end, 1200);
}

/* The encoding must never change: a log outlives the program that wrote it. Computed with Python's hashlib.
 */
static void the_hash_is_that_of_the_documented_encoding(void **state) {
    struct fixture *f = *state;
    struct audit_entry first = write_entry(f, "acct_1", "target_1");
    assert_int_equal(first.sequence, 1);
    assert_string_equal(first.hash, "4cbb7a9654dc280e3560469b8409f3e1e00ebb42e00b23bc1dd3bcf35843b1b1");
    struct audit_entry second = audit_by_system("acct_1", NOW + 1, "target.delete", "target_1");
    struct error e;
    assert_ok(db_begin(f->db, &e) && audit_write(f->db, f->arena, &second, &e) && db_commit(f->db, &e), e);
    assert_string_equal(second.hash, "dd169b393310ad00aeb2c20f77d70460602233d9c9d5a6f1a374f9453cae6de2");
}

static void an_entry_that_was_rolled_back_leaves_no_gap(void **state) {
    struct fixture *f = *state;
    struct audit_entry lost = audit_by_system("acct_1", NOW, "target.delete", "target_1");
    struct error e;
    write_entries(f, 2);
    assert_ok(db_begin(f->db, &e) && audit_write(f->db, f->arena, &lost, &e), e);
    db_rollback(f->db);
    write_entries(f, 2);
    assert_true(check_all(f).intact);
    assert_int_equal(check_all(f).end, 4);
}

static void an_entry_without_a_transaction_is_refused(void **state) {
    struct fixture *f = *state;
    struct audit_entry entry = audit_by_system("acct_1", NOW, "target.delete", "target_1");
    struct error e;
    assert_fails(audit_write(f->db, f->arena, &entry, &e), e, ERR_INTERNAL);
}

/* ---- what tears it ---- */

static void a_change_of_any_member_is_found(void **state) {
    static const char *const changes[] = {
        "UPDATE audit SET account_id = 'acct_2' WHERE sequence = 3",
        "UPDATE audit SET at = at - 1 WHERE sequence = 3",
        "UPDATE audit SET actor = 'key_2' WHERE sequence = 3",
        "UPDATE audit SET address = NULL WHERE sequence = 3",
        "UPDATE audit SET action = 'target.delete' WHERE sequence = 3",
        "UPDATE audit SET subject = 'target_9' WHERE sequence = 3",
        "UPDATE audit SET before = NULL WHERE sequence = 3",
        "UPDATE audit SET after = '' WHERE sequence = 3",
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 2) WHERE sequence = 3",
        "UPDATE audit SET before = before || after, after = '' WHERE sequence = 3",
    };
    struct fixture *f = *state;
    struct error e;
    write_entries(f, 5);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_ok(db_begin(f->db, &e), e);
        run_sql(f, changes[i]);
        assert_broken(f, 3, "changed");
        db_rollback(f->db);
    }
    assert_true(check_all(f).intact);
}

static void entries_that_are_cut_out_or_off_are_missed(void **state) {
    struct fixture *f = *state;
    struct error e;
    write_entries(f, 5);
    assert_ok(db_begin(f->db, &e), e);
    run_sql(f, "DELETE FROM audit WHERE sequence = 2");
    assert_broken(f, 2, "missing");
    db_rollback(f->db);
    assert_ok(db_begin(f->db, &e), e);
    run_sql(f, "DELETE FROM audit WHERE sequence > 3");
    assert_broken(f, 4, "missing");
    db_rollback(f->db);
    run_sql(f, "DELETE FROM audit");
    assert_broken(f, 1, "missing");
}

static void a_cut_stays_visible_after_more_was_written(void **state) {
    struct fixture *f = *state;
    write_entries(f, 5);
    run_sql(f, "DELETE FROM audit WHERE sequence = 5");
    write_entries(f, 3);
    assert_broken(f, 5, "missing");
}

static void exchanged_entries_are_found(void **state) {
    struct fixture *f = *state;
    write_entries(f, 5);
    run_sql(f, "UPDATE audit SET sequence = 100 WHERE sequence = 2");
    run_sql(f, "UPDATE audit SET sequence = 2 WHERE sequence = 3");
    run_sql(f, "UPDATE audit SET sequence = 3 WHERE sequence = 100");
    assert_broken(f, 2, "changed");
}

static void entries_behind_the_end_are_surplus(void **state) {
    struct fixture *f = *state;
    write_entries(f, 3);
    run_sql(
        f, "INSERT INTO audit SELECT 4, account_id, at, actor, address, action, subject, before, after, hash "
           "FROM audit WHERE sequence = 3");
    assert_broken(f, 4, "surplus");
}

static void a_rewritten_end_does_not_fit_the_head(void **state) {
    struct fixture *f = *state;
    write_entries(f, 3);
    run_sql(f, "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE sequence = 2)");
    assert_broken(f, 3, "changed");
    run_sql(f, "DELETE FROM audit_head");
    struct audit_check check;
    struct error e;
    assert_fails(audit_verify(f->db, 0, ALL, &check, &e), e, ERR_CORRUPT);
}

static void a_check_in_parts_sees_what_a_whole_one_sees(void **state) {
    struct fixture *f = *state;
    struct audit_check check = {.intact = true};
    struct error e;
    int parts = 0;
    write_entries(f, 25);
    while (check.intact && check.checked_to < 25 && ++parts)
        assert_ok(audit_verify(f->db, check.checked_to, 10, &check, &e), e);
    assert_true(check.intact && parts == 3);
    run_sql(f, "UPDATE audit SET actor = 'key_2' WHERE sequence = 15");
    assert_ok(audit_verify(f->db, 0, 10, &check, &e), e);
    assert_true(check.intact);
    assert_ok(audit_verify(f->db, 10, 10, &check, &e), e);
    assert_int_equal(check.broken_at, 15);
    assert_fails(audit_verify(f->db, 26, 10, &check, &e), e, ERR_NOT_FOUND);
}

/* ---- routes ---- */

static struct fixture *asking;

static const char *query_of_fixture(struct request *rq, const char *name) {
    (void)rq;
    if (strcmp(name, "limit") == 0)
        return "2";
    if (strcmp(name, "cursor") == 0)
        return asking->cursor;
    if (strcmp(name, "after") == 0)
        return asking->after;
    return strcmp(name, "subject") == 0 ? asking->subject : NULL;
}

static bool call(struct fixture *f, const char *path, json_t **reply, struct error *e) {
    struct request rq = {.arena = f->arena, .db = f->db, .caller = {.account_id = "acct_1"}, .now = NOW};
    const struct route *route = audit_routes;
    asking = f;
    rq.query = query_of_fixture;
    while (strcmp(route->path, path) != 0)
        route++;
    bool ok = route->handle(&rq, e);
    *reply = rq.reply ? json_keep(f->arena, rq.reply) : NULL;
    return ok;
}

static int64_t number_at(const json_t *list, size_t i) {
    return json_integer_value(json_object_get(json_array_get(json_object_get(list, "items"), i), "sequence"));
}

static void the_list_shows_the_newest_first_and_only_ones_own(void **state) {
    struct fixture *f = *state;
    struct error e;
    json_t *reply;
    write_entry(f, "acct_1", "target_1");
    write_entry(f, "acct_2", "target_1");
    write_entry(f, "acct_1", "target_2");
    write_entry(f, "acct_1", "target_1");
    assert_ok(call(f, "/v1/audit", &reply, &e), e);
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 2);
    assert_true(number_at(reply, 0) == 4 && number_at(reply, 1) == 3);
    f->cursor = json_string_value(json_object_get(reply, "next"));
    assert_ok(call(f, "/v1/audit", &reply, &e), e);
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 1);
    assert_int_equal(number_at(reply, 0), 1);
    assert_true(json_is_null(json_object_get(reply, "next")));
    f->cursor = NULL;
    f->subject = "target_1";
    assert_ok(call(f, "/v1/audit", &reply, &e), e);
    assert_true(number_at(reply, 0) == 4 && number_at(reply, 1) == 1);
    f->cursor = "4x";
    assert_fails(call(f, "/v1/audit", &reply, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "cursor");
}

static void the_check_answers_over_http(void **state) {
    struct fixture *f = *state;
    struct error e;
    json_t *reply;
    write_entries(f, 3);
    assert_ok(call(f, "/v1/audit/verify", &reply, &e), e);
    assert_true(json_is_true(json_object_get(reply, "intact")));
    assert_int_equal(json_integer_value(json_object_get(reply, "checked_to")), 3);
    f->after = "-1";
    assert_fails(call(f, "/v1/audit/verify", &reply, &e), e, ERR_BAD_FIELD);
}

#define log_test(f) cmocka_unit_test_setup_teardown(f, open_log, close_log)

TEST_MAIN(audit, log_test(an_untouched_log_is_intact), log_test(the_hash_is_that_of_the_documented_encoding),
          log_test(an_entry_that_was_rolled_back_leaves_no_gap),
          log_test(an_entry_without_a_transaction_is_refused), log_test(a_change_of_any_member_is_found),
          log_test(entries_that_are_cut_out_or_off_are_missed),
          log_test(a_cut_stays_visible_after_more_was_written), log_test(exchanged_entries_are_found),
          log_test(entries_behind_the_end_are_surplus), log_test(a_rewritten_end_does_not_fit_the_head),
          log_test(a_check_in_parts_sees_what_a_whole_one_sees),
          log_test(the_list_shows_the_newest_first_and_only_ones_own), log_test(the_check_answers_over_http))
