/* What a look at a name can find: a closed list, each with its weight and the way out. */
#pragma once
#include "base/text.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_FATAL, SEVERITY_COUNT };
/* "note", "warning", "fatal" */
const char *severity_name(enum severity severity);

enum symptom {
    /* the name itself */
    SYMPTOM_NAME_NOT_PUBLIC,
    SYMPTOM_NAME_ABSENT,
    SYMPTOM_NOT_EXAMINED,
    /* delegation */
    SYMPTOM_NOT_DELEGATED,
    SYMPTOM_SERVERS_FAIL,
    SYMPTOM_SERVER_FAILS,
    SYMPTOM_SERVER_LAGS,
    /* DNSSEC */
    SYMPTOM_DNSSEC_BROKEN,
    SYMPTOM_LOOK_UP_FAILS,
    SYMPTOM_DNSSEC_GOOD,
    SYMPTOM_DNSSEC_ABSENT,
    /* _acme-challenge */
    SYMPTOM_ALIAS,
    SYMPTOM_ALIAS_LOOP,
    SYMPTOM_ALIAS_DANGLES,
    SYMPTOM_ALIAS_FORGED,
    SYMPTOM_WILDCARD_ALIAS,
    SYMPTOM_WILDCARD_TEXT,
    SYMPTOM_LEFT_OVER,
    /* CAA */
    SYMPTOM_CAA_UNREADABLE,
    SYMPTOM_CAA_CRITICAL,
    SYMPTOM_CAA_OTHER_ISSUER,
    SYMPTOM_CAA_OTHER_ACCOUNT,
    SYMPTOM_CAA_OTHER_METHOD,
    SYMPTOM_CAA_METHOD_CLOSED,
    SYMPTOM_CAA_ACCOUNT_UNKNOWN,
    SYMPTOM_CAA_PERMITS,
    SYMPTOM_CAA_ABSENT,
    /* addresses and ports */
    SYMPTOM_NO_ADDRESS,
    SYMPTOM_PRIVATE_ADDRESS,
    SYMPTOM_PORT_80_CLOSED,
    SYMPTOM_PORT_443_CLOSED,
    SYMPTOM_IPV6_REFUSES,
    SYMPTOM_IPV6_ELSEWHERE,
    SYMPTOM_REDIRECT,
    SYMPTOM_REDIRECT_REFUSED,
    /* an issuer, whatever the name is */
    SYMPTOM_ISSUER_WITHDRAWN,
    SYMPTOM_ISSUER_SILENT,
    SYMPTOM_TERMS_NOT_AGREED,
    SYMPTOM_EXTERNAL_ACCOUNT,
    SYMPTOM_PROFILE_UNKNOWN,
    SYMPTOM_CLOCK_APART,
    /* what follows */
    SYMPTOM_NO_METHOD,
    SYMPTOM_METHODS,
    SYMPTOM_BY_HAND,
    SYMPTOM_NO_SOLVER,
    SYMPTOM_NOT_YOURS,
    SYMPTOM_SOLVED,
    SYMPTOM_COUNT
};

struct symptom_row {
    const char *code;
    enum severity severity;
    struct text title, remedy;
};

const struct symptom_row *symptom_row(enum symptom symptom);
/* NULL for none. */
const struct symptom_row *symptom_find(const char *code);
