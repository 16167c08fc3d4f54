/*
 * New versions of everything that an issuer, or anybody, has issued: its CA revokes at large, or is not
 * trusted any more. A part of the certificates at a time; how quickly the orders follow is a matter of the
 * CA's limits.
 */
#include "apply/apply.h"
#include "audit/audit.h"
#include "issue/fleet.h"
#include "order/order.h"

enum { PART = 100, SERVER_ERRORS = 500 };

struct reissue_body {
    const char *issuer, *after;
    bool all, dry_run;
    int64_t issued_before;
};

const struct field fleet_reissue_body[] = {
    FIELD(TEXT, reissue_body, issuer, 0, "Of this issuer", "该签发机构签发的证书"),
    FIELD(BOOL, reissue_body, all, 0, "Of all issuers", "所有签发机构"),
    FIELD(
        TIME, reissue_body, issued_before, 0,
        "Versions that were issued before; now, if it is absent: say the same again to go on, or to repeat it",
        "在此时间之前签发的版本;省略表示当前时间;继续或重复时请使用相同的值"),
    FIELD(TEXT, reissue_body, after, 0, "Goes on behind this certificate: `next` of the last answer",
          "从此证书之后继续:上次应答中的 next"),
    FIELD(BOOL, reissue_body, dry_run, 0, "Only says which", "仅列出,不执行"),
    FIELD_END,
};

struct mass {
    struct request *rq;
    struct reissue_body body;
    json_t *reissued, *refused;
};

static bool check_body(struct request *rq, const struct reissue_body *body, struct error *e) {
    struct issuer issuer;
    if (!body->issuer == !body->all)
        return fail_field(e, "issuer", ERR_BAD_FIELD, "name an issuer, or say that all are meant",
                          "请指定签发机构,或指明全部");
    if (!body->issuer || issuer_get(rq->db, rq->arena, body->issuer, &issuer, e))
        return true;
    return error_absent(e) && fail_field(e, "issuer", ERR_BAD_FIELD, "there is no issuer '%s'",
                                         "没有签发机构“%s”", body->issuer);
}

/* The current version is of that issuer and time, and nothing newer is under way. */
static bool is_meant(struct mass *m, const struct certificate *c, bool *meant, struct error *e) {
    struct application *list;
    size_t count;
    *meant = false;
    if (c->version_end <= m->rq->now || c->revoke_asked_at || c->cancelled_at ||
        (c->next_issue_at && c->next_issue_at <= m->rq->now))
        return true;
    if (!application_list(m->rq->db, m->rq->arena, c->id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!list[i].closed_at) {
            *meant = false;
            return true;
        }
        if (list[i].version_id && strcmp(list[i].version_id, c->version_id) == 0)
            *meant = list[i].closed_at < m->body.issued_before &&
                     (m->body.all || strcmp(list[i].issuer, m->body.issuer) == 0);
    }
    return true;
}

/* What cannot be done for one holds up none of the others. */
static bool note_refusal(struct mass *m, const char *id, struct error *e) {
    if (error_row(e->id)->status >= SERVER_ERRORS)
        return false;
    json_array_append_new(m->refused, json_pack("{s:s,s:s,s:s}", "certificate", id, "code",
                                                error_row(e->id)->code, "detail", e->detail[m->rq->lang]));
    error_clear(e);
    return true;
}

static bool reissue_one(struct mass *m, struct certificate *c, struct error *e) {
    struct request *rq = m->rq;
    const struct order_request request = {.created_by = rq->caller.user_id};
    const struct profile *profile;
    bool done = m->body.dry_run ? certificate_profile(rq->services->policies, c, &profile, e) &&
                                      action_allowed(ACTION_REISSUE, c, profile, rq->now, e)
                                : order_reissue(rq->services, rq->arena, c, &request, rq->now, e);
    if (!done)
        return note_refusal(m, c->id, e);
    json_array_append_new(m->reissued, json_string(c->id));
    if (m->body.dry_run)
        return true;
    const json_t *after = json_keep(rq->arena, certificate_json(rq->arena, c, rq->now, rq->lang));
    return audit_change(rq, "certificate.reissue", c->id, NULL, after, e);
}

static bool look_at(struct mass *m, const char *id, struct error *e) {
    struct request *rq = m->rq;
    struct certificate c;
    bool meant;
    return certificate_get(rq->db, rq->arena, rq->caller.account_id, id, &c, e) &&
           is_meant(m, &c, &meant, e) && (!meant || reissue_one(m, &c, e));
}

bool fleet_reissue(struct request *rq, struct error *e) {
    struct mass m = {.rq = rq, .body = {.issued_before = rq->now, .after = ""}};
    struct certificate *rows;
    size_t count;
    if (!json_to_row(rq->arena, rq->json, fleet_reissue_body, &m.body, e) || !check_body(rq, &m.body, e))
        return false;
    const struct certificate_walk walk = {
        .account_id = rq->caller.account_id, .after = m.body.after, .below = "~", .limit = PART};
    if (!certificate_walk(rq->db, rq->arena, &walk, &rows, &count, e))
        return false;
    m.reissued = json_keep(rq->arena, json_array());
    m.refused = json_keep(rq->arena, json_array());
    for (size_t i = 0; i < count; i++)
        if (!look_at(&m, rows[i].id, e))
            return false;
    rq->status = m.body.dry_run ? 200 : 202;
    rq->reply = json_pack("{s:O,s:O,s:o,s:o}", "reissued", m.reissued, "refused", m.refused, "issued_before",
                          json_time(rq->arena, m.body.issued_before), "next",
                          count == PART ? json_string(rows[count - 1].id) : json_null());
    return true;
}
