/* What an explanation says of the application: who has to do what, and why it was rejected. */
#include "apply/apply.h"
#include "tenure/explain.h"

/* What is waited for that is no error. */
static const struct {
    const char *word;
    struct text title;
} gates[] = {
    {"validation", TEXT("control over its names", "域名验证")},
    {"review", TEXT("its review by a person", "人工审核")},
    {"letter", TEXT("its confirmation letter", "确认函")},
};

/* The text of a gate or an error code; another word stands for itself. */
static const char *title_of(const struct explanation *x, const char *code) {
    enum error_id id = error_by_code(code);
    for (size_t i = 0; i < sizeof gates / sizeof *gates; i++)
        if (strcmp(gates[i].word, code) == 0)
            return gates[i].title.in[x->rq->lang];
    return id == ERR_NONE ? code : error_row(id)->title.in[x->rq->lang];
}

static void say_rejected(struct explanation *x) {
    const char *reason = x->c->reject_reason ? x->c->reject_reason : "-";
    enum error_id id = error_by_code(reason);
    explain_say(x, "application", "Its application was rejected at %s: %s (%s).",
                "其申请于 %s 审核失败:%s(%s)。", explain_when(x, x->c->rejected_at), title_of(x, reason),
                reason);
    if (id != ERR_NONE)
        explain_say(x, "application", "%s", "%s", error_row(id)->remedy.in[x->rq->lang]);
}

/* What the reviewer said of the last application. */
static bool say_words(struct explanation *x, struct error *e) {
    struct application *all;
    size_t count;
    if (!application_list(x->rq->db, x->rq->arena, x->c->id, &all, &count, e))
        return false;
    const char *text = count ? all[count - 1].reject_text : NULL;
    if (text)
        explain_say(x, "application", "The reviewer says: %s", "审核意见:%s", text);
    return true;
}

static void say_waiting(struct explanation *x) {
    const struct certificate *c = x->c;
    const char *detail = x->rq->lang == LANG_ZH ? c->waits_detail_zh : c->waits_detail_en;
    explain_say(x, "application", "It waits for: %s (%s). %s", "等待:%s(%s)。%s", title_of(x, c->waits_for),
                c->waits_for, detail ? detail : "");
}

bool explain_application(struct explanation *x, struct error *e) {
    const struct certificate *c = x->c;
    enum certificate_state state = certificate_state(c, x->rq->now);
    if (state == STATE_PENDING_APPLICATION)
        explain_say(x, "application", "A person must submit its application: tenure submit %s.",
                    "需要人工提交申请:tenure submit %s。", c->id);
    if (state == STATE_VALIDATING || state == STATE_PENDING_LETTER)
        explain_say(x, "application", "Its application was submitted at %s.", "其申请提交于 %s。",
                    explain_when(x, c->submitted_at));
    if (state == STATE_REJECTED)
        say_rejected(x);
    if (c->waits_for && !c->cancelled_at && !c->revoke_asked_at)
        say_waiting(x);
    return state != STATE_REJECTED || say_words(x, e);
}
