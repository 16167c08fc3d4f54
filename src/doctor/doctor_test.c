/* doctor: from the request to the report, without anybody who could be asked; and who else may ask for it. */
#include "base/clock.h"
#include "doctor/doctor.h"
#include "http/fixture.h"
#include "http/list.h"
#include "issue/acme_account.h"
#include "issue/acme_clock.h"
#include "unit.h"
#include "validate/validate.h"

static struct {
    struct arena *arena;
    struct db *db;
    struct services services;
    struct dns_settings dns;
    struct validator validator;
    int64_t now;
} t;
static struct error e;

static int open_world(void **state) {
    (void)state;
    t.arena = arena_new();
    t.now = 1795262400;
    t.dns = (struct dns_settings){.outside_refused = true, .policy = &outbound_anywhere, .timeout_ms = 100};
    t.validator = validator_network;
    t.validator.dns = &t.dns;
    t.validator.policy = &outbound_anywhere;
    assert_ok(db_open(&t.db, ":memory:", DB_WORKER, &e) && db_migrate(t.db, t.now, &e), e);
    t.services = (struct services){.db = t.db, .validator = &t.validator};
    return 0;
}

static int close_world(void **state) {
    (void)state;
    db_close(t.db);
    arena_free(t.arena);
    return 0;
}

static const char *asked_name;
static const char *query(struct request *rq, const char *name) {
    (void)rq;
    return strcmp(name, "name") == 0 ? asked_name : NULL;
}

/* budget: who asks for what, and in which language */
static bool ask_as(const char *account, enum lang lang, const char *method, const char *path,
                   const char *body, struct request *rq) {
    static const struct route *const tables[] = {doctor_routes, NULL};
    *rq = (struct request){.arena = t.arena,
                           .services = &t.services,
                           .db = t.db,
                           .caller = {.account_id = account, .user_id = "user", .key_id = "key"},
                           .now = t.now,
                           .lang = lang,
                           .query = query,
                           .status = 200};
    return request_run(rq, tables, method, path, body, &e);
}

static bool post(const char *body, struct request *rq) {
    return ask_as("acct_1", LANG_EN, "POST", "/v1/preflights", body, rq);
}

