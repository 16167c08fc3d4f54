/* acme_net and accounts, against a CA that answers from a list. */
#include "account/account.h"
#include "account/account_db.h"
#include "issue/acme_clock.h"
#include "issue/fake_ca.h"

static struct fake_ca ca;
static struct issuer issuer;
static struct acme_session s;

static int begin(void **state) {
    open_world(state);
    fake_open(&ca, &issuer);
    s = (struct acme_session){.services = &w.services, .arena = w.arena, .now = w.now, .issuer = &issuer};
    return 0;
}

#define GOOD_ACCOUNT                                                                                         \
    {                                                                                                        \
        "/new-account", 201, "{\"status\":\"valid\"}", {                                                     \
            {"Location", "https://ca.example/account/1"}, {                                                  \
                "Replay-Nonce", "bmV4dA"                                                                     \
            }                                                                                                \
        }                                                                                                    \
    }

static void registered(void) {
    fake_answers(&ca, (struct fake_answer)GOOD_ACCOUNT);
    assert_ok(acme_account_ensure(&s, ACCOUNT, &e), e);
}

static struct acme_account row(void) {
    struct acme_account p;
    assert_ok(acme_account_of(w.services.db, w.arena, ACCOUNT, "fake", &p, &e), e);
    return p;
}

/* ---- talking ---- */

static void a_directory_is_asked_for_once_a_day(void **state) {
    (void)state;
    struct acme_directory d;
    for (int i = 0; i < 3; i++)
        assert_ok(acme_net_directory(&s, &d, &e), e);
    assert_int_equal(ca.directories, 1);
    s.now += DAY - 1;
    assert_ok(acme_net_directory(&s, &d, &e), e);
    assert_int_equal(ca.directories, 1);
    s.now++;
    assert_ok(acme_net_directory(&s, &d, &e), e);
    assert_int_equal(ca.directories, 2);
    issuer.revision++; /* perhaps other roots: what was heard before does not count */
    assert_ok(acme_net_directory(&s, &d, &e), e);
    assert_int_equal(ca.directories, 3);
    assert_string_equal(d.new_order, "https://ca.example/new-order");
}

static void the_nonce_of_an_answer_is_that_of_the_next_request(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    assert_int_equal(ca.nonces, 1);
    assert_string_equal(ca.posted.nonce, "ZnJlc2g");
    fake_answers(&ca, (struct fake_answer){"/order/1", 200, "{}", {{"Replay-Nonce", "dGhpcmQ"}}});
    assert_ok(acme_net_post(&s, "https://ca.example/order/1", NULL, &reply, &e), e);
    assert_int_equal(ca.nonces, 1);
    assert_string_equal(ca.posted.nonce, "bmV4dA");
    assert_string_equal(ca.posted.kid, "https://ca.example/account/1");
    assert_string_equal(ca.posted.url, "https://ca.example/order/1");
    assert_int_equal(ca.posted.payload.len, 0);
    fake_was_signed_by(&ca, row().spki);
}

static const struct fake_answer bad_nonce = {
    "/order/1", 400, "{\"type\":\"urn:ietf:params:acme:error:badNonce\"}", {{"Replay-Nonce", "YWdhaW4"}}};

static void a_refused_nonce_is_replaced_by_the_one_beside_the_refusal(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    for (int i = 0; i < 19; i++)
        fake_answers(&ca, bad_nonce);
    fake_answers(&ca, (struct fake_answer){.url = "/order/1", .status = 200});
    assert_ok(acme_net_post(&s, "https://ca.example/order/1", "{}", &reply, &e), e);
    assert_string_equal(ca.posted.nonce, "YWdhaW4");
    assert_string_equal(reply.problem.type, "");
    for (int i = 0; i < 20; i++)
        fake_answers(&ca, bad_nonce);
    assert_fails(acme_net_post(&s, "https://ca.example/order/1", "{}", &reply, &e), e, ERR_ACME_ANSWER);
    assert_int_equal(ca.next, ca.answer_count);
}

