/*
 * What stands behind struct signer: over a socket (signer_remote.c), in the process itself (signer_local.c),
 * or made up for the simulation (signer_fake.c). Each file ends in its const ops struct; the contract is that
 * of signer.h.
 */
#pragma once
#include "signer/signer.h"

struct signer_ops {
    bool (*make)(struct signer *s, struct arena *a, enum key_algorithm algorithm, const struct key_ref *owner,
                 struct key_made *made, struct error *e);
    bool (*seal)(struct signer *s, struct arena *a, const struct secret *pkcs8, const struct key_ref *owner,
                 struct key_made *made, struct error *e);
    bool (*open)(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                 struct error *e);
    bool (*sign)(struct signer *s, struct arena *a, const struct key_ref *key, struct slice tbs,
                 struct slice *signature, struct error *e);
    bool (*rewrap)(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                   struct error *e);
    bool (*password_hash)(struct signer *s, struct arena *a, const struct secret *password, const char **hash,
                          struct error *e);
    bool (*password_verify)(struct signer *s, const struct secret *password, const char *hash, bool *fits,
                            struct error *e);
    bool (*verify)(struct slice spki, struct slice tbs, struct slice signature, struct error *e);
};

/* The first member of each implementation's own struct. */
struct signer {
    const struct signer_ops *ops;
};

/* Only leaf keys and secrets are ever handed out; said here once for all implementations. */
bool signer_may_open(const struct key_ref *key, struct error *e);
