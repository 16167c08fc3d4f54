/* The signer in a process of its own: one operation a message. */
#include "base/ipc.h"
#include "signer/evp_key.h"
#include "signer/protocol.h"
#include "signer/signer_ops.h"
#include <unistd.h>

enum { CALL_MS = 15 * 1000, SLOW_CALL_MS = 120 * 1000, PASSWORD_MS = 2000 };

struct remote {
    struct signer signer;
    struct ipc_client *usual, *slow;
    const char *slow_path;
};

/* The result's bytes live in `a` until it is wiped. */
static bool call(struct ipc_client *client, struct arena *a, const struct signer_request *request,
                 int timeout_ms, struct signer_result *result, struct error *e) {
    struct buf message = ipc_message(a, signer_request_size(request));
    buf_u8(&message, 1);
    signer_write_request(&message, request);
    struct reader answer;
    if (!ipc_call(client, a, &message, timeout_ms, &answer, e) || !ipc_read_outcome(&answer, e))
        return false;
    signer_read_result(&answer, result);
    return ipc_read_end(&answer, e);
}

static bool call_usual(struct signer *s, struct arena *a, const struct signer_request *request,
                       struct signer_result *result, struct error *e) {
    return call(((struct remote *)s)->usual, a, request, CALL_MS, result, e);
}

static void take_made(struct arena *a, const struct signer_result *result, struct key_made *made) {
    made->sealed = arena_slice(a, result->bytes);
    made->spki = arena_slice(a, result->spki);
    made->algorithm = result->algorithm;
}

/* The second signer, for what takes long: where there is one, nobody else waits for it. */
static struct ipc_client *slow_one(const struct remote *r) {
    return access(r->slow_path, F_OK) == 0 ? r->slow : r->usual;
}

/* An RSA key takes a tenth of a second and more. */
static bool remote_make(struct signer *s, struct arena *a, enum key_algorithm algorithm,
                        const struct key_ref *owner, struct key_made *made, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct remote *r = (struct remote *)s;
    struct signer_request request = {.code = SIGNER_MAKE, .key = *owner, .algorithm = algorithm};
    struct signer_result result;
    bool slow = key_is_rsa(algorithm);
    if (!call(slow ? slow_one(r) : r->usual, scratch, &request, slow ? SLOW_CALL_MS : CALL_MS, &result, e))
        return false;
    take_made(a, &result, made);
    return true;
}

static bool remote_seal(struct signer *s, struct arena *a, const struct secret *pkcs8,
                        const struct key_ref *owner, struct key_made *made, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct signer_request request = {.code = SIGNER_SEAL, .key = *owner, .payload = secret_slice(pkcs8)};
    struct signer_result result;
    if (!call_usual(s, scratch, &request, &result, e))
        return false;
    take_made(a, &result, made);
    return true;
}

static bool remote_open(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                        struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct signer_request request = {.code = SIGNER_OPEN, .key = *key};
    struct signer_result result;
    if (!call_usual(s, scratch, &request, &result, e))
        return false;
    *pkcs8 = secret_new(a, result.bytes.p, result.bytes.len);
    return true;
}

static bool call_for_bytes(struct signer *s, struct arena *a, const struct signer_request *request,
                           struct slice *bytes, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct signer_result result;
    if (!call_usual(s, scratch, request, &result, e))
        return false;
    *bytes = arena_slice(a, result.bytes);
    return true;
}

static bool remote_sign(struct signer *s, struct arena *a, const struct key_ref *key, struct slice tbs,
                        struct slice *signature, struct error *e) {
    return call_for_bytes(s, a, &(struct signer_request){.code = SIGNER_SIGN, .key = *key, .payload = tbs},
                          signature, e);
}

static bool remote_rewrap(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                          struct error *e) {
    return call_for_bytes(s, a, &(struct signer_request){.code = SIGNER_REWRAP, .key = *key}, sealed, e);
}

static bool call_password(struct signer *s, struct arena *a, const struct signer_request *request,
                          struct signer_result *result, struct error *e) {
    return call(slow_one((struct remote *)s), a, request, PASSWORD_MS, result, e);
}

/* Every request has a key; that of a password only says what it is. */
static struct key_ref password_ref(const char *hash) {
    return (struct key_ref){
        .id = "password", .account_id = "", .purpose = PURPOSE_ACCOUNT, .sealed = slice_str(hash)};
}

static bool remote_password_hash(struct signer *s, struct arena *a, const struct secret *password,
                                 const char **hash, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct signer_request request = {
        .code = SIGNER_PASSWORD_HASH, .key = password_ref(""), .payload = secret_slice(password)};
    struct signer_result result;
    if (!call_password(s, scratch, &request, &result, e))
        return false;
    *hash = arena_strndup(a, (const char *)result.bytes.p, result.bytes.len);
    return true;
}

static bool remote_password_verify(struct signer *s, const struct secret *password, const char *hash,
                                   bool *fits, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct signer_request request = {
        .code = SIGNER_PASSWORD_VERIFY, .key = password_ref(hash), .payload = secret_slice(password)};
    struct signer_result result;
    if (!call_password(s, scratch, &request, &result, e))
        return false;
    *fits = slice_equal(result.bytes, slice_str("1"));
    return true;
}

static const struct signer_ops remote_ops = {
    .make = remote_make,
    .seal = remote_seal,
    .open = remote_open,
    .sign = remote_sign,
    .rewrap = remote_rewrap,
    .password_hash = remote_password_hash,
    .password_verify = remote_password_verify,
    .verify = evp_key_verify,
};

struct signer *signer_connect(struct arena *a, const char *path) {
    struct remote *r = ARENA_NEW(a, struct remote);
    r->signer.ops = &remote_ops;
    r->slow_path = arena_printf(a, "%s.slow", path);
    r->usual = ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE);
    r->slow = ipc_client_new(a, r->slow_path, ERR_SIGNER_UNAVAILABLE);
    return &r->signer;
}