/* A status that is left of an earlier attempt would be taken for the CA's answer. */
static void what_was_refused_before_says_nothing_of_an_answer_that_was_lost(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    fake_answers(&ca, bad_nonce);
    fake_answers(&ca, (struct fake_answer){.url = "/order/1"});
    assert_fails(acme_net_post(&s, "https://ca.example/order/1", "{}", &reply, &e), e, ERR_TIMED_OUT);
    assert_int_equal(reply.status, 0);
}

static void what_a_ca_refuses_is_an_error_of_its_kind(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *type;
        enum error_id id;
    } rows[] = {
        {403, "urn:ietf:params:acme:error:unauthorized", ERR_ACME_VALIDATION},
        {400, "urn:ietf:params:acme:error:caa", ERR_ACME_VALIDATION},
        {400, "urn:ietf:params:acme:error:rejectedIdentifier", ERR_ACME_REFUSED},
        {400, "urn:ietf:params:acme:error:badCSR", ERR_ACME_REFUSED},
        {403, "urn:ietf:params:acme:error:userActionRequired", ERR_ACME_USER_ACTION},
        {400, "urn:ietf:params:acme:error:accountDoesNotExist", ERR_ACME_ACCOUNT_GONE},
        {403, "urn:ietf:params:acme:error:orderNotReady", ERR_ACME_NOT_READY},
        {409, "urn:ietf:params:acme:error:alreadyReplaced", ERR_ACME_CONFLICT},
        {409, "about:blank", ERR_ACME_CONFLICT},
        {403, "urn:ietf:params:acme:error:externalAccountRequired", ERR_ACME_EXTERNAL_ACCOUNT},
        {429, "urn:ietf:params:acme:error:rateLimited", ERR_ACME_RATE_LIMITED},
        {429, "", ERR_ACME_RATE_LIMITED},
        {503, "", ERR_ACME_UNAVAILABLE},
        {500, "urn:ietf:params:acme:error:serverInternal", ERR_ACME_UNAVAILABLE},
        {404, "", ERR_ACME_ANSWER},
        {302, "", ERR_ACME_ANSWER},
        {400, "urn:example:something-new", ERR_ACME_ANSWER},
    };
    registered();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct acme_reply reply;
        const char *body =
            arena_printf(w.arena, "{\"type\":\"%s\",\"detail\":\"the words of the CA\"}", rows[i].type);
        fake_answers(&ca, (struct fake_answer){"/x", rows[i].status, body, {{"Retry-After", "3600"}}});
        assert_fails(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e, rows[i].id);
        assert_non_null(strstr(e.detail[LANG_EN], "fake: the words of the CA"));
        assert_non_null(strstr(e.detail[LANG_ZH], "the words of the CA"));
        assert_int_equal(e.retry_after, 3600);
        assert_int_equal(reply.status, rows[i].status);
    }
}

static void what_is_no_problem_document_is_an_error_all_the_same(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    fake_answers(&ca, (struct fake_answer){.url = "/x", .status = 502, .body = "<html>Bad gateway</html>"});
    assert_fails(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e, ERR_ACME_UNAVAILABLE);
    assert_non_null(strstr(e.detail[LANG_EN], "HTTP 502"));
    assert_string_equal(reply.problem.type, "");
    fake_answers(&ca, (struct fake_answer){.url = "/x"});
    assert_fails(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e, ERR_TIMED_OUT);
    assert_string_equal(reply.problem.type, "");
}

static void people_are_sent_where_the_ca_sends_them(void **state) {
    (void)state;
    static const char text[] =
        "{\"type\":\"urn:ietf:params:acme:error:userActionRequired\",\"detail\":\"terms changed\","
        "\"instance\":\"https://ca.example/agree\"}";
    struct acme_reply reply;
    registered();
    fake_answers(&ca,
                 (struct fake_answer){
                     "/x", 403, text, {{"Link", "<https://ca.example/terms/2>;rel=\"terms-of-service\""}}});
    assert_fails(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e, ERR_ACME_USER_ACTION);
    assert_non_null(
        strstr(e.detail[LANG_EN], "terms changed (https://ca.example/agree https://ca.example/terms/2)"));
}

