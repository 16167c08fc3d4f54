/* The step `decide`: reads one certificate's facts, asks renew_next, and does what it says. */
#pragma once
#include "order/order.h"
#include "renew/renew.h"

/* A version is to be issued now, and nothing else was changed: the next step may begin. */
bool renew_is_due(struct work *w, bool *due, struct error *e);
/* OUTCOME_NEXT: a version is to be issued now. Otherwise the certificate waits for the moment that renew_next
 * named. */
bool renew_decide(struct work *w, struct error *e);

/* `failed` of the steps that make a version: told once for each version, and the thresholds go on. */
bool renew_failed(struct work *w, const struct error *cause, struct error *e);

/* The facts of a certificate and its predecessor for renew_next; explain asks it too. */
bool renew_facts_read(struct db *db, struct arena *a, const struct certificate *c, struct renew_facts *facts,
                      struct error *e);
