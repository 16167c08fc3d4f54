/* The routes of certificates, run as the dispatcher runs them; imports with real certificates and keys. */
#include "audit/audit.h"
#include "base/rand.h"
#include "certificate/world.h"
#include <sodium.h>

/* ---- calling a route ---- */

struct call {
    struct request rq;
    const char *query;
    struct error e;
    bool ok;
};

static const char *query_of(struct request *rq, const char *name) {
    return url_query(rq->arena, ((struct call *)rq->connection)->query, name);
}

static bool run(struct request *rq, struct error *e) {
    bool writes = rq->route->flags & ROUTE_WRITES;
    if (rq->route->prepare && !rq->route->prepare(rq, e))
        return false;
    if (writes)
        assert_ok(db_begin(rq->db, e), *e);
    bool ok = rq->route->handle(rq, e);
    if (writes && ok)
        assert_ok(db_commit(rq->db, e), *e);
    if (writes)
        db_rollback(rq->db);
    return ok;
}

/* `body` is JSON, NULL for none; `path` may have a query. */
static struct call *call_as(struct world *w, const char *account, const char *method, const char *path,
                            json_t *body) {
    static const struct route *const tables[] = {certificate_routes, audit_routes, NULL};
    struct call *c = ARENA_NEW(w->arena, struct call);
    size_t path_len = strcspn(path, "?");
    c->query = path[path_len] ? path + path_len + 1 : NULL;
    c->rq = (struct request){
        .arena = w->arena,
        .services = &w->services,
        .db = w->db,
        .now = NOW,
        .query = query_of,
        .connection = c,
        .caller = {.account_id = account, .key_id = "key_me", .role = ROLE_OWNER, .address = "192.0.2.1"},
        .json = json_keep(w->arena, body ? body : json_object()),
    };
    c->rq.route = route_match(tables, method, arena_strndup(w->arena, path, path_len), w->arena,
                              c->rq.path_args, &c->e);
    assert_non_null(c->rq.route);
    c->ok = run(&c->rq, &c->e);
    if (c->rq.reply)
        json_keep(w->arena, c->rq.reply);
    else if (c->ok && c->rq.content_type && strcmp(c->rq.content_type, "application/json") == 0)
        assert_ok(json_read(w->arena, c->rq.raw, &c->rq.reply, &c->e), c->e);
    return c;
}

static struct call *call(struct world *w, const char *method, const char *path, json_t *body) {
    return call_as(w, ACCOUNT, method, path, body);
}

static const json_t *reply_of(struct call *c) {
    assert_ok(c->ok, c->e);
    return c->rq.reply;
}

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static void assert_refused(struct call *c, enum error_id expected) {
    assert_fails(c->ok, c->e, expected);
    assert_true(*c->e.detail[LANG_EN] && *c->e.detail[LANG_ZH]);
}

static const char *at(struct world *w, const char *id, const char *rest) {
    return arena_printf(w->arena, "/v1/certificates/%s%s", id, rest);
}

/* ---- importing fixtures ---- */

static json_t *import_body(struct world *w, const char *certificate, const char *key) {
    json_t *body = json_pack("{ss}", "certificate",
                             arena_strndup(w->arena, (const char *)fixture(w->arena, certificate).p,
                                           fixture(w->arena, certificate).len));
    if (key)
        json_object_set_new(body, "key", json_string((const char *)fixture(w->arena, key).p));
    return body;
}

static json_t *base64_body(struct world *w, struct slice bytes) {
    size_t room = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(w->arena, room);
    return json_pack("{ss}", "certificate_base64",
                     sodium_bin2base64(text, room, bytes.p, bytes.len, sodium_base64_VARIANT_ORIGINAL));
}

/* The id of what was imported. */
static const char *import(struct world *w, const char *certificate, const char *key) {
    return text_of(reply_of(call(w, "POST", "/v1/certificates", import_body(w, certificate, key))), "id");
}

static int64_t stored(struct world *w) {
    return world_count(w, "SELECT (SELECT COUNT(*) FROM certificate) + (SELECT COUNT(*) FROM version) + "
                          "(SELECT COUNT(*) FROM private_key) + (SELECT COUNT(*) FROM certificate_term)");
}

