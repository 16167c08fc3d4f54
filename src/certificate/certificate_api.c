/* Certificates over HTTP. */
#include "audit/audit.h"
#include "certificate/import_body.h"
#include "certificate/pca_source.h"
#include "http/client.h"
#include "http/list.h"
#include "pki/crl.h"
#include <sodium.h>
#include <stdlib.h>

enum { TAGS_MAX = 32, TAG_BYTES_MAX = 64 };

/* ---- what every answer is made of ---- */

/* The members that are for answers only. */
static void derive_shown(struct certificate *c, int64_t now, enum lang lang) {
    const struct state_row *state = state_row(certificate_state(c, now));
    const struct text *at_risk = certificate_at_risk(c, now);
    c->state = state->name;
    c->state_title = state->title.in[lang];
    c->at_risk = at_risk ? at_risk->in[lang] : NULL;
    c->waits_detail = lang == LANG_ZH ? c->waits_detail_zh : c->waits_detail_en;
    c->lapsed = certificate_lapsed(c, now);
    c->revoked_for = c->revoke_asked_at || c->revoked_at ? crl_reason_name((int)c->revoke_reason) : NULL;
    c->days_left = !c->expires_at ? -1 : c->expires_at > now ? (c->expires_at - now) / DAY : 0;
}

json_t *certificate_json(struct arena *a, const struct certificate *c, int64_t now, enum lang lang) {
    struct certificate shown = *c;
    derive_shown(&shown, now, lang);
    return json_from_row(a, certificate_fields, &shown);
}

bool certificate_of_path(struct request *rq, struct certificate *c, struct error *e) {
    return certificate_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], c, e);
}

static json_t *shown(struct request *rq, const struct certificate *c) {
    return certificate_json(rq->arena, c, rq->now, rq->lang);
}

/* The same, to stand in the audit log as what was before. */
static const json_t *shown_before(struct request *rq, const struct certificate *c) {
    return json_keep(rq->arena, shown(rq, c));
}

static bool reply_changed(struct request *rq, const char *action, const json_t *before,
                          const struct certificate *after, struct error *e) {
    rq->reply = shown(rq, after);
    return audit_change(rq, action, after->id, before, rq->reply, e);
}

/* ---- lists ---- */

static const struct field list_query[] = {
    FIELD(TEXT, certificate_filter, kind, 0, "official, uploaded, test, pca, discovered", "类型"),
    FIELD(TEXT, certificate_filter, state, 0, "State: issued, pending_expiration …", "状态"),
    FIELD(TEXT, certificate_filter, tag, 0, "A tag", "标签"),
    FIELD(TEXT, certificate_filter, text, 0, "Beginnings of names, tags, brand, serial number, fingerprint",
          "域名、标签、品牌、序列号或指纹的开头"),
    FIELD(TEXT, certificate_filter, name, 0, "Covers this host", "覆盖该域名"),
    FIELD(INT, certificate_filter, days_left_max, 0, "Expires in so many days or less", "剩余天数不超过"),
    FIELD(BOOL, certificate_filter, renewable, 0, "Can be renewed now", "当前可续费"),
    FIELD(TEXT, certificate_filter, sort, 0, "created, expiry", "排序:created、expiry"),
    FIELD(BOOL, certificate_filter, below, 0,
          "Each with its `followers`: the successors, one after another, three at most",
          "同时返回各证书的 followers:依次接替它的证书,最多三张"),
    FIELD_END,
};

static const char *query_text(struct request *rq, const char *name) {
    const char *value = rq->query(rq, name);
    return value && *value ? value : NULL;
}

static bool query_flag(struct request *rq, const char *name, bool *flag, struct error *e) {
    const char *value = query_text(rq, name);
    *flag = value && strcmp(value, "true") == 0;
    return !value || *flag || strcmp(value, "false") == 0 ||
           fail_field(e, name, ERR_BAD_FIELD, "'%s' must be true or false", "“%s”必须是 true 或 false", name);
}