static const char *text(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static const char *create(const char *body) {
    struct request rq;
    assert_ok(post(body, &rq), e);
    assert_int_equal(rq.status, 202);
    return text(rq.reply, "id");
}

static json_t *get(const char *id, enum lang lang) {
    struct request rq;
    assert_ok(ask_as("acct_1", lang, "GET", arena_printf(t.arena, "/v1/preflights/%s", id), "{}", &rq), e);
    return rq.reply;
}

static struct work run(const char *id) {
    struct work_item *item = ARENA_NEW(t.arena, struct work_item);
    *item = (struct work_item){.subject = id, .account_id = "acct_1", .step = "examine"};
    struct work w = {.arena = t.arena, .services = &t.services, .db = t.db, .now = t.now, .item = item};
    assert_ok(doctor_examine(&w, &e), e);
    assert_ok(db_begin(t.db, &e) && doctor_record(&w, &e) && db_commit(t.db, &e), e);
    assert_int_equal(w.outcome, OUTCOME_DONE);
    return w;
}

static size_t count(const char *account) {
    struct request rq;
    assert_ok(ask_as(account, LANG_EN, "GET", "/v1/preflights", "{}", &rq), e);
    return json_array_size(json_object_get(rq.reply, "items"));
}

/* ---- tests ---- */

static void what_was_found_is_told_in_both_languages(void **state) {
    (void)state;
    const char *id = create("{\"name\": \"*.Example.COM\"}");
    json_t *before = get(id, LANG_EN);
    assert_string_equal(text(before, "name"), "*.example.com");
    assert_null(text(before, "ended_at"));
    assert_int_equal(json_array_size(json_object_get(before, "findings")), 0);
    run(id);
    json_t *after = get(id, LANG_EN), *chinese = get(id, LANG_ZH);
    const json_t *finding = json_array_get(json_object_get(after, "findings"), 0);
    assert_string_equal(text(after, "worst"), "warning");
    assert_string_equal(text(finding, "code"), "not_examined");
    assert_string_equal(text(finding, "severity"), "warning");
    assert_non_null(strstr(text(finding, "detail"), "example.com"));
    assert_non_null(strstr(text(finding, "remedy"), "tenure.yaml"));
    const json_t *translated = json_array_get(json_object_get(chinese, "findings"), 0);
    assert_string_not_equal(text(translated, "title"), text(finding, "title"));
    assert_string_not_equal(text(translated, "detail"), text(finding, "detail"));
    /* the queue row may come once more: nothing changes */
    t.now += 60;
    run(id);
    assert_string_equal(text(get(id, LANG_EN), "ended_at"), text(after, "ended_at"));
    t.now -= 60;
}

static void what_cannot_be_looked_at_is_refused(void **state) {
    (void)state;
    struct request rq;
    assert_fails(post("{\"name\": \"under_score.example.com\"}", &rq), e, ERR_BAD_NAME);
    assert_fails(post("{\"name\": \"example.com\", \"issuer\": \"nobody\"}", &rq), e, ERR_NOT_FOUND);
    assert_fails(post("{}", &rq), e, ERR_BAD_FIELD);
    assert_fails(ask_as("acct_1", LANG_EN, "GET", "/v1/preflights/pfl_none", "{}", &rq), e, ERR_NOT_FOUND);
}

static void an_account_sees_its_own(void **state) {
    (void)state;
    struct request rq;
    const char *id = create("{\"name\": \"own.example.com\", \"issuer\": \"local\"}");
    size_t ours = count("acct_1");
    assert_true(ours > 0);
    assert_int_equal(count("acct_2"), 0);
    assert_fails(ask_as("acct_2", LANG_EN, "GET", arena_printf(t.arena, "/v1/preflights/%s", id), "{}", &rq),
                 e, ERR_NOT_FOUND);
    asked_name = "own.example.com";
    assert_int_equal(count("acct_1"), 1);
    asked_name = NULL;
}

static void nobody_asks_too_often(void **state) {
    (void)state;
    struct request rq;
    t.now += 1000;
    for (int i = 0; i < PREFLIGHTS_PER_MINUTE; i++)
        create("{\"name\": \"often.example.com\"}");
    assert_fails(post("{\"name\": \"often.example.com\"}", &rq), e, ERR_TOO_MANY_CHECKS);
    t.now += 61;
    assert_ok(post("{\"name\": \"often.example.com\"}", &rq), e);
}

static bool wanted(const char *name) {
    return db_begin(t.db, &e) && doctor_wanted(t.db, "acct_3", name, "app_1", t.now, &e) &&
           db_commit(t.db, &e);
}

static void others_may_want_a_look_and_get_one_within_five_minutes(void **state) {
    (void)state;
    struct preflight_query query = {.account_id = "acct_3", .limit = 10};
    struct preflight *rows;
    struct work_item item;
    size_t rows_count;
    t.now += 1000;
    assert_ok(wanted("a.example.com"), e);
    assert_ok(wanted("a.example.com"), e);
    assert_ok(wanted("b.example.com"), e);
    assert_int_equal(count("acct_3"), 2);
    t.now += PREFLIGHT_PAUSE + 1;
    assert_ok(wanted("a.example.com"), e);
    assert_ok(preflight_list(t.db, t.arena, &query, &rows, &rows_count, &e), e);
    assert_int_equal(rows_count, 3);
    assert_string_equal(rows[0].application_id, "app_1");
    assert_ok(work_get(t.db, t.arena, rows[2].id, &item, &e), e);
    assert_string_equal(item.step, "examine");
}

static size_t queued(const struct preflight *rows, size_t rows_count, const char **id) {
    size_t found = 0;
    struct work_item item;
    for (size_t i = 0; i < rows_count; i++)
        if (work_get(t.db, t.arena, rows[i].id, &item, &e)) {
            found++;
            *id = rows[i].id;
        }
    error_clear(&e);
    return found;
}

static void fail_step(const char *id) {
    struct work_item item = {.subject = id, .account_id = "acct_3", .step = "examine"};
    struct work w = {.arena = t.arena, .services = &t.services, .db = t.db, .now = t.now, .item = &item};
    const struct error cause = {.id = ERR_INTERNAL};
    assert_ok(db_begin(t.db, &e) && doctor_failed(&w, &cause, &e) && db_commit(t.db, &e), e);
    assert_int_equal(w.outcome, OUTCOME_DONE);
}

/* A thousand names that are ordered at once: their orders do not stand behind a thousand looks. */
static void one_look_for_applications_is_in_the_queue_at_a_time(void **state) {
    (void)state;
    struct preflight_query query = {.account_id = "acct_4", .limit = 10};
    struct preflight *rows;
    size_t rows_count;
    const char *id;
    t.now += 1000;
    for (int i = 0; i < 4; i++) {
        const char *name = arena_printf(t.arena, "s%d.example.com", i);
        assert_ok(db_begin(t.db, &e) && doctor_wanted(t.db, "acct_4", name, "app_1", t.now, &e) &&
                      db_commit(t.db, &e),
                  e);
    }
    assert_ok(preflight_list(t.db, t.arena, &query, &rows, &rows_count, &e), e);
    assert_int_equal(rows_count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(queued(rows, rows_count, &id), 1);
        if (i == 1)
            fail_step(id);
        else
            run(id);
        assert_ok(db_begin(t.db, &e) && work_forget(t.db, id, &e) && db_commit(t.db, &e), e);
    }
    assert_int_equal(queued(rows, rows_count, &id), 0);
    assert_int_equal(count("acct_4"), 3);
}

/* ---- issuers ---- */

static const char *directory; /* NULL: no answer comes */

static bool answer(void *context, struct arena *a, const struct http_request *request,
                   struct http_reply *reply, struct error *error) {
    (void)context, (void)a;
    if (!directory)
        return fail(error, ERR_UNREACHABLE, "%s does not answer", "%s 无应答", request->url);
    *reply = (struct http_reply){.status = 200, .content_type = "application/json", .redirect = ""};
    reply->body = slice_str(directory);
    return true;
}

static void add_issuer(const char *id, int64_t withdrawn_at) {
    const struct issuer issuer = {.id = id,
                                  .kind = "acme",
                                  .title_en = "A CA",
                                  .title_zh = "某 CA",
                                  .directory = arena_printf(t.arena, "https://%s.example/dir", id),
                                  .profile = "short",
                                  .finalize_seconds = 600,
                                  .withdrawn_at = withdrawn_at,
                                  .changed_at = t.now};
    assert_ok(issuer_db_put(t.db, &issuer, &e), e);
}

/* What was found about the issuer. */
static bool has_finding(const json_t *preflight, const char *code, const char *issuer) {
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(preflight, "findings"), i, one) {
        const char *about = text(one, "issuer");
        if (strcmp(text(one, "code"), code) == 0 && about && strcmp(about, issuer) == 0)
            return true;
    }
    return false;
}

