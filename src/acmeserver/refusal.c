/* What clients are told went wrong: problem documents (RFC 8555, 6.7). */
#include "acmeserver/served.h"

static const struct {
    const char *type;
    int status;
} rows[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = {"serverInternal", 500},
    [REFUSAL_ACCOUNT_ABSENT] = {"accountDoesNotExist", 400},
    [REFUSAL_ALREADY_REPLACED] = {"alreadyReplaced", 409},
    [REFUSAL_ALREADY_REVOKED] = {"alreadyRevoked", 400},
    [REFUSAL_BAD_CSR] = {"badCSR", 400},
    [REFUSAL_BAD_NONCE] = {"badNonce", 400},
    [REFUSAL_BAD_PUBLIC_KEY] = {"badPublicKey", 400},
    [REFUSAL_BAD_REASON] = {"badRevocationReason", 400},
    [REFUSAL_BAD_SIGNATURE_ALGORITHM] = {"badSignatureAlgorithm", 400},
    [REFUSAL_EXTERNAL_ACCOUNT] = {"externalAccountRequired", 403},
    [REFUSAL_INVALID_CONTACT] = {"invalidContact", 400},
    [REFUSAL_INVALID_PROFILE] = {"invalidProfile", 400},
    [REFUSAL_KEY_IN_USE] = {"malformed", 409},
    [REFUSAL_MALFORMED] = {"malformed", 400},
    [REFUSAL_MEDIA_TYPE] = {"malformed", 415},
    [REFUSAL_METHOD] = {"malformed", 405},
    [REFUSAL_NOT_FOUND] = {"malformed", 404},
    [REFUSAL_ORDER_NOT_READY] = {"orderNotReady", 403},
    [REFUSAL_RATE_LIMITED] = {"rateLimited", 429},
    [REFUSAL_REJECTED_IDENTIFIER] = {"rejectedIdentifier", 400},
    [REFUSAL_SERVER_INTERNAL] = {"serverInternal", 500},
    [REFUSAL_TERMS] = {"userActionRequired", 403},
    [REFUSAL_UNAUTHORIZED] = {"unauthorized", 403},
    [REFUSAL_UNAVAILABLE] = {"serverInternal", 503},
    [REFUSAL_UNSUPPORTED_CONTACT] = {"unsupportedContact", 400},
    [REFUSAL_UNSUPPORTED_IDENTIFIER] = {"unsupportedIdentifier", 400},
};

/* What errors of other slices are to a client of ours. */
static const struct {
    enum error_id id;
    enum refusal refusal;
} meanings[] = {
    {ERR_JWS_ALGORITHM, REFUSAL_BAD_SIGNATURE_ALGORITHM},
    {ERR_MALFORMED_KEY, REFUSAL_BAD_PUBLIC_KEY},
    {ERR_KEY_UNSUPPORTED, REFUSAL_BAD_PUBLIC_KEY},
    {ERR_WEAK_KEY, REFUSAL_BAD_PUBLIC_KEY},
    {ERR_BAD_SIGNATURE, REFUSAL_MALFORMED},
    {ERR_BAD_REQUEST, REFUSAL_MALFORMED},
    {ERR_BAD_FIELD, REFUSAL_MALFORMED},
    {ERR_UNKNOWN_FIELD, REFUSAL_MALFORMED},
    {ERR_CSR_MALFORMED, REFUSAL_BAD_CSR},
    {ERR_CSR_SIGNATURE, REFUSAL_BAD_CSR},
    {ERR_CSR_WEAK_KEY, REFUSAL_BAD_CSR},
    {ERR_NOT_FOUND, REFUSAL_NOT_FOUND},
    {ERR_METHOD_NOT_ALLOWED, REFUSAL_METHOD},
    {ERR_DATABASE_BUSY, REFUSAL_UNAVAILABLE},
    {ERR_DATABASE_UNAVAILABLE, REFUSAL_UNAVAILABLE},
};

static enum refusal refusal_of(const struct error *e) {
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].id == e->id)
            return meanings[i].refusal;
    return REFUSAL_SERVER_INTERNAL;
}

/* A new reference. */
static json_t *problem_json(struct arena *a, const char *type, const char *detail) {
    json_t *problem = json_object();
    json_object_set_new(problem, "type",
                        json_string_of(a, arena_printf(a, "urn:ietf:params:acme:error:%s", type)));
    json_object_set_new(problem, "detail", json_string_of(a, detail));
    return problem;
}

const char *refusal_text(struct arena *a, const char *type, const char *detail) {
    return json_text(a, json_keep(a, problem_json(a, type, detail)), false);
}

void refuse_identifier(struct served_request *rq, enum refusal refusal, const char *type, const char *value,
                       const char *detail) {
    struct arena *a = rq->arena;
    json_t *identifier = json_object(), *problem = problem_json(a, rows[refusal].type, detail);
    if (!rq->subproblems)
        rq->subproblems = json_keep(a, json_array());
    json_object_set_new(identifier, "type", json_string_of(a, type));
    json_object_set_new(identifier, "value", json_string_of(a, value));
    json_object_set_new(problem, "identifier", identifier);
    json_array_append_new(rq->subproblems, problem);
}

static json_t *algorithms(void) {
    json_t *list = json_array();
    for (size_t i = 0; jws_algorithms[i]; i++)
        json_array_append_new(list, json_string(jws_algorithms[i]));
    return list;
}

void refusal_answer(struct served_request *rq, const struct error *e) {
    enum refusal refusal = rq->refusal ? rq->refusal : refusal_of(e);
    struct arena *a = rq->arena;
    json_t *problem = json_keep(a, problem_json(a, rows[refusal].type, e->detail[rq->x->lang]));
    json_object_set_new(problem, "status", json_integer(rows[refusal].status));
    if (refusal == REFUSAL_BAD_SIGNATURE_ALGORITHM)
        json_object_set_new(problem, "algorithms", algorithms());
    if (rq->subproblems)
        json_object_set(problem, "subproblems", rq->subproblems);
    rq->x->status = rows[refusal].status;
    rq->x->content_type = "application/problem+json";
    rq->x->answer = slice_str(json_text(a, problem, false));
}
