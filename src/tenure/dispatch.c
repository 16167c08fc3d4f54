/* The dispatcher: match, gate, body, prepare, transaction, answer. */
#include "tenure/dispatch.h"
#include "account/session.h"
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/organization.h"
#include "apply/confirmation.h"
#include "apply/letter.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "catalog/issuer.h"
#include "certificate/pca_source.h"
#include "certificate/stored_csr.h"
#include "doctor/doctor.h"
#include "emergency/emergency.h"
#include "http/openapi.h"
#include "http/url.h"
#include "issue/acme_account.h"
#include "issue/fleet.h"
#include "order/ledger.h"
#include "order/payment.h"
#include "order/quote.h"
#include "order/refund.h"
#include "renew/auto_renew.h"
#include "renew/expiry.h"
#include "solve/persist_record.h"
#include "tenure/config.h"
#include "tenure/system_api.h"
#include "validate/gate.h"
#include "validate/known.h"
#include "verify/verify.h"
#include <stdlib.h>
#include <unistd.h>

enum { BODY_MAX_DEFAULT = 64 * 1024, CODES_BY_HUNDRED = 6 };

/* One a line: a new one is a line of its own. */
/* clang-format off */
const struct route *const all_routes[] = {
    account_routes,
    user_routes,
    session_routes,
    invitation_routes,
    reset_routes,
    audit_routes,
    notify_routes,
    channel_routes,
    auto_renew_routes,
    expiry_routes,
    catalog_routes,
    issuer_routes,
    acme_account_routes,
    package_routes,
    certificate_routes,
    stored_csr_routes,
    pca_source_routes,
    contact_routes,
    organization_routes,
    form_routes,
    order_routes,
    ledger_routes,
    quote_routes,
    payment_routes,
    payment_event_routes,
    refund_routes,
    apply_routes,
    review_routes,
    letter_routes,
    confirmation_routes,
    validate_routes,
    fleet_routes,
    known_routes,
    application_routes,
    solver_routes,
    solution_routes,
    delegation_routes,
    name_grant_routes,
    persist_routes,
    issue_routes,
    deploy_routes,
    verify_routes,
    doctor_routes,
    emergency_routes,
    explain_routes,
    system_routes,
    NULL,
};
/* clang-format on */

static const struct route *match(struct exchange *x, const char *args[REQUEST_PATH_ARGS_MAX],
                                 struct error *e) {
    return route_match(all_routes, x->method, x->path, x->arena, args, e);
}

size_t dispatch_body_max(void *dispatcher, const char *method, const char *path) {
    (void)dispatcher;
    AUTO_ARENA a = arena_new();
    struct error ignored = {0};
    const char *args[REQUEST_PATH_ARGS_MAX];
    const struct route *route = route_match(all_routes, method, path, a, args, &ignored);
    return route && route->body_max ? route->body_max : BODY_MAX_DEFAULT;
}

/* ---- the gate ---- */

bool dispatch_permitted(const struct route *route, const struct caller *caller) {
    return caller_permitted(caller, route->access) &&
           (!(route->flags & ROUTE_ADMINISTERS) || caller->administrator);
}

static bool gate(struct request *rq, struct exchange *x, struct error *e) {
    rq->caller = (struct caller){.role = ROLE_NONE, .address = x->peer};
    if (rq->route->access == ACCESS_PUBLIC)
        return true;
    if (!account_authenticate(rq->db, x->arena, exchange_header(x, "Authorization"), rq->now, &rq->caller, e))
        return false;
    rq->caller.address = x->peer;
    if (!dispatch_permitted(rq->route, &rq->caller))
        return fail(e, ERR_FORBIDDEN, "%s %s is not open to your role", "您的角色无权访问 %s %s",
                    rq->route->method, rq->route->path);
    return true;
}

/* ---- the query ---- */

static bool query_is_taken(const struct route *route, const char *name) {
    if (route->flags & ROUTE_LIST && (strcmp(name, "limit") == 0 || strcmp(name, "cursor") == 0))
        return true;
    for (const struct field *f = route->query; f && f->name; f++)
        if (strcmp(f->name, name) == 0)
            return true;
    return false;
}

/* A filter with a misspelt name would be none, and everything would look as if it fitted. */
static bool check_query(const struct request *rq, const struct exchange *x, struct error *e) {
    const char *rest = x->query, *name;
    bool filters = rq->route->query || rq->route->flags & ROUTE_LIST;
    while (filters && (name = url_query_name(x->arena, &rest)))
        if (!query_is_taken(rq->route, name))
            return fail_field(e, name, ERR_UNKNOWN_FIELD, "there is no query parameter '%s' here",
                              "此处没有查询参数“%s”", name);
    return true;
}

/* ---- the body ---- */

/* Where nothing can be said, nothing of it is passed over in silence (SPEC section 18). */
static bool check_nothing_said(const struct request *rq, struct error *e) {
    const char *name = json_object_iter_key(json_object_iter(rq->json));
    return rq->route->body || !name ||
           fail_field(e, name, ERR_UNKNOWN_FIELD, "there is no field '%s' here", "不存在字段“%s”", name);
}

