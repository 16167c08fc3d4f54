/*
 * Certificates of private CAs (kind pca): SPEC names no protocol of such a CA, so "synchronise" means that
 * the newest version is fetched from an address where the CA publishes it, daily and when a person asks, or
 * that a person brings it. Its targets follow either way.
 */
#pragma once
#include "certificate/certificate.h"

struct pca_source {
    const char *id, *account_id, *certificate_id, *url;
    int64_t last_sync_at;
    const char *last_result, *detail_en, *detail_zh;
    const char *detail; /* for answers only */
};

#define SYNC_UPDATED   "updated"
#define SYNC_UNCHANGED "unchanged"

/* ---- pca_source_db.c ---- */

/* Gives the id. */
bool pca_source_insert(struct db *db, struct arena *a, struct pca_source *s, int64_t now, struct error *e);
/* `s->id` is NULL if the certificate has none. */
bool pca_source_of(struct db *db, struct arena *a, const char *certificate_id, struct pca_source *s,
                   struct error *e);
/* The same by its own id. */
bool pca_source_find(struct db *db, struct arena *a, const char *id, struct pca_source *s, struct error *e);
bool pca_source_set_url(struct db *db, const struct pca_source *s, const char *url, struct error *e);
/* How a look ended; `problem` NULL: without an error. */
bool pca_source_note(struct db *db, const struct pca_source *s, const char *result,
                     const struct error *problem, int64_t now, struct error *e);
bool pca_source_delete(struct db *db, const char *certificate_id, struct error *e);

/* ---- pca_source.c ---- */

/*
 * Step `sync` of a source: act fetches what is there now, save makes it the new version of the certificate
 * unless it is not newer; looked at again a day later. What goes wrong is noted in the source, and tried
 * again after a back-off.
 */
const char *pca_source_party(struct work *w);
bool pca_source_fetch(struct work *w, struct error *e);
bool pca_source_take(struct work *w, struct error *e);
bool pca_source_failed(struct work *w, const struct error *cause, struct error *e);

/* ---- pca_source_api.c ---- */

/* What answers tell of it. New reference; null without a source. */
json_t *pca_source_json(struct arena *a, const struct pca_source *s, enum lang lang);

extern const struct route pca_source_routes[];
