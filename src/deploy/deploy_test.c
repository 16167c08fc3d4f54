/* Deployments: the order of the work, what is undone and said when it fails, who gives way, and who inherits.
 */
#include "deploy/fixture.h"
#include <stdlib.h>
#include <sys/stat.h>

/* Written down as running, then put: what is looked at next is whether it is served. */
static void put_there(const char *deployment_id) {
    assert_int_equal(run(&put, deployment_id), OUTCOME_AGAIN);
    assert_int_equal(run(&put, deployment_id), OUTCOME_NEXT);
}

static void deploy_completely(const char *deployment_id) {
    put_there(deployment_id);
    assert_int_equal(run(&keep, deployment_id), OUTCOME_DONE);
}

static const char *live(const char *name) {
    struct slice content;
    const char *path = arena_printf(w.arena, FOLDER "/%s", name);
    return runner_fake_file(w.services.runner, path, &content)
               ? arena_strndup(w.arena, (const char *)content.p, content.len)
               : NULL;
}

static bool is_queued(const char *subject) {
    struct work_item item;
    return work_get(w.services.db, w.arena, subject, &item, &e);
}

/* The CA may have to be made on the way. */
static struct certificate issue_with_targets(const char *id) {
    run(&decide, id);
    assert_int_equal(run(&apply, id), OUTCOME_NEXT);
    if (run(&issue_and_inherit, id) == OUTCOME_AGAIN)
        assert_int_equal(run(&issue_and_inherit, id), OUTCOME_NEXT);
    return certificate_now(&w, id);
}

/* ---- put ---- */

static void files_are_put_between_two_tests_and_then_reloaded(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    put_there(id);
    assert_string_equal(tape.calls, "back test put test reload");
    assert_string_equal(deployment_now(id).state, DEPLOYMENT_VERIFYING);
}

static void what_is_put_is_the_version_with_its_chain_and_its_key(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    put_there(deployment_new(c.id));
    struct cert *certs, leaf = leaf_of(&c);
    size_t count;
    struct import import;
    assert_ok(cert_list_from_pem(w.arena, slice_str(live("web.pem")), 8, &certs, &count, &e), e);
    assert_int_equal(count, 2);
    assert_true(slice_equal(certs[0].der, leaf.der));
    assert_true(slice_equal(certs[0].issuer_der, certs[1].subject_der));
    assert_ok(import_read(w.arena, slice_str(live("web.pem")), slice_str(live("web.key")), NULL, &import, &e),
              e);
}

static void it_is_written_down_before_anything_is_touched(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    assert_int_equal(run(&put, id), OUTCOME_AGAIN);
    assert_string_equal(tape.calls, "");
    assert_string_equal(deployment_now(id).state, DEPLOYMENT_RUNNING);
    assert_int_equal(deployment_now(id).attempts, 1);
}

static void a_configuration_that_is_broken_already_is_left_alone(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    deploy_completely(deployment_new(c.id));
    const char *key = live("web.key"), *id = deployment_new(c.id);
    run(&put, id);
    tape_start(FAILING(2));
    run_failing(&put, id, ERR_CONFIGURATION_TEST_FAILED);
    assert_string_equal(tape.calls, "back test");
    assert_string_equal(live("web.key"), key);
    struct deployment d = deployment_now(id);
    assert_string_equal(d.state, DEPLOYMENT_FAILED);
    assert_string_equal(d.reason, "configuration_test_failed");
    assert_non_null(strstr(d.detail_en, "before anything was changed, 'test' ended with status 1"));
    assert_non_null(strstr(d.detail_zh, "更改之前"));
    assert_int_equal(d.finished_at, 0);
}

static void a_configuration_that_lacks_only_the_first_files_is_helped(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    run(&put, id);
    tape_start(FAILING(2));
    assert_int_equal(run(&put, id), OUTCOME_NEXT);
    assert_string_equal(tape.calls, "back test put test reload");
}