static void an_imported_certificate_is_shown_as_uploaded(void **state) {
    struct world *w = *state;
    json_t *body = import_body(w, "leaf-p256.pem", "key-p256.pem");
    json_object_set_new(body, "tags", json_pack("[ss]", "prod", "web"));
    struct call *c = call(w, "POST", "/v1/certificates", body);
    const json_t *reply = reply_of(c);
    assert_int_equal(c->rq.status, 201);
    assert_string_equal(text_of(reply, "kind"), "uploaded");
    assert_string_equal(text_of(reply, "state"), "issued");
    assert_string_equal(text_of(reply, "profile"), "modern");
    assert_string_equal(text_of(reply, "grade"), "dv");
    assert_string_equal(text_of(reply, "key_algorithm"), "p256");
    assert_string_equal(text_of(reply, "version_end"), "2036-01-01T00:00:01Z");
    assert_true(json_is_true(json_object_get(reply, "key_held")));
    assert_true(json_is_null(json_object_get(reply, "brand")));
    assert_int_equal(json_array_size(json_object_get(reply, "names")), 2);
    assert_int_equal(json_array_size(json_object_get(reply, "tags")), 2);
    assert_null(json_object_get(reply, "account_id"));
}

static void an_expired_certificate_may_be_imported(void **state) {
    struct world *w = *state;
    const json_t *reply =
        reply_of(call(w, "POST", "/v1/certificates", import_body(w, "leaf-expired.pem", NULL)));
    assert_string_equal(text_of(reply, "state"), "expired");
    assert_int_equal(json_integer_value(json_object_get(reply, "days_left")), 0);
    assert_true(json_is_false(json_object_get(reply, "key_held")));
}

static void der_and_pkcs12_come_in_base64(void **state) {
    struct world *w = *state;
    const json_t *reply = reply_of(
        call(w, "POST", "/v1/certificates", base64_body(w, fixture_der(w->arena, "leaf-rsa2048.pem"))));
    assert_string_equal(text_of(reply, "key_algorithm"), "rsa2048");
    json_t *body = base64_body(w, fixture(w->arena, "aes.p12"));
    json_object_set_new(body, "pass_phrase", json_string("secret"));
    reply = reply_of(call(w, "POST", "/v1/certificates", body));
    assert_true(json_is_true(json_object_get(reply, "key_held")));
}

