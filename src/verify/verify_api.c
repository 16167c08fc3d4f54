/* What was seen at targets, and a look at any server, over HTTP. */
#include "http/list.h"
#include "verify/verify_db.h"

/* A handler holds up its whole process: who needs more patience has `tenure verify`. */
enum { LOOK_MS = 2000 };

/* ---- probes ---- */

/* The members that are for answers only. */
static void explain(struct probe *p, enum lang lang) {
    const struct verdict_row *row = verdict_by_name(p->verdict);
    p->title = row ? row->title.in[lang] : NULL;
    p->remedy = row ? row->remedy.in[lang] : NULL;
}

static bool list_probes(struct request *rq, struct error *e) {
    struct list_page page;
    struct target target;
    struct probe *probes;
    size_t found;
    if (!list_page_by_id(rq, "prb", &page, e) ||
        !target_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &target, e) ||
        !probe_list(rq->db, rq->arena, target.id, page.cursor, page.limit + 1, &probes, &found, e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        explain(&probes[i], rq->lang);
    list_reply(rq, probe_fields, sizeof *probes, probes, count, found > count ? probes[count - 1].id : NULL);
    return true;
}

/* ---- a look ---- */

struct look_body {
    const char *host, *server_name;
    int64_t port;
};

static const struct field look_body[] = {
    FIELD(TEXT, look_body, host, FIELD_REQUIRED, "Host name or IP address", "主机名或 IP 地址"),
    FIELD(INT, look_body, port, 0, "Port, 443 unless given", "端口,默认为 443"),
    FIELD(TEXT, look_body, server_name, 0, "Server name (SNI), if it is not the host",
          "服务器名称(SNI),默认为主机名"),
    FIELD_END,
};

struct look_answer {
    const char *verdict, *title, *detail, *remedy, *fingerprint, *address, *protocol, *cipher;
    int64_t from_at, end_at;
};

static const struct field look_answer[] = {
    FIELD(TEXT, look_answer, verdict, FIELD_COLUMN, "Verdict", "结论"),
    FIELD(TEXT, look_answer, title, 0, "What that means", "结论说明"),
    FIELD(TEXT, look_answer, detail, 0, "What was seen", "详细信息"),
    FIELD(TEXT, look_answer, remedy, 0, "What to do", "处理建议"),
    FIELD(TEXT, look_answer, fingerprint, 0, "SHA-256 of the certificate", "证书的 SHA-256 指纹"),
    FIELD(TEXT, look_answer, address, 0, "Address that was looked at", "检查的地址"),
    FIELD(TEXT, look_answer, protocol, 0, "Protocol", "协议"),
    FIELD(TEXT, look_answer, cipher, 0, "Cipher", "加密套件"),
    FIELD(TIME, look_answer, from_at, 0, "The certificate is valid from", "证书有效期自"),
    FIELD(TIME, look_answer, end_at, 0, "End of the certificate", "证书到期时间"),
    FIELD_END,
};

static bool reply_finding(struct request *rq, const struct finding *f) {
    const struct verdict_row *row = verdict_row(f->verdict);
    const struct look_answer answer = {.verdict = row->name,
                                       .title = row->title.in[rq->lang],
                                       .detail = f->detail.in[rq->lang],
                                       .remedy = row->remedy.in[rq->lang],
                                       .fingerprint = f->served_fingerprint,
                                       .address = f->address,
                                       .protocol = f->protocol,
                                       .cipher = f->cipher,
                                       .from_at = f->served_from,
                                       .end_at = f->served_end};
    rq->reply = json_from_row(rq->arena, look_answer, &answer);
    return true;
}

static bool read_look(struct request *rq, const char **address, const char **server_name, struct error *e) {
    struct look_body body = {.port = 443};
    if (!json_to_row(rq->arena, rq->json, look_body, &body, e))
        return false;
    bool v6 = strchr(body.host, ':') != NULL;
    *address = arena_printf(rq->arena, v6 ? "[%s]:%lld" : "%s:%lld", body.host, (long long)body.port);
    *server_name = body.server_name ? body.server_name : body.host;
    return true;
}

static bool look(struct request *rq, struct error *e) {
    struct prober prober = *rq->services->prober;
    struct expectation expected = {.server_name = NULL};
    struct finding finding;
    struct cert *roots;
    const char *address;
    prober.timeout_ms = LOOK_MS;
    if (!read_look(rq, &address, &expected.server_name, e) ||
        !ca_roots(rq->db, rq->arena, rq->caller.account_id, &roots, &expected.root_count, e))
        return false;
    expected.roots = roots;
    return verify_expected(rq->arena, &prober, address, &expected, rq->now, &finding, e) &&
           reply_finding(rq, &finding);
}

const struct route verify_routes[] = {
    {.method = "GET",
     .path = "/v1/targets/{id}/probes",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_probes,
     .answer = probe_fields,
     .summary = TEXT("What was seen at a target, newest first", "部署目标的检查记录,按时间倒序")},
    {.method = "POST",
     .path = "/v1/verify",
     .access = ACCESS_OPERATE,
     .handle = look,
     .body = look_body,
     .answer = look_answer,
     .summary = TEXT("Looks at the certificate that a server serves", "检查服务器提供的证书")},
    {.method = NULL},
};
