/* Sealing: a data key each, wrapped by the master key. */
#include "signer/seal.h"
#include "base/buf.h"
#include "base/rand.h"
#include "pki/openssl.h"

enum { VERSION = 1, MASTER_ID = 8, DATA_KEY = 32, NONCE = 12, TAG = 16, BOX = NONCE + TAG };
enum { WRAPPED_AT = 1 + MASTER_ID, BODY_AT = WRAPPED_AT + BOX + DATA_KEY };
enum { NUMBERS = 2 + 2 * sizeof(uint32_t) }; /* of a binding: version, purpose, two lengths */

OPENSSL_AUTO(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

struct slice seal_binding(struct arena *a, const struct key_ref *key) {
    struct buf b = buf_new(a, strlen(key->id) + strlen(key->account_id) + NUMBERS);
    buf_u8(&b, VERSION);
    buf_u8(&b, (uint8_t)key->purpose);
    buf_bytes(&b, slice_str(key->id));
    buf_bytes(&b, slice_str(key->account_id));
    return buf_slice(&b);
}

static bool fail_openssl(struct error *e) {
    return fail(e, ERR_INTERNAL, "AES-256-GCM failed", "AES-256-GCM 运算失败");
}

/* Ready for the text: key, nonce and what is authenticated besides are in. */
static EVP_CIPHER_CTX *gcm_begin(const uint8_t *key, const uint8_t *nonce, struct slice binding,
                                 int encrypt) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len;
    if (ctx && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypt) == 1 &&
        EVP_CipherUpdate(ctx, NULL, &len, binding.p, (int)binding.len) == 1)
        return ctx;
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

/* `box` has room for BOX bytes more than the plain text. */
static bool box_close(const uint8_t *key, struct slice binding, struct slice plain, uint8_t *box) {
    int len, rest;
    uint8_t *text = box + NONCE;
    rand_bytes(box, NONCE);
    AUTO(EVP_CIPHER_CTX) ctx = gcm_begin(key, box, binding, 1);
    return ctx && EVP_CipherUpdate(ctx, text, &len, plain.p, (int)plain.len) == 1 &&
           EVP_CipherFinal_ex(ctx, text + len, &rest) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, text + plain.len) == 1;
}

/* Nothing of `plain` may be used if this is false. */
static bool box_open(const uint8_t *key, struct slice binding, struct slice box, uint8_t *plain) {
    int len, rest, size = (int)box.len - BOX;
    const uint8_t *text = box.p + NONCE;
    AUTO(EVP_CIPHER_CTX) ctx = gcm_begin(key, box.p, binding, 0);
    return ctx && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, (void *)(text + size)) == 1 &&
           EVP_CipherUpdate(ctx, plain, &len, text, size) == 1 &&
           EVP_CipherFinal_ex(ctx, plain + len, &rest) == 1;
}

