/*
 * Orders: what was bought and which certificates it created (SPEC section 4). Price 0 for now: an order is
 * paid when it is made. Quotes, ledgers and payment providers join here.
 */
#pragma once
#include "applicant/submit.h"
#include "catalog/catalog.h"
#include "certificate/certificate.h"

struct order {
    const char *id, *account_id;
    int64_t number;
    const char *kind;
    int64_t years;
    const char *brand, *profile;
    int64_t profile_version;
    const char *old_certificate_id, *certificate_id;
    int64_t amount;
    const char *currency, *created_by;
    int64_t created_at, paid_at;
};

extern const struct field order_fields[];

/* What the buyer chose; NULL or 0 takes what the old certificate (or the brand's default) has. */
struct order_request {
    const char *brand, *names, *key_algorithm, *csr_choice, *own_csr, *grade;
    const char *csr_id; /* of the CSR manager, instead of own_csr */
    int64_t years;      /* 1 */
    const char *created_by;
};

/* ---- order.c ---- */

/*
 * A purchase, or whatever the kind and state of `old` allow: renewal, early renewal, replacement. In the
 * caller's transaction; asks the action table; enqueues the first certificate for the engine. `first` is that
 * certificate.
 */
bool order_purchase(const struct services *services, struct arena *a, const char *account_id,
                    const struct order_request *request, int64_t now, struct order *order,
                    struct certificate *first, struct error *e);
bool order_renew(const struct services *services, struct arena *a, struct certificate *old,
                 const struct order_request *request, int64_t now, struct order *order,
                 struct certificate *first, struct error *e);
/* Another version of `c` now, within its coverage and specification: with a new key or CSR, or changed names.
 */
bool order_reissue(const struct services *services, struct arena *a, struct certificate *c,
                   const struct order_request *request, int64_t now, struct error *e);
/* Cancels a certificate that was never issued, and unties it from its predecessor. */
bool order_cancel(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                  struct error *e);

/* ---- order_start.c: in the transaction that stores `c` ---- */

/* applicant_submit for all who are right of here: the first submission consumes the certificate's
 * reservation. */
bool order_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                  struct error *e);
/*
 * The managed service begins: `c`, which waited for its predecessor, is active from now on, and its use of
 * the service is consumed. Then it is submitted, or waits for what is missing (waits_for).
 */
bool order_activate(const struct services *services, struct certificate *c, int64_t now, struct error *e);

/* ---- draft.c ---- */

/* The line of the catalogue that a certificate was bought as; ERR_CORRUPT if that was taken away. */
bool order_brand(const struct services *services, const struct certificate *c, const struct brand **brand,
                 struct error *e);

/* ---- order_db.c ---- */

/* Gives the number. */
bool order_insert(struct db *db, struct order *order, struct error *e);
bool order_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct order *order,
               struct error *e);
struct order_range {
    const char *account_id;
    const char *cursor; /* the order after which it begins; NULL: the newest */
    size_t limit;
};

/* Newest first. */
bool order_list(struct db *db, struct arena *a, const struct order_range *range, struct order **orders,
                size_t *count, struct error *e);

extern const struct route order_routes[];
