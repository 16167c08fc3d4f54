/*
 * A CA that does not answer costs one request, not everybody's time: after failures in a row nobody asks
 * until a time, then one does, and if it is answered, all do again.
 */
#pragma once
#include "issue/acme_net.h"

/* What one process knows of it. */
struct acme_gate {
    const char *name; /* issuer and its revision */
    int failures;     /* in a row, in this process */
    bool probing;     /* this request is the one that finds out */
};

/* Its issuer and revision: a change opens it. */
const char *acme_gate_name(struct arena *a, const struct issuer *issuer);
/* ERR_ACME_UNAVAILABLE with retry_after as long as it is closed. */
bool acme_gate_enter(const struct acme_session *s, struct acme_gate *gate, struct error *e);
/* How the request ended: `cause` NULL: with an answer, of that status. */
void acme_gate_leave(const struct acme_session *s, struct acme_gate *gate, const struct error *cause,
                     int status);
