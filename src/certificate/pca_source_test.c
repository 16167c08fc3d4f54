/* Certificates of private CAs: what brings them up to date, by hand and from where the CA publishes them. */
#include "certificate/pca_source.h"
#include "certificate/world.h"
#include "http/outbound.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct error e;

/* ---- a CA that publishes one text ---- */

struct publisher {
    pid_t pid;
    const char *url;
};

static void answer_all(int listener, const char *status, struct slice content) {
    char head[200], ignored[4096];
    snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
             content.len);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        ssize_t got = read(fd, ignored, sizeof ignored);
        if (got > 0 && write(fd, head, strlen(head)) > 0 && write(fd, content.p, content.len) >= 0)
            shutdown(fd, SHUT_WR);
        close(fd);
    }
}

static struct publisher publish(struct world *w, const char *status, struct slice content) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        answer_all(listener, status, content);
    }
    close(listener);
    return (struct publisher){pid,
                              arena_printf(w->arena, "http://127.0.0.1:%u/leaf.pem", ntohs(at.sin_port))};
}

static void end(const struct publisher *p) {
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
}

/* ---- routes and the step ---- */

static const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

static bool call(struct world *w, const char *method, const char *path, json_t *body, struct request *rq) {
    static const struct route *const tables[] = {pca_source_routes, certificate_routes, NULL};
    e = (struct error){0};
    *rq = (struct request){
        .arena = w->arena,
        .services = &w->services,
        .db = w->db,
        .now = NOW,
        .query = no_query,
        .caller = {.account_id = ACCOUNT, .key_id = "key_me", .role = ROLE_OWNER, .address = "192.0.2.1"},
        .json = json_keep(w->arena, body ? body : json_object()),
    };
    rq->route = route_match(tables, method, path, w->arena, rq->path_args, &e);
    assert_non_null(rq->route);
    if (rq->route->prepare && !rq->route->prepare(rq, &e))
        return false;
    assert_ok(db_begin(w->db, &e), e);
    bool ok = rq->route->handle(rq, &e);
    if (ok)
        assert_ok(db_commit(w->db, &e), e);
    db_rollback(w->db);
    if (rq->reply)
        json_keep(w->arena, rq->reply);
    return ok;
}

static const char *text(struct world *w, const char *name) {
    struct slice content = fixture(w->arena, name);
    return arena_strndup(w->arena, (const char *)content.p, content.len);
}

static json_t *body(struct world *w, const char *certificate, const char *key) {
    json_t *body = json_pack("{s:s}", "certificate", text(w, certificate));
    if (key)
        json_object_set_new(body, "key", json_string(text(w, key)));
    return body;
}

/* With its key, which has been there for long: it expired in the past. */
static struct certificate imported(struct world *w, const char *key, const char *url) {
    struct request rq;
    struct certificate c;
    json_t *import = body(w, "leaf-expired.pem", key);
    json_object_set_new(import, "kind", json_string("pca"));
    if (url)
        json_object_set_new(import, "source_url", json_string(url));
    assert_ok(call(w, "POST", "/v1/certificates", import, &rq), e);
    const char *id = json_string_value(json_object_get(rq.reply, "id"));
    assert_ok(certificate_get(w->db, w->arena, ACCOUNT, id, &c, &e), e);
    return c;
}

static bool sync_now(struct world *w, const char *id, json_t *given, struct request *rq) {
    return call(w, "POST", arena_printf(w->arena, "/v1/certificates/%s/sync", id), given, rq);
}

static struct certificate again(struct world *w, const struct certificate *c) {
    struct certificate now;
    assert_ok(certificate_get(w->db, w->arena, ACCOUNT, c->id, &now, &e), e);
    return now;
}

static struct pca_source source_of(struct world *w, const struct certificate *c) {
    struct pca_source s;
    assert_ok(pca_source_of(w->db, w->arena, c->id, &s, &e), e);
    return s;
}

/* One turn of the step, as the engine runs it; a failure is noted as it does. */
static struct work turn(struct world *w, const struct pca_source *s) {
    struct work_item item = {.subject = s->id, .account_id = ACCOUNT, .step = "sync"};
    struct work work = {.arena = w->arena, .services = &w->services, .db = w->db, .now = NOW, .item = &item};
    struct error cause = {0};
    work.outcome = OUTCOME_NEXT;
    bool fetched = pca_source_fetch(&work, &cause);
    assert_ok(db_begin(w->db, &e), e);
    bool ok = fetched && pca_source_take(&work, &cause);
    if (!ok) {
        db_rollback(w->db);
        assert_ok(db_begin(w->db, &e), e);
        assert_ok(pca_source_failed(&work, &cause, &e), e);
    }
    assert_ok(db_commit(w->db, &e), e);
    if (!ok)
        work.outcome = OUTCOME_RETRY;
    return work;
}

