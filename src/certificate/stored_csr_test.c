/* The CSR manager: made and uploaded requests, their keys, and what keeps them. */
#include "base/rand.h"
#include "certificate/compromised_key.h"
#include "certificate/stored_csr.h"
#include "certificate/world.h"
#include "pki/csr.h"

static struct error e;

static const char *file(struct world *w, const char *name) {
    struct slice content = fixture(w->arena, name);
    return arena_strndup(w->arena, (const char *)content.p, content.len);
}

/* ---- calling a route, as the dispatcher does ---- */

static struct request ask(struct world *w, const char *method, const char *path, json_t *body) {
    static const struct route *const tables[] = {stored_csr_routes, certificate_routes, NULL};
    struct request rq = {
        .arena = w->arena,
        .services = &w->services,
        .db = w->db,
        .now = NOW,
        .caller = {.account_id = ACCOUNT, .key_id = "key_me", .role = ROLE_OWNER, .address = "192.0.2.1"},
        .json = json_keep(w->arena, body ? body : json_object()),
    };
    e = (struct error){0};
    rq.route = route_match(tables, method, path, w->arena, rq.path_args, &e);
    assert_non_null(rq.route);
    return rq;
}

static struct { const char *limit, *cursor; } page;

static const char *page_query(struct request *rq, const char *name) {
    (void)rq;
    return strcmp(name, "limit") == 0 ? page.limit : strcmp(name, "cursor") == 0 ? page.cursor : NULL;
}

static bool finish(struct request *rq) {
    bool writes = rq->route->flags & ROUTE_WRITES;
    rq->query = page_query;
    if (rq->route->prepare && !rq->route->prepare(rq, &e))
        return false;
    if (writes)
        assert_ok(db_begin(rq->db, &e), e);
    bool ok = rq->route->handle(rq, &e);
    if (writes && ok)
        assert_ok(db_commit(rq->db, &e), e);
    if (writes)
        db_rollback(rq->db);
    if (rq->reply)
        json_keep(rq->arena, rq->reply);
    return ok;
}

static const json_t *answer(struct world *w, const char *method, const char *path, json_t *body) {
    struct request rq = ask(w, method, path, body);
    assert_ok(finish(&rq), e);
    return rq.reply;
}

static void refuse(struct world *w, const char *method, const char *path, json_t *body,
                   enum error_id expected) {
    struct request rq = ask(w, method, path, body);
    assert_fails(finish(&rq), e, expected);
    assert_true(*e.detail[LANG_EN] && *e.detail[LANG_ZH]);
}

