/* What a person must publish before the stopgap is issued: told with the emergency itself, for minutes count.
 */
#include "emergency/emergency.h"
#include "validate/gate.h"

enum { TOLD_MAX = 5, TEXT_MAX = 8 << 10 };

static void add_challenge(struct buf text[LANG_COUNT], const struct validation *v,
                          const struct challenge *c) {
    if (c->host) {
        buf_printf(&text[LANG_EN], "Add the %s record %s with the value %s. ", c->type, c->host, c->value);
        buf_printf(&text[LANG_ZH], "请添加 %s 记录 %s,记录值为 %s。", c->type, c->host, c->value);
        return;
    }
    buf_printf(&text[LANG_EN], "Prove control over %s by a file at %s. ", v->name, c->url);
    buf_printf(&text[LANG_ZH], "请通过 %s 处的文件验证 %s。", c->url, v->name);
}

static bool add_name(struct work *w, const struct application_name *name, struct buf text[LANG_COUNT],
                     struct error *e) {
    struct validation v;
    struct challenge challenge = {0};
    if (name->settled_at)
        return true;
    if (!validation_get_any(w->db, w->arena, name->validation_id, &v, e) ||
        !validation_challenge(w->arena, &v, &challenge, e))
        return false;
    add_challenge(text, &v, &challenge);
    return true;
}

static bool add_names(struct work *w, const char *application_id, struct buf text[LANG_COUNT],
                      struct error *e) {
    struct application_name *names;
    size_t count;
    if (!application_name_list(w->db, w->arena, application_id, &names, &count, e))
        return false;
    for (size_t i = 0; i < count && i < TOLD_MAX; i++)
        if (!add_name(w, &names[i], text, e))
            return false;
    return true;
}

bool stopgap_records(struct work *w, const char *certificate_id, struct text *records, struct error *e) {
    struct application open;
    struct buf text[LANG_COUNT] = {buf_new(w->arena, TEXT_MAX), buf_new(w->arena, TEXT_MAX)};
    bool found = application_open(w->db, w->arena, certificate_id, &open, e);
    if (found && !add_names(w, open.id, text, e))
        return false;
    if (!found && e->id != ERR_NOT_FOUND)
        return false;
    error_clear(e);
    *records =
        (struct text)TEXT(text[LANG_EN].p ? text[LANG_EN].p : "", text[LANG_ZH].p ? text[LANG_ZH].p : "");
    return true;
}
