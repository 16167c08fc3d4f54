/* A nonce is 8 octets of number and 16 of MAC, in base64url. */
#include "acmeserver/nonce.h"
#include "acme/base64url.h"
#include "base/rand.h"
#include "http/signature.h"
#include <sodium.h>

enum { NUMBER_BYTES = 8, MAC_BYTES = 16, NONCE_BYTES = NUMBER_BYTES + MAC_BYTES };

void nonces_begin(struct nonces *nonces, struct arena *a) {
    rand_bytes(nonces->key, sizeof nonces->key);
    nonces->next = rand_below(UINT32_MAX);
    nonces->used = arena_alloc(a, NONCE_WINDOW / 8);
}

static void put_mac(const struct nonces *nonces, uint8_t nonce[NONCE_BYTES]) {
    uint8_t mac[HMAC_BYTES];
    hmac_sha256(slice_of(nonces->key, NONCE_KEY), slice_of(nonce, NUMBER_BYTES), mac);
    memcpy(nonce + NUMBER_BYTES, mac, MAC_BYTES);
}

static uint8_t *place_of(struct nonces *nonces, uint64_t number, uint8_t *bit) {
    *bit = (uint8_t)(1u << number % 8);
    return &nonces->used[number % NONCE_WINDOW / 8];
}

const char *nonce_new(struct nonces *nonces, struct arena *a) {
    uint8_t nonce[NONCE_BYTES], bit;
    uint64_t number = nonces->next++;
    uint8_t *place = place_of(nonces, number, &bit);
    *place &= (uint8_t)~bit; /* the number before it in this place is too old now */
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        nonce[i] = (uint8_t)(number >> (8 * (NUMBER_BYTES - 1 - i)));
    put_mac(nonces, nonce);
    return base64url_text(a, slice_of(nonce, sizeof nonce));
}

static bool was_given_out(const struct nonces *nonces, struct slice bytes) {
    uint8_t expected[NONCE_BYTES];
    if (bytes.len != NONCE_BYTES)
        return false;
    memcpy(expected, bytes.p, NUMBER_BYTES);
    put_mac(nonces, expected);
    return sodium_memcmp(expected, bytes.p, NONCE_BYTES) == 0;
}

bool nonce_use(struct nonces *nonces, struct arena *a, const char *text) {
    struct slice bytes;
    uint64_t number = 0;
    uint8_t bit;
    if (!base64url_bytes(a, text, &bytes) || !was_given_out(nonces, bytes))
        return false;
    for (size_t i = 0; i < NUMBER_BYTES; i++)
        number = number << 8 | bytes.p[i];
    if (nonces->next - number > NONCE_WINDOW)
        return false;
    uint8_t *place = place_of(nonces, number, &bit);
    bool fresh = !(*place & bit);
    *place |= bit;
    return fresh;
}
