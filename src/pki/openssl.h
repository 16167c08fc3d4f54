/*
 * For the .c files of pki/ and signer/ only: OpenSSL's objects end with the block they are declared in,
 *
 *     AUTO(EVP_PKEY) key = d2i_PUBKEY(NULL, &p, len);
 */
#pragma once
#include "base/slice.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define AUTO(type) __attribute__((cleanup(type##_auto))) type *

#define OPENSSL_AUTO(type, free_function)                                                                    \
    static inline void type##_auto(type **object) {                                                          \
        free_function(*object);                                                                              \
    }

OPENSSL_AUTO(BIGNUM, BN_free)
OPENSSL_AUTO(BIO, BIO_free_all)
OPENSSL_AUTO(BN_CTX, BN_CTX_free)
OPENSSL_AUTO(EVP_PKEY, EVP_PKEY_free)
OPENSSL_AUTO(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OPENSSL_AUTO(PKCS12, PKCS12_free)
OPENSSL_AUTO(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free)
OPENSSL_AUTO(X509, X509_free)
OPENSSL_AUTO(X509_REQ, X509_REQ_free)
OPENSSL_AUTO(X509_STORE, X509_STORE_free)
OPENSSL_AUTO(X509_STORE_CTX, X509_STORE_CTX_free)

/* Reads from the slice without a copy. */
static inline BIO *bio_of(struct slice s) {
    return BIO_new_mem_buf(s.p, (int)s.len);
}