static bool read_filter(struct request *rq, struct certificate_filter *f, struct error *e) {
    struct list_page page;
    *f = (struct certificate_filter){
        .kind = query_text(rq, "kind"),
        .state = query_text(rq, "state"),
        .tag = query_text(rq, "tag"),
        .text = query_text(rq, "text"),
        .name = query_text(rq, "name"),
        .sort = query_text(rq, "sort"),
    };
    if (!list_page(rq, &page, e) ||
        !query_number(rq, "days_left_max", -1, 0, INT32_MAX, &f->days_left_max, e) ||
        !query_flag(rq, "renewable", &f->renewable, e) || !query_flag(rq, "below", &f->below, e))
        return false;
    f->limit = (int64_t)page.limit;
    f->cursor = page.cursor;
    return true;
}

enum { FOLLOWERS_MAX = 3 }; /* the years of an order */

/* What takes the place of a certificate, in the order of time; one that was deleted ends the row. */
static bool add_followers(struct request *rq, const char *successor_id, json_t *followers, struct error *e) {
    struct certificate next;
    for (int i = 0; successor_id && i < FOLLOWERS_MAX; i++) {
        if (!certificate_get(rq->db, rq->arena, rq->caller.account_id, successor_id, &next, e))
            return e->id == ERR_NOT_FOUND;
        json_array_append_new(followers, shown(rq, &next));
        successor_id = next.successor_id;
    }
    return true;
}

static bool reply_below(struct request *rq, const struct certificate *items, size_t count, const char *next,
                        struct error *e) {
    json_t *list = json_array();
    rq->reply = json_pack("{s:o,s:o}", "items", list, "next", json_string_of(rq->arena, next));
    for (size_t i = 0; i < count; i++) {
        json_t *item = shown(rq, &items[i]), *followers = json_array();
        json_object_set_new(item, "followers", followers);
        json_array_append_new(list, item);
        if (!add_followers(rq, items[i].successor_id, followers, e))
            return false;
    }
    return true;
}

static bool list_certificates(struct request *rq, struct error *e) {
    struct certificate_filter filter;
    struct certificate *items;
    size_t count;
    const char *next;
    if (!read_filter(rq, &filter, e) ||
        !certificate_page(rq->db, rq->arena, rq->services->policies, rq->caller.account_id, &filter, rq->now,
                          &items, &count, &next, e))
        return false;
    if (filter.below)
        return reply_below(rq, items, count, next, e);
    for (size_t i = 0; i < count; i++)
        derive_shown(&items[i], rq->now, rq->lang);
    list_reply_text(rq, certificate_fields, sizeof *items, items, count, next);
    return true;
}

/* ---- one certificate ---- */

/* Null where there is no such neighbour. */
static bool add_neighbour(struct request *rq, const char *member, const char *id, struct error *e) {
    struct certificate neighbour;
    json_t *json = json_null();
    if (id) {
        if (!certificate_get(rq->db, rq->arena, rq->caller.account_id, id, &neighbour, e))
            return false;
        json = shown(rq, &neighbour);
    }
    json_object_set_new(rq->reply, member, json);
    return true;
}

static bool add_current_version(struct request *rq, const struct certificate *c, struct error *e) {
    struct version v;
    json_t *json = json_null();
    if (c->version_id) {
        if (!version_get(rq->db, rq->arena, c->account_id, c->version_id, &v, e))
            return false;
        json = json_from_row(rq->arena, version_fields, &v);
    }
    json_object_set_new(rq->reply, "version", json);
    return true;
}

static bool add_source(struct request *rq, const struct certificate *c, struct error *e) {
    struct pca_source source;
    if (strcmp(c->kind, "pca") != 0)
        return true;
    if (!pca_source_of(rq->db, rq->arena, c->id, &source, e))
        return false;
    json_object_set_new(rq->reply, "source", pca_source_json(rq->arena, &source, rq->lang));
    return true;
}

static bool show_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    if (!certificate_of_path(rq, &c, e))
        return false;
    rq->reply = shown(rq, &c);
    return add_neighbour(rq, "predecessor", c.predecessor_id, e) &&
           add_neighbour(rq, "successor", c.successor_id, e) && add_current_version(rq, &c, e) &&
           add_source(rq, &c, e);
}

static bool list_versions(struct request *rq, struct error *e) {
    struct certificate c;
    struct version *versions;
    size_t count;
    if (!certificate_of_path(rq, &c, e) || !version_list(rq->db, rq->arena, c.id, &versions, &count, e))
        return false;
    list_reply(rq, version_fields, sizeof *versions, versions, count, NULL);
    return true;
}

