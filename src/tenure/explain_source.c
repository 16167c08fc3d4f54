/* What an explanation says of the private CA that a certificate comes from. */
#include "certificate/pca_source.h"
#include "db/work.h"
#include "tenure/explain.h"

static void say_last(struct explanation *x, const struct pca_source *s) {
    const char *detail = x->rq->lang == LANG_ZH ? s->detail_zh : s->detail_en;
    if (!s->last_sync_at)
        return;
    explain_say(x, detail ? "trouble" : "source", "It was synchronised last at %s: %s%s%s.",
                "最近一次同步于 %s:%s%s%s。", explain_when(x, s->last_sync_at), s->last_result,
                detail ? ": " : "", detail ? detail : "");
}

bool explain_source(struct explanation *x, struct error *e) {
    struct pca_source s;
    struct work_item item;
    struct error ignored = {0};
    if (strcmp(x->c->kind, "pca") != 0)
        return true;
    if (!pca_source_of(x->rq->db, x->rq->arena, x->c->id, &s, e))
        return false;
    if (!s.id || !s.url)
        explain_say(x, "source",
                    "It comes from a private CA; newer versions are brought by hand: tenure sync %s FILE.",
                    "由私有 CA 签发;新版本需手动提供:tenure sync %s 文件。", x->c->id);
    else
        explain_say(x, "source", "It comes from a private CA, which publishes newer versions at %s.",
                    "由私有 CA 签发,新版本发布于 %s。", s.url);
    if (!s.id)
        return true;
    say_last(x, &s);
    if (work_get(x->rq->db, x->rq->arena, s.id, &item, &ignored))
        explain_say(x, "source", "It is synchronised next at %s.", "下次同步时间:%s。",
                    explain_when(x, item.due_at));
    return true;
}
