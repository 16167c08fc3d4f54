/* What an explanation says of the names whose control is not proven yet. */
#include "tenure/explain.h"
#include "validate/gate.h"

static void say_challenge(struct explanation *x, const struct validation *v, const struct challenge *c) {
    if (v->challenge)
        explain_say(
            x, "validation",
            "Control over %s: Tenure publishes what proves it (%s); whoever wants to may do it instead.",
            "%s 的域名验证:由 Tenure 自动发布验证内容(%s);也可以手动完成。", v->name, v->challenge);
    if (c->host)
        explain_say(x, "validation", "Control over %s: add the %s record %s with the value %s.",
                    "%s 的域名验证:请添加 %s 记录 %s,记录值为 %s。", v->name, c->type, c->host, c->value);
    else
        explain_say(x, "validation", "Control over %s: put a file with the content %s where %s is fetched.",
                    "%s 的域名验证:请放置内容为 %s 的文件,使 %s 可以访问。", v->name, c->content, c->url);
}

static void say_found(struct explanation *x, const struct validation *v) {
    const struct reason_row *reason = reason_find(v->last_reason);
    enum lang lang = x->rq->lang;
    if (!reason)
        explain_say(x, "validation", "It was not looked for yet.", "尚未检查。");
    else
        explain_say(x, "validation", "Checked at %s: %s (%s). %s", "检查时间 %s:%s(%s)。%s",
                    explain_when(x, v->last_check_at), reason->title.in[lang], reason->name,
                    reason->remedy.in[lang]);
}

static bool say_name(struct explanation *x, const struct application_name *name, struct error *e) {
    struct validation v;
    struct challenge challenge = {0};
    if (name->settled_at)
        return true;
    if (!validation_get_any(x->rq->db, x->rq->arena, name->validation_id, &v, e) ||
        !validation_challenge(x->rq->arena, &v, &challenge, e))
        return false;
    say_challenge(x, &v, &challenge);
    say_found(x, &v);
    return !v.challenge || explain_published(x, v.id, e);
}

static bool say_names(struct explanation *x, const char *application_id, struct error *e) {
    struct application_name *names;
    size_t count;
    if (!application_name_list(x->rq->db, x->rq->arena, application_id, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!say_name(x, &names[i], e))
            return false;
    return true;
}

bool explain_validation(struct explanation *x, struct error *e) {
    struct application open;
    if (!x->c->waits_for)
        return true;
    if (application_open(x->rq->db, x->rq->arena, x->c->id, &open, e))
        return say_names(x, open.id, e);
    return error_absent(e);
}