static void old_files_come_back_and_are_reloaded(const size_t *failing, enum error_id expected) {
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    deploy_completely(deployment_new(c.id));
    const char *before = live("web.key"), *id = deployment_new(c.id);
    run(&put, id);
    tape_start(failing);
    run_failing(&put, id, expected);
    assert_string_equal(live("web.key"), before);
    assert_non_null(strstr(deployment_now(id).detail_en, "the old files are live again"));
    assert_non_null(strstr(deployment_now(id).detail_zh, "旧文件已恢复"));
}

static void new_files_that_fail_the_test_are_taken_back(void **state) {
    (void)state;
    old_files_come_back_and_are_reloaded(FAILING(4), ERR_CONFIGURATION_TEST_FAILED);
    assert_string_equal(tape.calls, "back test put test back reload");
}

static void new_files_that_cannot_be_reloaded_are_taken_back(void **state) {
    (void)state;
    old_files_come_back_and_are_reloaded(FAILING(5), ERR_RELOAD_FAILED);
    assert_string_equal(tape.calls, "back test put test reload back reload");
}

static void a_failure_to_bring_the_old_files_back_is_told(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    run(&put, id);
    tape_start(FAILING(5, 6));
    run_failing(&put, id, ERR_RELOAD_FAILED);
    assert_non_null(strstr(deployment_now(id).detail_en, "failed as well: the disk is full"));
    assert_non_null(strstr(deployment_now(id).detail_zh, "磁盘已满"));
}

static void without_the_key_nothing_is_touched(void **state) {
    (void)state;
    struct slice spki;
    struct certificate c = bought((struct order_request){
        .csr_choice = "own", .own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki)});
    const char *target_id = target_new("web", c.id, NULL);
    issue_with_targets(c.id);
    const char *id = newest_of(target_id).id;
    run(&put, id);
    run_failing(&put, id, ERR_NO_KEY_HELD);
    assert_string_equal(tape.calls, "");
}

static void what_belongs_to_a_deleted_certificate_is_given_up(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    run(&put, id);
    assert_ok(certificate_delete(w.services.db, w.arena, &c, &e), e);
    assert_int_equal(run(&put, id), OUTCOME_DONE);
    assert_int_equal(deployment_now(id).finished_at, w.now);
    assert_string_equal(tape.calls, "");
}

static void what_belongs_to_a_revoked_certificate_is_given_up(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    run(&put, id);
    assert_ok(version_set_revoked(w.services.db, c.version_id, w.now, &e), e);
    assert_int_equal(run(&put, id), OUTCOME_DONE);
    assert_int_equal(deployment_now(id).finished_at, w.now);
    assert_string_equal(deployment_now(id).detail_en, "its certificate was revoked");
    assert_string_equal(tape.calls, "");
}

static void a_combined_file_holds_certificate_chain_and_key_and_the_root_stands_alone(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    json_t *reply;
    const char *body = arena_printf(w.arena,
                                    "{\"name\": \"proxy\", \"certificate_id\": \"%s\", \"files\": ["
                                    "{\"path\": \"" FOLDER "/all.pem\", \"content\": \"combined\"}, "
                                    "{\"path\": \"" FOLDER "/root.pem\", \"content\": \"root\"}]}",
                                    c.id);
    assert_ok(ask(deploy_tables, "POST", "/v1/targets", body, &reply), e);
    put_there(deployment_new(c.id));
    struct import import;
    assert_ok(import_read(w.arena, slice_str(live("all.pem")), slice_of("", 0), NULL, &import, &e), e);
    struct ca root = newest(CA_ROOT);
    assert_string_equal(live("root.pem"), cert_to_pem(w.arena, root.der));
}