static void bad_input_is_refused_and_nothing_is_stored(void **state) {
    struct world *w = *state;
    struct slice der = fixture_der(w->arena, "leaf-p256.pem");
    uint8_t *trailing = arena_alloc(w->arena, der.len + 1);
    memcpy(trailing, der.p, der.len);
    json_t *two = json_pack("{ss+}", "certificate", (const char *)fixture(w->arena, "leaf-p256.pem").p,
                            (const char *)fixture(w->arena, "leaf-rsa2048.pem").p);
    json_t *tags = import_body(w, "leaf-p256.pem", NULL);
    json_object_set_new(
        tags, "tags",
        json_pack("[s]", "a-tag-of-more-than-64-bytes-is-refused-because-nobody-could-ever-read-it"));
    const struct {
        json_t *body;
        enum error_id expected;
    } rows[] = {
        {json_pack("{ss}", "certificate", "garbage"), ERR_MALFORMED_CERTIFICATE},
        {base64_body(w, slice_of(trailing, der.len + 1)), ERR_MALFORMED_CERTIFICATE},
        {two, ERR_MALFORMED_CERTIFICATE},
        {import_body(w, "leaf-p256.pem", "key-other.pem"), ERR_KEY_MISMATCH},
        {import_body(w, "leaf-p256.pem", "key-p256-encrypted.pem"), ERR_KEY_PASS_PHRASE},
        {import_body(w, "leaf-weak.pem", NULL), ERR_WEAK_KEY},
        {json_object(), ERR_BAD_FIELD},
        {json_pack("{ssss}", "certificate", "x", "certificate_base64", "eA=="), ERR_BAD_FIELD},
        {json_pack("{ss}", "certificate_base64", "%%%"), ERR_BAD_FIELD},
        {json_pack("{ss}", "colour", "blue"), ERR_UNKNOWN_FIELD},
        {tags, ERR_BAD_FIELD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(call(w, "POST", "/v1/certificates", rows[i].body), rows[i].expected);
    assert_int_equal(stored(w), 0);
}

static void the_same_certificate_again_names_the_one_that_is_there(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-p256.pem", NULL);
    int64_t before = stored(w);
    struct call *again = call(w, "POST", "/v1/certificates", import_body(w, "leaf-p256.pem", "key-p256.pem"));
    assert_refused(again, ERR_ALREADY_EXISTS);
    assert_string_equal(again->e.object, id);
    assert_int_equal(stored(w), before);
    assert_true(call_as(w, STRANGER, "POST", "/v1/certificates", import_body(w, "leaf-p256.pem", NULL))->ok);
}

static void a_key_that_is_held_already_is_linked(void **state) {
    struct world *w = *state;
    import(w, "leaf-p256.pem", "key-p256.pem");
    const json_t *reply =
        reply_of(call(w, "POST", "/v1/certificates", import_body(w, "leaf-wildcard.pem", NULL)));
    assert_true(json_is_true(json_object_get(reply, "key_held")));
    assert_int_equal(world_count(w, "SELECT COUNT(*) FROM private_key"), 1);
}

/* ---- update ---- */

static void an_update_is_a_new_version_under_the_same_id(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-expired.pem", NULL);
    const json_t *reply =
        reply_of(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-p256.pem", "key-p256.pem")));
    assert_string_equal(text_of(reply, "id"), id);
    assert_string_equal(text_of(reply, "state"), "issued");
    assert_int_equal(json_integer_value(json_object_get(reply, "version_count")), 2);
    const json_t *versions = reply_of(call(w, "GET", at(w, id, "/versions"), NULL));
    assert_int_equal(json_array_size(json_object_get(versions, "items")), 2);
    struct work_item item;
    struct error e = {0};
    assert_ok(work_get(w->db, w->arena, id, &item, &e), e);
    assert_string_equal(item.step, "decide"); /* when its end is told */
}

static void an_update_reaches_the_targets(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate c;
    struct work_item item, *claimed;
    size_t count;
    const char *id = import(w, "leaf-expired.pem", NULL);
    assert_ok(certificate_get_any(w->db, w->arena, id, &c, &e), e);
    c.target_count = 1;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    reply_of(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-p256.pem", "key-p256.pem")));
    /* behind the decision that the import has asked for */
    assert_ok(work_claim(w->db, w->arena, "worker", INT64_MAX - DAY, DAY, 1, &claimed, &count, &e), e);
    assert_ok(work_done(w->db, claimed, &e), e);
    assert_ok(work_get(w->db, w->arena, id, &item, &e), e);
    assert_string_equal(item.step, "inherit");
}

static void an_update_must_be_newer_and_for_an_uploaded_certificate(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-p256.pem", NULL);
    assert_refused(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-rsa2048.pem", NULL)),
                   ERR_NOT_NEWER);
    assert_refused(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-expired.pem", NULL)),
                   ERR_NOT_NEWER);
    assert_refused(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-p256.pem", NULL)),
                   ERR_ALREADY_EXISTS);
    struct certificate official = world_issue(w, (struct certificate){0}, DAY);
    assert_refused(call(w, "POST", at(w, official.id, "/update"), import_body(w, "leaf-rsa2048.pem", NULL)),
                   ERR_NOT_UPLOADED);
}

/* ---- download ---- */

static struct call *download(struct world *w, const char *id, const char *format) {
    return call(w, "POST", at(w, id, "/download"), json_pack("{ss}", "format", format));
}

static size_t occurrences(struct slice text, const char *word) {
    size_t count = 0, len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        count += memcmp(text.p + i, word, len) == 0;
    return count;
}

static void downloads_hold_what_their_format_says(void **state) {
    struct world *w = *state;
    static const struct {
        const char *format, *file_name;
        size_t certificates, keys;
    } rows[] = {
        {"pem", "www.example.com.pem", 3, 1},
        {"haproxy", "www.example.com.pem", 3, 1},
        {"nginx", "www.example.com.fullchain.pem", 3, 0},
        {"apache", "www.example.com.cert.pem", 1, 0},
        {"cert", "www.example.com.cert.pem", 1, 0},
        {"chain", "www.example.com.chain.pem", 2, 0},
        {"key", "www.example.com.key.pem", 0, 1},
        {"root", "www.example.com.root.pem", 1, 0},
    };
    json_t *body = json_pack("{ss++ss}", "certificate", (const char *)fixture(w->arena, "leaf-p256.pem").p,
                             (const char *)fixture(w->arena, "intermediate.pem").p,
                             (const char *)fixture(w->arena, "root.pem").p, "key",
                             (const char *)fixture(w->arena, "key-p256.pem").p);
    const char *id = text_of(reply_of(call(w, "POST", "/v1/certificates", body)), "id");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct call *c = download(w, id, rows[i].format);
        assert_ok(c->ok, c->e);
        assert_string_equal(c->rq.file_name, rows[i].file_name);
        assert_int_equal(occurrences(c->rq.raw, "BEGIN CERTIFICATE"), rows[i].certificates);
        assert_int_equal(occurrences(c->rq.raw, "BEGIN PRIVATE KEY"), rows[i].keys);
    }
    struct call *key = download(w, id, "key");
    assert_true(slice_equal(key->rq.raw, fixture(w->arena, "key-p256.pem")));
    struct call *der = download(w, id, "der");
    assert_true(slice_equal(der->rq.raw, fixture_der(w->arena, "leaf-p256.pem")));
}

static void a_downloaded_pkcs12_can_be_imported_again(void **state) {
    struct world *w = *state;
    static const char *const formats[] = {"pkcs12", "pkcs12_legacy"};
    const char *id = import(w, "leaf-p256.pem", "key-p256.pem");
    assert_refused(download(w, id, "pkcs12"), ERR_BAD_FIELD);
    for (size_t i = 0; i < 2; i++) {
        struct call *c = call(w, "POST", at(w, id, "/download"),
                              json_pack("{ssss}", "format", formats[i], "pass_phrase", "open sesame"));
        assert_ok(c->ok, c->e);
        struct import again;
        struct secret *pass_phrase = secret_new(w->arena, "open sesame", 11);
        assert_ok(import_read(w->arena, c->rq.raw, slice_of(NULL, 0), pass_phrase, &again, &c->e), c->e);
        assert_true(slice_equal(again.leaf.der, fixture_der(w->arena, "leaf-p256.pem")));
        assert_non_null(again.pkcs8);
    }
}

static void a_wildcard_makes_a_harmless_file_name(void **state) {
    struct world *w = *state;
    struct call *c = download(w, import(w, "leaf-wildcard.pem", NULL), "cert");
    assert_ok(c->ok, c->e);
    assert_string_equal(c->rq.file_name, "_.example.com.cert.pem");
}

static void what_cannot_be_downloaded_says_why(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-p256.pem", NULL);
    assert_refused(download(w, id, "pem"), ERR_NO_KEY_HELD);
    assert_refused(download(w, id, "key"), ERR_NO_KEY_HELD);
    assert_refused(download(w, id, "root"), ERR_NOT_FOUND);
    assert_refused(download(w, id, "doc"), ERR_BAD_FIELD);
    struct call *jks = download(w, id, "jks");
    assert_refused(jks, ERR_BAD_FIELD);
    assert_non_null(strstr(jks->e.detail[LANG_ZH], "keytool -importkeystore"));
    struct certificate ordered = world_order(w, (struct certificate){0});
    assert_refused(download(w, ordered.id, "cert"), ERR_NOT_LIVE);
}

/* ---- one certificate ---- */

static void a_certificate_is_shown_with_its_neighbours_and_version(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate old = world_issue(w, (struct certificate){0}, DAY),
                       new = world_order(w, (struct certificate){.predecessor_id = old.id});
    old.successor_id = new.id;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &old, &e), e);
    const json_t *reply = reply_of(call(w, "GET", at(w, old.id, ""), NULL));
    assert_string_equal(text_of(json_object_get(reply, "successor"), "id"), new.id);
    assert_string_equal(text_of(json_object_get(reply, "successor"), "state"), "validating");
    assert_string_equal(text_of(json_object_get(reply, "version"), "id"), old.version_id);
    assert_true(json_is_null(json_object_get(reply, "predecessor")));
    reply = reply_of(call(w, "GET", at(w, new.id, ""), NULL));
    assert_string_equal(text_of(json_object_get(reply, "predecessor"), "state"), "pending_expiration");
    assert_true(json_is_null(json_object_get(reply, "version")));
    assert_true(json_is_null(json_object_get(reply, "days_left")));
}

static void actions_tell_why_there_is_no_button(void **state) {
    struct world *w = *state;
    struct certificate c = world_issue(w, (struct certificate){0}, 40 * DAY);
    const json_t *items = json_object_get(reply_of(call(w, "GET", at(w, c.id, "/actions"), NULL)), "items");
    assert_int_equal(json_array_size(items), ACTION_COUNT);
    const json_t *renew = json_array_get(items, ACTION_RENEW),
                 *early = json_array_get(items, ACTION_RENEW_EARLY);
    assert_string_equal(text_of(renew, "action"), "renew");
    assert_true(json_is_false(json_object_get(renew, "allowed")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(renew, "codes"), 0)),
                        "outside_window");
    assert_non_null(text_of(renew, "detail"));
    assert_true(json_is_true(json_object_get(early, "allowed")));
    assert_int_equal(json_array_size(json_object_get(early, "codes")), 0);
}

