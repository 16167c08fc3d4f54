/*
 * When CAs want their certificates renewed (ARI, RFC 9773). A hint, never a condition: no failure of it holds
 * back a renewal. Each version of such a CA has a row: the window as the CA said it last, and a random moment
 * in it that stays as long as the window does. The certificate's next_issue_at follows that moment while
 * nobody has asked for another one; a moment that has passed brings the renewal about now, under the limits.
 * A version that took the place of one that the CA wanted replaced early has a least age: else a CA whose
 * windows always lie in the past would make versions without end.
 */
#pragma once
#include "acme/message.h"
#include "certificate/certificate.h"

struct suggestion {
    const char *version_id, *account_id, *certificate_id, *issuer;
    const char *ari_id;                       /* what renewalInfo and `replaces` call the version */
    int64_t end_at;                           /* of the version */
    int64_t window_start, window_end, moment; /* 0: the CA has not said one */
    const char *explanation_url;
    int64_t set_at; /* the certificate's next_issue_at that nobody has asked for */
    int64_t asked_at, failures;
    int64_t haste; /* versions before this one, in a row, that were replaced early because of their windows */
    int64_t earliest; /* no moment is earlier; 0: any */
};

/* ---- ari.c ---- */

/* What an asked CA said. */
enum ari_outcome {
    ARI_SAID,
    ARI_NONE,    /* it has no renewalInfo */
    ARI_TROUBLE, /* it may be better soon: no connection, a time-out, 5xx */
    ARI_ERROR    /* refused, or not understood */
};

struct ari_answer {
    enum ari_outcome outcome;
    struct acme_renewal_info info;
    int64_t retry_after; /* seconds; 0: not said */
};

/* Window and moment after that answer. `latest`: no moment is later; `random` chooses, of all numbers. */
void ari_take(struct suggestion *s, const struct ari_answer *answer, int64_t latest, uint64_t random);
/* Was that moment put off, because it came too soon after others? */
bool ari_held(const struct suggestion *s);
/* The haste of what takes the place of version `c` at `now`: one more if `s` brought that about in the first
 * half of the time that the policy had for it, else one less. */
int64_t ari_haste(const struct suggestion *s, const struct certificate *c, const struct profile *profile,
                  int64_t now);
/* 6 hours after it was stored, twice as long with each haste; not later than the policy renews it. 0: at any
 * time. */
int64_t ari_earliest(int64_t haste, const struct certificate *c, const struct profile *profile, int64_t now);
/* When the CA is asked again: at its Retry-After, a minute to a day; after trouble 1, 10, 100 minutes, then 6
 * hours, as after an error. */
int64_t ari_poll_at(const struct suggestion *s, const struct ari_answer *answer, int64_t now);
/* When the next version is to be issued at the latest: half of the lead before the end. */
int64_t ari_latest(const struct certificate *c, const struct profile *profile);
/*
 * The certificate's next_issue_at, as the moment has it: `*at` 0 where that changes nothing. What a person
 * has asked for stays. A coverage that this version uses up, or whose rest the paid next term takes the place
 * of, gets another version only if the moment has passed: the CA is about to revoke.
 */
void ari_apply(const struct suggestion *s, const struct certificate *c, const struct profile *profile,
               int64_t now, int64_t *at);

/* ---- ari_db.c ---- */

/* `s->version_id` is NULL if there is none. */
bool suggestion_get(struct db *db, struct arena *a, const char *version_id, struct suggestion *s,
                    struct error *e);
bool suggestion_put(struct db *db, const struct suggestion *s, struct error *e);
bool suggestion_delete(struct db *db, const char *version_id, struct error *e);
/* Part of the step `retention`: those of versions that ended. */
bool suggestion_purge(struct work *w, struct error *e);

/* ---- ari_step.c ---- */

/* What has stored a version of a CA that may have ARI. */
struct ari_stored {
    const struct certificate *before, *now; /* without that version, and with it */
    const struct profile *profile;
    const struct cert *leaf;
    const char *issuer;
};

/* In the transaction that stores it: the step `suggest` asks at once. */
bool ari_begin(struct work *w, const struct ari_stored *stored, struct error *e);
/*
 * What the next order of `c` at this issuer may say that it replaces: its current version, or that of its
 * predecessor before the first one, if it came from that issuer and that has said when to renew it; else
 * NULL.
 */
bool ari_replaces(struct db *db, struct arena *a, const struct certificate *c, const char *issuer,
                  const char **id, struct error *e);
/* Step `suggest` of a version: asks the CA until the version has ended or been replaced. */
const char *ari_party(struct work *w);
bool ari_look(struct work *w, struct error *e);
bool ari_record(struct work *w, struct error *e);
