/*
 * Policy profiles (SPEC section 6) and the arithmetic of validity (section 7): pure functions over data
 * files. Times are UTC seconds, ends are half-open: X.509's notAfter is `end - 1`.
 */
#pragma once
#include "base/clock.h"
#include "pki/names.h"

enum grade { GRADE_DV, GRADE_OV, GRADE_EV, GRADE_COUNT };

/* "dv", "ov", "ev" */
const char *grade_name(enum grade grade);
/* GRADE_COUNT for any other text. */
enum grade grade_parse(const char *name);

enum order_kind { ORDER_PURCHASE, ORDER_RENEWAL, ORDER_EARLY_RENEWAL, ORDER_REPLACEMENT, ORDER_KIND_COUNT };

/* "purchase", "renewal", "early_renewal", "replacement" */
const char *order_kind_name(enum order_kind kind);
/* ORDER_KIND_COUNT for any other text. */
enum order_kind order_kind_parse(const char *name);

/* ---- profiles: policy_load.c ---- */

struct day_range {
    int64_t min, max;
};

/* The longest lifetime of a version that is issued from a day on. */
struct cap {
    const char *from; /* as the file has it */
    int64_t from_at, days;
};

enum first_state { FIRST_PENDING_APPLICATION, FIRST_VALIDATING, FIRST_PENDING_LETTER };

struct first_states {
    enum first_state of[GRADE_COUNT];
};

/* When a later term is activated, before the end of its predecessor. */
enum activation_rule {
    ACTIVATION_DAYS, /* so many days */
    ACTIVATION_LEAD, /* the lead of the predecessor's last version, or the CA's suggested window if that is
                        earlier */
};

struct activation {
    enum activation_rule rule;
    int64_t days,
        replacement_days; /* with ACTIVATION_DAYS; the latter in an order that replaced an uploaded one */
};

enum match_rule { MATCH_NOTHING, MATCH_WHOLE_SPECIFICATION };
enum pca_rule { PCA_AS_UPLOADED, PCA_REISSUE_AT_CA };

/* What may take the place of an uploaded certificate. Nothing is ever carried over from one. */
struct uploaded_rule {
    bool replaceable;
    enum match_rule match;
    bool warn_uncovered_names;
    enum pca_rule pca;
};

enum specification_change { SPECIFICATION_LOSES_CARRY, SPECIFICATION_REFUSED };

/* Bits: what a renewal form lets people edit. */
enum editable {
    EDIT_NAMES = 1 << 0, /* within the specification */
    EDIT_CSR = 1 << 1,
    EDIT_VALIDATION_METHOD = 1 << 2,
    EDIT_CONTACT = 1 << 3,
    EDIT_ORGANIZATION = 1 << 4,
    EDIT_YEARS = 1 << 5,
};

/* Bits. */
enum csr_choice { CSR_AUTOMATIC = 1 << 0, CSR_OWN = 1 << 1, CSR_KEEP = 1 << 2 };

enum issuance_unit { ISSUANCE_SECOND, ISSUANCE_WORKING_DAY };

struct issuance {
    enum issuance_unit unit;
    int64_t min;
    int64_t *max; /* NULL: no upper end is promised */
};

struct expected_issuance {
    struct issuance of[GRADE_COUNT];
    bool measured; /* once there are measurements of the issuer, they count instead */
};

enum letter_rule { LETTER_NEVER, LETTER_ALWAYS, LETTER_PER_PRODUCT };

/* Days before the end. */
struct auto_renew_rule {
    int64_t last_day,
        charge_day; /* can be switched on until; is charged at, or at once if switched on later */
};

struct profile {
    const char *name;
    int64_t version;
    struct text title;
    int64_t standard_days, carry_max_days;
    struct day_range bonus_days; /* what a product that has a bonus may be set to; 0 to 0: none has */
    struct cap *caps;            /* ascending; the first one holds for all time before, too */
    unsigned caps_count;
    int64_t window_days;
    bool early_renewal;
    struct day_range years;
    struct first_states after_payment;
    struct activation activation;
    unsigned not_renewable_domain_types; /* bits: 1 << enum domain_type */
    bool test_renewable;
    struct uploaded_rule uploaded;
    const char **renewable_brands; /* ask policy_brand_renewable */
    unsigned renewable_brands_count;
    enum specification_change specification_change;
    unsigned editable, csr_choices; /* bits */
    struct expected_issuance expected_issuance;
    int64_t refund_days;
    enum letter_rule letter;            /* OV and EV */
    struct auto_renew_rule *auto_renew; /* NULL: there is no such switch */
};

