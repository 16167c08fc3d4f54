/* The audit log over HTTP. */
#include "audit/audit_db.h"
#include "http/list.h"

enum { VERIFY_AT_ONCE = 5000 }; /* some 20 ms; the client goes on from checked_to */

struct audit_query {
    const char *subject;
};

static const struct field list_query[] = {
    FIELD(TEXT, audit_query, subject, 0, "Only the entries of this object", "仅显示该对象的记录"),
    FIELD_END,
};

/* The cursor is the number of the last entry shown. */
static bool list_entries(struct request *rq, struct error *e) {
    struct list_page page;
    struct audit_range range = {.account_id = rq->caller.account_id, .subject = rq->query(rq, "subject")};
    struct audit_entry *entries;
    size_t found;
    if (!list_page(rq, &page, e) || !query_number(rq, "cursor", INT64_MAX, 1, INT64_MAX, &range.up_to, e))
        return false;
    range.limit = page.limit + 1;
    if (!audit_db_backwards(rq->db, rq->arena, &range, &entries, &found, e))
        return false;
    size_t count = list_count(&page, found);
    const char *next = NULL;
    if (found > count)
        next = arena_printf(rq->arena, "%lld", (long long)entries[count - 1].sequence);
    list_reply(rq, audit_fields, sizeof *entries, entries, count, next);
    return true;
}

struct verify_query {
    int64_t after;
};

static const struct field verify_query[] = {
    FIELD(INT, verify_query, after, 0, "Number of the entry to go on from; 0: the beginning",
          "从该编号之后开始检查;0 表示从头开始"),
    FIELD_END,
};

static bool verify(struct request *rq, struct error *e) {
    int64_t after;
    struct audit_check check;
    if (!query_number(rq, "after", 0, 0, INT64_MAX, &after, e) ||
        !audit_verify(rq->db, after, VERIFY_AT_ONCE, &check, e))
        return false;
    rq->reply = json_from_row(rq->arena, audit_check_fields, &check);
    return true;
}

const struct route audit_routes[] = {
    {.method = "GET",
     .path = "/v1/audit",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_entries,
     .query = list_query,
     .answer = audit_fields,
     .summary = TEXT("The audit log of the account, newest first", "账号的审计日志,按时间倒序")},
    {.method = "GET",
     .path = "/v1/audit/verify",
     .access = ACCESS_READ,
     .handle = verify,
     .query = verify_query,
     .answer = audit_check_fields,
     .summary = TEXT("Checks the chain of the audit log, some thousand entries at a time",
                     "分批检查审计日志的哈希链")},
    {.method = NULL},
};