struct action_answer {
    const char *action, *title;
    bool allowed;
    const char *codes, *detail;
};

static const struct field action_fields[] = {
    FIELD(TEXT, action_answer, action, FIELD_COLUMN, "Action", "操作"),
    FIELD(TEXT, action_answer, title, 0, "Its title", "操作名称"),
    FIELD(BOOL, action_answer, allowed, FIELD_COLUMN, "Allowed now", "当前允许"),
    FIELD(WORDS, action_answer, codes, FIELD_COLUMN, "Why not: all reasons", "不允许的原因"),
    FIELD(TEXT, action_answer, detail, 0, "Why not, and the way out", "原因与解决办法"),
    FIELD_END,
};

static const char *codes_of(struct arena *a, const struct error *e) {
    const char *codes = "";
    for (int i = 0; i < e->id_count; i++)
        codes = arena_printf(a, "%s%s%s", codes, i ? " " : "", error_row(e->ids[i])->code);
    return codes;
}

static struct action_answer ask_action(struct request *rq, enum action action, const struct certificate *c,
                                       const struct profile *profile) {
    struct error refusal = {0};
    struct action_answer answer = {
        .action = action_name(action),
        .title = action_title(action)->in[rq->lang],
        .allowed = action_allowed(action, c, profile, rq->now, &refusal),
    };
    answer.codes = codes_of(rq->arena, &refusal);
    answer.detail = answer.allowed ? NULL : arena_strdup(rq->arena, refusal.detail[rq->lang]);
    return answer;
}

static bool list_actions(struct request *rq, struct error *e) {
    struct certificate c;
    const struct profile *profile;
    struct action_answer answers[ACTION_COUNT];
    if (!certificate_of_path(rq, &c, e) || !certificate_profile(rq->services->policies, &c, &profile, e))
        return false;
    for (enum action action = 0; action < ACTION_COUNT; action++)
        answers[action] = ask_action(rq, action, &c, profile);
    list_reply(rq, action_fields, sizeof *answers, answers, ACTION_COUNT, NULL);
    return true;
}

/* ---- import and update ---- */

static const struct field update_body[] = {IMPORT_FIELDS, FIELD_END};
static const struct field import_body[] = {
    IMPORT_FIELDS,
    FIELD(WORDS, import_body, tags, 0, "Tags", "标签"),
    FIELD(TEXT, import_body, kind, 0, "uploaded (unless given), or pca: made by a private CA",
          "uploaded(默认)或 pca(私有 CA 签发)"),
    FIELD(TEXT, import_body, source_url, 0, "Where the private CA publishes newer versions (https)",
          "私有 CA 发布新版本的地址(https)"),
    FIELD_END,
};

static bool check_tags(const char *tags, struct error *e) {
    struct slice tag;
    if (names_count(tags) > TAGS_MAX)
        return fail_field(e, "tags", ERR_BAD_FIELD, "a certificate may have %d tags",
                          "每张证书最多 %d 个标签", TAGS_MAX);
    for (const char *rest = tags; names_next(&rest, &tag);)
        if (tag.len > TAG_BYTES_MAX)
            return fail_field(e, "tags", ERR_BAD_FIELD, "a tag may have %d bytes", "标签不能超过 %d 字节",
                              TAG_BYTES_MAX);
    return true;
}

static bool decode_base64(struct arena *a, const char *text, struct slice *bytes, struct error *e) {
    size_t room = strlen(text) / 4 * 3 + 3, len;
    uint8_t *p = secret_bytes(secret_new(a, NULL, room)); /* a PKCS#12 may be without a pass phrase */
    if (sodium_base642bin(p, room, text, strlen(text), " \r\n", &len, NULL, sodium_base64_VARIANT_ORIGINAL) !=
        0)
        return fail_field(e, "certificate_base64", ERR_BAD_FIELD, "it is not base64", "不是有效的 base64");
    *bytes = slice_of(p, len);
    return true;
}

static bool read_certificate(struct arena *a, const struct import_body *body, struct slice *bytes,
                             struct error *e) {
    if (!body->certificate == !body->certificate_base64)
        return fail_field(e, "certificate", ERR_BAD_FIELD, "give either certificate or certificate_base64",
                          "请提供 certificate 或 certificate_base64 之一");
    if (body->certificate_base64)
        return decode_base64(a, body->certificate_base64, bytes, e);
    *bytes = slice_str(body->certificate);
    return true;
}

