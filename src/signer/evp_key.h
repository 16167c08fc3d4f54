/*
 * Private keys in OpenSSL's hands, and their PKCS#8 form. EC keys are kept in one fixed DER form, because
 * OpenSSL 3's general encoder and decoder take ten times as long as a signature. Internal to signer/.
 */
#pragma once
#include "pki/key.h"
#include "pki/openssl.h"

/* The callers own what they get: `AUTO(EVP_PKEY) key = NULL;` */
bool evp_key_make(enum key_algorithm algorithm, EVP_PKEY **key, struct error *e);
/* The P-256 key with this private scalar: for the simulation, whose keys must repeat. */
enum { P256_SCALAR = 32 };
bool evp_key_of_scalar(struct arena *a, const uint8_t scalar[P256_SCALAR], struct secret **pkcs8,
                       struct slice *spki, struct error *e);
bool evp_key_encode(struct arena *a, const EVP_PKEY *key, struct secret **pkcs8, struct slice *spki,
                    struct error *e);
bool evp_key_decode(const struct secret *pkcs8, EVP_PKEY **key, struct error *e);
bool evp_key_sign(struct arena *a, EVP_PKEY *key, struct slice tbs, struct slice *signature, struct error *e);

bool evp_key_verify(struct slice spki, struct slice tbs, struct slice signature, struct error *e);
