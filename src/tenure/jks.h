/*
 * Java key stores: only Java reads and writes them, so `keytool` does it, on this machine: that of JAVA_HOME,
 * or the one that is installed. What it works on lies in a folder of its own and is encrypted.
 */
#pragma once
#include "base/error.h"
#include "base/secret.h"

bool jks_is(struct slice bytes);
/* The same pass phrase for both stores and for the key. ERR_SYSTEM where there is no keytool. */
bool jks_from_pkcs12(struct arena *a, struct slice pkcs12, const struct secret *pass_phrase,
                     struct slice *jks, struct error *e);
bool jks_to_pkcs12(struct arena *a, struct slice jks, const struct secret *pass_phrase, struct slice *pkcs12,
                   struct error *e);
