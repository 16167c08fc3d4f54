/*
 * The signer: a process that holds private keys, without network, database or exec. Here is its client side;
 * signer_serve is the process. Keys are kept by the callers, sealed: a data key each (AES-256-GCM), wrapped
 * by the master key; the seal is bound to key id, account and purpose. All calls: ERR_SIGNER_UNAVAILABLE (it
 * is started again; the call may be repeated), ERR_UNSEALABLE.
 */
#pragma once
#include "base/secret.h"
#include "pki/key.h"

struct signer;

enum key_purpose { PURPOSE_LEAF = 1, PURPOSE_CSR, PURPOSE_CA, PURPOSE_ACME, PURPOSE_ACCOUNT, PURPOSE_SECRET };

/* Who a sealed key belongs to. Opening one under another id, account or purpose fails. */
struct key_ref {
    const char *id, *account_id;
    enum key_purpose purpose;
    struct slice sealed;
};

struct key_made {
    struct slice sealed; /* to be stored */
    struct slice spki;   /* DER SubjectPublicKeyInfo */
    enum key_algorithm algorithm;
};

/*
 * Connects at first use and again after the signer was started anew. `path`: its socket. If there is a socket
 * `<path>.slow`, RSA keys are made by the second signer behind it. A call may be repeated by itself.
 */
struct signer *signer_connect(struct arena *a, const char *path);
/* In the process itself, with what master_key_load gave: --one-process, commands, tests. */
struct signer *signer_local(struct arena *a, const struct secret *master_key);
/*
 * Deterministic, from base/rand.h: signatures are hashes, keys have the form of P-256 keys whatever is asked
 * for. For the simulation; nothing outside accepts them.
 */
struct signer *signer_fake(struct arena *a);

bool signer_make(struct signer *s, struct arena *a, enum key_algorithm algorithm, const struct key_ref *owner,
                 struct key_made *made, struct error *e);
/* Seals a key that came from outside (PKCS#8 DER, checked by key_check before); with PURPOSE_SECRET any
 * bytes: `made` has no public part then. */
bool signer_seal(struct signer *s, struct arena *a, const struct secret *pkcs8, const struct key_ref *owner,
                 struct key_made *made, struct error *e);
/* PKCS#8 DER of a leaf key, for download and deployment, or what was sealed as a secret; ERR_FORBIDDEN for
 * every other purpose. */
bool signer_open(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                 struct error *e);
/*
 * Signs the bytes of a to-be-signed structure (certificate, CSR, CRL); `signature` as it stands in the
 * structure. SHA-256 with RSA (PKCS #1 1.5) and P-256, SHA-384 with P-384, Ed25519.
 */
bool signer_sign(struct signer *s, struct arena *a, const struct key_ref *key, struct slice tbs,
                 struct slice *signature, struct error *e);
/* Checks such a signature, in the caller's own process; the fake in its own way. ERR_BAD_SIGNATURE. */
bool signer_verify(struct signer *s, struct slice spki, struct slice tbs, struct slice signature,
                   struct error *e);
/* Seals again under the present master key what was sealed under an older one. */
bool signer_rewrap(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                   struct error *e);

/*
 * Argon2id, in the second signer where there is one: 19 MiB and some 20 ms of work, which nobody else shall
 * wait for. No answer within two seconds (it may be making an RSA key): ERR_SIGNER_UNAVAILABLE. The hash is a
 * text that names its parameters.
 */
bool signer_password_hash(struct signer *s, struct arena *a, const struct secret *password, const char **hash,
                          struct error *e);
bool signer_password_verify(struct signer *s, const struct secret *password, const char *hash, bool *fits,
                            struct error *e);

/* The process: reads or makes the master key, serves the listening socket until SIGTERM; an exit status. */
struct signer_options {
    int listen_fd;
    const char *master_key_path;
    bool create_master_key;
    void (*enter_sandbox)(
        void *context); /* called when everything is warm, before the first request; or NULL */
    void *context;
};
int signer_serve(const struct signer_options *options);
/*
 * Reads the master key file, mode 0600; makes it if it is not there and `create`. Each of its lines is a key
 * of 32 bytes in hex or base64: the first one seals, the others still open (until signer_rewrap was done).
 * `key` holds them one behind the other.
 */
bool master_key_load(struct arena *a, const char *path, bool create, struct secret **key, struct error *e);