/* Names a master key without telling anything of it: the beginning of its SHA-256. */
static void master_id(const uint8_t *master_key, uint8_t id[MASTER_ID]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(master_key, MASTER_KEY_BYTES, digest, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* no memory, or a broken library: nothing may be sealed with it */
    memcpy(id, digest, MASTER_ID);
}

static const char *hex(struct arena *a, const uint8_t id[MASTER_ID]) {
    uint64_t number = 0;
    for (int i = 0; i < MASTER_ID; i++)
        number = number << 8 | id[i];
    return arena_printf(a, "%016llx", (unsigned long long)number);
}

static bool find_master(const struct secret *master_keys, const struct key_ref *key, const uint8_t **found,
                        struct error *e) {
    const uint8_t *bytes = secret_bytes(master_keys);
    uint8_t id[MASTER_ID];
    for (size_t at = 0; at + MASTER_KEY_BYTES <= secret_len(master_keys); at += MASTER_KEY_BYTES) {
        *found = bytes + at;
        master_id(*found, id);
        if (memcmp(id, key->sealed.p + 1, MASTER_ID) == 0)
            return true;
    }
    AUTO_ARENA a = arena_new();
    const char *wanted = hex(a, key->sealed.p + 1);
    master_id(bytes, id);
    return fail(e, ERR_UNSEALABLE, "key '%s' was sealed with master key %s; the present one is %s",
                "密钥“%s”由主密钥 %s 封装,而当前主密钥为 %s", key->id, wanted, hex(a, id));
}

static bool check_shape(const struct key_ref *key, struct error *e) {
    size_t len = key->sealed.len;
    if (len > BODY_AT + BOX && len <= SEALED_MAX && key->sealed.p[0] == VERSION)
        return true;
    return fail(e, ERR_UNSEALABLE, "the stored form of key '%s' is not known", "无法识别密钥“%s”的存储格式",
                key->id);
}

static bool fail_changed(const struct key_ref *key, struct error *e) {
    return fail(e, ERR_UNSEALABLE, "key '%s' was changed, or belongs to another object, account or purpose",
                "密钥“%s”已被更改,或属于其他对象、账号或用途", key->id);
}

/* Finds the master key and opens the data key with it. */
static bool unwrap(struct arena *a, const struct secret *master_keys, const struct key_ref *key,
                   const uint8_t **master, struct secret **data_key, struct error *e) {
    if (!check_shape(key, e) || !find_master(master_keys, key, master, e))
        return false;
    *data_key = secret_new(a, NULL, DATA_KEY);
    struct slice box = slice_of(key->sealed.p + WRAPPED_AT, BOX + DATA_KEY);
    return box_open(*master, seal_binding(a, key), box, secret_bytes(*data_key)) || fail_changed(key, e);
}

/* Fills in everything before the body. */
static bool wrap(struct arena *a, const struct secret *master_keys, const struct key_ref *owner,
                 const struct secret *data_key, uint8_t *sealed) {
    const uint8_t *master = secret_bytes(master_keys);
    sealed[0] = VERSION;
    master_id(master, sealed + 1);
    return box_close(master, seal_binding(a, owner), secret_slice(data_key), sealed + WRAPPED_AT);
}

bool seal_close(struct arena *a, const struct secret *master_keys, const struct key_ref *owner,
                const struct secret *pkcs8, struct slice *sealed, struct error *e) {
    size_t len = BODY_AT + BOX + secret_len(pkcs8);
    if (len > SEALED_MAX)
        return fail(e, ERR_MALFORMED_KEY, "key '%s' is too large", "密钥“%s”过大", owner->id);
    AUTO_ARENA scratch = arena_new();
    uint8_t *bytes = arena_alloc(a, len);
    struct secret *data_key = secret_new(scratch, NULL, DATA_KEY);
    rand_bytes(secret_bytes(data_key), DATA_KEY);
    *sealed = slice_of(bytes, len);
    bool done =
        wrap(scratch, master_keys, owner, data_key, bytes) &&
        box_close(secret_bytes(data_key), seal_binding(scratch, owner), secret_slice(pkcs8), bytes + BODY_AT);
    return done || fail_openssl(e);
}

bool seal_open(struct arena *a, const struct secret *master_keys, const struct key_ref *key,
               struct secret **pkcs8, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct secret *data_key;
    const uint8_t *master;
    if (!unwrap(scratch, master_keys, key, &master, &data_key, e))
        return false;
    struct slice body = slice_of(key->sealed.p + BODY_AT, key->sealed.len - BODY_AT);
    *pkcs8 = secret_new(a, NULL, body.len - BOX);
    return box_open(secret_bytes(data_key), seal_binding(scratch, key), body, secret_bytes(*pkcs8)) ||
           fail_changed(key, e);
}

bool seal_rewrap(struct arena *a, const struct secret *master_keys, const struct key_ref *key,
                 struct slice *sealed, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct secret *data_key;
    const uint8_t *master;
    if (!unwrap(scratch, master_keys, key, &master, &data_key, e))
        return false;
    uint8_t *bytes = arena_copy(a, key->sealed.p, key->sealed.len);
    *sealed = slice_of(bytes, key->sealed.len);
    return master == secret_bytes(master_keys) || wrap(scratch, master_keys, key, data_key, bytes) ||
           fail_openssl(e);
}