static void answers_tell_what_their_headers_say(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    fake_answers(&ca, (struct fake_answer){"/cert",
                                           200,
                                           "x",
                                           {{"Link", "<https://ca.example/cert/1>;rel=\"alternate\""},
                                            {"link", "<https://ca.example/cert/2>;rel=\"alternate\""},
                                            {"Retry-After", "7"}}});
    assert_ok(acme_net_post(&s, "https://ca.example/cert", NULL, &reply, &e), e);
    assert_int_equal(reply.alternate_count, 2);
    assert_string_equal(reply.alternates[1], "https://ca.example/cert/2");
    assert_int_equal(reply.retry_after, 7);
}

static void nobody_is_followed_to_where_there_is_no_tls(void **state) {
    (void)state;
    static const char *const urls[] = {"http://ca.example/x", "ftp://ca.example/x", "https://u:p@ca.example/",
                                       "x"};
    struct acme_reply reply;
    registered();
    int calls = ca.calls;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_fails(acme_net_get(&s, urls[i], &reply, &e), e, ERR_ACME_ANSWER);
        assert_fails(acme_net_post(&s, urls[i], NULL, &reply, &e), e, ERR_ACME_ANSWER);
    }
    assert_true(ca.calls - calls <= (int)(sizeof urls / sizeof *urls)); /* nonces alone */
}

static void a_clock_far_away_is_noticed(void **state) {
    (void)state;
    struct acme_reply reply;
    fake_answers(&ca, (struct fake_answer){"/ari", 200, "{}", {{"Date", "Sat, 21 Nov 2026 01:00:00 GMT"}}});
    assert_ok(acme_net_get(&s, "https://ca.example/ari", &reply, &e), e);
    struct buf b = buf_new(w.arena, 1000);
    assert_ok(acme_clock_metrics(w.services.db, w.arena, &b, &e), e);
    assert_non_null(strstr(b.p, "tenure_acme_clock_offset_seconds{issuer=\"fake\"} 3600\n"));
    fake_answers(&ca, (struct fake_answer){"/ari", 200, "{}", {{"Date", "Sat, 21 Nov 2026 00:00:01 GMT"}}});
    assert_ok(acme_net_get(&s, "https://ca.example/ari", &reply, &e), e);
    b.len = 0;
    assert_ok(acme_clock_metrics(w.services.db, w.arena, &b, &e), e);
    assert_non_null(strstr(b.p, "{issuer=\"fake\"} 3600\n"));
    s.now += 600; /* a CA that says something else each time is noted as often as that */
    fake_answers(&ca, (struct fake_answer){"/ari", 200, "{}", {{"Date", "Sat, 21 Nov 2026 00:10:01 GMT"}}});
    assert_ok(acme_net_get(&s, "https://ca.example/ari", &reply, &e), e);
    b.len = 0;
    assert_ok(acme_clock_metrics(w.services.db, w.arena, &b, &e), e);
    assert_non_null(strstr(b.p, "{issuer=\"fake\"} 1\n"));
}

static bool ask(void) {
    struct acme_reply reply;
    return acme_net_get(&s, "https://ca.example/ari", &reply, &e);
}

/* 30 s, then twice as long after each probe in vain, a quarter of an hour at most. */
static void a_ca_that_does_not_answer_is_asked_by_one_from_time_to_time(void **state) {
    (void)state;
    static const int64_t seconds[] = {30, 60, 120, 240, 480, 900, 900};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        fake_answers(&ca, (struct fake_answer){.url = "/ari"});
        assert_fails(ask(), e, ERR_TIMED_OUT);
        s.now += seconds[i] - 1;
        assert_fails(ask(), e, ERR_ACME_UNAVAILABLE);
        assert_int_equal(e.retry_after, 1);
        s.now++;
    }
    fake_answers(&ca, (struct fake_answer){.url = "/ari", .status = 404});
    assert_fails(ask(), e, ERR_ACME_ANSWER); /* an answer all the same */
    fake_answers(&ca, (struct fake_answer){.url = "/ari", .status = 200});
    assert_ok(ask(), e);
}

