/* Private keys from outside, as OpenSSL objects: what key.c and import.c share. */
#pragma once
#include "base/error.h"
#include "base/secret.h"
#include "pki/openssl.h"

/* Two seconds of one core; twice what the most careful of today's tools ask for. */
enum { PRIVATE_KEY_ITERATIONS_MAX = 5000000 };

/* PKCS#8 DER, after a check that the private half belongs to the public one. */
bool private_key_to_pkcs8(struct arena *a, EVP_PKEY *key, struct secret **pkcs8, struct error *e);
/* True if the text holds a block with a private key. */
bool private_key_in_pem(struct slice pem);
/*
 * An AlgorithmIdentifier of password-based encryption whose key derivation ends in bounded time: nobody may
 * keep a process busy with a file that asks for 2^31 iterations.
 */
bool private_key_affordable(struct slice algorithm);
