/*
 * The form of a certificate: with which contact, organisation and method of validation it is applied for
 * (SPEC section 9). It may be incomplete until it is submitted. A renewal whose form was never touched has
 * that of its predecessor.
 */
#pragma once
#include "catalog/catalog.h"
#include "certificate/certificate.h"

struct application_form {
    const char *certificate_id, *account_id;
    const char *contact_id, *organization_id;
    const char *validation_method; /* "dns", "file"; NULL: dns */
    const char *remark;
    const char *submitted_by; /* the user who did it last; NULL: a payment or the managed service */
    int64_t changed_at, revision;
    /* for answers only */
    bool inherited;
    const char *demands, *lacks; /* "none", "dv", "review"; an error code, or NULL */
};

extern const struct field form_fields[];
extern const struct route form_routes[];

/* ---- form.c ---- */

/* Its own, that of the nearest predecessor that has one, or an empty one. */
bool form_of(struct db *db, struct arena *a, const struct certificate *c, struct application_form *f,
             struct error *e);
/* What an application cannot do without; its texts are constants. */
struct form_lack {
    enum error_id
        id; /* ERR_CONTACT_MISSING, ERR_ORGANIZATION_MISSING, ERR_FILE_VALIDATION_NOT_FOR_WILDCARD */
    const char *field;
    struct text detail;
};
/* The error that tells of it. */
void form_refuse(const struct form_lack *lack, struct error *e);
/* What the issuer of its brand wants to have seen. */
enum demands form_demands(const struct services *services, const struct certificate *c);
/* The first thing that is missing for what the brand demands; *lack NULL: nothing. */
bool form_check(const struct services *services, struct arena *a, const struct certificate *c,
                const struct application_form *f, const struct form_lack **lack, struct error *e);
/*
 * Stores what a person has changed. Refused while the application runs and once it is all over, for what a
 * renewal must not change under its policy (ERR_NOT_EDITABLE), and for objects that are not there.
 * ERR_CONFLICT unless `f` is the newest revision.
 */
bool form_change(const struct services *services, struct arena *a, struct certificate *c,
                 struct application_form *f, int64_t now, struct error *e);
/* What is submitted with the form of a predecessor has it as its own from then on. */
bool form_keep(struct db *db, struct application_form *f, int64_t now, struct error *e);

/* What a form names. */
enum form_member { FORM_CONTACT, FORM_ORGANIZATION };
/* A certificate that is or will be applied for with the object; *id NULL if there is none. */
bool form_holder(struct db *db, struct arena *a, enum form_member member, const char *object, int64_t now,
                 const char **id, struct error *e);

/* ---- form_db.c ---- */

/* ERR_NOT_FOUND. */
bool form_get(struct db *db, struct arena *a, const char *certificate_id, struct application_form *f,
              struct error *e);
/* Revision 0: a new row; else the next revision. ERR_CONFLICT if somebody else was there first. */
bool form_store(struct db *db, struct application_form *f, struct error *e);
/* Notes who submits; without a form there is nothing to note. */
bool form_submitted(struct db *db, const char *certificate_id, const char *user, struct error *e);
/* The certificate of the next form that names the object, behind `after`; *id NULL at the end. */
bool form_next_with(struct db *db, struct arena *a, enum form_member member, const char *object,
                    const char *after, const char **id, struct error *e);
