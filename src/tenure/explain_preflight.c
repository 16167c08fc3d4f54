/* What an explanation says of the looks at an application's names: what would make its CA refuse. */
#include "apply/apply.h"
#include "doctor/doctor.h"
#include "pki/names.h"
#include "tenure/explain.h"

enum { TOLD_MAX = 10, LOOKS_MAX = 20 };

static const char *member(const json_t *one, const char *name) {
    return json_string_value(json_object_get(one, name));
}

/* The last look at the name that is over; it may have been made for another application just before. */
static bool last_look(struct explanation *x, const struct application *p, const char *name,
                      struct preflight *look, struct error *e) {
    const struct preflight_query query = {.account_id = p->account_id, .name = name, .limit = LOOKS_MAX};
    struct preflight *list;
    size_t count;
    *look = (struct preflight){.id = NULL};
    if (!preflight_list(x->rq->db, x->rq->arena, &query, &list, &count, e))
        return false;
    for (size_t i = 0; i < count && !look->id; i++)
        if (list[i].ended_at && list[i].created_at + PREFLIGHT_PAUSE >= p->created_at)
            return preflight_get_any(x->rq->db, x->rq->arena, list[i].id, look, e);
    return true;
}

static size_t say_findings(struct explanation *x, const struct application *p, const struct preflight *look,
                           const json_t *findings) {
    size_t i, told = 0;
    const json_t *one;
    json_array_foreach(findings, i, one) {
        const struct symptom_row *row = symptom_find(member(one, "code"));
        const char *issuer = member(one, "issuer");
        const char *detail = member(one, x->rq->lang == LANG_ZH ? "detail_zh" : "detail_en");
        if (!row || row->severity != SEVERITY_FATAL || (issuer && strcmp(issuer, p->issuer) != 0))
            continue;
        explain_say(x, "preflight", "A look at %s (%s) found what would make the CA refuse: %s (%s): %s. %s",
                    "对 %s 的检查(%s)发现 CA 会因此拒绝:%s(%s):%s。%s", look->name, look->id,
                    row->title.in[x->rq->lang], row->code, detail ? detail : "-",
                    row->remedy.in[x->rq->lang]);
        told++;
    }
    return told;
}

static bool say_name(struct explanation *x, const struct application *p, const char *name, size_t *told,
                     struct error *e) {
    struct preflight look;
    json_t *findings;
    if (!last_look(x, p, name, &look, e))
        return false;
    if (!look.id || !look.findings)
        return true;
    if (!json_read(x->rq->arena, slice_str(look.findings), &findings, e))
        return false;
    *told += say_findings(x, p, &look, findings);
    return true;
}

bool explain_preflight(struct explanation *x, struct error *e) {
    struct application open;
    struct slice name;
    size_t told = 0;
    if (!application_open(x->rq->db, x->rq->arena, x->c->id, &open, e))
        return error_absent(e);
    for (const char *rest = open.names; told < TOLD_MAX && names_next(&rest, &name);) {
        const char *text = arena_strndup(x->rq->arena, (const char *)name.p, name.len);
        if (!say_name(x, &open, text, &told, e))
            return false;
    }
    return true;
}
