/* The signer as its callers see it, whichever implementation stands behind it. */
#include "signer/signer.h"
#include "signer/signer_ops.h"

bool signer_make(struct signer *s, struct arena *a, enum key_algorithm algorithm, const struct key_ref *owner,
                 struct key_made *made, struct error *e) {
    return s->ops->make(s, a, algorithm, owner, made, e);
}

bool signer_seal(struct signer *s, struct arena *a, const struct secret *pkcs8, const struct key_ref *owner,
                 struct key_made *made, struct error *e) {
    return s->ops->seal(s, a, pkcs8, owner, made, e);
}

bool signer_open(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                 struct error *e) {
    return signer_may_open(key, e) && s->ops->open(s, a, key, pkcs8, e);
}

bool signer_sign(struct signer *s, struct arena *a, const struct key_ref *key, struct slice tbs,
                 struct slice *signature, struct error *e) {
    return s->ops->sign(s, a, key, tbs, signature, e);
}

bool signer_rewrap(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                   struct error *e) {
    return s->ops->rewrap(s, a, key, sealed, e);
}

bool signer_verify(struct signer *s, struct slice spki, struct slice tbs, struct slice signature,
                   struct error *e) {
    return s->ops->verify(spki, tbs, signature, e);
}

bool signer_password_hash(struct signer *s, struct arena *a, const struct secret *password, const char **hash,
                          struct error *e) {
    return s->ops->password_hash(s, a, password, hash, e);
}

bool signer_password_verify(struct signer *s, const struct secret *password, const char *hash, bool *fits,
                            struct error *e) {
    return s->ops->password_verify(s, password, hash, fits, e);
}

bool signer_may_open(const struct key_ref *key, struct error *e) {
    if (key->purpose == PURPOSE_LEAF || key->purpose == PURPOSE_SECRET)
        return true;
    return fail(e, ERR_FORBIDDEN, "key '%s' does not leave the signer: only keys of certificates do",
                "密钥“%s”不能离开签名进程:只有证书的私钥可以导出", key->id);
}