/* ---- by hand ---- */

static void what_a_person_brings_becomes_the_next_version(void **state) {
    struct world *w = *state;
    struct certificate c = imported(w, "key-p256.pem", NULL);
    struct request rq;
    assert_string_equal(c.kind, "pca");
    assert_ok(sync_now(w, c.id, body(w, "leaf-p256.pem", NULL), &rq), e);
    assert_int_equal(rq.status, 200);
    c = again(w, &c);
    assert_int_equal(c.version_count, 2);
    assert_true(c.key_held);
    assert_string_equal(source_of(w, &c).last_result, SYNC_UPDATED);
    assert_fails(sync_now(w, c.id, body(w, "leaf-p256.pem", NULL), &rq), e, ERR_ALREADY_EXISTS);
}

static void what_is_older_or_has_another_key_is_refused(void **state) {
    struct world *w = *state;
    struct certificate c = imported(w, "key-p256.pem", NULL);
    struct request rq;
    assert_fails(sync_now(w, c.id, body(w, "leaf-rsa2048.pem", NULL), &rq), e, ERR_KEY_MISMATCH);
    assert_ok(sync_now(w, c.id, body(w, "leaf-rsa2048.pem", "key-rsa2048.pem"), &rq), e);
    assert_fails(sync_now(w, c.id, body(w, "leaf-p256.pem", NULL), &rq), e, ERR_NOT_NEWER);
    assert_int_equal(again(w, &c).version_count, 2);
}

static void where_no_key_is_held_any_key_will_do(void **state) {
    struct world *w = *state;
    struct certificate c = imported(w, NULL, NULL);
    struct request rq;
    assert_ok(sync_now(w, c.id, body(w, "leaf-rsa2048.pem", NULL), &rq), e);
    assert_false(again(w, &c).key_held);
}

static void only_a_private_cas_certificate_has_a_source(void **state) {
    struct world *w = *state;
    struct request rq;
    json_t *import = body(w, "leaf-p256.pem", NULL);
    json_object_set_new(import, "source_url", json_string("https://ca.example.com/leaf.pem"));
    assert_fails(call(w, "POST", "/v1/certificates", import, &rq), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "source_url");
    import = body(w, "leaf-p256.pem", NULL);
    json_object_set_new(import, "kind", json_string("official"));
    assert_fails(call(w, "POST", "/v1/certificates", import, &rq), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "kind");
    import = body(w, "leaf-p256.pem", NULL);
    json_object_set_new(import, "kind", json_string("pca"));
    json_object_set_new(import, "source_url", json_string("http://ca.example.com/leaf.pem"));
    assert_fails(call(w, "POST", "/v1/certificates", import, &rq), e, ERR_BAD_FIELD);
    import = body(w, "leaf-p256.pem", NULL);
    json_object_set_new(import, "kind", json_string("pca"));
    const char *too_long = arena_printf(w->arena, "https://ca.example.com/%02000d", 0);
    json_object_set_new(import, "source_url", json_string(too_long));
    assert_fails(call(w, "POST", "/v1/certificates", import, &rq), e, ERR_BAD_FIELD);
    struct certificate c = world_issue(w, (struct certificate){.names = "a.example.com"}, DAY);
    assert_fails(sync_now(w, c.id, NULL, &rq), e, ERR_NOT_PCA);
}

/* ---- fetched ---- */

static void what_the_ca_publishes_is_fetched_and_daily_looked_at(void **state) {
    struct world *w = *state;
    struct publisher p = publish(w, "200 OK", fixture(w->arena, "leaf-p256.pem"));
    struct certificate c = imported(w, "key-p256.pem", p.url);
    struct pca_source s = source_of(w, &c);
    struct work_item item;
    assert_ok(work_get(w->db, w->arena, s.id, &item, &e), e);
    assert_string_equal(item.step, "sync");
    assert_int_equal(item.due_at, NOW + DAY);
    struct work work = turn(w, &s);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    assert_int_equal(work.until, NOW + DAY);
    assert_int_equal(again(w, &c).version_count, 2);
    assert_string_equal(source_of(w, &c).last_result, SYNC_UPDATED);
    work = turn(w, &s);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    assert_int_equal(again(w, &c).version_count, 2);
    assert_string_equal(source_of(w, &c).last_result, SYNC_UNCHANGED);
    end(&p);
}