static void some_failures_among_answers_close_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        bool good = i % 5 == 4;
        fake_answers(&ca, (struct fake_answer){.url = "/ari", .status = good ? 200 : 500});
        if (good)
            assert_ok(ask(), e);
        else
            assert_fails(ask(), e, ERR_ACME_UNAVAILABLE);
    }
    assert_int_equal(ca.next, 20);
    for (int i = 0; i < 5; i++) {
        fake_answers(&ca, (struct fake_answer){.url = "/ari", .status = 500});
        assert_fails(ask(), e, ERR_ACME_UNAVAILABLE);
    }
    assert_fails(ask(), e, ERR_ACME_UNAVAILABLE);
    assert_int_equal(ca.next, 25);
    issuer.revision++; /* somebody has mended something */
    fake_answers(&ca, (struct fake_answer){.url = "/ari", .status = 200});
    assert_ok(ask(), e);
}

static void a_refusal_of_a_key_that_was_changed_is_repeated_with_the_new_one(void **state) {
    (void)state;
    struct acme_reply reply;
    static const char refusal[] = "{\"type\":\"urn:ietf:params:acme:error:unauthorized\"}";
    registered();
    struct acme_account changed = row(),
                        made = {.account_id = ACCOUNT, .key_algorithm = "p256", .created_at = w.now};
    assert_ok(acme_account_make(&w.services, w.arena, &made, &e), e);
    changed.key_id = made.key_id;
    changed.spki = made.spki;
    changed.key_sealed = made.key_sealed;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, acme_account_store(w.services.db, &changed, &e), &e), e);
    fake_answers(&ca, (struct fake_answer){.url = "/x", .status = 403, .body = refusal});
    fake_answers(&ca, (struct fake_answer){.url = "/x", .status = 200});
    assert_ok(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e);
    fake_was_signed_by(&ca, made.spki);
    assert_string_equal(reply.problem.type, "");
}

/* ---- accounts ---- */

static void an_account_is_registered_once(void **state) {
    (void)state;
    registered();
    assert_string_equal(s.account->url, "https://ca.example/account/1");
    fake_was_signed_by(&ca, ca.posted.spki);
    assert_true(slice_equal(ca.posted.spki, row().spki));
    json_t *body;
    assert_ok(json_read(w.arena, ca.posted.payload, &body, &e), e);
    assert_true(json_is_true(json_object_get(body, "termsOfServiceAgreed")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(body, "contact"), 0)),
                        "mailto:ops@example.com");
    int calls = ca.calls;
    assert_ok(acme_account_ensure(&s, ACCOUNT, &e), e);
    assert_int_equal(ca.calls, calls);
    assert_string_equal(row().state, "valid");
}

/* The CA may have made it, and its answer was lost. */
static void a_registration_is_repeated_with_the_key_that_was_stored(void **state) {
    (void)state;
    fake_answers(&ca, (struct fake_answer){.url = "/new-account"});
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_TIMED_OUT);
    struct acme_account stored = row();
    assert_null(stored.url);
    fake_was_signed_by(&ca, stored.spki);
    int calls = ca.calls; /* whoever waited in vain is not asked again at once */
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_UNAVAILABLE);
    assert_int_equal(e.retry_after, 30);
    assert_int_equal(ca.calls, calls);
    s.now += 30;
    fake_answers(&ca, (struct fake_answer){"/new-account",
                                           200,
                                           "{\"status\":\"valid\"}",
                                           {{"Location", "https://ca.example/account/1"}}});
    /* what it knows of the contact is not known */
    fake_answers(&ca, (struct fake_answer){.url = "/account/1", .status = 200});
    assert_ok(acme_account_ensure(&s, ACCOUNT, &e), e);
    assert_string_equal(s.account->thumbprint, stored.thumbprint);
    assert_int_equal(ca.next, ca.answer_count);
}

static void nothing_is_registered_without_terms_and_binding(void **state) {
    (void)state;
    issuer.terms_agreed_at = 0;
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_USER_ACTION);
    assert_non_null(strstr(e.detail[LANG_EN], "https://ca.example/terms"));
    issuer.terms_agreed_at = s.now;
    issuer.eab_kid = "kid-1"; /* without its key */
    issuer.eab_reusable = true;
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_EXTERNAL_ACCOUNT);
    assert_int_equal(ca.next, 0);
}

