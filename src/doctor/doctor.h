/*
 * Before a CA is asked: what DNS, CAA records and ports say about a name, and what would make each CA refuse
 * (SPEC section 9). What is found is shown, with the way out, and decides nothing by itself.
 */
#pragma once
#include "http/route.h"

enum { PREFLIGHT_KEPT_DAYS = 90, PREFLIGHT_PAUSE = 300 };

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_FATAL, SEVERITY_COUNT };
/* "note", "warning", "fatal" */
const char *severity_name(enum severity severity);

struct preflight {
    const char *id, *account_id;
    const char *name;           /* "*.example.com" for a wildcard */
    const char *issuer_id;      /* this one alone; NULL: all in question */
    const char *application_id; /* that needs it; NULL: a person asked */
    int64_t created_at, ended_at;
    const char *worst;    /* of the findings; NULL: not looked yet */
    const char *findings; /* JSON: [{code, severity, issuer, detail_en, detail_zh}] */
    const char *answers;  /* JSON: [{server, question, answer, ms}] */
};

extern const struct route doctor_routes[];

/* services->preflight_wanted. Nothing is planned if the name was looked at within PREFLIGHT_PAUSE seconds. */
bool doctor_wanted(struct db *db, const char *account_id, const char *name, const char *application_id,
                   int64_t now, struct error *e);

/* Step `examine` of a preflight. */
bool doctor_examine(struct work *w, struct error *e);
bool doctor_record(struct work *w, struct error *e);
/* Part of the step `retention`. */
bool doctor_purge(struct work *w, struct error *e);