static void real_files_have_the_modes_that_they_need(void **state) {
    (void)state;
    char folder[] = "/tmp/tenure-deploy-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *const allowed[] = {folder, NULL};
    const struct deploy_settings real = {.policy = {.folders = allowed}};
    w.services.deploy = &real;
    w.services.runner = runner_local(w.arena, &real.policy);
    struct certificate c = bought_and_issued(NULL);
    const char *cert = arena_printf(w.arena, "%s/cert.pem", folder),
               *key = arena_printf(w.arena, "%s/key.pem", folder);
    const char *body = arena_printf(w.arena,
                                    "{\"name\": \"web\", \"certificate_id\": \"%s\", \"files\": ["
                                    "{\"path\": \"%s\", \"content\": \"cert\"}, "
                                    "{\"path\": \"%s\", \"content\": \"key\"}]}",
                                    c.id, cert, key);
    json_t *reply;
    struct stat cert_status, key_status;
    assert_ok(ask(deploy_tables, "POST", "/v1/targets", body, &reply), e);
    deploy_completely(deployment_new(c.id));
    assert_int_equal(stat(cert, &cert_status) | stat(key, &key_status), 0);
    assert_int_equal(cert_status.st_mode & 07777, 0644);
    assert_int_equal(key_status.st_mode & 07777, 0600);
    assert_int_equal(unlink(cert) | unlink(key), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left */
}

/* ---- keep and back ---- */

static void a_deployment_that_nobody_can_look_at_is_done_and_says_so(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *target_id = target_new("web", c.id, NULL), *id = deployment_new(c.id);
    deploy_completely(id);
    struct deployment d = deployment_now(id);
    assert_string_equal(d.state, DEPLOYMENT_DONE);
    assert_int_equal(d.finished_at, w.now);
    assert_non_null(strstr(d.detail_en, "not verified"));
    assert_string_equal(target_now(target_id).version_id, c.version_id);
}

static void a_deployment_that_was_seen_at_work_is_done_without_a_word(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, "192.0.2.1:443");
    const char *id = deployment_new(c.id);
    deploy_completely(id);
    assert_string_equal(deployment_now(id).state, DEPLOYMENT_DONE);
    assert_null(deployment_now(id).detail_en);
}

static void what_was_rolled_back_is_tried_again_later_for_the_reason_of_the_probe(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, "192.0.2.1:443");
    const char *id = deployment_new(c.id);
    put_there(id);
    struct deployment d = deployment_now(id);
    d.reason = "incomplete_chain";
    assert_ok(deployment_store(w.services.db, &d, &e), e);
    tape_start(NULL);
    struct work work = step_begin(&w, id);
    assert_ok(deploy_back(&work, &e) && step_save(&w, &back, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_RETRY);
    assert_string_equal(work.reason, "incomplete_chain");
    assert_string_equal(tape.calls, "back reload");
    assert_string_equal(deployment_now(id).state, DEPLOYMENT_ROLLED_BACK);
    assert_null(live("web.pem"));
    put_there(id);
    assert_int_equal(deployment_now(id).attempts, 2);
}

/* ---- what people are told ---- */

/* Titles of the notices of an event, or their number. */
static size_t notices(const char *event, const char **title) {
    static const struct route *const tables[] = {notify_routes, NULL};
    json_t *reply, *notice;
    size_t i, count = 0;
    assert_ok(ask(tables, "GET", "/v1/notices", "{}", &reply), e);
    const json_t *items = json_object_get(reply, "items");
    json_array_foreach(items, i, notice) {
        if (strcmp(text_of(notice, "event"), event) != 0)
            continue;
        *title = text_of(notice, "title");
        count++;
    }
    return count;
}

static void a_failing_deployment_is_told_once(void **state) {
    (void)state;
    const char *title;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    for (int tries = 0; tries < 2; tries++) {
        run(&put, id);
        tape_start(FAILING(3));
        run_failing(&put, id, ERR_FILES_NOT_WRITTEN);
    }
    assert_int_equal(notices("deployment_failed", &title), 1);
    assert_string_equal(title, "Certificate www.example.com could not be put on web");
    tape_start(NULL);
    deploy_completely(id);
    assert_int_equal(notices("deployed", &title), 1);
    assert_string_equal(title, "web serves the new certificate www.example.com");
}

/* ---- one at a time ---- */

