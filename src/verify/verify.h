/*
 * Verification (SPEC section 12): a probe, the comparison with what should be there, a verdict with a remedy;
 * drift is found and repaired.
 */
#pragma once
#include "deploy/deploy.h"
#include "http/outbound.h"
#include "pki/probe_tls.h"

enum verdict {
    VERDICT_OK,
    VERDICT_OLD_CERTIFICATE_SERVED,
    VERDICT_FILE_NOT_REPLACED,
    VERDICT_SERVICE_NOT_RELOADED,
    VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED,
    VERDICT_INCOMPLETE_CHAIN,
    VERDICT_NAME_MISMATCH,
    VERDICT_EXPIRED,
    VERDICT_NOT_YET_VALID,
    VERDICT_UNTRUSTED_ROOT,
    VERDICT_KEY_MISMATCH,
    VERDICT_UNREACHABLE,
    VERDICT_HANDSHAKE_FAILED,
    VERDICT_COUNT
};

struct verdict_row {
    const char *name;
    bool fails_deployment; /* the old set comes back; else the finding is shown, and what was asked for stays
                            */
    struct text title, remedy;
};
const struct verdict_row *verdict_row(enum verdict verdict);
/* NULL for any other text. */
const struct verdict_row *verdict_by_name(const char *name);

/* What we know of the file that the server reads: tells a missing reload from a file not replaced. */
enum served_file { FILE_UNKNOWN, FILE_OLD, FILE_NEW };

/* What should be served; fingerprint NULL where nothing is expected (`tenure verify` of a foreign host). */
struct expectation {
    const char *server_name;
    const char *fingerprint, *spki_sha256;
    enum served_file file;
    const struct cert *chain; /* what we gave behind the leaf: all but a root must be served */
    size_t chain_count;
    /* Without a fingerprint alone: what we gave was checked when it came in, whoever trusts its root. */
    const struct cert *roots; /* trusted besides the system's */
    size_t root_count;
};

struct finding {
    enum verdict verdict;
    struct text detail; /* in the arena; names what was seen */
    const char *served_fingerprint, *protocol, *cipher, *address;
    int64_t served_from, served_end; /* 0: no certificate was seen */
};

/* Pure: what was seen on every address, against what should be there, at `now`. */
void verify_judge(struct arena *a, const struct tls_seen *seen, size_t seen_count,
                  const struct expectation *expected, int64_t now, struct finding *finding);

/* How one looks: the real one connects; the simulation answers from its own state. */
struct prober {
    bool (*look)(const struct prober *self, struct arena *a, const char *address, const char *server_name,
                 struct tls_seen **seen, size_t *count, struct error *e);
    const struct outbound_policy *policy;
    int64_t timeout_ms;
    void *context;
};
extern const struct prober prober_tls; /* no policy: copy it and set one */

/* Looks at HOST:PORT and judges. */
bool verify_expected(struct arena *a, const struct prober *prober, const char *address,
                     const struct expectation *expected, int64_t now, struct finding *finding,
                     struct error *e);
/* Looks at any server; `address` is HOST:PORT. Whatever is wrong there is a finding. */
bool verify_host(struct arena *a, const struct prober *prober, const char *address, const char *server_name,
                 int64_t now, struct finding *finding, struct error *e);

/* Step `probe` of a deployment: act probes; save decides: OUTCOME_NEXT (keep), OUTCOME_AGAIN (a few tries
 * with growing delay), or OUTCOME_OTHERWISE (bring back; at once if the certificate was deleted). */
bool verify_look(struct work *w, struct error *e);
bool verify_decide(struct work *w, struct error *e);
/* Step `watch` of a target: probes it every hour (a quarter of it after a finding), stores what is seen, and
 * repairs drift by a deployment to that target alone. */
const char *verify_watch_party(struct work *w);
bool verify_watch(struct work *w, struct error *e);
bool verify_watch_record(struct work *w, struct error *e);
/* Part of the step `retention`: what was seen more than 30 days ago goes, except the last of
 * each target. */
bool verify_purge(struct work *w, struct error *e);

extern const struct route verify_routes[];
