/* Solvers over HTTP. */
#include "acme/base64url.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "pki/names.h"
#include "solve/solver.h"

/* ---- kinds ---- */

struct kind_field {
    const char *name, *type, *title;
    bool required;
};

static const struct field kind_field_fields[] = {
    FIELD(TEXT, kind_field, name, 0, "Name", "名称"),
    FIELD(TEXT, kind_field, type, 0, "text, number or switch", "text、number 或 switch"),
    FIELD(BOOL, kind_field, required, 0, "Must be given", "必填"),
    FIELD(TEXT, kind_field, title, 0, "What it is", "说明"),
    FIELD_END,
};

struct kind_row {
    const char *kind, *title, *types;
    bool secret;
    const struct kind_field *settings;
    size_t setting_count;
};

static const struct field kind_fields[] = {
    FIELD(TEXT, kind_row, kind, FIELD_COLUMN, "Kind", "应答方式"),
    FIELD(TEXT, kind_row, title, FIELD_COLUMN, "What it does", "说明"),
    FIELD(WORDS, kind_row, types, FIELD_COLUMN, "Types of challenges that it solves", "支持的质询类型"),
    FIELD(BOOL, kind_row, secret, FIELD_COLUMN, "It needs a secret", "需要密钥"),
    FIELD_ROWS_OF(kind_field_fields, kind_row, settings, setting_count, 0, "Its settings", "设置项"),
    FIELD_END,
};

static const char *types_of(struct arena *a, unsigned types) {
    const char *words = "";
    for (int type = 0; type < CHALLENGE_TYPE_COUNT; type++)
        if (types & 1u << type)
            words = arena_printf(a, "%s%s%s", words, *words ? " " : "",
                                 challenge_type_name((enum challenge_type)type));
    return words;
}

static const char *type_of_field(const struct field *f) {
    return f->type == FIELD_INT ? "number" : f->type == FIELD_BOOL ? "switch" : "text";
}

static void fill_settings(struct request *rq, const struct solver_ops *ops, struct kind_row *row) {
    size_t count = 0;
    while (ops->settings && ops->settings[count].name)
        count++;
    struct kind_field *fields = ARENA_ARRAY(rq->arena, count + 1, struct kind_field);
    for (size_t i = 0; i < count; i++) {
        const struct field *f = &ops->settings[i];
        fields[i] = (struct kind_field){.name = f->name,
                                        .type = type_of_field(f),
                                        .required = f->flags & FIELD_REQUIRED,
                                        .title = f->label.in[rq->lang]};
    }
    row->settings = fields;
    row->setting_count = count;
}

static bool list_kinds(struct request *rq, struct error *e) {
    size_t count = 0;
    (void)e;
    while (solver_kinds[count])
        count++;
    struct kind_row *rows = ARENA_ARRAY(rq->arena, count, struct kind_row);
    for (size_t i = 0; i < count; i++) {
        const struct solver_ops *ops = solver_kinds[i];
        rows[i] = (struct kind_row){.kind = ops->kind,
                                    .title = ops->title.in[rq->lang],
                                    .types = types_of(rq->arena, ops->types),
                                    .secret = ops->secret};
        fill_settings(rq, ops, &rows[i]);
    }
    list_reply(rq, kind_fields, sizeof *rows, rows, count, NULL);
    return true;
}

/* ---- solvers ---- */

#define SOLVER(type, member, flags, en, zh) FIELD(type, solver, member, flags, en, zh)

static const struct field create_body[] = {
    SOLVER(TEXT, zone, FIELD_REQUIRED, "For names at and below this one; \".\" for all",
           "适用于该域名及其下级;“.”表示全部"),
    SOLVER(TEXT, type, FIELD_REQUIRED, "http-01, dns-01, tls-alpn-01 or dns-persist-01",
           "http-01、dns-01、tls-alpn-01 或 dns-persist-01"),
    SOLVER(TEXT, kind, FIELD_REQUIRED, "How: a kind of /v1/solver-kinds", "应答方式,见 /v1/solver-kinds"),
    SOLVER(MAP, settings, FIELD_NOT_NULL, "Settings of the kind", "应答方式的设置"),
    SOLVER(TEXT, secret, FIELD_SECRET, "Its secret, where it needs one", "密钥(如需要)"),
    SOLVER(INT, doubt_seconds, 0,
           "So long what we see may delay what the CA is asked, in seconds; 120 by default",
           "本地检查未通过时最多推迟多少秒再请 CA 验证,默认 120"),
    FIELD_END,
};

static json_t *solver_json(struct request *rq, const struct solver *s) {
    return json_from_row(rq->arena, solver_fields, s);
}

/* Sealing waits for the signer: before the transaction. */
static bool prepare_solver(struct request *rq, struct error *e) {
    struct solver *s = rq->prepared = ARENA_NEW(rq->arena, struct solver);
    *s = (struct solver){.id = id_new(rq->arena, "slv", rq->now),
                         .account_id = rq->caller.account_id,
                         .settings = "{}",
                         .doubt_seconds = DOUBT_DEFAULT,
                         .created_at = rq->now};
    return json_to_row(rq->arena, rq->json, create_body, s, e) &&
           solver_check(rq->services, rq->arena, s, e) && solver_seal(rq->services->signer, rq->arena, s, e);
}

static bool check_number(struct request *rq, struct error *e) {
    int64_t count;
    return solver_count(rq->db, rq->caller.account_id, &count, e) &&
           (count < SOLVERS_MAX || fail(e, ERR_TOO_MANY, "the account has %d solvers already",
                                        "账号已有 %d 个质询应答配置", SOLVERS_MAX));
}