static void an_external_account_is_bound(void **state) {
    (void)state;
    struct secret *key = secret_new(w.arena, "0123456789abcdef0123456789abcdef", 32);
    issuer.eab_kid = "kid-1";
    issuer.eab_reusable = true;
    assert_ok(issuer_eab_seal(&w.services, w.arena, key, &issuer, &e), e);
    fake_answers(
        &ca, (struct fake_answer){"/new-account",
                                  403,
                                  "{\"type\":\"urn:ietf:params:acme:error:unauthorized\",\"detail\":\"no\"}",
                                  {{0}}});
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_EXTERNAL_ACCOUNT);
    registered();
    json_t *body;
    struct jws inner;
    assert_ok(json_read(w.arena, ca.posted.payload, &body, &e), e);
    const char *binding = json_text(w.arena, json_object_get(body, "externalAccountBinding"), false);
    assert_ok(jws_read(w.arena, JWS_EXTERNAL_ACCOUNT, slice_str(binding), &inner, &e), e);
    assert_ok(jws_verify_mac(&inner, secret_slice(key), &e), e);
    assert_string_equal(inner.kid, "kid-1");
    assert_string_equal(inner.url, "https://ca.example/new-account");
    assert_string_equal(row().eab_kid, "kid-1");
}

static void an_external_account_binds_who_it_is_meant_for(void **state) {
    (void)state;
    struct secret *key = secret_new(w.arena, "0123456789abcdef0123456789abcdef", 32);
    struct acme_account p = {.account_id = ACCOUNT,
                             .issuer_id = "fake",
                             .key_algorithm = "p256",
                             .created_at = w.now,
                             .eab_kid = "own",
                             .eab_key = "MDEyMzQ1Njc4OWFiY2RlZg"};
    issuer.eab_kid = "shared"; /* but not for everybody */
    assert_ok(issuer_eab_seal(&w.services, w.arena, key, &issuer, &e), e);
    registered();
    assert_null(row().eab_kid);
    assert_ok(acme_account_make(&w.services, w.arena, &p, &e), e);
    p.account_id = "acc_other";
    assert_ok(acme_account_make(&w.services, w.arena, &p, &e), e);
    assert_ok(acme_account_seal_binding(&w.services, w.arena, &p, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, acme_account_insert(w.services.db, &p, &e), &e), e);
    fake_answers(&ca, (struct fake_answer)GOOD_ACCOUNT);
    assert_ok(acme_account_ensure(&s, "acc_other", &e), e);
    assert_string_equal(s.account->eab_kid, "own");
    json_t *body;
    struct jws inner;
    assert_ok(json_read(w.arena, ca.posted.payload, &body, &e), e);
    const char *binding = json_text(w.arena, json_object_get(body, "externalAccountBinding"), false);
    assert_ok(jws_read(w.arena, JWS_EXTERNAL_ACCOUNT, slice_str(binding), &inner, &e), e);
    assert_ok(jws_verify_mac(&inner, slice_str("0123456789abcdef"), &e), e);
    assert_int_equal(s.account->eab_sealed.len, 0);
}

static void an_external_account_that_binds_once_is_for_who_administers(void **state) {
    (void)state;
    struct first_login login;
    struct user owner;
    struct acme_account p = {0};
    struct secret *key = secret_new(w.arena, "0123456789abcdef0123456789abcdef", 32);
    bool binds;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, account_bootstrap(w.services.db, w.arena, w.now, &login, &e), &e), e);
    assert_ok(account_db_first_owner(w.services.db, w.arena, &owner, &e), e);
    issuer.eab_kid = "kid-1";
    assert_ok(issuer_eab_seal(&w.services, w.arena, key, &issuer, &e), e);
    p.account_id = ACCOUNT;
    assert_ok(acme_account_binds(w.services.db, w.arena, &issuer, &p, &binds, &e), e);
    assert_false(binds);
    p.account_id = owner.account_id;
    assert_ok(acme_account_binds(w.services.db, w.arena, &issuer, &p, &binds, &e), e);
    assert_true(binds);
    fake_answers(&ca, (struct fake_answer)GOOD_ACCOUNT);
    assert_ok(acme_account_ensure(&s, owner.account_id, &e), e);
    assert_string_equal(s.account->eab_kid, "kid-1");
    registered(); /* another account: the CA decides whether it wants one */
    assert_null(row().eab_kid);
}

