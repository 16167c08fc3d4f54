/*
 * What goes over the signer's socket: 1 to 20 operations a message, answered in order. Every request has the
 * same fields, and so has every result; what an operation does not use is empty. Internal to signer/.
 */
#pragma once
#include "base/buf.h"
#include "signer/signer.h"

enum { SIGNER_BATCH_MAX = 20 };

enum signer_code {
    SIGNER_MAKE = 1,
    SIGNER_SEAL,
    SIGNER_OPEN,
    SIGNER_SIGN,
    SIGNER_REWRAP,
    SIGNER_PASSWORD_HASH,
    SIGNER_PASSWORD_VERIFY
};

struct signer_request {
    enum signer_code code;
    struct key_ref key;           /* of a password: its hash is `sealed` */
    enum key_algorithm algorithm; /* to be made */
    struct slice payload;         /* PKCS#8 to be sealed, bytes to be signed, a password */
};

struct signer_result {
    struct slice
        bytes; /* sealed key, PKCS#8, signature, hash; of a password that was verified: "1" or nothing */
    struct slice spki;
    enum key_algorithm algorithm;
};

/* An upper bound of the message that holds this one request. */
size_t signer_request_size(const struct signer_request *request);
void signer_write_request(struct buf *message, const struct signer_request *request);
void signer_read_result(struct reader *answer, struct signer_result *result);

/* For ipc_serve: `context` is the signer that does the work. False for what is not a message of ours. */
bool signer_answer(void *context, struct arena *a, struct reader *message, struct buf *answer);
