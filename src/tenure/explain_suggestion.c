/* What an explanation says of the CA's wishes: the slot that is waited for, and the suggested window. */
#include "issue/ari.h"
#include "issue/limit.h"
#include "tenure/explain.h"

static bool say_slot(struct explanation *x, struct error *e) {
    struct limit_wait wait;
    if (!limit_waiting(x->rq->db, x->rq->arena, x->c->id, &wait, e))
        return false;
    if (wait.subject)
        explain_say(x, "limit", "It waits for a slot of the limit '%s' at %s until %s.",
                    "正在等待限额“%s”(签发机构 %s)的空位,预计 %s。", wait.limit_name, wait.issuer,
                    explain_when(x, wait.due_at));
    return true;
}

static void say_window(struct explanation *x, const struct suggestion *s) {
    explain_say(x, "suggestion", "The CA of %s suggests its renewal between %s and %s; %s was chosen.",
                "签发机构 %s 建议在 %s 至 %s 之间续期,选定时间为 %s。", s->issuer,
                explain_when(x, s->window_start), explain_when(x, s->window_end), explain_when(x, s->moment));
    if (ari_held(s))
        explain_say(
            x, "suggestion",
            "That is later than the CA suggests: %lld versions before this one were replaced early at "
            "its wish, and each waits twice as long.",
            "该时间晚于签发机构的建议:此前已有 %lld 个版本应其要求提前替换,每次等待时间加倍。",
            (long long)s->haste);
    if (s->explanation_url)
        explain_say(x, "suggestion", "The CA explains why: %s", "签发机构的说明:%s", s->explanation_url);
}

static bool say_suggestion(struct explanation *x, struct error *e) {
    struct suggestion s;
    if (!x->c->version_id)
        return true;
    if (!suggestion_get(x->rq->db, x->rq->arena, x->c->version_id, &s, e))
        return false;
    if (s.version_id && s.moment)
        say_window(x, &s);
    return true;
}

bool explain_suggestion(struct explanation *x, struct error *e) {
    return say_slot(x, e) && say_suggestion(x, e);
}
