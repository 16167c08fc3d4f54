/* The coming end of a certificate, and what else a person is told when the engine decides about one. */
#pragma once
#include "certificate/certificate.h"
#include "renew/renew.h"

/*
 * Tells each crossing of a threshold once, unless the certificate is over or its live successor is in place
 * everywhere; `*next_at` is the next crossing, 0: none. Belongs to a transaction.
 */
bool expiry_tell(struct work *w, const struct certificate *c, const struct profile *profile, int64_t *next_at,
                 struct error *e);

/* Its renewal became active; a person must act, for the reason of the decision. */
bool renew_tell_activated(struct work *w, const struct certificate *c, struct error *e);
bool renew_tell_action(struct work *w, const struct certificate *c, const struct renew_decision *decision,
                       struct error *e);

extern const struct route expiry_routes[];