static void a_newer_deployment_takes_the_place_of_an_unfinished_one(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *target_id = target_new("web", c.id, NULL), *older = deployment_new(c.id);
    put_there(older);
    const char *newer = deployment_new(c.id);
    assert_string_equal(newest_of(target_id).id, newer);
    struct deployment d = deployment_now(older);
    assert_string_equal(d.state, DEPLOYMENT_FAILED);
    assert_string_equal(d.reason, DEPLOYMENT_SUPERSEDED);
    assert_int_equal(d.finished_at, w.now);
    tape_start(NULL);
    assert_int_equal(run(&keep, older), OUTCOME_DONE);
    assert_int_equal(run(&back, older), OUTCOME_DONE);
    assert_int_equal(run(&put, older), OUTCOME_DONE);
    assert_string_equal(tape.calls, "");
    assert_string_equal(deployment_now(older).state, DEPLOYMENT_FAILED);
}

/* Its step has come to its end. */
static void let_go(const char *deployment_id) {
    struct work_item *items;
    size_t count;
    assert_ok(work_claim(w.services.db, w.arena, "me", w.now, 60, 10, &items, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].subject, deployment_id) == 0)
            assert_ok(work_done(w.services.db, &items[i], &e), e);
    assert_false(is_queued(deployment_id));
}

