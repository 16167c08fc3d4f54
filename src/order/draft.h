/* The certificate that an order or a reissue asks for, before it is one: completed from the old one, and
 * checked. */
#pragma once
#include "applicant/form.h"
#include "catalog/issuer.h"
#include "order/order.h"
#include "pki/csr.h"

struct draft {
    const struct services *services;
    struct arena *arena;
    const char *account_id;
    const struct order_request *request;
    const struct certificate *old; /* what is renewed, replaced or reissued; NULL: a purchase */
    enum order_kind kind;
    bool reissue; /* another version of `old` itself: no order, and no `kind` */
    const struct brand *brand;
    const struct profile *profile; /* that the new certificate will be under */
    struct issuer_offer offer;     /* what the brand's issuers can */
    struct csr csr;                /* with the choice "own" … */
    const char *csr_key;           /* … and the SHA-256 of its public key */
    struct certificate c;          /* the result: specification, names, choice of key … */
    struct application_form form;  /* … and what it is applied for with */
};

/*
 * An order's, from services to `old`: its kind is what the kind and state of the old certificate allow, which
 * the action table is asked for; a purchase without one. Writes nothing.
 */
bool draft_make(struct draft *d, int64_t now, struct error *e);
/* Grade, names, key and CSR of a reissue, which has brand and profile already. */
bool draft_complete(struct draft *d, struct error *e);
/* What its application would still need; *lack NULL: nothing. */
bool draft_lack(const struct draft *d, const struct form_lack **lack, struct error *e);
/* Notes for the CSR manager what the certificate is to be issued with, once it has its id. */
bool draft_note_csr(const struct draft *d, const struct certificate *c, struct error *e);
/* The specification differs from the old certificate's: brand, grade, domain type or key family. */
bool draft_differs(const struct draft *d);
