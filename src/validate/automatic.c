/* What is published to prove a name to ourselves. */
#include "validate/automatic.h"
#include "acme/base64url.h"
#include <sodium.h>

bool automatic_expected(const struct services *services, struct arena *a, const struct validation *v,
                        bool *expected, struct error *e) {
    *expected = false;
    return !services->automatic || services->automatic->expected(services, a, v, expected, e);
}

bool automatic_hurry(const struct services *services, struct arena *a, const struct validation *v,
                     int64_t now, struct error *e) {
    bool expected;
    return automatic_expected(services, a, v, &expected, e) &&
           (!expected || work_enqueue(services->db, v->account_id, v->id, "check", now, e));
}

/* The second half is of the account, as a CA's is of the account's key. */
void automatic_control(struct arena *a, const struct validation *v, struct control *control) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    char value[VALUE_SIZE];
    control_value(v->token, v->account_id, value);
    const char *key_authorization = arena_printf(a, "%s.%s", v->token, value);
    crypto_hash_sha256(digest, (const unsigned char *)key_authorization, strlen(key_authorization));
    *control = (struct control){.name = v->name,
                                .value = base64url_text(a, slice_of(digest, sizeof digest)),
                                .wildcard = v->wildcard,
                                .token = v->token,
                                .key_authorization = key_authorization};
}
