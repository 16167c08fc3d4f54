/* What an explanation says of what is published for the CA. */
#include "apply/apply.h"
#include "solve/solve.h"
#include "tenure/explain.h"

static void say_found(struct explanation *x, const struct solution *s) {
    const char *detail = x->rq->lang == LANG_ZH ? s->detail_zh : s->detail_en;
    if (s->reason && detail)
        explain_say(x, "solution", "%s (%s): %s.", "%s(%s):%s。", s->name, s->reason, detail);
}

static void say_solution(struct explanation *x, const struct solution *s) {
    const char *place = s->place ? s->place : s->name;
    if (s->ready_at && !s->validation_id)
        explain_say(x, "solution", "%s for %s is published at %s; the CA may look since %s.",
                    "%s(%s)已发布于 %s,自 %s 起可供 CA 验证。", s->type, s->name, place,
                    explain_when(x, s->ready_at));
    else if (s->placed_at && strcmp(s->kind, "manual") == 0)
        explain_say(x, "solution", "The CA wants to see %s: add the record %s TXT \"%s\".",
                    "CA 需要验证 %s:请添加记录 %s TXT “%s”。", s->name, place, s->value);
    else if (s->placed_at)
        explain_say(x, "solution", "%s for %s is published at %s, and is looked for.",
                    "%s(%s)已发布于 %s,正在检查是否生效。", s->type, s->name, place);
    else
        explain_say(x, "solution", "%s for %s is to be published by %s.", "%s(%s)将由 %s 发布。", s->type,
                    s->name, s->kind);
    say_found(x, s);
}

static void say_all(struct explanation *x, const struct solution *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!list[i].unwanted_at)
            say_solution(x, &list[i]);
}

bool explain_published(struct explanation *x, const char *validation_id, struct error *e) {
    struct solution *list;
    size_t count;
    if (!solution_list_validation(x->rq->db, x->rq->arena, validation_id, &list, &count, e))
        return false;
    say_all(x, list, count);
    return true;
}

bool explain_solution(struct explanation *x, struct error *e) {
    struct application open;
    struct solution *list;
    size_t count;
    if (!application_open(x->rq->db, x->rq->arena, x->c->id, &open, e))
        return error_absent(e);
    if (!solution_list(x->rq->db, x->rq->arena, open.id, &list, &count, e))
        return false;
    say_all(x, list, count);
    return true;
}