static void lists_take_their_filters_from_the_query(void **state) {
    struct world *w = *state;
    import(w, "leaf-p256.pem", NULL);
    import(w, "leaf-expired.pem", NULL);
    const json_t *reply =
        reply_of(call(w, "GET", "/v1/certificates?state=expired&kind=uploaded&text=EXAMPLE", NULL));
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 1);
    assert_true(json_is_null(json_object_get(reply, "next")));
    reply = reply_of(call(w, "GET", "/v1/certificates?limit=1", NULL));
    const char *next = text_of(reply, "next");
    assert_non_null(next);
    reply =
        reply_of(call(w, "GET", arena_printf(w->arena, "/v1/certificates?limit=1&cursor=%s", next), NULL));
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 1);
    reply = reply_of(call(w, "GET", "/v1/certificates?renewable=true", NULL));
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 0);
    assert_refused(call(w, "GET", "/v1/certificates?renewable=perhaps", NULL), ERR_BAD_FIELD);
    assert_refused(call(w, "GET", "/v1/certificates?days_left_max=-2", NULL), ERR_BAD_FIELD);
}

static void a_list_tells_what_a_certificate_alone_tells(void **state) {
    struct world *w = *state;
    import(w, "leaf-p256.pem", NULL);
    world_order(w, (struct certificate){0});
    const json_t *items = json_object_get(reply_of(call(w, "GET", "/v1/certificates", NULL)), "items");
    assert_int_equal(json_array_size(items), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *listed = json_array_get(items, i);
        json_t *alone = (json_t *)reply_of(call(w, "GET", at(w, text_of(listed, "id"), ""), NULL));
        static const char *const more[] = {"predecessor", "successor", "version", "source"};
        for (size_t j = 0; j < sizeof more / sizeof *more; j++)
            json_object_del(alone, more[j]);
        assert_true(json_equal((json_t *)listed, alone));
        assert_int_equal(json_is_null(json_object_get(listed, "days_left")), !text_of(listed, "expires_at"));
    }
}

