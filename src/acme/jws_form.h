/* The signature algorithms of JWS, for jws.c and jws_read.c. */
#pragma once
#include "pki/key.h"

struct jws_form {
    enum key_algorithm algorithm; /* any size of RSA: KEY_RSA_2048 */
    const char *name;
    size_t number; /* ECDSA: octets of r and of s, one behind the other; 0: as it is */
};

const struct jws_form *jws_form_of(enum key_algorithm algorithm);