static bool check_kind(const struct import_body *body, struct error *e) {
    bool pca = body->kind && strcmp(body->kind, "pca") == 0;
    if (body->kind && !pca && strcmp(body->kind, "uploaded") != 0)
        return fail_field(e, "kind", ERR_BAD_FIELD, "'%s' must be uploaded or pca",
                          "“%s”必须是 uploaded 或 pca", body->kind);
    if (!body->source_url)
        return true;
    if (!pca)
        return fail_field(e, "source_url", ERR_BAD_FIELD, "a source goes with the kind pca only",
                          "仅类型为 pca 的证书可以提供来源地址");
    return http_url_check("source_url", body->source_url, e);
}

bool import_body_read(struct request *rq, const struct import_body *body, struct intake **intake,
                      struct error *e) {
    struct arena *a = rq->arena;
    struct slice certificate = {0};
    struct secret *pass_phrase =
        body->pass_phrase ? secret_new(a, body->pass_phrase, strlen(body->pass_phrase)) : NULL;
    *intake = ARENA_NEW(a, struct intake);
    return read_certificate(a, body, &certificate, e) &&
           intake_prepare(rq->services, a, rq->caller.account_id, certificate, slice_str(body->key),
                          pass_phrase, rq->now, *intake, e);
}

static bool prepare_intake(struct request *rq, struct error *e) {
    struct import_body body = {.tags = ""};
    struct intake *intake;
    if (!json_to_row(rq->arena, rq->json, rq->route->body, &body, e) || !check_kind(&body, e))
        return false;
    const char *tags = body.tags ? body.tags : "";
    if (!check_tags(tags, e) || !import_body_read(rq, &body, &intake, e))
        return false;
    intake->tags = tags;
    intake->kind = body.kind;
    intake->source_url = body.source_url;
    rq->prepared = intake;
    return true;
}

static bool import_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    rq->status = 201;
    return intake_store(rq->services, rq->arena, rq->caller.account_id, rq->prepared, rq->now, &c, e) &&
           reply_changed(rq, "certificate.import", NULL, &c, e);
}

static bool update_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    if (!certificate_of_path(rq, &c, e))
        return false;
    const json_t *before = shown_before(rq, &c);
    return intake_update(rq->services, rq->arena, rq->prepared, rq->now, &c, e) &&
           reply_changed(rq, "certificate.update", before, &c, e);
}

/* ---- download ---- */

struct download_body {
    const char *format, *pass_phrase;
};

static const struct field download_body[] = {
    FIELD(TEXT, download_body, format, FIELD_REQUIRED,
          "pem, nginx, apache, haproxy, cert, chain, key, root, der, pkcs12, pkcs12_legacy", "格式"),
    FIELD(TEXT, download_body, pass_phrase, FIELD_SECRET, "Pass phrase of the PKCS#12", "PKCS#12 的密码"),
    FIELD_END,
};

struct prepared_download {
    const char *format;
    struct download download;
};

/* The signer is asked before the transaction. */
static bool prepare_download(struct request *rq, struct error *e) {
    struct arena *a = rq->arena;
    struct certificate c;
    struct download_body body = {0};
    struct prepared_download *p = ARENA_NEW(a, struct prepared_download);
    if (!json_to_row(a, rq->json, download_body, &body, e) || !certificate_of_path(rq, &c, e))
        return false;
    struct secret *pass_phrase =
        body.pass_phrase ? secret_new(a, body.pass_phrase, strlen(body.pass_phrase)) : NULL;
    p->format = body.format;
    rq->prepared = p;
    return download_make(rq->services, a, &c, body.format, pass_phrase, &p->download, e);
}

/* Nobody gets a key without an entry in the log. */
static bool download_certificate(struct request *rq, struct error *e) {
    const struct prepared_download *p = rq->prepared;
    const json_t *taken =
        json_keep(rq->arena, json_pack("{sssb}", "format", p->format, "key", p->download.holds_key));
    rq->raw = p->download.content;
    rq->content_type = p->download.content_type;
    rq->file_name = p->download.file_name;
    return audit_change(rq, "certificate.download", rq->path_args[0], NULL, taken, e);
}

