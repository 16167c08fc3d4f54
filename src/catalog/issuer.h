/*
 * Issuers (SPEC section 15): rows that administrators make, which brands name. `local` is built in and needs
 * no row; an `acme` one is a CA that is spoken to by RFC 8555. What is known of public CAs is data
 * (profiles/issuers.yaml): a preset fills in what a person leaves out.
 */
#pragma once
#include "http/route.h"
#include "policy/policy.h"

#define ISSUER_LOCAL "local"

struct secret;

struct issuer {
    const char *id;   /* what brands name; chosen by who makes it, never changes */
    const char *kind; /* "local", "acme" */
    const char *title_en, *title_zh;
    const char *preset;      /* what it was made from, or NULL */
    const char *directory;   /* the URL; NULL with kind local */
    const char *tls_roots;   /* PEM: trusted for talking to it, these alone; NULL: those of the system */
    const char *chain_roots; /* PEM: what its chains must end in; NULL: any chain that builds */
    const char *contact;     /* e-mail addresses, one space between; NULL: none */
    int64_t terms_agreed_at; /* 0: nobody agreed to its terms of service */
    const char *eab_kid;     /* external account binding; NULL: none */
    struct slice eab_sealed; /* its MAC key, PURPOSE_SECRET under the id `ISSUER/eab` of ISSUER_ACCOUNT */
    bool eab_reusable;       /* may bind the accounts of everybody here; else of who administers */
    const char *profile;     /* that is asked for, where the directory offers it; NULL: the CA's default */
    const char *preferred_chain; /* common name of the top issuer; NULL: the chain the CA gives */
    const char *caa_domains; /* what a CAA record may name, one space between; NULL: as its directory says */
    bool takes_not_after;    /* honours notAfter in an order */
    bool takes_not_before;   /* and notBefore */
    int64_t days_max;        /* of a certificate; 0: what the policy says */
    const char *grades;      /* dv, ov, ev, one space between; NULL: what the brand says */
    bool public_names;       /* no private addresses, no names that no public CA can hold */
    const char *key_algorithms; /* that it signs, one space between; NULL: what the brand says */
    int64_t names_max;          /* in one certificate; 0: what the brand says */
    const char *limits;         /* JSON array, see issue/limit.h; NULL: none are known */
    int64_t finalize_seconds;   /* how long an order may be processed */
    int64_t withdrawn_at;       /* no new orders with it */
    int64_t changed_at, revision;
    bool withdrawn, eab, terms_agreed; /* of bodies and answers */
    const char *eab_key;               /* of bodies alone: as the CA gave it */
};

#define ISSUER_ACCOUNT "system" /* whom the rows of issuers name */

extern const struct field issuer_fields[];

/* ---- issuer_db.c ---- */

/* The built-in one too. ERR_NOT_FOUND. */
bool issuer_get(struct db *db, struct arena *a, const char *id, struct issuer *issuer, struct error *e);
bool issuer_list(struct db *db, struct arena *a, const char *after, size_t limit, struct issuer **issuers,
                 size_t *count, struct error *e);
bool issuer_db_put(struct db *db, const struct issuer *issuer, struct error *e);

/* ---- issuer.c ---- */

/* ERR_BAD_FIELD names what is wrong. */
bool issuer_check(struct arena *a, const struct issuer *issuer, struct error *e);
bool issuer_check_contact(const char *contact, struct error *e);
/* Fills eab_sealed. Asks the signer: before transactions. */
bool issuer_eab_seal(const struct services *services, struct arena *a, const struct secret *key,
                     struct issuer *issuer, struct error *e);
/* The MAC key of external account binding; ERR_ACME_EXTERNAL_ACCOUNT if there is none. */
bool issuer_eab_key(const struct services *services, struct arena *a, const struct issuer *issuer,
                    struct secret **key, struct error *e);
/* What it makes of the lifetimes of the policy. */
struct issuer_rules issuer_rules_of(const struct issuer *issuer);

/* What all of several issuers can: whichever of them is asked, it takes the order. */
struct issuer_offer {
    unsigned grades, key_algorithms; /* bits: 1 << enum grade, key_algorithm */
    int64_t names_max;               /* with those that are included; 0: any number */
    bool public_names;
    struct issuer_rules rules; /* of the first */
};

/* `ids`: one space between. Those that are withdrawn or gone do not count. */
bool issuer_offer(struct db *db, struct arena *a, const char *ids, struct issuer_offer *offer,
                  struct error *e);
/* ERR_BRAND_NOT_ON_SALE for a withdrawn one. */
bool issuer_usable(const struct issuer *issuer, struct error *e);

/* ---- issuer_preset.c ---- */

/* What is built in; ERR_NOT_FOUND names those there are. */
bool issuer_preset(struct arena *a, const char *name, struct issuer *issuer, struct error *e);

extern const struct route issuer_routes[];
