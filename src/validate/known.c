/* Validations over HTTP: those of names first, then those of organisations. */
#include "validate/known.h"
#include "applicant/identity.h"
#include "base/rand.h"
#include "http/list.h"
#include "validate/gate.h"

static const char identity_prefix[] = "idc";

struct query {
    const char *name, *issuer;
};

static const struct field query_fields[] = {
    FIELD(TEXT, query, name, 0, "Of this name", "指定域名"),
    FIELD(TEXT, query, issuer, 0, "For this issuer", "指定签发机构"),
    FIELD_END,
};

/* A page, as it fills. */
struct filling {
    struct request *rq;
    struct list_page page;
    struct known_validation like, *rows;
    size_t count;
};

static int64_t earlier(int64_t one, int64_t other) {
    return one && one < other ? one : other;
}

/* The CA's own word may only shorten what the rules allow. One that has not said it may allow much less. */
static void judge(const struct request *rq, struct known_validation *v) {
    if (v->reusable_until || strcmp(v->issuer, KNOWN_BY_TENURE) == 0)
        v->reusable_until = earlier(v->reusable_until, validation_reusable_until(v->validated_at));
    v->reusable = rq->now < v->reusable_until;
}

static bool add_names(struct filling *f, struct error *e) {
    struct known_validation *rows;
    size_t count;
    if (f->page.cursor && id_valid(f->page.cursor, identity_prefix))
        return true;
    if (!known_list(f->rq->db, f->rq->arena, &f->like, f->page.cursor, f->page.limit + 1, &rows, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        judge(f->rq, &rows[i]);
        f->rows[f->count++] = rows[i];
    }
    return true;
}

static struct known_validation known_of(const struct identity_check *k, int64_t now) {
    return (struct known_validation){.id = k->id,
                                     .what = "organization",
                                     .name = k->organization_id,
                                     .method = "review",
                                     .issuer = KNOWN_BY_TENURE,
                                     .validated_at = k->checked_at,
                                     .reusable_until = k->end_at,
                                     .reusable = now < k->end_at};
}

/* Ids of theirs come behind all ids of names, downwards. */
static bool add_organizations(struct filling *f, struct error *e) {
    struct identity_check *checks;
    size_t count;
    const char *cursor = f->page.cursor && id_valid(f->page.cursor, identity_prefix) ? f->page.cursor : NULL;
    bool others = f->like.name || (f->like.issuer && strcmp(f->like.issuer, KNOWN_BY_TENURE) != 0);
    if (others || f->count > f->page.limit)
        return true;
    if (!identity_check_page(f->rq->db, f->rq->arena, f->like.account_id, cursor,
                             f->page.limit + 1 - f->count, &checks, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        f->rows[f->count++] = known_of(&checks[i], f->rq->now);
    return true;
}

static bool read_page(struct filling *f, struct error *e) {
    if (!list_page(f->rq, &f->page, e))
        return false;
    const char *cursor = f->page.cursor;
    return !cursor || id_valid(cursor, "val") || id_valid(cursor, identity_prefix) ||
           fail_field(e, "cursor", ERR_BAD_FIELD, "'%s' is not a cursor of this list", "“%s”不是此列表的游标",
                      cursor);
}

static bool list_known(struct request *rq, struct error *e) {
    struct filling f = {.rq = rq,
                        .like = {.account_id = rq->caller.account_id,
                                 .name = rq->query(rq, "name"),
                                 .issuer = rq->query(rq, "issuer")}};
    if (!read_page(&f, e))
        return false;
    f.rows = ARENA_ARRAY(rq->arena, f.page.limit + 1, struct known_validation);
    if (!add_names(&f, e) || !add_organizations(&f, e))
        return false;
    size_t count = list_count(&f.page, f.count);
    list_reply(rq, known_validation_fields, sizeof *f.rows, f.rows, count,
               f.count > count ? f.rows[count - 1].id : NULL);
    return true;
}

const struct route known_routes[] = {
    {.method = "GET",
     .path = "/v1/validations",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_known,
     .query = query_fields,
     .answer = known_validation_fields,
     .summary = TEXT("What was proven, when, how, for which CA, and until when it can be used again",
                     "已通过的验证:时间、方式、适用的 CA 以及可复用的期限")},
    {.method = NULL},
};
