/*
 * Confirmation letters (SPEC section 9): made here as a PDF with all data of an application, printed, signed,
 * sealed and scanned by the applicant, uploaded, seen by the reviewer. The step `letter`.
 */
#pragma once
#include "apply/letter_scan.h"
#include "apply/review.h"

struct letter_document {
    const char *id, *account_id, *certificate_id, *application_id;
    const char *side; /* LETTER_MADE, LETTER_UPLOADED */
    const char *media_type;
    int64_t size;
    const char *sha256, *data_digest;
    int64_t created_at;
    const char *created_by;
    int64_t refused_at;
};

#define LETTER_MADE     "made"
#define LETTER_UPLOADED "uploaded"

extern const struct field letter_fields[];
extern const struct route letter_routes[];

/* ---- letter.c ---- */

/* The brand or the profile of this certificate wants one. */
bool letter_wanted(const struct services *services, const struct certificate *c, bool *wanted,
                   struct error *e);
/* Of what an application says: a letter that was signed for the same is good for this one, too. */
const char *letter_data_digest(struct arena *a, const struct application *p);
/* Takes an uploaded scan, whose type and digest are known: the certificate waits for a reviewer from now on.
 */
struct letter_scan {
    const char *media_type, *sha256, *by;
    struct slice content;
};
bool letter_upload(const struct services *services, struct arena *a, struct review *r,
                   const struct letter_scan *scan, int64_t now, struct letter_document *letter,
                   struct error *e);

/* Step `letter` of an application: nothing where there is one already. */
bool letter_make(struct work *w, struct error *e);
bool letter_record(struct work *w, struct error *e);

/* ---- letter_db.c ---- */

/* Gives the id. */
bool letter_insert(struct db *db, struct arena *a, struct letter_document *letter, struct slice content,
                   struct error *e);
/* The newest of a side with these data that was not refused; id NULL if there is none. */
bool letter_find(struct db *db, struct arena *a, const struct application *application, const char *side,
                 struct letter_document *letter, struct error *e);
bool letter_content(struct db *db, struct arena *a, const struct letter_document *letter,
                    struct slice *content, struct error *e);
/* What was uploaded with these data is good for no application any more. */
bool letter_refuse(struct db *db, const struct letter_document *letter, int64_t now, struct error *e);