static void an_older_one_that_is_published_is_no_error(void **state) {
    struct world *w = *state;
    struct publisher p = publish(w, "200 OK", fixture(w->arena, "leaf-expired.pem"));
    struct request rq;
    json_t *import = body(w, "leaf-p256.pem", NULL);
    json_object_set_new(import, "kind", json_string("pca"));
    json_object_set_new(import, "source_url", json_string(p.url));
    assert_ok(call(w, "POST", "/v1/certificates", import, &rq), e);
    struct certificate c = {.id = json_string_value(json_object_get(rq.reply, "id"))};
    struct pca_source s = source_of(w, &c);
    assert_int_equal(turn(w, &s).outcome, OUTCOME_WAIT);
    assert_string_equal(source_of(w, &c).last_result, SYNC_UNCHANGED);
    end(&p);
}

static void asked_by_a_person_it_is_due_at_once(void **state) {
    struct world *w = *state;
    struct certificate c = imported(w, "key-p256.pem", NULL);
    struct request rq;
    struct work_item item;
    assert_fails(sync_now(w, c.id, NULL, &rq), e, ERR_BAD_FIELD);
    assert_ok(sync_now(w, c.id, json_pack("{s:s}", "source_url", "https://ca.example.com/leaf.pem"), &rq), e);
    assert_int_equal(rq.status, 202);
    assert_ok(work_get(w->db, w->arena, source_of(w, &c).id, &item, &e), e);
    assert_int_equal(item.due_at, NOW);
    assert_string_equal(source_of(w, &c).url, "https://ca.example.com/leaf.pem");
}

static void what_went_wrong_is_noted_and_changes_nothing(void **state) {
    struct world *w = *state;
    size_t big = (1 << 20) + 1;
    const struct {
        const char *status;
        struct slice content;
        const char *result;
    } rows[] = {
        {"404 Not Found", fixture(w->arena, "leaf-p256.pem"), "unreachable"},
        {"200 OK", slice_str("no certificate"), "malformed_certificate"},
        {"200 OK", slice_of(arena_alloc(w->arena, big), big), "malformed_certificate"},
        {"200 OK", fixture(w->arena, "leaf-rsa2048.pem"), "key_mismatch"},
    };
    struct certificate c = imported(w, "key-p256.pem", "https://ca.example.com/leaf.pem");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct publisher p = publish(w, rows[i].status, rows[i].content);
        struct pca_source s = source_of(w, &c);
        assert_ok(pca_source_set_url(w->db, &s, p.url, &e), e);
        assert_int_equal(turn(w, &s).outcome, OUTCOME_RETRY);
        s = source_of(w, &c);
        assert_string_equal(s.last_result, rows[i].result);
        assert_true(*s.detail_en && *s.detail_zh);
        end(&p);
    }
    assert_int_equal(again(w, &c).version_count, 1);
}

static void a_deleted_certificate_takes_its_source_along(void **state) {
    struct world *w = *state;
    struct certificate c = imported(w, NULL, "https://ca.example.com/leaf.pem");
    struct pca_source s = source_of(w, &c), gone;
    assert_ok(certificate_delete(w->db, w->arena, &c, &e), e);
    assert_ok(pca_source_of(w->db, w->arena, c.id, &gone, &e), e);
    assert_null(gone.id);
    assert_int_equal(turn(w, &s).outcome, OUTCOME_DONE);
}

static int open_world(void **state) {
    int failed = world_open(state);
    struct world *w = *state;
    if (!failed)
        w->services.outbound = &outbound_anywhere;
    return failed;
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, world_close)

TEST_MAIN(pca_source, in_world(what_a_person_brings_becomes_the_next_version),
          in_world(what_is_older_or_has_another_key_is_refused),
          in_world(where_no_key_is_held_any_key_will_do),
          in_world(only_a_private_cas_certificate_has_a_source),
          in_world(what_the_ca_publishes_is_fetched_and_daily_looked_at),
          in_world(an_older_one_that_is_published_is_no_error), in_world(asked_by_a_person_it_is_due_at_once),
          in_world(what_went_wrong_is_noted_and_changes_nothing),
          in_world(a_deleted_certificate_takes_its_source_along))
