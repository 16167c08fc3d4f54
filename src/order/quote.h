/*
 * Quotes (SPEC section 4): what an order would cost and give, and why. A quote holds for 30 minutes and
 * reserves nothing; one order is made from it, which costs what it said. Times are as planned: without the
 * jitter and the backdating of versions.
 */
#pragma once
#include "base/money.h"
#include "order/draft.h"
#include "order/ledger.h"

enum { QUOTE_SECONDS = 30 * 60 };

/* Where the units of a line come from: SOURCE_QUOTA or SOURCE_PAID. */
struct quote_line {
    const char *item; /* a specification, or MANAGED_USE */
    const char *source;
    int64_t count;
    struct money unit_price; /* none from quota, and within a package */
    struct money amount;
};

struct quote_quota {
    const char *item;
    int64_t left, left_after; /* now, and with the order */
};

struct quote_version {
    int64_t issue_at, end_at, days;
    const char *limited_by;
};

struct quote_certificate {
    int64_t term;               /* 1 … years */
    const char *state;          /* once paid */
    const char *predecessor_id; /* of the first one; the others follow each other */
    int64_t issue_at, coverage_end, carried_seconds, carried_days, bonus_days;
    struct quote_version *versions;
    size_t version_count;
};

struct quote_note {
    const char *code, *text_en, *text_zh;
    const char *text; /* for answers only */
};

enum { QUOTE_NOTES_MAX = 8 };

struct quote_notes {
    struct quote_note *items;
    size_t count;
};

/* What the buyer chose, complete. */
struct quote_choice {
    const char *names, *grade, *domain_type, *key_algorithm, *key_family, *csr_choice, *csr;
    const char *contact_id, *organization_id, *validation_method;
    /* of quota */
    const char *package;
    int64_t certificates, managed_uses;
};

struct quote {
    const char *id, *account_id, *created_by;
    int64_t created_at, expires_at;
    const char *kind;
    int64_t years;
    const char *old_certificate_id, *brand, *profile;
    int64_t profile_version;
    struct money due;
    const char *order_id;
    /* as JSON in the column `content` */
    struct quote_choice chosen;
    struct quote_line *lines;
    size_t line_count;
    struct quote_quota *quota;
    size_t quota_count;
    struct quote_certificate *certificates;
    size_t certificate_count;
    struct quote_notes explanations, warnings;
    const char *content; /* of the row */
};

/* ---- quote.c ---- */

/* What is to be quoted: quota if there are units or a package, a renewal with `old`, else a purchase. */
struct quote_request {
    const char *account_id;
    struct order_request order;
    struct certificate *old; /* of the account */
    const char *package;
    struct specification of;
    int64_t certificates, managed_uses;
};

/* Makes it and stores it: in the caller's transaction. Refused like the order itself. */
bool quote_make(const struct services *services, struct arena *a, const struct quote_request *request,
                int64_t now, struct quote *q, struct error *e);

struct quote_use {
    const char *account_id, *id, *order_id;
};

/* ERR_QUOTE_NEEDED: what it costs must be agreed on first; always false. */
bool quote_refuse_price(struct arena *a, const struct quote *q, struct error *e);
/* A quote for the same choice with the prices and the quota of now. Refused like the order itself. */
bool quote_again(const struct services *services, struct arena *a, const struct quote_use *use, int64_t now,
                 struct quote *q, struct error *e);

struct quote_taken {
    struct quote quote;
    /* what the order is made from, unless it is one of quota */
    struct order_request request;
    struct certificate old;
    struct draft draft;
};

/*
 * Uses a quote up for an order, in the transaction that makes it: of two one succeeds. ERR_QUOTE_STALE once
 * it has expired or is used, if the quota that it counts on was used meanwhile, or if the time has made
 * another kind of order of it; what the action table refuses by now has its own code.
 */
bool quote_take(const struct services *services, struct arena *a, const struct quote_use *use, int64_t now,
                struct quote_taken *taken, struct error *e);

/* ---- quote_line.c: pure ---- */

enum { QUOTE_LINES_MAX = 4 };

struct quote_need {
    const char *item; /* the specification */
    int64_t certificates, managed_uses;
    struct money certificate_price, use_price;
};

/* The uses of the managed service that an order of so many years takes. */
int64_t quote_uses(enum order_kind kind, int64_t years);
/*
 * Quota first: certificates, then uses; then what is short of each, priced. `left` are certificates and uses.
 * Returns the number of lines.
 */
size_t quote_lines(const struct quote_need *need, const int64_t left[2],
                   struct quote_line lines[QUOTE_LINES_MAX]);

/* ---- quote_plan.c ---- */

/* When a version asked for at `from` is issued at the latest; at the earliest where nothing is promised. */
int64_t quote_issue_latest(const struct issuance *expected, int64_t from);
/* Each certificate with its state, coverage and versions. */
bool quote_plan(const struct draft *d, int64_t now, struct quote *q, struct error *e);

/* ---- quote_note.c ---- */

/* Why it costs what it costs, and what to know before paying. */
bool quote_explain(const struct draft *d, int64_t now, struct quote *q, struct error *e);
/* Of quota alone. */
void quote_explain_quota(struct arena *a, struct quote *q);
/* What is to be said of a choice of key; NULL: nothing. */
const struct text *quote_choice_warning(const char *csr_choice);
/* Names of what is replaced are missing in the new one. */
extern const struct text quote_uncovered_warning;

/* ---- quote_db.c ---- */

/* `content_fields` is what the content consists of. */
bool quote_insert(struct db *db, const struct quote *q, struct error *e);
bool quote_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct quote *q,
               struct error *e);
/* *done false: it is used already, or has expired. */
bool quote_mark(struct db *db, const struct quote_use *use, int64_t now, bool *done, struct error *e);

/* Part of the step `retention`: quotes of more than seven days ago go. */
bool quote_purge(struct work *w, struct error *e);

/* ---- quote_content.c ---- */

/* Both ways between the members and the column. */
void quote_write_content(struct arena *a, struct quote *q);
bool quote_read_content(struct arena *a, struct quote *q, struct error *e);
extern const struct field quote_fields[], quote_line_fields[];
/* With texts in one language. New reference. */
json_t *quote_json(struct arena *a, const struct quote *q, enum lang lang);

/* ---- quote_body.c: what a body asks for ---- */

struct quote_body {
    const char *kind, *certificate_id, *domain_type, *key_family;
    struct quote_request request;
    /* of an order */
    const char *quote_id, *provider;
    bool pay;
};

/* Of a quote; of an order; of a renewal, whose certificate stands in the path. */
extern const struct field quote_body_fields[], order_body_fields[], renewal_body_fields[];
/* By the fields of the route; `certificate_id`: that of the path, or NULL. With a quote_id there is nothing
 * else to read. */
bool quote_body_read(struct request *rq, const char *certificate_id, struct quote_body *body,
                     struct certificate *old, struct error *e);

extern const struct route quote_routes[];
