/*
 * Time: UTC seconds in an int64_t, called `now` or `…_at`. Ends are half-open: the first second that is no
 * longer covered. `now` is handed down from the role loops; clock_now is called nowhere else (a check in the
 * build sees to it).
 */
#pragma once
#include "base/error.h"

enum { DAY = 86400 };

/* For the role loops and commands only. */
int64_t clock_now(void);
/* Monotonic milliseconds, for deadlines and measurements. */
int64_t clock_monotonic_ms(void);

/* RFC 3339 in UTC: "2026-11-21T00:00:00Z". */
const char *time_format(struct arena *a, int64_t t);
/* "2026-11-21" */
const char *time_format_date(struct arena *a, int64_t t);
/* RFC 3339 with Z or an offset, or a bare date (its first second). `field` names it in the error. */
bool time_parse(const char *s, int64_t *t, const char *field, struct error *e);
/* Days in the proleptic Gregorian calendar since 1970-01-01. */
int64_t days_from_civil(int64_t year, int month, int day);
