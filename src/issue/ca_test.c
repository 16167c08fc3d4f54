/* The local CA: made once, followed in time. */
#include "issue/fixture.h"
#include <sys/wait.h>

static void a_ca_is_made_once(void **state) {
    (void)state;
    int64_t roots, intermediates;
    for (int i = 0; i < 3; i++)
        assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    assert_ok(ca_count(w.services.db, ACCOUNT, CA_ROOT, &roots, &e), e);
    assert_ok(ca_count(w.services.db, ACCOUNT, CA_INTERMEDIATE, &intermediates, &e), e);
    assert_int_equal(roots, 1);
    assert_int_equal(intermediates, 1);
    assert_string_equal(newest(CA_INTERMEDIATE).parent_id, newest(CA_ROOT).id);
}

/* One of several processes that find no CA at the same moment; exits 0 if all went well. */
static void make_ca_in_a_process(const char *database, int start_fd) {
    char go;
    bool ok = db_open(&w.services.db, database, DB_WORKER, &e) && read(start_fd, &go, 1) == 0 &&
              ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e);
    _exit(ok ? 0 : 1);
}

static void of_several_makers_one_wins_and_the_others_leave_nothing(void **state) {
    (void)state;
    enum { MAKERS = 4 };
    struct bench b = bench_open();
    const char *database = bench_file(&b, "tenure.db");
    struct db *memory = w.services.db;
    int64_t roots, intermediates;
    int start[2], status;
    assert_ok(db_open(&w.services.db, database, DB_WORKER, &e), e);
    assert_ok(db_migrate(w.services.db, w.now, &e), e);
    db_close(w.services.db);
    assert_int_equal(pipe(start), 0);
    for (int i = 0; i < MAKERS; i++) {
        if (fork() == 0) {
            close(start[1]);
            make_ca_in_a_process(database, start[0]);
        }
    }
    close(start[0]);
    close(start[1]); /* all begin at the end of the pipe */
    for (int i = 0; i < MAKERS; i++) {
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_ok(db_open(&w.services.db, database, DB_WORKER, &e), e);
    assert_ok(ca_count(w.services.db, ACCOUNT, CA_ROOT, &roots, &e), e);
    assert_ok(ca_count(w.services.db, ACCOUNT, CA_INTERMEDIATE, &intermediates, &e), e);
    assert_int_equal(roots, 1);
    assert_int_equal(intermediates, 1);
    db_close(w.services.db);
    w.services.db = memory;
    bench_close(&b);
}

static void an_intermediate_is_followed_by_another_before_it_cuts_a_version_short(void **state) {
    (void)state;
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    struct ca first = newest(CA_INTERMEDIATE), root = newest(CA_ROOT);
    w.now = first.end_at - (397 + 30) * DAY;
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    assert_string_equal(newest(CA_INTERMEDIATE).id, first.id);
    w.now++;
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    struct ca second = newest(CA_INTERMEDIATE);
    assert_string_not_equal(second.id, first.id);
    assert_string_equal(second.parent_id, root.id);
    w.now = second.end_at - (397 + 30) * DAY + 1; /* the root has less left than an intermediate needs */
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    struct ca third = newest(CA_INTERMEDIATE);
    assert_string_not_equal(third.parent_id, root.id);
    assert_true(newest(CA_ROOT).end_at >= third.end_at);
}

static void a_new_intermediate_is_made_on_the_way_of_a_renewal(void **state) {
    (void)state;
    struct certificate old = bought_and_issued(NULL);
    struct ca first = newest(CA_INTERMEDIATE);
    w.now = first.end_at - 100 * DAY;
    struct certificate c = bought_and_issued(NULL);
    assert_string_not_equal(newest(CA_INTERMEDIATE).id, first.id);
    assert_true(c.version_end > old.version_end);
    sign_crls(&c);
    assert_non_null(strstr(verify(&c), "leaf.pem: OK"));
}

static void the_fake_signer_of_the_simulation_goes_the_same_way(void **state) {
    (void)state;
    w.services.signer = signer_fake(w.arena);
    struct certificate c = bought_and_issued(NULL);
    assert_int_equal(c.version_count, 1);
    sign_crls(&c);
}

static void another_master_key_is_noticed(void **state) {
    (void)state;
    uint8_t bytes[32] = {1};
    struct secret *mine = secret_new(w.arena, bytes, sizeof bytes);
    bytes[0] = 2;
    struct secret *other = secret_new(w.arena, bytes, sizeof bytes);
    w.services.signer = signer_local(w.arena, mine);
    assert_ok(ca_keys_open(&w.services, w.arena, &e), e); /* nothing to open yet */
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    assert_ok(ca_keys_open(&w.services, w.arena, &e), e);
    w.services.signer = signer_local(w.arena, other);
    assert_fails(ca_keys_open(&w.services, w.arena, &e), e, ERR_UNSEALABLE);
}

TEST_MAIN(ca, in_world(a_ca_is_made_once), in_world(another_master_key_is_noticed),
          in_world(of_several_makers_one_wins_and_the_others_leave_nothing),
          in_world(an_intermediate_is_followed_by_another_before_it_cuts_a_version_short),
          in_world(a_new_intermediate_is_made_on_the_way_of_a_renewal),
          in_world(the_fake_signer_of_the_simulation_goes_the_same_way))