struct policies {
    const struct profile **profiles; /* by name, then version */
    size_t count;
};

#define POLICY_DEFAULT "modern"

/* The built-in profiles, and those of the folder's *.yaml (NULL: none), which add or replace (same name and
 * version). */
bool policy_load(struct arena *a, const char *folder, struct policies *policies, struct error *e);
/* NULL if there is none; version 0 is the newest. */
const struct profile *policy_find(const struct policies *policies, const char *name, int64_t version);
bool policy_brand_renewable(const struct profile *profile, const char *brand);
/* multi, mixed … under profiles that exclude them. */
bool policy_domain_type_renewable(const struct profile *profile, enum domain_type type);

/* ---- arithmetic: policy.c ---- */

/* The days that the cap allows a version issued at `t`: the row in force one day later, so that an order
 * waiting in a queue cannot cross a boundary between decision and signature. */
int64_t policy_cap_days(const struct profile *profile, int64_t t);

/* floor(min(window, lifetime / 3)); lifetimes under 10 days: floor(lifetime / 2). */
int64_t policy_lead(const struct profile *profile, int64_t lifetime);

struct coverage_input {
    enum order_kind kind;
    int64_t at;      /* issue of the order's first version */
    int64_t old_end; /* of the predecessor */
    int64_t bonus_days;
    bool specification_changed;
};

struct coverage {
    int64_t end;
    int64_t carried;    /* seconds */
    int64_t bonus_days; /* granted */
};

/* Of the first term of an order. */
struct coverage policy_coverage(const struct profile *profile, const struct coverage_input *in);
/* The coverage end of a later term whose first version is issued at `at`: the terms of one order lose
 * nothing. */
int64_t policy_next_coverage_end(const struct profile *profile, int64_t coverage_end, int64_t at);

struct issuer_rules {
    int64_t backdate;
    int64_t ca_end;         /* end of the issuing CA's certificate; 0: does not matter */
    int64_t lifetime_max;   /* the longest that the issuer has; 0: that of the profile */
    int64_t fixed_lifetime; /* an issuer that fixes the lifetime itself is taken at its word; 0: it does as
                               told */
};

enum limit { LIMIT_COVERAGE, LIMIT_CAP, LIMIT_ISSUER };

/* "coverage", "cap", "issuer" */
const char *limit_name(enum limit limit);

struct validity {
    int64_t issued_at, not_before, end;
    enum limit limited_by;
};

/* The version that is issued at `t` within a coverage. */
struct validity policy_validity(const struct profile *profile, const struct issuer_rules *issuer,
                                int64_t coverage_end, int64_t t);

enum next_kind {
    NEXT_NONE,    /* the coverage is used up */
    NEXT_VERSION, /* of the same certificate */
    NEXT_TERM,    /* the first version of the paid next term: its activation */
};

struct next_issue {
    enum next_kind kind;
    int64_t at;
};

struct term_state {
    enum order_kind order_kind;
    bool next_term;          /* a next term is paid */
    int64_t not_before, end; /* of the version that is to be followed */
    int64_t coverage_end;
};

/* What follows a version, and when; without jitter. */
struct next_issue policy_next_issue(const struct profile *profile, const struct term_state *term);
/* When the paid next term starts, with the versions up to then issued as planned. */
int64_t policy_term_start(const struct profile *profile, const struct issuer_rules *issuer,
                          const struct term_state *term);

/* ---- plan: policy_plan.c ---- */

struct plan_input {
    const struct profile *profile;
    struct coverage_input order; /* `at`: when it is ordered */
    int64_t years;
    int64_t window; /* seconds before old_end in which it counts as about to expire; 0: the profile's
                       window_days */
    struct issuer_rules issuer;
};

struct plan_term {
    int64_t coverage_end;
    struct validity *versions;
    size_t version_count;
};

struct plan {
    struct coverage coverage; /* of the first term */
    int64_t coverage_end;     /* of the last term */
    struct plan_term *terms;
    size_t term_count;
};

/*
 * "If I order this, what do I get, when will each version be issued, and why." An early renewal submits
 * itself at old_end - window. Refusals, in the order of SPEC section 3: ERR_PROFILE_HAS_NO_EARLY_RENEWAL,
 * ERR_INSIDE_WINDOW, ERR_EXPIRED_BUY_NEW, ERR_OUTSIDE_WINDOW, ERR_SPECIFICATION_CHANGE_BUY_NEW,
 * ERR_YEARS_NOT_OFFERED.
 */
bool policy_plan(struct arena *a, const struct plan_input *in, struct plan *plan, struct error *e);
