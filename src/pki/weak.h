/* The weak-key checks that need arithmetic (Baseline Requirements 6.1.1.3), and the keys whose private half
 * is public. */
#pragma once
#include "base/error.h"

/* Modulus and exponent, big-endian; ERR_WEAK_KEY names the rule. About a millisecond for 2048 bits. */
bool weak_check_rsa(struct slice modulus, struct slice exponent, struct error *e);
/* Keys printed in standards and shipped with software: anybody can sign with them. */
bool weak_check_published(struct slice spki, struct error *e);
