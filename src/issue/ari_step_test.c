/* The step `suggest`, against a CA that answers what it is told to. */
#include "catalog/issuer.h"
#include "issue/acme_net.h"
#include "issue/ari.h"
#include "issue/fixture.h"

#define DIRECTORY "https://ca.example/dir"

static const struct half_steps suggest = {ari_look, {ari_record}};

static int status, calls;
static const char *body, *retry_after, *directory_json;

static bool answer(void *context, struct arena *a, const struct http_request *request,
                   struct http_reply *reply, struct error *error) {
    (void)context;
    bool directory = strcmp(request->url, DIRECTORY) == 0;
    if (!directory)
        calls++;
    if (!directory && !status)
        return fail(error, ERR_UNREACHABLE, "nobody answers", "无应答");
    *reply = (struct http_reply){.status = directory ? 200 : status,
                                 .content_type = "application/json",
                                 .body = slice_str(arena_strdup(a, directory ? directory_json : body))};
    if (!directory && retry_after)
        reply->headers[reply->header_count++] =
            (struct http_header){.name = "Retry-After", .value = retry_after};
    return true;
}

static const struct acme_transport transport = {.call = answer};

static const char *window(int64_t start, int64_t end) {
    return arena_printf(w.arena,
                        "{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"},"
                        "\"explanationURL\":\"https://ca.example/why\"}",
                        time_format(w.arena, start), time_format(w.arena, end));
}

static void use_directory(const char *renewal_info) {
    directory_json =
        arena_printf(w.arena,
                     "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\","
                     "\"newOrder\":\"https://ca.example/o\",\"revokeCert\":\"https://ca.example/r\","
                     "\"keyChange\":\"https://ca.example/k\"%s}",
                     renewal_info);
}

/* A version of 199 days, as if that CA had signed it. */
static struct certificate watched(void) {
    const struct issuer issuer = {.id = "ca",
                                  .kind = "acme",
                                  .title_en = "CA",
                                  .title_zh = "CA",
                                  .directory = DIRECTORY,
                                  .finalize_seconds = 600,
                                  .changed_at = w.now,
                                  .revision = 1};
    struct certificate c = bought_and_issued(NULL);
    struct cert leaf = leaf_of(&c);
    const struct certificate before = {.id = c.id};
    const struct ari_stored stored = {.before = &before, .now = &c, .leaf = &leaf, .issuer = "ca"};
    struct work work = step_begin(&w, c.id);
    w.services.acme = acme_net_over(w.arena, &transport);
    use_directory(",\"renewalInfo\":\"https://ca.example/ari\"");
    status = 200;
    calls = 0;
    retry_after = "21600";
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, issuer_db_put(w.services.db, &issuer, &e) && ari_begin(&work, &stored, &e), &e),
              e);
    return c;
}

static struct suggestion suggestion_of(const struct certificate *c) {
    struct suggestion s;
    assert_ok(suggestion_get(w.services.db, w.arena, c->version_id, &s, &e), e);
    return s;
}

static int64_t asked(const struct certificate *c) {
    struct work work = step_begin(&w, c->version_id);
    assert_ok(suggest.act(&work, &e) && step_save(&w, &suggest, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    return work.until;
}

static int64_t decide_due(const char *id) {
    struct work_item item;
    assert_ok(work_get(w.services.db, w.arena, id, &item, &e), e);
    return item.due_at;
}

static void the_next_issue_follows_the_ca(void **state) {
    (void)state;
    struct certificate c = watched();
    body = window(c.next_issue_at - 40 * DAY, c.next_issue_at - 39 * DAY);
    assert_int_equal(asked(&c), w.now + 21600);
    struct certificate later = certificate_now(&w, c.id);
    struct suggestion s = suggestion_of(&c);
    assert_in_range(later.next_issue_at, c.next_issue_at - 40 * DAY, c.next_issue_at - 39 * DAY - 1);
    assert_int_equal(later.next_issue_at, s.moment);
    assert_string_equal(s.explanation_url, "https://ca.example/why");
    w.now += 21600;
    asked(&c);
    assert_int_equal(certificate_now(&w, c.id).next_issue_at, later.next_issue_at); /* not drawn again */
}

static void a_window_in_the_past_brings_the_renewal_about_now(void **state) {
    (void)state;
    struct certificate c = watched();
    body = window(w.now - 3600, w.now - 1800);
    asked(&c);
    assert_in_range(certificate_now(&w, c.id).next_issue_at, w.now - 3600, w.now - 1801);
    assert_int_equal(decide_due(c.id), w.now);
    assert_int_equal(run(&decide, c.id), OUTCOME_NEXT);
}

static void what_a_person_asked_for_stays(void **state) {
    (void)state;
    struct certificate c = watched();
    const struct profile *profile;
    body = window(c.next_issue_at - 40 * DAY, c.next_issue_at - 39 * DAY);
    c.next_issue_at = w.now + 5 * DAY;
    assert_ok(certificate_profile(w.services.policies, &c, &profile, &e) && db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, &c, &e), &e), e);
    asked(&c);
    assert_int_equal(certificate_now(&w, c.id).next_issue_at, w.now + 5 * DAY);
}

