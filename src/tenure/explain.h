/*
 * The parts of an explanation: each says its sentences about one certificate, by the functions that also
 * decide. A slice that has something to say is one file explain_NAME.c with such a function, its declaration
 * below, and its line in explain.c: parts[], whose order is that of the answer.
 */
#pragma once
#include "certificate/certificate.h"
#include "http/route.h"

struct explanation {
    struct request *rq;
    const struct certificate *c;
    const struct profile *profile;
    json_t *sentences;
};

/* One sentence, with a topic that programs can match. Both formats take the same arguments. */
void __attribute__((format(printf, 3, 5), format(printf, 4, 5)))
explain_say(struct explanation *x, const char *topic, const char *en, const char *zh, ...);
const char *explain_when(const struct explanation *x, int64_t t);

bool explain_application(struct explanation *x, struct error *e);
bool explain_order(struct explanation *x, struct error *e);
bool explain_validation(struct explanation *x, struct error *e);
bool explain_issuer(struct explanation *x, struct error *e);
bool explain_preflight(struct explanation *x, struct error *e);
bool explain_key(struct explanation *x, struct error *e);
bool explain_solution(struct explanation *x, struct error *e);
bool explain_source(struct explanation *x, struct error *e);
bool explain_suggestion(struct explanation *x, struct error *e);
bool explain_term(struct explanation *x, struct error *e);

/* What is published for a validation of our own, for those that tell of it. */
bool explain_published(struct explanation *x, const char *validation_id, struct error *e);