/* ---- tags, deletion ---- */

static const struct field tags_body[] = {
    FIELD(WORDS, import_body, tags, FIELD_REQUIRED, "Tags", "标签"),
    FIELD_END,
};

static bool set_tags(struct request *rq, struct error *e) {
    struct certificate c;
    struct import_body body = {.tags = ""};
    if (!json_to_row(rq->arena, rq->json, tags_body, &body, e) || !check_tags(body.tags, e) ||
        !certificate_of_path(rq, &c, e))
        return false;
    const json_t *before = shown_before(rq, &c);
    return certificate_set_tags(rq->db, rq->arena, &c, body.tags, e) &&
           reply_changed(rq, "certificate.tag", before, &c, e);
}

struct delete_query {
    bool force;
};

static const struct field delete_query[] = {
    FIELD(BOOL, delete_query, force, 0, "Even if a target still serves it", "即使仍有部署目标在使用"),
    FIELD_END,
};

/* Force overrides the targets, and nothing else. */
static bool deletion_allowed(struct request *rq, const struct certificate *c, bool force, struct error *e) {
    const struct profile *profile;
    return certificate_profile(rq->services->policies, c, &profile, e) &&
           (action_allowed(ACTION_DELETE, c, profile, rq->now, e) || (force && e->id == ERR_STILL_DEPLOYED));
}

static bool delete_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    bool force;
    if (!query_flag(rq, "force", &force, e) || !certificate_of_path(rq, &c, e) ||
        !deletion_allowed(rq, &c, force, e))
        return false;
    rq->status = 204;
    return certificate_delete(rq->db, rq->arena, &c, e) &&
           work_enqueue(rq->db, c.account_id, c.id, "apply", rq->now, e) && /* closes what is open of it */
           audit_change(rq, "certificate.delete", c.id, shown_before(rq, &c), NULL, e);
}

const struct route certificate_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_certificates,
     .query = list_query,
     .answer = certificate_fields,
     .summary = TEXT("Certificates. A page may be short, or empty, and have a next one all the same",
                     "证书列表。有下一页时,当前页也可能不满或为空")},
    {.method = "POST",
     .path = "/v1/certificates",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .prepare = prepare_intake,
     .handle = import_certificate,
     .body = import_body,
     .answer = certificate_fields,
     .body_max = 2 * IMPORT_BYTES_MAX,
     .summary = TEXT("Imports a certificate, with its key or without", "上传证书,可附带私钥")},
    {.method = "GET",
     .path = "/v1/certificates/{id}",
     .access = ACCESS_READ,
     .handle = show_certificate,
     .answer = certificate_fields,
     .summary = TEXT("A certificate, with predecessor, successor and current version",
                     "证书详情,含原证书、续费证书和当前版本")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/versions",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_versions,
     .answer = version_fields,
     .summary = TEXT("All versions of a certificate, newest first", "证书的全部版本,新版本在前")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/actions",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_actions,
     .answer = action_fields,
     .summary =
         TEXT("What may be done with a certificate now, and why not", "当前可执行的操作及不可执行的原因")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/download",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_RAW | ROUTE_SHOWN_ONCE,
     .prepare = prepare_download,
     .handle = download_certificate,
     .body = download_body,
     .summary = TEXT("Downloads a certificate in a format, some with the private key",
                     "按指定格式下载证书,部分格式含私钥")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/update",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_intake,
     .handle = update_certificate,
     .body = update_body,
     .answer = certificate_fields,
     .body_max = 2 * IMPORT_BYTES_MAX,
     .summary = TEXT("Gives an uploaded certificate a new version", "为上传的证书更新版本")},
    {.method = "PUT",
     .path = "/v1/certificates/{id}/tags",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = set_tags,
     .body = tags_body,
     .answer = certificate_fields,
     .summary = TEXT("Sets the tags of a certificate", "设置证书标签")},
    {.method = "DELETE",
     .path = "/v1/certificates/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = delete_certificate,
     .query = delete_query,
     .summary = TEXT("Deletes a certificate that is over, or was brought in", "删除已失效或上传的证书")},
    {.method = NULL},
};
