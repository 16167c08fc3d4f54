/* What a failure of an order at a CA means: whose trouble it is, and how people are told of it. */
#include "issue/acme_problem.h"
#include "issue/acme_run.h"

/* ---- whose trouble ---- */

static const struct {
    enum error_id cause;
    enum acme_trouble trouble;
} troubles[] = {
    {ERR_UNREACHABLE, TROUBLE_CA},
    {ERR_TIMED_OUT, TROUBLE_CA},
    {ERR_ADDRESS_NOT_ALLOWED, TROUBLE_CA},
    {ERR_ACME_ANSWER, TROUBLE_CA},
    {ERR_ACME_UNAVAILABLE, TROUBLE_CA},
    {ERR_ACME_RATE_LIMITED, TROUBLE_CA},
    {ERR_ACME_CONFLICT, TROUBLE_CA},
    {ERR_ACME_NOT_READY, TROUBLE_CA},
    {ERR_ACME_VALIDATION, TROUBLE_NAME},
    {ERR_ACME_REFUSED, TROUBLE_REFUSED},
    {ERR_ACME_OVER, TROUBLE_OVER},
    {ERR_ISSUER_ANSWER, TROUBLE_CA},
    {ERR_ACME_USER_ACTION, TROUBLE_PERSON},
    {ERR_ACME_ACCOUNT_GONE, TROUBLE_PERSON},
    {ERR_ACME_EXTERNAL_ACCOUNT, TROUBLE_PERSON},
    {ERR_CSR_NAMES_MISMATCH, TROUBLE_REFUSED},
    {ERR_WEAK_KEY, TROUBLE_REFUSED},
};

enum acme_trouble acme_trouble_of(const struct error *cause) {
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (troubles[i].cause == cause->id)
            return troubles[i].trouble;
    return TROUBLE_OURS;
}

/* ---- why it is rejected ---- */

static const struct {
    const char *type; /* RFC 8555, 6.7 */
    enum error_id reason;
} reasons[] = {
    {"rejectedIdentifier", ERR_DOMAIN_SECURITY_REVIEW},
    {"unsupportedIdentifier", ERR_DOMAIN_SECURITY_REVIEW},
    {"caa", ERR_REJECTED_CAA},
    {"badCSR", ERR_REJECTED_CSR},
    {"badPublicKey", ERR_REJECTED_CSR},
};

static enum error_id reason_of_type(const char *type) {
    for (size_t i = 0; type && i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].type, type) == 0)
            return reasons[i].reason;
    return ERR_NONE;
}

static enum error_id reason_of_problem(const struct acme_problem *problem) {
    enum error_id reason = reason_of_type(problem->type);
    for (size_t i = 0; reason == ERR_NONE && i < problem->subproblem_count; i++)
        reason = reason_of_type(problem->subproblems[i].type);
    return reason;
}

static enum error_id reason_of_names(const struct acme_run *run) {
    enum error_id reason = ERR_NONE;
    for (size_t i = 0; reason == ERR_NONE && i < run->count; i++)
        reason = reason_of_type(run->authorizations[i].problem_type);
    return reason;
}

enum error_id acme_rejection(const struct acme_run *run, const struct error *cause) {
    if (cause->id == ERR_ISSUER_ANSWER)
        return ERR_NONE;
    if (cause->id == ERR_CSR_NAMES_MISMATCH || cause->id == ERR_WEAK_KEY)
        return ERR_REJECTED_CSR;
    enum error_id reason = reason_of_problem(&run->reply.problem);
    reason = reason != ERR_NONE ? reason : reason_of_names(run);
    if (reason != ERR_NONE)
        return reason;
    return cause->id == ERR_ACME_REFUSED ? ERR_ISSUE_REFUSED : ERR_VALIDATION_FAILED;
}

/* ---- for people ---- */

static void add_problem(struct arena *a, json_t *list, const char *name, const char *type,
                        const char *detail) {
    json_t *one = json_object();
    json_object_set_new(one, "name", json_string_of(a, name));
    json_object_set_new(one, "type", json_string_of(a, type ? type : ""));
    json_object_set_new(one, "detail", json_string_of(a, detail ? detail : ""));
    json_array_append_new(list, one);
}

static void add_answer(struct arena *a, json_t *list, const struct acme_problem *problem) {
    bool said = (problem->type && *problem->type) || (problem->detail && *problem->detail);
    if (said)
        add_problem(a, list, NULL, problem->type, problem->detail);
    for (size_t i = 0; i < problem->subproblem_count; i++)
        add_problem(a, list, problem->subproblems[i].identifier.value, problem->subproblems[i].type,
                    problem->subproblems[i].detail);
}

/* What we make of an answer that says nothing for people, or of none. */
static void add_ours(struct arena *a, json_t *list, const struct error *cause) {
    enum acme_trouble trouble = acme_trouble_of(cause);
    if (json_array_size(list) || (trouble != TROUBLE_CA && trouble != TROUBLE_OVER))
        return;
    add_problem(a, list, NULL, error_row(cause->id)->code, cause->detail[LANG_EN]);
    json_object_set_new(json_array_get(list, 0), "detail_zh", json_string_of(a, cause->detail[LANG_ZH]));
}

const char *acme_problems(const struct acme_run *run, const struct error *cause) {
    struct arena *a = run->w->arena;
    json_t *list = json_keep(a, json_array());
    for (size_t i = 0; i < run->count; i++) {
        const struct acme_authorization_row *z = &run->authorizations[i];
        if (z->problem)
            add_problem(a, list, z->name, z->problem_type, z->problem);
    }
    add_answer(a, list, &run->reply.problem);
    add_ours(a, list, cause);
    return json_array_size(list) ? json_text(a, list, false) : NULL;
}

/* ---- an order that the CA has declared invalid ---- */

bool acme_fail_for_problem(struct arena *a, const struct acme_problem *problem, struct error *e) {
    bool said = problem->type != NULL;
    const char *text = said ? acme_problem_text(a, problem) : "";
    return fail(e, said ? acme_problem_error(problem, (int)problem->status) : ERR_ACME_OVER,
                "the CA has declared the order invalid: %s", "CA 已宣布订单无效:%s", *text ? text : "-");
}