/* Whatever the CA does: the renewal stays planned as it was, and the CA is asked again. */
static void no_failure_changes_what_is_planned(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *body;
        int64_t pause;
    } rows[] = {
        {0, "", 60},
        {500, "{}", 60},
        {404, "{\"type\":\"urn:ietf:params:acme:error:malformed\"}", 6 * 3600},
        {200, "no JSON", 6 * 3600},
        {200, "{}", 6 * 3600},
        {200, "{\"suggestedWindow\":{\"start\":\"2027-01-02T00:00:00Z\",\"end\":\"2027-01-01T00:00:00Z\"}}",
         6 * 3600},
        {200, "{\"suggestedWindow\":{\"start\":7,\"end\":[]}}", 6 * 3600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin_at("2026-11-21T00:00:00Z");
        struct certificate c = watched();
        retry_after = NULL;
        status = rows[i].status;
        body = rows[i].body;
        assert_int_equal(asked(&c) - w.now, rows[i].pause);
        assert_int_equal(certificate_now(&w, c.id).next_issue_at, c.next_issue_at);
        assert_int_equal(calls, 1);
    }
}

static void a_ca_in_trouble_is_asked_once_a_minute(void **state) {
    (void)state;
    struct certificate c = watched();
    status = 0;
    enum outcome outcome;
    asked(&c);
    assert_int_equal(calls, 1);
    assert_ok(step_run(&w, &suggest, c.version_id, &outcome, &e), e);
    assert_int_equal(outcome, OUTCOME_AGAIN);
    assert_int_equal(calls, 1);
    w.now += 60;
    asked(&c);
    assert_int_equal(calls, 2);
}

static void a_ca_without_windows_is_left_alone(void **state) {
    (void)state;
    struct certificate c = watched();
    use_directory("");
    assert_int_equal(asked(&c), w.now + DAY);
    assert_int_equal(calls, 0);
    assert_int_equal(certificate_now(&w, c.id).next_issue_at, c.next_issue_at);
}

static void what_is_over_is_not_asked_about(void **state) {
    (void)state;
    enum outcome outcome;
    struct certificate c = watched();
    w.now = c.version_end;
    assert_ok(step_run(&w, &suggest, c.version_id, &outcome, &e), e);
    assert_int_equal(outcome, OUTCOME_DONE);
    assert_int_equal(calls, 0);
    assert_null(suggestion_of(&c).version_id);
}

static void only_an_order_at_the_same_ca_replaces(void **state) {
    (void)state;
    struct certificate c = watched();
    const char *id;
    assert_ok(ari_replaces(w.services.db, w.arena, &c, "ca", &id, &e), e);
    assert_null(id); /* it has said nothing yet */
    body = window(w.now + DAY, w.now + 2 * DAY);
    asked(&c);
    assert_ok(ari_replaces(w.services.db, w.arena, &c, "ca", &id, &e), e);
    assert_string_equal(id, suggestion_of(&c).ari_id);
    assert_ok(ari_replaces(w.services.db, w.arena, &c, "other", &id, &e), e);
    assert_null(id);
    const struct certificate next = {.account_id = ACCOUNT, .predecessor_id = c.id};
    assert_ok(ari_replaces(w.services.db, w.arena, &next, "ca", &id, &e), e);
    assert_string_equal(id, suggestion_of(&c).ari_id);
}

TEST_MAIN(ari_step, in_world(the_next_issue_follows_the_ca),
          in_world(a_window_in_the_past_brings_the_renewal_about_now),
          in_world(what_a_person_asked_for_stays), in_world(no_failure_changes_what_is_planned),
          in_world(a_ca_in_trouble_is_asked_once_a_minute), in_world(a_ca_without_windows_is_left_alone),
          in_world(what_is_over_is_not_asked_about), in_world(only_an_order_at_the_same_ca_replaces))
