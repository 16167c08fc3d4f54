/*
 * Signed messages (RFC 7515 in the flattened form that RFC 8555, section 6.2 allows), both ways. A message is
 * made in two parts, for the key is elsewhere:
 *
 *     jws_begin(a, &request, &draft, e) && signer_sign(signer, a, &key, draft.input, &signature, e) &&
 *     jws_finish(a, &draft, signature, &text, e)
 */
#pragma once
#include "pki/key.h"

/* ---- making ---- */

struct jws_request {
    struct slice spki;    /* of the key that signs */
    const char *kid;      /* the account's URL; NULL: the key itself (newAccount, revokeCert, keyChange) */
    const char *nonce;    /* NULL: the message has none (the inner one of keyChange) */
    const char *url;      /* where it is sent */
    struct slice payload; /* empty: POST-as-GET */
};

struct jws_draft {
    struct slice input; /* what is signed */
    enum key_algorithm algorithm;
    const char *protected_header, *payload; /* base64url */
};

bool jws_begin(struct arena *a, const struct jws_request *request, struct jws_draft *draft, struct error *e);
/* `signature`: as signer_sign gives it. */
bool jws_finish(struct arena *a, const struct jws_draft *draft, struct slice signature, const char **text,
                struct error *e);

/* externalAccountBinding (RFC 8555, 7.3.4): the account's key under the MAC key that the CA has given out. */
bool jws_external_account(struct arena *a, const struct jws_request *request, const struct secret *mac_key,
                          const char **text, struct error *e);
/* The payload of the inner message of keyChange (7.3.5). */
bool jws_key_change_payload(struct arena *a, const char *account_url, struct slice old_spki,
                            const char **payload, struct error *e);

/* ---- reading ---- */

enum jws_use {
    JWS_REQUEST,          /* jwk or kid; ES256, ES384, RS256, EdDSA */
    JWS_KEY_CHANGE,       /* the inner one: jwk, no nonce */
    JWS_EXTERNAL_ACCOUNT, /* kid, HS256, no nonce */
};

enum { JWS_TEXT_MAX = 256 << 10 };

struct jws {
    const char *algorithm; /* "ES256" */
    const char *kid;       /* NULL: jwk */
    const char *nonce;     /* NULL: a request without one (the server's answer is badNonce) */
    const char *url;
    struct slice spki;    /* of jwk; empty with kid */
    struct slice payload; /* decoded; empty: POST-as-GET */
    struct slice input, signature;
};

/*
 * Exactly one of jwk and kid, as its use has it, no unprotected header, no `crit`, one signature.
 * ERR_BAD_REQUEST; ERR_JWS_ALGORITHM; ERR_MALFORMED_KEY, ERR_KEY_UNSUPPORTED, ERR_WEAK_KEY of jwk.
 */
bool jws_read(struct arena *a, enum jws_use use, struct slice text, struct jws *jws, struct error *e);
/* With the key of jwk, or of the account that kid names: its algorithm is that of the key. ERR_BAD_SIGNATURE,
 * ERR_JWS_ALGORITHM. */
bool jws_verify(const struct jws *jws, struct slice spki, struct error *e);
/* Of JWS_EXTERNAL_ACCOUNT. In constant time. */
bool jws_verify_mac(const struct jws *jws, struct slice mac_key, struct error *e);
/* The names of the algorithms of requests, for a problem document; ends with NULL. */
extern const char *const jws_algorithms[];
