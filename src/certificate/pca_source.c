/* The step that looks whether a private CA has published a newer version. */
#include "certificate/pca_source.h"
#include "http/client.h"

enum { FETCH_TIMEOUT_MS = 20000, FETCH_MAX = 1 << 20 };

/* From act to save. */
struct fetched {
    bool done; /* there was something to fetch */
    struct intake intake;
};

static bool check_reply(const struct pca_source *s, const struct http_reply *reply, struct error *e) {
    if (reply->status != 200)
        return fail(e, ERR_UNREACHABLE, "%s answers with HTTP status %d", "%s 返回 HTTP 状态 %d", s->url,
                    reply->status);
    return !reply->cut || fail(e, ERR_MALFORMED_CERTIFICATE, "%s gives more than %d bytes",
                               "%s 返回的内容超过 %d 字节", s->url, FETCH_MAX);
}

/* A key may be where the certificate is published, by mistake or not: it is not taken from there. */
static bool take_in(struct work *w, const struct pca_source *s, struct slice bytes, struct intake *intake,
                    struct error *e) {
    return intake_prepare(w->services, w->arena, s->account_id, bytes, slice_of(NULL, 0), NULL, w->now,
                          intake, e);
}

const char *pca_source_party(struct work *w) {
    return arena_printf(w->arena, "source %s", w->item->subject);
}

bool pca_source_fetch(struct work *w, struct error *e) {
    struct fetched *f = w->prepared = ARENA_NEW(w->arena, struct fetched);
    struct pca_source s;
    struct http_reply reply;
    if (!pca_source_find(w->db, w->arena, w->item->subject, &s, e))
        return false;
    if (!s.id || !s.url)
        return true;
    const struct http_request request = {.method = "GET",
                                         .url = s.url,
                                         .timeout_ms = FETCH_TIMEOUT_MS,
                                         .reply_max = FETCH_MAX,
                                         .cut_allowed = true};
    f->done = http_call(client_new(w->arena, w->services->outbound), w->arena, &request, &reply, e) &&
              check_reply(&s, &reply, e) && take_in(w, &s, reply.body, &f->intake, e);
    return f->done;
}

static bool is_newer(const struct certificate *c, const struct cert *leaf) {
    return strcmp(c->fingerprint, leaf->fingerprint) != 0 && leaf->end > c->version_end;
}

/* False in `there` if the certificate was deleted meanwhile. */
static bool read_certificate(struct work *w, const struct pca_source *s, struct certificate *c, bool *there,
                             struct error *e) {
    *there = s->id && certificate_get_any(w->db, w->arena, s->certificate_id, c, e);
    if (*there || !s->id)
        return true;
    return error_absent(e);
}

bool pca_source_take(struct work *w, struct error *e) {
    const struct fetched *f = w->prepared;
    struct pca_source s;
    struct certificate c;
    bool there;
    if (!pca_source_find(w->db, w->arena, w->item->subject, &s, e) || !read_certificate(w, &s, &c, &there, e))
        return false;
    if (!there || !f->done)
        return work_goes(w, OUTCOME_DONE);
    bool newer = is_newer(&c, &f->intake.import.leaf);
    return (!newer || intake_sync(w->services, w->arena, &f->intake, w->now, &c, e)) &&
           pca_source_note(w->db, &s, newer ? SYNC_UPDATED : SYNC_UNCHANGED, NULL, w->now, e) &&
           work_until(w, w->now + DAY);
}

bool pca_source_failed(struct work *w, const struct error *cause, struct error *e) {
    struct pca_source s;
    return pca_source_find(w->db, w->arena, w->item->subject, &s, e) &&
           (!s.id || pca_source_note(w->db, &s, error_row(cause->id)->code, cause, w->now, e));
}
