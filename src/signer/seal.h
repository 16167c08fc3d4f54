/*
 * The sealed form of a private key, as it stands in the database:
 *
 *     version (1) | id of the master key (8) | box of the data key (60) | box of the PKCS#8 key
 *
 * A box is nonce (12), ciphertext, tag (16) of AES-256-GCM. The data key is random, used once, and boxed with
 * the master key; both boxes authenticate version, purpose, key id and account id. Re-wrapping makes the
 * first box anew. Internal to signer/.
 */
#pragma once
#include "signer/signer.h"

enum { MASTER_KEY_BYTES = 32, SEALED_MAX = 16 * 1024 };

/* `master_keys`: one or more keys of 32 bytes; the first one seals, all of them open. */
bool seal_close(struct arena *a, const struct secret *master_keys, const struct key_ref *owner,
                const struct secret *pkcs8, struct slice *sealed, struct error *e);
bool seal_open(struct arena *a, const struct secret *master_keys, const struct key_ref *key,
               struct secret **pkcs8, struct error *e);
/* Unchanged if it is under the first master key already; checked in any case. */
bool seal_rewrap(struct arena *a, const struct secret *master_keys, const struct key_ref *key,
                 struct slice *sealed, struct error *e);

/* What a sealed key is bound to, as bytes. */
struct slice seal_binding(struct arena *a, const struct key_ref *key);