static const char *text_of(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static const char *at(struct world *w, const char *id, const char *rest) {
    return arena_printf(w->arena, "/v1/csrs/%s%s", id, rest);
}

static struct stored_csr stored(struct world *w, const char *id) {
    struct stored_csr csr;
    assert_ok(stored_csr_get(w->db, w->arena, ACCOUNT, id, &csr, &e), e);
    return csr;
}

static struct csr parsed(struct world *w, const char *pem) {
    struct csr csr;
    assert_ok(csr_parse(w->arena, slice_str(pem), &csr, &e), e);
    return csr;
}

/* The public key of what POST …/key gives out. */
static struct slice key_of(struct world *w, const char *id) {
    struct request rq = ask(w, "POST", at(w, id, "/key"), NULL);
    struct secret *pkcs8;
    struct slice spki;
    assert_ok(finish(&rq), e);
    assert_ok(key_from_pem(w->arena, rq.raw, NULL, &pkcs8, &e), e);
    assert_ok(key_public(w->arena, pkcs8, &spki, &e), e);
    return spki;
}

static int64_t keys(struct world *w) {
    return world_count(w, "SELECT COUNT(*) FROM private_key");
}

static json_t *wish(const char *algorithm) {
    return json_pack("{s[ss]ssssssss}", "names", "WWW.Example.com", "example.com", "key_algorithm", algorithm,
                     "organization", "示例公司", "country", "CN", "name", "web");
}

static json_t *upload(struct world *w, const char *csr, const char *key) {
    json_t *body = json_pack("{ss}", "csr", file(w, csr));
    if (key)
        json_object_set_new(body, "key", json_string(file(w, key)));
    return body;
}

/* ---- made here ---- */

static void a_request_is_made_with_a_key_that_is_held(void **state) {
    struct world *w = *state;
    const json_t *made = answer(w, "POST", "/v1/csrs", wish("p384"));
    struct csr csr = parsed(w, text_of(made, "pem"));
    assert_string_equal(csr.names, "www.example.com example.com");
    assert_string_equal(csr.subject, "CN=www.example.com,O=示例公司,C=CN");
    assert_int_equal(csr.algorithm, KEY_P384);
    assert_string_equal(text_of(made, "state"), "ready");
    assert_string_equal(text_of(made, "name"), "web");
    assert_true(json_is_true(json_object_get(made, "key_held")));
    assert_true(slice_equal(key_of(w, text_of(made, "id")), csr.spki));
}

static struct work step_of(struct world *w, const char *id) {
    struct work_item *item = ARENA_NEW(w->arena, struct work_item);
    *item = (struct work_item){.subject = id, .account_id = ACCOUNT};
    return (struct work){.arena = w->arena, .services = &w->services, .db = w->db, .now = NOW, .item = item};
}

static void an_rsa_key_is_left_to_the_engine(void **state) {
    struct world *w = *state;
    struct request rq = ask(w, "POST", "/v1/csrs", wish("rsa2048"));
    struct work_item item;
    assert_ok(finish(&rq), e);
    assert_int_equal(rq.status, 202);
    const char *id = text_of(rq.reply, "id");
    assert_string_equal(text_of(rq.reply, "state"), "making");
    assert_int_equal(keys(w), 0);
    assert_ok(work_get(w->db, w->arena, id, &item, &e), e);
    assert_string_equal(item.step, "csr_make");
    refuse(w, "POST", at(w, id, "/key"), NULL, ERR_NO_KEY_HELD);
    struct work first = step_of(w, id), second = step_of(w, id);
    assert_ok(stored_csr_prepare(&first, &e) && stored_csr_prepare(&second, &e), e);
    assert_ok(stored_csr_record(&first, &e) && stored_csr_record(&second, &e), e);
    assert_int_equal(first.outcome, OUTCOME_DONE);
    assert_int_equal(keys(w), 1);
    struct stored_csr made = stored(w, id);
    struct csr csr = parsed(w, made.pem);
    assert_string_equal(made.state, "ready");
    assert_int_equal(csr.algorithm, KEY_RSA_2048);
    assert_string_equal(csr.subject, "CN=www.example.com,O=示例公司,C=CN");
    assert_true(slice_equal(key_of(w, id), csr.spki));
}

static void a_request_that_was_deleted_meanwhile_gets_no_key(void **state) {
    struct world *w = *state;
    const char *id = text_of(answer(w, "POST", "/v1/csrs", wish("rsa2048")), "id");
    struct work work = step_of(w, id), late = step_of(w, id);
    assert_ok(stored_csr_prepare(&work, &e), e);
    answer(w, "DELETE", at(w, id, ""), NULL);
    assert_ok(stored_csr_record(&work, &e), e);
    assert_ok(stored_csr_prepare(&late, &e) && stored_csr_record(&late, &e), e);
    assert_int_equal(late.outcome, OUTCOME_DONE);
    assert_int_equal(keys(w), 0);
}

static void what_cannot_be_made_is_refused_by_its_field(void **state) {
    struct world *w = *state;
    static const struct {
        const char *body, *field;
        enum error_id error;
    } cases[] = {
        {"{}", "names", ERR_BAD_FIELD},
        {"{\"names\":[]}", "names", ERR_BAD_FIELD},
        {"{\"names\":[\"a_b.example.com\"]}", "", ERR_BAD_NAME},
        {"{\"names\":[\"a.example.com\"],\"key_algorithm\":\"rsa1024\"}", "key_algorithm", ERR_BAD_FIELD},
        {"{\"names\":[\"a.example.com\"],\"key_algorithm\":\"unknown\"}", "key_algorithm", ERR_BAD_FIELD},
        {"{\"names\":[\"a.example.com\"],\"country\":\"China\"}", "country", ERR_BAD_FIELD},
        {"{\"names\":[\"a.example.com\"],\"name\":\"\"}", "name", ERR_BAD_FIELD},
        {"{\"names\":[\"a.example.com\"],\"key\":\"PEM\"}", "key", ERR_BAD_FIELD},
        {"{\"csr\":\"PEM\",\"country\":\"CN\"}", "country", ERR_BAD_FIELD},
        {"{\"csr\":\"PEM\"}", "", ERR_CSR_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse(w, "POST", "/v1/csrs", json_loads(cases[i].body, 0, NULL), cases[i].error);
        if (*cases[i].field)
            assert_string_equal(e.field, cases[i].field);
    }
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM csr") + keys(w), 0);
}

/* ---- uploaded ---- */

static void an_uploaded_request_has_the_key_that_came_with_it(void **state) {
    struct world *w = *state;
    const json_t *with = answer(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", "key-p256.pem"));
    const json_t *without = answer(w, "POST", "/v1/csrs", upload(w, "csr-rsa2048.pem", NULL));
    struct csr csr = parsed(w, text_of(with, "pem"));
    assert_true(slice_equal(key_of(w, text_of(with, "id")), csr.spki));
    assert_true(json_is_false(json_object_get(without, "key_held")));
    assert_string_equal(text_of(without, "key_algorithm"), "rsa2048");
    refuse(w, "POST", at(w, text_of(without, "id"), "/key"), NULL, ERR_NO_KEY_HELD);
}

static void what_does_not_fit_is_refused(void **state) {
    struct world *w = *state;
    json_t *encrypted = upload(w, "csr-p256.pem", "key-p256-encrypted.pem");
    refuse(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", "key-other.pem"), ERR_KEY_MISMATCH);
    refuse(w, "POST", "/v1/csrs", json_incref(encrypted), ERR_KEY_PASS_PHRASE);
    json_object_set_new(encrypted, "pass_phrase", json_string("wrong"));
    refuse(w, "POST", "/v1/csrs", encrypted, ERR_KEY_PASS_PHRASE);
    refuse(w, "POST", "/v1/csrs", upload(w, "csr-signature.pem", NULL), ERR_CSR_SIGNATURE);
    refuse(w, "POST", "/v1/csrs", upload(w, "csr-rsa1024.pem", NULL), ERR_CSR_WEAK_KEY);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM csr") + keys(w), 0);
}

static void the_same_request_again_is_named(void **state) {
    struct world *w = *state;
    const char *id = text_of(answer(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", NULL)), "id");
    refuse(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", "key-p256.pem"), ERR_ALREADY_EXISTS);
    assert_string_equal(e.object, id);
    assert_int_equal(keys(w), 0);
}

static void a_compromised_key_is_refused_in_requests_and_imports(void **state) {
    struct world *w = *state;
    struct csr csr = parsed(w, file(w, "csr-p256.pem"));
    struct cert leaf;
    assert_ok(cert_parse(w->arena, fixture_der(w->arena, "leaf-p256.pem"), &leaf, &e), e);
    assert_true(slice_equal(leaf.spki, csr.spki));
    json_t *import = json_pack("{ss}", "certificate", file(w, "leaf-p256.pem"));
    assert_ok(compromised_key_report(w->db, STRANGER, leaf.spki_sha256, NOW, &e), e);
    const char *id = text_of(answer(w, "POST", "/v1/certificates", json_incref(import)), "id");
    answer(w, "DELETE", arena_printf(w->arena, "/v1/certificates/%s", id), NULL);
    assert_ok(compromised_key_report(w->db, ACCOUNT, leaf.spki_sha256, NOW, &e), e);
    assert_ok(compromised_key_report(w->db, ACCOUNT, leaf.spki_sha256, NOW + 1, &e), e);
    refuse(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", "key-p256.pem"), ERR_CSR_WEAK_KEY);
    refuse(w, "POST", "/v1/certificates", import, ERR_WEAK_KEY);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM certificate") + keys(w), 0);
}

/* ---- list, rename, delete ---- */

static void requests_are_listed_newest_first_without_those_of_others(void **state) {
    struct world *w = *state;
    struct stored_csr foreign = {.id = id_new(w->arena, "csr", NOW),
                                 .account_id = STRANGER,
                                 .name = "x",
                                 .names = "x",
                                 .subject = "",
                                 .key_algorithm = "p256",
                                 .created_at = NOW};
    assert_ok(stored_csr_insert(w->db, &foreign, &e), e);
    answer(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", NULL));
    answer(w, "POST", "/v1/csrs", upload(w, "csr-rsa2048.pem", NULL));
    const json_t *items = json_object_get(answer(w, "GET", "/v1/csrs", NULL), "items");
    assert_int_equal(json_array_size(items), 2);
    assert_true(strcmp(text_of(json_array_get(items, 0), "id"), text_of(json_array_get(items, 1), "id")) > 0);
    refuse(w, "GET", at(w, foreign.id, ""), NULL, ERR_NOT_FOUND);
    refuse(w, "DELETE", at(w, foreign.id, ""), NULL, ERR_NOT_FOUND);
    refuse(w, "PATCH", at(w, foreign.id, ""), json_pack("{ss}", "name", "y"), ERR_NOT_FOUND);
    refuse(w, "POST", at(w, foreign.id, "/key"), NULL, ERR_NOT_FOUND);
}

static void a_request_can_be_renamed(void **state) {
    struct world *w = *state;
    const char *id = text_of(answer(w, "POST", "/v1/csrs", upload(w, "csr-p256.pem", NULL)), "id");
    answer(w, "PATCH", at(w, id, ""), json_pack("{ss}", "name", "新名称"));
    assert_string_equal(stored(w, id).name, "新名称");
    refuse(w, "PATCH", at(w, id, ""), json_pack("{ss}", "name", ""), ERR_BAD_FIELD);
    refuse(w, "PATCH", at(w, id, ""), json_pack("{sn}", "name"), ERR_BAD_FIELD);
}

static void the_key_goes_with_an_unused_request(void **state) {
    struct world *w = *state;
    const char *id = text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id");
    assert_int_equal(keys(w), 1);
    answer(w, "DELETE", at(w, id, ""), NULL);
    assert_int_equal(keys(w), 0);
    refuse(w, "GET", at(w, id, ""), NULL, ERR_NOT_FOUND);
}

static struct certificate issue_with(struct world *w, struct certificate c, const struct stored_csr *csr) {
    struct cert leaf = world_leaf(w, c.names, NOW, NOW + DAY);
    struct new_version v = {.leaf = &leaf, .key_id = csr->key_id};
    struct version version;
    leaf.spki_sha256 = csr->spki_sha256;
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &version, &e), e);
    return c;
}

static struct certificate order_with(struct world *w, const struct stored_csr *csr) {
    struct certificate c = world_order(w, (struct certificate){.csr_choice = "own", .own_csr = csr->pem});
    assert_ok(stored_csr_use(w->db, ACCOUNT, csr->spki_sha256, c.id, &e), e);
    return c;
}

static void a_request_that_a_certificate_waits_for_stays(void **state) {
    struct world *w = *state;
    struct stored_csr csr = stored(w, text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id"));
    struct certificate c = order_with(w, &csr);
    refuse(w, "DELETE", at(w, csr.id, ""), NULL, ERR_IN_USE);
    assert_string_equal(e.object, c.id);
    issue_with(w, c, &csr);
    answer(w, "DELETE", at(w, csr.id, ""), NULL);
    assert_int_equal(keys(w), 1); /* of the version */
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM csr_use"), 0);
}

static void a_cancelled_certificate_waits_for_nothing(void **state) {
    struct world *w = *state;
    struct stored_csr csr = stored(w, text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id"));
    struct certificate c = order_with(w, &csr);
    c.cancelled_at = NOW;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    answer(w, "DELETE", at(w, csr.id, ""), NULL);
    assert_int_equal(keys(w), 0);
}

static void the_key_of_a_request_survives_its_certificates(void **state) {
    struct world *w = *state;
    struct stored_csr csr = stored(w, text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id"));
    struct certificate c = issue_with(w, order_with(w, &csr), &csr);
    assert_ok(certificate_delete(w->db, w->arena, &c, &e), e);
    assert_ok(held_key_delete_unused(w->db, ACCOUNT, csr.key_id, &e), e);
    assert_int_equal(keys(w), 1);
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM csr_use"), 0);
}

static void certificates_with_the_same_key_are_found(void **state) {
    struct world *w = *state;
    struct stored_csr held = stored(w, text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id"));
    struct stored_csr foreign = {.spki_sha256 = "5e1f", .pem = "PEM"};
    struct certificate a1 = issue_with(w, order_with(w, &held), &held);
    struct certificate a2 = issue_with(w, order_with(w, &held), &held);
    struct certificate b1 = issue_with(w, world_order(w, (struct certificate){0}), &foreign);
    struct certificate b2 = issue_with(w, world_order(w, (struct certificate){0}), &foreign);
    issue_with(w, world_order(w, (struct certificate){.account_id = STRANGER}), &foreign);
    const struct certificate *pairs[][2] = {{&a1, &a2}, {&a2, &a1}, {&b1, &b2}};
    for (size_t i = 0; i < 3; i++) {
        const char *path = arena_printf(w->arena, "/v1/certificates/%s/same-key", pairs[i][0]->id);
        const json_t *items = json_object_get(answer(w, "GET", path, NULL), "items");
        assert_int_equal(json_array_size(items), 1);
        assert_string_equal(text_of(json_array_get(items, 0), "id"), pairs[i][1]->id);
        assert_non_null(text_of(json_array_get(items, 0), "state"));
    }
}

static void certificates_with_the_same_key_come_in_pages(void **state) {
    struct world *w = *state;
    struct stored_csr held = stored(w, text_of(answer(w, "POST", "/v1/csrs", wish("p256")), "id"));
    struct certificate first = issue_with(w, order_with(w, &held), &held);
    for (int i = 0; i < 3; i++)
        issue_with(w, order_with(w, &held), &held);
    const char *path = arena_printf(w->arena, "/v1/certificates/%s/same-key", first.id);
    size_t seen = 0, pages = 0;
    page.limit = "2";
    do {
        const json_t *list = answer(w, "GET", path, NULL);
        seen += json_array_size(json_object_get(list, "items"));
        page.cursor = text_of(list, "next");
    } while (++pages < 5 && page.cursor);
    assert_int_equal(seen, 3);
    assert_int_equal(pages, 2);
    page.cursor = "nonsense";
    struct request rq = ask(w, "GET", path, NULL);
    assert_fails(finish(&rq), e, ERR_BAD_FIELD);
    page.limit = page.cursor = NULL;
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

TEST_MAIN(stored_csr, in_world(a_request_is_made_with_a_key_that_is_held),
          in_world(an_rsa_key_is_left_to_the_engine),
          in_world(a_request_that_was_deleted_meanwhile_gets_no_key),
          in_world(what_cannot_be_made_is_refused_by_its_field),
          in_world(an_uploaded_request_has_the_key_that_came_with_it), in_world(what_does_not_fit_is_refused),
          in_world(the_same_request_again_is_named),
          in_world(a_compromised_key_is_refused_in_requests_and_imports),
          in_world(requests_are_listed_newest_first_without_those_of_others),
          in_world(a_request_can_be_renamed), in_world(the_key_goes_with_an_unused_request),
          in_world(a_request_that_a_certificate_waits_for_stays),
          in_world(a_cancelled_certificate_waits_for_nothing),
          in_world(the_key_of_a_request_survives_its_certificates),
          in_world(certificates_with_the_same_key_are_found),
          in_world(certificates_with_the_same_key_come_in_pages))
