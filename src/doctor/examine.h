/* One look at a name: what its parts share. */
#pragma once
#include "doctor/symptom.h"
#include "validate/caa.h"
#include "validate/inquiry.h"

enum { SYMPTOMS_MAX = 96, ISSUERS_MAX = 16, DETAIL_MAX = 2000 };

/* A way to prove control, as CAA and CAs call it. */
enum method { METHOD_DNS, METHOD_HTTP, METHOD_TLS_ALPN, METHOD_COUNT };
const char *method_name(enum method method);
/* Those that are true: "dns-01, http-01". */
const char *methods_text(struct arena *a, const bool methods[METHOD_COUNT]);

/* What is asked of each issuer in question. */
struct doctor_issuer {
    const char *id;
    const char *caa_domains; /* one space between; NULL: CAA is none of its business, or not known */
    const char *account_uri; /* of this account there; NULL: not registered yet */
    bool public;             /* bound by the Baseline Requirements */
    bool binds;              /* an external account is set for this account */
};

struct found {
    enum symptom symptom;
    const char *issuer; /* NULL: it concerns all */
    struct text detail;
    const char *value; /* to be added as it stands; NULL: nothing */
};

struct examination {
    const struct validator *validator;
    struct arena *arena;
    const char *name; /* without "*."; or an IP address */
    bool wildcard, address;
    struct doctor_issuer issuers[ISSUERS_MAX];
    size_t issuer_count;
    struct inquiry inquiry;
    struct check check;         /* what everybody answered */
    bool methods[METHOD_COUNT]; /* can work, as far as we see */
    bool over;                  /* nothing more can be found out */
    size_t count;
    struct found found[SYMPTOMS_MAX];
};

/* budget: both formats, and what they are about */
struct found *symptom_add(struct examination *x, enum symptom symptom, const char *issuer, const char *en,
                          const char *zh, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* What went wrong is the detail. */
void symptom_add_error(struct examination *x, enum symptom symptom, const char *issuer,
                       const struct error *problem);

/* Looks at everything. False for trouble of our own; what cannot be asked is a finding. */
bool examine(struct examination *x, struct error *e);

/* ---- the parts, in their order ---- */

bool examine_name(struct examination *x, struct error *e);
bool examine_delegation(struct examination *x, struct error *e);
bool examine_challenge(struct examination *x, struct error *e);
bool examine_signatures(struct examination *x, struct error *e);
bool examine_addresses(struct examination *x, struct error *e);
bool examine_caa(struct examination *x, struct error *e);
bool examine_methods(struct examination *x, struct error *e);
