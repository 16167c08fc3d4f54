/* From what the name servers said to the reason: the first question that holds decides. */
#include "validate/evidence.h"

static bool nobody(const struct evidence *v) {
    return v->have + v->wrong + v->missing == 0;
}

static bool lacking(const struct evidence *v) {
    return v->wrong + v->missing > 0;
}

static bool is_looped(const struct evidence *v) {
    return v->looped;
}

static bool servers_are_forged(const struct evidence *v) {
    return nobody(v) && v->bogus;
}

static bool all_fail(const struct evidence *v) {
    return nobody(v) && v->failed > 0;
}

static bool all_are_silent(const struct evidence *v) {
    return nobody(v) && v->timed_out > 0;
}

static bool all_are_unreachable(const struct evidence *v) {
    return nobody(v) && v->unreachable > 0;
}

static bool is_doubled(const struct evidence *v) {
    return lacking(v) && v->doubled;
}

static bool is_wildcard(const struct evidence *v) {
    return lacking(v) && v->wildcard;
}

static bool is_wrong(const struct evidence *v) {
    return v->wrong > 0;
}

static bool is_absent(const struct evidence *v) {
    return v->absent && v->have == 0;
}

static bool is_missing(const struct evidence *v) {
    return v->missing > 0 || nobody(v) || v->validated == LOOK_UP_OTHER;
}

static bool look_up_fails(const struct evidence *v) {
    return v->validated == LOOK_UP_FAILED || (v->validated == LOOK_UP_GOOD && v->caa == LOOK_UP_FAILED);
}

static bool look_up_is_forged(const struct evidence *v) {
    return v->validated == LOOK_UP_BOGUS || (v->validated == LOOK_UP_GOOD && v->caa == LOOK_UP_BOGUS);
}

static bool look_up_times_out(const struct evidence *v) {
    return v->validated == LOOK_UP_TIMED_OUT || v->caa == LOOK_UP_TIMED_OUT;
}

static bool is_forbidden(const struct evidence *v) {
    return v->caa == LOOK_UP_OTHER;
}

static const struct {
    bool (*holds)(const struct evidence *evidence);
    enum reason reason;
} questions[] = {
    {is_looped, REASON_CNAME_LOOP},
    {servers_are_forged, REASON_DNSSEC_BROKEN},
    {all_fail, REASON_SERVFAIL},
    {all_are_silent, REASON_TIME_OUT},
    {all_are_unreachable, REASON_CONNECTION_REFUSED},
    {is_doubled, REASON_WRONG_NAME},
    {is_wildcard, REASON_WILDCARD_CNAME},
    {is_wrong, REASON_WRONG_VALUE},
    {is_absent, REASON_NXDOMAIN},
    {is_missing, REASON_RECORD_MISSING},
    {look_up_fails, REASON_SERVFAIL},
    {look_up_is_forged, REASON_DNSSEC_BROKEN},
    {look_up_times_out, REASON_TIME_OUT},
    {is_forbidden, REASON_CAA_FORBIDS},
};

enum reason evidence_judge(const struct evidence *evidence) {
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (questions[i].holds(evidence))
            return questions[i].reason;
    return REASON_FOUND;
}