/* ---- tags, deletion ---- */

static void tags_are_set_and_found(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-p256.pem", NULL);
    json_t *body = json_pack("{s[s]}", "tags", "\xe7\x94\x9f\xe4\xba\xa7");
    const json_t *reply = reply_of(call(w, "PUT", at(w, id, "/tags"), body));
    assert_int_equal(json_array_size(json_object_get(reply, "tags")), 1);
    reply = reply_of(call(w, "GET", "/v1/certificates?tag=%E7%94%9F%E4%BA%A7", NULL));
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 1);
}

static void deletion_needs_force_while_a_target_serves_it(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate c;
    const char *id = import(w, "leaf-p256.pem", "key-p256.pem");
    assert_ok(certificate_get_any(w->db, w->arena, id, &c, &e), e);
    c.target_count = 1;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    assert_refused(call(w, "DELETE", at(w, id, ""), NULL), ERR_STILL_DEPLOYED);
    assert_refused(call(w, "DELETE", at(w, id, "?force=false"), NULL), ERR_STILL_DEPLOYED);
    struct call *forced = call(w, "DELETE", at(w, id, "?force=true"), NULL);
    assert_ok(forced->ok, forced->e);
    assert_int_equal(forced->rq.status, 204);
    assert_int_equal(stored(w), 0);
}