static bool create_solver(struct request *rq, struct error *e) {
    const struct solver *s = rq->prepared;
    rq->status = 201;
    rq->reply = solver_json(rq, s);
    return check_number(rq, e) && solver_insert(rq->db, s, e) &&
           solution_wake(rq->db, rq->arena, s->account_id, rq->now, e) &&
           audit_change(rq, "solver.create", s->id, NULL, rq->reply, e);
}

static bool list_solvers(struct request *rq, struct error *e) {
    struct list_page page;
    struct solver *list;
    size_t found;
    if (!list_page_by_id(rq, "slv", &page, e) ||
        !solver_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, page.limit + 1, &list, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, solver_fields, sizeof *list, list, count, found > count ? list[count - 1].id : NULL);
    return true;
}

static bool path_solver(struct request *rq, struct solver *s, struct error *e) {
    return solver_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], s, e);
}

static bool get_solver(struct request *rq, struct error *e) {
    struct solver s;
    if (!path_solver(rq, &s, e))
        return false;
    rq->reply = solver_json(rq, &s);
    return true;
}

static bool delete_solver(struct request *rq, struct error *e) {
    struct solver s;
    rq->status = 204;
    return path_solver(rq, &s, e) && solver_remove(rq->db, s.id, rq->now, e) &&
           audit_change(rq, "solver.delete", s.id, json_keep(rq->arena, solver_json(rq, &s)), NULL, e);
}

/* ---- a test: a value that no CA asked for ---- */

struct test_body {
    const char *name, *type;
};

static const struct field test_body[] = {
    FIELD(TEXT, test_body, name, FIELD_REQUIRED, "Name, or \"*.\" and a name", "域名,或“*.”加域名"),
    FIELD(TEXT, test_body, type, 0, "This type of challenge alone", "仅测试该质询类型"),
    FIELD_END,
};

static bool read_offer(struct request *rq, struct offer *offer, struct error *e) {
    struct test_body body = {.type = NULL};
    const char *name;
    if (!json_to_row(rq->arena, rq->json, test_body, &body, e) ||
        !name_normalise(rq->arena, body.name, false, &name, e))
        return false;
    enum challenge_type type = body.type ? challenge_type_parse(body.type) : CHALLENGE_TYPE_COUNT;
    if (body.type && type == CHALLENGE_TYPE_COUNT)
        return fail_field(e, "type", ERR_BAD_FIELD, "there is no type of challenge '%s'", "没有质询类型“%s”",
                          body.type);
    bool wildcard = strncmp(name, "*.", 2) == 0;
    *offer = (struct offer){.name = wildcard ? name + 2 : name,
                            .wildcard = wildcard,
                            .address = name_is_ip(name),
                            .types = body.type ? 1u << type : ~0u};
    return true;
}

static const char *random_token(struct arena *a) {
    uint8_t bytes[32];
    rand_bytes(bytes, sizeof bytes);
    return base64url_text(a, slice_of(bytes, sizeof bytes));
}

enum { MINUTE = 60, TESTS_PER_MINUTE = 30 };

/* Each looks at hosts that the caller names. */
static bool refuse_often(struct request *rq, struct error *e) {
    int64_t asked;
    if (!solution_tests_since(rq->db, rq->caller.account_id, rq->now - MINUTE, &asked, e))
        return false;
    return asked < TESTS_PER_MINUTE ||
           fail(e, ERR_TOO_MANY_CHECKS, "more than %d tests were asked for within a minute",
                "一分钟内请求的测试超过 %d 次", TESTS_PER_MINUTE);
}

static bool test_name(struct request *rq, struct error *e) {
    struct offer offer;
    struct solver solver;
    if (!refuse_often(rq, e) || !read_offer(rq, &offer, e) ||
        !solver_configured(rq->services, rq->arena, rq->caller.account_id, &offer, &solver, e))
        return false;
    const char *token = random_token(rq->arena);
    struct solution s = {.account_id = rq->caller.account_id,
                         .name = offer.name,
                         .token = token,
                         .key_authorization =
                             arena_printf(rq->arena, "%s.%s", token, random_token(rq->arena))};
    if (!solution_begin(rq->services, rq->arena, &solver, &s, rq->now, e))
        return false;
    rq->status = 202;
    rq->reply = json_from_row(rq->arena, solution_fields, &s);
    return audit_change(rq, "solver.test", s.id, NULL, rq->reply, e);
}

const struct route solver_routes[] = {
    {.method = "GET",
     .path = "/v1/solver-kinds",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_kinds,
     .answer = kind_fields,
     .summary = TEXT("The kinds of solvers, and their settings", "质询应答方式及其设置项")},
    {.method = "POST",
     .path = "/v1/solvers/test",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = test_name,
     .body = test_body,
     .answer = solution_fields,
     .summary = TEXT("Publishes a value for a name, looks for it, and takes it away again",
                     "为域名发布测试值,检查后清除")},
    {.method = "POST",
     .path = "/v1/solvers",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_solver,
     .handle = create_solver,
     .body = create_body,
     .answer = solver_fields,
     .summary = TEXT("Makes a solver: how names at and below a zone are proven", "创建质询应答配置")},
    {.method = "GET",
     .path = "/v1/solvers",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_solvers,
     .answer = solver_fields,
     .summary = TEXT("The solvers of the account", "账号的质询应答配置")},
    {.method = "GET",
     .path = "/v1/solvers/{id}",
     .access = ACCESS_READ,
     .handle = get_solver,
     .answer = solver_fields,
     .summary = TEXT("One solver", "查看质询应答配置")},
    {.method = "DELETE",
     .path = "/v1/solvers/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = delete_solver,
     .summary = TEXT(
         "Removes a solver; what it has published is still taken away with it, what it was to publish another one does",
         "删除质询应答配置:已发布的内容仍由其清除,尚未发布的由其他配置发布")},
    {.method = NULL},
};
