/* Errors on the wire. */
#include "http/problem.h"
#include <stdio.h>

static json_t *codes_of(const struct error *e) {
    json_t *codes = json_array();
    for (int i = 0; i < e->id_count; i++)
        json_array_append_new(codes, json_string(error_row(e->ids[i])->code));
    if (e->id_count == 0)
        json_array_append_new(codes, json_string(error_row(e->id)->code));
    return codes;
}

static void set_unless_empty(struct arena *a, json_t *object, const char *name, const char *value) {
    if (*value)
        json_object_set_new(object, name, json_string_of(a, value));
}

struct slice problem_body(struct arena *a, const struct error *e, enum lang lang, const char *request_id) {
    const struct error_row *row = error_row(e->id);
    json_t *problem = json_keep(a, json_object());
    json_object_set_new(problem, "type", json_string(arena_printf(a, "urn:tenure:error:%s", row->code)));
    json_object_set_new(problem, "title", json_string(row->title.in[lang]));
    json_object_set_new(problem, "status", json_integer(row->status));
    set_unless_empty(a, problem, "detail", e->detail[lang]);
    json_object_set_new(problem, "code", json_string(row->code));
    json_object_set_new(problem, "codes", codes_of(e));
    set_unless_empty(a, problem, "field", e->field);
    set_unless_empty(a, problem, "object", e->object);
    set_unless_empty(a, problem, "state", e->state);
    set_unless_empty(a, problem, "remedy", row->remedy.in[lang]);
    set_unless_empty(a, problem, "request_id", request_id);
    return slice_str(json_text(a, problem, false));
}

static const char *member(const json_t *object, const char *name) {
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

static void read_codes(const json_t *codes, struct error *e) {
    for (size_t i = 0; i < json_array_size(codes) && e->id_count < ERROR_CODES_MAX; i++) {
        const char *code = json_string_value(json_array_get(codes, i));
        enum error_id id = code ? error_by_code(code) : ERR_NONE;
        if (id != ERR_NONE)
            e->ids[e->id_count++] = id;
    }
}

bool problem_read(struct arena *a, int status, struct slice body, struct error *e) {
    json_t *problem;
    enum error_id id = ERR_NONE;
    if (json_read(a, body, &problem, e))
        id = error_by_code(member(problem, "code"));
    if (id == ERR_NONE)
        return fail(e, ERR_UNREACHABLE, "an answer with status %d came that is not Tenure's",
                    "收到状态码 %d 的应答,但不是 Tenure 的应答", status);
    /* the answer is in the language that was asked for, whichever that is */
    fail_field(e, member(problem, "field"), id, "%s", "%s", member(problem, "detail"));
    snprintf(e->object, sizeof e->object, "%s", member(problem, "object"));
    snprintf(e->state, sizeof e->state, "%s", member(problem, "state"));
    read_codes(json_object_get(problem, "codes"), e);
    return false;
}