static void force_does_not_delete_what_is_live(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate c = world_issue(w, (struct certificate){0}, DAY);
    c.target_count = 1;
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    assert_refused(call(w, "DELETE", at(w, c.id, "?force=true"), NULL), ERR_NOT_DELETABLE);
}

/* ---- every route ---- */

static void foreign_ids_are_not_found_on_any_route(void **state) {
    struct world *w = *state;
    const char *id = import(w, "leaf-p256.pem", "key-p256.pem");
    size_t asked = 0;
    for (const struct route *r = certificate_routes; r->method; r++) {
        const char *rest = strstr(r->path, "{id}");
        if (!rest)
            continue;
        json_t *body = NULL;
        if (strstr(r->path, "/update"))
            body = import_body(w, "leaf-rsa2048.pem", NULL);
        if (strstr(r->path, "/download"))
            body = json_pack("{ss}", "format", "key");
        if (strstr(r->path, "/tags"))
            body = json_pack("{s[]}", "tags");
        assert_refused(call_as(w, STRANGER, r->method, at(w, id, rest + 4), body), ERR_NOT_FOUND);
        asked++;
    }
    assert_int_equal(asked, 7);
    assert_int_equal(json_array_size(json_object_get(
                         reply_of(call_as(w, STRANGER, "GET", "/v1/certificates", NULL)), "items")),
                     0);
}

static void every_change_is_in_the_log_without_its_key(void **state) {
    struct world *w = *state;
    static const char *const expected[] = {"certificate.delete", "certificate.download", "certificate.tag",
                                           "certificate.update", "certificate.import"};
    const char *id = import(w, "leaf-expired.pem", NULL);
    reply_of(call(w, "POST", at(w, id, "/update"), import_body(w, "leaf-p256.pem", "key-p256.pem")));
    reply_of(call(w, "PUT", at(w, id, "/tags"), json_pack("{s[s]}", "tags", "prod")));
    assert_true(download(w, id, "key")->ok);
    assert_true(call(w, "DELETE", at(w, id, ""), NULL)->ok);
    const json_t *log = reply_of(call(w, "GET", "/v1/audit", NULL)), *items = json_object_get(log, "items");
    assert_int_equal(json_array_size(items), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(text_of(json_array_get(items, i), "action"), expected[i]);
        assert_string_equal(text_of(json_array_get(items, i), "subject"), id);
    }
    assert_null(strstr(json_text(w->arena, log, false), "PRIVATE KEY"));
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

TEST_MAIN(certificate_api, world_test(an_imported_certificate_is_shown_as_uploaded),
          world_test(an_expired_certificate_may_be_imported), world_test(der_and_pkcs12_come_in_base64),
          world_test(bad_input_is_refused_and_nothing_is_stored),
          world_test(the_same_certificate_again_names_the_one_that_is_there),
          world_test(a_key_that_is_held_already_is_linked),
          world_test(an_update_is_a_new_version_under_the_same_id), world_test(an_update_reaches_the_targets),
          world_test(an_update_must_be_newer_and_for_an_uploaded_certificate),
          world_test(downloads_hold_what_their_format_says),
          world_test(a_downloaded_pkcs12_can_be_imported_again),
          world_test(a_wildcard_makes_a_harmless_file_name), world_test(what_cannot_be_downloaded_says_why),
          world_test(a_certificate_is_shown_with_its_neighbours_and_version),
          world_test(actions_tell_why_there_is_no_button),
          world_test(lists_take_their_filters_from_the_query),
          world_test(a_list_tells_what_a_certificate_alone_tells), world_test(tags_are_set_and_found),
          world_test(deletion_needs_force_while_a_target_serves_it),
          world_test(force_does_not_delete_what_is_live), world_test(foreign_ids_are_not_found_on_any_route),
          world_test(every_change_is_in_the_log_without_its_key))