static bool read_body(struct request *rq, struct error *e) {
    if (rq->route->flags & ROUTE_TEXT_BODY)
        return true;
    if (rq->body.len == 0)
        return rq->json = json_keep(rq->arena, json_object()), true;
    if (!json_read(rq->arena, rq->body, &rq->json, e))
        return false;
    if (!json_is_object(rq->json))
        return fail(e, ERR_BAD_REQUEST, "the body is not a JSON object", "请求体不是 JSON 对象");
    return check_nothing_said(rq, e);
}

/* ---- running the handler ---- */

/* What the world may read does not depend on what is sold. */
static bool refresh(const struct request *rq, struct error *e) {
    return rq->route->access == ACCESS_PUBLIC || catalog_fresh(rq->services, e);
}

/* Asked again inside the transaction: the same request may have come twice at once. */
static bool handle_once(struct request *rq, const char *key, struct error *e) {
    bool replayed = false;
    if (key && !idempotency_replay(rq, key, &replayed, e))
        return false;
    if (replayed)
        return true;
    if (!rq->route->handle(rq, e))
        return false;
    rq->keep_on_refusal = false; /* it did not refuse: what follows may not leave half of it */
    return !key || idempotency_keep(rq, key, e);
}

/* A refusal that is kept has no row for its Idempotency-Key: asked again, it is decided again. */
bool dispatch_in_transaction(struct request *rq, const char *key, struct error *e) {
    if (!db_begin(rq->db, e))
        return false;
    bool done = handle_once(rq, key, e);
    if ((done || rq->keep_on_refusal) && db_commit(rq->db, e))
        return done;
    db_rollback(rq->db);
    return false;
}

static void wake(const struct dispatcher *d) {
    if (d->wake_fd < 0)
        return;
    ssize_t ignored = write(d->wake_fd, "w", 1); /* a full pipe says it too */
    (void)ignored;
}

static bool run(struct dispatcher *d, struct request *rq, struct exchange *x, struct error *e) {
    const char *key = strcmp(rq->route->method, "POST") == 0 ? exchange_header(x, "Idempotency-Key") : NULL;
    bool writes = rq->route->flags & ROUTE_WRITES, replayed = false;
    if (!gate(rq, x, e) || !check_query(rq, x, e) || !read_body(rq, e) || !refresh(rq, e))
        return false;
    if (!writes || !rq->caller.account_id || (rq->route->flags & (ROUTE_SHOWN_ONCE | ROUTE_RAW)))
        key = NULL; /* a secret is not kept for a second answer */
    if (key && !idempotency_replay(rq, key, &replayed, e))
        return false;
    if (replayed)
        return true;
    if (rq->route->prepare && !rq->route->prepare(rq, e))
        return false;
    if (!(writes ? dispatch_in_transaction(rq, key, e) : rq->route->handle(rq, e)))
        return false;
    if (rq->route->flags & ROUTE_WAKES)
        wake(d);
    if (rq->route->flags & ROUTE_LOGS_IN)
        unlink(CONFIG_FIRST_LOGIN);
    return true;
}

/* ---- the answer ---- */

static const char *request_query(struct request *rq, const char *name) {
    return exchange_query(rq->connection, name);
}

static void answer_bytes(struct exchange *x, const struct request *rq) {
    x->content_type = rq->content_type;
    x->answer = rq->raw;
    if (rq->file_name)
        exchange_answer_header(x, "Content-Disposition",
                               arena_printf(x->arena, "attachment; filename=\"%s\"", rq->file_name));
}

static void answer(struct exchange *x, struct request *rq) {
    x->status = rq->status ? rq->status : 200;
    if (rq->content_type)
        answer_bytes(x, rq);
    else if (rq->reply)
        x->answer = slice_str(json_text(x->arena, rq->reply, false));
    else
        x->status = x->status == 200 ? 204 : x->status;
    if (rq->reply)
        json_decref(rq->reply);
    rq->reply = NULL;
}

static void answer_error(struct exchange *x, const struct error *e) {
    const struct error_row *row = error_row(e->id);
    if (row->status >= 500)
        log_event(LOG_ERROR, "request failed", LOG_S("request", x->request_id), LOG_S("path", x->path),
                  LOG_S("code", row->code), LOG_S("detail", e->detail[LANG_EN]));
    if (e->id == ERR_METHOD_NOT_ALLOWED)
        exchange_answer_header(x, "Allow", route_methods(all_routes, x->path, x->arena));
    exchange_fail(x, e);
}

void dispatch_handle(void *dispatcher, struct exchange *x) {
    struct dispatcher *d = dispatcher;
    int64_t began = clock_monotonic_ms();
    struct error e = {0};
    struct request rq = {.arena = x->arena,
                         .services = d->services,
                         .db = d->services->db,
                         .now = x->now,
                         .lang = x->lang,
                         .request_id = x->request_id,
                         .query = request_query,
                         .connection = x,
                         .dispatcher = d,
                         .body = x->body};
    rq.route = match(x, rq.path_args, &e);
    if (rq.route && run(d, &rq, x, &e))
        answer(x, &rq);
    else
        answer_error(x, &e);
    if (rq.reply)
        json_decref(rq.reply);
    d->requests[x->status / 100 < CODES_BY_HUNDRED ? x->status / 100 : 0]++;
    histogram_observe(&d->durations, clock_monotonic_ms() - began);
}