static void a_newer_deployment_waits_until_the_older_one_has_let_go(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *older = deployment_new(c.id), *newer = deployment_new(c.id);
    struct work work = step_begin(&w, newer);
    assert_ok(deploy_put(&work, &e) && step_save(&w, &put, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_AGAIN);
    assert_int_equal(work.until, w.now + 5);
    assert_string_equal(deployment_now(newer).state, DEPLOYMENT_WAITING);
    let_go(older);
    put_there(newer);
}

static void a_late_failure_changes_nothing_in_a_finished_deployment(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *older = deployment_new(c.id);
    run(&put, older);
    struct work work = step_begin(&w, older);
    deployment_new(c.id);
    fail(&e, ERR_RELOAD_FAILED, "late", "迟到");
    struct error cause = e;
    assert_ok(deploy_failed(&work, &cause, &e), e);
    assert_string_equal(deployment_now(older).reason, DEPLOYMENT_SUPERSEDED);
    const char *title;
    assert_int_equal(notices("deployment_failed", &title), 0);
}

/* ---- inheritance ---- */

/* Issued inside the window of its predecessor, with the deployments that come of it. */
static struct certificate successor_of(const char *id) {
    w.now = certificate_now(&w, id).window_at + DAY;
    return issue_with_targets(renewed(id, (struct order_request){0}).id);
}

static struct certificate at_the_end_of_its_coverage(void) {
    struct certificate c = bought_and_issued(NULL);
    while (certificate_now(&w, c.id).version_end < c.coverage_end) {
        w.now = certificate_now(&w, c.id).next_issue_at;
        issue_now(c.id);
    }
    return certificate_now(&w, c.id);
}

static void the_first_version_of_a_successor_inherits_the_targets(void **state) {
    (void)state;
    struct certificate old = at_the_end_of_its_coverage();
    const char *web = target_new("web", old.id, NULL), *mail = target_new("mail", old.id, NULL);
    struct certificate next = successor_of(old.id);
    assert_int_equal(next.target_count, 2);
    assert_int_equal(certificate_now(&w, old.id).target_count, 0);
    assert_string_equal(target_now(web).certificate_id, next.id);
    struct deployment d = newest_of(mail);
    assert_string_equal(d.cause, "issued");
    assert_string_equal(d.version_id, next.version_id);
    assert_string_equal(d.state, DEPLOYMENT_WAITING);
    assert_true(is_queued(d.id));
}

static void the_old_certificate_is_superseded_when_the_last_target_serves_the_new_one(void **state) {
    (void)state;
    struct certificate old = at_the_end_of_its_coverage();
    const char *web = target_new("web", old.id, NULL), *mail = target_new("mail", old.id, NULL);
    deployment_new(old.id);
    deploy_completely(newest_of(web).id);
    deploy_completely(newest_of(mail).id);
    successor_of(old.id);
    deploy_completely(newest_of(web).id);
    assert_int_equal(certificate_now(&w, old.id).superseded_at, 0);
    deploy_completely(newest_of(mail).id);
    assert_int_equal(certificate_now(&w, old.id).superseded_at, w.now);
}

static void decide_at(const struct certificate *c, int64_t days) {
    w.now = c->end_at - days * DAY;
    run(&decide, c->id);
}

static void until_the_new_one_is_everywhere_the_old_end_is_told(void **state) {
    (void)state;
    const char *title;
    struct certificate old = at_the_end_of_its_coverage();
    const char *web = target_new("web", old.id, NULL);
    decide_at(&old, 30);
    assert_int_equal(notices("expiry", &title), 1);
    successor_of(old.id);
    decide_at(&old, 15);
    decide_at(&old, 7);
    decide_at(&old, 7);
    decide_at(&old, 3);
    assert_int_equal(notices("successor_undelivered", &title), 3);
    deploy_completely(newest_of(web).id);
    decide_at(&old, 1);
    decide_at(&old, 0);
    assert_int_equal(notices("successor_undelivered", &title), 3);
    assert_int_equal(notices("expiry", &title), 1);
    assert_int_equal(notices("expired", &title), 0);
}

static void a_live_successor_without_targets_ends_the_warnings(void **state) {
    (void)state;
    const char *title;
    struct certificate old = at_the_end_of_its_coverage();
    successor_of(old.id);
    decide_at(&old, 15);
    decide_at(&old, 0);
    assert_int_equal(notices("expiry", &title) + notices("expired", &title), 0);
}

static void a_later_version_takes_no_targets_that_were_bound_elsewhere_meanwhile(void **state) {
    (void)state;
    struct certificate old = at_the_end_of_its_coverage();
    struct certificate next = successor_of(old.id);
    const char *late = target_new("late", old.id, NULL);
    w.now = next.next_issue_at;
    assert_int_equal(issue_with_targets(next.id).version_count, 2);
    assert_string_equal(target_now(late).certificate_id, old.id);
    assert_null(newest_of(late).id);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_deploy_world(files_are_put_between_two_tests_and_then_reloaded),
        in_deploy_world(what_is_put_is_the_version_with_its_chain_and_its_key),
        in_deploy_world(it_is_written_down_before_anything_is_touched),
        in_deploy_world(a_configuration_that_is_broken_already_is_left_alone),
        in_deploy_world(a_configuration_that_lacks_only_the_first_files_is_helped),
        in_deploy_world(new_files_that_fail_the_test_are_taken_back),
        in_deploy_world(new_files_that_cannot_be_reloaded_are_taken_back),
        in_deploy_world(a_failure_to_bring_the_old_files_back_is_told),
        in_deploy_world(without_the_key_nothing_is_touched),
        in_deploy_world(what_belongs_to_a_deleted_certificate_is_given_up),
        in_deploy_world(what_belongs_to_a_revoked_certificate_is_given_up),
        in_deploy_world(a_combined_file_holds_certificate_chain_and_key_and_the_root_stands_alone),
        in_deploy_world(real_files_have_the_modes_that_they_need),
        in_deploy_world(a_deployment_that_nobody_can_look_at_is_done_and_says_so),
        in_deploy_world(a_deployment_that_was_seen_at_work_is_done_without_a_word),
        in_deploy_world(what_was_rolled_back_is_tried_again_later_for_the_reason_of_the_probe),
        in_deploy_world(a_newer_deployment_takes_the_place_of_an_unfinished_one),
        in_deploy_world(a_newer_deployment_waits_until_the_older_one_has_let_go),
        in_deploy_world(a_late_failure_changes_nothing_in_a_finished_deployment),
        in_deploy_world(the_first_version_of_a_successor_inherits_the_targets),
        in_deploy_world(the_old_certificate_is_superseded_when_the_last_target_serves_the_new_one),
        in_deploy_world(a_failing_deployment_is_told_once),
        in_deploy_world(until_the_new_one_is_everywhere_the_old_end_is_told),
        in_deploy_world(a_live_successor_without_targets_ends_the_warnings),
        in_deploy_world(a_later_version_takes_no_targets_that_were_bound_elsewhere_meanwhile),
    };
    return cmocka_run_group_tests_name("deploy", tests, NULL, NULL);
}