static void an_account_that_is_gone_is_never_replaced_by_itself(void **state) {
    (void)state;
    struct acme_reply reply;
    registered();
    fake_answers(&ca, (struct fake_answer){
                          "/x", 400, "{\"type\":\"urn:ietf:params:acme:error:accountDoesNotExist\"}", {{0}}});
    assert_fails(acme_net_post(&s, "https://ca.example/x", NULL, &reply, &e), e, ERR_ACME_ACCOUNT_GONE);
    struct error cause = e;
    assert_ok(acme_account_note(&s, &cause, &e), e);
    assert_string_equal(row().state, "gone");
    assert_ok(acme_account_note(&s, &cause, &e), e);
    assert_int_equal(notices_told(&w, "acme_account_gone"), 1);
    int calls = ca.calls;
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_ACCOUNT_GONE);
    assert_int_equal(ca.calls, calls);
}

static void accounts_of_tenure_share_nothing(void **state) {
    (void)state;
    registered();
    struct acme_account mine = *s.account;
    fake_answers(&ca, (struct fake_answer){"/new-account",
                                           201,
                                           "{\"status\":\"valid\"}",
                                           {{"Location", "https://ca.example/account/2"}}});
    assert_ok(acme_account_ensure(&s, "acc_other", &e), e);
    assert_string_not_equal(s.account->thumbprint, mine.thumbprint);
    assert_string_equal(s.account->url, "https://ca.example/account/2");
    bool has;
    assert_ok(acme_account_has_key(w.services.db, w.arena, mine.spki, &has, &e), e);
    assert_true(has);
}

/* ---- rolling over ---- */

static const struct half_steps account_step = {acme_account_act, {acme_account_save}};

static struct slice begin_roll(void) {
    struct acme_account p = row();
    assert_ok(acme_account_make_next(&w.services, w.arena, w.now, &p, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, acme_account_store(w.services.db, &p, &e), &e), e);
    return p.next_spki;
}

static void a_key_is_changed_by_both_keys(void **state) {
    (void)state;
    registered();
    struct slice old = arena_slice(w.arena, s.account->spki), next = begin_roll();
    fake_answers(&ca, (struct fake_answer){.url = "/key-change", .status = 200});
    assert_int_equal(run(&account_step, row().id), OUTCOME_DONE);
    fake_was_signed_by(&ca, old);
    struct jws inner;
    json_t *payload;
    assert_ok(jws_read(w.arena, JWS_KEY_CHANGE, ca.posted.payload, &inner, &e), e);
    assert_ok(jws_verify(&inner, next, &e), e);
    assert_string_equal(inner.url, "https://ca.example/key-change");
    assert_ok(json_read(w.arena, inner.payload, &payload, &e), e);
    assert_string_equal(json_string_value(json_object_get(payload, "account")),
                        "https://ca.example/account/1");
    assert_true(slice_equal(row().spki, next));
    assert_null(row().next_key_id);
    assert_string_equal(row().state, "valid");
}

static void a_change_that_was_interrupted_is_found_out(void **state) {
    (void)state;
    enum outcome outcome;
    registered();
    struct slice old = arena_slice(w.arena, s.account->spki), next = begin_roll();
    fake_answers(&ca, (struct fake_answer){.url = "/key-change"});
    assert_fails(step_run(&w, &account_step, row().id, &outcome, &e), e, ERR_TIMED_OUT);
    assert_true(slice_equal(row().spki, old));
    assert_string_equal(row().state, "changing");
    w.now += 60;
    fake_answers(&ca,
                 (struct fake_answer){
                     "/key-change", 403, "{\"type\":\"urn:ietf:params:acme:error:unauthorized\"}", {{0}}});
    fake_answers(&ca, (struct fake_answer){"/new-account",
                                           200,
                                           "{\"status\":\"valid\"}",
                                           {{"Location", "https://ca.example/account/1"}}});
    assert_int_equal(run(&account_step, row().id), OUTCOME_DONE);
    fake_was_signed_by(&ca, next);
    assert_true(slice_equal(row().spki, next));
}

