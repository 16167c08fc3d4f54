/* Problems of ACME servers (RFC 8555, 6.7) as errors of ours. */
#include "issue/acme_problem.h"

enum { TOO_MANY = 429, SERVER_ERRORS = 500, CONFLICT = 409 };

static const struct meaning {
    const char *type;
    enum error_id id;
} meanings[] = {
    {"accountDoesNotExist", ERR_ACME_ACCOUNT_GONE},
    {"alreadyReplaced", ERR_ACME_CONFLICT},
    {"alreadyRevoked", ERR_ACME_CONFLICT},
    {"badCSR", ERR_ACME_REFUSED},
    {"badPublicKey", ERR_ACME_REFUSED},
    {"badRevocationReason", ERR_ACME_REFUSED},
    {"badSignatureAlgorithm", ERR_ACME_REFUSED},
    {"caa", ERR_ACME_VALIDATION},
    {"conflict", ERR_ACME_CONFLICT},
    {"connection", ERR_ACME_VALIDATION},
    {"dns", ERR_ACME_VALIDATION},
    {"externalAccountRequired", ERR_ACME_EXTERNAL_ACCOUNT},
    {"incorrectResponse", ERR_ACME_VALIDATION},
    {"invalidContact", ERR_ACME_REFUSED},
    {"invalidProfile", ERR_ACME_REFUSED},
    {"onionCAARequired", ERR_ACME_VALIDATION},
    {"orderNotReady", ERR_ACME_NOT_READY},
    {"rateLimited", ERR_ACME_RATE_LIMITED},
    {"rejectedIdentifier", ERR_ACME_REFUSED},
    {"serverInternal", ERR_ACME_UNAVAILABLE},
    {"tls", ERR_ACME_VALIDATION},
    {"unauthorized", ERR_ACME_VALIDATION},
    {"unsupportedContact", ERR_ACME_REFUSED},
    {"unsupportedIdentifier", ERR_ACME_REFUSED},
    {"userActionRequired", ERR_ACME_USER_ACTION},
};

static enum error_id by_type(const char *type) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strcmp(meanings[i].type, type) == 0)
            return meanings[i].id;
    return ERR_NONE;
}

static enum error_id by_status(int status) {
    if (status == TOO_MANY)
        return ERR_ACME_RATE_LIMITED;
    if (status >= SERVER_ERRORS)
        return ERR_ACME_UNAVAILABLE;
    return status == CONFLICT ? ERR_ACME_CONFLICT : ERR_ACME_ANSWER;
}

/* A compound problem is what its first part is. */
enum error_id acme_problem_error(const struct acme_problem *problem, int status) {
    bool compound = strcmp(problem->type, "compound") == 0 && problem->subproblem_count > 0;
    enum error_id id = by_type(compound ? problem->subproblems[0].type : problem->type);
    return id ? id : by_status(status);
}

bool acme_problem_fail(struct arena *a, const struct issuer *issuer, const struct acme_reply *reply,
                       struct error *e) {
    const struct acme_problem *problem = &reply->problem;
    enum error_id id = acme_problem_error(problem, reply->status);
    const char *text = acme_problem_text(a, problem);
    const char *where = problem->instance ? problem->instance : reply->help;
    if (id == ERR_ACME_USER_ACTION && reply->terms)
        where = where ? arena_printf(a, "%s %s", where, reply->terms) : reply->terms;
    if (!*text)
        text = arena_printf(a, "HTTP %d", reply->status);
    fail(e, id, "%s: %s%s%s%s", "%s:%s%s%s%s", issuer->id, text, where ? " (" : "", where ? where : "",
         where ? ")" : "");
    e->retry_after = reply->retry_after;
    return false;
}
