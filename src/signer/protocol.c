/* The messages of the signer, and the table of what they ask for. */
#include "signer/protocol.h"
#include "base/ipc.h"

size_t signer_request_size(const struct signer_request *request) {
    const struct key_ref *key = &request->key;
    const size_t numbers_and_lengths = 32;
    return strlen(key->id) + strlen(key->account_id) + key->sealed.len + request->payload.len +
           numbers_and_lengths;
}

void signer_write_request(struct buf *message, const struct signer_request *request) {
    buf_u8(message, (uint8_t)request->code);
    buf_bytes(message, slice_str(request->key.id));
    buf_bytes(message, slice_str(request->key.account_id));
    buf_u8(message, (uint8_t)request->key.purpose);
    buf_bytes(message, request->key.sealed);
    buf_u8(message, (uint8_t)request->algorithm);
    buf_bytes(message, request->payload);
}

static enum key_algorithm read_algorithm(struct reader *r) {
    uint8_t number = read_u8(r);
    return number < KEY_ALGORITHM_COUNT ? (enum key_algorithm)number : KEY_UNKNOWN;
}

static void read_request(struct reader *message, struct arena *a, struct signer_request *request) {
    *request = (struct signer_request){.code = (enum signer_code)read_u8(message)};
    request->key.id = read_str(message, a);
    request->key.account_id = read_str(message, a);
    request->key.purpose = (enum key_purpose)read_u8(message);
    request->key.sealed = read_bytes(message);
    request->algorithm = read_algorithm(message);
    request->payload = read_bytes(message);
}

static void write_result(struct buf *answer, const struct signer_result *result) {
    buf_bytes(answer, result->bytes);
    buf_bytes(answer, result->spki);
    buf_u8(answer, (uint8_t)result->algorithm);
}

void signer_read_result(struct reader *answer, struct signer_result *result) {
    result->bytes = read_bytes(answer);
    result->spki = read_bytes(answer);
    result->algorithm = read_algorithm(answer);
}

static void take_made(struct signer_result *result, const struct key_made *made) {
    *result = (struct signer_result){.bytes = made->sealed, .spki = made->spki, .algorithm = made->algorithm};
}

typedef bool operation(struct signer *s, struct arena *a, const struct signer_request *request,
                       struct signer_result *result, struct error *e);

static bool run_make(struct signer *s, struct arena *a, const struct signer_request *request,
                     struct signer_result *result, struct error *e) {
    struct key_made made = {0};
    bool done = signer_make(s, a, request->algorithm, &request->key, &made, e);
    take_made(result, &made);
    return done;
}

static bool run_seal(struct signer *s, struct arena *a, const struct signer_request *request,
                     struct signer_result *result, struct error *e) {
    struct key_made made = {0};
    struct secret *pkcs8 = secret_new(a, request->payload.p, request->payload.len);
    bool done = signer_seal(s, a, pkcs8, &request->key, &made, e);
    take_made(result, &made);
    return done;
}

static bool run_open(struct signer *s, struct arena *a, const struct signer_request *request,
                     struct signer_result *result, struct error *e) {
    struct secret *pkcs8;
    if (!signer_open(s, a, &request->key, &pkcs8, e))
        return false;
    result->bytes = secret_slice(pkcs8);
    return true;
}

static bool run_sign(struct signer *s, struct arena *a, const struct signer_request *request,
                     struct signer_result *result, struct error *e) {
    return signer_sign(s, a, &request->key, request->payload, &result->bytes, e);
}

static bool run_rewrap(struct signer *s, struct arena *a, const struct signer_request *request,
                       struct signer_result *result, struct error *e) {
    return signer_rewrap(s, a, &request->key, &result->bytes, e);
}

static bool run_password_hash(struct signer *s, struct arena *a, const struct signer_request *request,
                              struct signer_result *result, struct error *e) {
    const char *hash = "";
    struct secret *password = secret_new(a, request->payload.p, request->payload.len);
    bool done = signer_password_hash(s, a, password, &hash, e);
    result->bytes = slice_str(hash);
    return done;
}

static bool run_password_verify(struct signer *s, struct arena *a, const struct signer_request *request,
                                struct signer_result *result, struct error *e) {
    bool fits = false;
    struct slice hash = request->key.sealed;
    struct secret *password = secret_new(a, request->payload.p, request->payload.len);
    bool done =
        signer_password_verify(s, password, arena_strndup(a, (const char *)hash.p, hash.len), &fits, e);
    result->bytes = slice_str(fits ? "1" : "");
    return done;
}

static const struct {
    enum signer_code code;
    operation *run;
} operations[] = {
    {SIGNER_MAKE, run_make},
    {SIGNER_SEAL, run_seal},
    {SIGNER_OPEN, run_open},
    {SIGNER_SIGN, run_sign},
    {SIGNER_REWRAP, run_rewrap},
    {SIGNER_PASSWORD_HASH, run_password_hash},
    {SIGNER_PASSWORD_VERIFY, run_password_verify},
};

static operation *find_operation(enum signer_code code) {
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (operations[i].code == code)
            return operations[i].run;
    return NULL;
}

static bool answer_one(struct signer *s, struct arena *a, struct reader *message, struct buf *answer) {
    struct signer_request request;
    struct signer_result result = {0};
    struct error e = {0};
    read_request(message, a, &request);
    operation *run = find_operation(request.code);
    if (message->bad || !run || !*request.key.id)
        return false;
    size_t start = answer->len;
    if (!run(s, a, &request, &result, &e)) {
        ipc_write_failed(answer, start, &e);
        return true;
    }
    ipc_write_done(answer);
    write_result(answer, &result);
    return true;
}

bool signer_answer(void *context, struct arena *a, struct reader *message, struct buf *answer) {
    size_t count = read_u8(message);
    if (count == 0 || count > SIGNER_BATCH_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!answer_one(context, a, message, answer))
            return false;
    return message->rest.len == 0;
}