static void a_change_that_the_ca_refuses_leaves_the_key(void **state) {
    (void)state;
    enum outcome outcome;
    registered();
    struct slice old = arena_slice(w.arena, s.account->spki);
    begin_roll();
    fake_answers(&ca, (struct fake_answer){
                          "/key-change", 409, "{\"type\":\"urn:ietf:params:acme:error:malformed\"}", {{0}}});
    fake_answers(&ca, (struct fake_answer){/* the next key belongs to another account */
                                           "/new-account",
                                           200,
                                           "{\"status\":\"valid\"}",
                                           {{"Location", "https://ca.example/account/9"}}});
    assert_fails(step_run(&w, &account_step, row().id, &outcome, &e), e, ERR_ACME_CONFLICT);
    assert_true(slice_equal(row().spki, old));
}

static void an_account_is_given_up_for_good(void **state) {
    (void)state;
    registered();
    struct acme_account p = row();
    p.deactivate_at = w.now;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, acme_account_store(w.services.db, &p, &e), &e), e);
    fake_answers(&ca, (struct fake_answer){
                          .url = "/account/1", .status = 200, .body = "{\"status\":\"deactivated\"}"});
    assert_int_equal(run(&account_step, p.id), OUTCOME_DONE);
    assert_string_equal(row().state, "deactivated");
    assert_true(slice_equal(ca.posted.payload, slice_str("{\"status\":\"deactivated\"}")));
    assert_int_equal(run(&account_step, p.id), OUTCOME_DONE); /* nothing is asked any more */
    assert_fails(acme_account_ensure(&s, ACCOUNT, &e), e, ERR_ACME_ACCOUNT_GONE);
}

static void a_row_that_somebody_changed_is_not_overwritten(void **state) {
    (void)state;
    registered();
    struct acme_account one = row(), other = row();
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(acme_account_store(w.services.db, &one, &e), e);
    assert_fails(acme_account_store(w.services.db, &other, &e), e, ERR_CONFLICT);
    db_rollback(w.services.db);
}

#define at_ca(name) cmocka_unit_test_setup_teardown(name, begin, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        at_ca(a_directory_is_asked_for_once_a_day),
        at_ca(the_nonce_of_an_answer_is_that_of_the_next_request),
        at_ca(a_refused_nonce_is_replaced_by_the_one_beside_the_refusal),
        at_ca(what_was_refused_before_says_nothing_of_an_answer_that_was_lost),
        at_ca(what_a_ca_refuses_is_an_error_of_its_kind),
        at_ca(what_is_no_problem_document_is_an_error_all_the_same),
        at_ca(people_are_sent_where_the_ca_sends_them),
        at_ca(answers_tell_what_their_headers_say),
        at_ca(nobody_is_followed_to_where_there_is_no_tls),
        at_ca(a_clock_far_away_is_noticed),
        at_ca(a_ca_that_does_not_answer_is_asked_by_one_from_time_to_time),
        at_ca(some_failures_among_answers_close_nothing),
        at_ca(a_refusal_of_a_key_that_was_changed_is_repeated_with_the_new_one),
        at_ca(an_account_is_registered_once),
        at_ca(a_registration_is_repeated_with_the_key_that_was_stored),
        at_ca(nothing_is_registered_without_terms_and_binding),
        at_ca(an_external_account_is_bound),
        at_ca(an_external_account_binds_who_it_is_meant_for),
        at_ca(an_external_account_that_binds_once_is_for_who_administers),
        at_ca(an_account_that_is_gone_is_never_replaced_by_itself),
        at_ca(accounts_of_tenure_share_nothing),
        at_ca(a_key_is_changed_by_both_keys),
        at_ca(a_change_that_was_interrupted_is_found_out),
        at_ca(a_change_that_the_ca_refuses_leaves_the_key),
        at_ca(an_account_is_given_up_for_good),
        at_ca(a_row_that_somebody_changed_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
