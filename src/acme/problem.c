/* Problem documents (RFC 8555, 6.7; RFC 9457): whatever a server that fails may send. */
#include "acme/message_json.h"

#define TYPE_PREFIX "urn:ietf:params:acme:error:"

const char *acme_text_for_people(struct arena *a, const char *text) {
    return text_for_people(a, text, ACME_TEXT_MAX);
}

static const char *type_of(struct arena *a, const json_t *object) {
    const char *type = acme_text_for_people(a, json_string_value(json_object_get(object, "type")));
    size_t prefix = strlen(TYPE_PREFIX);
    return strncmp(type, TYPE_PREFIX, prefix) == 0 ? type + prefix : type;
}

static const char *text_or_null(struct arena *a, const json_t *value) {
    const char *text = json_string_value(value);
    return text ? acme_text_for_people(a, text) : NULL;
}

static void read_subproblems(struct arena *a, const json_t *array, struct acme_problem *problem) {
    size_t count = json_array_size(array);
    count = count < ACME_SUBPROBLEMS_MAX ? count : ACME_SUBPROBLEMS_MAX;
    problem->subproblems = ARENA_ARRAY(a, count, struct acme_subproblem);
    problem->subproblem_count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(array, i), *identifier = json_object_get(one, "identifier");
        problem->subproblems[i] = (struct acme_subproblem){
            .type = type_of(a, one),
            .detail = acme_text_for_people(a, json_string_value(json_object_get(one, "detail"))),
            .identifier = {text_or_null(a, json_object_get(identifier, "type")),
                           text_or_null(a, json_object_get(identifier, "value"))},
        };
    }
}

void acme_problem_from(struct arena *a, const json_t *value, struct acme_problem *problem) {
    *problem = (struct acme_problem){
        .type = type_of(a, value),
        .detail = acme_text_for_people(a, json_string_value(json_object_get(value, "detail"))),
        .instance = text_or_null(a, json_object_get(value, "instance")),
        .status = json_integer_value(json_object_get(value, "status")),
    };
    read_subproblems(a, json_object_get(value, "subproblems"), problem);
}

void acme_read_problem(struct arena *a, struct slice json, struct acme_problem *problem) {
    json_t *value;
    struct error unreadable;
    acme_problem_from(a, json_read(a, json, &value, &unreadable) ? value : NULL, problem);
}

bool acme_problem_is(const struct acme_problem *problem, const char *type) {
    return strcmp(problem->type, type) == 0;
}

const char *acme_problem_text(struct arena *a, const struct acme_problem *problem) {
    struct buf b = buf_new(a, ACME_TEXT_MAX);
    buf_str(&b, *problem->detail ? problem->detail : problem->type);
    for (size_t i = 0; i < problem->subproblem_count && !b.overflow; i++) {
        const struct acme_subproblem *one = &problem->subproblems[i];
        const char *of = one->identifier.value ? one->identifier.value : one->type;
        buf_str(&b,
                arena_printf(a, "%s%s: %s", b.len ? "; " : "", of, *one->detail ? one->detail : one->type));
    }
    return b.p ? b.p : "";
}
