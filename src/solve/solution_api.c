/* Solutions over HTTP, and the answer to http-01 on the daemon's own port. */
#include "audit/audit.h"
#include "http/list.h"
#include "solve/solver.h"

enum { LOOK_PAUSE = 10 };

struct solution_query {
    const char *certificate;
    bool open;
};

static const struct field solution_query[] = {
    FIELD(TEXT, solution_query, certificate, 0, "Only of this certificate", "仅该证书"),
    FIELD(BOOL, solution_query, open, 0, "1: only what was not taken away yet", "1:仅未清除的"),
    FIELD_END,
};

static bool list_solutions(struct request *rq, struct error *e) {
    struct list_page page;
    struct solution *list;
    size_t found;
    int64_t open;
    if (!list_page_by_id(rq, "sol", &page, e) || !query_number(rq, "open", 0, 0, 1, &open, e))
        return false;
    const struct solution_filter filter = {.account_id = rq->caller.account_id,
                                           .certificate_id = rq->query(rq, "certificate"),
                                           .open = open,
                                           .cursor = page.cursor,
                                           .limit = page.limit + 1};
    if (!solution_page(rq->db, rq->arena, &filter, &list, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, solution_fields, sizeof *list, list, count, found > count ? list[count - 1].id : NULL);
    return true;
}

static bool path_solution(struct request *rq, struct solution *s, struct error *e) {
    return solution_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], s, e);
}

static bool get_solution(struct request *rq, struct error *e) {
    struct solution s;
    if (!path_solution(rq, &s, e))
        return false;
    rq->reply = json_from_row(rq->arena, solution_fields, &s);
    return true;
}

static bool list_looks(struct request *rq, struct error *e) {
    struct list_page page;
    struct solution s;
    struct solution_look *list;
    size_t found;
    if (!list_page_by_id(rq, "slk", &page, e) || !path_solution(rq, &s, e) ||
        !solution_look_list(rq->db, rq->arena, s.id, page.cursor, page.limit + 1, &list, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, solution_look_fields, sizeof *list, list, count,
               found > count ? list[count - 1].id : NULL);
    return true;
}

struct check_request {
    bool ask_anyway;
};

static const struct field check_body[] = {
    FIELD(BOOL, check_request, ask_anyway, FIELD_NOT_NULL,
          "It is there, whatever is seen from here: have the CA look",
          "已添加,无论本地检查结果如何均请 CA 验证"),
    FIELD_END,
};

/* Only the CA's word counts, and somebody may know better than we what it will see. */
static bool ask_anyway(struct request *rq, struct solution *s, struct error *e) {
    static const struct text detail =
        TEXT("not seen from here; the CA is asked because somebody says it is there",
             "本地未能查到;因有人确认已添加,仍请 CA 验证");
    const json_t *before = json_keep(rq->arena, json_from_row(rq->arena, solution_fields, s));
    if (!s->placed_at || !s->application_id)
        return fail(e, ERR_NOT_VALIDATING, "nothing is to be asked of a CA for %s yet", "%s 尚无需请 CA 验证",
                    s->name);
    if (!solution_set_ready(rq->db, s->id, rq->now, e) ||
        !solution_set_reason(rq->db, s->id, s->reason ? s->reason : reason_row(REASON_RECORD_MISSING)->name,
                             &detail, e) ||
        !solution_get_any(rq->db, rq->arena, s->id, s, e))
        return false;
    rq->status = 202;
    rq->reply = json_from_row(rq->arena, solution_fields, s);
    return audit_change(rq, "solution.ask_anyway", s->id, before, rq->reply, e) &&
           work_enqueue(rq->db, s->account_id, s->certificate_id, SOLVE_WAKES, rq->now, e);
}

/* A step that waits for its next attempt is due at once. */
static bool look_now(struct request *rq, struct error *e) {
    struct check_request given = {.ask_anyway = false};
    struct solution s;
    if (!json_to_row(rq->arena, rq->json, check_body, &given, e) || !path_solution(rq, &s, e))
        return false;
    if (s.ready_at || s.unwanted_at || s.removed_at)
        return fail(e, ERR_NOT_VALIDATING, "nothing is looked for at %s any more", "%s 已无需检查", s.name);
    if (given.ask_anyway)
        return ask_anyway(rq, &s, e);
    if (s.looked_at && rq->now < s.looked_at + LOOK_PAUSE)
        return fail(e, ERR_TOO_MANY_CHECKS, "%s was looked for less than %d seconds ago",
                    "%s 在 %d 秒内刚检查过", s.name, LOOK_PAUSE);
    rq->status = 202;
    rq->reply = json_from_row(rq->arena, solution_fields, &s);
    return work_enqueue(rq->db, s.account_id, s.id, s.placed_at ? "seen" : "solve", rq->now, e);
}

/* RFC 8555, section 8.3. A web server may pass requests on to us, under any name. */
static bool answer_http(struct request *rq, struct error *e) {
    const char *answer;
    if (!solution_answer_http(rq->db, rq->arena, rq->path_args[0], &answer, e))
        return false;
    rq->content_type = "application/octet-stream";
    rq->raw = slice_str(answer);
    return true;
}

const struct route solution_routes[] = {
    {.method = "GET",
     .path = "/.well-known/acme-challenge/{token}",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = answer_http,
     .summary = TEXT("What a CA looks for by http-01", "CA 通过 http-01 验证的内容")},
    {.method = "GET",
     .path = "/v1/solutions",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_solutions,
     .query = solution_query,
     .answer = solution_fields,
     .summary = TEXT("What is or was published for CAs, newest first", "为 CA 验证发布的内容,按时间倒序")},
    {.method = "GET",
     .path = "/v1/solutions/{id}",
     .access = ACCESS_READ,
     .handle = get_solution,
     .answer = solution_fields,
     .summary = TEXT("What is published, where, and what the last look found", "发布的内容、位置与检查结果")},
    {.method = "GET",
     .path = "/v1/solutions/{id}/looks",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_looks,
     .answer = solution_look_fields,
     .summary = TEXT("What each server answered, newest first", "各服务器的应答,按时间倒序")},
    {.method = "POST",
     .path = "/v1/solutions/{id}/check",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = look_now,
     .body = check_body,
     .answer = solution_fields,
     .summary = TEXT("Looks now, or has the CA look whatever is seen from here",
                     "立即检查,或无论本地检查结果如何均请 CA 验证")},
    {.method = NULL},
};