static json_t *look_for(const char *issuer) {
    const char *id =
        create(arena_printf(t.arena, "{\"name\": \"www.example.com\"%s%s%s}",
                            issuer ? ", \"issuer\": \"" : "", issuer ? issuer : "", issuer ? "\"" : ""));
    run(id);
    return get(id, LANG_ZH);
}

/* As that CA's answers have told it. */
static void set_clock(const char *id, int64_t ahead) {
    const struct issuer issuer = {.id = id};
    const struct acme_session session = {
        .services = &t.services, .arena = t.arena, .now = t.now, .issuer = &issuer};
    assert_true(acme_clock_note(&session, ahead));
}

/* An external account of its own is set, and not used yet. */
static void bind_account(const char *issuer) {
    const struct acme_account account = {.id = "aca_1",
                                         .account_id = "acct_1",
                                         .issuer_id = issuer,
                                         .key_id = "key_1",
                                         .key_algorithm = "p256",
                                         .thumbprint = "print",
                                         .spki = slice_str("spki"),
                                         .key_sealed = slice_str("sealed"),
                                         .eab_kid = "own",
                                         .eab_sealed = slice_str("sealed"),
                                         .created_at = t.now};
    assert_ok(acme_account_insert(t.db, &account, &e), e);
}

static void what_makes_an_issuer_refuse_every_name_is_found(void **state) {
    (void)state;
    static const struct acme_transport transport = {.call = answer};
    t.now += 1000;
    t.services.acme = acme_net_over(t.arena, &transport);
    add_issuer("strict", 0);
    add_issuer("over", t.now);
    json_t *silent = look_for("strict");
    assert_true(has_finding(silent, "issuer_silent", "strict"));
    directory = "{\"newNonce\":\"https://strict.example/n\",\"newAccount\":\"https://strict.example/a\","
                "\"newOrder\":\"https://strict.example/o\",\"revokeCert\":\"https://strict.example/r\","
                "\"keyChange\":\"https://strict.example/k\",\"meta\":{\"termsOfService\":"
                "\"https://strict.example/terms\",\"externalAccountRequired\":true,"
                "\"caaIdentities\":[\"strict.example\"],\"profiles\":{\"long\":\"x\"}}}";
    json_t *all = look_for(NULL);
    assert_string_equal(text(all, "worst"), "fatal");
    assert_true(has_finding(all, "terms_not_agreed", "strict"));
    assert_true(has_finding(all, "external_account", "strict"));
    assert_true(has_finding(all, "profile_unknown", "strict"));
    assert_false(has_finding(all, "issuer_silent", "strict"));
    assert_false(has_finding(all, "clock_apart", "strict"));
    set_clock("strict", 301);
    assert_true(has_finding(look_for("strict"), "clock_apart", "strict"));
    set_clock("over", -300);
    assert_false(has_finding(look_for("over"), "clock_apart", "over"));
    bind_account("strict");
    assert_false(has_finding(look_for("strict"), "external_account", "strict"));
    assert_false(has_finding(all, "issuer_withdrawn", "over"));
    assert_true(has_finding(look_for("over"), "issuer_withdrawn", "over"));
}

static void a_public_ca_is_known_before_it_is_configured(void **state) {
    (void)state;
    json_t *known = look_for("letsencrypt");
    assert_false(has_finding(known, "external_account", "strict"));
    assert_string_equal(text(known, "issuer_id"), "letsencrypt");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_was_found_is_told_in_both_languages),
        test(what_cannot_be_looked_at_is_refused),
        test(an_account_sees_its_own),
        test(nobody_asks_too_often),
        test(others_may_want_a_look_and_get_one_within_five_minutes),
        test(one_look_for_applications_is_in_the_queue_at_a_time),
        test(what_makes_an_issuer_refuse_every_name_is_found),
        test(a_public_ca_is_known_before_it_is_configured),
    };
    return cmocka_run_group_tests_name("doctor", tests, open_world, close_world);
}
