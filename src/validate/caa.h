/* Who may issue for a name: CAA records (RFC 8659) with the parameters of ACME (RFC 8657). */
#pragma once
#include "validate/validate.h"

enum { CAA_CRITICAL = 0x80, CAA_PARAMETERS_MAX = 16 };

struct caa {
    uint8_t flags;
    const char *tag, *value; /* lower case; as it stands */
};

/* RDATA from outside; false if it is none. */
bool caa_read(struct arena *a, struct slice rdata, struct caa *caa);
/* What an issue or issuewild record says, and a record of dns-persist-01, too. */
struct caa_issue {
    const char *issuer; /* lower case; empty: nobody */
    size_t count;
    struct caa_parameter {
        const char *tag, *value; /* lower case; as it stands */
    } parameters[CAA_PARAMETERS_MAX];
};

/* Text from outside; false if it is not what RFC 8659 (4.2) describes: then it permits nobody. */
bool caa_issue_read(struct arena *a, const char *value, struct caa_issue *issue);
/* NULL if there is none. Of several with one tag none counts: `twice`. */
const char *caa_parameter(const struct caa_issue *issue, const char *tag, bool *twice);

/* Who wants to issue. */
struct caa_applicant {
    const char *domains;     /* by any of which the CA is named, one space between */
    const char *account_uri; /* NULL: not known yet */
    const char *method;      /* "dns-01"; NULL: whichever is permitted */
    bool wildcard;
};

enum caa_verdict {
    CAA_PERMITS,
    CAA_UNREADABLE,
    CAA_CRITICAL_UNKNOWN,
    CAA_OTHER_ISSUER,
    CAA_OTHER_ACCOUNT,
    CAA_OTHER_METHOD,
};

/* The closer to permission, the later; permission is the closest. */
enum caa_verdict caa_closer(enum caa_verdict best, enum caa_verdict verdict);
/* The records of one name. Of several that do not permit, the one that comes closest is the verdict. */
enum caa_verdict caa_judge(struct arena *a, const struct slice *records, size_t count,
                           const struct caa_applicant *applicant);

/* Do the records of a name permit the issuer? Those that cannot be read forbid. */
bool caa_permits(struct arena *a, const struct slice *records, size_t count, const char *issuer,
                 bool wildcard);
/*
 * Climbs from the name to the first one that has CAA records: `result` and `name` hold the look-up that
 * decided, which may have failed.
 */
struct caa_found {
    bool permitted;
    const char *name; /* that has the records; NULL: there are none */
    struct dns_result result;
};
bool caa_find(struct dns *dns, const char *name, struct caa_found *found, struct error *e);
/* The same, and `permitted` says. */
bool caa_look(struct dns *dns, struct arena *a, const struct control *control, const char *issuer,
              struct caa_found *found, struct error *e);
