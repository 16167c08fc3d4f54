/* Synchronising a certificate of a private CA over HTTP. */
#include "audit/audit.h"
#include "certificate/import_body.h"
#include "certificate/pca_source.h"
#include "http/client.h"

static const struct field source_fields[] = {
    FIELD(TEXT, pca_source, url, 0, "Where newer versions are fetched", "获取新版本的地址"),
    FIELD(TIME, pca_source, last_sync_at, 0, "Last synchronised", "最近同步时间"),
    FIELD(TEXT, pca_source, last_result, 0, "updated, unchanged or an error code",
          "updated、unchanged 或错误码"),
    FIELD(TEXT, pca_source, detail, 0, "What was wrong", "错误详情"),
    FIELD_END,
};

json_t *pca_source_json(struct arena *a, const struct pca_source *s, enum lang lang) {
    struct pca_source shown = *s;
    shown.detail = lang == LANG_ZH ? s->detail_zh : s->detail_en;
    return s->id ? json_from_row(a, source_fields, &shown) : json_null();
}

static const struct field sync_body[] = {
    IMPORT_FIELDS,
    FIELD(TEXT, import_body, source_url, 0, "Fetch it there from now on (https)", "今后从该地址获取(https)"),
    FIELD_END,
};

struct prepared_sync {
    struct intake *intake; /* NULL: it is to be fetched */
    const char *url;       /* or NULL */
};

static bool prepare_sync(struct request *rq, struct error *e) {
    struct import_body body = {.tags = ""};
    struct prepared_sync *p = ARENA_NEW(rq->arena, struct prepared_sync);
    if (!json_to_row(rq->arena, rq->json, sync_body, &body, e) ||
        (body.source_url && !http_url_check("source_url", body.source_url, e)))
        return false;
    p->url = body.source_url;
    rq->prepared = p;
    return (!body.certificate && !body.certificate_base64) || import_body_read(rq, &body, &p->intake, e);
}

/* What a person brings counts as a look of its own, and its refusal as an answer to that person. */
static bool take_given(struct request *rq, const struct pca_source *s, const struct intake *intake,
                       struct certificate *c, struct error *e) {
    rq->status = 200;
    return intake_sync(rq->services, rq->arena, intake, rq->now, c, e) &&
           pca_source_note(rq->db, s, SYNC_UPDATED, NULL, rq->now, e);
}

static bool fetch_soon(struct request *rq, const struct pca_source *s, struct error *e) {
    rq->status = 202;
    if (!s->url)
        return fail_field(e, "certificate", ERR_BAD_FIELD,
                          "%s has no address to fetch from: give the certificate, or source_url",
                          "%s 没有获取地址:请提供 certificate 或 source_url", s->certificate_id);
    return work_enqueue(rq->db, s->account_id, s->id, "sync", rq->now, e);
}

static bool set_url(struct request *rq, const char *url, struct pca_source *s, struct error *e) {
    if (!url)
        return true;
    s->url = url;
    return pca_source_set_url(rq->db, s, url, e) &&
           work_enqueue(rq->db, s->account_id, s->id, "sync", rq->now, e);
}

static bool check_allowed(struct request *rq, const struct certificate *c, struct error *e) {
    const struct profile *profile;
    return certificate_profile(rq->services->policies, c, &profile, e) &&
           action_allowed(ACTION_SYNC, c, profile, rq->now, e);
}

static bool synchronise(struct request *rq, struct error *e) {
    const struct prepared_sync *p = rq->prepared;
    struct certificate c;
    struct pca_source s;
    if (!certificate_of_path(rq, &c, e) || !check_allowed(rq, &c, e) ||
        !pca_source_of(rq->db, rq->arena, c.id, &s, e) || !set_url(rq, p->url, &s, e))
        return false;
    bool done = p->intake ? take_given(rq, &s, p->intake, &c, e) : fetch_soon(rq, &s, e);
    if (!done || !pca_source_of(rq->db, rq->arena, c.id, &s, e))
        return false;
    rq->reply = certificate_json(rq->arena, &c, rq->now, rq->lang);
    json_object_set_new(rq->reply, "source", pca_source_json(rq->arena, &s, rq->lang));
    return audit_change(rq, "certificate.sync", c.id, NULL, rq->reply, e);
}

const struct route pca_source_routes[] = {
    {.method = "POST",
     .path = "/v1/certificates/{id}/sync",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_sync,
     .handle = synchronise,
     .body = sync_body,
     .answer = certificate_fields,
     .body_max = 2 * IMPORT_BYTES_MAX,
     .summary =
         TEXT("Brings a certificate of a private CA up to date: from what is given, or from its address",
              "同步私有 CA 证书:使用所提供的证书,或从其地址获取")},
    {.method = NULL},
};
